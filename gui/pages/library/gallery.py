"""The gallery: every label of the library as a picture, filters above, the chosen label in full beside it."""

from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from engine.core.library import LABEL_PX
from engine.workflows.labels.shelf import STATES, UNKNOWN, LabelFilter, Shelf, rows_left
from gui.pages.library.images import LabelImages
from gui.pages.library.labels import NUMBERS, Caption, LabelModel, label_view, no_caption
from gui.pages.library.words import label_rows, labels_text, told
from gui.session import Session
from gui.shell.commands import CommandRegistry
from gui.shell.theme import GRID
from gui.widgets.buttons import CommandButton
from gui.widgets.combo import ElidedCombo
from gui.widgets.splits import side_by_side
from gui.widgets.table import RowsTable
from gui.widgets.text import EmptyState, PlainLabel
from gui.widgets.units import time_text

TYPING_MS = 150
STATE_TEXTS = {"": "All states", "enrolled": "Enrolled", "withdrawn": "Withdrawn"}


class FilterBar(QWidget):
    """What narrows the gallery down; ``changed`` comes a moment after the last letter was typed.

    ``map``, which says that labels were chosen on the map and shows all again, stands wherever it is put.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._numbers: NDArray[np.int64] | None = None
        self._filling = False
        self.text = QLineEdit()
        self.text.setAccessibleName("Number or field")
        self.text.setPlaceholderText("Number, field")
        self.text.setToolTip("A number, a range such as 100-200, or a part of a field's name (Ctrl+G)")
        self.text.setClearButtonEnabled(True)
        self.text.setAcceptDrops(False)  # the page takes dropped fields
        self.classes = _combo("Pattern class")
        self.batches = _combo("Batch")
        self.states = _combo("State")
        for state in STATES:
            self.states.addItem(STATE_TEXTS[state], state)
        self.map = QPushButton()
        self.map.setToolTip("Show labels that are not chosen on the map as well")
        self.map.setAutoDefault(False)
        self.map.hide()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        row.addWidget(self.text, 2)
        for combo in (self.classes, self.batches, self.states):
            row.addWidget(combo, 1)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(TYPING_MS)
        self._timer.timeout.connect(self.changed)
        self.text.textChanged.connect(lambda _text: self._filling or self._timer.start())
        for combo in (self.classes, self.batches, self.states):
            combo.currentIndexChanged.connect(lambda _place: self._filling or self.changed.emit())
        self.map.clicked.connect(lambda: self.choose(None))

    def wanted(self) -> LabelFilter:
        """Return the filter as it stands."""
        return LabelFilter(
            self.text.text(), str(self.classes.currentData() or ""), str(self.batches.currentData() or ""),
            str(self.states.currentData() or ""), self._numbers,
        )  # fmt: skip

    def choose(self, numbers: NDArray[np.int64] | None) -> None:
        """Leave only these labels, as chosen on the map; None: all."""
        self._numbers = numbers
        self.map.setVisible(numbers is not None)
        if numbers is not None:
            self.map.setText(f"{labels_text(len(numbers))} from the map: show all")
        self.changed.emit()

    def show_shelf(self, shelf: Shelf, *, fresh: bool) -> None:
        """Offer the classes and batches of a library; ``fresh`` begins anew for another library."""
        self._filling = True
        if fresh:
            self.text.clear()
            self.states.setCurrentIndex(0)
            self._numbers = None
            self.map.hide()
        used = np.bincount(np.maximum(shelf.table.classes, -1) + 1, minlength=len(shelf.class_names) + 1)
        classes = [(f"{name} ({used[k + 1]:,})", name) for k, name in enumerate(shelf.class_names) if used[k + 1]]
        if used[0]:
            classes.append((f"{UNKNOWN} ({used[0]:,})", UNKNOWN))
        batches = [
            (f"{time_text(shelf.enrolled[batch.id][0])}, {labels_text(batch.count)}", batch.id)
            for batch in shelf.batches
        ]
        _refill(self.classes, "All classes", classes, keep=not fresh)
        _refill(self.batches, "All batches", batches, keep=not fresh)
        self._filling = False


class DetailsPanel(QWidget):
    """One label in full: its image at its own size, and all that is told of it."""

    def __init__(self, images: LabelImages, commands: CommandRegistry) -> None:
        super().__init__()
        self._images = images
        self._number = 0
        self.picture = PlainLabel(meaning="muted", wrap=True)
        self.picture.setAccessibleName("Image of the chosen label")
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.picture.setMinimumSize(QSize(LABEL_PX, LABEL_PX))
        self.rows = RowsTable("The chosen label", ("", ""), headers_shown=False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(self.picture)
        column.addWidget(self.rows, 1)
        foot = QHBoxLayout()
        foot.addWidget(CommandButton(commands.action("library.withdraw")))
        foot.addStretch(1)
        column.addLayout(foot)
        images.arrived.connect(self._draw)
        self._draw()

    def show_label(self, shelf: Shelf | None, row: int | None) -> None:
        """Show a label, or nothing."""
        self._number = 0
        self.rows.rows.show(())
        if shelf is not None and row is not None:
            self._number = int(shelf.table.numbers[row])
            self.rows.rows.show(label_rows(shelf, row))
        self._draw()

    def _draw(self) -> None:
        image = self._images.image(self._number, LABEL_PX) if self._number else None
        if image is None:
            self.picture.setText("" if self._number else "Choose a label to see it here.")
        else:
            self.picture.setPixmap(QPixmap.fromImage(image))


class GalleryPanel(QWidget):
    """Filters, the grid of labels, the details of the current one; ``chosen`` comes when the choice changes."""

    chosen = Signal()

    def __init__(self, session: Session, commands: CommandRegistry) -> None:
        super().__init__()
        self._shelf: Shelf | None = None
        self._rows = NUMBERS
        self.images = LabelImages(session, self)
        self.model = LabelModel(self.images)
        self.view = label_view("Labels", self.model)
        self.filters = FilterBar()
        self.state = PlainLabel(meaning="muted")
        self.fault = PlainLabel(meaning="fault", wrap=True)
        self.fault.hide()
        self.details = DetailsPanel(self.images, commands)
        self.none = EmptyState(
            "No label passes the filter", "Clear the text, or choose all classes, batches and states."
        )
        self.empty = EmptyState(
            "No label is enrolled yet",
            "Drop microscope fields here: every label is found, cut out and checked, and what is missing or merged is "
            "named before anything is recorded.",
            CommandButton(commands.action("library.enrol"), icon="intake", primary=True),
        )
        self._lay_out()
        self.filters.changed.connect(self._filter)
        self.images.failed.connect(self._tell_fault)
        self.view.selectionModel().currentChanged.connect(lambda *_: self._show_current())
        self.view.selectionModel().selectionChanged.connect(lambda *_: self.chosen.emit())

    def show_shelf(self, shelf: Shelf | None) -> None:
        """Show the labels of a library, or nothing; what was filtered and chosen in it stays."""
        before, self._shelf = self._shelf, shelf
        self.fault.hide()
        if shelf is None:
            self.images.use("")
            self.model.show(NUMBERS, no_caption)
            self._show_current()
            return
        library_id = shelf.overview.library.id
        fresh = before is None or before.overview.library.id != library_id
        self.images.use(library_id)
        self.filters.show_shelf(shelf, fresh=fresh)
        self._filter()

    def choose_on_map(self, numbers: NDArray[np.int64] | None) -> None:
        """Leave only the labels that were chosen on the map."""
        self.filters.choose(numbers)

    def show_label(self, number: int) -> None:
        """Bring a label into sight, without a filter that hides it."""
        if self._shelf is None:
            return
        row = self._shelf.row(number)
        if row is not None and row not in self._rows:
            self.filters.show_shelf(self._shelf, fresh=True)
            self._filter()
        place = np.flatnonzero(self._rows == row)
        if len(place):
            self.view.setCurrentIndex(self.model.index(int(place[0]), 0))

    def chosen_numbers(self) -> tuple[int, ...]:
        """Return the numbers of the labels that are chosen."""
        return tuple(self.model.number(row) for row in self.view.chosen_rows())

    def withdrawable(self) -> tuple[int, ...]:
        """Return the numbers of the labels that are chosen and not withdrawn yet."""
        if self._shelf is None:
            return ()
        withdrawn = self._shelf.table.withdrawn
        return tuple(number for number in self.chosen_numbers() if not withdrawn[number - 1])

    def focus_filter(self) -> None:
        """Begin another filter."""
        self.filters.text.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.filters.text.selectAll()

    def _lay_out(self) -> None:
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        self.body = QStackedWidget()
        for part in (self.view, self.none, self.empty):
            self.body.addWidget(part)
        column.addWidget(self.filters)
        column.addWidget(self.body, 1)
        column.addWidget(self.fault)
        foot = QHBoxLayout()
        foot.setSpacing(2 * GRID)
        foot.addWidget(self.state)
        foot.addWidget(self.filters.map)
        foot.addStretch(1)
        column.addLayout(foot)
        splitter = side_by_side(left, self.details, shares=(1, 0))
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, GRID, 0, 0)
        outer.addWidget(splitter)

    def _filter(self) -> None:
        shelf = self._shelf
        if shelf is None:
            return
        kept = set(self.chosen_numbers()) if len(self.view.chosen_rows()) == 1 else set[int]()
        wanted = self.filters.wanted()
        self._rows = rows_left(shelf, wanted)
        self.model.show(shelf.table.numbers[self._rows], partial(_caption, shelf, self._rows))
        total = len(shelf.table.numbers)
        self.body.setCurrentWidget(self.view if len(self._rows) else self.none if total else self.empty)
        self.filters.setEnabled(bool(total))
        shown = labels_text(len(self._rows))
        self.state.setText(shown if wanted.lets_all_pass else f"{shown} of {total:,}")
        for number in kept:
            place = np.flatnonzero(shelf.table.numbers[self._rows] == number)
            if len(place):
                self.view.setCurrentIndex(self.model.index(int(place[0]), 0))
        self._show_current()

    def _show_current(self) -> None:
        row = self.view.currentIndex().row()
        there = self._shelf is not None and 0 <= row < len(self._rows)
        self.details.show_label(self._shelf, int(self._rows[row]) if there else None)
        self.chosen.emit()

    def _tell_fault(self, text: str) -> None:
        self.fault.setText(f"Some images cannot be read. {text}")
        self.fault.show()


def _caption(shelf: Shelf, rows: NDArray[np.int64], row: int) -> Caption:
    own = int(rows[row])
    return Caption(told(shelf, own), bool(shelf.table.withdrawn[own]))


def _combo(name: str) -> ElidedCombo:
    combo = ElidedCombo()
    combo.setAccessibleName(name)
    combo.setToolTip(name)
    combo.setMinimumContentsLength(5)
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    return combo


def _refill(combo: QComboBox, everything: str, entries: list[tuple[str, str]], *, keep: bool) -> None:
    """Offer other entries; the chosen one stays where it is still there."""
    before = combo.currentData()
    combo.clear()
    combo.addItem(everything, "")
    for text, value in entries:
        combo.addItem(text, value)
    if keep and before:
        combo.setCurrentIndex(max(combo.findData(before), 0))
