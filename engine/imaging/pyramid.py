"""The tile pyramid of a capture as one raw file in the cache: written band by band, read tile by tile.

Layout, all numbers little-endian: 8 bytes magic, uint32 length and uint32 CRC-32 of a JSON header, the header, a table
of one uint32 CRC-32 per tile, then the tiles, level after level, row after row. Every tile takes 256 x 256 pixels
whatever it holds, so its place follows from its number. The header names the evidence and the page that the pixels
come from and carries the CRC-32 of the table. A damaged file is reported, never shown; making it again is always
possible, for a pyramid is a cache.
"""

import json
import math
import struct
import threading
import uuid
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Annotated, Any, Literal, Self, cast

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from engine.core.case import Sha256
from engine.core.errors import ImagingError
from engine.core.method import Context, Pixels
from engine.core.records import Record, canonical_json
from engine.imaging.tiles import TILE, check_tile, halve, level_sizes, tile_grid

MAGIC = b"TSTILES1"
PREFIX = struct.Struct("<8sII")
MAX_HEADER = 4096
ALIGNMENT = 4096
MAX_SIDE = 1 << 20
REMEDY = "Open the capture again to make its tiles anew."

Side = Annotated[int, Field(gt=0, le=MAX_SIDE)]


class PyramidHeader(Record):
    """What a tile file says about itself."""

    schema_version: Literal[1] = 1
    sha256: Sha256
    page: Annotated[int, Field(ge=0)]
    width: Side
    height: Side
    channels: Literal[1, 3]
    bits: Literal[8, 16]
    table_crc: Annotated[int, Field(ge=0, lt=1 << 32)] = 0

    @property
    def dtype(self) -> np.dtype[Any]:
        """The little-endian sample type of the file."""
        return np.dtype("<u1" if self.bits == 8 else "<u2")

    @property
    def tile_shape(self) -> tuple[int, ...]:
        """Shape of every stored tile."""
        return (TILE, TILE) if self.channels == 1 else (TILE, TILE, 3)

    @property
    def tile_bytes(self) -> int:
        """Bytes of every stored tile."""
        return math.prod(self.tile_shape) * self.dtype.itemsize


