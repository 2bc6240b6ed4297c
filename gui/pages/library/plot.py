"""The drawn map: a point a label, the names of the classes over them, a lasso. Loaded when it is first shown."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyqtgraph import PlotDataItem, PlotWidget, TextItem
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QMouseEvent, QPen

from gui.pages.library.lasso import Points, inside, thinned
from gui.pages.library.points import PointsItem
from gui.shell import theme

POINT = 7.0
NEAR_PX = 10.0
Mask = NDArray[np.bool_]


class MapPlot(PlotWidget):
    """Points with a lasso: the left button draws it, the wheel zooms, the right button or Space with the left pans.

    Parameters
    ----------
    lassoed : callable
        Called with (N,) which points the lasso holds.
    pointed : callable
        Called with the point under the mouse, -1 where there is none.
    opened : callable
        Called with the point that was double-clicked.
    """

    def __init__(
        self, lassoed: Callable[[Mask], None], pointed: Callable[[int], None], opened: Callable[[int], None]
    ) -> None:
        super().__init__(enableMenu=False)
        self._lassoed, self._pointed, self._opened = lassoed, pointed, opened
        self._xy: Points = np.empty((0, 2))
        self._marked: Mask = np.zeros(0, dtype=np.bool_)
        self._names: tuple[tuple[str, float, float], ...] = ()
        self._line: list[QPointF] = []
        self.setAccessibleName("Map of the labels")
        self.hideButtons()
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        for axis in ("left", "bottom"):
            self.hideAxis(axis)
        self.getViewBox().setAspectLocked(True)
        self._points = PointsItem("disc", POINT)
        self._held = PointsItem("square", 1.4 * POINT)  # apart without colours too
        self._outline = PlotDataItem()
        self._outline.setZValue(10)
        for points in (self._points, self._held):
            self.getViewBox().addItem(points, ignoreBounds=True)  # ``fit`` knows how far they reach
        self.addItem(self._outline)
        self._labels: list[Any] = []

    def show_points(self, xy: Points, names: tuple[tuple[str, float, float], ...]) -> None:
        """Show points (N, 2), and words (text, x, y) over them; nothing is marked."""
        self._xy = np.asarray(xy, dtype=np.float64)
        self._names = names
        self.mark(np.zeros(len(self._xy), dtype=np.bool_))
        self.fit()
        self.draw()

    def mark(self, marked: Mask) -> None:
        """Mark some of the points."""
        self._marked = marked
        self._points.show_points(self._xy[~marked])
        self._held.show_points(self._xy[marked])

    def fit(self) -> None:
        """Show all points."""
        if len(self._xy):
            low, high = self._xy.min(axis=0), self._xy.max(axis=0)
            self.getViewBox().setRange(QRectF(QPointF(*low), QPointF(*high)), padding=0.06)

    def draw(self) -> None:
        """Give everything the colours of the theme."""
        colours = theme.colours()
        self.setBackground(QColor(colours.base))
        plain, marked = QColor(colours.known), QColor(colours.questioned)
        plain.setAlpha(150)
        self._points.set_colour(plain)
        self._held.set_colour(marked)
        pen = QPen(QColor(colours.questioned), 2.0)
        pen.setCosmetic(True)
        self._outline.setPen(pen)
        self._draw_names()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_labels"):
            self.draw()

    def mousePressEvent(self, ev: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Begin a lasso with the left button; the others move the map."""
        if ev.button() == Qt.MouseButton.LeftButton:
            self._line = [ev.position()]
            ev.accept()
            return
        super().mousePressEvent(ev)

    def mouseMoveEvent(self, ev: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the lasso, or say which label is under the mouse."""
        if self._line:
            self._line.append(ev.position())
            self._draw_line()
            return
        if ev.buttons() == Qt.MouseButton.NoButton:
            self._pointed(self._near(ev.position()))
        super().mouseMoveEvent(ev)

    def mouseReleaseEvent(self, ev: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """End the lasso and hand on what it holds."""
        if not self._line or ev.button() != Qt.MouseButton.LeftButton:
            super().mouseReleaseEvent(ev)
            return
        outline = thinned(self._in_map(self._line))
        self._line = []
        self._outline.setData([], [])
        held = inside(self._xy, outline)
        if held.any():
            self._lassoed(held)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Hand on the label under the mouse."""
        near = self._near(event.position())
        if near >= 0:
            self._opened(near)

    def _draw_names(self) -> None:
        colours = theme.colours()
        for label in self._labels:
            self.getViewBox().removeItem(label)
        fill = QColor(colours.base)
        fill.setAlpha(140)
        self._labels = []
        for text, x, y in self._names:
            label = TextItem(text, color=QColor(colours.text), anchor=(0.5, 1.2), fill=QBrush(fill))
            label.setPos(x, y)
            self.getViewBox().addItem(label, ignoreBounds=True)
            self._labels.append(label)

    def _draw_line(self) -> None:
        corners = self._in_map([*self._line, self._line[0]])
        self._outline.setData(corners[:, 0], corners[:, 1])

    def _in_map(self, places: list[QPointF]) -> Points:
        box = self.getViewBox()
        found = [box.mapSceneToView(self.mapToScene(place.toPoint())) for place in places]
        return np.array([(point.x(), point.y()) for point in found])

    def _near(self, place: QPointF) -> int:
        if not len(self._xy):
            return -1
        (here,) = self._in_map([place])
        size = np.array(self.getViewBox().viewPixelSize())
        away = np.hypot(*((self._xy - here) / size).T)
        nearest = int(away.argmin())
        return nearest if away[nearest] <= NEAR_PX else -1
