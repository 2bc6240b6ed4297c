"""A questioned label beside one of the library, with the points of their film that were found in both."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen, QTransform
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.core.library import LABEL_PX
from gui.shell import theme
from gui.shell.theme import GRID

MARK = 4.0
LINES = 12
"""Matched points that are joined by a line: enough to follow with the eye."""
Points = NDArray[np.float64]


SEEN = 3 * LABEL_PX // 4
"""The least side of a picture at which the film is told apart."""


@dataclass(frozen=True, eq=False)
class Pair:
    """What is shown: images of 256 px a side, and points (P, 2) in pixels of each; ``known`` may still be read.

    The questioned image and its points are shown turned by ``turn`` quarter turns, as of ``np.rot90``.
    """

    questioned: QImage
    known: QImage | None
    turn: int
    points: Points
    known_points: Points
    caption: str


class PairView(QWidget):
    """Two pictures side by side, questioned on the left; each matched point is marked in both."""

    def __init__(self) -> None:
        super().__init__()
        self.pair: Pair | None = None
        self.setAccessibleName("Questioned and known label")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(QSize(2 * SEEN + 2 * GRID, SEEN + self._head()))

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return room for both pictures at their own size."""
        return QSize(2 * LABEL_PX + 2 * GRID, LABEL_PX + self._head())

    def show_pair(self, pair: Pair | None) -> None:
        """Show a pair, or nothing."""
        self.pair = pair
        told = "" if pair is None else f"{pair.caption}; {len(pair.points)} matched points"
        self.setAccessibleDescription(told)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw both pictures, their names above, the points over them."""
        pair = self.pair
        if pair is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        colours = theme.colours()
        left, right = self._places()
        turned = pair.questioned.transformed(QTransform().rotate(-90 * pair.turn))
        for place, image, name, ink in (
            (left, turned, "Questioned", colours.questioned),
            (right, pair.known, pair.caption, colours.known),
        ):
            painter.setPen(QColor(ink))
            line = QRectF(place.left(), place.top() - self._head(), place.width(), self._head())
            shown = self.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, int(place.width()))
            painter.drawText(line, int(Qt.AlignmentFlag.AlignCenter), shown)
            if image is None:
                painter.fillRect(place, QColor(colours.stage))
            else:
                painter.drawImage(place, image)
        self._paint_points(painter, pair, left, right)

    def _paint_points(self, painter: QPainter, pair: Pair, left: QRectF, right: QRectF) -> None:
        scale = left.width() / LABEL_PX
        ends = [
            [QPointF(place.left() + (x + 0.5) * scale, place.top() + (y + 0.5) * scale) for x, y in points]
            for place, points in ((left, turned_points(pair.points, pair.turn)), (right, pair.known_points))
        ]
        ink = QColor(theme.DARK.done)  # on pictures, which are dark in both themes
        joined = np.unique(np.linspace(0, len(pair.points) - 1, LINES).astype(int)) if len(pair.points) else ()
        painter.setPen(QPen(ink, 1.0))
        for number in joined:
            painter.drawLine(ends[0][number], ends[1][number])
        painter.setPen(QPen(ink, 1.6))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for points in ends:
            for point in points:
                painter.drawEllipse(point, MARK, MARK)

    def _places(self) -> tuple[QRectF, QRectF]:
        head = self._head()
        side = min((self.width() - 2 * GRID) / 2, self.height() - head)
        top = head + (self.height() - head - side) / 2
        start = (self.width() - 2 * side - 2 * GRID) / 2
        return QRectF(start, top, side, side), QRectF(start + side + 2 * GRID, top, side, side)

    def _head(self) -> int:
        return self.fontMetrics().height() + GRID // 2


def turned_points(points: Points, turn: int) -> Points:
    """Return points (P, 2) of an image of 256 px a side where ``np.rot90`` by so many quarter turns takes them."""
    for _ in range(turn % 4):
        points = np.column_stack((points[:, 1], LABEL_PX - 1 - points[:, 0]))
    return points
