"""Segments come back as they were, and nothing in a foreign one reaches beyond it."""

import os
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from engine.core.errors import InputError, StoreError
from engine.core.finding import Raster
from engine.core.records import sha256_hex
from engine.core.seeds import generator
from engine.store import segments
from engine.store.disk import Disk
from engine.store.foreign import SegmentWorker
from engine.store.segments import Arrays, Rows, Segment
from tests.engine.store.samples import make_raster

NAME = "segment.h5"


def described(data: bytes, *keys: str, tables: tuple[str, ...] = ()) -> Segment:
    sha256 = sha256_hex(data)
    return Segment(name=f"{sha256}.h5", sha256=sha256, byte_size=len(data), rasters=keys, tables=tables)


def test_rasters_come_back_bit_by_bit(tmp_path: Path) -> None:
    values = generator(3, "raster").normal(size=(700, 31)).astype("<f4")
    values[3, 4], values[0, 0] = np.nan, -0.0
    rasters = {"b/../x": Raster(values), "a": make_raster(1, (1, 1, 2))}
    segment = segments.write(Disk(), tmp_path, Arrays(rasters))
    assert segment.rasters == ("a", "b/../x")
    loaded = segments.read(tmp_path, segment)
    assert loaded == Arrays(rasters)
    assert loaded.rasters["b/../x"].values.tobytes() == values.tobytes()


def test_tables_come_back_bit_by_bit(tmp_path: Path) -> None:
    rng = generator(6, "tables")
    tables = {
        "ids": rng.integers(0, 256, (70_000, 10)).astype(np.uint8),
        "cells": rng.integers(-9, 9, (3, 5)).astype("<i4"),
        "ends": rng.integers(-(1 << 62), 1 << 62, 100_000).astype("<i8"),
        "vectors": rng.normal(size=(4, 256)).astype("<f4"),
    }
    segment = segments.write(Disk(), tmp_path, Arrays({"a": make_raster()}, tables))
    assert (segment.rasters, segment.tables) == (("a",), ("cells", "ends", "ids", "vectors"))
    loaded = segments.read(tmp_path, segment)
    assert loaded.rasters == {"a": make_raster()}
    for name, table in tables.items():
        assert (loaded.tables[name].dtype, loaded.tables[name].shape) == (table.dtype, table.shape)
        assert loaded.tables[name].tobytes() == table.tobytes()
        assert not loaded.tables[name].flags.writeable
    forms = {"ids": "|u1 70000 10", "cells": "<i4 3 5", "ends": "<i8 100000", "vectors": "<f4 4 256"}
    assert segments.describe(loaded).tables == forms


@pytest.mark.parametrize(
    "table",
    [
        np.zeros(3),
        np.zeros(3, dtype=">i4"),
        np.zeros(0, dtype="<i4"),
        np.zeros((1, 1, 1), dtype="<i4"),
        np.array(["a"]),
    ],
)
def test_a_table_of_another_kind_is_refused(table: np.ndarray) -> None:
    with pytest.raises(InputError, match="A table holds"):
        segments.build(Arrays({}, {"t": table}))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_table_of_numbers_that_are_none_is_refused(value: float) -> None:
    with pytest.raises(InputError, match="no finite numbers"):
        segments.build(Arrays({}, {"t": np.array([0, value], dtype="<f4")}))


def test_equal_rasters_give_equal_segments() -> None:
    rasters = {"a": make_raster(1), "b": make_raster(2)}
    assert segments.build(Arrays(rasters)) == segments.build(Arrays(dict(reversed(rasters.items()))))


def test_a_segment_has_a_limit() -> None:
    raster = Raster(np.zeros((4096, 4096), dtype=np.float32))
    with pytest.raises(InputError, match="too large"):
        segments.build(Arrays({"a": raster}))
    halves = {name: np.zeros(32 << 20, dtype=np.uint8) for name in "ab"}
    with pytest.raises(InputError, match="too large"):
        segments.build(Arrays({}, halves))


def test_a_changed_or_missing_segment_is_named(tmp_path: Path) -> None:
    segment = segments.write(Disk(), tmp_path, Arrays({"a": make_raster()}))
    path = tmp_path / segment.name
    whole = path.read_bytes()
    for spoilt in (whole[:-1], whole + b"x", whole[:600] + bytes([whole[600] ^ 1]) + whole[601:]):
        path.write_bytes(spoilt)
        with pytest.raises(StoreError, match="damaged"):
            segments.read(tmp_path, segment)
    path.unlink()
    with pytest.raises(StoreError, match="is missing"):
        segments.read(tmp_path, segment)


