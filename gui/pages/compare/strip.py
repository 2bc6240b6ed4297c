"""The strip of candidates: the labels that a finding ranks, each with its image and scores, the best one first."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QImage, QPainter, QPen
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from gui.shell import theme
from gui.shell.theme import GRID
from gui.widgets.text import heading_font, plain_tip

Index = QModelIndex | QPersistentModelIndex
THUMB = 9 * GRID
PAD = GRID
LINES = Qt.ItemDataRole.UserRole
IMAGE = Qt.ItemDataRole.UserRole + 1


@dataclass(frozen=True)
class Card:
    """A candidate in the strip: its name, the lines below it, and its image."""

    name: str
    lines: tuple[str, ...]
    image: QImage


class CandidateStrip(QListWidget):
    """One row of candidates; ``chosen`` carries the place of the one that a person chose, from 0."""

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Candidates")
        self.setFlow(QListWidget.Flow.LeftToRight)
        self.setWrapping(False)
        self.setUniformItemSizes(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setHorizontalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        delegate = _CardDelegate()
        delegate.setParent(self)
        self.setItemDelegate(delegate)
        self._following = False
        self.currentRowChanged.connect(self._changed)

    def show_cards(self, cards: Sequence[Card], current: int = 0) -> None:
        """Replace the candidates; ``chosen`` stays silent."""
        self._following = True
        self.clear()
        for card in cards:
            item = QListWidgetItem(card.name)
            item.setData(LINES, card.lines)
            item.setData(IMAGE, card.image)
            told = ", ".join((card.name, *card.lines))
            item.setToolTip(plain_tip(told))
            item.setData(Qt.ItemDataRole.AccessibleTextRole, told)
            self.addItem(item)
        self.setCurrentRow(current if cards else -1)
        self._following = False
        self._keep_height()

    def step(self, direction: int) -> None:
        """Choose the next candidate, or with -1 the one before."""
        if self.count():
            self.setCurrentRow(min(max(self.currentRow() + direction, 0), self.count() - 1))

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return room for a few candidates."""
        cell = card_size(self.font())
        return QSize(3 * cell.width(), cell.height() + self._around())

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Keep the height that letters of another size need."""
        super().changeEvent(event)
        self._keep_height()

    def _keep_height(self) -> None:
        self.setFixedHeight(self.sizeHint().height())

    def _around(self) -> int:
        return self.horizontalScrollBar().sizeHint().height() + 2 * self.frameWidth()

    def _changed(self, place: int) -> None:
        if place >= 0 and not self._following:
            self.chosen.emit(place)


class _CardDelegate(QStyledItemDelegate):
    """Draws a candidate: its image at the left, its name and lines beside it."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802 - Qt's name
        """Return the room of a card."""
        return card_size(option.font)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw one card."""
        colours = theme.colours()
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        box = option.rect.adjusted(1, 1, -1, -1)
        painter.save()
        if selected:
            painter.fillRect(box, QColor(colours.accent))
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(QColor(colours.on_accent if selected else colours.focus), 1))
            painter.drawRect(box.adjusted(2, 2, -3, -3))
        place = QRect(box.left() + PAD, box.top() + (box.height() - THUMB) // 2, THUMB, THUMB)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(place, index.data(IMAGE))
        ink = QColor(colours.on_accent if selected else colours.text)
        below = QColor(colours.on_accent if selected else colours.muted)
        lines = [(index.data(), heading_font(option.font, 3), ink)]
        lines += [(text, option.font, below) for text in index.data(LINES)]
        height = option.fontMetrics.height()
        left = place.right() + PAD
        top = box.top() + (box.height() - height * len(lines)) // 2
        for number, (text, font, colour) in enumerate(lines):
            painter.setFont(font)
            painter.setPen(colour)
            line = QRect(left, top + number * height, box.right() - PAD - left, height)
            shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, line.width())
            painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
        painter.restore()


def card_size(font: QFont) -> QSize:
    """Return the room of a card with letters of that font."""
    metrics = QFontMetrics(font)
    text = metrics.horizontalAdvance("similarity -0.000 and more")
    return QSize(THUMB + text + 3 * PAD + 2, max(THUMB, 4 * metrics.height()) + 2 * PAD)
