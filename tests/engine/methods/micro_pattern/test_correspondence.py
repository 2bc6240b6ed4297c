"""Matched points of two labels: the same film is found again, a shared glyph does not count."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.errors import InputError
from engine.methods.micro_pattern.correspondence import in_capture, matched
from engine.methods.micro_pattern.patches import PATCH, REACH, displacements
from engine.methods.micro_pattern.segmentation import crop
from engine.simulation.film import FilmSettings, frame_corners, label_film
from engine.simulation.fluorescence import MIDDLE, STRONG, CaptureSettings, fluorescence, placing

WIDE = FilmSettings(glyph_um=150.0)


def label(seed: int, shot: int, capture: CaptureSettings = MIDDLE, film: FilmSettings | None = None) -> np.ndarray:
    """Return the grey crop of a label, cut out at its true corners."""
    piece = label_film(seed, "heart", film)
    view = placing(piece, width=520, height=520, rotation_deg=20.0 * shot)
    pixels = fluorescence(piece, view, capture, seed=shot)
    own = piece.settings.frame_um
    corners = view.in_capture(frame_corners(*piece.labels[0][1:], own))
    return crop(np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), dtype=np.uint8), corners)


@pytest.fixture(scope="module")
def known() -> np.ndarray:
    return label(1, 1)


@pytest.mark.parametrize("capture", [MIDDLE, STRONG])
def test_the_same_film_is_found_again_and_another_is_not(known, capture):
    genuine, fake = matched(label(1, 2, capture), known), matched(label(2, 3, capture), known)
    assert genuine.score > 0.9
    assert fake.score < 0.15
    assert genuine.tried > 80
    assert np.median(genuine.residual) < 0.3
    assert genuine.agreeing + len(genuine.lost) == genuine.tried


def test_a_large_glyph_that_both_share_does_not_count():
    first, second = label(1, 1, film=WIDE), label(2, 2, film=WIDE)
    assert matched(second, first).score < 0.15
    assert matched(label(1, 2, film=WIDE), first).score > 0.9


def test_etched_lines_alone_are_not_judged():
    bare = np.full((256, 256), 120, dtype=np.uint8)
    cv2.rectangle(bare, (0, 0), (255, 255), 20, thickness=12)
    cv2.putText(bare, "R", (70, 180), cv2.FONT_HERSHEY_SIMPLEX, 5, 20, thickness=24)
    found = matched(bare, bare)
    assert found.agreeing == 0
    assert found.score == 0


@pytest.mark.parametrize("turn", [0, 1, 2, 3])
def test_points_are_told_in_the_crop_as_it_was_given(known, turn):
    lying = np.rot90(known, -turn)
    upright = matched(known, known)
    found = matched(np.ascontiguousarray(lying), known, turn=turn)
    np.testing.assert_allclose(found.known, upright.known, atol=1e-6)
    for (x, y), (known_x, known_y) in zip(found.questioned, found.known, strict=True):
        assert lying[round(y), round(x)] == known[round(known_y), round(known_x)]
    mapped = found.questioned @ found.transform[:, :2].T + found.transform[:, 2]
    np.testing.assert_allclose(mapped, found.known, atol=0.1)


def test_film_that_was_exchanged_is_lost_where_it_was_exchanged(known):
    questioned = label(1, 2)
    questioned[:, 128:] = label(3, 4)[:, 128:]
    found = matched(questioned, known)
    left = found.questioned[:, 0] < 110
    assert (found.questioned[:, 0] < 135).mean() > 0.9
    assert (found.lost[:, 0] > 120).mean() > 0.9
    assert left.sum() > 30
    assert 0.3 < found.score < 0.6


def test_pieces_that_moved_apart_do_not_count_as_found(known):
    questioned = known.copy()
    shifts = ((-4, 4), (4, 4), (4, -4), (-4, -4), (0, 0))
    for number in range(16):  # squares of 64 px, each from another place of the same film
        y, x = 64 * (number // 4), 64 * (number % 4)
        questioned[y : y + 64, x : x + 64] = np.roll(known, shifts[number % 5], axis=(0, 1))[y : y + 64, x : x + 64]
    assert matched(questioned, known).score < 0.4


@settings(max_examples=20, deadline=None)
@given(x=st.floats(-3, 3), y=st.floats(-3, 3))
def test_a_displacement_is_measured_to_a_tenth_of_a_pixel(x: float, y: float):
    grains = cv2.GaussianBlur(np.random.default_rng(5).standard_normal((256, 256)), (0, 0), 1.5)
    film = (128 + 90 * grains / np.abs(grains).max()).astype(np.uint8)
    moved = cv2.warpAffine(film, np.array([[1, 0, x], [0, 1, y]]), (256, 256), flags=cv2.INTER_CUBIC)
    found = matched(film, moved.astype(np.uint8))
    assert found.score > 0.95
    middle = np.median(found.known - found.questioned, axis=0)
    np.testing.assert_allclose(middle, [x, y], atol=0.1)


def test_the_correlation_is_that_of_its_definition():
    random = np.random.default_rng(3)
    first, second = random.standard_normal((2, 128, 128)).astype(np.float32)
    second[40:80, 40:80] += first[38:78, 43:83]
    places = np.array([[60, 55], [64, 70]])
    shifts, best = displacements(first, second, places)
    for place, shift, value in zip(places, shifts, best, strict=True):
        x, y = place - PATCH // 2
        patch = first[y : y + PATCH, x : x + PATCH].astype(np.float64)
        surface = {}
        for dy in range(-REACH, REACH + 1):
            for dx in range(-REACH, REACH + 1):
                other = second[y + dy : y + dy + PATCH, x + dx : x + dx + PATCH].astype(np.float64)
                surface[dx, dy] = (patch * other).sum() / np.sqrt((patch**2).sum() * (other**2).sum())
        slow = max(surface, key=surface.__getitem__)
        assert value == pytest.approx(surface[slow], abs=1e-4)
        assert np.abs(shift - slow).max() <= 0.5


def test_points_of_a_crop_are_found_in_its_capture():
    corners = np.array([[110.0, 40.0], [400.0, 90.0], [350.0, 380.0], [60.0, 330.0]])
    points = np.array([[-0.5, -0.5], [255.5, -0.5], [255.5, 255.5], [-0.5, 255.5]])
    np.testing.assert_allclose(in_capture(points, corners, 256), corners, atol=1e-3)


def test_crops_of_two_sizes_are_refused(known):
    with pytest.raises(InputError, match="squares of one size"):
        matched(known[:128, :128], known)


def test_nothing_is_tried_where_nothing_is_seen(known):
    found = matched(np.zeros((256, 256), dtype=np.uint8), known)
    assert (found.tried, found.agreeing, found.score) == (0, 0, 0.0)


def test_points_are_taken_to_other_pixels_with_their_transform(known):
    there = np.array([[0.0, -2.0, 700.0], [2.0, 0.0, 30.0]])
    found = matched(label(1, 2), known).placed(questioned=there, known=np.array([[3.0, 0.0, 5.0], [0.0, 3.0, 7.0]]))
    mapped = found.questioned @ found.transform[:, :2].T + found.transform[:, 2]
    np.testing.assert_allclose(np.linalg.norm(mapped - found.known, axis=1), 3 * found.residual, atol=1e-6)
    assert found.questioned[:, 0].max() > 600


@pytest.mark.parametrize("covered", [0.3, 0.6, 0.7])
def test_what_is_left_of_a_covered_label_is_found_again(known, covered):
    genuine, fake = label(1, 2), label(2, 3)
    for questioned in (genuine, fake):
        questioned[:, : round(256 * covered)] = 15
    found, other = matched(genuine, known), matched(fake, known)
    assert found.score > 0.7
    assert other.score < 0.25
    assert found.tried < (1 - covered) * 120
    assert found.questioned[:, 0].min() > 256 * covered - 13
