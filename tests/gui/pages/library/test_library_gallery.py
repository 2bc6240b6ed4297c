"""The gallery: libraries are made, labels shown, filtered, told in full and withdrawn."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from engine.workflows.stores import create_store
from gui.pages.library.dialogs import MakeLibraryDialog, WithdrawDialog
from gui.pages.library.page import GALLERY
from tests.gui.driving import dialog
from tests.gui.labels import class_of, filled_library

FILTER_MS = 5_000


def shown(page) -> list[int]:
    return page.gallery.model.numbers.tolist()


def facts(table) -> dict[str, str]:
    return dict(table.rows.row(row) for row in range(table.rows.rowCount()))


def type_filter(qtbot, page, text: str, expected: list[int]) -> None:
    line = page.gallery.filters.text
    line.clear()
    QTest.keyClicks(line, text)
    qtbot.waitUntil(lambda: shown(page) == expected, timeout=FILTER_MS)


def test_without_a_library_the_page_says_what_one_is_and_makes_one(empty_page, session, settle):
    page = empty_page
    assert page.libraries.body.currentWidget() is page.libraries.empty
    assert not any(page.commands.action(f"library.{key}").isEnabled() for key in ("enrol", "identify", "index", "map"))
    page.commands.run("library.make")
    form = dialog(MakeLibraryDialog)
    assert not form.accept_button.isEnabled()
    QTest.keyClicks(form.name, "Films")
    form.columns.setValue(20)
    form.rows.setValue(20)
    assert "at most 200 labels" in form.missing.text()
    form.columns.setValue(5)
    form.rows.setValue(2)
    QTest.mouseClick(form.accept_button, Qt.MouseButton.LeftButton)
    settle()
    (made,) = session.store.libraries()
    assert (made.name, made.columns, made.rows, made.simulated) == ("Films", 5, 2, False)
    assert facts(page.libraries.facts)["Field"] == "5 \N{MULTIPLICATION SIGN} 2 labels"
    assert page.gallery.body.currentWidget() is page.gallery.empty
    assert page.commands.action("library.enrol").isEnabled()


def test_every_label_is_shown_with_its_class_and_told_in_full(page, session, settle, qtbot):
    assert shown(page) == list(range(1, 49))
    assert page.gallery.model.caption(6).text == class_of(7)
    assert page.gallery.state.text() == "48 labels"
    page.gallery.view.setFocus()
    page.gallery.view.setCurrentIndex(page.gallery.model.index(0, 0))
    QTest.keyClick(page.gallery.view, Qt.Key.Key_Right)
    settle()
    told = facts(page.gallery.details.rows)
    assert (told["Label"], told["Pattern class"]) == ("No. 000002", class_of(2))
    assert (told["Field"], told["Place"], told["State"]) == ("field-1-0.png", "row 1, column 2", "enrolled")
    assert told["By"] == "Administrator" and told["Enrolled"].endswith("UTC")
    qtbot.waitUntil(lambda: not page.gallery.details.picture.pixmap().isNull())
    image = page.gallery.details.picture.pixmap().toImage()
    assert image.pixelColor(100, 100).red() == 22, "as grey as its number says"


def test_filters_narrow_the_gallery_down_together(page, qtbot):
    filters = page.gallery.filters
    type_filter(qtbot, page, "10-30", list(range(10, 31)))
    assert page.gallery.state.text() == "21 labels of 48"
    filters.classes.setCurrentIndex(filters.classes.findData(class_of(3)))
    assert shown(page) == [number for number in range(10, 31) if class_of(number) == class_of(3)]
    filters.batches.setCurrentIndex(2)
    assert shown(page) == [27]
    type_filter(qtbot, page, "2000", [])
    assert page.gallery.body.currentWidget() is page.gallery.none
    filters.classes.setCurrentIndex(0)
    filters.batches.setCurrentIndex(0)
    type_filter(qtbot, page, "FIELD-25-1", list(range(37, 49)))
    assert filters.classes.itemText(1).endswith("(8)"), "how many of each class there are"


def test_the_shortcut_begins_a_filter(page, open_window):
    open_window.show_page("case")
    open_window.commands.run("library.find")
    assert open_window.current_page == "library" and page.tabs.currentIndex() == GALLERY
    assert page.gallery.filters.text.hasFocus()


def test_chosen_labels_are_withdrawn_with_a_reason_and_cannot_be_again(page, session, settle):
    view = page.gallery.view
    view.setCurrentIndex(page.gallery.model.index(4, 0))
    QTest.keyClick(view, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    page.commands.run("library.withdraw")
    form = dialog(WithdrawDialog)
    QTest.keyClicks(form.reason, "destroyed")
    QTest.keyClick(form, Qt.Key.Key_Return)
    settle()
    (library,) = session.store.libraries()
    ((_at, withdrawal),) = session.store.withdrawals(library.id)
    assert (withdrawal.numbers, withdrawal.reason) == ((5, 6), "destroyed")
    assert [page.gallery.model.caption(row).faded for row in range(3, 7)] == [False, True, True, False]
    assert facts(page.libraries.facts)["Withdrawn"] == "2"
    view.setCurrentIndex(page.gallery.model.index(4, 0))
    assert facts(page.gallery.details.rows)["State"] == "withdrawn: destroyed"
    assert not page.commands.action("library.withdraw").isEnabled()
    page.gallery.filters.states.setCurrentIndex(page.gallery.filters.states.findData("withdrawn"))
    assert shown(page) == [5, 6]


def test_without_a_person_at_work_nothing_can_be_recorded_but_looked_for(page, session):
    page.gallery.view.setCurrentIndex(page.gallery.model.index(4, 0))
    session.actor = None
    keys = ("make", "enrol", "withdraw", "embed")
    assert not any(page.commands.action(f"library.{key}").isEnabled() for key in keys)
    assert page.commands.action("library.identify").isEnabled()
    assert "known who is working" in page.note.text()


def test_another_library_is_shown_on_choosing_it_and_filters_begin_anew(page, session, settle, qtbot):
    second = filled_library(session.store, session.actor, name="Other films", batches=1)
    session.records_changed.emit()
    settle()
    type_filter(qtbot, page, "7", [7])
    page.libraries.table.selectRow(1)
    settle()
    assert page.reader.shelf.overview.library == second
    assert shown(page) == list(range(1, 25)) and page.gallery.filters.text.text() == ""


def test_nothing_of_a_store_that_is_gone_stays(page, open_window, tmp_path, settle):
    other = tmp_path / "other.touchstone"
    create_store(other, laboratory="Other", administrator="Administrator").close()
    open_window.stores.open_folder(other)
    settle()
    assert shown(page) == [] and page.libraries.table.rows.rowCount() == 0
    assert page.gallery.details.rows.rows.rowCount() == 0


def test_labels_with_other_weights_are_named_and_can_be_embedded_again(page, session, settle):
    assert "never compared" in page.libraries.caution.text()
    assert page.libraries.table.rows.row(0)[2] == "other weights"
    page.commands.run("library.embed")
    settle()
    assert page.libraries.caution.isHidden()
    assert page.libraries.table.rows.row(0)[2] == "not needed"
    (library,) = session.store.libraries()
    assert {
        e.count for batch in session.store.label_batches(library.id) for e in session.store.embeddings(batch.id)
    } == {24}


def test_an_image_that_cannot_be_read_is_told(page, monkeypatch, qtbot):
    def broken(store, library_id, numbers):
        raise OSError("the segment is damaged")

    monkeypatch.setattr("engine.workflows.labels.library.label_images", broken)
    page.gallery.images._kept.clear()
    page.gallery.view.viewport().repaint()
    qtbot.waitUntil(page.gallery.fault.isVisible)
    assert page.gallery.fault.text() == "Some images cannot be read. the segment is damaged"


@pytest.mark.parametrize("number", [1, 48])
def test_a_label_is_brought_into_sight_though_a_filter_hides_it(page, qtbot, number):
    type_filter(qtbot, page, "20", [20])
    page.gallery.show_label(number)
    row = page.gallery.view.currentIndex().row()
    assert page.gallery.model.number(row) == number and len(shown(page)) == 48
    assert row in page.gallery.view.seen()
    assert np.array_equal(page.gallery.chosen_numbers(), [number])
