"""Levels turn raw values into greys, for 8 and 16 bits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gui.stage import levels
from gui.stage.levels import Levels


def test_the_full_range_of_8_bits_is_shown_as_it_is():
    pixels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    words = levels.displayed(pixels, levels.full_range(pixels.dtype))
    np.testing.assert_array_equal(words & 0xFF, pixels)
    np.testing.assert_array_equal(words >> 24, 255)


def test_levels_work_on_all_sixteen_bits():
    pixels = np.array([[1000, 1001, 1128, 1255, 1256]], dtype=np.uint16)
    words = levels.displayed(pixels, Levels(1000, 1255))
    np.testing.assert_array_equal(words & 0xFF, [[0, 1, 128, 255, 255]])


def test_colour_keeps_its_order():
    pixels = np.zeros((1, 2, 3), dtype=np.uint8)
    pixels[0, 0] = (10, 20, 30)
    words = levels.displayed(pixels, Levels(0, 255))
    assert [f"{word:08x}" for word in words[0]] == ["ff0a141e", "ff000000"]


@given(st.floats(0, 60000), st.floats(1, 65535), st.floats(0.1, 8))
def test_greys_never_fall_when_values_rise(low, span, gamma):
    table = levels.lookup(Levels(low, low + span, gamma), 65535)
    assert (np.diff(table.astype(int)) >= 0).all()


def test_gamma_above_one_lightens_the_middle():
    assert levels.lookup(Levels(0, 255, 2.0), 255)[64] == round(255 * (64 / 255) ** 0.5)


def test_automatic_levels_open_a_dark_16_bit_image():
    rng = np.random.default_rng(0)
    pixels = rng.integers(200, 4000, (100, 100)).astype(np.uint16)
    found = levels.automatic(pixels)
    assert 200 <= found.low <= 220 and 3980 <= found.high <= 4000
    grey = levels.displayed(pixels, found) & 0xFF
    assert np.ptp(grey) == 255


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_constant_image_keeps_the_full_range(dtype):
    pixels = np.full((4, 4), 7, dtype=dtype)
    assert levels.automatic(pixels) == levels.full_range(pixels.dtype)


def test_the_histogram_counts_every_sample():
    counted = levels.histogram(np.array([[0, 255, 256, 65535]], dtype=np.uint16))
    assert counted.top == 65535
    assert counted.counts[0] == 2 and counted.counts[1] == 1 and counted.counts[255] == 1