@pytest.mark.parametrize(
    "table",
    [
        generator(7, "wide").integers(0, 256, (5, 1 << 16)).astype(np.uint8),
        generator(7, "narrow").integers(0, 256, (70_000, 10)).astype(np.uint8),
        generator(7, "numbers").normal(size=(700, 256)).astype("<f4"),
    ],
    ids=["a row a chunk", "chunks of rows", "numbers"],
)
def test_rows_are_read_alone_and_checked(table: np.ndarray, tmp_path: Path) -> None:
    segment = segments.write(Disk(), tmp_path, Arrays({}, {"other": np.arange(9000), "rows": table}))
    arrays, rows = segments.read_located(tmp_path, segment, "rows")
    assert np.array_equal(arrays.tables["rows"], table)
    wanted = [len(table) - 1, 0, 3, 3]
    some = Rows(rows.size, rows.offsets[wanted], rows.sha256[wanted])
    assert segments.read_rows(tmp_path, segment.sha256, some).tobytes() == table[wanted].tobytes()
    path = tmp_path / segment.name
    whole = path.read_bytes()
    at = int(rows.offsets[3]) + rows.size - 1
    path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    with pytest.raises(StoreError, match="a row of it is not the recorded one"):
        segments.read_rows(tmp_path, segment.sha256, some)
    others = Rows(rows.size, rows.offsets[[0, 2, 4]], rows.sha256[[0, 2, 4]])
    assert segments.read_rows(tmp_path, segment.sha256, others).tobytes() == table[[0, 2, 4]].tobytes()
    path.write_bytes(whole[:at])
    with pytest.raises(StoreError, match="a row of it is not the recorded one"):
        segments.read_rows(tmp_path, segment.sha256, some)
    path.unlink()
    with pytest.raises(StoreError, match="is missing"):
        segments.read_rows(tmp_path, segment.sha256, some)


def test_rows_that_do_not_lie_in_one_piece_are_refused(tmp_path: Path) -> None:
    with h5py.File(tmp_path / NAME, "w") as file:
        values = np.zeros((4, 6), dtype=np.uint8)
        file.create_dataset("t0", data=values, chunks=(4, 3), fletcher32=True)
        file.create_dataset("t1", data=values[0], chunks=(6,), fletcher32=True)
        file.create_dataset("t2", shape=(4, 6), dtype=np.uint8, chunks=(1, 6), fletcher32=True)  # never written
    data = (tmp_path / NAME).read_bytes()
    segment = described(data, tables=("cut", "flat", "unwritten"))
    (tmp_path / segment.name).write_bytes(data)
    for name in ("cut", "flat", "unwritten"):
        with pytest.raises(StoreError, match="the rows of a table"):
            segments.read_located(tmp_path, segment, name)


def _external_link(file: h5py.File, folder: Path) -> None:
    file["0"] = h5py.ExternalLink(str(folder / "other.h5"), "/0")


def _soft_link(file: h5py.File, folder: Path) -> None:
    file["0"] = h5py.SoftLink("/elsewhere")


def _external_storage(file: h5py.File, folder: Path) -> None:
    external = [(str(folder / "secret.txt"), 0, 64)]
    file.create_dataset("0", shape=(4, 4), dtype="<f4", external=external)


def _virtual(file: h5py.File, folder: Path) -> None:
    layout = h5py.VirtualLayout(shape=(4, 4), dtype="<f4")
    layout[:] = h5py.VirtualSource(str(folder / "other.h5"), "0", shape=(4, 4))
    file.create_virtual_dataset("0", layout)


def _other_filter(file: h5py.File, folder: Path) -> None:
    file.create_dataset("0", data=np.zeros((4, 4), dtype="<f4"), compression="gzip", fletcher32=True)


def _no_checksum(file: h5py.File, folder: Path) -> None:
    file.create_dataset("0", data=np.zeros((4, 4), dtype="<f4"))


def _plugin_filter(file: h5py.File, folder: Path) -> None:
    made = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    made.set_chunk((4, 4))
    made.set_filter(32015, h5py.h5z.FLAG_OPTIONAL, ())
    space = h5py.h5s.create_simple((4, 4))
    h5py.h5d.create(file.id, b"0", h5py.h5t.IEEE_F32LE, space, made)


def _other_type(file: h5py.File, folder: Path) -> None:
    file.create_dataset("0", data=np.zeros((4, 4), dtype="<f8"), fletcher32=True)


def _group(file: h5py.File, folder: Path) -> None:
    file.create_group("0")


def _huge(file: h5py.File, folder: Path) -> None:
    file.create_dataset("0", shape=(1 << 20, 1 << 20), dtype="<f4", chunks=(64, 64), fletcher32=True)


def _four_axes(file: h5py.File, folder: Path) -> None:
    file.create_dataset("0", data=np.zeros((2, 2, 2, 2), dtype="<f4"), fletcher32=True)


def _more(file: h5py.File, folder: Path) -> None:
    for name in ("0", "1"):
        file.create_dataset(name, data=np.zeros((2, 2), dtype="<f4"), fletcher32=True)


@pytest.mark.parametrize(
    "fill",
    [
        _external_link, _soft_link, _external_storage, _virtual, _other_filter, _no_checksum, _plugin_filter,
        _other_type, _group, _huge, _four_axes, _more,
    ],
)  # fmt: skip
def test_a_foreign_segment_reaches_for_nothing(tmp_path: Path, fill: Callable[[h5py.File, Path], None]) -> None:
    (tmp_path / "secret.txt").write_bytes(b"s" * 64)
    with h5py.File(tmp_path / "other.h5", "w") as other:
        other.create_dataset("0", data=np.ones((4, 4), dtype="<f4"), fletcher32=True)
    with h5py.File(tmp_path / NAME, "w") as file:
        fill(file, tmp_path)
    data = (tmp_path / NAME).read_bytes()
    with pytest.raises(StoreError, match="not one of ours"):
        segments.parse(data, described(data, "a"))


