"""Histograms of validation scores: what they count, mark and say, and that nothing loads them early."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QColor

from gui.shell import theme
from gui.shell.theme import Scheme
from gui.widgets.histogram import KINDS, MOST_BINS, ScoreHistogram, Scores, bin_edges, in_words, prepare
from tests.gui.layout import clipped, faint_texts, tab_stops

ROOT = Path(__file__).resolve().parents[3]
GENUINE, COPIES = (0.30, 0.32, 0.33, 0.35), (0.20, 0.21, 0.29)
SCORES = Scores("Indicator", GENUINE, COPIES, 0.275, 0.31)
number = st.floats(-1e3, 1e3)


@pytest.fixture
def histogram(qtbot):
    prepare()
    made = ScoreHistogram()
    qtbot.addWidget(made)
    made.show_scores(SCORES)
    made.resize(360, made.sizeHint().height())
    with qtbot.waitExposed(made):
        made.show()
    return made


@given(st.lists(number, max_size=50), st.lists(number, max_size=50), number, st.none() | number)
def test_every_score_falls_into_a_bin(genuine, copies, threshold, value):
    edges = bin_edges(Scores("x", genuine, copies, threshold, value))
    assert (np.diff(edges) > 0).all() and len(edges) <= MOST_BINS + 1
    assert np.histogram(genuine, edges)[0].sum() == len(genuine)
    assert np.histogram(copies, edges)[0].sum() == len(copies)
    assert edges[0] < threshold < edges[-1]
    assert value is None or edges[0] < value < edges[-1]


def test_the_plot_counts_both_kinds_and_marks_threshold_and_value(histogram):
    from pyqtgraph import InfiniteLine, PlotCurveItem

    items = histogram._plot.getPlotItem().items
    curves = [item.getData()[1] for item in items if isinstance(item, PlotCurveItem)]
    assert [int(curve.sum()) for curve in curves] == [len(GENUINE), len(COPIES)]
    assert [item.value() for item in items if isinstance(item, InfiniteLine)] == [0.275, 0.31]


def test_what_was_scored_is_called_by_its_name(histogram):
    histogram.show_scores(Scores("Similarity", GENUINE, COPIES, 0.275, 0.31, "This label", "labels", "fakes"))
    assert histogram.title.text() == "Similarity, number of labels in each step"
    assert histogram.labels["counterfeit"].text() == "Fakes (3)"
    assert "3 of 3 fakes score lower" in histogram.accessibleDescription()


def test_the_legend_and_the_words_name_everything(histogram):
    assert [histogram.labels[kind].text() for kind in KINDS] == [
        "Genuine (4)", "Copies (3)", "Threshold 0.275", "This code 0.310"
    ]  # fmt: skip
    assert histogram.accessibleDescription() == (
        "Indicator: 4 genuine from 0.300 to 0.350; 3 copies from 0.200 to 0.290; threshold 0.275; "
        "this code 0.310: 3 of 4 genuine score higher, 3 of 3 copies score lower."
    )
    assert in_words(Scores("x", (), COPIES, 0.2)).startswith("x: no genuine; 3 copies")


def test_without_a_value_only_the_threshold_is_marked(histogram):
    from pyqtgraph import InfiniteLine

    histogram.show_scores(Scores("Indicator", GENUINE, COPIES, 0.275))
    lines = [item.value() for item in histogram._plot.getPlotItem().items if isinstance(item, InfiniteLine)]
    assert lines == [0.275]
    assert histogram.labels["value"].isHidden()
    histogram.show_scores(None)
    assert histogram.isHidden()


@pytest.mark.parametrize("scheme", [Scheme.LIGHT, Scheme.DARK])
def test_it_follows_the_theme_and_stays_readable(qapp, histogram, qtbot, scheme):
    theme.apply(qapp, scheme)
    qapp.processEvents()
    assert histogram._plot.backgroundBrush().color() == QColor(theme.colours().base)
    assert not faint_texts(histogram)
    assert not clipped(histogram)
    assert not tab_stops(histogram), "there is nothing to do in it by keyboard"


def test_the_page_is_built_without_the_plotting_library():
    script = "import sys, gui.pages.compare; print('pyqtgraph' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
