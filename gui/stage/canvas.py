"""The widget of the stage: draws the scene and turns mouse and keys into movements of the view."""

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.shell.theme import GRID
from gui.stage import captions
from gui.stage.geometry import Point, Side
from gui.stage.picture import GAP, Pane, StagePicture, strip_height
from gui.stage.scene import Mode, Scene

FRAME_MS = 15  # tiles that arrive within this time are drawn together
GRIP = 6.0
WHEEL_STEP = 1.25
TURN_STEP = 0.035  # radians per wheel step with Ctrl, about 2 degrees
PAN_STEP = 64.0
FINE_STEP = 8.0
ARROW_KEYS = {
    Qt.Key.Key_Left: (1.0, 0.0),
    Qt.Key.Key_Right: (-1.0, 0.0),
    Qt.Key.Key_Up: (0.0, 1.0),
    Qt.Key.Key_Down: (0.0, -1.0),
}


class StageCanvas(QWidget):
    """Shows a scene.

    ``pointed`` tells what is under the pointer, ``viewed`` that the view moved, ``sharpened`` that new tiles came.
    """

    pointed = Signal(str)
    viewed = Signal()
    sharpened = Signal()
    _arrived = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.scene = Scene(self._arrived.emit)
        self.picture = StagePicture(self.scene)
        self.active = Side.QUESTIONED
        self.fitted = True
        self._pointer: tuple[Side, Point] | None = None
        self._drag: tuple[Side | None, QPointF] | None = None
        self._blink = QTimer(self)
        self._blink.timeout.connect(self._change_blink)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(FRAME_MS)
        self._soon.timeout.connect(self._redraw)
        self._arrived.connect(self._more_arrived)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(40 * GRID, 24 * GRID)
        self.setAccessibleName("Comparison stage")

    def panes(self) -> list[Pane]:
        """Return the panes, from the left: two, or one that both captures share."""
        top = strip_height(self.fontMetrics())
        height = max(self.height() - 2 * top, 1.0)
        if self.scene.mode is not Mode.SIDE_BY_SIDE:
            return [Pane(Side.QUESTIONED, QRectF(0.0, top, self.width(), height))]
        sides = self.scene.sides
        width = max((self.width() - GAP * (len(sides) - 1)) / len(sides), 1.0)
        return [Pane(side, QRectF(place * (width + GAP), top, width, height)) for place, side in enumerate(sides)]

    def refresh(self) -> None:
        """Draw anew after the scene was changed: its mode, its options or its captures."""
        size = self.panes()[0].size
        if size != self.scene.view.size:
            self.scene.view.size = size
        if self.fitted:
            self.scene.fit_examined()
        hz = self.scene.options.blink_hz
        if self.scene.mode is Mode.BLINK and self.isVisible():
            if not self._blink.isActive() or self._blink.interval() != round(1000 / hz):
                self._blink.start(round(1000 / hz))
        else:
            self._blink.stop()
        self.update()
        self.viewed.emit()

    def move_view(self, side: Side, delta: Point) -> None:
        """Move a pane's picture by view pixels."""
        for moved in self.scene.moved_by(side):
            self.scene.view.pan(moved, delta)
        self._viewed()

    def zoom_view(self, side: Side, factor: float, at: Point | None = None) -> None:
        """Zoom a pane about a place in it, its middle by default."""
        for moved in self.scene.moved_by(side):
            self.scene.view.zoom_by(moved, factor, at or self._middle())
        self._viewed()

    def turn_view(self, side: Side, angle: float, at: Point | None = None) -> None:
        """Turn a pane's picture clockwise, about its middle by default."""
        for moved in self.scene.moved_by(side):
            self.scene.view.rotate(moved, angle, at or self._middle())
        self._viewed()

    def close_scene(self) -> None:
        """Join the threads of the scene; nothing is drawn any more."""
        self._blink.stop()
        self._soon.stop()
        self.scene.close()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw everything."""
        painter = QPainter(self)
        painter.setClipRegion(event.region())
        size = (float(self.width()), float(self.height()))
        self.picture.paint(painter, size, self.panes(), self.devicePixelRatioF(), self._pointer)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Keep the middle, or the fit as long as nobody moved the view."""
        super().resizeEvent(event)
        self.refresh()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Take hold of the picture or of the curtain."""
        pane = self._pane_at(event.position())
        if pane is None or event.button() not in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            return
        self.active = pane.side
        self._drag = (None if self._on_edge(event.position()) else pane.side, event.position())
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Drag, or tell what is under the pointer."""
        if self._drag is not None:
            self._drag_to(event.position())
        self._point_at(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Let go."""
        self._drag = None
        self._point_at(event.position())

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        """Zoom about the pointer; with Ctrl, turn about it."""
        pane = self._pane_at(event.position())
        if pane is None:
            return
        steps = (event.angleDelta().y() or event.angleDelta().x()) / 120.0
        place = event.position() - pane.rect.topLeft()
        self.active = pane.side
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.turn_view(pane.side, TURN_STEP * steps, (place.x(), place.y()))
        else:
            self.zoom_view(pane.side, WHEEL_STEP**steps, (place.x(), place.y()))
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Move the view with the arrow keys, finely with Shift."""
        direction = ARROW_KEYS.get(Qt.Key(event.key()))
        if direction is None or event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            super().keyPressEvent(event)
            return
        step = FINE_STEP if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else PAN_STEP
        self.move_view(self.active, (direction[0] * step, direction[1] * step))

    def event(self, event: QEvent) -> bool:
        """Follow the theme, and stop blinking while hidden."""
        if event.type() == QEvent.Type.Leave:
            self._pointer = None
            self.pointed.emit("")
            self.update()
        elif event.type() in (QEvent.Type.Show, QEvent.Type.Hide):
            QTimer.singleShot(0, self, self.refresh)
        return super().event(event)

    def _pane_at(self, position: QPointF) -> Pane | None:
        return next((p for p in self.panes() if p.rect.contains(position) and p.side in self.scene.images), None)

    def _on_edge(self, position: QPointF) -> bool:
        edge = self.scene.options.curtain * self.width()
        return self.scene.mode is Mode.CURTAIN and abs(position.x() - edge) <= GRIP

    def _drag_to(self, position: QPointF) -> None:
        assert self._drag is not None
        side, before = self._drag
        self._drag = (side, position)
        if side is None:
            self.scene.options.curtain = min(max(position.x() / max(self.width(), 1), 0.0), 1.0)
            self.update()
        else:
            self.move_view(side, (position.x() - before.x(), position.y() - before.y()))

    def _point_at(self, position: QPointF) -> None:
        pane = self._pane_at(position)
        self.setCursor(Qt.CursorShape.SplitHCursor if self._on_edge(position) else Qt.CursorShape.CrossCursor)
        if pane is None:
            self._pointer = None
            self.pointed.emit("")
            return
        place = position - pane.rect.topLeft()
        point = self.scene.view.to_capture(pane.side, (place.x(), place.y()))
        self._pointer = (pane.side, point)
        self.pointed.emit(captions.pointer_text(self.scene, pane.side, point))
        if self.scene.mode is Mode.SIDE_BY_SIDE:
            self.update()

    def _middle(self) -> Point:
        width, height = self.scene.view.size
        return width / 2.0, height / 2.0

    def _viewed(self) -> None:
        self.fitted = False
        self.update()
        self.viewed.emit()

    def _change_blink(self) -> None:
        self.scene.blink_known = not self.scene.blink_known
        self.update()

    def _more_arrived(self) -> None:
        if not self._soon.isActive():
            self._soon.start()

    def _redraw(self) -> None:
        self.update()
        self.sharpened.emit()
