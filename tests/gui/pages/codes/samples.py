"""What the tests of the Codes page agree on."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QTableView

from gui.widgets.table import RowsTable

PASSPHRASE = "horse battery"
PREFIX = "https://t.example/"
Scan = Callable[..., Path]


def rows_of(table: QTableView) -> list[tuple[str, ...]]:
    """Return the texts of every row."""
    assert isinstance(table, RowsTable)
    return [table.rows.row(number) for number in range(table.rows.rowCount())]
