"""One capture on the stage: tiles read on a thread of its own, and a mosaic of what the view needs. No Qt.

A frame only copies finished tiles into the mosaic. Where a tile is still on its way, its place is filled from a
coarser or finer tile at hand, and the frame says how many tiles are missing.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import TouchstoneError
from engine.imaging.tiles import TILE, TileSource
from gui.stage import levels as display
from gui.stage import tiling
from gui.stage.geometry import Array, Size
from gui.stage.levels import Histogram, Levels
from gui.stage.tiling import TileKey, TileRange

CACHE_BYTES = 160 << 20
COARSE_STEP = 3  # tiles this many levels coarser are read first: one covers 64
Words = NDArray[np.uint32]


@dataclass(frozen=True, eq=False)
class ShownTile:
    """A tile as 32-bit colours, with the levels it was made for."""

    words: Words
    levels: Levels

    @property
    def nbytes(self) -> int:
        """Size in bytes."""
        return self.words.nbytes


@runtime_checkable
class Closing(Protocol):
    """A tile source that holds a file open."""

    def close(self) -> None:
        """Close it."""
        ...


class Mosaic:
    """The pixels of a block of tiles as one array, cut at the edges of the image."""

    def __init__(self, block: TileRange, level_size: tuple[int, int]) -> None:
        self.block = block
        right = min(block.right * TILE, level_size[0])
        bottom = min(block.bottom * TILE, level_size[1])
        # Zero pages cost nothing until a tile is copied into them.
        self.words: Words = np.zeros((bottom - block.top * TILE, right - block.left * TILE), dtype=np.uint32)
        self.placed: dict[TileKey, Levels] = {}
        self.stand_ins: dict[TileKey, int] = {}

    def adopt(self, other: "Mosaic") -> None:
        """Copy what another mosaic of the same level has in common with this one."""
        a, b = self.block, other.block
        left, top = max(a.left, b.left), max(a.top, b.top)
        right, bottom = min(a.right, b.right), min(a.bottom, b.bottom)
        if a.level != b.level or left >= right or top >= bottom:
            return
        mine = self.words[
            (top - a.top) * TILE : (bottom - a.top) * TILE, (left - a.left) * TILE : (right - a.left) * TILE
        ]
        theirs = other.words[
            (top - b.top) * TILE : (bottom - b.top) * TILE, (left - b.left) * TILE : (right - b.left) * TILE
        ]
        mine[...] = theirs
        for key, levels in other.placed.items():
            if left <= key.column < right and top <= key.row < bottom:
                self.placed[key] = levels

    def place(self, key: TileKey, tile: ShownTile) -> None:
        """Copy a tile's pixels to its place."""
        self._copy(key, tile.words)
        self.placed[key] = tile.levels
        self.stand_ins.pop(key, None)

    def stand_in(self, key: TileKey, words: Words, step: int) -> None:
        """Fill a missing tile's place with pixels that are ``step`` levels coarser."""
        self._copy(key, words)
        self.stand_ins[key] = step

    def _copy(self, key: TileKey, words: Words) -> None:
        y, x = (key.row - self.block.top) * TILE, (key.column - self.block.left) * TILE
        part = self.words[y : y + TILE, x : x + TILE]
        part[...] = words[: part.shape[0], : part.shape[1]]


@dataclass(frozen=True)
class Frame:
    """What to draw now: a mosaic, or nothing where the image lies outside the view.

    words : (H, W) uint32 opaque 0xffRRGGBB.
    matrix : (3, 3) from the array's pixel centres to the capture's.
    level, missing : the pyramid level, and how many of its visible tiles are not there yet.
    """

    words: Words
    matrix: Array
    level: int
    missing: int


