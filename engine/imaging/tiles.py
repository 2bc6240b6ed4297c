"""Tiles: what a viewer reads of a capture, piece by piece and at the level that fits the screen."""

from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import ImagingError
from engine.core.method import Pixels

TILE = 256


class TileSource(Protocol):
    """A capture as a pyramid of tiles.

    Level 0 is the capture itself. A pixel of each next level is the mean of 2 x 2 pixels of the one before (an edge
    without a partner stands for both), rounded half up, so sizes are halved and rounded up. The centre of pixel x of
    level n lies at ``(x + 0.5) * 2**n - 0.5`` in the capture's pixels. The last level fits into one tile.
    """

    @property
    def width(self) -> int:
        """Width of the capture in pixels."""
        ...

    @property
    def height(self) -> int:
        """Height of the capture in pixels."""
        ...

    @property
    def channels(self) -> int:
        """1 for grey, 3 for RGB."""
        ...

    @property
    def dtype(self) -> np.dtype[Any]:
        """Either uint8 or uint16."""
        ...

    @property
    def levels(self) -> int:
        """Number of levels, at least 1."""
        ...

    def level_size(self, level: int) -> tuple[int, int]:
        """Return (width, height) of a level in its own pixels."""
        ...

    def tile(self, level: int, column: int, row: int) -> Pixels:
        """Return a tile: (h, w) grey or (h, w, 3) RGB with h, w <= 256, read-only; smaller at the right and lower edge.

        Raises ImagingError where there is no such tile or it cannot be read.
        """
        ...


def level_sizes(width: int, height: int) -> tuple[tuple[int, int], ...]:
    """Return (width, height) of every level of a pyramid, the full size first."""
    sizes = [(width, height)]
    while max(sizes[-1]) > TILE:
        w, h = sizes[-1]
        sizes.append(((w + 1) // 2, (h + 1) // 2))
    return tuple(sizes)


def tile_grid(size: tuple[int, int]) -> tuple[int, int]:
    """Return how many columns and rows of tiles cover a level of (width, height)."""
    return -(-size[0] // TILE), -(-size[1] // TILE)


def check_tile(sizes: tuple[tuple[int, int], ...], level: int, column: int, row: int) -> tuple[int, int]:
    """Return (width, height) of a tile; raises ImagingError where the pyramid has no such tile."""
    if 0 <= level < len(sizes):
        columns, rows = tile_grid(sizes[level])
        if 0 <= column < columns and 0 <= row < rows:
            width, height = sizes[level]
            return min(TILE, width - column * TILE), min(TILE, height - row * TILE)
    raise ImagingError(f"There is no tile {column}, {row} on level {level}")


def halve(pixels: Pixels) -> Pixels:
    """Return an image of half the size, rounded up: each pixel the mean of 2 x 2, rounded half up.

    Parameters
    ----------
    pixels : (H, W) or (H, W, 3), uint8 or uint16
        An odd last row or column is taken twice.
    """
    import cv2

    height, width = pixels.shape[:2]
    if height % 2 or width % 2:
        pixels = cast("Pixels", cv2.copyMakeBorder(pixels, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE))
    # Exactly 2:1, where INTER_AREA is the integer mean (a + b + c + d + 2) >> 2.
    size = ((width + 1) // 2, (height + 1) // 2)
    return cast("Pixels", cv2.resize(np.ascontiguousarray(pixels), size, interpolation=cv2.INTER_AREA))


class ArrayTiles:
    """A TileSource over an array in memory; its levels are made when they are first asked for.

    Parameters
    ----------
    pixels : (H, W) or (H, W, 3), uint8 or uint16
    """

    def __init__(self, pixels: Pixels) -> None:
        check_pixels(pixels)
        self._levels: list[Pixels] = [_read_only(pixels)]
        self._sizes = level_sizes(pixels.shape[1], pixels.shape[0])

    @property
    def width(self) -> int:
        """Width of the capture in pixels."""
        return self._sizes[0][0]

    @property
    def height(self) -> int:
        """Height of the capture in pixels."""
        return self._sizes[0][1]

    @property
    def channels(self) -> int:
        """1 for grey, 3 for RGB."""
        return 1 if self._levels[0].ndim == 2 else 3

    @property
    def dtype(self) -> np.dtype[Any]:
        """Either uint8 or uint16."""
        return self._levels[0].dtype

    @property
    def levels(self) -> int:
        """Number of levels."""
        return len(self._sizes)

    def level_size(self, level: int) -> tuple[int, int]:
        """Return (width, height) of a level."""
        return self._sizes[level]

    def tile(self, level: int, column: int, row: int) -> Pixels:
        """Return a read-only tile; raises ImagingError where there is none."""
        width, height = check_tile(self._sizes, level, column, row)
        while len(self._levels) <= level:
            self._levels.append(_read_only(halve(self._levels[-1])))
        y, x = row * TILE, column * TILE
        return self._levels[level][y : y + height, x : x + width]


def check_pixels(pixels: NDArray[Any]) -> None:
    """Raise ImagingError unless the array is an image as the decoder returns it."""
    fits = pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] == 3)
    if not fits or pixels.size == 0 or pixels.dtype not in (np.uint8, np.uint16):
        raise ImagingError(f"An image is (H, W) or (H, W, 3), uint8 or uint16, not {pixels.shape} {pixels.dtype}")


def _read_only(pixels: Pixels) -> Pixels:
    view = pixels.view()
    view.setflags(write=False)
    return view
