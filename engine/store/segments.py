"""Immutable HDF5 segments: built in memory, written once, checked whole before HDF5 sees a byte of them.

A segment holds rasters, the overlays' maps, and tables: arrays of integers or of finite numbers, of one or two axes.
"""

import contextlib
import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, StringConstraints

from engine.core.case import Name, Sha256
from engine.core.errors import InputError, StoreError
from engine.core.finding import Raster
from engine.core.records import Record, sha256_hex
from engine.store.disk import RESTORE, Disk, reading, write_file

if TYPE_CHECKING:
    import h5py

# A file from elsewhere can name a filter for which HDF5 would load a plugin: no plugin, whatever the environment says.
os.environ["HDF5_PLUGIN_PRELOAD"] = "::"

FOLDER = "segments"
LIMIT = 64 << 20  # bytes
OVERHEAD = 1 << 20  # bytes that HDF5 may need beside the values
NAME = re.compile(r"[0-9a-f]{64}\.h5")
SCHEMA = 1
CHUNK_ROWS = 256
TABLE_CHUNK = 1 << 16  # bytes
DIGEST = 32  # bytes of a SHA-256
TABLE_TYPES = ("|u1", "<i4", "<i8", "<f4")
Table = NDArray[np.integer[Any]] | NDArray[np.float32]


class Segment(Record):
    """How an event names its segment.

    ``rasters`` are the overlay keys of the datasets ``0``, ``1``, ..., ``tables`` the names of ``t0``, ``t1``, ...
    """

    name: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}\.h5$")]
    sha256: Sha256
    byte_size: Annotated[int, Field(gt=0, le=LIMIT)]
    rasters: tuple[Name, ...]
    tables: tuple[Name, ...] = ()


@dataclass(frozen=True)
class Arrays:
    """What a segment holds: rasters by overlay key, and tables by name.

    Tables are uint8, int32, int64, or float32 without NaN and infinities, along one or two axes.
    """

    rasters: Mapping[str, Raster] = field(default_factory=dict[str, Raster])
    tables: Mapping[str, Table] = field(default_factory=dict[str, Table])

    def __bool__(self) -> bool:
        return bool(self.rasters or self.tables)


def form(table: Table) -> str:
    """Return type and shape of a table in one text, such as ``|u1 1000 10``."""
    return " ".join([table.dtype.str, *map(str, table.shape)])


@dataclass(frozen=True, eq=False)
class Rows:
    """Where rows of a table lie in the file of their segment, so that one is read and checked without all others.

    Parameters
    ----------
    size : int
        Bytes of a row.
    offsets : NDArray[np.int64]
        (N,) of their first bytes, from the file's begin.
    sha256 : NDArray[np.uint8]
        (N, 32) of their bytes.
    """

    size: int
    offsets: NDArray[np.int64]
    sha256: NDArray[np.uint8]


@dataclass(frozen=True)
class Description:
    """What a segment holds, in short: SHA-256 of rasters by overlay key, forms of tables by name."""

    rasters: Mapping[str, str] = field(default_factory=dict[str, str])
    tables: Mapping[str, str] = field(default_factory=dict[str, str])


def describe(arrays: Arrays) -> Description:
    """Return the description of what a segment holds."""
    rasters = {key: raster.sha256 for key, raster in arrays.rasters.items()}
    return Description(rasters, {name: form(table) for name, table in arrays.tables.items()})


