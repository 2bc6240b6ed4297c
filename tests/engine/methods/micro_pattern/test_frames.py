"""A shape fitted to corners: the same as a plain least-squares fit of where it lies, how it is turned and how large."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.methods.micro_pattern.frames import fitted

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
