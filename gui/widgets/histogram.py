"""Score histograms: genuine and counterfeit scores of a validation, the threshold, and the score in question.

The plotting library takes a third of a second to load: whoever shows a histogram calls ``prepare`` on a job's thread
first. Nothing here is imported with the window.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QVBoxLayout, QWidget

from gui.shell import theme
from gui.shell.theme import GRID, Colours
from gui.widgets.text import PlainLabel

Kind = Literal["genuine", "counterfeit", "threshold", "value"]
KINDS: tuple[Kind, ...] = ("genuine", "counterfeit", "threshold", "value")
FEWEST_BINS, MOST_BINS = 12, 40
PLOT_HEIGHT = 20 * GRID


@dataclass(frozen=True)
class Scores:
    """What a histogram shows.

    title : str
        What was scored, such as ``Indicator``.
    genuine, counterfeit : sequence of float
        Scores of known origin, in the score's unit.
    threshold : float
        From which on a score counts as genuine.
    value : float or None
        The score in question, where there is one.
    value_name : str
        What it belongs to.
    noun, others : str
        What was scored, in the plural, and what the counterfeits among them are called, in the plural.
    """

    title: str
    genuine: Sequence[float]
    counterfeit: Sequence[float]
    threshold: float
    value: float | None = None
    value_name: str = "This code"
    noun: str = "codes"
    others: str = "copies"


def prepare() -> None:
    """Load the plotting library; takes long the first time and may be called on any thread."""
    import pyqtgraph  # noqa: F401 - loaded for the calls that follow on the window's thread


def bin_edges(scores: Scores) -> NDArray[np.float64]:
    """Return the edges (N + 1,) of bins that hold every score, and threshold and value a little inside."""
    own = [*scores.genuine, *scores.counterfeit]
    every = [*own, scores.threshold, *(() if scores.value is None else (scores.value,))]
    low, high = min(every), max(every)
    margin = 0.04 * (high - low) or max(abs(high), 1.0) * 0.05
    number = min(max(round(2 * len(own) ** 0.5), FEWEST_BINS), MOST_BINS)
    return np.linspace(low - margin, high + margin, number + 1)


def in_words(scores: Scores) -> str:
    """Return what a histogram shows to those who cannot see it."""
    parts = [_range_text("genuine", scores.genuine), _range_text(scores.others, scores.counterfeit)]
    parts.append(f"threshold {scores.threshold:.3f}")
    if scores.value is not None:
        above = sum(score > scores.value for score in scores.genuine)
        below = sum(score < scores.value for score in scores.counterfeit)
        parts.append(
            f"{scores.value_name.lower()} {scores.value:.3f}: {above} of {len(scores.genuine)} genuine score higher, "
            f"{below} of {len(scores.counterfeit)} {scores.others} score lower"
        )
    return f"{scores.title}: {'; '.join(parts)}."


def _range_text(name: str, scores: Sequence[float]) -> str:
    return f"{len(scores)} {name} from {min(scores):.3f} to {max(scores):.3f}" if scores else f"no {name}"


class ScoreHistogram(QWidget):
    """A histogram with its legend; empty until scores are shown.

    Genuine scores are filled, counterfeits are hatched, so that they stay apart without colours; so do the dashed
    threshold and the whole line of the score in question.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Histogram of validation scores")
        self.scores: Scores | None = None
        self.title = PlainLabel(meaning="muted", wrap=True)
        self.labels = {kind: PlainLabel() for kind in KINDS}
        self._plot: Any = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(GRID // 2)
        self._column.addWidget(self.title)
        legend = QGridLayout()
        legend.setHorizontalSpacing(GRID)
        legend.setVerticalSpacing(GRID // 2)
        self._swatches = {kind: Swatch(kind) for kind in KINDS}
        for place, kind in enumerate(KINDS):
            legend.addWidget(self._swatches[kind], place // 2, 2 * (place % 2))
            legend.addWidget(self.labels[kind], place // 2, 2 * (place % 2) + 1)
        legend.setColumnStretch(1, 1)
        legend.setColumnStretch(3, 1)
        self._column.addLayout(legend)
        self.hide()

    def show_scores(self, scores: Scores | None) -> None:
        """Show scores, or nothing."""
        self.scores = scores
        self.setVisible(scores is not None)
        if scores is None:
            return
        self.title.setText(f"{scores.title}, number of {scores.noun} in each step")
        self.labels["genuine"].setText(f"Genuine ({len(scores.genuine)})")
        self.labels["counterfeit"].setText(f"{scores.others.capitalize()} ({len(scores.counterfeit)})")
        self.labels["threshold"].setText(f"Threshold {scores.threshold:.3f}")
        there = scores.value is not None
        self.labels["value"].setText(f"{scores.value_name} {scores.value:.3f}" if there else "")
        for part in (self.labels["value"], self._swatches["value"]):
            part.setVisible(there)
        self.setAccessibleDescription(in_words(scores))
        if self._plot is None:
            self._plot = _empty_plot()
            self._column.insertWidget(1, self._plot)
        self._draw()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._plot is not None:
            self._draw()

    def _draw(self) -> None:
        from pyqtgraph import InfiniteLine, PlotCurveItem

        if self.scores is None:
            return
        scores, colours, plot = self.scores, theme.colours(), self._plot
        plot.clear()
        plot.setBackground(QColor(colours.base))
        for axis in (plot.getAxis("left"), plot.getAxis("bottom")):
            axis.setPen(QPen(QColor(colours.edge)))
            axis.setTextPen(QPen(QColor(colours.muted)))
        edges = bin_edges(scores)
        highest = 1
        sets: dict[Kind, Sequence[float]] = {"genuine": scores.genuine, "counterfeit": scores.counterfeit}
        for kind, own in sets.items():
            counts, _ = np.histogram(own, edges)
            highest = max(highest, int(counts.max()))
            curve = PlotCurveItem(edges, counts, stepMode="center", fillLevel=0)
            curve.setBrush(fill(kind, colours))
            curve.setPen(stroke(kind, colours))
            plot.addItem(curve)
        plot.addItem(InfiniteLine(scores.threshold, 90, stroke("threshold", colours)))
        if scores.value is not None:
            plot.addItem(InfiniteLine(scores.value, 90, stroke("value", colours)))
        step = max(-(-highest // 4), 1)
        plot.getAxis("left").setTickSpacing(major=step, minor=step)
        plot.setXRange(float(edges[0]), float(edges[-1]), padding=0.02)
        plot.setYRange(0, highest * 1.08, padding=0)


def _empty_plot() -> Any:
    """Return a plot that only shows: the mouse and the keyboard pass it by."""
    from pyqtgraph import PlotWidget

    plot = PlotWidget(enableMenu=False)
    plot.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    plot.hideButtons()
    plot.setMouseEnabled(x=False, y=False)
    plot.setMinimumHeight(PLOT_HEIGHT // 2)
    plot.setMaximumHeight(PLOT_HEIGHT)
    plot.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    return plot


def stroke(kind: Kind, colours: Colours) -> QPen:
    """Return the pen of a part of the histogram, of the same width at every zoom."""
    names = {"genuine": colours.known, "counterfeit": colours.fault, "threshold": colours.text, "value": colours.done}
    widths = {"genuine": 1.5, "counterfeit": 1.5, "threshold": 2.0, "value": 3.0}
    pen = QPen(QColor(names[kind]), widths[kind])
    pen.setCosmetic(True)
    if kind == "threshold":
        pen.setStyle(Qt.PenStyle.DashLine)
    return pen


def fill(kind: Kind, colours: Colours) -> QBrush:
    """Return how the bars of genuine scores and of counterfeits are filled."""
    colour = stroke(kind, colours).color()
    if kind == "counterfeit":
        return QBrush(colour, Qt.BrushStyle.BDiagPattern)
    colour.setAlpha(110)
    return QBrush(colour)


class Swatch(QWidget):
    """A small piece of the histogram beside the words that name it."""

    def __init__(self, kind: Kind) -> None:
        super().__init__()
        self._kind: Kind = kind
        self.setFixedSize(QSize(3 * GRID, 2 * GRID))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw a bar or a line."""
        painter = QPainter(self)
        colours = theme.colours()
        box = QRectF(self.rect()).adjusted(1.0, 1.0, -1.0, -1.0)
        painter.fillRect(box, QColor(colours.base))
        painter.setPen(stroke(self._kind, colours))
        if self._kind in ("genuine", "counterfeit"):
            painter.setBrush(fill(self._kind, colours))
            painter.drawRect(box)
        else:
            middle = box.center().x()
            painter.drawLine(QPointF(middle, box.top()), QPointF(middle, box.bottom()))
