"""Read-only tables of plain text rows."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from gui.shell.theme import GRID
from gui.widgets.text import plain_tip

Index = QModelIndex | QPersistentModelIndex
ROOT = QModelIndex()


class RoomyRows(QStyledItemDelegate):
    """Gives the rows of a list or tree some room above and below."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802 - Qt's name
        """Return the usual size and a little more."""
        return super().sizeHint(option, index) + QSize(0, GRID)


class Rows(QAbstractTableModel):
    """Rows of texts; each row may carry a key."""

    def __init__(self, headers: Sequence[str]) -> None:
        super().__init__()
        self._headers = tuple(headers)
        self._rows: tuple[tuple[str, ...], ...] = ()
        self._keys: tuple[str, ...] = ()

    def show(self, rows: Sequence[Sequence[str]], keys: Sequence[str] = ()) -> None:
        """Replace all rows; ``keys`` is empty or as long as ``rows``."""
        self.beginResetModel()
        self._rows = tuple(tuple(row) for row in rows)
        self._keys = tuple(keys)
        self.endResetModel()

    def key(self, row: int) -> str:
        """Return the key of a row; empty where it has none."""
        return self._keys[row] if 0 <= row < len(self._keys) else ""

    def row(self, row: int) -> tuple[str, ...]:
        """Return the texts of a row."""
        return self._rows[row]

    def rowCount(self, parent: Index = ROOT) -> int:  # noqa: N802 - Qt's name
        """Return the number of rows."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = ROOT) -> int:  # noqa: N802 - Qt's name
        """Return the number of columns."""
        return 0 if parent.isValid() else len(self._headers)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a text; the tooltip holds the whole of what may be shortened."""
        if role == Qt.ItemDataRole.DisplayRole:
            return self._rows[index.row()][index.column()]
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(self._rows[index.row()][index.column()])
        return None

    def headerData(  # noqa: N802 - Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return a column's title."""
        if role == Qt.ItemDataRole.DisplayRole and orientation is Qt.Orientation.Horizontal:
            return self._headers[section]
        return None


class RowsTable(QTableView):
    """A table over ``Rows``: whole rows are selected, Ctrl+C copies them, Tab leaves it.

    Parameters
    ----------
    name : str
        What it shows, for assistive tools.
    stretch : int
        The column that takes the room that is left.
    wrapped : bool
        Whether long texts take several lines instead of being shortened.
    """

    def __init__(
        self, name: str, headers: Sequence[str], *, stretch: int = -1, headers_shown: bool = True,
        wrapped: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        self.rows = Rows(headers)
        self.setModel(self.rows)
        self.setAccessibleName(name)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setWordWrap(wrapped)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + GRID)
        if wrapped:
            self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
            self.setItemDelegate(RoomyRows(self))
        header = self.horizontalHeader()
        header.setVisible(headers_shown)
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setResizeContentsPrecision(200)
        header.setSectionResizeMode(stretch % len(headers), QHeaderView.ResizeMode.Stretch)

    def current_key(self) -> str:
        """Return the key of the current row; empty where there is none."""
        return self.rows.key(self.currentIndex().row())

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Copy the selected rows with Ctrl+C."""
        if event.matches(QKeySequence.StandardKey.Copy):
            chosen = sorted(index.row() for index in self.selectionModel().selectedRows())
            QApplication.clipboard().setText("\n".join("\t".join(self.rows.row(row)) for row in chosen))
            return
        super().keyPressEvent(event)


class WholeTable(RowsTable):
    """Titles and values as high as all of its rows; what scrolls is what holds it."""

    def __init__(self, name: str) -> None:
        super().__init__(name, ("", ""), headers_shown=False, wrapped=True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().geometriesChanged.connect(self._keep_height)
        self.verticalHeader().sectionResized.connect(self._keep_height)
        self.rows.modelReset.connect(self._keep_height)
        self._keep_height()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        """Leave the wheel to what scrolls."""
        event.ignore()

    def _keep_height(self) -> None:
        self.setFixedHeight(self.verticalHeader().length() + 2 * self.frameWidth())
