"""Looks: both palettes readable, icons complete and recoloured, the system followed."""

import re
from pathlib import Path

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QDateTimeEdit, QLineEdit, QSpinBox, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from gui.pages import PAGES
from gui.shell import theme
from gui.shell.theme import DARK, ICON_FOLDER, LIGHT, Colours, Scheme
from gui.shell.window import MainWindow
from gui.widgets.text import PlainLabel
from tests.gui.layout import MINIMUM_CONTRAST, contrast, faint_palette_pairs

INKS = ("text", "muted", "link", "questioned", "known", "done", "caution", "fault")


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_every_text_colour_stands_out_on_every_surface(colours: Colours) -> None:
    for ink in INKS:
        for paper in ("window", "base", "alternate", "button", "stage"):
            ratio = contrast(QColor(getattr(colours, ink)), QColor(getattr(colours, paper)))
            assert ratio >= MINIMUM_CONTRAST, (ink, paper, ratio)
    assert contrast(QColor(colours.on_accent), QColor(colours.accent)) >= MINIMUM_CONTRAST
    # WCAG 2.2, criterion 1.4.11: what shows the focus, and the edge of what can be used, need 3.
    for paper in ("window", "base", "alternate"):
        assert contrast(QColor(colours.focus), QColor(getattr(colours, paper))) >= 3
        assert contrast(QColor(colours.edge), QColor(getattr(colours, paper))) >= 3


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_the_style_sheet_is_filled_in(colours: Colours) -> None:
    text = theme.style_sheet(colours)
    assert "@" not in text.partition("*/")[2]
    marks = re.findall(r"url\((.+)\)", text)
    assert {Path(mark).name for mark in marks} == {"check.svg", "up.svg", "down.svg"}
    assert all(Path(mark).is_file() for mark in marks)


@pytest.mark.parametrize("scheme", [Scheme.LIGHT, Scheme.DARK])
@pytest.mark.parametrize("kind", [QLineEdit, QSpinBox, QDateTimeEdit])
def test_what_can_be_typed_into_has_an_edge_that_stands_out(
    qtbot: QtBot, qapp: QApplication, kind: type[QWidget], scheme: Scheme
) -> None:
    theme.apply(qapp, scheme)
    window = QWidget()
    qtbot.addWidget(window)
    field, other = kind(window), QLineEdit(window)
    field.setGeometry(10, 10, 160, 30)
    other.setGeometry(10, 60, 160, 30)
    theme.dress(window)
    window.show()
    other.setFocus()
    seen = window.grab().toImage()
    colours, middle = theme.colours(), field.geometry().center()
    left, right, top, bottom = 10, 169, 10, 39
    for place in ((left, middle.y()), (right, middle.y()), (middle.x(), top), (middle.x(), bottom)):
        assert seen.pixelColor(*place) == QColor(colours.edge), place


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_no_pair_of_the_palette_is_faint(qapp: QApplication, colours: Colours) -> None:
    assert not faint_palette_pairs(theme.palette(colours))


def test_icons_are_ours_alike_and_all_used() -> None:
    sources = {path.stem: path.read_text() for path in ICON_FOLDER.glob("*.svg")}
    for name, text in sources.items():
        assert 'viewBox="0 0 24 24"' in text, name
        assert "currentColor" in text, name
        assert not re.search(r"#[0-9a-fA-F]{3,6}|href|<script|<image", text), name
    code = "".join(path.read_text() for path in (Path(theme.__file__).parents[1]).rglob("*.py"))
    unused = [name for name in sources if f'"{name}"' not in code]
    assert not unused


def test_icons_follow_the_theme(qtbot: QtBot, qapp: QApplication) -> None:
    button = QToolButton()
    qtbot.addWidget(button)
    theme.set_icon(button, PAGES[0].icon)
    light = button.icon().pixmap(24).toImage()
    theme.apply(qapp, Scheme.DARK)
    dark = button.icon().pixmap(24).toImage()
    assert light != dark


def test_a_missing_icon_is_an_error(qapp: QApplication) -> None:
    with pytest.raises(FileNotFoundError):
        theme.icon("there is no such icon")


def test_labels_keep_their_meaning_when_the_theme_changes(qtbot: QtBot, qapp: QApplication) -> None:
    label = PlainLabel("text", meaning="fault")
    qtbot.addWidget(label)
    label.show()
    assert label.palette().windowText().color() == QColor(LIGHT.fault)
    theme.apply(qapp, Scheme.DARK)
    qapp.processEvents()
    assert label.palette().windowText().color() == QColor(DARK.fault)


def test_the_person_chooses_the_theme_and_it_is_remembered(window: MainWindow) -> None:
    assert not theme.is_dark()
    window.commands.run("view.toggle")
    assert theme.is_dark()
    assert window.settings.scheme is Scheme.DARK
    window.commands.run("view.system")
    assert window.settings.scheme is Scheme.SYSTEM
