"""Files of the cache are what they were made from, to the last byte, or they are made again."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import Cancelled, StoreError
from engine.core.seeds import generator
from engine.jobs import JobContext
from engine.workflows.labels.rows import (
    HEADER_BYTES,
    Layout,
    RowsStaleError,
    chain,
    made_rows,
    open_rows,
    rows_path,
    write_rows,
)

LAYOUT = Layout("numbers", (("wide", "<f4", 3), ("narrow", "<i4", 1)))
SEGMENTS = ["a" * 64, "b" * 64, "c" * 64]
SOURCES = chain("test", SEGMENTS)


def part(number: int, count: int = 4) -> dict[str, np.ndarray]:
    rng = generator(number, "rows")
    return {"wide": rng.normal(size=(count, 3)).astype("<f4"), "narrow": rng.integers(0, 9, count).astype("<i4")}


def joined(*numbers: int) -> dict[str, np.ndarray]:
    return {name: np.concatenate([part(number)[name] for number in numbers]) for name in ("wide", "narrow")}


def same(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> None:
    assert {name: array.tobytes() for name, array in found.items()} == {
        name: array.tobytes() for name, array in expected.items()
    }


def test_rows_come_back_bit_by_bit_and_cannot_be_written(tmp_path: Path) -> None:
    path = made_rows(tmp_path, LAYOUT, SOURCES, 12, part, JobContext())
    found = open_rows(path, LAYOUT, SOURCES[-1])
    same(found, joined(0, 1, 2))
    assert found["wide"].shape == (12, 3) and found["narrow"].shape == (12,)
    with pytest.raises(ValueError, match="read-only"):
        found["wide"][0] = 0


def test_only_what_came_since_is_read(tmp_path: Path) -> None:
    asked: list[int] = []

    def read(number: int) -> dict[str, np.ndarray]:
        asked.append(number)
        return part(number)

    for count, expected in ((1, [0]), (3, [1, 2]), (3, [])):
        asked.clear()
        path = made_rows(tmp_path, LAYOUT, SOURCES[: count + 1], 4 * count, read, JobContext())
        assert asked == expected
        same(open_rows(path, LAYOUT, SOURCES[count]), joined(*range(count)))
    assert len(list(tmp_path.iterdir())) == 1  # earlier states are gone, and nothing unfinished is left


def test_a_state_that_went_another_way_shares_nothing(tmp_path: Path) -> None:
    made_rows(tmp_path, LAYOUT, SOURCES, 12, part, JobContext())
    other = chain("test", ["a" * 64, "d" * 64])
    asked: list[int] = []
    path = made_rows(tmp_path, LAYOUT, other, 8, lambda number: asked.append(number) or part(number), JobContext())
    assert asked == [0, 1]
    same(open_rows(path, LAYOUT, other[-1]), joined(0, 1))
    assert chain("one", SEGMENTS)[1] != chain("other", SEGMENTS)[1]


@pytest.mark.parametrize("count", [0, 1, 2])
def test_every_spoilt_byte_is_noticed_and_the_file_made_again(tmp_path: Path, count: int) -> None:
    sources = SOURCES[: count + 1]
    path = made_rows(tmp_path, LAYOUT, sources, 4 * count, part, JobContext())
    whole = path.read_bytes()
    places = [0, 5, 150, HEADER_BYTES - 1, *range(HEADER_BYTES, len(whole), 13)]
    for place in (each for each in places if each < len(whole)):
        spoilt = bytearray(whole)
        spoilt[place] ^= 0x41
        path.write_bytes(spoilt)
        with pytest.raises(RowsStaleError):
            open_rows(path, LAYOUT, sources[-1])
    for cut in (whole[:-1], whole + b"x", whole[:100], b""):
        path.write_bytes(cut)
        with pytest.raises(RowsStaleError):
            open_rows(path, LAYOUT, sources[-1])
    assert made_rows(tmp_path, LAYOUT, sources, 4 * count, part, JobContext()).read_bytes() == whole


def test_a_file_of_another_state_or_layout_is_stale(tmp_path: Path) -> None:
    path = write_rows(tmp_path, LAYOUT, SOURCES[-1], [joined(0, 1, 2)], 12)
    with pytest.raises(RowsStaleError, match="something else"):
        open_rows(path, LAYOUT, SOURCES[1])
    wider = Layout("numbers", (("wide", "<f4", 4), ("narrow", "<i4", 1)))
    with pytest.raises(RowsStaleError, match="something else"):
        open_rows(path, wider, SOURCES[-1])
    path.replace(rows_path(tmp_path, LAYOUT, SOURCES[1]))
    with pytest.raises(RowsStaleError, match="not there"):
        open_rows(path, LAYOUT, SOURCES[-1])


def test_a_cancelled_or_failed_making_leaves_what_was_there(tmp_path: Path) -> None:
    path = made_rows(tmp_path, LAYOUT, SOURCES[:2], 4, part, JobContext())
    context = JobContext()

    def read(number: int) -> dict[str, np.ndarray]:
        context.cancel()
        return part(number)

    with pytest.raises(Cancelled):
        made_rows(tmp_path, LAYOUT, SOURCES, 12, read, context)

    def full(number: int) -> dict[str, np.ndarray]:
        raise OSError(28, "No space left on device")

    with pytest.raises(StoreError, match="cache cannot be written"):
        made_rows(tmp_path, LAYOUT, SOURCES, 12, full, JobContext())
    with pytest.raises(ValueError, match="rows were handed over"):
        made_rows(tmp_path, LAYOUT, SOURCES, 13, part, JobContext())
    assert list(tmp_path.iterdir()) == [path]
    same(open_rows(path, LAYOUT, SOURCES[1]), joined(0))


@given(st.lists(st.integers(1, 5), max_size=5))
def test_parts_of_any_size_add_up(tmp_path_factory: pytest.TempPathFactory, sizes: list[int]) -> None:
    folder = tmp_path_factory.mktemp("rows")
    sources = chain("any", [f"{number:064d}" for number in range(len(sizes))])
    path = made_rows(folder, LAYOUT, sources, sum(sizes), lambda n: part(n, sizes[n]), JobContext())
    found = open_rows(path, LAYOUT, sources[-1])
    expected = [part(number, size)["wide"] for number, size in enumerate(sizes)]
    assert found["wide"].tobytes() == b"".join(each.tobytes() for each in expected)
