"""Texts with very long words."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from gui.shell import theme
from gui.shell.theme import Scheme
from gui.widgets.text import LongText


def shown(qtbot, text: str) -> tuple[QScrollArea, LongText]:
    area, body, long = QScrollArea(), QWidget(), LongText(meaning="caution")
    column = QVBoxLayout(body)
    column.addWidget(long)
    column.addStretch(1)
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(body)
    qtbot.addWidget(area)
    area.resize(240, 400)
    area.show()
    long.setText(text)
    qtbot.waitExposed(area)
    return area, long


def test_a_word_of_any_length_neither_widens_what_holds_it_nor_is_cut(qapp, qtbot):
    area, long = shown(qtbot, "f" * 600)
    qapp.processEvents()
    assert area.widget().width() <= area.viewport().width()
    line = long.fontMetrics().height()
    need = long.fontMetrics().horizontalAdvance("f" * 600) / long.viewport().width()
    assert long.height() >= need * line * 0.95
    assert long.document().size().height() <= long.height() <= long.document().size().height() + 2
    before = long.height()
    area.resize(120, 400)
    qtbot.waitUntil(lambda: long.height() > 1.5 * before)


def test_markup_is_shown_as_it_stands(qtbot):
    _, long = shown(qtbot, "<b>bold</b> &amp;")
    assert long.text() == "<b>bold</b> &amp;"
    assert not long.acceptRichText()


def test_it_is_read_only_and_follows_the_theme(qapp, qtbot):
    _, long = shown(qtbot, "text")
    qtbot.keyClicks(long, "more")
    assert long.text() == "text"
    for scheme in (Scheme.LIGHT, Scheme.DARK):
        theme.apply(qapp, scheme)
        qapp.processEvents()
        assert long.palette().text().color().name() == theme.colours().caution
