"""Issuing and printing on the Codes page: preview, numbers, tables, sheets."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from engine.workflows.codes.tracing import IssuedIds, query
from gui.pages.codes.issue import ID_ALONE, NO_SHEETS, SheetsDialog
from gui.pages.codes.page import PRINT, PRINTED, CodesPage
from gui.session import Session
from gui.shell.window import MainWindow
from gui.widgets.notes import NoteDialog
from gui.widgets.passphrase import PassphraseDialog
from tests.gui.driving import dialog, drop
from tests.gui.pages.codes.samples import PASSPHRASE, rows_of


@pytest.fixture
def printing(page: CodesPage) -> CodesPage:
    page.tabs.setCurrentIndex(PRINT)
    return page


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "products.csv"
    path.write_text("lot,article\nL1,=bag\nL1,belt\nL2,bag\n", encoding="utf-8")
    return path


def test_a_preview_asks_for_the_passphrase_and_issues_nothing(
    qtbot: QtBot, printing: CodesPage, open_window: MainWindow, session: Session, settle: Callable[[], None]
) -> None:
    panel = printing.printing
    panel.count.setValue(100)
    open_window.commands.run("codes.preview")
    form = dialog(PassphraseDialog)
    form.field.setText(PASSPHRASE)
    qtbot.keyClick(form.field, Qt.Key.Key_Return)
    settle()
    assert panel.view.sheets.count == 1
    assert panel.view.state.text() == "First of 2 pages, 56 codes on each"
    assert session.store is not None and not session.store.id_batches()
    panel.count.setValue(1)
    assert panel.view.sheets.count == 0, "a preview of another number must not stay"


def test_ids_are_issued_and_their_sheets_written(
    qtbot: QtBot,
    unlocked: CodesPage,
    open_window: MainWindow,
    tmp_path: Path,
    settle: Callable[[], None],
) -> None:
    unlocked.printing.count.setValue(3)
    open_window.commands.run("codes.issue")
    form = dialog(SheetsDialog)
    out = tmp_path / "sheets.pdf"
    form.out.setText(str(tmp_path / "missing" / "sheets.pdf"))
    assert form.missing.text() == "The folder does not exist."
    form.out.setText(str(out))
    form.note.setText("Order 17")
    qtbot.mouseClick(form.accept_button, Qt.MouseButton.LeftButton)
    settle()
    assert out.read_bytes().startswith(b"%PDF")
    told = dialog(NoteDialog).text.toPlainText()
    assert "3 IDs issued" in told and str(out) in told and "delete them after printing" in told
    (row,) = rows_of(unlocked.printing.batches)
    assert row[1:3] == ("3", "Order 17")
    assert rows_of(unlocked.series.table) == [("Autumn", "3", "unlocked")]


def test_what_was_printed_is_listed_with_its_ids_its_files_and_who_did_it(
    qtbot: QtBot,
    unlocked: CodesPage,
    issued: IssuedIds,
    open_window: MainWindow,
    tmp_path: Path,
    settle: Callable[[], None],
) -> None:
    panel = unlocked.printings
    unlocked.tabs.setCurrentIndex(PRINTED)
    assert panel.empty.isVisible(), "issuing alone prints nothing"
    outs = [tmp_path / "sheets.pdf", tmp_path / "again.png"]
    for out in outs:
        open_window.commands.run("codes.save")
        form = dialog(SheetsDialog)
        form.format.setCurrentIndex(outs.index(out))
        form.out.setText(str(out))
        qtbot.mouseClick(form.accept_button, Qt.MouseButton.LeftButton)
        settle()
        dialog(NoteDialog).close()
    first, second = rows_of(panel.table)
    ids = f"{issued.product_ids[0]} to {issued.product_ids[-1]}"
    assert first[1:] == ("5", "1 PDF", ids, "Administrator")
    assert second[1:] == ("5", "1 PNG", ids, "Administrator")
    panel.table.selectRow(0)
    details = dict(rows_of(panel.details))
    assert details["File 1"] == f"SHA-256 {sha256(outs[0].read_bytes()).hexdigest()}"
    assert details["IDs"].split() == list(issued.product_ids)
    assert details["Of the batch"].startswith("5 IDs issued ")


def test_one_code_for_each_row_of_a_table_with_its_data(
    qtbot: QtBot,
    printing: CodesPage,
    unlocked: CodesPage,
    open_window: MainWindow,
    session: Session,
    table: Path,
    tmp_path: Path,
    settle: Callable[[], None],
) -> None:
    panel = printing.printing
    drop(printing, [table])
    settle()
    assert (panel.count.value(), panel.count.isEnabled()) == (3, False)
    assert panel.source.text() == "products.csv: lot, article"
    assert panel.caption.currentText() == ID_ALONE
    panel.caption.setCurrentText("article")
    open_window.commands.run("codes.issue")
    form = dialog(SheetsDialog)
    form.format.setCurrentText("PNG, one file a page")
    form.out.setText(str(tmp_path / "sheets.png"))
    qtbot.mouseClick(form.accept_button, Qt.MouseButton.LeftButton)
    settle()
    assert (tmp_path / "sheets.png").read_bytes().startswith(b"\x89PNG")
    (row,) = rows_of(panel.batches)
    assert (row[1], row[3]) == ("3", "lot, article")
    store = session.store
    assert store is not None
    from engine.workflows.codes.tracing import issued_batch

    issued = issued_batch(store, store.id_batches()[0].id)
    open_window.commands.run("codes.copy_ids")
    settle()
    assert QGuiApplication.clipboard().text().split() == list(issued.product_ids)
    assert dict(query(store, issued.product_ids[0]).data) == {"lot": "L1", "article": "=bag"}
    qtbot.mouseClick(panel.by_number, Qt.MouseButton.LeftButton)
    assert panel.count.isEnabled()
    assert panel.caption.count() == 1


def test_ids_may_be_issued_now_and_printed_later(
    qtbot: QtBot, unlocked: CodesPage, open_window: MainWindow, tmp_path: Path, settle: Callable[[], None]
) -> None:
    open_window.commands.run("codes.issue")
    form = dialog(SheetsDialog)
    form.format.setCurrentText(NO_SHEETS)
    assert not form.out.isVisible()
    qtbot.mouseClick(form.accept_button, Qt.MouseButton.LeftButton)
    settle()
    assert "No sheets were written." in dialog(NoteDialog).text.toPlainText()
    dialog(NoteDialog).close()
    assert [row[1] for row in rows_of(unlocked.printing.batches)] == ["24"]
    open_window.commands.run("codes.save")
    again = dialog(SheetsDialog)
    again.out.setText(str(tmp_path / "later.pdf"))
    qtbot.mouseClick(again.accept_button, Qt.MouseButton.LeftButton)
    settle()
    assert (tmp_path / "later.pdf").is_file()
    assert [row[1] for row in rows_of(unlocked.printing.batches)] == ["24"], "saving again issues nothing"


def test_a_batch_with_a_voided_id_is_not_printed_again(
    qtbot: QtBot,
    unlocked: CodesPage,
    issued: IssuedIds,
    open_window: MainWindow,
    session: Session,
    tmp_path: Path,
    settle: Callable[[], None],
) -> None:
    from engine.workflows.codes.tracing import void

    assert session.store is not None and session.actor is not None
    void(session.store, session.actor, issued.batch.series_id, (issued.product_ids[1],), "stolen")
    open_window.commands.run("codes.save")
    form = dialog(SheetsDialog)
    form.out.setText(str(tmp_path / "sheets.pdf"))
    qtbot.mouseClick(form.accept_button, Qt.MouseButton.LeftButton)
    settle()
    assert open_window.errors.isVisible()
    assert not (tmp_path / "sheets.pdf").exists()


def test_a_column_called_caption_stands_below_the_codes_unless_another_is_chosen(
    printing: CodesPage, tmp_path: Path, settle: Callable[[], None]
) -> None:
    table = tmp_path / "bags.csv"
    table.write_text("size,Caption\nS,Bag 1\n", encoding="utf-8")
    drop(printing, [table])
    settle()
    assert printing.printing.caption.currentText() == "Caption"
