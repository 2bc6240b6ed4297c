import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from engine.core.errors import ImagingError
from engine.core.seeds import generator
from engine.imaging.tiles import TILE, ArrayTiles, halve, level_sizes


def slow_halve(pixels):
    """The definition, pixel by pixel: mean of 2 x 2 rounded half up, an edge without a partner taken twice."""
    height, width = pixels.shape[:2]
    out = np.zeros(((height + 1) // 2, (width + 1) // 2, *pixels.shape[2:]), dtype=pixels.dtype)
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            ys, xs = (2 * y, min(2 * y + 1, height - 1)), (2 * x, min(2 * x + 1, width - 1))
            total = sum(pixels[j, i].astype(np.int64) for j in ys for i in xs)
            out[y, x] = (total + 2) // 4
    return out


def whole_level(source, level):
    """Put a level together from its tiles."""
    width, height = source.level_size(level)
    columns, rows = -(-width // TILE), -(-height // TILE)
    lines = [np.concatenate([source.tile(level, c, r) for c in range(columns)], axis=1) for r in range(rows)]
    return np.concatenate(lines, axis=0)


@given(
    st.sampled_from([np.uint8, np.uint16]).flatmap(
        lambda dtype: hnp.arrays(
            dtype,
            st.one_of(
                st.tuples(st.integers(1, 9), st.integers(1, 9)),
                st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3)),
            ),
        )
    )
)
def test_halving_is_the_mean_of_four_rounded_half_up(pixels):
    result = halve(pixels)
    assert result.dtype == pixels.dtype
    np.testing.assert_array_equal(result, slow_halve(pixels))


def test_halving_takes_extreme_values_and_very_wide_images():
    np.testing.assert_array_equal(halve(np.full((4, 4), 65535, np.uint16)), np.full((2, 2), 65535))
    wide = generator(1, "wide").integers(0, 256, (3, 100_001), dtype=np.uint8)
    padded = np.pad(wide, ((0, 1), (0, 1)), mode="edge").astype(int)
    expected = (padded[::2, ::2] + padded[1::2, ::2] + padded[::2, 1::2] + padded[1::2, 1::2] + 2) // 4
    np.testing.assert_array_equal(halve(wide), expected)


@given(st.integers(1, 200_000), st.integers(1, 200_000))
def test_levels_halve_until_one_tile_holds_the_last(width, height):
    sizes = level_sizes(width, height)
    assert sizes[0] == (width, height)
    assert max(sizes[-1]) <= TILE
    for (w, h), (half_w, half_h) in itertools.pairwise(sizes):
        assert (half_w, half_h) == ((w + 1) // 2, (h + 1) // 2)
        assert max(w, h) > TILE


@pytest.mark.parametrize("shape", [(1, 1), (256, 256), (257, 300), (300, 600, 3), (513, 255, 3)])
def test_array_tiles_put_together_are_the_levels(shape):
    pixels = generator(2, *shape).integers(0, 65536, shape, dtype=np.uint16)
    source = ArrayTiles(pixels)
    assert (source.width, source.height) == (shape[1], shape[0])
    assert source.channels == (3 if len(shape) == 3 else 1)
    assert source.dtype == np.uint16
    expected = pixels
    for level in range(source.levels):
        np.testing.assert_array_equal(whole_level(source, level), expected)
        expected = slow_halve(expected) if expected.size < 50_000 else halve(expected)


def test_tiles_cannot_be_written_to():
    tile = ArrayTiles(np.zeros((10, 10), np.uint8)).tile(0, 0, 0)
    with pytest.raises(ValueError, match="read-only"):
        tile[0, 0] = 1


@pytest.mark.parametrize("place", [(-1, 0, 0), (2, 0, 0), (0, 2, 0), (0, 0, 1), (0, -1, 0)])
def test_a_tile_outside_the_pyramid_is_refused(place):
    with pytest.raises(ImagingError, match="no tile"):
        ArrayTiles(np.zeros((200, 300), np.uint8)).tile(*place)


@pytest.mark.parametrize(
    "pixels",
    [np.zeros((2, 2), np.float32), np.zeros((0, 5), np.uint8), np.zeros((2, 2, 4), np.uint8), np.zeros(3, np.uint8)],
)
def test_what_is_no_image_is_refused(pixels):
    with pytest.raises(ImagingError, match="An image is"):
        ArrayTiles(pixels)
