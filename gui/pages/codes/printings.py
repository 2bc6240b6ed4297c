"""What was printed: the files with codes of the chosen series, when they were written, by whom, with which IDs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from engine.core.codes import CodesPrinted
from engine.workflows.codes.series import SeriesOverview
from gui.pages.codes.printing import Batch
from gui.shell.commands import CommandRegistry
from gui.shell.theme import GRID
from gui.widgets.buttons import CommandButton
from gui.widgets.splits import stacked
from gui.widgets.table import RowsTable
from gui.widgets.text import EmptyState
from gui.widgets.units import count, time_text

Rows = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Printing:
    """Codes written to files at one time, when (UTC) and by whom."""

    record: CodesPrinted
    time: str
    actor_name: str


class PrintingsPanel(QWidget):
    """One row for each time that codes of the series were written to files; below, the chosen one in full."""

    def __init__(self, commands: CommandRegistry) -> None:
        super().__init__()
        self._printings: tuple[Printing, ...] = ()
        self._batches: Mapping[str, Batch] = {}
        self.table = RowsTable("Printings", ("Printed", "Codes", "Files", "IDs", "By"), stretch=3)
        self.details = RowsTable("The chosen printing", ("", ""), headers_shown=False, wrapped=True)
        self.empty = EmptyState(
            "Nothing is printed yet",
            "Each time that codes of this series are written to files, it is recorded here: when, by whom, which IDs, "
            "and the SHA-256 of every file. The files themselves are kept in no store.",
            CommandButton(commands.action("codes.issue"), icon="export", primary=True),
        )
        self.body = QStackedWidget()
        self.body.addWidget(self.empty)
        self.body.addWidget(stacked(self.table, self.details, shares=(2, 3)))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, GRID, 0, 0)
        column.addWidget(self.body)
        self.table.selectionModel().currentRowChanged.connect(lambda *_: self._show_chosen())

    def show_series(
        self, overview: SeriesOverview | None, printings: Sequence[Printing], batches: Sequence[Batch]
    ) -> None:
        """Show what was printed of a series, the last one chosen."""
        series_id = overview.series.id if overview is not None else ""
        self._printings = tuple(each for each in printings if each.record.series_id == series_id)
        self._batches = {each.batch.id: each for each in batches}
        self.body.setCurrentIndex(1 if self._printings else 0)
        keys, kept = [each.record.id for each in self._printings], self.table.current_key()
        self.table.rows.show([_row(each) for each in self._printings], keys)
        if keys:
            self.table.selectRow(keys.index(kept) if kept in keys else len(keys) - 1)
        self._show_chosen()

    def _show_chosen(self) -> None:
        key = self.table.current_key()
        chosen = next((each for each in self._printings if each.record.id == key), None)
        self.details.rows.show(_details(chosen, self._batches) if chosen is not None else ())


def _row(printing: Printing) -> tuple[str, ...]:
    record = printing.record
    return time_text(printing.time), f"{record.count:,}", _files(record), _ids(record), printing.actor_name


def _details(printing: Printing, batches: Mapping[str, Batch]) -> Rows:
    """Return a printing as rows of title and value."""
    record = printing.record
    known = (batches[batch_id] for batch_id in record.batch_ids if batch_id in batches)
    issued = ((f"{count(each.batch.count, 'ID')} issued {time_text(each.time)}", each.batch.note) for each in known)
    return (
        ("Printed", f"{time_text(printing.time)} by {printing.actor_name}"),
        ("Codes", f"{record.count:,}"),
        *(("Of the batch", ", ".join(filter(None, parts))) for parts in issued),
        ("IDs", " ".join(record.product_ids) or "more than are named one by one: all are of the batches above"),
        ("Files", _files(record)),
        *((f"File {number}", f"SHA-256 {sha256}") for number, sha256 in enumerate(record.files_sha256, start=1)),
    )


def _files(record: CodesPrinted) -> str:
    return f"{len(record.files_sha256)} {record.kind.upper()}"


def _ids(record: CodesPrinted) -> str:
    """Return the first and the last ID that are named."""
    if not record.product_ids:
        return ""
    first, last = record.product_ids[0], record.product_ids[-1]
    return first if first == last else f"{first} to {last}"
