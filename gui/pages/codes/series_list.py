"""The series of the store, and what may be told of the chosen one."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from engine.workflows.codes.series import SeriesOverview
from gui.pages.codes.words import series_rows
from gui.session import Session
from gui.shell.commands import CommandRegistry
from gui.shell.theme import GRID
from gui.widgets.buttons import CommandButton
from gui.widgets.table import RowsTable
from gui.widgets.text import EmptyState, PlainLabel


class SeriesList(QWidget):
    """One row a series; ``chosen`` follows the current row."""

    chosen = Signal(str)

    def __init__(self, session: Session, commands: CommandRegistry) -> None:
        super().__init__()
        self._session = session
        self._filling = False
        self.table = RowsTable("Series of codes", ("Series", "Issued", "Secrets"), stretch=0)
        make = commands.action("codes.make")
        self.empty = EmptyState(
            "No series yet",
            "The codes of a series share a key and patterns that are known to its producer alone. "
            "A producer or an administrator makes one; anybody can look up an ID.",
            CommandButton(make, icon="new", primary=True),
            CommandButton(commands.action("actor.choose"), icon="actor"),
        )
        self.body = QStackedWidget()
        self.body.addWidget(self.empty)
        self.body.addWidget(self.table)
        foot = QHBoxLayout()
        foot.setSpacing(GRID)
        foot.addWidget(CommandButton(make, icon="new"))
        foot.addWidget(CommandButton(commands.action("codes.unlock"), icon="unlock", text="Unlock…"))
        foot.addWidget(CommandButton(commands.action("codes.lock"), icon="lock", text="Lock all"))
        foot.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(PlainLabel("Series of codes", level=3))
        column.addWidget(self.body, 1)
        column.addLayout(foot)
        self.table.selectionModel().currentRowChanged.connect(lambda *_: self._filling or self._choose())

    def show_series(self, series: Sequence[SeriesOverview], chosen: str) -> None:
        """Replace the series, the one of that identifier chosen."""
        keyring = self._session.keyring
        keys = [each.series.id for each in series]
        rows = [
            (
                each.series.name + (" (voided)" if each.series_voided else ""),
                f"{each.issued:,}",
                "unlocked" if keyring is not None and keyring.is_unlocked(each.series.id) else "locked",
            )
            for each in series
        ]
        self._filling = True
        self.table.rows.show(rows, keys)
        if chosen in keys:
            self.table.selectRow(keys.index(chosen))
        self._filling = False
        self.body.setCurrentIndex(1 if keys else 0)

    def _choose(self) -> None:
        if self.table.current_key():
            self.chosen.emit(self.table.current_key())


class SeriesFactsPanel(QWidget):
    """What may be told of the chosen series: everything but its patterns and its key."""

    def __init__(self, commands: CommandRegistry) -> None:
        super().__init__()
        self.table = RowsTable("Facts of the series", ("", ""), headers_shown=False)
        self.note = PlainLabel(
            "Patterns and key are sealed with the passphrase and stand in no report, export or log. What is shown here "
            "may be told to anybody.",
            meaning="muted",
            wrap=True,
        )  # fmt: skip
        foot = QHBoxLayout()
        foot.addWidget(CommandButton(commands.action("codes.void_series")))
        foot.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, GRID, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(self.table, 1)
        column.addWidget(self.note)
        column.addLayout(foot)

    def show_series(self, overview: SeriesOverview | None) -> None:
        """Show a series, or nothing."""
        self.table.rows.show(series_rows(overview) if overview is not None else ())
