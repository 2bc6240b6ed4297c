"""Issue IDs and print their codes: how many or one for each row of a table, a preview, and the batches issued."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QComboBox, QFormLayout, QHBoxLayout, QPushButton, QSpinBox, QVBoxLayout, QWidget

from engine.core.codes import CodeSeries, IdBatch
from engine.jobs import JobContext
from engine.workflows.codes.series import PRODUCING, SeriesOverview
from engine.workflows.codes.tracing import COUNT_LIMIT, IssuedIds
from engine.workflows.tables import Table
from gui.pages.codes.issue import ID_ALONE, SECRECY, IssueWish, SheetsDialog
from gui.pages.codes.register_actions import TABLES
from gui.pages.codes.working import may_record, with_secrets, working
from gui.session import Session
from gui.shell.commands import Command, CommandRegistry
from gui.shell.theme import GRID
from gui.widgets import forms
from gui.widgets.buttons import CommandButton
from gui.widgets.notes import NoteDialog
from gui.widgets.sheets import SheetView
from gui.widgets.table import RowsTable
from gui.widgets.text import ElidedLabel, EmptyState, PlainLabel
from gui.widgets.units import count, time_text

if TYPE_CHECKING:
    from engine.workflows.codes.sheets import Kind, SheetPreview, SheetReport

FIRST_COUNT = 24
CAPTION = "caption"
"""A column of this name stands below each code unless another is chosen."""


@dataclass(frozen=True)
class Batch:
    """IDs issued at one time, when (UTC) and by whom."""

    batch: IdBatch
    time: str
    actor_name: str


class PrintPanel(QWidget):
    """What is to be printed above, its preview in the middle, what was issued below.

    Parameters
    ----------
    series : callable
        The chosen series.
    """

    def __init__(
        self, session: Session, commands: CommandRegistry, series: Callable[[], SeriesOverview | None]
    ) -> None:
        super().__init__()
        self._session = session
        self._series = series
        self._shown = ""
        self._table: tuple[str, Table] | None = None
        self._batches: tuple[Batch, ...] = ()
        self.batches = RowsTable("Batches of IDs issued", ("Issued", "IDs", "Note", "Data", "By"), stretch=2)
        self._add_commands(commands)
        self.count = QSpinBox()
        self.count.setAccessibleName("Number of codes")
        self.count.setRange(1, COUNT_LIMIT)
        self.count.setGroupSeparatorShown(True)
        self.count.setValue(FIRST_COUNT)
        self.count.lineEdit().setAcceptDrops(False)  # the page takes dropped tables
        self.source = ElidedLabel(meaning="muted")
        self.by_number = QPushButton("Use a number")
        self.by_number.setAutoDefault(False)
        self.caption = QComboBox()
        self.paper = QComboBox()
        self.paper.addItems(["A4", "Letter"])
        self.view = SheetView("Preview of the sheets")
        self._lay_out(commands)
        for changed in (self.count.valueChanged, self.caption.currentTextChanged, self.paper.currentTextChanged):
            changed.connect(lambda _value: self.view.show_pages(()))
        self.by_number.clicked.connect(lambda: self._use_table(None))
        self._use_table(None)

    def show_series(self, overview: SeriesOverview | None, batches: Sequence[Batch]) -> None:
        """Show the batches of a series; the preview of another series goes."""
        series_id = overview.series.id if overview is not None else ""
        if series_id != self._shown:
            self._shown = series_id
            self.view.show_pages(())
        self._batches = tuple(each for each in batches if each.batch.series_id == series_id)
        kept = self.batches.current_key()
        keys = [each.batch.id for each in self._batches]
        self.batches.rows.show(
            [
                (
                    time_text(each.time),
                    f"{each.batch.count:,}",
                    each.batch.note,
                    ", ".join(each.batch.columns),
                    each.actor_name,
                )
                for each in self._batches
            ],
            keys,
        )
        if keys:
            self.batches.selectRow(keys.index(kept) if kept in keys else len(keys) - 1)

    def choose_table(self) -> None:
        """Ask for a table of variable data."""
        files = forms.choose_files(self.window(), "One code for each row of a table", TABLES)
        if files:
            self.use_table(files[0])

    def use_table(self, path: Path) -> None:
        """Print one code for each row of a table."""

        def work(context: JobContext) -> Table:
            from engine.workflows.tables import read_table

            return read_table(path)

        self._session.run(f"Read {path.name}", work, done=lambda table: self._use_table((path.name, table)))

    def preview(self) -> None:
        """Lay the first sheet out and show it."""
        overview = self._series()
        if overview is not None:
            with_secrets(self._session, overview.series, partial(self._preview, overview.series), self.window())

    def issue(self) -> None:
        """Ask where the sheets go, then issue the IDs and write them."""
        overview = self._series()
        if overview is None:
            return
        series = overview.series
        number = count(self.count.value(), "new ID")
        what = f"{number} in series {series.name}"

        def ask() -> None:
            SheetsDialog(what, _suggestion(series), partial(self._issue, series), self.window(), issue=True).open()

        with_secrets(self._session, series, ask, self.window())

    def save(self) -> None:
        """Ask where the sheets of the chosen batch go, then write them."""
        overview, chosen = self._series(), self._chosen_batch()
        if overview is None or chosen is None:
            return
        series, batch = overview.series, chosen.batch
        what = f"{count(batch.count, 'ID')} issued {time_text(chosen.time)}"

        def ask() -> None:
            save = partial(self._save, series, batch)
            SheetsDialog(what, _suggestion(series), save, self.window(), columns=batch.columns).open()

        with_secrets(self._session, series, ask, self.window())

    def copy_ids(self) -> None:
        """Copy the IDs of the chosen batch, one in a line."""
        store, chosen = self._session.store, self._chosen_batch()
        if store is None or chosen is None:
            return

        def work(context: JobContext) -> str:
            from engine.workflows.codes.tracing import issued_batch

            return "\n".join(issued_batch(store, chosen.batch.id).product_ids)

        self._session.query(work, done=QGuiApplication.clipboard().setText)

    def _add_commands(self, commands: CommandRegistry) -> None:
        session = self._session

        def may_print() -> bool:
            series = self._series()
            return may_record(session, PRODUCING) and series is not None and not series.series_voided

        for command in (
            Command("codes.preview", "Preview the sheets", "Codes", self.preview, "Ctrl+Shift+P",
                    "Lay the first sheet out with a code that says zeros; nothing is issued by it",
                    lambda: working(session) is not None and self._series() is not None),
            Command("codes.issue", "Issue IDs and save sheets…", "Codes", self.issue, "Ctrl+Shift+I",
                    "Assign new IDs to products and write their codes; for producers and administrators", may_print),
            Command("codes.table", "Take codes from a table…", "Codes", self.choose_table,
                    tip="Print one code for each row of a CSV file; its columns become data of the IDs",
                    enabled=may_print),
            Command("codes.save", "Save the sheets of this batch…", "Codes", self.save,
                    tip="Write the sheets of the chosen batch again",
                    enabled=lambda: may_print() and self._chosen_batch() is not None),
            Command("codes.copy_ids", "Copy the IDs of this batch", "Codes", self.copy_ids,
                    tip="Copy the IDs of the chosen batch, one in a line",
                    enabled=lambda: session.store is not None and self._chosen_batch() is not None),
        ):  # fmt: skip
            commands.add(command)

    def _lay_out(self, commands: CommandRegistry) -> None:
        number = QHBoxLayout()
        number.setSpacing(GRID)
        number.addWidget(self.count)
        number.addWidget(CommandButton(commands.action("codes.table"), text="From a table…"))
        number.addWidget(self.by_number)
        number.addWidget(self.source, 1)
        form = QFormLayout()
        form.setHorizontalSpacing(2 * GRID)
        form.setVerticalSpacing(GRID)
        form.addRow("Codes:", number)
        self.caption.setAccessibleName("Below each code")
        self.paper.setAccessibleName("Paper")
        paper = QHBoxLayout()
        paper.setSpacing(GRID)
        paper.addWidget(self.caption, 1)
        paper.addWidget(PlainLabel("Paper:"))
        paper.addWidget(self.paper)
        form.addRow("Below each code:", paper)
        preview = commands.action("codes.preview")
        self.view.lay_out(
            EmptyState(
                "No preview yet",
                "The preview shows how the codes will lie on the paper. Nothing is issued by it.",
                CommandButton(preview, icon="print", primary=True),
            ),
            CommandButton(preview, icon="print", text="Preview"),
            CommandButton(commands.action("codes.issue"), icon="export", text="Issue…", primary=True),
        )
        foot = QHBoxLayout()
        foot.addWidget(PlainLabel("Issued so far", level=3))
        foot.addStretch(1)
        foot.setSpacing(GRID)
        foot.addWidget(CommandButton(commands.action("codes.copy_ids"), text="Copy the IDs"))
        foot.addWidget(CommandButton(commands.action("codes.save"), icon="export"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, GRID, 0, 0)
        column.setSpacing(GRID)
        column.addLayout(form)
        column.addWidget(self.view, 3)
        column.addLayout(foot)
        column.addWidget(self.batches, 1)

    def _use_table(self, table: tuple[str, Table] | None) -> None:
        """Print one code for each row of a table; None goes back to a number."""
        self._table = table
        columns = table[1].columns if table is not None else ()
        self.count.setEnabled(table is None)
        self.count.setValue(FIRST_COUNT if table is None else len(table[1]))
        self.by_number.setVisible(table is not None)
        self.source.show_text("" if table is None else f"{table[0]}: {', '.join(columns)}", "muted")
        self.caption.clear()
        self.caption.addItems([ID_ALONE, *columns])
        names = [name.casefold() for name in columns]
        if CAPTION in names:
            self.caption.setCurrentIndex(1 + names.index(CAPTION))

    def _layout(self) -> tuple[str, int, str, str]:
        """Return what a preview depends on."""
        return self._shown, self.count.value(), self.caption.currentText(), self.paper.currentText()

    def _column(self) -> str | None:
        """Return the column of the table that stands below each code, if one does."""
        return self.caption.currentText() if self.caption.currentIndex() > 0 else None

    def _preview(self, series: CodeSeries) -> None:
        with_ = working(self._session)
        if with_ is None:
            return
        asked = self._layout()
        number, paper = self.count.value(), self.paper.currentText()
        table, column = self._table[1] if self._table is not None else None, self._column()

        def work(context: JobContext) -> "SheetPreview":
            from engine.workflows.codes.sheets import preview_sheet

            captions = _captions(table, column)
            return preview_sheet(with_.store, with_.keyring, series.id, number, captions=captions, paper=paper)

        def done(preview: "SheetPreview") -> None:
            if asked == self._layout():
                self.view.show_pages((QImage.fromData(preview.png),))
                pages = count(preview.pages, "page")
                shown = pages if preview.pages == 1 else f"First of {pages}"
                self.view.state.show_text(f"{shown}, {count(preview.per_page, 'code')} on each", "muted")

        self._session.run("Preview the sheets", work, done=done)

    def _issue(self, series: CodeSeries, wish: IssueWish) -> None:
        with_ = working(self._session)
        if with_ is None:
            return
        table = self._table[1] if self._table is not None else None
        number = None if table is not None else self.count.value()
        paper, column = self.paper.currentText(), self._column()

        def work(context: JobContext) -> "tuple[IssuedIds, SheetReport | None]":
            from engine.workflows.codes.sheets import issue_and_print
            from engine.workflows.codes.tracing import issue_ids

            if wish.out is None:
                return issue_ids(
                    with_.store, with_.actor, series.id, with_.keyring,
                    count=number, rows=table, note=wish.note, context=context,
                ), None  # fmt: skip
            return issue_and_print(
                with_.store, with_.actor, with_.keyring, series.id, count=number, rows=table, caption=column,
                note=wish.note, out=wish.out, kind=_kind(wish.out), paper=paper, context=context,
            )  # fmt: skip

        def done(found: "tuple[IssuedIds, SheetReport | None]") -> None:
            issued, report = found
            first = f"{count(issued.batch.count, 'ID')} issued in series {series.name}."
            NoteDialog("IDs issued", (first, *_told(report)), self.window()).open()

        # Where only the sheets fail, the IDs are issued and stand in the list below, from where they are saved again.
        self._session.run(
            f"Issue {count(self.count.value(), 'ID')}", work, done=done, ended=self._session.records_changed.emit
        )

    def _save(self, series: CodeSeries, batch: IdBatch, wish: IssueWish) -> None:
        with_, out = working(self._session), wish.out
        if with_ is None or out is None:
            return
        paper = self.paper.currentText()

        def work(context: JobContext) -> "SheetReport":
            from engine.workflows.codes.sheets import make_sheets
            from engine.workflows.codes.tracing import issued_batch

            issued = issued_batch(with_.store, batch.id)
            return make_sheets(
                with_.store, with_.actor, with_.keyring, series.id, issued.product_ids,
                captions=_captions(issued.rows, wish.column), out=out, kind=_kind(out), paper=paper, context=context,
            )  # fmt: skip

        def done(report: "SheetReport") -> None:
            NoteDialog("Sheets saved", _told(report), self.window()).open()

        title = f"Save the sheets of {count(batch.count, 'ID')}"
        self._session.run(title, work, done=done, ended=self._session.records_changed.emit)

    def _chosen_batch(self) -> Batch | None:
        key = self.batches.current_key()
        return next((each for each in self._batches if each.batch.id == key), None)


def _kind(out: Path) -> "Kind":
    return "png" if out.suffix.lower() == ".png" else "pdf"


def _captions(table: Table | None, column: str | None) -> list[str] | None:
    """Return what stands below each code beside its ID."""
    if table is None or column is None:
        return None
    at = table.columns.index(column)
    return [row[at] for row in table.rows]


def _told(report: "SheetReport | None") -> tuple[str, ...]:
    if report is None:
        return ("No sheets were written.",)
    pages = f"{count(report.codes, 'code')} on {count(report.pages, 'page')}."
    return (pages, *(str(path) for path in report.files), SECRECY)


def _suggestion(series: CodeSeries) -> Path:
    name = "".join(c if c.isalnum() or c in "-_" else "-" for c in series.name)
    return Path.home() / f"codes-{name}.pdf"
