"""Rows of numbers, one for each label, in a raw file of the cache: opened in no time, and never trusted unchecked.

A file holds a header and the columns one after another. It is known by what it was made from: a hash over the segments
of the store that its rows come from, in their order. A file that is absent, cut off, damaged or made from anything
else is stale, and made again from the segments; each state has a name of its own, so that one in use stays whole.
"""

import contextlib
import hashlib
import os
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import NonNegativeInt, PositiveInt, ValidationError

from engine.core.case import Sha256
from engine.core.errors import StoreError
from engine.core.records import Record, canonical_json, hash_of, sha256_hex
from engine.jobs import JobContext

SCHEMA = 1
HEADER_BYTES = 4096
CHUNK = 8 << 20
SUFFIX = ".rows"
Columns = Mapping[str, NDArray[Any]]


class RowsStaleError(StoreError):
    """A file of the cache cannot be used; it is made again from the segments."""


class Column(Record):
    """A column of the file: its name, type, values in a row, and the SHA-256 of its bytes."""

    name: str
    dtype: str
    width: PositiveInt
    sha256: Sha256


class RowsHeader(Record):
    """What a file says of itself; ``source`` is what it was made from."""

    schema_version: PositiveInt = SCHEMA
    source: Sha256
    count: NonNegativeInt
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Layout:
    """Name, type and values in a row of each column of a kind of file."""

    name: str
    columns: tuple[tuple[str, str, int], ...]


def chain(what: object, segments: Sequence[str]) -> tuple[str, ...]:
    """Return the sources of files with the rows of none, one, two ... of the segments, given by SHA-256."""
    sources = [hash_of([SCHEMA, what])]
    for segment in segments:
        sources.append(sha256_hex(f"{sources[-1]} {segment}".encode()))
    return tuple(sources)


def rows_path(folder: Path, layout: Layout, source: str) -> Path:
    """Return where the file that was made from ``source`` belongs."""
    return folder / f"{layout.name}-{source[:32]}{SUFFIX}"


def open_rows(path: Path, layout: Layout, source: str) -> dict[str, NDArray[Any]]:
    """Return the columns, mapped read-only, each (N, width) or (N,), of a file whose every byte was checked.

    Raises
    ------
    RowsStaleError
        The file is absent, cut off, damaged, or made from something else.
    """
    try:
        found = path.stat()
        return dict(_checked(path, layout, source, (found.st_ino, found.st_size, found.st_mtime_ns)))
    except FileNotFoundError:
        raise RowsStaleError("The file is not there", where=path.name) from None
    except (OSError, ValidationError, ValueError) as error:
        raise RowsStaleError(f"The file cannot be used: {_reason(error)}", where=path.name) from error


def write_rows(folder: Path, layout: Layout, source: str, parts: Iterable[Columns], count: int) -> Path:
    """Write the file of ``count`` rows, handed over part by part, and remove those of other states; raises OSError."""
    path = rows_path(folder, layout, source)
    part = folder / f".{uuid.uuid4().hex}.part"
    try:
        with part.open("xb") as file:
            offsets = _offsets(layout, count)
            digests = {name: hashlib.sha256() for name, _, _ in layout.columns}
            done = 0
            for rows in parts:
                done += len(rows[layout.columns[0][0]])
                for name, dtype, _ in layout.columns:
                    data = np.ascontiguousarray(rows[name], dtype=dtype).tobytes()
                    file.seek(offsets[name])
                    file.write(data)
                    offsets[name] += len(data)
                    digests[name].update(data)
            if done != count or offsets != _ends(layout, count):
                raise ValueError(f"{done} rows were handed over, not {count} of the layout")
            columns = tuple(
                Column(name=name, dtype=dtype, width=width, sha256=digests[name].hexdigest())
                for name, dtype, width in layout.columns
            )
            header = RowsHeader(source=source, count=count, columns=columns)
            file.seek(0)
            file.write(canonical_json(header.to_json()).ljust(HEADER_BYTES))
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    for other in folder.glob(f"{layout.name}-*{SUFFIX}"):
        if other != path:
            with contextlib.suppress(OSError):  # one that is mapped cannot be removed on Windows: it goes next time
                other.unlink()
    return path


