"""The job tray: progress, time left, cancel, failures and history."""

import threading
from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from engine.core.errors import ImagingError
from engine.jobs import JobContext, JobState
from gui.session import Session
from gui.shell.tray import KEPT, JobSummary, JobTray, time_left
from gui.shell.window import MainWindow


@pytest.fixture
def tray(qtbot: QtBot, session: Session) -> JobTray:
    made = JobTray(session)
    qtbot.addWidget(made)
    made.show()
    return made


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, ""), (0.3, "nearly done"), (12.4, "about 12 s left"), (89, "about 89 s left"), (300, "about 5 min left")],
)
def test_time_left_in_words(seconds: float | None, text: str) -> None:
    assert time_left(seconds) == text


def test_a_running_job_shows_progress_and_time_and_can_be_cancelled(
    qtbot: QtBot, session: Session, tray: JobTray, settle: Callable[[], None]
) -> None:
    def work(context: JobContext) -> None:
        context.progress(25, 100, "file 25")
        while True:
            context.check_cancelled()

    session.run("Take in 100 files", work, done=lambda _: None)
    row = tray.rows()[0]
    qtbot.waitUntil(lambda: row.bar.value() == 250)
    assert row.words.text().startswith("file 25, ")
    qtbot.mouseClick(row.button, Qt.MouseButton.LeftButton)
    settle()
    assert row.job.state is JobState.CANCELLED
    assert row.words.text() == "Cancelled"
    assert not row.button.isVisible()


def test_work_without_measure_shows_that_it_runs(qtbot: QtBot, session: Session, tray: JobTray) -> None:
    release = threading.Event()
    session.run("Open", lambda context: release.wait(30), done=lambda _: None)
    row = tray.rows()[0]
    qtbot.waitUntil(lambda: row.bar.maximum() == 0)
    assert row.words.text() == "Running"
    release.set()
    qtbot.waitUntil(lambda: row.words.text() == "Finished")
    assert not row.bar.isVisible()


def test_a_failed_job_stays_and_offers_its_details(
    qtbot: QtBot, session: Session, tray: JobTray, settle: Callable[[], None], errors: list[tuple[str, BaseException]]
) -> None:
    def work(context: JobContext) -> None:
        raise ImagingError("The file is cut short", where="a.tif", remedy="Copy it again.")

    session.run("Take in a.tif", work, done=lambda _: None)
    settle()
    row = tray.rows()[0]
    assert row.words.text() == "Failed: The file is cut short"
    with qtbot.waitSignal(tray.details_wanted) as wanted:
        qtbot.mouseClick(row.button, Qt.MouseButton.LeftButton)
    assert wanted.args[0] == "Take in a.tif"
    assert isinstance(wanted.args[1], ImagingError)


def test_the_history_is_bounded_and_can_be_cleared(session: Session, tray: JobTray, settle: Callable[[], None]) -> None:
    for number in range(KEPT + 5):
        session.run(f"Job {number}", lambda context: None, done=lambda _: None)
        settle()
    assert len(tray.rows()) == KEPT
    assert tray.rows()[-1].job.title == f"Job {KEPT + 4}"
    tray.clear_history()
    assert not tray.rows()


def test_the_summary_counts_what_runs_and_what_failed(
    qtbot: QtBot, session: Session, tray: JobTray, settle: Callable[[], None], errors: list[tuple[str, BaseException]]
) -> None:
    summary = JobSummary(tray)
    qtbot.addWidget(summary)
    assert summary.text() == "Jobs"
    release = threading.Event()

    def work(context: JobContext) -> None:
        context.progress(1, 2)
        release.wait(30)
        raise ImagingError("It failed")

    session.run("One", work, done=lambda _: None)
    qtbot.waitUntil(lambda: summary.text() == "One 50 %")
    session.run("Two", work, done=lambda _: None)
    assert summary.text() == "2 jobs"
    release.set()
    settle()
    assert summary.text() == "Jobs: 2 failed"


def test_titles_from_outside_are_plain_text(session: Session, tray: JobTray, settle: Callable[[], None]) -> None:
    session.run("<b>bold</b>.tif", lambda context: None, done=lambda _: None)
    settle()
    title = tray.rows()[0].title
    assert title.textFormat() is Qt.TextFormat.PlainText
    assert title.toolTip().startswith("<p")  # escaped by Qt, so that it is shown as written
    assert "&lt;b&gt;" in title.toolTip()


def test_the_tray_opens_from_the_status_bar_and_by_shortcut(qtbot: QtBot, window: MainWindow) -> None:
    assert window.dock.isHidden()
    qtbot.keyClick(window, Qt.Key.Key_J, Qt.KeyboardModifier.ControlModifier)
    assert window.dock.isVisible()
    qtbot.mouseClick(window.statusBar().findChild(JobSummary), Qt.MouseButton.LeftButton)
    assert window.dock.isHidden()
