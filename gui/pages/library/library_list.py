"""The libraries of the store, what may be told of the chosen one, and how its index stands."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from gui.pages.library.words import index_text, library_rows
from gui.shell.commands import CommandRegistry
from gui.shell.theme import GRID
from gui.widgets.buttons import CommandButton
from gui.widgets.table import RowsTable
from gui.widgets.text import EmptyState, PlainLabel

if TYPE_CHECKING:
    from engine.workflows.labels.library import LibraryOverview
    from engine.workflows.labels.recogniser import ModelFacts


class LibraryList(QWidget):
    """One row a library; ``chosen`` follows the current row. Below, the facts of the chosen one and its index."""

    chosen = Signal(str)

    def __init__(self, commands: CommandRegistry) -> None:
        super().__init__()
        self._filling = False
        self.table = RowsTable("Libraries of labels", ("Library", "Labels", "Index"), stretch=0)
        self.empty = EmptyState(
            "No library yet",
            "A library holds the known labels of a maker, cut out of microscope fields. A questioned label is looked "
            "for among them.",
            CommandButton(commands.action("library.make"), icon="new", primary=True),
            CommandButton(commands.action("actor.choose"), icon="actor"),
        )
        self.facts = RowsTable("Facts of the library", ("", ""), headers_shown=False, wrapped=True)
        self.caution = PlainLabel(meaning="caution", wrap=True)
        self.body = QStackedWidget()
        self.body.addWidget(self.empty)
        self.body.addWidget(self._filled(commands))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(PlainLabel("Libraries of labels", level=3))
        column.addWidget(self.body, 1)
        self.table.selectionModel().currentRowChanged.connect(lambda *_: self._filling or self._choose())

    def show_libraries(
        self, overviews: "Sequence[LibraryOverview]", chosen: str, model: "ModelFacts | None", trouble: str
    ) -> None:
        """Replace the libraries, the one of that identifier chosen.

        Parameters
        ----------
        model : ModelFacts or None
            The network of this program, once it is loaded.
        trouble : str
            Why it cannot be.
        """
        keys = [each.library.id for each in overviews]
        rows = [
            (
                f"{each.library.name} (simulated)" if each.library.simulated else each.library.name,
                f"{each.labels:,}",
                index_text(each, model)[0],
            )
            for each in overviews
        ]
        self._filling = True
        self.table.rows.show(rows, keys)
        if chosen in keys:
            self.table.selectRow(keys.index(chosen))
        self._filling = False
        self.body.setCurrentIndex(1 if keys else 0)
        overview = next((each for each in overviews if each.library.id == chosen), None)
        self.facts.rows.show(library_rows(overview, model) if overview is not None else ())
        caution = trouble or (index_text(overview, model)[1] if overview is not None else "")
        self.caution.setText(caution)
        self.caution.setVisible(bool(caution))

    def _filled(self, commands: CommandRegistry) -> QWidget:
        head = QHBoxLayout()
        head.setSpacing(GRID)
        head.addWidget(CommandButton(commands.action("library.make"), icon="new", text="Make\N{HORIZONTAL ELLIPSIS}"))
        head.addWidget(
            CommandButton(commands.action("library.enrol"), icon="intake", text="Enrol\N{HORIZONTAL ELLIPSIS}")
        )
        head.addStretch(1)
        foot = QHBoxLayout()
        foot.setSpacing(GRID)
        foot.addWidget(CommandButton(commands.action("library.index"), icon="refresh"))
        foot.addWidget(CommandButton(commands.action("library.test"), icon="verify"))
        foot.addStretch(1)
        again = QHBoxLayout()
        again.addWidget(CommandButton(commands.action("library.embed")))
        again.addStretch(1)
        filled = QWidget()
        column = QVBoxLayout(filled)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(self.table, 1)
        column.addLayout(head)
        column.addWidget(self.facts, 3)
        column.addWidget(self.caution)
        column.addLayout(foot)
        column.addLayout(again)
        return filled

    def _choose(self) -> None:
        if self.table.current_key():
            self.chosen.emit(self.table.current_key())