def made_rows(
    folder: Path,
    layout: Layout,
    sources: Sequence[str],
    count: int,
    read: Callable[[int], Columns],
    context: JobContext,
) -> Path:
    """Return the file made from all segments; where it is stale it is made from an earlier state and what came since.

    Parameters
    ----------
    folder : Path
        Of the cache.
    sources : sequence of str
        ``chain`` of the segments.
    count : int
        Rows of all segments together.
    read : callable
        Returns the rows of a segment, by its place.
    """
    path = rows_path(folder, layout, sources[-1])
    done = _usable(folder, layout, sources)
    if 0 < done == len(sources) - 1:
        return path

    def parts() -> Iterator[Columns]:
        if done:
            yield open_rows(rows_path(folder, layout, sources[done]), layout, sources[done])
        for number in range(done, len(sources) - 1):
            context.check_cancelled()
            context.progress(number, len(sources) - 1, "Reading the labels")
            yield read(number)

    try:
        return write_rows(folder, layout, sources[-1], parts(), count)
    except OSError as error:
        what = f"The cache cannot be written ({error.strerror or error})"
        raise StoreError(what, where=str(folder), remedy="See to the disk and try again") from error


def _usable(folder: Path, layout: Layout, sources: Sequence[str]) -> int:
    """Return how many segments the rows of the best usable file were made from; 0 where there is none."""
    for number in range(len(sources) - 1, 0, -1):
        path = rows_path(folder, layout, sources[number])
        if path.is_file():
            with contextlib.suppress(RowsStaleError):
                open_rows(path, layout, sources[number])
                return number
    return 0


@lru_cache(maxsize=8)
def _checked(path: Path, layout: Layout, source: str, _state: tuple[int, ...]) -> Columns:
    """Check a file once for as long as nobody writes to it."""
    with path.open("rb") as file:
        header = RowsHeader.model_validate_json(file.read(HEADER_BYTES))
        columns = tuple((column.name, column.dtype, column.width) for column in header.columns)
        if (header.schema_version, header.source, columns) != (SCHEMA, source, layout.columns):
            raise ValueError("it was made from something else")
        offsets, ends = _offsets(layout, header.count), _ends(layout, header.count)
        if path.stat().st_size != max(ends.values()):
            raise ValueError("it is cut off or too long")
        for column in header.columns:
            digest = hashlib.sha256()
            file.seek(offsets[column.name])
            left = ends[column.name] - offsets[column.name]
            while left and (data := file.read(min(CHUNK, left))):
                digest.update(data)
                left -= len(data)
            if digest.hexdigest() != column.sha256:
                raise ValueError(f"its {column.name} are damaged")
    return {
        name: _mapped(path, dtype, offsets[name], (header.count, width) if width > 1 else (header.count,))
        for name, dtype, width in layout.columns
    }


def _mapped(path: Path, dtype: str, offset: int, shape: tuple[int, ...]) -> NDArray[Any]:
    if not shape[0]:
        return np.zeros(shape, dtype=dtype)
    return np.memmap(path, dtype=dtype, mode="r", offset=offset, shape=shape)


def _offsets(layout: Layout, count: int) -> dict[str, int]:
    offsets: dict[str, int] = {}
    start = HEADER_BYTES
    for name, dtype, width in layout.columns:
        offsets[name] = start
        start += count * width * np.dtype(dtype).itemsize
    return offsets


def _ends(layout: Layout, count: int) -> dict[str, int]:
    starts = _offsets(layout, count)
    return {name: starts[name] + count * width * np.dtype(dtype).itemsize for name, dtype, width in layout.columns}


def _reason(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return "its header is not one of ours"
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)
