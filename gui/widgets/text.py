"""Labels for foreign text: always plain, never markup."""

import math
from typing import Literal

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPalette, QResizeEvent, QTextOption, QWheelEvent
from PySide6.QtGui import Qt as QtText
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QSizePolicy, QTextEdit, QVBoxLayout, QWidget

from gui.shell import theme

Meaning = Literal["text", "muted", "done", "caution", "fault", "questioned", "known"]


class PlainLabel(QLabel):
    """A label that shows plain text in a colour by meaning; follows the theme."""

    def __init__(self, text: str = "", *, meaning: Meaning = "text", wrap: bool = False, level: int = 0) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wrap)
        self._meaning: Meaning = meaning
        if level:
            self.setFont(heading_font(self.font(), level))
        self.setText(text)
        self._paint()

    def show_text(self, text: str, meaning: Meaning = "text") -> None:
        """Show the text in the colour of its meaning."""
        self._meaning = meaning
        self.setText(text)
        self._paint()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._paint()

    def _paint(self) -> None:
        colour = QColor(getattr(theme.colours(), self._meaning))
        if self.palette().color(QPalette.ColorGroup.Active, QPalette.ColorRole.WindowText) != colour:
            palette = self.palette()
            palette.setColor(QPalette.ColorGroup.Active, QPalette.ColorRole.WindowText, colour)
            palette.setColor(QPalette.ColorGroup.Inactive, QPalette.ColorRole.WindowText, colour)
            self.setPalette(palette)


class ElidedLabel(PlainLabel):
    """One line that is shortened in the middle where room lacks; the tooltip holds the whole."""

    def __init__(self, text: str = "", *, meaning: Meaning = "text") -> None:
        super().__init__(text, meaning=meaning)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def setText(self, text: str) -> None:  # noqa: N802 - Qt's name
        """Show the text on one line and the whole in the tooltip."""
        super().setText(text.replace("\n", " "))
        self.setToolTip(plain_tip(text))

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return room for a few letters."""
        return QSize(self.fontMetrics().averageCharWidth() * 6, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw what fits."""
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        shown = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideMiddle, self.width())
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)


class LongText(QTextEdit):
    """Plain text with words of any length, such as hashes and addresses: it breaks anywhere, and can be copied.

    It is as high as its text; what scrolls is what holds it.
    """

    def __init__(self, *, meaning: Meaning = "text") -> None:
        super().__init__()
        self._meaning: Meaning = meaning
        self.setReadOnly(True)
        self.setAcceptRichText(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.document().setDocumentMargin(0)
        self.viewport().setAutoFillBackground(False)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._paint()

    def text(self) -> str:
        """Return the text."""
        return self.toPlainText()

    def setText(self, text: str) -> None:  # noqa: N802 - Qt's name
        """Show the text, never as markup."""
        self.setPlainText(text)
        self._keep_height()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Grow where the width shrinks."""
        super().resizeEvent(event)
        self._keep_height()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        """Leave the wheel to what scrolls."""
        event.ignore()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Follow the theme and the size of the letters."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._paint()
        elif event.type() == QEvent.Type.FontChange:
            self._keep_height()

    def _keep_height(self) -> None:
        self.document().setTextWidth(self.viewport().width())
        self.setFixedHeight(math.ceil(self.document().size().height()))

    def _paint(self) -> None:
        colour = QColor(getattr(theme.colours(), self._meaning))
        palette = self.palette()
        if palette.color(QPalette.ColorGroup.Active, QPalette.ColorRole.Text) != colour:
            for group in (QPalette.ColorGroup.Active, QPalette.ColorGroup.Inactive):
                palette.setColor(group, QPalette.ColorRole.Text, colour)
            self.setPalette(palette)


class EmptyState(QWidget):
    """Says what to do where there is nothing to show yet; its buttons do it."""

    def __init__(self, title: str, text: str, *buttons: QPushButton) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setSpacing(theme.GRID)
        column.setContentsMargins(4 * theme.GRID, 4 * theme.GRID, 4 * theme.GRID, 4 * theme.GRID)
        column.addStretch(1)
        self.title = PlainLabel(title, level=2, wrap=True)
        self.text = PlainLabel(text, meaning="muted", wrap=True)
        for label in (self.title, self.text):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            column.addWidget(label)
        column.addSpacing(theme.GRID)
        for button in buttons:
            column.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(2)


def heading_font(font: QFont, level: int) -> QFont:
    """Return the font of a heading: level 1 is the largest, 3 is bold text."""
    result = QFont(font)
    result.setPointSizeF(font.pointSizeF() * {1: 1.7, 2: 1.3}.get(level, 1.0))
    result.setWeight(QFont.Weight.DemiBold)
    return result


def plain_tip(text: str) -> str:
    """Return the text for a tooltip, where Qt would take markup for markup."""
    return QtText.convertFromPlainText(text) if QtText.mightBeRichText(text) else text
