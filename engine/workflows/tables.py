"""Tables of texts from CSV files that others made: bounded, and never anything but text."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.core.errors import InputError

BYTES_LIMIT = 256 << 20
ROWS_LIMIT = 1_000_000
COLUMNS_LIMIT = 64
LETTERS_LIMIT = 10_000  # of one entry
NAME_LIMIT = 200  # letters of a column's name
DELIMITERS = ",;\t"


@dataclass(frozen=True)
class Table:
    """Rows of texts under named columns; what a spreadsheet would take for a formula is text like any other."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def __len__(self) -> int:
        return len(self.rows)

    def row(self, at: int) -> dict[str, str]:
        """Return a row as text by column."""
        return dict(zip(self.columns, self.rows[at], strict=True))


def read_table(path: Path) -> Table:
    """Read a CSV file: UTF-8, the first row names the columns, entries parted by comma, semicolon or tab.

    Raises
    ------
    InputError
        The file cannot be read, is too large, or a row does not fit; the text names the row.
    """
    try:
        with path.open("rb") as file:
            data = file.read(BYTES_LIMIT + 1)
    except OSError as error:
        raise InputError(f"The file cannot be read: {error.strerror}", where=str(path)) from error
    if len(data) > BYTES_LIMIT:
        raise InputError(f"The file has more than {BYTES_LIMIT >> 20} MiB", where=str(path), remedy="Split it")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            "The file is no UTF-8 text", where=f"{path}, line {line}", remedy="Save it as UTF-8"
        ) from error
    rows = _rows(text, path)
    columns = _columns(next(rows, ()), path)
    found: list[tuple[str, ...]] = []
    for row in rows:
        if len(row) != len(columns):
            what = f"The row has {len(row)} entries, the first row names {len(columns)} columns"
            raise InputError(what, where=f"{path}, row {len(found) + 2}")
        found.append(row)
        if len(found) > ROWS_LIMIT:
            raise InputError(f"The table has more than {ROWS_LIMIT} rows", where=str(path), remedy="Split it")
    if not found:
        raise InputError("The table has no rows", where=str(path))
    return Table(columns, tuple(found))


def _rows(text: str, path: Path) -> Iterator[tuple[str, ...]]:
    """Yield the rows that are not empty, each bounded."""
    first = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    while True:
        number += 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise InputError(f"The row is no CSV: {error}", where=f"{path}, row {number}") from error
        if row is None:
            return
        if len(row) > COLUMNS_LIMIT or any(len(entry) > LETTERS_LIMIT or "\0" in entry for entry in row):
            what = (
                f"The row has over {COLUMNS_LIMIT} entries, an entry over {LETTERS_LIMIT} letters, or a zero character"
            )
            raise InputError(what, where=f"{path}, row {number}")
        if row:
            yield tuple(row)


def _columns(names: tuple[str, ...], path: Path) -> tuple[str, ...]:
    columns = tuple(name.strip() for name in names)
    if not columns or any(not 0 < len(name) <= NAME_LIMIT for name in columns):
        what = f"The first row must name every column, with 1 to {NAME_LIMIT} letters"
        raise InputError(what, where=str(path), remedy="Add a first row with the columns' names")
    if len({name.casefold() for name in columns}) != len(columns):
        raise InputError("Two columns have the same name", where=str(path), remedy="Rename one")
    return columns
