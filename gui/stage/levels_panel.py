"""Levels of both captures: histogram, black, white and gamma. They change the display, never the data."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QDoubleSpinBox, QFormLayout, QGroupBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from gui.shell import theme
from gui.shell.theme import GRID
from gui.stage.geometry import Side
from gui.stage.layer import CaptureLayer
from gui.stage.levels import Histogram, Levels, full_range
from gui.widgets.text import PlainLabel


class HistogramStrip(QWidget):
    """The values of a capture as bars, with the black and the white level to drag."""

    dragged = Signal(float, float)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setFixedHeight(9 * GRID)
        self._histogram: Histogram | None = None
        self._levels = Levels(0.0, 255.0)
        self._held: str = ""

    def show_values(self, histogram: Histogram | None, levels: Levels) -> None:
        """Show counts and levels."""
        self._histogram, self._levels = histogram, levels
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the bars and both levels."""
        colours = theme.colours()
        painter = QPainter(self)
        area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.fillRect(area, QColor(colours.base))
        if self._histogram is not None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.muted))
            painter.drawPolygon(self._bars(area))
            for value in (self._levels.low, self._levels.high):
                x = area.left() + 1.0 + value / self._histogram.top * (area.width() - 2.0)
                painter.setPen(QPen(QColor(colours.accent), 2.0))
                painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        painter.setPen(QColor(colours.border))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(area)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Take the nearer level."""
        if self._histogram is not None:
            value = self._value_at(event.position().x())
            nearer_low = abs(value - self._levels.low) <= abs(value - self._levels.high)
            self._held = "low" if nearer_low else "high"
            self.mouseMoveEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Drag it; black stays below white."""
        if not self._held or self._histogram is None:
            return
        value = self._value_at(event.position().x())
        low, high = self._levels.low, self._levels.high
        if self._held == "low":
            self.dragged.emit(min(value, high - 1.0), high)
        else:
            self.dragged.emit(low, max(value, low + 1.0))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Let go."""
        self._held = ""

    def _value_at(self, x: float) -> float:
        assert self._histogram is not None
        return float(np.clip(round(x / max(self.width(), 1) * self._histogram.top), 0, self._histogram.top))

    def _bars(self, area: QRectF) -> QPolygonF:
        """Return the outline of the bars; counts are shown by their logarithm, so that rare values are seen."""
        assert self._histogram is not None
        heights = np.log1p(self._histogram.counts.astype(np.float64))
        heights *= (area.height() - 4.0) / max(float(heights.max()), 1e-9)
        step = area.width() / len(heights)
        points = [QPointF(area.left(), area.bottom())]
        for number, height in enumerate(heights.tolist()):
            y = area.bottom() - height
            points += (
                QPointF(area.left() + number * step, y),
                QPointF(area.left() + (number + 1) * step, y),
            )
        return QPolygonF([*points, QPointF(area.right(), area.bottom())])


class LevelsBox(QGroupBox):
    """The levels of one capture; ``changed`` carries the side and the levels a person set."""

    changed = Signal(object, object)

    def __init__(self, side: Side) -> None:
        super().__init__(side.capitalize())
        self.side = side
        self._layer: CaptureLayer | None = None
        self._ready = False
        self.strip = HistogramStrip(f"Values of the {side} capture")
        self.low, self.high = _field("Black", 0), _field("White", 0)
        self.gamma = _field("Gamma", 2)
        self.gamma.setRange(0.1, 5.0)
        self.gamma.setSingleStep(0.05)
        self.automatic = QPushButton("Automatic")
        self.full = QPushButton("Full range")
        for button in (self.automatic, self.full):
            button.setAutoDefault(False)
        self._lay_out()
        for field in (self.low, self.high, self.gamma):
            field.valueChanged.connect(self._edited)
        self.strip.dragged.connect(lambda low, high: self._set(Levels(low, high, self.gamma.value())))
        self.automatic.clicked.connect(self.set_automatic)
        self.full.clicked.connect(self.set_full)

    @property
    def ready(self) -> bool:
        """Whether the values of the capture are shown."""
        return self._ready

    def show_layer(self, layer: CaptureLayer | None) -> None:
        """Show the levels of a capture as they are."""
        self._layer = layer
        self._ready = layer is not None and layer.histogram is not None
        self.setEnabled(layer is not None)
        if layer is None:
            self.strip.show_values(None, Levels(0.0, 255.0))
            return
        top = full_range(layer.source.dtype).high
        levels = layer.levels
        blockers = [QSignalBlocker(field) for field in (self.low, self.high, self.gamma)]
        self.low.setRange(0, top - 1)
        self.high.setRange(1, top)
        self.low.setValue(levels.low)
        self.high.setValue(levels.high)
        self.gamma.setValue(levels.gamma)
        del blockers
        self.strip.show_values(layer.histogram, levels)

    def set_automatic(self) -> None:
        """Let one sample in a thousand clip at each end."""
        if self._layer is not None and self._layer.automatic is not None:
            self._set(self._layer.automatic)

    def set_full(self) -> None:
        """Show the whole range of values."""
        if self._layer is not None:
            self._set(full_range(self._layer.source.dtype))

    def _lay_out(self) -> None:
        rows = QFormLayout()
        rows.setVerticalSpacing(GRID)
        for name, field in (("Black:", self.low), ("White:", self.high), ("Gamma:", self.gamma)):
            rows.addRow(name, field)
        buttons = QHBoxLayout()
        buttons.setSpacing(GRID)
        buttons.addWidget(self.automatic)
        buttons.addWidget(self.full)
        column = QVBoxLayout(self)
        column.setSpacing(GRID)
        column.addWidget(self.strip)
        column.addLayout(rows)
        column.addLayout(buttons)

    def _edited(self) -> None:
        low = min(self.low.value(), self.high.value() - 1.0)
        self._set(Levels(low, self.high.value(), self.gamma.value()))

    def _set(self, levels: Levels) -> None:
        self.changed.emit(self.side, levels)


class LevelsPanel(QWidget):
    """The levels of both captures."""

    changed = Signal(object, object)

    def __init__(self) -> None:
        super().__init__()
        self.boxes = {side: LevelsBox(side) for side in Side}
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID, GRID, GRID, GRID)
        column.setSpacing(2 * GRID)
        column.addWidget(
            PlainLabel("Display only: captures and findings stay as they are.", meaning="muted", wrap=True)
        )
        for box in self.boxes.values():
            box.changed.connect(self.changed)
            column.addWidget(box)
        column.addStretch(1)

    def show_layers(self, layers: dict[Side, CaptureLayer]) -> None:
        """Show the levels of the captures on the stage."""
        for side, box in self.boxes.items():
            box.show_layer(layers.get(side))


def _field(name: str, decimals: int) -> QDoubleSpinBox:
    field = QDoubleSpinBox()
    field.setAccessibleName(name)
    field.setDecimals(decimals)
    field.setKeyboardTracking(False)
    return field
