"""Labels as the rows of a list: numbers, a line of words each, and their images when they are in sight."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from engine.core.library import label_name
from gui.pages.library.images import LabelImages
from gui.pages.library.view import GridView
from gui.shell import theme
from gui.shell.theme import GRID
from gui.widgets.text import plain_tip

Index = QModelIndex | QPersistentModelIndex
ROOT = QModelIndex()
THUMB = 14 * GRID
PAD = GRID // 2
LINES = 2
NUMBERS: NDArray[np.int64] = np.empty(0, dtype=np.int64)


@dataclass(frozen=True)
class Caption:
    """What stands below a label's number; ``faded`` where it counts no longer."""

    text: str
    faded: bool = False


def no_caption(row: int) -> Caption:
    """Return an empty line."""
    return Caption("")


class LabelModel(QAbstractListModel):
    """One row a label; captions are asked for when a row is in sight."""

    def __init__(self, images: LabelImages) -> None:
        super().__init__()
        self.images = images
        self._numbers = NUMBERS
        self._caption: Callable[[int], Caption] = no_caption

    @property
    def numbers(self) -> NDArray[np.int64]:
        """The numbers of the labels, (N,), in the order shown."""
        return self._numbers

    def show(self, numbers: NDArray[np.int64], caption: Callable[[int], Caption]) -> None:
        """Replace all rows; ``caption`` gives the line below the number of a row."""
        self.beginResetModel()
        self._numbers, self._caption = numbers, caption
        self.endResetModel()

    def number(self, row: int) -> int:
        """Return the number of a row's label."""
        return int(self._numbers[row])

    def caption(self, row: int) -> Caption:
        """Return what stands below the number of a row's label."""
        return self._caption(row)

    def rowCount(self, parent: Index = ROOT) -> int:  # noqa: N802 - Qt's name
        """Return the number of labels."""
        return 0 if parent.isValid() else len(self._numbers)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the label's name, or for tooltips and assistive tools all that is told of it."""
        if role == Qt.ItemDataRole.DisplayRole:
            return label_name(self.number(index.row()))
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            parts = (label_name(self.number(index.row())), self.caption(index.row()).text)
            return plain_tip(", ".join(filter(None, parts)))
        return None


class LabelDelegate(QStyledItemDelegate):
    """Draws a label: its image, its number, and its line of words."""

    def __init__(self, model: LabelModel) -> None:
        super().__init__()
        self._model = model

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802 - Qt's name
        """Return the room of a cell."""
        return cell_size(option.fontMetrics.height())

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw one cell."""
        row, colours = index.row(), theme.colours()
        caption = self._model.caption(row)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        box = option.rect.adjusted(1, 1, -1, -1)
        painter.save()
        if selected:
            painter.fillRect(box, QColor(colours.accent))
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(QColor(colours.focus), 2))
            painter.drawRect(box.adjusted(1, 1, -1, -1))
        place = QRect(box.left() + (box.width() - THUMB) // 2, box.top() + PAD, THUMB, THUMB)
        self._paint_image(painter, place, self._model.number(row), faded=caption.faded)
        ink = colours.on_accent if selected else colours.muted if caption.faded else colours.text
        height = option.fontMetrics.height()
        line = QRect(box.left() + PAD, place.bottom() + PAD, box.width() - 2 * PAD, height)
        _write(painter, line, label_name(self._model.number(row)), QColor(ink), option.font)
        below = QColor(colours.on_accent if selected else colours.muted)
        _write(painter, line.translated(0, height), caption.text, below, option.font)
        painter.restore()

    def _paint_image(self, painter: QPainter, place: QRect, number: int, *, faded: bool) -> None:
        colours = theme.colours()
        image = self._model.images.image(number, round(THUMB * painter.device().devicePixelRatioF()))
        if image is None:
            painter.fillRect(place, QColor(colours.stage))
            if self._model.images.unreadable(number):
                painter.setPen(QColor(colours.muted))
                painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap), "cannot be read")
            return
        painter.setOpacity(0.45 if faded else 1.0)
        painter.drawImage(place, image)
        painter.setOpacity(1.0)


def cell_size(line_height: int) -> QSize:
    """Return the room of a cell whose lines of text are that high."""
    return QSize(THUMB + 3 * GRID, THUMB + LINES * line_height + 3 * PAD + 2)


def label_view(name: str, model: LabelModel) -> GridView:
    """Return a grid view over the model, repainted when images arrive."""
    view = GridView(name, cell_size)
    delegate = LabelDelegate(model)
    delegate.setParent(view)
    view.setItemDelegate(delegate)
    view.setModel(model)
    model.setParent(view)
    model.images.arrived.connect(view.viewport().update)
    return view


def as_numbers(numbers: Sequence[int]) -> NDArray[np.int64]:
    """Return numbers of labels as an array."""
    return np.asarray(numbers, dtype=np.int64)


def _write(painter: QPainter, place: QRect, text: str, ink: QColor, font: QFont) -> None:
    painter.setFont(font)
    painter.setPen(ink)
    shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, place.width())
    painter.drawText(place, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter, shown)
