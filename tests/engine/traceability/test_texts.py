"""Rows of texts come back from their tables; foreign tables that are no such rows are refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import InputError, StoreError
from engine.traceability.texts import TextRows, to_tables

texts = st.text(st.characters(blacklist_characters="\0", blacklist_categories=("Cs",)), max_size=6)


@given(st.integers(1, 4).flatmap(lambda width: st.lists(st.tuples(*[texts] * width), min_size=1, max_size=12)))
def test_rows_come_back(rows) -> None:
    tables = to_tables(rows, len(rows[0]))
    read = TextRows(tables, len(rows), "here")
    assert [read[at] for at in range(len(read))] == rows
    assert tables["pool"].tobytes().count(b"\0") == len({text for row in rows for text in row})


def test_rows_without_columns_are_empty() -> None:
    assert TextRows({}, 3, "here")[2] == ()


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(InputError, match="Row 2 has 1 entries"):
        to_tables([("a", "b"), ("a",)], 2)
    with pytest.raises(InputError, match="zero character"):
        to_tables([("a\0",)], 1)


@pytest.mark.parametrize(
    ("cells", "pool"),
    [
        ([[0], [2]], b"a\0b\0"),
        ([[0], [-1]], b"a\0b\0"),
        ([[0], [1]], b"a\0b"),
        ([[0]], b"a\0b\0"),
        ([[0], [0]], b""),
    ],
)
def test_foreign_tables_are_refused(cells, pool) -> None:
    tables = {"cells": np.array(cells, dtype="<i4"), "pool": np.frombuffer(pool, dtype=np.uint8)}
    with pytest.raises(StoreError, match="not as a store writes them"):
        TextRows(tables, 2, "here")


def test_foreign_bytes_that_are_no_text_are_refused() -> None:
    tables = {"cells": np.zeros((1, 1), dtype="<i4"), "pool": np.frombuffer(b"\xff\0", dtype=np.uint8)}
    with pytest.raises(StoreError, match="no UTF-8"):
        TextRows(tables, 1, "here")[0]
