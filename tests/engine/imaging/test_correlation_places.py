"""A correlation map says where it was measured, which way the structure moved, and where nothing can be said."""

import cv2
import numpy as np
import pytest

from engine.core.seeds import generator
from engine.imaging.correlation import correlation_map


def grains(seed: int, side: int = 400) -> np.ndarray:
    noise = generator(seed, "grains").standard_normal((side, side)).astype(np.float32)
    image = cv2.GaussianBlur(noise, (0, 0), 2.0)
    return np.clip(0.5 + 0.15 * image / image.std(), 0, 1).astype(np.float32)


@pytest.mark.parametrize("shift", [(3, 0), (0, -5), (-2, 4)])
def test_the_structure_of_a_lies_at_p_plus_displacement_in_b(shift):
    x, y = shift
    whole = grains(1, 420)
    a, b = whole[10:410, 10:410], whole[10 - y : 410 - y, 10 - x : 410 - x]
    found = correlation_map(a, b)
    inner = found.displacement[1:-1, 1:-1]
    assert np.abs(inner - np.array(shift)).max() < 0.6
    assert np.abs(inner.mean(axis=(0, 1)) - np.array(shift)).max() < 0.1
    assert found.correlation[1:-1, 1:-1].min() > 0.98


def test_a_single_unlike_window_is_found_at_its_place():
    a = grains(2)
    b = a.copy()
    b[160:224, 96:160] = grains(3)[160:224, 96:160]
    found = correlation_map(a, b, window=64, step=16, search=0)
    row, column = np.unravel_index(int(np.nanargmin(found.correlation)), found.correlation.shape)
    # The window's middle, between its 32nd and 33rd pixel.
    assert found.grid_to_a.apply(np.array([[column, row]]))[0] == pytest.approx((127.5, 191.5))
    assert found.correlation[row, column] < 0.5


def test_nothing_is_said_where_there_is_no_texture_or_only_one_capture_shows():
    a = grains(4)
    b = a.copy()
    a[:128, :128] = 0.4
    seen = np.ones(a.shape, dtype=bool)
    seen[:, 300:] = False
    for search in (0, 8):
        found = correlation_map(a, b, search=search, seen=seen)
        assert np.isnan(found.correlation[:4, :4]).all()
        assert np.isnan(found.displacement[:4, :4]).all()
        assert np.isnan(found.correlation[:, 18:]).all()
        assert np.isfinite(found.correlation[10:, :14]).all()
