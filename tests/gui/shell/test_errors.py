"""Errors: in words, in the log, in a dialog that blocks nothing; hooks for every thread."""

import logging
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from engine.core.errors import StoreError
from engine.jobs import JobContext
from gui.session import Session
from gui.shell import errors as faults
from gui.shell.window import MainWindow


def test_an_expected_error_says_what_where_and_remedy(qtbot: QtBot, window: MainWindow) -> None:
    window.report_error(
        "Open Laboratory", StoreError("The ledger is cut short", where="ledger.jsonl", remedy="Restore it.")
    )
    dialog = window.errors
    assert dialog.isVisible()
    assert not dialog.isModal()
    assert dialog.what.text() == "Open Laboratory: The ledger is cut short"
    assert dialog.where.text() == "ledger.jsonl"
    assert dialog.remedy.text() == "Restore it."
    assert "StoreError" in dialog.details.toPlainText()
    assert not dialog.details.isVisible(), "who can mend it needs no trace"
    qtbot.mouseClick(dialog.show_details, Qt.MouseButton.LeftButton, pos=QPoint(5, dialog.show_details.height() // 2))
    assert dialog.details.isVisible()
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert not dialog.isVisible(), "Enter closes"


def test_markup_in_an_error_stays_text(window: MainWindow) -> None:
    window.report_error("", StoreError("<img src=x>", where="<b>x</b>", remedy="<i>y</i>"))
    dialog = window.errors
    for label in (dialog.what, dialog.where, dialog.remedy):
        assert label.textFormat() is Qt.TextFormat.PlainText
    assert dialog.what.text() == "<img src=x>"


def test_an_unexpected_fault_in_a_job_leaves_the_window_at_work(
    qtbot: QtBot, window: MainWindow, settle: Callable[[], None]
) -> None:
    def work(context: JobContext) -> None:
        raise ZeroDivisionError("by zero")

    window.session.run("Divide", work, done=lambda _: None)
    settle()
    assert "Unexpected fault: ZeroDivisionError" in window.errors.what.text()
    assert "test_errors.py" in window.errors.details.toPlainText()
    assert window.errors.details.isVisible()
    assert window.isVisible()
    qtbot.mouseClick(window.errors.findChildren(QPushButton)[0], Qt.MouseButton.LeftButton)


def test_earlier_errors_stay_in_the_list(window: MainWindow) -> None:
    for number in range(faults.KEPT + 3):
        window.report_error("", StoreError(f"Error {number}"))
    dialog = window.errors
    assert len(dialog.faults) == dialog.earlier.count() == faults.KEPT
    assert dialog.what.text() == f"Error {faults.KEPT + 2}"
    dialog.earlier.setCurrentRow(0)
    assert dialog.what.text() == "Error 3"


def test_details_can_be_copied(qtbot: QtBot, window: MainWindow) -> None:
    window.report_error("", StoreError("Something"))
    button = next(b for b in window.errors.findChildren(QPushButton) if b.text() == "Copy details")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert "StoreError: Something" in QApplication.clipboard().text()


@pytest.fixture
def hooks(session: Session) -> object:
    undo = faults.install_hooks(session.error_raised.emit)
    yield
    undo()


def test_an_error_that_nobody_caught_reaches_the_dialog(qtbot: QtBot, window: MainWindow, hooks: object) -> None:
    def slot() -> None:
        raise RuntimeError("in a slot")

    with qtbot.captureExceptions() as captured:  # pytest-qt stands in for the hook while it captures
        QTimer.singleShot(0, slot)
        qtbot.waitUntil(lambda: bool(captured))
    sys.excepthook(*captured[0])
    assert "in a slot" in window.errors.what.text()
    assert window.isVisible()


def test_an_error_in_a_foreign_thread_reaches_the_dialog(qtbot: QtBot, window: MainWindow, hooks: object) -> None:
    def work() -> None:
        raise RuntimeError("in a thread")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: bool(window.errors.faults))
    assert "in a thread" in window.errors.what.text()


def test_the_hooks_are_taken_back(session: Session) -> None:
    before = sys.excepthook, threading.excepthook
    faults.install_hooks(session.error_raised.emit)()
    assert (sys.excepthook, threading.excepthook) == before


def test_errors_are_logged_with_their_trace(tmp_path: Path, window: MainWindow) -> None:
    handler = faults.log_to(tmp_path / "log")
    try:
        window.report_error("Open", StoreError("The ledger is cut short"))
    finally:
        logging.getLogger("touchstone").removeHandler(handler)
        handler.close()
    text = (tmp_path / "log" / "touchstone.log").read_text()
    assert "ERROR Open" in text
    assert "StoreError: The ledger is cut short" in text
