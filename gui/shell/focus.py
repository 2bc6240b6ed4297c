"""A ring around whatever has the keyboard, the same for every widget in both themes."""

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QApplication, QWidget

from gui.shell import theme

WIDTH = 2


class FocusRing(QWidget):
    """Draws the ring over a window's contents; it takes neither mouse nor keyboard."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._target: QWidget | None = None
        self.hide()
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._follow)

    @property
    def target(self) -> QWidget | None:
        """The widget that the ring surrounds."""
        return self._target

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Stay with the widget when it moves, hides or goes."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.Show):
            self._place()
        elif event.type() == QEvent.Type.Hide:
            self.hide()
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the ring."""
        painter = QPainter(self)
        painter.setPen(QPen(QColor(theme.colours().focus), WIDTH))
        half = WIDTH // 2
        painter.drawRect(self.rect().adjusted(half, half, -half, -half))

    def _follow(self, _before: QWidget | None, now: QWidget | None) -> None:
        if self._target is not None:
            self._target.removeEventFilter(self)
            self._target.destroyed.disconnect(self._gone)
            self._target = None
        if now is None or now.window() is not self.window() or now is self.window():
            self.hide()
            return
        self._target = now
        now.installEventFilter(self)
        now.destroyed.connect(self._gone)
        self._place()

    def _gone(self) -> None:
        self._target = None
        self.hide()

    def _place(self) -> None:
        if self._target is None or not self._target.isVisible():
            self.hide()
            return
        corner = self._target.mapTo(self.window(), QPoint(0, 0))
        place = QRect(corner, self._target.size()).adjusted(-WIDTH, -WIDTH, WIDTH, WIDTH)
        self.setGeometry(place.intersected(self.window().rect()))
        self.show()
        self.raise_()
