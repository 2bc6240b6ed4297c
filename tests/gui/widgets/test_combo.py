"""A chosen entry that does not fit is shortened in its middle; nothing is cut off."""

from pytestqt.qtbot import QtBot

from gui.widgets.combo import ElidedCombo

ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


def made(qtbot: QtBot, width: int) -> ElidedCombo:
    box = ElidedCombo()
    qtbot.addWidget(box)
    box.setPlaceholderText("Choose one of the captures of this item")
    box.addItems(["Q1", "Q1 fragment of a label, Q1-microscope.tif"])
    box.resize(width, box.sizeHint().height())
    box.show()
    return box


def test_what_fits_is_shown_whole_and_what_does_not_is_shortened(qtbot: QtBot) -> None:
    box = made(qtbot, 160)
    box.setCurrentIndex(0)
    assert box.shown_text() == "Q1"
    box.setCurrentIndex(1)
    assert box.currentText() == "Q1 fragment of a label, Q1-microscope.tif"
    beginning, end = box.shown_text().split(ELLIPSIS)
    assert beginning and box.currentText().startswith(beginning)
    assert end and box.currentText().endswith(end)
    assert box.fontMetrics().horizontalAdvance(box.shown_text()) < box.width()
    box.resize(600, box.height())
    assert box.shown_text() == box.currentText()
    box.setCurrentIndex(-1)
    box.resize(160, box.height())
    assert ELLIPSIS in box.shown_text() and box.shown_text().startswith("Choose")


def test_what_is_drawn_is_what_fits(qtbot: QtBot) -> None:
    box = made(qtbot, 160)
    box.setCurrentIndex(1)
    drawn = box.grab().toImage()
    box.setItemText(1, box.shown_text())
    assert box.grab().toImage() == drawn
    box.setItemText(1, "Q1 fragment")
    assert box.grab().toImage() != drawn
