"""The Case page, driven as a person would: cases, items, intake by drop, scale, custody, choosing a pair."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from engine.core.case import Device, Role, ScaleSource, Standing
from gui.pages.case import page as case_page
from gui.pages.case.destroying import DestroyDialog
from gui.pages.case.dialogs import AddItemDialog, IntakeDialog, NewCaseDialog, ScaleDialog
from gui.pages.case.page import CUSTODY, REFUSED, CasePage
from gui.pages.case.tree import NAME, SCALE, USE
from gui.shell.window import MainWindow
from gui.stage.geometry import Side
from gui.widgets import forms
from tests.gui.driving import dialog, drop
from tests.gui.pictures import write_code


def page_of(window: MainWindow) -> CasePage:
    page = window.page("case")
    assert isinstance(page, CasePage)
    return page


@pytest.fixture
def filled(qtbot: QtBot, case_window: MainWindow, pictures: Path, settle: Callable[[], None]) -> CasePage:
    """Return the page with a capture of each item, taken in through the workflow."""
    from engine.jobs import JobContext
    from engine.workflows.captures import intake

    session = case_window.session
    assert session.store is not None and session.actor is not None and session.case_id is not None
    items = {item.name: item for item in session.store.items(session.case_id)}
    for name, file, device in (
        ("Q1", "questioned.png", Device.MICROSCOPE), ("K1", "known.tif", Device.SCANNER)
    ):  # fmt: skip
        intake(
            session.store, session.actor, session.case_id, items[name].id, [pictures / file],
            device=device, context=JobContext(),
        )  # fmt: skip
    session.records_changed.emit()
    settle()
    return page_of(case_window)


def test_an_empty_store_says_what_to_do_and_a_case_is_opened(
    qtbot: QtBot, open_window: MainWindow, settle: Callable[[], None]
) -> None:
    page = page_of(open_window)
    assert page.empty.isVisible()
    qtbot.keyClick(open_window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    form = dialog(NewCaseDialog)
    assert not form.accept_button.isEnabled()
    qtbot.keyClicks(form.title, "Labels")
    qtbot.keyClicks(form.reference, "R-1")
    qtbot.keyClick(form.reference, Qt.Key.Key_Return)
    settle()
    assert page.cases.currentText() == "Labels"
    assert page.origin.text() == "R-1"
    assert page.no_items.isVisible()
    assert page.custody.rows.row(0)[3] == "Case opened: Labels"


def test_an_item_is_added(qtbot: QtBot, case_window: MainWindow, settle: Callable[[], None]) -> None:
    case_window.commands.run("case.item")
    form = dialog(AddItemDialog)
    qtbot.keyClicks(form.name, "Q2")
    qtbot.mouseClick(form.accept_button, Qt.MouseButton.LeftButton)
    settle()
    page = page_of(case_window)
    assert [page.tree.topLevelItem(n).text(NAME) for n in range(3)] == ["Q1", "K1", "Q2"]


def test_an_item_of_the_same_name_is_refused_in_words(
    qtbot: QtBot, case_window: MainWindow, settle: Callable[[], None]
) -> None:
    case_window.commands.run("case.item")
    form = dialog(AddItemDialog)
    form.name.setText("q1")
    qtbot.mouseClick(form.accept_button, Qt.MouseButton.LeftButton)
    settle()
    assert "item of that name already" in case_window.errors.what.text()


def test_files_dropped_on_an_item_are_taken_in_and_a_bad_one_is_listed_with_its_reason(
    qtbot: QtBot, case_window: MainWindow, pictures: Path, settle: Callable[[], None]
) -> None:
    page = page_of(case_window)
    second = page.tree.visualItemRect(page.tree.topLevelItem(1)).center()
    drop(page.tree, [pictures / "known.tif", pictures / "broken.tif"], second)
    form = dialog(IntakeDialog)
    assert form.item.currentText() == "K1 (known)"
    form.device.setCurrentText("scanner")
    qtbot.mouseClick(form.accept_button, Qt.MouseButton.LeftButton)
    settle()
    known = page.tree.topLevelItem(1)
    assert known.childCount() == 1
    assert known.child(0).text(NAME) == "known.tif"
    assert known.child(0).text(SCALE) == "42.33 µm/px"
    assert page.tabs.currentIndex() == REFUSED
    name, reason, remedy = page.refusals.rows.row(0)
    assert name == "broken.tif"
    assert reason
    assert remedy
    assert page.note.text() == "1 capture taken in, 1 file refused: see Refused files."
    assert case_window.tray.rows()[-1].words.text() == "Finished"


def test_files_dropped_on_the_page_may_make_a_new_item(
    qtbot: QtBot, case_window: MainWindow, pictures: Path, settle: Callable[[], None]
) -> None:
    page = page_of(case_window)
    drop(page, [pictures])
    form = dialog(IntakeDialog)
    form.item.setCurrentIndex(form.item.count() - 1)
    assert form.missing.text() == "The new item needs a name."
    qtbot.keyClicks(form.name, "Q9")
    form.scale.kind.setCurrentText("µm per pixel")
    form.scale.value.setValue(1.5)
    qtbot.mouseClick(form.accept_button, Qt.MouseButton.LeftButton)
    settle()
    item = page.tree.topLevelItem(2)
    assert item.text(NAME) == "Q9"
    assert {item.child(n).text(SCALE) for n in range(item.childCount())} == {"1.5 µm/px"}
    assert item.childCount() == 2  # the third file is no image


@pytest.mark.parametrize("recordable", [True, False])
def test_files_can_be_dropped_only_while_they_can_be_recorded(
    case_window: MainWindow, pictures: Path, recordable: bool
) -> None:
    page = page_of(case_window)
    if not recordable:
        case_window.session.actor = None
        assert "who is working" in page.note.text()
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(pictures / "known.tif"))])
    for target in (page, page.tree):
        event = QDragEnterEvent(
            QPoint(5, 5), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        )
        event.ignore()
        target.dragEnterEvent(event)
        assert event.isAccepted() == recordable


def test_intake_can_be_cancelled_and_keeps_what_is_in(
    qtbot: QtBot, case_window: MainWindow, tmp_path: Path, settle: Callable[[], None]
) -> None:
    files = []
    for number in range(40):
        files.append(tmp_path / f"{number:02d}.png")
        write_code(files[-1], seed=number)
    page = page_of(case_window)
    page.actions_.take_in(files, "")
    qtbot.mouseClick(dialog(IntakeDialog).accept_button, Qt.MouseButton.LeftButton)
    row = case_window.tray.rows()[-1]
    qtbot.waitUntil(lambda: row.job.done >= 2, timeout=20_000)
    qtbot.mouseClick(row.button, Qt.MouseButton.LeftButton) if row.isVisible() else row.job.cancel()
    settle()
    taken = page.tree.topLevelItem(0).childCount()
    assert 1 <= taken < 40
    assert row.words.text() == "Cancelled"


def test_the_details_show_what_is_recorded_and_no_length_without_a_scale(qtbot: QtBot, filled: CasePage) -> None:
    tree = filled.tree
    tree.setCurrentItem(tree.topLevelItem(0).child(0))
    rows = dict(filled.details.table.rows.row(n) for n in range(filled.details.table.rows.rowCount()))
    capture = tree.current_capture()
    assert capture is not None
    assert rows["SHA-256"] == capture.sha256
    assert rows["Size"] == "300 × 300 px"  # noqa: RUF001
    assert rows["Scale"].startswith("unknown")
    assert not any("µm" in value or "mm" in value for value in rows.values())
    tree.setCurrentItem(tree.topLevelItem(1).child(0))
    rows = dict(filled.details.table.rows.row(n) for n in range(filled.details.table.rows.rowCount()))
    assert rows["Scale"] == "42.33 µm/px ± 1 % (file tag)"
    assert rows["Size"] == "300 × 300 px, 12.7 × 12.7 mm"  # noqa: RUF001


def test_pictures_arrive(qtbot: QtBot, filled: CasePage) -> None:
    row = filled.tree.topLevelItem(0).child(0)
    filled.tree.setCurrentItem(row)
    qtbot.waitUntil(lambda: not filled.details.picture.pixmap().isNull())
    assert not row.icon(NAME).isNull()


def test_a_scale_is_stated_and_its_source_stands_beside_it(
    qtbot: QtBot, filled: CasePage, case_window: MainWindow, settle: Callable[[], None]
) -> None:
    filled.tree.setCurrentItem(filled.tree.topLevelItem(0).child(0))
    case_window.commands.run("case.scale")
    form = dialog(ScaleDialog)
    form.scale.kind.setCurrentText("Dots per inch")
    form.scale.value.setValue(2540)
    qtbot.mouseClick(form.accept_button, Qt.MouseButton.LeftButton)
    settle()
    capture = filled.tree.current_capture()
    assert capture is not None and capture.scale is not None
    assert capture.scale.source is ScaleSource.ACTOR
    assert capture.scale.um_per_px == pytest.approx(10.0)
    rows = dict(filled.details.table.rows.row(n) for n in range(filled.details.table.rows.rowCount()))
    assert rows["Scale"] == "10 µm/px ± 1 % (actor)"
    last = filled.custody.rows.row(filled.custody.rows.rowCount() - 1)
    assert last[2:] == ("Administrator", "Scale of questioned.png set: 10 x 10 µm/px (actor)")


def test_custody_tells_who_did_what_when(filled: CasePage) -> None:
    filled.tabs.setCurrentIndex(CUSTODY)
    table = filled.custody.rows
    texts = [table.row(n)[3] for n in range(table.rowCount())]
    assert texts[0] == "Case opened: Two labels"
    assert texts[1] == "Item added: Q1 (questioned)"
    assert any(text.startswith("Capture of Q1 taken in: questioned.png, SHA-256 ") for text in texts)
    assert all(table.row(n)[1].endswith(" UTC") and table.row(n)[2] == "Administrator" for n in range(table.rowCount()))


def test_a_pair_is_chosen_by_keyboard_and_goes_to_the_comparison(
    qtbot: QtBot, filled: CasePage, case_window: MainWindow
) -> None:
    tree, session = filled.tree, case_window.session
    for place in (0, 1):
        tree.setCurrentItem(tree.topLevelItem(place).child(0))
        qtbot.keyClick(tree, Qt.Key.Key_Return)  # the item's standing says which side
    questioned, known = (tree.topLevelItem(place).child(0) for place in (0, 1))
    assert (questioned.text(USE), known.text(USE)) == ("questioned", "known")
    assert session.questioned_id is not None and session.known_id is not None
    assert filled.questioned.text() == "Questioned: questioned.png"
    qtbot.keyClick(case_window, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert case_window.current_page == "compare"


def test_the_context_menu_offers_what_can_be_done(qtbot: QtBot, filled: CasePage) -> None:
    from PySide6.QtGui import QContextMenuEvent

    filled.tree.setCurrentItem(filled.tree.topLevelItem(0).child(0))
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(10, 10), QPoint(10, 10))
    filled.tree.contextMenuEvent(event)
    menu = next(menu for menu in filled.tree.findChildren(QMenu) if menu.isVisible())
    assert [action.objectName() for action in menu.actions() if not action.isSeparator()] == [
        "case.questioned", "case.known", "case.compare", "case.scale", "case.calibrate", "case.copy_hash",
    ]  # fmt: skip
    menu.close()


def test_the_hash_is_copied(filled: CasePage, case_window: MainWindow) -> None:
    filled.tree.setCurrentItem(filled.tree.topLevelItem(0).child(0))
    case_window.commands.run("case.copy_hash")
    capture = filled.tree.current_capture()
    assert capture is not None
    assert QApplication.clipboard().text() == capture.sha256


def test_rows_are_copied_as_text(qtbot: QtBot, filled: CasePage) -> None:
    filled.tabs.setCurrentIndex(CUSTODY)
    filled.custody.selectRow(0)
    qtbot.keyClick(filled.custody, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.clipboard().text().endswith("\tAdministrator\tCase opened: Two labels")


def test_files_are_chosen_in_a_dialog_too(
    qtbot: QtBot, case_window: MainWindow, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forms, "choose_files", lambda *_: [pictures / "known.tif"])
    case_window.commands.run("case.intake")
    form = dialog(IntakeDialog)
    assert form._files == (pictures / "known.tif",)
    form.reject()


def test_names_from_outside_stay_plain(qtbot: QtBot, case_window: MainWindow, settle: Callable[[], None]) -> None:
    from engine.workflows.cases import add_item

    session = case_window.session
    assert session.store is not None and session.actor is not None and session.case_id is not None
    add_item(session.store, session.actor, session.case_id, "<b>Q</b><img src=x>", Standing.QUESTIONED)
    session.records_changed.emit()
    settle()
    row = page_of(case_window).tree.topLevelItem(2)
    assert row.text(NAME) == "<b>Q</b><img src=x>"
    assert "<img" not in row.toolTip(NAME)


def test_another_case_is_chosen(qtbot: QtBot, case_window: MainWindow, settle: Callable[[], None]) -> None:
    from engine.workflows.cases import open_case

    session = case_window.session
    assert session.store is not None and session.actor is not None
    other = open_case(session.store, session.actor, "Another")
    session.records_changed.emit()
    settle()
    page = page_of(case_window)
    page.cases.setCurrentText("Another")
    page.cases.activated.emit(page.cases.currentIndex())
    settle()
    assert session.case_id == other.id
    assert page.no_items.isVisible()
    assert case_page.DETAILS == 0


def test_a_capture_whose_bytes_were_destroyed_is_shown_as_such(
    filled: CasePage, case_window: MainWindow, settle: Callable[[], None]
) -> None:
    from engine.workflows.destruction import destroy

    session = case_window.session
    assert session.store is not None and session.actor is not None and session.case_id is not None
    known = session.store.items(session.case_id)[1]
    (capture,) = session.store.captures(known.id)
    destroy(session.store, session.actor, capture.sha256, order="Order 9", reason="returned")
    case_window.stores.open_folder(session.store.path)  # as after a start: no picture is at hand
    settle()
    session.case_id = known.case_id
    settle()
    row = filled.tree.topLevelItem(1).child(0)
    assert row.text(NAME) == "known.tif (destroyed)"
    assert "order Order 9 (returned)" in row.toolTip(NAME)
    filled.tree.setCurrentItem(row)
    settle()
    assert filled.details.note.text().startswith("The original bytes were destroyed by order Order 9 (returned).")
    assert not filled.details.picture.isVisible()
    assert filled.details.table.isVisible()
    assert not any(button.isVisible() for button in filled.details.buttons)
    assert "destroyed by order Order 9" in filled.custody.rows.row(filled.custody.rows.rowCount() - 1)[3]
    filled.tree.setCurrentItem(filled.tree.topLevelItem(0).child(0))
    settle()
    assert filled.details.picture.isVisible()
    assert not filled.details.note.isVisible()
    case_window.commands.run("go.compare")
    settle()
    stage = case_window.page("compare").stage
    assert stage.scene.images.get(Side.QUESTIONED) is not None
    assert stage.scene.images.get(Side.KNOWN) is None
    case_window.commands.run("go.report")
    settle()
    assert not case_window.errors.isVisible()


def test_an_administrator_destroys_bytes_by_an_order_named_twice(
    qtbot: QtBot, filled: CasePage, case_window: MainWindow, settle: Callable[[], None]
) -> None:
    session = case_window.session
    assert session.store is not None and session.actor is not None and session.actor.role is Role.ADMINISTRATOR
    filled.tree.setCurrentItem(filled.tree.topLevelItem(1).child(0))
    capture = filled.tree.current_capture()
    assert capture is not None
    case_window.commands.run("go.compare")
    settle()
    stage = case_window.page("compare").stage
    assert stage.scene.images[Side.KNOWN].capture.id == capture.id
    case_window.commands.run("case.destroy")
    settle()
    form = dialog(DestroyDialog)
    form.order.setText("Order 7 & 8")
    assert form.sure.text() == "Destroy the bytes by order Order 7 && 8"
    assert form.missing.text() == "Confirm the order."
    form.sure.setChecked(True)
    form.order.setText("Order 9")
    assert not form.sure.isChecked() and not form.accept_button.isEnabled(), "another order is confirmed anew"
    form.sure.setChecked(True)
    qtbot.mouseClick(form.accept_button, Qt.MouseButton.LeftButton)
    settle()
    destroyed = session.store.destruction(capture.sha256)
    assert destroyed is not None and destroyed.order == "Order 9"
    assert Side.KNOWN not in stage.scene.images, "tiles made of the bytes are seen no longer"
    assert "destroyed by order Order 9" in stage.scene.hints[Side.KNOWN]
    assert filled.details.note.text().startswith("The original bytes were destroyed by order Order 9.")
    assert not case_window.commands.action("case.destroy").isEnabled(), "they are gone already"


def test_only_administrators_may_destroy(filled: CasePage, case_window: MainWindow) -> None:
    from engine.workflows.cases import add_actor

    session = case_window.session
    filled.tree.setCurrentItem(filled.tree.topLevelItem(1).child(0))
    assert filled.tree.current_capture() is not None
    assert case_window.commands.action("case.destroy").isEnabled()
    assert session.store is not None and session.actor is not None
    session.actor = add_actor(session.store, session.actor, "Examiner", Role.EXAMINER)
    assert not case_window.commands.action("case.destroy").isEnabled()
