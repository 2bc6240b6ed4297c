"""Levels change what is seen and nothing else: pixels, histogram and tiles stay as they were captured."""

import numpy as np
import pytest

from engine.imaging.tiles import ArrayTiles
from gui.stage import levels
from gui.stage.layer import CaptureLayer
from gui.stage.levels import Levels


@pytest.mark.parametrize("colour", [(), (3,)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_showing_pixels_leaves_them_as_they_are(dtype, colour):
    pixels = np.arange(48, dtype=dtype).reshape(4, 4, 3)
    pixels = pixels if colour else np.ascontiguousarray(pixels[..., 0])
    before = pixels.copy()
    levels.displayed(pixels, Levels(10, 30, 2.0))
    np.testing.assert_array_equal(pixels, before)


def test_the_histogram_counts_captured_values_whatever_levels_are_chosen():
    rng = np.random.default_rng(3)
    pixels = rng.integers(1000, 3000, (200, 180)).astype(np.uint16)
    layer = CaptureLayer(ArrayTiles(pixels), lambda: None)
    try:
        layer.levels = Levels(1500, 1600)
        while layer.histogram is None:
            assert layer.alive
        np.testing.assert_array_equal(layer.histogram.counts, levels.histogram(pixels).counts)
        assert layer.histogram.counts[1000 >> 8 : 3000 >> 8].min() > 0
        np.testing.assert_array_equal(layer.source.tile(0, 0, 0), pixels)
    finally:
        layer.close()
