"""Immutable HDF5 segments: built in memory, written once, checked whole before HDF5 sees a byte of them."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
NAME = re.compile(r"[0-9a-f]{64}\.h5")
SCHEMA = 1
CHUNK_ROWS = 256
RASTER_LIMIT = 1 << 24  # float32 values of one segment, more than fit into it


class Segment(Record):
    """How an event names its segment; ``rasters`` are the overlay keys of the datasets ``0``, ``1``, ..."""

    name: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}\.h5$")]
    sha256: Sha256
    byte_size: Annotated[int, Field(gt=0, le=LIMIT)]
    rasters: tuple[Name, ...]


def build(rasters: Mapping[str, Raster]) -> bytes:
    """Return the HDF5 file that holds the rasters, in the order of their keys."""
    import h5py

    if sum(raster.values.nbytes for raster in rasters.values()) > LIMIT - (1 << 20):
        raise InputError("The overlays are too large for one segment", remedy="Use a larger step")
    with h5py.File("segment", "w", driver="core", backing_store=False) as file:
        file.attrs["schema"] = SCHEMA
        for number, key in enumerate(sorted(rasters)):
            values = rasters[key].values
            chunks = (min(CHUNK_ROWS, values.shape[0]), *values.shape[1:])
            file.create_dataset(str(number), data=values, chunks=chunks, fletcher32=True, track_times=False)
        file.flush()
        return file.id.get_file_image()


def write(disk: Disk, folder: Path, rasters: Mapping[str, Raster]) -> Segment:
    """Write the rasters as a segment and return how an event names it."""
    data = build(rasters)
    sha256 = sha256_hex(data)
    segment = Segment(name=f"{sha256}.h5", sha256=sha256, byte_size=len(data), rasters=tuple(sorted(rasters)))
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


def read(folder: Path, segment: Segment) -> dict[str, Raster]:
    """Return the rasters of a segment by overlay key; raises StoreError where it is damaged or not ours."""
    return parse(checked_bytes(folder, segment), segment)


def parse(data: bytes, segment: Segment) -> dict[str, Raster]:
    """Return the rasters in a segment's bytes; raises StoreError where anything in it is not as we write it."""
    import h5py

    try:
        with h5py.File.in_memory(data) as file:
            if set(file) != {str(number) for number in range(len(segment.rasters))}:
                raise ValueError("its datasets are not the recorded ones")
            return {key: Raster(_values(file, str(number))[...]) for number, key in enumerate(segment.rasters)}
    except (OSError, KeyError, ValueError, TypeError, RuntimeError) as error:
        where = f"{FOLDER}/{segment.name}"
        raise StoreError(f"A segment is not one of ours: {error}", where=where, remedy="Do not trust it") from error


def _values(file: "h5py.File", name: str) -> "h5py.Dataset":
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
    if filters != [h5py.h5z.FILTER_FLETCHER32] or dataset.dtype.str != "<f4":
        raise ValueError("it uses another filter or type")
    if dataset.size is None or dataset.size > RASTER_LIMIT:
        raise ValueError("it claims more values than a segment can hold")
    return dataset