class _Layout:
    """Where the tiles of a pyramid lie in its file."""

    def __init__(self, header: PyramidHeader) -> None:
        self.sizes = level_sizes(header.width, header.height)
        self.first = [0]
        for size in self.sizes:
            columns, rows = tile_grid(size)
            self.first.append(self.first[-1] + columns * rows)
        self.table_start = PREFIX.size + MAX_HEADER
        table_end = self.table_start + 4 * self.first[-1]
        self.tiles_start = -(-table_end // ALIGNMENT) * ALIGNMENT
        self.tile_bytes = header.tile_bytes
        self.file_bytes = self.tiles_start + self.first[-1] * self.tile_bytes

    def number(self, level: int, column: int, row: int) -> int:
        return self.first[level] + row * tile_grid(self.sizes[level])[0] + column

    def offset(self, number: int) -> int:
        return self.tiles_start + number * self.tile_bytes


def build_pyramid(path: Path, header: PyramidHeader, bands: Iterable[Pixels], context: Context) -> None:
    """Write the pyramid of an image that comes in bands of whole rows, from the top.

    Memory holds about two bands per level, whatever the image's height. The file appears under its name only when
    it is complete.

    Parameters
    ----------
    path : Path
        The file to make or to replace.
    header : PyramidHeader
        Size and origin of the image.
    bands : iterable of (h, W) or (h, W, 3), uint8 or uint16
        Any heights; together they make the image.
    context : Context
        Told the rows that are done; a cancelled build leaves nothing behind.

    Raises
    ------
    ImagingError
        The bands are not the image that the header announces.
    """
    partial = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
    try:
        with partial.open("wb") as file:
            writer = _Writer(file, header)
            done = 0
            for band in in_bands(bands):
                context.check_cancelled()
                writer.add(0, band)
                done += band.shape[0]
                context.progress(done, header.height, "Preparing the capture")
            writer.finish()
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def in_bands(bands: Iterable[Pixels]) -> Iterator[Pixels]:
    """Cut or join bands of rows so that each, but the last, has exactly 256 rows."""
    waiting: list[Pixels] = []
    rows = 0
    for band in bands:
        start = 0
        while rows + band.shape[0] - start >= TILE:
            stop = start + TILE - rows
            waiting.append(band[start:stop])
            yield _joined(waiting)
            waiting, rows, start = [], 0, stop
        if start < band.shape[0]:
            waiting.append(band[start:])
            rows += band.shape[0] - start
    if waiting:
        yield _joined(waiting)


def _joined(parts: list[Pixels]) -> Pixels:
    return parts[0] if len(parts) == 1 else cast("Pixels", np.concatenate(parts))


class _Writer:
    """Takes bands of 256 rows per level, stores their tiles and hands the halved rows to the next level."""

    def __init__(self, file: IO[bytes], header: PyramidHeader) -> None:
        self._file = file
        self._header = header
        self._layout = _Layout(header)
        self._rows = [0] * len(self._layout.sizes)
        self._waiting: list[Pixels | None] = [None] * len(self._layout.sizes)
        self._table = np.zeros(self._layout.first[-1], dtype="<u4")

    def add(self, level: int, band: Pixels) -> None:
        """Store one band of a level: 256 rows, or what is left at the lower edge."""
        width, height = self._layout.sizes[level]
        colour = () if self._header.channels == 1 else (3,)
        start = self._rows[level]
        shape = (min(TILE, height - start), width, *colour)
        if band.shape != shape or band.dtype != self._header.dtype:
            raise ImagingError(f"The file holds {band.shape} {band.dtype} where {shape} was announced")
        self._rows[level] = start + band.shape[0]
        self._store(level, start // TILE, band)
        if level + 1 < len(self._layout.sizes):
            self._pass_on(level + 1, halve(band), last=self._rows[level] == height)

    def finish(self) -> None:
        """Write the table and the header; raises ImagingError where rows are missing."""
        if self._rows[0] != self._header.height:
            raise ImagingError(f"The file ends after {self._rows[0]} of {self._header.height} rows")
        table = self._table.tobytes()
        header = self._header.model_copy(update={"table_crc": zlib.crc32(table)})
        text = canonical_json(header.to_json()).ljust(MAX_HEADER)
        self._file.seek(0)
        self._file.write(PREFIX.pack(MAGIC, len(text), zlib.crc32(text)) + text + table)
        self._file.truncate(self._layout.file_bytes)

    def _store(self, level: int, row: int, band: Pixels) -> None:
        first = self._layout.number(level, 0, row)
        columns = tile_grid(self._layout.sizes[level])[0]
        height, width = band.shape[:2]
        # One copy turns the band, padded to whole tiles, into a run of tiles.
        run = np.zeros((columns, *self._header.tile_shape), dtype=self._header.dtype)
        for column in range(columns):
            part = band[:, column * TILE : min((column + 1) * TILE, width)]
            run[column, :height, : part.shape[1]] = part
            self._table[first + column] = zlib.crc32(run[column])
        self._file.seek(self._layout.offset(first))
        self._file.write(run.data)

    def _pass_on(self, level: int, half: Pixels, *, last: bool) -> None:
        above = self._waiting[level]
        band = half if above is None else cast("Pixels", np.concatenate([above, half]))
        if last or band.shape[0] == TILE:
            self._waiting[level] = None
            self.add(level, band)
        else:
            self._waiting[level] = band


class PyramidTiles:
    """A TileSource over a tile file; may be read from several threads.

    Each tile is checked against its CRC-32 as it is read. Tiles are read, not memory-mapped: a mapped file that
    somebody cuts short would end the whole program, a short read is an error that can be handled.

    Parameters
    ----------
    path : Path
        A file that ``build_pyramid`` made.
    sha256, page : optional
        The capture that is expected inside.

    Raises
    ------
    ImagingError
        The file is missing, damaged, cut short, or holds another capture.
    """

    def __init__(self, path: Path, *, sha256: str | None = None, page: int | None = None) -> None:
        self._name = path.name
        self._lock = threading.Lock()
        try:
            self._file = path.open("rb", buffering=0)
        except OSError as error:
            raise ImagingError(
                f"The tiles cannot be opened ({error.strerror})", where=path.name, remedy=REMEDY
            ) from error
        try:
            self.header = self._read_header()
            self._layout = _Layout(self.header)
            self._table = self._read_table(path.stat().st_size)
            if sha256 not in (None, self.header.sha256) or page not in (None, self.header.page):
                raise self._damaged("The tiles belong to another capture")
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def width(self) -> int:
        """Width of the capture in pixels."""
        return self.header.width

    @property
    def height(self) -> int:
        """Height of the capture in pixels."""
        return self.header.height

    @property
    def channels(self) -> int:
        """1 for grey, 3 for RGB."""
        return self.header.channels

    @property
    def dtype(self) -> np.dtype[Any]:
        """Either uint8 or uint16."""
        return self.header.dtype

    @property
    def levels(self) -> int:
        """Number of levels."""
        return len(self._layout.sizes)

    def level_size(self, level: int) -> tuple[int, int]:
        """Return (width, height) of a level."""
        return self._layout.sizes[level]

    def tile(self, level: int, column: int, row: int) -> Pixels:
        """Return a read-only tile; raises ImagingError where there is none or it is damaged."""
        width, height = check_tile(self._layout.sizes, level, column, row)
        number = self._layout.number(level, column, row)
        data = self._read(self._layout.offset(number), self._layout.tile_bytes)
        if zlib.crc32(data) != self._table[number]:
            raise self._damaged(f"Tile {column}, {row} of level {level} is damaged")
        pixels = np.frombuffer(data, dtype=self.header.dtype).reshape(self.header.tile_shape)
        return cast("Pixels", pixels[:height, :width])

    def close(self) -> None:
        """Close the file; a tile asked for afterwards raises ImagingError."""
        with self._lock:
            self._file.close()

    def _read(self, offset: int, size: int) -> bytes:
        with self._lock:
            try:
                self._file.seek(offset)
                data = self._file.read(size)
            except (OSError, ValueError) as error:  # ValueError: closed meanwhile
                raise self._damaged(f"The tiles cannot be read ({error})") from error
        if data is None or len(data) != size:
            raise self._damaged("The tile file is cut short")
        return data

    def _read_header(self) -> PyramidHeader:
        magic, size, crc = PREFIX.unpack(self._read(0, PREFIX.size))
        if magic != MAGIC or size != MAX_HEADER:
            raise self._damaged("This is no tile file")
        text = self._read(PREFIX.size, size)
        if zlib.crc32(text) != crc:
            raise self._damaged("The header of the tile file is damaged")
        try:
            return PyramidHeader.from_json(json.loads(text))
        except (ValueError, RecursionError, ValidationError) as error:
            raise self._damaged("The header of the tile file is of another kind") from error

    def _read_table(self, file_bytes: int) -> NDArray[np.uint32]:
        if file_bytes != self._layout.file_bytes:
            raise self._damaged("The tile file is cut short or too long")
        data = self._read(self._layout.table_start, 4 * self._layout.first[-1])
        if zlib.crc32(data) != self.header.table_crc:
            raise self._damaged("The table of the tile file is damaged")
        return np.frombuffer(data, dtype="<u4")

    def _damaged(self, what: str) -> ImagingError:
        return ImagingError(what, where=self._name, remedy=REMEDY)