def build(arrays: Arrays) -> bytes:
    """Return the HDF5 file that holds the arrays, in the order of their names."""
    import h5py

    size = sum(raster.values.nbytes for raster in arrays.rasters.values())
    size += sum(table.nbytes for table in arrays.tables.values())
    if size > LIMIT - OVERHEAD:
        raise InputError(
            f"The arrays are too large for one segment: {size >> 20} MiB of {(LIMIT - OVERHEAD) >> 20} MiB",
            remedy="Use a larger step for overlays, or several smaller batches",
        )
    with h5py.File("segment", "w", driver="core", backing_store=False) as file:
        file.attrs["schema"] = SCHEMA
        for number, key in enumerate(sorted(arrays.rasters)):
            _add(file, str(number), arrays.rasters[key].values, CHUNK_ROWS)
        for number, name in enumerate(sorted(arrays.tables)):
            table = arrays.tables[name]
            if table.dtype.str not in TABLE_TYPES or table.ndim not in (1, 2) or not table.size:
                what = "A table holds uint8, int32, int64 or float32 along one or two axes"
                raise InputError(f"{what}, not {form(table)}")
            if not _finite(table):
                raise InputError(f"The table {name} holds values that are no finite numbers")
            _add(file, f"t{number}", table, max(1, TABLE_CHUNK // (table.nbytes // len(table))))
        file.flush()
        return file.id.get_file_image()


def _add(file: "h5py.File", name: str, values: NDArray[Any], rows: int) -> None:
    chunks = (min(rows, values.shape[0]), *values.shape[1:])
    file.create_dataset(name, data=values, chunks=chunks, fletcher32=True, track_times=False)


def write(disk: Disk, folder: Path, arrays: Arrays) -> Segment:
    """Write the arrays as a segment and return how an event names it."""
    data = build(arrays)
    sha256 = sha256_hex(data)
    segment = Segment(
        name=f"{sha256}.h5",
        sha256=sha256,
        byte_size=len(data),
        rasters=tuple(sorted(arrays.rasters)),
        tables=tuple(sorted(arrays.tables)),
    )
    write_file(disk, folder / segment.name, (data,))
    return segment


def checked_bytes(folder: Path, segment: Segment) -> bytes:
    """Return the segment's bytes if they are the recorded ones; raises StoreError."""
    path = folder / segment.name
    with reading(path), path.open("rb") as file:
        data = file.read(segment.byte_size + 1)
    if sha256_hex(data) != segment.sha256:
        what = "A segment is damaged: its hash is not the recorded one"
        raise StoreError(what, where=f"{FOLDER}/{segment.name}", remedy=RESTORE)
    return data


def read(folder: Path, segment: Segment) -> Arrays:
    """Return what a segment holds; raises StoreError where it is damaged or not ours."""
    return parse(checked_bytes(folder, segment), segment)


def parse(data: bytes, segment: Segment) -> Arrays:
    """Return the arrays in a segment's bytes; raises StoreError where anything in it is not as we write it."""
    with _opened(data, segment) as (rasters, tables):
        return _arrays(rasters, tables)


def read_located(folder: Path, segment: Segment, name: str) -> tuple[Arrays, Rows]:
    """Return what a segment holds, and where in its file the rows of one of its tables lie, as ``read`` does."""
    data = checked_bytes(folder, segment)
    with _opened(data, segment) as (rasters, tables):
        arrays = _arrays(rasters, tables)
        return arrays, _rows(tables[name], arrays.tables[name], data)


def read_rows(folder: Path, sha256: str, rows: Rows) -> NDArray[np.uint8]:
    """Return some rows of a segment's table, (N, bytes of a row), each checked, without reading the whole segment."""
    path = folder / f"{sha256}.h5"
    found = np.empty((len(rows.offsets), rows.size), dtype=np.uint8)
    with reading(path), path.open("rb", buffering=0) as file:
        for row, offset, expected in zip(found, rows.offsets.tolist(), rows.sha256, strict=True):
            file.seek(offset)
            if file.readinto(row.data) != rows.size or hashlib.sha256(row.data).digest() != expected.tobytes():
                what = "A segment is damaged: a row of it is not the recorded one"
                raise StoreError(what, where=f"{FOLDER}/{path.name}", remedy=RESTORE)
    return found


@contextlib.contextmanager
def _opened(data: bytes, segment: Segment) -> "Iterator[tuple[dict[str, h5py.Dataset], dict[str, h5py.Dataset]]]":
    """Yield the datasets of rasters by overlay key and of tables by name, each looked at before it is read."""
    import h5py

    rasters = {str(number): key for number, key in enumerate(segment.rasters)}
    tables = {f"t{number}": name for number, name in enumerate(segment.tables)}
    try:
        with h5py.File.in_memory(data) as file:
            if set(file) != {*rasters, *tables}:
                raise ValueError("its datasets are not the recorded ones")
            checked = {name: _checked(file, name) for name in (*rasters, *tables)}
            # Chunks that were never written take no room in the file, so the file's size bounds nothing.
            if sum(dataset.size * dataset.dtype.itemsize for dataset in checked.values()) > LIMIT:
                raise ValueError("it claims more values than a segment can hold")
            yield (
                {key: checked[name] for name, key in rasters.items()},
                {key: checked[name] for name, key in tables.items()},
            )
    except (OSError, KeyError, ValueError, TypeError, RuntimeError) as error:
        where = f"{FOLDER}/{segment.name}"
        raise StoreError(f"A segment is not one of ours: {error}", where=where, remedy="Do not trust it") from error


def _arrays(rasters: "dict[str, h5py.Dataset]", tables: "dict[str, h5py.Dataset]") -> Arrays:
    return Arrays(
        {key: Raster(_values(dataset, ("<f4",))) for key, dataset in rasters.items()},
        {key: _table(dataset) for key, dataset in tables.items()},
    )


def _rows(dataset: "h5py.Dataset", table: Table, data: bytes) -> Rows:
    """Return where the rows of a table of two axes lie in the segment's bytes."""
    if table.ndim != 2 or dataset.chunks is None or dataset.chunks[1] != table.shape[1]:
        raise ValueError("the rows of a table do not lie in one piece")
    size, step = table[0].nbytes, dataset.chunks[0]
    starts = [dataset.id.get_chunk_info_by_coord((row, 0)).byte_offset or 0 for row in range(0, len(table), step)]
    offsets = (np.array(starts, dtype=np.int64)[:, None] + size * np.arange(step)).ravel()[: len(table)]
    digests = np.empty((len(table), DIGEST), dtype=np.uint8)
    for row, offset, digest in zip(table, offsets.tolist(), digests, strict=True):
        stored = memoryview(data)[offset : offset + size]
        if not np.array_equal(np.frombuffer(stored, dtype=table.dtype), row):
            raise ValueError("the rows of a table lie elsewhere")
        digest[:] = np.frombuffer(hashlib.sha256(stored).digest(), dtype=np.uint8)
    return Rows(size, offsets, digests)


def _checked(file: "h5py.File", name: str) -> "h5py.Dataset":
    """Return a dataset after a look at everything through which HDF5 could reach beyond it."""
    import h5py

    if not isinstance(file.get(name, getlink=True), h5py.HardLink):
        raise ValueError("it links elsewhere")
    dataset = file[name]
    if not isinstance(dataset, h5py.Dataset):
        raise ValueError("it holds something else than datasets")
    made = dataset.id.get_create_plist()
    filters = [made.get_filter(number)[0] for number in range(made.get_nfilters())]
    if dataset.is_virtual or dataset.external:
        raise ValueError("it takes values from other files")
    if filters != [h5py.h5z.FILTER_FLETCHER32]:
        raise ValueError("it uses another filter")
    if dataset.size is None:
        raise ValueError("a dataset of it has no extent")
    return dataset


def _values(dataset: "h5py.Dataset", types: tuple[str, ...]) -> NDArray[Any]:
    if dataset.dtype.str not in types:
        raise ValueError("it uses another type")
    return dataset[...]


def _table(dataset: "h5py.Dataset") -> Table:
    if dataset.ndim not in (1, 2) or not dataset.size:
        raise ValueError("a table of it has no or too many axes, or no values")
    table: Table = _values(dataset, TABLE_TYPES)
    if not _finite(table):
        raise ValueError("a table of it holds values that are no finite numbers")
    table.setflags(write=False)
    return table


def _finite(table: Table) -> bool:
    return table.dtype.kind != "f" or bool(np.isfinite(table).all())