def _as_table(fill: Callable[[h5py.File, Path], None]) -> Callable[[h5py.File, Path], None]:
    def filled(file: h5py.File, folder: Path) -> None:
        fill(file, folder)
        file.move("0", "t0")

    return filled


def _doubles(file: h5py.File, folder: Path) -> None:
    file.create_dataset("t0", data=np.zeros((4, 4), dtype="<f8"), fletcher32=True)


def _no_number(file: h5py.File, folder: Path) -> None:
    file.create_dataset("t0", data=np.full((4, 4), np.nan, dtype="<f4"), fletcher32=True)


def _infinite(file: h5py.File, folder: Path) -> None:
    file.create_dataset("t0", data=np.full((4, 4), np.inf, dtype="<f4"), fletcher32=True)


def _big_endian(file: h5py.File, folder: Path) -> None:
    file.create_dataset("t0", data=np.zeros(4, dtype=">i4"), fletcher32=True)


def _strings(file: h5py.File, folder: Path) -> None:
    file.create_dataset("t0", data=np.array([b"text"]), fletcher32=True)


def _three_axes(file: h5py.File, folder: Path) -> None:
    file.create_dataset("t0", data=np.zeros((2, 2, 2), dtype="|u1"), fletcher32=True)


def _nothing(file: h5py.File, folder: Path) -> None:
    file.create_dataset("t0", shape=(0,), maxshape=(None,), dtype="|u1", chunks=(4,), fletcher32=True)


def _no_extent(file: h5py.File, folder: Path) -> None:
    file["t0"] = h5py.Empty("|u1")


def _huge_table(file: h5py.File, folder: Path) -> None:
    file.create_dataset("t0", shape=(65 << 20,), dtype="|u1", chunks=(1 << 16,), fletcher32=True)


def _raster_beside(file: h5py.File, folder: Path) -> None:
    file.create_dataset("t0", data=np.zeros(2, dtype="|u1"), fletcher32=True)
    file.create_dataset("0", data=np.zeros((2, 2), dtype="<f4"), fletcher32=True)


@pytest.mark.parametrize(
    "fill",
    [
        *map(_as_table, (_external_storage, _virtual, _other_filter, _no_checksum, _plugin_filter, _group)),
        _doubles, _no_number, _infinite,
        _big_endian, _strings, _three_axes, _nothing, _no_extent, _huge_table, _raster_beside,
    ],
)  # fmt: skip
def test_a_foreign_table_reaches_for_nothing(tmp_path: Path, fill: Callable[[h5py.File, Path], None]) -> None:
    (tmp_path / "secret.txt").write_bytes(b"s" * 64)
    with h5py.File(tmp_path / "other.h5", "w") as other:
        other.create_dataset("0", data=np.ones((4, 4), dtype="<f4"), fletcher32=True)
    with h5py.File(tmp_path / NAME, "w") as file:
        fill(file, tmp_path)
    data = (tmp_path / NAME).read_bytes()
    with pytest.raises(StoreError, match="not one of ours"):
        segments.parse(data, described(data, tables=("ids",)))


def test_many_tables_cannot_claim_more_than_one_segment_holds(tmp_path: Path) -> None:
    """Each stays below the limit, and none takes room in the file."""
    with h5py.File(tmp_path / NAME, "w") as file:
        for number in range(3):
            file.create_dataset(f"t{number}", shape=(30 << 20,), dtype="|u1", chunks=(1 << 16,), fletcher32=True)
    data = (tmp_path / NAME).read_bytes()
    with pytest.raises(StoreError, match="claims more values"):
        segments.parse(data, described(data, tables=("a", "b", "c")))


def test_no_filter_plugin_is_ever_loaded() -> None:
    assert os.environ["HDF5_PLUGIN_PRELOAD"] == "::"


def test_spoilt_segments_with_a_fitting_hash_hurt_nobody(tmp_path: Path) -> None:
    """HDF5 itself meets damaged bytes here, as in a foreign store: in a child process, which may die of it."""
    raster = make_raster(4, (40, 30))
    whole = segments.build(Arrays({"a": raster}))
    rng = generator(5, "spoilt")
    refused = 0
    with SegmentWorker() as worker:
        for _ in range(60):
            data = bytearray(whole)
            # The values are checked by fletcher32; the structure before them is what HDF5 has to make sense of.
            for place in rng.integers(0, len(data) - raster.values.nbytes, size=3):
                data[place] ^= 1 << int(rng.integers(8))
            segment = described(bytes(data), "a")
            (tmp_path / segment.name).write_bytes(data)
            try:
                worker.describe(tmp_path, segment)
            except StoreError:
                refused += 1
    print(f"{refused} of 60 refused, the others differ in unused bytes")
    assert refused > 5
