"""A view that shows the rows of a list as a grid of equal cells, however many they are.

Qt's own list view lays every row out again when it is filled or resized: 60 to 120 ms for 100,000 labels, measured
offscreen. Here a cell's place follows from its row, so that what it costs depends only on what is seen.
"""

from collections.abc import Callable

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
)
from PySide6.QtGui import QPainter, QPaintEvent, QRegion, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyleOptionViewItem

Index = QModelIndex | QPersistentModelIndex
Action = QAbstractItemView.CursorAction
Hint = QAbstractItemView.ScrollHint


class GridView(QAbstractItemView):
    """A grid of equal cells over a list model; ranges are chosen in the order of the rows.

    Parameters
    ----------
    name : str
        What it shows, for assistive tools.
    cell : callable
        Gives the room of one cell from the height of a line of text.
    """

    def __init__(self, name: str, cell: Callable[[int], QSize]) -> None:
        super().__init__()
        self._cell_for = cell
        self._cell = cell(self.fontMetrics().height())
        self.setAccessibleName(name)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)

    @property
    def columns(self) -> int:
        """How many cells stand side by side."""
        return max(1, self.viewport().width() // self._cell.width())

    def count(self) -> int:
        """Return how many rows the model has."""
        model = self.model()
        return model.rowCount() if model is not None else 0

    def chosen_rows(self) -> list[int]:
        """Return the rows that are chosen, in order."""
        if self.selectionModel() is None:
            return []
        parts = list(self.selectionModel().selection())  # pyright: ignore[reportArgumentType] - a list, which stubs hide
        return sorted({row for part in parts for row in range(part.top(), part.bottom() + 1)})

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return room for one cell."""
        around = 2 * self.frameWidth()
        bar = self.verticalScrollBar().sizeHint().width()
        return QSize(self._cell.width() + around + bar, self._cell.height() + around)

    def seen(self) -> range:
        """Return the rows that are at least partly in sight."""
        return self._between(self.viewport().rect())

    def visualRect(self, index: Index) -> QRect:  # noqa: N802 - Qt's name
        """Return the place of a cell on the viewport."""
        if not index.isValid():
            return QRect()
        line, column = divmod(index.row(), self.columns)
        corner = QPoint(self._left() + column * self._cell.width(), line * self._cell.height() - self.verticalOffset())
        return QRect(corner, self._cell)

    def indexAt(self, point: QPoint) -> QModelIndex:  # noqa: N802 - Qt's name
        """Return the cell at a place; an invalid index beside all cells."""
        column = (point.x() - self._left()) // self._cell.width()
        line = (point.y() + self.verticalOffset()) // self._cell.height()
        row = line * self.columns + column
        inside = 0 <= column < self.columns and 0 <= row < self.count()
        return self.model().index(row, 0) if inside else QModelIndex()

    def scrollTo(self, index: Index, hint: Hint = Hint.EnsureVisible) -> None:  # noqa: N802 - Qt's name
        """Bring a cell into sight."""
        place, height = self.visualRect(index), self.viewport().height()
        if not place.isValid():
            return
        if hint is Hint.PositionAtCenter:
            by = place.center().y() - height // 2
        elif hint is Hint.PositionAtTop or place.top() < 0:
            by = place.top()
        else:
            by = max(place.bottom() + 1 - height, 0)
        self.verticalScrollBar().setValue(self.verticalScrollBar().value() + by)

    def moveCursor(self, action: Action, modifiers: Qt.KeyboardModifier) -> QModelIndex:  # noqa: N802 - Qt's name
        """Return where a key leads to."""
        count, page = self.count(), max(1, self.viewport().height() // self._cell.height()) * self.columns
        if not count:
            return QModelIndex()
        steps = {
            Action.MoveLeft: -1, Action.MovePrevious: -1, Action.MoveRight: 1, Action.MoveNext: 1,
            Action.MoveUp: -self.columns, Action.MoveDown: self.columns,
            Action.MovePageUp: -page, Action.MovePageDown: page, Action.MoveHome: -count, Action.MoveEnd: count,
        }  # fmt: skip
        current = self.currentIndex()
        row = current.row() + steps[action] if current.isValid() else 0
        return self.model().index(min(max(row, 0), count - 1), 0)

    def horizontalOffset(self) -> int:  # noqa: N802 - Qt's name
        """Return 0: nothing is scrolled sideways."""
        return 0

    def verticalOffset(self) -> int:  # noqa: N802 - Qt's name
        """Return by how many pixels the cells are scrolled."""
        return self.verticalScrollBar().value()

    def isIndexHidden(self, index: Index) -> bool:  # noqa: N802 - Qt's name
        """Return False: every row has its cell."""
        return False

    def setSelection(  # noqa: N802 - Qt's name
        self, rect: QRect, command: QItemSelectionModel.SelectionFlag
    ) -> None:
        """Choose all rows from one corner's to the other's, as a text is marked from one letter to another."""
        rows = sorted(row for corner in (rect.topLeft(), rect.bottomRight()) if (row := self._near(corner)) is not None)
        chosen = QItemSelection()
        if rows:
            chosen.select(self.model().index(rows[0], 0), self.model().index(rows[-1], 0))
        self.selectionModel().select(chosen, command)

    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:  # noqa: N802 - Qt's name
        """Return the place of chosen cells, as far as they are in sight."""
        region = QRegion()
        for row in self.seen():
            index = self.model().index(row, 0)
            if selection.contains(index):
                region += self.visualRect(index)
        return region

    def reset(self) -> None:
        """Begin anew with other rows; the scroll bar knows at once how far it reaches."""
        super().reset()
        self.updateGeometries()

    def updateGeometries(self) -> None:  # noqa: N802 - Qt's name
        """Let the scroll bar reach the last line."""
        lines = -(-self.count() // self.columns)
        bar, height = self.verticalScrollBar(), self.viewport().height()
        bar.setRange(0, max(0, lines * self._cell.height() - height))
        bar.setPageStep(height)
        bar.setSingleStep(self._cell.height() // 2)
        super().updateGeometries()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Give the cells the room that letters of another size need."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._cell = self._cell_for(self.fontMetrics().height())
            self.updateGeometries()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Keep the first label in sight where it is when the number of columns changes."""
        before = max(1, event.oldSize().width() // self._cell.width())
        first = self.verticalOffset() // self._cell.height() * before
        super().resizeEvent(event)
        self.updateGeometries()
        if before != self.columns:
            self.verticalScrollBar().setValue(first // self.columns * self._cell.height())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the cells that are in sight."""
        painter = QPainter(self.viewport())
        option = QStyleOptionViewItem()
        self.initViewItemOption(option)
        enabled = option.state
        chosen, current, focused = self.selectionModel(), self.currentIndex(), self.hasFocus()
        for row in self._between(event.rect()):
            index = self.model().index(row, 0)
            option.rect = self.visualRect(index)
            option.state = enabled
            if chosen is not None and chosen.isSelected(index):
                option.state |= QStyle.StateFlag.State_Selected
            if focused and index == current:
                option.state |= QStyle.StateFlag.State_HasFocus
            self.itemDelegate().paint(painter, option, index)

    def _left(self) -> int:
        """Return the margin that puts the cells in the middle."""
        return (self.viewport().width() - self.columns * self._cell.width()) // 2

    def _near(self, point: QPoint) -> int | None:
        """Return the row at a place or the nearest one of its line; None where there is no row."""
        count = self.count()
        if not count:
            return None
        column = min(max((point.x() - self._left()) // self._cell.width(), 0), self.columns - 1)
        line = max((point.y() + self.verticalOffset()) // self._cell.height(), 0)
        return min(line * self.columns + column, count - 1)

    def _between(self, rect: QRect) -> range:
        first = max((rect.top() + self.verticalOffset()) // self._cell.height(), 0) * self.columns
        last = ((rect.bottom() + self.verticalOffset()) // self._cell.height() + 1) * self.columns
        return range(min(first, self.count()), min(last, self.count()))
