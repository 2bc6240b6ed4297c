"""The map of embeddings: labels that the network finds alike stand together; a lasso narrows the gallery down."""

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from engine.core.library import label_name
from engine.jobs import Job, JobContext
from engine.workflows.labels.shelf import Shelf
from gui.pages.library.words import labels_text, told
from gui.session import AnyStore, Session
from gui.shell.commands import CommandRegistry
from gui.shell.theme import GRID
from gui.widgets.buttons import CommandButton
from gui.widgets.text import EmptyState, PlainLabel

if TYPE_CHECKING:
    from engine.workflows.labels.similarity_map import MapPoints

SEED = 0
NAMES_FROM = 3
"""Labels of a class from which on its name stands on the map."""


class MapPanel(QWidget):
    """The map of the chosen library.

    ``lassoed`` carries the numbers of the labels that a lasso holds, ``opened`` that of one double-clicked;
    ``changed`` comes when there is a map, or none any more.
    """

    changed = Signal()
    lassoed = Signal(object)
    opened = Signal(int)

    def __init__(self, session: Session, commands: CommandRegistry) -> None:
        super().__init__()
        self._session = session
        self._shelf: Shelf | None = None
        self._points: MapPoints | None = None
        self._job: Job[Any] | None = None
        self.plot: Any = None
        self.empty = EmptyState(
            "No map yet",
            "The map lays the embeddings of the library out in the plane: labels that the network finds alike stand "
            "together, and labels of one pattern class form a group. It takes seconds to a few minutes, and is kept.",
            CommandButton(commands.action("library.map"), icon="points", primary=True),
        )
        self.told = PlainLabel("", meaning="muted")
        self.note = PlainLabel(meaning="muted", wrap=True)
        self.body = QStackedWidget()
        self.body.addWidget(self.empty)
        self._filled = QWidget()
        column = QVBoxLayout(self._filled)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        foot = QHBoxLayout()
        foot.addWidget(CommandButton(commands.action("library.map_fit"), icon="fit"))
        foot.addWidget(self.told, 1, Qt.AlignmentFlag.AlignRight)
        self._column = column
        column.addWidget(self.note)
        column.addLayout(foot)
        self.body.addWidget(self._filled)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, GRID, 0, 0)
        outer.addWidget(self.body)

    @property
    def ready(self) -> bool:
        """Whether a map is shown."""
        return self._points is not None

    @property
    def running(self) -> bool:
        """Whether a map is being laid out."""
        return self._job is not None and not self._job.state.ended

    def show_shelf(self, shelf: Shelf | None) -> None:
        """Show a library's map once it is asked for; one of labels that have changed goes."""
        before, self._shelf = self._shelf, shelf
        same = (
            before is not None
            and shelf is not None
            and before.overview.library.id == shelf.overview.library.id
            and len(before.table.numbers) == len(shelf.table.numbers)
        )
        if not same:
            self._points = None
            self.body.setCurrentIndex(0)
            self.changed.emit()

    def lay_out(self) -> None:
        """Lay the labels out, or read the map that is kept."""
        store, shelf = self._session.store, self._shelf
        if store is None or shelf is None or self.running:
            return
        library = shelf.overview.library
        self._job = self._session.run(
            f"Map of {library.name}", partial(_map, store, library.id), done=partial(self._show, shelf)
        )

    def fit(self) -> None:
        """Show the whole map."""
        if self.plot is not None:
            self.plot.fit()

    def _show(self, shelf: Shelf, points: "MapPoints") -> None:
        if self._shelf is None or self._shelf.overview.library.id != shelf.overview.library.id:
            return
        if self.plot is None:
            from gui.pages.library.plot import MapPlot

            self.plot = MapPlot(self._lasso, self._point, self._open)
            self._column.insertWidget(0, self.plot, 1)
        self._points = points
        self.plot.show_points(points.xy, _names(shelf, points))
        of = "" if len(points.numbers) == points.total else f", a sample of {points.total:,}"
        self.note.setText(
            f"{labels_text(len(points.numbers))}{of}. Near means alike to the network; far and the axes mean "
            "nothing. Draw around labels to see them in the gallery; the wheel zooms, the right button moves."
        )
        self.body.setCurrentIndex(1)
        self.changed.emit()

    def _lasso(self, held: "np.ndarray") -> None:
        if self._points is not None:
            self.plot.mark(held)
            self.lassoed.emit(self._points.numbers[held])

    def _point(self, place: int) -> None:
        if place < 0 or self._points is None or self._shelf is None:
            self.told.setText("")
            return
        number = int(self._points.numbers[place])
        row = self._shelf.row(number)
        self.told.setText(f"{label_name(number)}, {told(self._shelf, row)}" if row is not None else label_name(number))

    def _open(self, place: int) -> None:
        if self._points is not None:
            self.opened.emit(int(self._points.numbers[place]))


def _names(shelf: Shelf, points: "MapPoints") -> tuple[tuple[str, float, float], ...]:
    """Return the name of each class with the place of the label that stands nearest to its middle."""
    rows = np.searchsorted(shelf.table.numbers, points.numbers)
    classes = shelf.table.classes[rows]
    found: list[tuple[str, float, float]] = []
    for number in np.unique(classes[classes >= 0]):
        own = points.xy[classes == number]
        if len(own) >= NAMES_FROM:
            middle = np.median(own, axis=0)
            x, y = own[np.hypot(*(own - middle).T).argmin()]
            found.append((shelf.class_name(int(number)), float(x), float(y)))
    return tuple(found)


def _map(store: AnyStore, library_id: str, context: JobContext) -> "MapPoints":
    import pyqtgraph  # noqa: F401 - loaded here, for it takes long and is needed on the window's thread next

    from engine.workflows.labels.similarity_map import embedding_map

    return embedding_map(store, library_id, seed=SEED, context=context)
