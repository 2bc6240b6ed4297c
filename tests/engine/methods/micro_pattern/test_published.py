"""The published steps as such: the largest contours, whatever they enclose, unless a judge looks at them."""

import numpy as np
import pytest

from engine.methods.micro_pattern.published import JUDGED, contour_rectangles, published_labels
from engine.simulation.fluorescence import WEAK
from engine.simulation.label_fields import label_field

SQUARES = ((40, 50, 120), (300, 60, 90), (60, 300, 60))  # x, y, side
LINE = 5  # of the frames, in pixels: the mean of nine holds both of its edges


@pytest.fixture(scope="module")
def drawn():
    page = np.full((420, 480, 3), 200, dtype=np.uint8)
    for x, y, side in SQUARES:
        page[y : y + side, x : x + side] = 20
        page[y + LINE : y + side - LINE, x + LINE : x + side - LINE] = 200
    return page


def test_contours_come_largest_first_each_with_its_rectangle(drawn):
    quads = contour_rectangles(drawn[..., 0], len(SQUARES))  # what else there is are specks where corners cancel out
    assert len(quads) == len(SQUARES)
    for quad, (x, y, side) in zip(quads, SQUARES, strict=True):
        # The frame itself to some pixels: the mean of nine blurs it.
        assert np.abs(quad.mean(axis=0) - (np.array([x, y]) + (side - 1) / 2)).max() < 1.5
        assert abs(np.linalg.norm(quad[1] - quad[0]) - side) < 6
        assert (quad[0] < quad[2]).all()


def test_a_gradient_of_ninety_and_less_is_black():
    # A line of contrast d has a gradient of 4 d in four columns, whose mean over nine is 16 d / 9.
    clear, faint = (np.full((100, 100), 200, dtype=np.uint8) for _ in range(2))
    clear[:, 50:54], faint[:, 50:54] = 200 - 52, 200 - 50
    assert len(contour_rectangles(clear, 5)) == 1
    assert len(contour_rectangles(faint, 5)) == 0


def test_no_more_than_the_field_should_show_are_taken_and_those_the_largest(drawn):
    two = published_labels(drawn, count=2)
    assert np.array_equal(two, contour_rectangles(drawn[..., 0], 2))
    assert [round(float(np.linalg.norm(quad[1] - quad[0])) / 30) for quad in two] == [4, 3]


def test_the_judge_decides_which_of_more_contours_are_kept(drawn):
    asked = []

    def judge(grey, quads):
        asked.append((grey.shape, len(quads)))
        sides = np.linalg.norm(quads[:, 1] - quads[:, 0], axis=1)
        return (sides > 80) & (sides < 110)

    kept = published_labels(drawn, count=1, judge=judge)
    assert asked == [((420, 480), min(JUDGED, len(SQUARES)))]
    assert len(kept) == 1 and np.abs(kept[0].mean(axis=0) - (344.5, 104.5)).max() < 1.5


def test_a_field_gives_rectangles_of_its_labels():
    field = label_field(31, WEAK)
    quads = published_labels(field.pixels)
    assert 0 < len(quads) <= 12
    away = np.linalg.norm(quads[:, None] - field.corners[None], axis=3).max(axis=2).min(axis=1)
    assert (away < 15).sum() >= 4  # the rest are parts of labels: what the judge is for


def test_a_picture_of_nothing_gives_none():
    assert published_labels(np.full((90, 120), 128, dtype=np.uint8)).shape == (0, 4, 2)
