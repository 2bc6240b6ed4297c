"""The main window: start screen, pages, menus, focus, what it remembers, closing."""

import importlib
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from gui.pages import PAGES
from gui.session import Session
from gui.shell import theme
from gui.shell.settings import WindowSettings
from gui.shell.tray import JobRow
from gui.shell.window import MainWindow
from gui.widgets.forms import FormDialog


def test_without_a_store_the_start_screen_says_what_to_do(window: MainWindow) -> None:
    assert window.stack.currentWidget() is window.start
    assert not any(window.rail.button(entry.key).isEnabled() for entry in PAGES)
    for key in ("store.demo", "store.create", "store.open"):
        assert window.commands.action(key).isEnabled()
    window.show_page("case")
    assert window.current_page == ""


def test_the_pages_are_what_the_table_says(open_window: MainWindow) -> None:
    for entry in PAGES:
        page = open_window.page(entry.key)
        assert page.title == entry.title
        assert page.icon == entry.icon


@pytest.mark.parametrize("number", range(len(PAGES)))
def test_pages_open_by_rail_and_by_shortcut(qtbot: QtBot, open_window: MainWindow, number: int) -> None:
    entry = PAGES[number]
    qtbot.keyClick(open_window, getattr(Qt.Key, f"Key_{number + 1}"), Qt.KeyboardModifier.ControlModifier)
    assert open_window.current_page == entry.key
    other = PAGES[(number + 1) % len(PAGES)]
    qtbot.mouseClick(open_window.rail.button(other.key), Qt.MouseButton.LeftButton)
    assert open_window.current_page == other.key
    assert open_window.rail.button(other.key).isChecked()
    assert not open_window.rail.button(entry.key).isChecked()


def test_arrow_keys_move_along_the_rail(qtbot: QtBot, open_window: MainWindow) -> None:
    first, last = open_window.rail.button(PAGES[0].key), open_window.rail.button(PAGES[-1].key)
    first.setFocus()
    qtbot.keyClick(first, Qt.Key.Key_Up)
    assert last.hasFocus()
    qtbot.keyClick(last, Qt.Key.Key_Down)
    assert first.hasFocus()
    qtbot.keyClick(last, Qt.Key.Key_Space)
    assert open_window.current_page == PAGES[-1].key


def test_a_ring_surrounds_whatever_has_the_keyboard(qtbot: QtBot, open_window: MainWindow) -> None:
    ring = open_window.focus_ring
    for entry in PAGES:
        button = open_window.rail.button(entry.key)
        button.setFocus(Qt.FocusReason.TabFocusReason)
        qtbot.waitUntil(lambda b=button: ring.target is b)
        assert ring.isVisible()
        assert ring.geometry().intersects(open_window.rail.geometry())
    open_window.rail.button("case").hide()
    open_window.rail.button("case").setFocus()
    assert ring.target is not open_window.rail.button("case")


def test_the_place_is_restored(
    qtbot: QtBot, case_window: MainWindow, settings: WindowSettings, settle: Callable[[], None], store_folder: Path
) -> None:
    case_window.show_page("report")
    settle()
    case_id, actor = case_window.session.case_id, case_window.session.actor
    assert case_window.close()
    session = Session()
    again = MainWindow(session, settings)
    qtbot.addWidget(again)
    again.show()
    again.restore()
    qtbot.waitUntil(lambda: session.settled and session.store is not None, timeout=10_000)
    assert session.store is not None
    assert session.store.path == store_folder
    assert session.case_id == case_id
    assert session.actor == actor
    assert again.current_page == "report"
    assert not settings.geometry.isEmpty()  # the offscreen screen is too small to compare sizes
    again.close()


def test_closing_while_work_is_under_way_asks_first(qtbot: QtBot, open_window: MainWindow) -> None:
    started = threading.Event()

    def work(context: object) -> None:
        started.set()
        while not context.cancelled:  # type: ignore[attr-defined]
            pass

    job = open_window.session.run("Endless", work, done=lambda _: None)
    qtbot.waitUntil(started.is_set)
    assert not open_window.close()
    form = next(w for w in open_window.findChildren(FormDialog) if w.isVisible())
    qtbot.mouseClick(form.cancel_button, Qt.MouseButton.LeftButton)
    assert open_window.isVisible()
    assert not job.state.ended
    assert not open_window.close()
    form = next(w for w in open_window.findChildren(FormDialog) if w.isVisible())
    qtbot.mouseClick(form.accept_button, Qt.MouseButton.LeftButton)
    assert not open_window.isVisible()
    assert job.state.ended


def test_the_status_bar_says_who_works_where_and_how_far_the_ledger_reaches(
    open_window: MainWindow, settle: Callable[[], None]
) -> None:
    bar = open_window.statusBar()
    store = open_window.session.store
    assert store is not None
    assert bar.actor.text() == "Administrator (administrator)"
    assert bar.store.text() == "Laboratory"
    assert bar.head.text() == f"2 events, HEAD {store.head.hash[:12]}"
    from engine.workflows.cases import open_case

    assert open_window.session.actor is not None
    open_case(store, open_window.session.actor, "A case")
    open_window.session.records_changed.emit()
    settle()
    assert bar.head.text().startswith("3 events")


def test_the_start_screen_shows_the_work_that_the_person_waits_for(qtbot: QtBot, window: MainWindow) -> None:
    release = threading.Event()
    window.session.run("Make the demonstration store", lambda context: release.wait(30), done=lambda _: None)
    rows = window.start.findChildren(JobRow)
    assert [row.title.text() for row in rows] == ["Make the demonstration store"]
    qtbot.waitUntil(lambda: rows[0].isVisible() and rows[0].words.text() == "Running")
    release.set()
    qtbot.waitUntil(lambda: not window.start.findChildren(JobRow))


def test_pages_are_built_one_after_another_and_imported_off_the_windows_thread(
    window: MainWindow, store_folder: Path, monkeypatch: pytest.MonkeyPatch, settle: Callable[[], None]
) -> None:
    turns = [0]
    timer = QTimer()
    timer.timeout.connect(lambda: turns.append(turns.pop() + 1))
    timer.start(0)
    built: dict[str, int] = {}
    asked: set[str] = set()
    build, load = MainWindow.page, importlib.import_module

    def counted(self: MainWindow, key: str) -> QWidget:
        built.setdefault(key, turns[0])
        return build(self, key)

    def seen(name: str) -> ModuleType:
        if threading.current_thread() is not threading.main_thread():
            asked.add(name)
        return load(name)

    monkeypatch.setattr(MainWindow, "page", counted)
    monkeypatch.setattr(importlib, "import_module", seen)
    window.stores.open_folder(store_folder)
    settle()
    timer.stop()
    assert set(built) == {entry.key for entry in PAGES}
    assert len(set(built.values())) == len(PAGES), "two pages were built in one turn of the event loop"
    assert {entry.module for entry in PAGES} <= asked


def test_what_is_styled_beyond_the_palette_is_styled_in_dialogs_too(
    qtbot: QtBot, window: MainWindow, qapp: QApplication
) -> None:
    assert qapp.styleSheet() == "", "rules on the application make every page three times as long to build"
    form = FormDialog("Title", "Accept", lambda: None, window)
    field = form.add_line("Name")
    form.open()
    for scheme, colours in ((theme.Scheme.DARK, theme.DARK), (theme.Scheme.LIGHT, theme.LIGHT)):
        theme.apply(qapp, scheme)
        qapp.processEvents()
        edge = field.grab().toImage().pixelColor(field.width() // 2, 0)
        assert edge.name() == colours.edge
