"""The life of a product as a timeline: one row for each thing recorded, a mark for its kind, a line through all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen
from PySide6.QtWidgets import QHeaderView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from gui.shell import theme
from gui.shell.theme import GRID, Colours
from gui.widgets.table import Index, RowsTable
from gui.widgets.units import time_text

RADIUS = 5.0
MARK = 0


class Kind(StrEnum):
    """What sort of thing was recorded."""

    ISSUED = "Issued"
    STEP = "Step"
    CHECK = "Check"
    VOIDED = "Voided"


@dataclass(frozen=True)
class Entry:
    """One row: when it happened (UTC, ISO 8601), what, where, and who recorded it."""

    kind: Kind
    time: str
    what: str
    place: str = ""
    who: str = ""


class Timeline(RowsTable):
    """The entries, the earliest first."""

    def __init__(self) -> None:
        super().__init__("Timeline of the product", ("", "When", "What", "Where", "Recorded by"), stretch=2)
        self._marks = MarkDelegate(self)
        self.setItemDelegateForColumn(MARK, self._marks)
        header = self.horizontalHeader()
        header.setSectionResizeMode(MARK, QHeaderView.ResizeMode.Fixed)
        header.resizeSection(MARK, 4 * GRID)

    def show_entries(self, entries: Sequence[Entry]) -> None:
        """Replace the entries; they are put in order of time."""
        ordered = sorted(entries, key=lambda entry: datetime.fromisoformat(entry.time))
        rows = [("", time_text(e.time), f"{e.kind}: {e.what}" if e.what else e.kind, e.place, e.who) for e in ordered]
        self.rows.show(rows, [entry.kind for entry in ordered])


class MarkDelegate(QStyledItemDelegate):
    """Draws the line and a mark: issued is a filled square, a step a dot, a check a ring, a voiding a cross."""

    def __init__(self, table: RowsTable) -> None:
        super().__init__(table)
        self._rows = table.rows

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw one row's piece of the line and its mark."""
        super().paint(painter, option, index)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        colours = theme.colours()
        middle = QPointF(option.rect.center())
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(colours.on_accent if chosen else colours.edge), 1.5))
        top = middle.y() if index.row() == 0 else option.rect.top()
        bottom = middle.y() if index.row() == self._rows.rowCount() - 1 else option.rect.bottom() + 1
        painter.drawLine(QPointF(middle.x(), top), QPointF(middle.x(), bottom))
        _draw_mark(painter, middle, Kind(self._rows.key(index.row())), colours, chosen=chosen)
        painter.restore()


def _draw_mark(painter: QPainter, middle: QPointF, kind: Kind, colours: Colours, *, chosen: bool) -> None:
    inks = {Kind.ISSUED: colours.done, Kind.STEP: colours.text, Kind.CHECK: colours.known, Kind.VOIDED: colours.fault}
    ink = QColor(colours.on_accent if chosen else inks[kind])
    painter.setPen(QPen(ink, 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    behind = colours.accent if chosen else colours.base
    painter.setBrush(QBrush(QColor(behind) if kind is Kind.CHECK else ink))
    x, y = middle.x(), middle.y()
    if kind is Kind.ISSUED:
        painter.drawRect(round(x - RADIUS + 1), round(y - RADIUS + 1), round(2 * RADIUS - 2), round(2 * RADIUS - 2))
    elif kind is Kind.VOIDED:
        painter.drawLine(QPointF(x - RADIUS, y - RADIUS), QPointF(x + RADIUS, y + RADIUS))
        painter.drawLine(QPointF(x - RADIUS, y + RADIUS), QPointF(x + RADIUS, y - RADIUS))
    else:
        painter.drawEllipse(middle, RADIUS - 1, RADIUS - 1)
