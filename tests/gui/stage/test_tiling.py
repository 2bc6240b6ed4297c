"""Tile selection, levels of the pyramid and the cache."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.pixels import apply_matrix
from engine.imaging.tiles import TILE, ArrayTiles
from gui.stage import tiling
from gui.stage.geometry import Camera
from gui.stage.tiling import ByteCache, TileKey

SOURCE = ArrayTiles(np.zeros((1500, 2300), dtype=np.uint8))
SIZE = (640.0, 480.0)


@given(
    st.floats(-300, 2600),
    st.floats(-300, 1800),
    st.floats(0.05, 30),
    st.floats(-4, 4),
    st.floats(0, 640),
    st.floats(0, 480),
)
@settings(deadline=None, max_examples=300)
def test_every_place_in_view_lies_in_a_selected_tile(cx, cy, zoom, angle, x, y):
    matrix = Camera((cx, cy), zoom, angle).matrix(SIZE)
    level = tiling.best_level(SOURCE, matrix, SIZE)
    block = tiling.visible_range(SOURCE, level, matrix, SIZE)
    px, py = apply_matrix(np.linalg.inv(matrix), np.array([[x, y]]))[0]
    if not (-0.5 <= px < 2299.5 and -0.5 <= py < 1499.5):
        return
    assert block is not None
    key = TileKey(level, math.floor((px + 0.5) / 2**level) // TILE, math.floor((py + 0.5) / 2**level) // TILE)
    assert key in tiling.visible_tiles(block, matrix, SIZE)


@pytest.mark.parametrize(
    ("zoom", "ratio", "level"),
    [(8, 1, 0), (1, 1, 0), (0.99, 1, 0), (0.5, 1, 1), (0.5, 1.5, 0), (0.49, 1, 1), (0.25, 1, 2), (0.001, 1, 4)],
)
def test_every_screen_pixel_has_a_pixel_of_the_level_of_its_own(zoom, ratio, level):
    matrix = Camera((1150.0, 750.0), zoom, 0.3).matrix(SIZE)
    assert tiling.best_level(SOURCE, matrix, SIZE, ratio) == level


def test_an_image_outside_the_view_needs_no_tiles():
    matrix = Camera((9000.0, 0.0), 1.0).matrix(SIZE)
    assert tiling.affordable_view(SOURCE, matrix, SIZE) is None


def test_the_middle_is_read_first():
    matrix = Camera((1150.0, 750.0), 1.0).matrix(SIZE)
    block = tiling.affordable_view(SOURCE, matrix, SIZE)
    assert tiling.visible_tiles(block, matrix, SIZE)[0] == TileKey(0, 1150 // TILE, 750 // TILE)


def test_the_rim_surrounds_the_block_and_stays_inside_the_image():
    block = tiling.TileRange(0, 0, 1, 2, 3)
    keys = {(key.column, key.row) for key in tiling.rim(SOURCE, block)}
    assert keys == {(0, 0), (1, 0), (2, 0), (2, 1), (2, 2), (0, 3), (1, 3), (2, 3)}


def test_a_view_too_large_for_memory_falls_back_to_a_coarser_level(monkeypatch):
    monkeypatch.setattr(tiling, "MOSAIC_PIXELS", 12 * TILE * TILE)
    matrix = Camera((1150.0, 750.0), 1.0).matrix((2300.0, 1500.0))
    assert tiling.affordable_view(SOURCE, matrix, (2300.0, 1500.0)).level == 2


@pytest.mark.parametrize("level", [0, 1, 3])
def test_level_pixels_lie_at_the_middle_of_what_they_average(level):
    n = 2**level
    expected = np.mean(np.arange(3 * n, 4 * n))
    assert apply_matrix(tiling.level_matrix(level), np.array([[3.0, 0.0]]))[0, 0] == pytest.approx(expected)


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 60)), max_size=200))
def test_the_cache_never_holds_more_than_its_limit_and_keeps_the_latest(entries):
    cache: ByteCache[int, np.ndarray] = ByteCache(100)
    for key, size in entries:
        value = np.zeros(size, dtype=np.uint8)
        cache.put(key, value)
        assert cache.get(key) is value
        assert cache.nbytes <= 100
    held = sum(value.nbytes for key in range(21) if (value := cache.get(key)) is not None)
    assert held == cache.nbytes


def test_the_cache_drops_what_was_used_least_recently():
    cache: ByteCache[str, np.ndarray] = ByteCache(30)
    for key in "abc":
        cache.put(key, np.zeros(10, dtype=np.uint8))
    cache.get("a")
    cache.put("d", np.zeros(10, dtype=np.uint8))
    assert [cache.get(key) is not None for key in "abcd"] == [True, False, True, True]


def test_a_value_above_the_limit_is_not_kept():
    cache: ByteCache[str, np.ndarray] = ByteCache(30)
    cache.put("a", np.zeros(31, dtype=np.uint8))
    assert cache.get("a") is None
    assert cache.nbytes == 0
