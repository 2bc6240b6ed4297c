"""Correlation maps find local agreement and local displacement, and say nothing where there is nothing."""

import cv2
import numpy as np
import pytest

from engine.core.errors import ImagingError
from engine.core.seeds import generator
from engine.imaging.correlation import correlation_map, displaced, smooth_field


def texture(seed: int, side: int = 256) -> np.ndarray:
    noise = generator(seed, "texture").standard_normal((side, side)).astype(np.float32)
    image = cv2.GaussianBlur(noise, (0, 0), 2.0)
    return np.clip(0.5 + 0.15 * image / image.std(), 0, 1).astype(np.float32)


def test_a_map_is_the_plain_correlation_of_every_window():
    a, b = texture(1), 0.5 * texture(1) + 0.5 * texture(2)
    found = correlation_map(a, b, window=64, step=16, search=0)
    assert found.correlation.shape == (13, 13)
    for row, column in ((0, 0), (5, 7), (12, 12)):
        y, x = 16 * row, 16 * column
        direct = np.corrcoef(a[y : y + 64, x : x + 64].ravel(), b[y : y + 64, x : x + 64].ravel())[0, 1]
        assert abs(found.correlation[row, column] - direct) < 1e-3


def test_the_grid_leads_to_the_middle_of_the_windows():
    found = correlation_map(texture(1), texture(1), window=64, step=16, search=0)
    assert np.allclose(found.grid_to_a.apply(np.array([[0.0, 0.0], [3.0, 1.0]])), [[31.5, 31.5], [79.5, 47.5]])


@pytest.mark.parametrize("shift", [(0.0, 0.0), (3.0, -2.0), (2.4, 5.6)])
def test_the_displacement_points_from_a_to_b(shift):
    whole = texture(3, 300)
    b = np.ascontiguousarray(whole[20:276, 20:276])
    to_a = np.array([[1, 0, 20 + shift[0]], [0, 1, 20 + shift[1]]])
    a = cv2.warpAffine(whole, to_a, (256, 256), flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP)
    found = correlation_map(a, b)
    inner = found.displacement[2:-2, 2:-2]
    assert np.abs(inner.mean(axis=(0, 1)) - shift).max() < 0.1
    assert np.nanmin(found.correlation[2:-2, 2:-2]) > 0.99
    again = displaced(b, smooth_field(found, b.shape))
    assert np.abs(again - a)[40:-40, 40:-40].mean() < 0.01


def test_unlike_windows_correlate_less():
    a, b = texture(4), texture(4)
    b[:, 128:] = texture(5)[:, 128:]
    found = correlation_map(a, b)
    assert np.nanmin(found.correlation[:, :4]) > 0.99
    assert np.nanmax(found.correlation[:, -4:]) < 0.6


def test_inverted_and_dimmed_captures_correlate_as_they_should():
    a = texture(6)
    assert np.allclose(correlation_map(a, 1 - a, search=0).correlation, -1, atol=1e-3)
    assert np.allclose(correlation_map(a, 0.3 * a + 0.2, search=0).correlation, 1, atol=1e-3)


def test_flat_windows_and_windows_out_of_sight_are_empty():
    a = texture(7)
    b = a.copy()
    b[:, :96] = 0.5
    seen = np.ones(a.shape, bool)
    seen[200:] = False
    found = correlation_map(a, b, seen=seen)
    assert np.isnan(found.correlation[:, :2]).all()
    assert np.isnan(found.displacement[:, :2]).all()
    assert np.isnan(found.correlation[-1]).all()
    assert not np.isnan(found.correlation[:5, 7:]).any()
    constant = np.full((128, 128), 0.4, np.float32)
    assert np.isnan(correlation_map(constant, constant).correlation).all()


@pytest.mark.parametrize("options", [{"window": 60}, {"step": 6, "window": 66}, {"window": 512}])
def test_windows_that_do_not_fit_are_refused(options):
    with pytest.raises(ImagingError, match="fit"):
        correlation_map(texture(8), texture(8), **options)


def test_images_of_different_size_are_refused():
    with pytest.raises(ImagingError, match="size"):
        correlation_map(texture(9), texture(9, 200))
