"""Which label of a capture is meant, which library it is looked for in, and among which of its labels."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from engine.core.library import Library
from gui.shell.theme import GRID
from gui.widgets.classes import LikelyClasses
from gui.widgets.combo import ElidedCombo
from gui.widgets.text import PlainLabel, plain_tip
from gui.widgets.units import count

if TYPE_CHECKING:
    from engine.workflows.labels.library import LibraryOverview

Place = tuple[int, int]
TOOL_TIP = Qt.ItemDataRole.ToolTipRole
ALONE = "The only label"


class LibraryChoice(QWidget):
    """The settings of an identification; ``changed`` tells that a person chose.

    Lists of the places in a field and of the libraries with labels, and whether to search only the likely classes.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._libraries: tuple[Library, ...] = ()
        self.libraries = _list("Library", "No library has labels yet")
        self.places = _list("Label in the capture", "")
        self.places.setToolTip("Which label of the capture is meant: of a field, row and column name one")
        self.likely = LikelyClasses()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        row.addWidget(self.places, 2)
        row.addWidget(PlainLabel("in"))
        row.addWidget(self.libraries, 3)
        row.addWidget(self.likely)
        self.libraries.activated.connect(self._chosen)
        self.places.activated.connect(self.changed)

    @property
    def library(self) -> Library | None:
        """The library that is chosen."""
        place = self.libraries.currentIndex()
        return self._libraries[place] if 0 <= place < len(self._libraries) else None

    @property
    def place(self) -> Place | None:
        """Row and column, from 0, of the label that is meant; None where the capture shows it alone."""
        return self.places.currentData()

    def show_overviews(self, overviews: tuple["LibraryOverview", ...]) -> None:
        """List the libraries that have labels; the one that was chosen stays so."""
        before = self.library
        filled = [each for each in overviews if each.labels > each.withdrawn]
        self._libraries = tuple(each.library for each in filled)
        with QSignalBlocker(self.libraries):
            self.libraries.clear()
            for each in filled:
                self.libraries.addItem(each.library.name, each.library.id)
                tip = f"{each.library.name}, {count(each.labels, 'label')}"
                self.libraries.setItemData(self.libraries.count() - 1, plain_tip(tip), TOOL_TIP)
        self.choose(None if before is None else before.id, self.place)

    def choose(self, library_id: str | None, place: Place | None = None) -> None:
        """Choose a library, the first one where that is not there, and a place in its fields."""
        if self._libraries:
            self.libraries.setCurrentIndex(max(self.libraries.findData(library_id), 0))
        self._list_places(place)

    def _chosen(self) -> None:
        self._list_places(self.place)
        self.changed.emit()

    def _list_places(self, chosen: Place | None) -> None:
        library = self.library
        self.libraries.setToolTip(plain_tip(self.libraries.currentText()))
        self.places.clear()
        self.places.addItem(ALONE, None)
        for row in range(library.rows if library else 0):
            for column in range(library.columns if library else 0):
                self.places.addItem(f"Row {row + 1}, column {column + 1}", (row, column))
        data = [self.places.itemData(at) for at in range(self.places.count())]
        self.places.setCurrentIndex(data.index(chosen) if chosen in data else 0)


def _list(name: str, placeholder: str) -> ElidedCombo:
    box = ElidedCombo()
    box.setAccessibleName(name)
    box.setPlaceholderText(placeholder)
    box.setMinimumContentsLength(7)
    box.setSizeAdjustPolicy(ElidedCombo.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    return box
