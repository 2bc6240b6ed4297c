"""Draws the captures in each of the six modes. It knows nothing of windows: a painter and a size are enough."""

from functools import lru_cache

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPolygonF, QRegion

from gui.stage import colouring, evidence, painting
from gui.stage.geometry import Side, Size
from gui.stage.layer import Frame, Words
from gui.stage.scene import Mode, Scene


class Renderer:
    """Draws a scene.

    ``frames`` and ``remarks`` say how each capture and its overlays were shown the last time.
    """

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.frames: dict[Side, Frame | None] = {}
        self.remarks: dict[Side, dict[str, str]] = {}
        self._buffers: dict[Side, QImage] = {}
        self._words: Words | None = None

    def paint_pane(self, painter: QPainter, side: Side, size: Size, ratio: float) -> None:
        """Draw one capture with its evidence."""
        self._look(side, size, ratio)
        self._image(painter, side, size, ratio)
        self._evidence(painter, side, size, ratio)

    def paint_together(self, painter: QPainter, size: Size, ratio: float, background: QColor) -> None:
        """Draw both captures in one view, as the mode says."""
        for side in Side:
            self._look(side, size, ratio)
        match self.scene.mode:
            case Mode.CURTAIN:
                self._curtain(painter, size, ratio)
            case Mode.BLINK:
                self._blink(painter, size, ratio)
            case Mode.OVERLAY:
                self._overlay(painter, size, ratio)
            case Mode.DIFFERENCE:
                self._difference(painter, size, ratio, background)
            case _:
                self._checkerboard(painter, size, ratio)

    def _look(self, side: Side, size: Size, ratio: float) -> None:
        layer = self.scene.layers.get(side)
        self.frames[side] = None if layer is None else layer.frame(self.scene.view.matrix(side), size, ratio)
        self.remarks[side] = {}

    def _image(self, painter: QPainter, side: Side, size: Size, ratio: float) -> None:
        frame = self.frames[side]
        if frame is not None:
            matrix = self.scene.view.matrix(side) @ frame.matrix
            painting.draw_cells(painter, frame.words, matrix, size, ratio=ratio)

    def _evidence(self, painter: QPainter, side: Side, size: Size, ratio: float, *, own: bool = False) -> None:
        if side in self.scene.images:
            self.remarks[side] = evidence.draw_overlays(painter, self.scene, side, size, ratio, own=own)
            evidence.draw_regions(painter, self.scene, side)
            evidence.draw_points(painter, self.scene, side, size)

    def _curtain(self, painter: QPainter, size: Size, ratio: float) -> None:
        edge = round(self.scene.options.curtain * size[0] * ratio) / ratio
        spans = ((0.0, edge), (edge, size[0] - edge))
        for side, (left, width) in zip(self.scene.sides, spans, strict=True):
            painter.save()
            painter.setClipRect(QRectF(left, 0.0, width, size[1]))
            self._image(painter, side, size, ratio)
            self._evidence(painter, side, size, ratio)
            painter.restore()

    def _blink(self, painter: QPainter, size: Size, ratio: float) -> None:
        side = Side.KNOWN if self.scene.blink_known else Side.QUESTIONED
        self._image(painter, side, size, ratio)
        self._evidence(painter, side, size, ratio)

    def _overlay(self, painter: QPainter, size: Size, ratio: float) -> None:
        self._image(painter, Side.QUESTIONED, size, ratio)
        painter.save()
        painter.setOpacity(self.scene.options.opacity)
        self._image(painter, Side.KNOWN, size, ratio)
        painter.restore()
        self._both_evidence(painter, size, ratio)

    def _checkerboard(self, painter: QPainter, size: Size, ratio: float) -> None:
        for phase, side in enumerate(self.scene.sides):
            painter.save()
            painter.setClipRegion(
                checker_region(size, self.scene.options.square, phase), Qt.ClipOperation.IntersectClip
            )
            self._image(painter, side, size, ratio)
            painter.restore()
        self._both_evidence(painter, size, ratio)

    def _difference(self, painter: QPainter, size: Size, ratio: float, background: QColor) -> None:
        questioned, known = (self._shown(side, size, ratio, background) for side in Side)
        if self._words is None or self._words.shape != questioned.shape:
            self._words = np.empty(questioned.shape, dtype=np.uint32)
        words = colouring.difference_words(questioned, known, self.scene.options.difference, self._words)
        image = painting.as_image(words, opaque=True)
        painter.save()
        painter.setClipPath(self._common_area())
        painter.drawImage(QRectF(0.0, 0.0, words.shape[1] / ratio, words.shape[0] / ratio), image)
        painter.restore()
        self._both_evidence(painter, size, ratio)

    def _both_evidence(self, painter: QPainter, size: Size, ratio: float) -> None:
        for side in Side:
            self._evidence(painter, side, size, ratio, own=True)

    def _shown(self, side: Side, size: Size, ratio: float, background: QColor) -> Words:
        """Return a capture (H, W) as displayed, 0xffRRGGBB at the screen's resolution; the next frame overwrites it."""
        pixels = QSize(int(np.ceil(size[0] * ratio)), int(np.ceil(size[1] * ratio)))
        buffer = self._buffers.get(side)
        if buffer is None or buffer.size() != pixels:
            buffer = QImage(pixels, QImage.Format.Format_RGB32)
            self._buffers[side] = buffer
        buffer.fill(background)
        painter = QPainter(buffer)
        painter.scale(ratio, ratio)
        self._image(painter, side, size, ratio)
        painter.end()
        return np.frombuffer(buffer.constBits(), dtype=np.uint32).reshape(buffer.height(), buffer.width())

    def _common_area(self) -> QPainterPath:
        """Return where both captures are, in the view."""
        area = QPainterPath()
        for number, side in enumerate(self.scene.images):
            capture = self.scene.images[side].capture
            shape = QPainterPath()
            corners = painting.outline_path(capture.width, capture.height, self.scene.view.matrix(side))
            shape.addPolygon(QPolygonF(corners))
            shape.closeSubpath()
            area = area.intersected(shape) if number else shape
        return area


@lru_cache(maxsize=8)
def checker_region(size: Size, square: int, phase: int) -> QRegion:
    """Return every second square of a view; the upper left one is among them in phase 0."""
    region = QRegion()
    width, height = int(np.ceil(size[0])), int(np.ceil(size[1]))
    # One row of squares is built once; the rows are the same, shifted.
    for offset in (0, square):
        start = square if (offset > 0) != (phase > 0) else 0
        row = QRegion()
        for x in range(start, width, 2 * square):
            row += QRegion(x, 0, square, square)
        for y in range(offset, height, 2 * square):
            region += row.translated(0, y)
    return region