class CaptureLayer:
    """The pixels of one capture for the stage.

    Parameters
    ----------
    source : TileSource
        Read and, where it can be, closed by the layer's thread.
    arrived : callable
        Called from the reading thread whenever there is something new to show.
    cache_bytes : int
        The most that finished tiles may hold.
    """

    def __init__(self, source: TileSource, arrived: Callable[[], None], cache_bytes: int = CACHE_BYTES) -> None:
        self.source = source
        self.problem = ""
        self.histogram: Histogram | None = None
        self.automatic: Levels | None = None
        self.reads = 0
        self._arrived = arrived
        # 16-bit captures often use a part of the range only: shown in full they would be black.
        self._auto_wanted = source.dtype == np.uint16
        self._levels = display.full_range(source.dtype)
        self._cache: tiling.ByteCache[TileKey, ShownTile] = tiling.ByteCache(cache_bytes)
        self._overview: ShownTile | None = None
        self._mosaic: Mosaic | None = None
        self._wanted: list[TileKey] = []
        self._rim: list[TileKey] = []
        self._failed: set[TileKey] = set()
        self._condition = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._work, name="touchstone-tiles")
        self._thread.start()

    @property
    def levels(self) -> Levels:
        """The levels in use."""
        return self._levels

    @levels.setter
    def levels(self, levels: Levels) -> None:
        with self._condition:
            self._auto_wanted = False
            self._levels = levels
            self._condition.notify()

    @property
    def nbytes(self) -> int:
        """Bytes held by finished tiles and the mosaic."""
        return self._cache.nbytes + (0 if self._mosaic is None else self._mosaic.words.nbytes)

    @property
    def alive(self) -> bool:
        """Whether the reading thread still runs."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Ask the thread to end; it may still be in the middle of a tile."""
        with self._condition:
            self._closing = True
            self._condition.notify()

    def close(self) -> None:
        """Stop reading and join the thread."""
        self.stop()
        self._thread.join()

    def frame(self, matrix: Array, size: Size, ratio: float = 1.0) -> Frame | None:
        """Return what there is to draw of a view, and have the missing tiles read.

        Parameters
        ----------
        matrix : (3, 3)
            Capture pixels to view pixels.
        size, ratio
            The view's size, and the screen pixels per view pixel.
        """
        block = tiling.affordable_view(self.source, matrix, size, ratio)
        if block is None or self._overview is None:
            return None
        mosaic = self._mosaic_of(block)
        missing = [key for key in tiling.visible_tiles(block, matrix, size) if not self._show(mosaic, key)]
        self._ask([key for key in missing if key not in self._failed], block)
        offset = np.array([[1.0, 0.0, block.left * TILE], [0.0, 1.0, block.top * TILE], [0.0, 0.0, 1.0]])
        return Frame(mosaic.words, tiling.level_matrix(block.level) @ offset, block.level, len(missing))

    def _mosaic_of(self, block: TileRange) -> Mosaic:
        old = self._mosaic
        if old is not None and old.block == block:
            return old
        mosaic = Mosaic(block, self.source.level_size(block.level))
        if old is not None:
            mosaic.adopt(old)
        self._mosaic = mosaic
        return mosaic

    def _show(self, mosaic: Mosaic, key: TileKey) -> bool:
        """Have the best pixels at hand in a tile's place; return whether they are the tile itself, as it should be."""
        if mosaic.placed.get(key) == self._levels:
            return True
        tile = self._at_hand(key)
        if tile is not None:
            if mosaic.placed.get(key) != tile.levels:
                mosaic.place(key, tile)
            return tile.levels == self._levels
        if key not in mosaic.placed and mosaic.stand_ins.get(key, self.source.levels) > COARSE_STEP:
            words, step = self._stand_in(key)
            if step < mosaic.stand_ins.get(key, self.source.levels):
                mosaic.stand_in(key, words, step)
        return False

    def _stand_in(self, key: TileKey) -> tuple[Words, int]:
        """Return pixels for a tile that is not there, and how many levels coarser they are; at worst the overview's."""
        level, column, row = key
        width, height = self.source.level_size(level)
        w, h = min(TILE, width - column * TILE), min(TILE, height - row * TILE)
        finer = self._from_finer(key, w, h)
        if finer is not None:
            return finer, 0
        for step in range(1, self.source.levels - level):
            ancestor = self._at_hand(TileKey(level + step, column >> step, row >> step))
            if ancestor is not None:
                return _enlarged(ancestor.words, key, step, w, h), step
        raise LookupError("no frame is made before the overview is there")

    def _from_finer(self, key: TileKey, w: int, h: int) -> Words | None:
        """Return a tile from every second pixel of the four finer ones, where all of them are at hand."""
        if key.level == 0:
            return None
        words = np.empty((h, w), dtype=np.uint32)
        half = TILE // 2
        for down in range(2 if h > half else 1):
            for right in range(2 if w > half else 1):
                tile = self._at_hand(TileKey(key.level - 1, 2 * key.column + right, 2 * key.row + down))
                if tile is None:
                    return None
                part = words[down * half : (down + 1) * half, right * half : (right + 1) * half]
                part[...] = tile.words[::2, ::2][: part.shape[0], : part.shape[1]]
        return words

    def _ask(self, missing: list[TileKey], block: TileRange) -> None:
        """Tell the thread what to read: what covers most first, then the view from its middle, then its rim."""
        step = min(COARSE_STEP, self.source.levels - 1 - block.level)
        coarse = dict.fromkeys(TileKey(k.level + step, k.column >> step, k.row >> step) for k in missing)
        with self._condition:
            self._wanted = [*(key for key in coarse if step and self._at_hand(key) is None), *missing]
            self._rim = [key for key in tiling.rim(self.source, block) if not self._ready(key)]
            if self._wanted or self._rim:
                self._condition.notify()

    def _at_hand(self, key: TileKey) -> ShownTile | None:
        return self._overview if key == self._overview_key() else self._cache.get(key)

    def _ready(self, key: TileKey) -> bool:
        tile = self._at_hand(key)
        return tile is not None and tile.levels == self._levels

    def _work(self) -> None:
        try:
            self._read_until_closed()
        finally:
            # The layer owns its source from the start; a source over a file must not outlive it.
            if isinstance(self.source, Closing):
                self.source.close()

    def _read_until_closed(self) -> None:
        self._look()
        while True:
            with self._condition:
                while not (self._closing or self._wanted or self._rim or self._stale()):
                    self._condition.wait()
                if self._closing:
                    return
                visible = bool(self._wanted) or self._stale()
                key = None if self._stale() else (self._wanted or self._rim).pop(0)
            self._read_one(key or self._overview_key())
            # What lies outside the view is no reason to draw again.
            if visible:
                self._arrived()

    def _read_one(self, key: TileKey) -> None:
        if key in self._failed or self._ready(key):
            return
        try:
            tile = self._read(key)
        except (TouchstoneError, OSError) as error:
            self._failed.add(key)
            self.problem = str(error)
            return
        if key == self._overview_key():
            self._overview = tile
        else:
            self._cache.put(key, tile)

    def _overview_key(self) -> TileKey:
        return TileKey(self.source.levels - 1, 0, 0)

    def _stale(self) -> bool:
        """Whether the overview there is shows other levels than those in use."""
        overview = self._overview
        return overview is not None and overview.levels != self._levels and self._overview_key() not in self._failed

    def _look(self) -> None:
        """Read the coarsest level, count its values and choose the levels to begin with."""
        try:
            pixels = self.source.tile(*self._overview_key())
        except (TouchstoneError, OSError) as error:
            self.problem = str(error)
            self._arrived()
            return
        self.automatic = display.automatic(pixels)
        with self._condition:
            if self._auto_wanted:
                self._levels = self.automatic
            levels = self._levels
        self._overview = ShownTile(display.displayed(pixels, levels), levels)
        self.histogram = display.histogram(pixels)
        self._arrived()

    def _read(self, key: TileKey) -> ShownTile:
        levels = self._levels
        self.reads += 1
        return ShownTile(display.displayed(self.source.tile(*key), levels), levels)


def _enlarged(words: Words, key: TileKey, step: int, w: int, h: int) -> Words:
    """Return the part of a coarser tile that covers ``key``, each pixel repeated 2**step times, cut to (h, w)."""
    factor = 2**step
    x0, y0 = (key.column * TILE) // factor % TILE, (key.row * TILE) // factor % TILE
    x1, y1 = x0 + max(-(-w // factor), 1), y0 + max(-(-h // factor), 1)
    part = words[y0:y1, x0:x1]
    if factor >= TILE:
        return np.broadcast_to(part[:1, :1], (h, w))
    return np.repeat(np.repeat(part, factor, axis=0)[:h], factor, axis=1)[:, :w]
