"""Points of one look on a plot, as many as twenty thousand: one small picture, drawn at every place at once.

A scatter item of the plotting library keeps a look for each point, and goes through all of them in Python whenever
points or colours change.
"""

from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray
from pyqtgraph import GraphicsObject
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget
from shiboken6 import Shiboken

Points = NDArray[np.float64]
Symbol = Literal["disc", "square"]
FRAGMENT = 10
"""Numbers of a QPainter.PixmapFragment: place (2), source (4), scale (2), rotation, opacity."""


class PointsItem(GraphicsObject):
    """Draws the same symbol at each of its points, at one size whatever the zoom.

    Parameters
    ----------
    symbol : str
        ``disc`` or ``square``.
    side : float
        Its size in pixels of the window.
    """

    def __init__(self, symbol: Symbol, side: float) -> None:
        super().__init__()
        self._symbol: Symbol = symbol
        self._side = side
        self._colour = QColor()
        self._picture: QPixmap | None = None
        self.xy: Points = np.empty((0, 2))
        self._corners: Points = np.zeros((2, 2))

    def show_points(self, xy: Points) -> None:
        """Show points (N, 2), in the plot's coordinates."""
        self.prepareGeometryChange()
        self.xy = xy
        if len(xy):
            self._corners = np.array([xy.min(axis=0), xy.max(axis=0)])
        self.update()

    def set_colour(self, colour: QColor) -> None:
        """Draw in another colour."""
        self._colour, self._picture = colour, None
        self.update()

    def boundingRect(self) -> QRectF:  # noqa: N802 - Qt's name
        """Return where the points lie, with room for their symbols."""
        if not len(self.xy):
            return QRectF()
        room = (self._side / 2 + 1) * np.array([self.pixelWidth() or 0.0, self.pixelHeight() or 0.0])
        (left, top), (right, bottom) = self._corners[0] - room, self._corners[1] + room
        return QRectF(left, top, right - left, bottom - top)

    def viewTransformChanged(self) -> None:  # noqa: N802 - pyqtgraph's name
        """Know that symbols of the same size reach farther in the plot's coordinates."""
        self.prepareGeometryChange()
        super().viewTransformChanged()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw the points that are in sight."""
        ratio = painter.device().devicePixelRatioF()
        if self._picture is None or self._picture.devicePixelRatio() != ratio:
            self._picture = self._drawn(ratio)
        places = self._in_sight(painter)
        if not len(places):
            return
        picture = self._picture
        fragments = np.empty((len(places), FRAGMENT))
        fragments[:, :2] = places
        fragments[:, 2:] = (0, 0, picture.width(), picture.height(), 1 / ratio, 1 / ratio, 0, 1)
        first = cast(QPainter.PixmapFragment, Shiboken.wrapInstance(fragments.ctypes.data, QPainter.PixmapFragment))
        painter.resetTransform()
        painter.drawPixmapFragments(first, len(fragments), picture)

    def _in_sight(self, painter: QPainter) -> Points:
        """Return where on the painter's device (N, 2) the points lie that it shows."""
        to = painter.transform()
        x, y = (self.xy @ np.array([[to.m11(), to.m12()], [to.m21(), to.m22()]]) + (to.dx(), to.dy())).T
        room, width, height = self._side, painter.device().width(), painter.device().height()
        seen = (x > -room) & (x < width + room) & (y > -room) & (y < height + room)
        return np.column_stack((x[seen], y[seen]))

    def _drawn(self, ratio: float) -> QPixmap:
        """Return the symbol with a margin, smooth at the screen's own resolution."""
        side = int(np.ceil((self._side + 2) * ratio))
        picture = QPixmap(side, side)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._colour)
        start = (side / ratio - self._side) / 2
        place = QRectF(start, start, self._side, self._side)
        painter.drawEllipse(place) if self._symbol == "disc" else painter.drawRect(place)
        painter.end()
        return picture
