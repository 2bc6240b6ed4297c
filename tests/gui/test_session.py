"""The session: signals, results on the window's thread, cancel, close."""

import threading
from collections.abc import Callable
from pathlib import Path

from pytestqt.qtbot import QtBot

from engine.core.errors import InputError
from engine.jobs import JobContext, JobState
from gui.session import Session


def test_a_result_arrives_on_the_threads_of_the_window(qtbot: QtBot, session: Session) -> None:
    seen: list[tuple[int, bool, bool]] = []
    here = threading.current_thread()

    def work(context: JobContext) -> bool:
        return threading.current_thread() is here

    session.run("Sum", work, done=lambda on_window: seen.append((1, on_window, threading.current_thread() is here)))
    qtbot.waitUntil(lambda: bool(seen))
    assert seen == [(1, False, True)]


def test_an_error_goes_to_its_handler_or_else_to_the_error_dialog(
    session: Session, errors: list[tuple[str, BaseException]], settle: Callable[[], None]
) -> None:
    handled: list[BaseException] = []

    def work(context: JobContext) -> None:
        raise InputError("It cannot be", where="here", remedy="Do otherwise.")

    session.run("Handled", work, done=lambda _: None, failed=handled.append)
    session.run("Shown", work, done=lambda _: None)
    settle()
    assert len(handled) == 1
    assert [title for title, _ in errors] == ["Shown"]


def test_cancelled_work_calls_ended_alone(
    qtbot: QtBot, session: Session, errors: list[tuple[str, BaseException]], settle: Callable[[], None]
) -> None:
    started, calls = threading.Event(), []

    def work(context: JobContext) -> None:
        started.set()
        while True:
            context.check_cancelled()

    job = session.run("Endless", work, done=lambda _: calls.append("done"), ended=lambda: calls.append("ended"))
    qtbot.waitUntil(started.is_set)
    assert session.busy
    job.cancel()
    settle()
    assert job.state is JobState.CANCELLED
    assert calls == ["ended"]
    assert not errors
    assert not session.busy


def test_many_reports_of_progress_are_delivered_as_few(session: Session, settle: Callable[[], None]) -> None:
    changes: list[object] = []
    session.job_changed.connect(changes.append)

    def work(context: JobContext) -> None:
        for number in range(20_000):
            context.progress(number, 20_000)

    job = session.run("Chatty", work, done=lambda _: None)
    settle()
    assert job.state is JobState.FINISHED
    assert 0 < len(changes) < 5_000


def test_questions_do_not_wait_behind_long_work(qtbot: QtBot, session: Session) -> None:
    release, answers = threading.Event(), []
    for _ in range(3):
        session.run("Long", lambda context: release.wait(30), done=lambda _: None)
    session.query(lambda context: "answer", done=answers.append)
    qtbot.waitUntil(lambda: bool(answers))
    release.set()
    qtbot.waitUntil(lambda: session.settled)


def test_closing_cancels_joins_and_delivers_nothing(qtbot: QtBot) -> None:
    session, started, delivered = Session(), threading.Event(), []

    def work(context: JobContext) -> None:
        started.set()
        while not context.cancelled:
            pass

    session.run("Endless", work, done=delivered.append)
    qtbot.waitUntil(started.is_set)
    session.close()
    session.close()
    qtbot.wait(50)
    assert not delivered


def test_assigning_says_what_changed_once(qtbot: QtBot, session: Session) -> None:
    seen: list[str] = []
    session.case_changed.connect(lambda: seen.append("case"))
    session.selection_changed.connect(lambda: seen.append("selection"))
    session.leaving.connect(lambda: seen.append("leaving"))
    session.questioned_id = "capture-1"
    session.questioned_id = "capture-1"
    session.case_id = "case-1"
    assert seen == ["selection", "leaving", "case", "selection"]
    assert session.questioned_id is None


def test_another_store_closes_the_one_before_and_forgets_the_case(
    session: Session, store_folder: Path, settle: Callable[[], None]
) -> None:
    from engine.workflows.stores import open_store

    first, second = open_store(store_folder), open_store(store_folder, read_only=True)
    session.store = first
    session.actor = first.actors()[0]
    assert session.can_record
    session.case_id = "case-1"
    session.store = second
    assert session.case_id is None
    assert session.actor is None
    session.query(lambda context: first.read_only, done=lambda closed: seen.append(closed))
    seen: list[bool] = []
    settle()
    assert seen == [True]
    assert not session.can_record
