"""Which pyramid level and which tiles a view needs, and a cache bounded in bytes. No Qt."""

import math
import threading
from collections import OrderedDict
from typing import Generic, NamedTuple, Protocol, TypeVar

import numpy as np

from engine.core.pixels import apply_matrix, resize_matrix
from engine.imaging.tiles import TILE, TileSource
from gui.stage import geometry
from gui.stage.geometry import Array, Size

MOSAIC_PIXELS = 48_000_000  # the most pixels of one level drawn at once: 192 MB as 32-bit colour


class TileRange(NamedTuple):
    """A block of tiles of one level: columns left..right and rows top..bottom, ends excluded."""

    level: int
    left: int
    top: int
    right: int
    bottom: int

    @property
    def pixels(self) -> int:
        """How many level pixels the block spans at most."""
        return (self.right - self.left) * (self.bottom - self.top) * TILE * TILE


class TileKey(NamedTuple):
    """One tile of one level."""

    level: int
    column: int
    row: int


def level_matrix(level: int) -> Array:
    """Return the (3, 3) matrix from a level's pixel centres to those of the full image."""
    factor = float(2**level)
    return resize_matrix(factor, factor)


def tile_counts(source: TileSource, level: int) -> tuple[int, int]:
    """Return how many columns and rows of tiles a level has."""
    width, height = source.level_size(level)
    return math.ceil(width / TILE), math.ceil(height / TILE)


def best_level(source: TileSource, matrix: Array, size: Size, ratio: float = 1.0) -> int:
    """Return the coarsest level that still gives every screen pixel at least one level pixel.

    Parameters
    ----------
    matrix : (3, 3)
        Capture pixels to view pixels.
    size : (float, float)
        The view's width and height.
    ratio : float
        Screen pixels per view pixel.
    """
    inverse = np.linalg.inv(matrix)
    corners = np.array([[0.0, 0.0], [size[0], 0.0], [size[0], size[1]], [0.0, size[1]]])
    places = np.vstack(
        [[size[0] / 2.0, size[1] / 2.0], corners if geometry.before_horizon(inverse, corners) else corners[:0]]
    )
    inside = apply_matrix(inverse, places)
    inside = np.clip(inside, 0.0, [source.width - 1.0, source.height - 1.0])
    scales = [np.linalg.svd(geometry.jacobian(matrix, (float(x), float(y))), compute_uv=False)[0] for x, y in inside]
    magnification = max(scales) * ratio
    if magnification >= 1.0:
        return 0
    return min(math.floor(-math.log2(magnification) + 1e-9), source.levels - 1)


def visible_range(source: TileSource, level: int, matrix: Array, size: Size) -> TileRange | None:
    """Return the block of a level's tiles that the view can show; None where the image lies outside the view."""
    columns, rows = tile_counts(source, level)
    inverse = np.linalg.inv(matrix @ level_matrix(level))
    corners = np.array([[0.0, 0.0], [size[0], 0.0], [size[0], size[1]], [0.0, size[1]]])
    if not geometry.before_horizon(inverse, corners):
        return TileRange(level, 0, 0, columns, rows)
    places = (apply_matrix(inverse, corners) + 0.5) / TILE
    low, high = places.min(axis=0), places.max(axis=0)
    left, top = (max(math.floor(value), 0) for value in low)
    right, bottom = min(math.floor(high[0]) + 1, columns), min(math.floor(high[1]) + 1, rows)
    if left >= right or top >= bottom:
        return None
    return TileRange(level, left, top, right, bottom)


def visible_tiles(block: TileRange, matrix: Array, size: Size) -> list[TileKey]:
    """Return the tiles of a block that touch the view, those nearest its middle first."""
    xs = np.arange(block.left, block.right + 1) * TILE - 0.5
    ys = np.arange(block.top, block.bottom + 1) * TILE - 0.5
    grid = np.stack(np.meshgrid(xs, ys), axis=-1)
    view = apply_matrix(matrix @ level_matrix(block.level), grid.reshape(-1, 2)).reshape(grid.shape)
    quads = np.stack([view[:-1, :-1], view[:-1, 1:], view[1:, 1:], view[1:, :-1]])
    low, high = quads.min(axis=0), quads.max(axis=0)
    touches = (high > 0).all(axis=-1) & (low < np.array(size)).all(axis=-1)
    middles = quads.mean(axis=0) - np.array(size) / 2.0
    rows, columns = np.nonzero(touches)
    order = np.argsort(np.hypot(*middles[rows, columns].T), kind="stable")
    return [TileKey(block.level, block.left + int(columns[i]), block.top + int(rows[i])) for i in order]


def rim(source: TileSource, block: TileRange) -> list[TileKey]:
    """Return the tiles just outside a block; a pan shows them next."""
    columns, rows = tile_counts(source, block.level)
    return [
        TileKey(block.level, column, row)
        for row in range(max(block.top - 1, 0), min(block.bottom + 1, rows))
        for column in range(max(block.left - 1, 0), min(block.right + 1, columns))
        if not (block.left <= column < block.right and block.top <= row < block.bottom)
    ]


def affordable_view(source: TileSource, matrix: Array, size: Size, ratio: float = 1.0) -> TileRange | None:
    """Return the block of tiles to draw: of the best level, or a coarser one where that would be too large."""
    level = best_level(source, matrix, size, ratio)
    while True:
        block = visible_range(source, level, matrix, size)
        if block is None or block.pixels <= MOSAIC_PIXELS or level == source.levels - 1:
            return block
        level += 1


class Sized(Protocol):
    """Anything that knows its size in bytes, such as an array."""

    @property
    def nbytes(self) -> int:
        """Size in bytes."""
        ...


K = TypeVar("K")
V = TypeVar("V", bound=Sized)


class ByteCache(Generic[K, V]):
    """The most recently used values, together at most ``limit`` bytes. Safe to use from several threads."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._values: OrderedDict[K, V] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    @property
    def nbytes(self) -> int:
        """How many bytes the values hold now."""
        return self._bytes

    def get(self, key: K) -> V | None:
        """Return the value and mark it as used, or None."""
        with self._lock:
            value = self._values.get(key)
            if value is not None:
                self._values.move_to_end(key)
            return value

    def put(self, key: K, value: V) -> None:
        """Keep the value, dropping the least recently used ones; a value above the limit is not kept."""
        with self._lock:
            old = self._values.pop(key, None)
            if old is not None:
                self._bytes -= old.nbytes
            if value.nbytes > self.limit:
                return
            self._values[key] = value
            self._bytes += value.nbytes
            while self._bytes > self.limit:
                _, dropped = self._values.popitem(last=False)
                self._bytes -= dropped.nbytes

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._values.clear()
            self._bytes = 0
