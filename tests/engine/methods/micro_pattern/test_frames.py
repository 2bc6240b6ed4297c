"""Edges of drawn frames are found where they were drawn; shapes are fitted as plain least squares fit them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.methods.micro_pattern.frames import POSITIONS, SHARES, _lines, _medians, fitted, refine

SQUARE = np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
UNEVEN = np.array([[3.0, 2.0], [9.0, 2.5], [9.5, 7.0], [3.5, 6.5]])
POINTS = st.lists(st.floats(-1000, 1000), min_size=8, max_size=8).map(lambda values: np.array(values).reshape(4, 2))


def reference(shape, corners):
    """Return the fit by solving for (a, b, x, y) of x' = a x - b y + x0, y' = b x + a y + y0."""
    design, wanted = [], []
    for (x, y), (to_x, to_y) in zip(shape, corners, strict=True):
        design += [[x, -y, 1, 0], [y, x, 0, 1]]
        wanted += [to_x, to_y]
    values = np.linalg.lstsq(np.array(design), np.array(wanted), rcond=None)[0]
    return (np.array(design) @ values).reshape(4, 2)


@given(st.lists(POINTS, max_size=4), st.sampled_from([SQUARE, UNEVEN]))
def test_it_is_the_least_squares_fit_of_each(corners, shape):
    found = fitted(shape, np.array(corners).reshape(-1, 4, 2))
    assert found.shape == (len(corners), 4, 2)
    for own, each in zip(found, corners, strict=True):
        assert np.allclose(own, reference(shape, each), atol=1e-6)


def test_one_corner_that_is_off_moves_the_fit_by_a_part_of_that():
    corners = 100 * SQUARE
    corners[2] += (4.0, 0.0)
    away = np.linalg.norm(fitted(SQUARE, corners[None])[0] - 100 * SQUARE, axis=1)
    assert away.max() < 3.0 and away.sum() < 8.0


def drawn(corners, *, line=9.0, soft=1.5):
    """Return a picture of 400 x 400 px with a dark frame whose outer corners are those, and film beside it."""
    import cv2

    fine = np.full((1600, 1600), 180.0, dtype=np.float32)
    middle = corners.mean(axis=0)
    side = np.linalg.norm(corners[1] - corners[0])
    for quad, level in ((corners, 20.0), (middle + (corners - middle) * (1 - 2 * line / side), 180.0)):
        cv2.fillConvexPoly(fine, np.rint(((quad + 0.5) * 4 - 0.5) * 256).astype(np.int32), level, cv2.LINE_8, 8)
    small = cv2.resize(cv2.GaussianBlur(fine, (0, 0), 4 * soft), (400, 400), interpolation=cv2.INTER_AREA)
    return np.rint(255 * (small / 255) ** (1 / 2.2)).astype(np.uint8)


@pytest.mark.parametrize("angle_deg", [0.0, 7.0, 31.0])
def test_outer_corners_of_a_drawn_frame_are_found_to_a_third_of_a_pixel(angle_deg):
    turn = np.deg2rad(angle_deg)
    matrix = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    corners = np.array([199.0, 201.0]) + 120 * SQUARE @ matrix
    guess = corners.mean(axis=0) + 0.97 * (corners - corners.mean(axis=0)) + 1.5
    frames = refine(drawn(corners), guess[None])
    assert frames.clear.all()
    assert np.abs(frames.corners[0] - corners).max() < 0.34  # drawn to a quarter
    assert 2 < frames.softness[0] < 8


def test_a_line_is_that_of_the_points_that_agree():
    points = 3.0 + 2.0 * SHARES
    edges = np.stack([points, points, np.full(POSITIONS, np.nan), points])[None].copy()
    edges[0, 1, 20:25] += 20.0  # a particle
    edges[0, 3, 18:] = np.nan
    offset, rise, support = _lines(edges)
    assert np.allclose(offset[0, [0, 1, 3]], 3.0) and np.allclose(rise[0, [0, 1, 3]], 2.0)
    assert support[0].tolist() == pytest.approx([1.0, 1 - 5 / POSITIONS, 0.0, 18 / POSITIONS])
    assert np.isnan(offset[0, 2]) and np.isnan(rise[0, 2])
    edges[0, 0, 12:] = np.nan
    assert np.isnan(_lines(edges)[0][0, 0])  # too few


@given(st.lists(st.lists(st.floats(0, 9) | st.just(float("nan")), min_size=4, max_size=4), min_size=1, max_size=5))
def test_medians_leave_out_what_is_unknown(rows):
    for found, row in zip(_medians(np.array(rows)), rows, strict=True):
        known = [value for value in row if np.isfinite(value)]
        assert found == pytest.approx(np.median(known)) if known else np.isnan(found)
