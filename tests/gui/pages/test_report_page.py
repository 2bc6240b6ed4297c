"""The Report page: draft, opinion, preview, issue, amendment, verification."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.core.case import Device
from gui.pages.report.issue import IssueDialog
from gui.pages.report.page import ISSUED, PREVIEW, VERIFY, ReportPage
from gui.shell.window import MainWindow
from gui.widgets import forms
from gui.widgets.notes import NoteDialog
from gui.widgets.sheets import PAGE_WIDTH

TEXT = "The questioned label was printed from the design of the known one."


def dialog(kind: type) -> object:
    """Return the open dialog of a kind."""
    return next(w for w in QApplication.topLevelWidgets() if isinstance(w, kind) and w.isVisible())


@pytest.fixture
def report(case_window: MainWindow, pictures: Path, settle: Callable[[], None]) -> ReportPage:
    """Return the page on a case with one capture."""
    from engine.jobs import JobContext
    from engine.workflows.captures import intake

    session = case_window.session
    assert session.store is not None and session.actor is not None and session.case_id is not None
    item = session.store.items(session.case_id)[0]
    intake(
        session.store, session.actor, session.case_id, item.id, [pictures / "known.tif"],
        device=Device.SCANNER, context=JobContext(),
    )  # fmt: skip
    case_window.show_page("report")
    session.records_changed.emit()
    settle()
    page = case_window.page("report")
    assert isinstance(page, ReportPage)
    return page


def issue(qtbot: QtBot, window: MainWindow, out: Path, settle: Callable[[], None], *, amends: str = "") -> None:
    """Issue the report through its dialog."""
    window.commands.run("report.issue")
    form = dialog(IssueDialog)
    form.out.setText(str(out))
    if amends:
        form.kind.setCurrentIndex(form.kind.count() - 1)
        assert form.missing.text() == "An amendment needs a reason."
        qtbot.keyClicks(form.reason, amends)
    qtbot.mouseClick(form.accept_button, Qt.MouseButton.LeftButton)
    settle()
    dialog(NoteDialog).close()


def test_without_a_case_the_page_says_where_to_go(open_window: MainWindow, settle: Callable[[], None]) -> None:
    open_window.show_page("report")
    settle()
    page = open_window.page("report")
    assert page.stack.currentIndex() == 0
    assert not open_window.commands.action("report.issue").isEnabled()


def test_a_draft_saves_itself_and_comes_back(
    qtbot: QtBot, report: ReportPage, case_window: MainWindow, settle: Callable[[], None]
) -> None:
    from engine.workflows.opinions import opinion_draft

    session = case_window.session
    store, case_id = session.store, session.case_id
    assert store is not None and case_id is not None
    qtbot.keyClicks(report.opinion.editor, "Draft")
    assert report.opinion.state.text() == "Draft not saved yet"
    qtbot.waitUntil(lambda: opinion_draft(store, case_id) == "Draft")
    assert report.opinion.state.text().startswith("Draft saved ")
    session.case_id = None
    settle()
    assert report.opinion.editor.toPlainText() == ""
    session.case_id = case_id
    settle()
    assert report.opinion.editor.toPlainText() == "Draft"
    assert not store.opinions(case_id)


def test_what_was_typed_last_is_saved_at_closing(
    qtbot: QtBot, report: ReportPage, case_window: MainWindow, store_folder: Path
) -> None:
    from engine.workflows.opinions import opinion_draft
    from engine.workflows.stores import open_store

    case_id = case_window.session.case_id
    assert case_id is not None
    qtbot.keyClicks(report.opinion.editor, "Typed just now")
    qtbot.keyClicks(report.fields._deviations, "One lamp was dim")
    assert case_window.close()
    with open_store(store_folder, read_only=True) as store:
        assert opinion_draft(store, case_id) == "Typed just now"
        assert report.fields.draft(store, case_id) == "One lamp was dim"


def test_edits_are_undone_and_redone(qtbot: QtBot, report: ReportPage, case_window: MainWindow) -> None:
    editor = report.opinion.editor
    qtbot.keyClicks(editor, "One")
    assert case_window.commands.action("opinion.undo").isEnabled()
    case_window.commands.run("opinion.undo")
    assert editor.toPlainText() == ""
    case_window.commands.run("opinion.redo")
    assert editor.toPlainText() == "One"


def test_an_opinion_is_given_and_a_later_one_corrects_it(
    qtbot: QtBot, report: ReportPage, case_window: MainWindow, settle: Callable[[], None]
) -> None:
    assert not case_window.commands.action("opinion.give").isEnabled()
    for text in (TEXT, "Inconclusive."):
        qtbot.keyClicks(report.opinion.editor, text)
        qtbot.keyClick(
            case_window, Qt.Key.Key_G, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
        )
        settle()
        assert report.opinion.editor.toPlainText() == ""
        assert report.opinion.state.text() == "Opinion given and recorded"
    given = report.opinion.given.toPlainText()
    assert given == f"1. {TEXT}\n\n2. (corrects the one before) Inconclusive."


def test_the_preview_shows_pages_that_zoom_and_records_nothing(
    qtbot: QtBot, report: ReportPage, case_window: MainWindow, settle: Callable[[], None]
) -> None:
    store = case_window.session.store
    assert store is not None
    before = store.head.count
    assert report.preview.empty.isVisible()
    qtbot.keyClick(case_window, Qt.Key.Key_F5)
    settle()
    sheets = report.preview.sheets
    assert sheets.count >= 1
    assert report.preview.area.isVisible()
    assert store.head.count == before
    page = sheets.grab().toImage()
    assert len({page.pixel(x, 200) for x in range(0, page.width(), 3)}) > 1
    width = sheets.minimumWidth()
    qtbot.mouseClick(report.preview.zoom_in, Qt.MouseButton.LeftButton)
    assert sheets.minimumWidth() > width
    assert report.preview.percent.text().endswith(" %")
    qtbot.mouseClick(report.preview.fit, Qt.MouseButton.LeftButton)
    assert sheets.zoom * PAGE_WIDTH <= report.preview.area.viewport().width()
    case_window.session.records_changed.emit()
    settle()
    assert report.preview.state.text() == "Records changed since this preview"


def test_a_report_is_issued_verified_and_amended(
    qtbot: QtBot, report: ReportPage, case_window: MainWindow, tmp_path: Path, settle: Callable[[], None]
) -> None:
    qtbot.keyClicks(report.opinion.editor, TEXT)
    case_window.commands.run("opinion.give")
    settle()
    first, second = tmp_path / "first.pdf", tmp_path / "second.pdf"
    issue(qtbot, case_window, first, settle)
    assert first.read_bytes().startswith(b"%PDF")
    assert report.tabs.currentIndex() == ISSUED
    number = report.issued.rows.row(0)[0]
    issue(qtbot, case_window, second, settle, amends="A name was wrong")
    amendment = report.issued.rows.row(1)
    assert amendment[0] == f"{number}/A1"
    assert amendment[2] == number
    report.verification.verify(second)
    settle()
    assert "nothing differs" in report.verification.result.text()
    assert number in report.verification.result.text()


def test_a_report_is_verified_against_the_store_without_a_case(
    qtbot: QtBot,
    report: ReportPage,
    case_window: MainWindow,
    tmp_path: Path,
    settle: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pdf, session = tmp_path / "report.pdf", case_window.session
    issue(qtbot, case_window, pdf, settle)
    case_id, session.case_id = session.case_id, None
    settle()
    assert report.stack.currentIndex() == 0 and report.verification.isVisible()
    assert [report.tabs.isTabEnabled(tab) for tab in (PREVIEW, ISSUED, VERIFY)] == [False, False, True]
    monkeypatch.setattr(forms, "choose_files", lambda *_: [pdf])
    case_window.commands.run("report.verify")
    settle()
    assert "nothing differs" in report.verification.result.text()
    session.case_id = case_id
    settle()
    assert report.stack.currentIndex() == 1 and report.tabs.currentIndex() == PREVIEW


def test_a_report_that_was_changed_is_dropped_and_its_differences_are_listed(
    qtbot: QtBot, report: ReportPage, case_window: MainWindow, tmp_path: Path, settle: Callable[[], None]
) -> None:
    pdf = tmp_path / "report.pdf"
    issue(qtbot, case_window, pdf, settle)
    pdf.write_bytes(pdf.read_bytes() + b"\n% changed\n")
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(pdf))])
    report.dropEvent(
        QDropEvent(
            QPointF(5, 5), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        )
    )
    settle()
    assert report.tabs.currentIndex() == VERIFY
    assert report.verification.table.isVisible()
    assert report.verification.table.rows.rowCount() >= 1
    assert "difference" in report.verification.result.text()


def test_findings_of_a_locked_series_are_named_as_not_run_again(
    report: ReportPage, case_window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settle: Callable
) -> None:
    from engine.workflows import verification

    given = []

    def verified(*_: object, keyring: object) -> verification.ReportVerification:
        given.append(keyring)
        left = verification.NotRepeated(
            finding_id=f"finding-{7:016x}", why="not re-run: series locked",
            series_id=f"series-{7:016x}", series_name="Spring",
        )  # fmt: skip
        return verification.ReportVerification(number="N-1", differences=(), repeated=0, not_repeated=(left,))

    monkeypatch.setattr(verification, "verify_report", verified)
    monkeypatch.setattr(forms, "choose_files", lambda *_: [tmp_path / "report.pdf"])
    case_window.commands.run("go.case")
    case_window.commands.run("report.verify")
    settle()
    assert report.verification.result.isVisible(), "the answer is in sight, wherever it was asked for"
    assert given == [case_window.session.keyring]
    text = report.verification.result.text()
    assert "1 finding not run again: their series is locked." in text
    assert "nothing differs" not in text
    assert report.verification.table.rows.row(0) == (
        f"finding-{7:016x}", "series Spring", "not re-run: series locked"
    )  # fmt: skip
    assert not report.verification.unlock.isHidden()


def test_a_file_that_is_no_report_is_an_error_in_words(
    report: ReportPage, case_window: MainWindow, tmp_path: Path, settle: Callable[[], None]
) -> None:
    (tmp_path / "other.pdf").write_bytes(b"not a PDF")
    report.verification.verify(tmp_path / "other.pdf")
    settle()
    assert report.verification.result.text() == "other.pdf could not be verified."
    assert case_window.errors.isVisible()


def test_issuing_warns_of_an_opinion_that_was_not_given(
    qtbot: QtBot, report: ReportPage, case_window: MainWindow
) -> None:
    qtbot.keyClicks(report.opinion.editor, "Not given yet")
    case_window.commands.run("report.issue")
    form = dialog(IssueDialog)
    texts = [form.form.itemAt(place).widget() for place in range(form.form.count())]
    assert any("has not been given" in getattr(widget, "text", str)() for widget in texts)
    form.out.setText("/nowhere/at/all.pdf")
    assert form.missing.text() == "The folder does not exist."
    form.out.setText("report.txt")
    assert form.missing.text() == "The file's name must end in .pdf."
    form.reject()


def test_the_fields_say_what_will_be_printed(report: ReportPage, case_window: MainWindow) -> None:
    shown = {name: label.text() for name, label in report.fields._labels.items()}
    assert shown == {
        "Laboratory": "Laboratory, Here",
        "Customer": "Customer",
        "Reference": "R-12",
        "Authoriser": "Administrator (administrator)",
    }
