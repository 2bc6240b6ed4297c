"""The window in tests: real workflows, a store of its own, and nothing left behind."""

import gc
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QTimer
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from gui.session import Session
from gui.shell import theme
from gui.shell.settings import WindowSettings
from gui.shell.window import MainWindow
from tests.gui.pictures import write_code

SETTLE_MS = 60_000


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let pass what the offscreen platform says of itself; every other warning of Qt fails its test."""
    for item in items:
        item.add_marker(pytest.mark.qt_log_ignore("This plugin does not support", extend=True))


@pytest.fixture(autouse=True)
def nothing_left(qapp: QApplication) -> Iterator[None]:
    """Fail the test that leaves a window, a thread or a running timer behind."""
    widgets = set(qapp.topLevelWidgets())
    threads = set(threading.enumerate())
    yield
    for _ in range(3):
        gc.collect()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        qapp.processEvents()
    left = [widget for widget in qapp.topLevelWidgets() if widget not in widgets and widget.isVisible()]
    running = [thread for thread in threading.enumerate() if thread not in threads and thread.name.startswith("touch")]
    timers = [timer for timer in qapp.findChildren(QTimer) if timer.isActive()]
    assert not left, f"windows left open: {left}"
    assert not running, f"threads left running: {running}"
    assert not timers, f"timers left running: {timers}"


@pytest.fixture(autouse=True)
def light(qapp: QApplication) -> None:
    """Begin every test in the light theme."""
    theme.apply(qapp, theme.Scheme.LIGHT)


@pytest.fixture
def settings(tmp_path: Path) -> WindowSettings:
    """Return settings in a file of the test's own, light theme."""
    made = WindowSettings(tmp_path / "window.ini")
    made.scheme = theme.Scheme.LIGHT
    return made


@pytest.fixture
def session() -> Iterator[Session]:
    """Return a session that is closed after the test."""
    made = Session()
    yield made
    made.close()


@pytest.fixture
def errors(session: Session) -> list[tuple[str, BaseException]]:
    """Collect what the session reports as errors."""
    seen: list[tuple[str, BaseException]] = []
    session.error_raised.connect(lambda title, error: seen.append((title, error)))
    return seen


@pytest.fixture
def window(qtbot: QtBot, session: Session, settings: WindowSettings) -> Iterator[MainWindow]:
    """Return the shown main window without a store."""
    made = MainWindow(session, settings)
    qtbot.addWidget(made)
    made.resize(1280, 800)
    with qtbot.waitExposed(made):
        made.show()
    made.activateWindow()
    yield made
    for dialog in made.findChildren(QWidget):
        if dialog.isWindow():
            dialog.close()
    session.close()


@pytest.fixture
def settle(qtbot: QtBot, session: Session) -> Callable[[], None]:
    """Return a function that waits until all work is done and delivered."""
    return lambda: qtbot.waitUntil(lambda: session.settled, timeout=SETTLE_MS)


@pytest.fixture
def store_folder(tmp_path: Path) -> Path:
    """Return the folder of a store with one administrator."""
    from engine.workflows.stores import create_store

    folder = tmp_path / "Laboratory.touchstone"
    create_store(folder, laboratory="Laboratory", location="Here", administrator="Administrator").close()
    return folder


@pytest.fixture
def open_window(window: MainWindow, store_folder: Path, settle: Callable[[], None]) -> MainWindow:
    """Return the window with the store open and its administrator at work."""
    window.stores.open_folder(store_folder)
    settle()
    return window


@pytest.fixture
def case_window(open_window: MainWindow, settle: Callable[[], None]) -> MainWindow:
    """Return the window on a new case with a questioned and a known item, without captures."""
    from engine.core.case import Standing
    from engine.workflows.cases import add_item, open_case

    session = open_window.session
    store, actor = session.store, session.actor
    assert store is not None and actor is not None
    case = open_case(store, actor, "Two labels", reference="R-12", customer="Customer")
    add_item(store, actor, case.id, "Q1", Standing.QUESTIONED, condition="intact", received="2026-01-02")
    add_item(store, actor, case.id, "K1", Standing.KNOWN)
    session.case_id = case.id
    settle()
    return open_window


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Return a folder with two captures, one of them with a scale tag, and a file that is no image."""
    folder = tmp_path / "files"
    folder.mkdir()
    write_code(folder / "questioned.png", seed=1)
    write_code(folder / "known.tif", seed=1, dpi=600)
    (folder / "broken.tif").write_bytes(b"II*\0 not an image")
    return folder


@pytest.fixture
def text_size(qapp: QApplication, request: pytest.FixtureRequest) -> Iterator[int]:
    """Set the text size of the whole program, in per cent."""
    before = qapp.font()
    larger = QFont(before)
    larger.setPointSizeF(before.pointSizeF() * request.param / 100)
    qapp.setFont(larger)
    yield request.param
    qapp.setFont(before)
