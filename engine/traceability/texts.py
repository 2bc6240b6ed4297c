"""Rows of texts as two tables of a segment: equal texts are kept once, and a row is read without reading the others."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import InputError, StoreError

Cells = NDArray[np.int32]  # (N, C): which text of the pool stands there
Pool = NDArray[np.uint8]  # the texts in UTF-8, each ended by a zero byte


def to_tables(rows: Iterable[Sequence[str]], columns: int) -> dict[str, NDArray[np.int32] | NDArray[np.uint8]]:
    """Return the tables ``cells`` and ``pool`` of rows of ``columns`` texts each; raises InputError."""
    numbers: dict[str, int] = {}
    cells: list[int] = []
    count = 0
    for count, row in enumerate(rows, 1):
        if len(row) != columns:
            raise InputError(f"Row {count} has {len(row)} entries, not {columns}")
        cells.extend(numbers.setdefault(text, len(numbers)) for text in row)
    if any("\0" in text for text in numbers):
        raise InputError("A text holds a zero character", remedy="Remove it")
    pool = "".join(f"{text}\0" for text in numbers).encode()
    table = np.array(cells, dtype="<i4").reshape(count, columns)
    return {"cells": table, "pool": np.frombuffer(pool, dtype=np.uint8)}


class TextRows(Sequence[tuple[str, ...]]):
    """Rows of texts read back from their tables; raises StoreError where these are not as ``to_tables`` makes them."""

    def __init__(self, tables: Mapping[str, NDArray[Any]], count: int, where: str) -> None:
        cells: NDArray[np.int32] = tables.get("cells", np.zeros((count, 0), dtype="<i4"))
        self._cells = cells
        pool = np.asarray(tables.get("pool", np.zeros(0, dtype=np.uint8)), dtype=np.uint8)
        self._ends = np.flatnonzero(pool == 0)
        self._pool = pool.tobytes()
        low, high = (int(self._cells.min()), int(self._cells.max())) if self._cells.size else (0, -1)
        ended = len(pool) == 0 or pool[-1] == 0
        if len(self._cells) != count or low < 0 or high >= len(self._ends) or not ended:
            raise StoreError("The texts of a table are not as a store writes them", where=where)
        self._where = where

    def __len__(self) -> int:
        return len(self._cells)

    def __getitem__(self, at: int) -> tuple[str, ...]:  # pyright: ignore[reportIncompatibleMethodOverride] - no slices
        return tuple(self._text(int(number)) for number in self._cells[at])

    def _text(self, number: int) -> str:
        start = int(self._ends[number - 1]) + 1 if number else 0
        try:
            return self._pool[start : int(self._ends[number])].decode()
        except UnicodeDecodeError as error:
            raise StoreError("A text of a table is no UTF-8", where=self._where) from error
