"""Stores from the window: create, open, read only, damaged, actors, verify, close."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from engine.core.case import Role
from gui.shell import stores as store_actions
from gui.shell.actors import AddActorDialog, ChooseActorDialog
from gui.shell.stores import CreateStoreDialog
from gui.shell.window import MainWindow
from gui.widgets import forms
from gui.widgets.notes import NoteDialog


def dialog(kind: type) -> object:
    """Return the open dialog of a kind."""
    return next(w for w in QApplication.topLevelWidgets() if isinstance(w, kind) and w.isVisible())


def test_a_store_is_created_from_the_start_screen(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, settle: Callable[[], None]
) -> None:
    button = next(b for b in window.start.findChildren(QPushButton) if b.text().startswith("Create"))
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    form = dialog(CreateStoreDialog)
    assert not form.accept_button.isEnabled()
    assert form.missing.text() == "Name is needed."
    qtbot.keyClicks(form.name, "New")
    form.place.setText(str(tmp_path))
    qtbot.keyClicks(form.laboratory, "Laboratory")
    assert form.missing.text() == "Administrator is needed."
    qtbot.keyClicks(form.administrator, "Administrator")
    qtbot.keyClick(form.administrator, Qt.Key.Key_Return)
    settle()
    session = window.session
    assert session.store is not None
    assert session.store.path == tmp_path / "New.touchstone"
    assert session.actor is not None
    assert session.actor.role is Role.ADMINISTRATOR
    assert window.current_page == "case"
    assert window.settings.recent_stores == (tmp_path / "New.touchstone",)


def test_a_name_that_is_a_path_or_taken_is_refused(qtbot: QtBot, window: MainWindow, store_folder: Path) -> None:
    window.stores.create()
    form = dialog(CreateStoreDialog)
    form.laboratory.setText("L")
    form.administrator.setText("A")
    form.place.setText(str(store_folder.parent))
    form.name.setText("Laboratory")
    assert form.missing.text() == "There is a store of that name already."
    form.name.setText("../Other")
    assert form.missing.text() == "The name must not hold a path."
    form.name.setText("Other")
    assert form.accept_button.isEnabled()
    form.place.setText(str(store_folder / "missing"))
    assert form.missing.text() == "The folder does not exist."


def test_a_folder_that_is_no_store_is_an_error_in_words(
    window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settle: Callable[[], None]
) -> None:
    monkeypatch.setattr(forms, "choose_folder", lambda *_: tmp_path)
    window.commands.run("store.open")
    settle()
    assert "There is no store" in window.errors.what.text()
    assert window.session.store is None


def test_a_recent_store_opens_by_keyboard(
    qtbot: QtBot, window: MainWindow, store_folder: Path, settle: Callable[[], None]
) -> None:
    window.settings.remember_store(store_folder)
    window.start.show_recent(window.settings.recent_stores)
    qtbot.keyClick(window.start.recent, Qt.Key.Key_Return)
    settle()
    assert window.session.store is not None


def test_a_store_opened_for_reading_records_nothing(
    window: MainWindow, store_folder: Path, monkeypatch: pytest.MonkeyPatch, settle: Callable[[], None]
) -> None:
    monkeypatch.setattr(forms, "choose_folder", lambda *_: store_folder)
    window.commands.run("store.open_read_only")
    settle()
    assert not window.session.can_record
    assert not window.commands.action("case.new").isEnabled()
    assert window.statusBar().store.text() == "Laboratory (read-only)"


def test_a_damaged_store_opens_for_reading_and_says_what_is_damaged(
    window: MainWindow, store_folder: Path, settle: Callable[[], None]
) -> None:
    ledger = store_folder / "ledger.jsonl"
    ledger.write_bytes(ledger.read_bytes().replace(b"Administrator", b"Adminiztrator"))
    window.stores.open_folder(store_folder)
    settle()
    assert window.errors.isVisible()
    assert window.session.store is None
    window.stores.open_folder(store_folder, read_only=True)
    settle()
    assert window.session.store is not None
    assert dialog(NoteDialog).text.toPlainText()
    assert not window.session.can_record


def test_actors_are_added_by_administrators_and_chosen(
    qtbot: QtBot, open_window: MainWindow, settle: Callable[[], None]
) -> None:
    open_window.commands.run("actor.add")
    form = dialog(AddActorDialog)
    qtbot.keyClicks(form.name, "Examiner")
    form.role.setCurrentText("examiner")
    qtbot.mouseClick(form.accept_button, Qt.MouseButton.LeftButton)
    settle()
    dialog(NoteDialog).close()
    open_window.commands.run("actor.choose")
    settle()
    choice = dialog(ChooseActorDialog)
    choice.field.setCurrentText("Examiner (examiner)")
    qtbot.mouseClick(choice.accept_button, Qt.MouseButton.LeftButton)
    assert open_window.session.actor is not None
    assert open_window.session.actor.role is Role.EXAMINER
    assert open_window.statusBar().actor.text() == "Examiner (examiner)"
    assert not open_window.commands.action("actor.add").isEnabled()


def test_with_several_actors_the_window_asks_who_works(
    qtbot: QtBot, open_window: MainWindow, store_folder: Path, settle: Callable[[], None]
) -> None:
    from engine.workflows.cases import add_actor

    session = open_window.session
    assert session.store is not None and session.actor is not None
    add_actor(session.store, session.actor, "Examiner", Role.EXAMINER)
    open_window.commands.run("store.close")
    settle()
    assert open_window.stack.currentWidget() is open_window.start
    open_window.settings.remember_place(store_folder, {})
    open_window.stores.open_folder(store_folder)
    settle()
    assert session.actor is None
    assert not session.can_record
    form = dialog(ChooseActorDialog)
    qtbot.mouseClick(form.accept_button, Qt.MouseButton.LeftButton)
    assert session.actor is not None


def test_verifying_tells_the_outcome(qtbot: QtBot, open_window: MainWindow, settle: Callable[[], None]) -> None:
    open_window.commands.run("store.verify")
    settle()
    note = dialog(NoteDialog)
    assert note.text.toPlainText() == "2 events checked, nothing is damaged."


def test_the_demonstration_store_opens_where_it_exists(
    window: MainWindow, store_folder: Path, monkeypatch: pytest.MonkeyPatch, settle: Callable[[], None]
) -> None:
    monkeypatch.setattr(store_actions, "demonstration_folder", lambda: store_folder)
    window.commands.run("store.demo")
    settle()
    assert window.session.store is not None
    assert window.session.store.path == store_folder


def test_in_the_demonstration_the_examiner_works(
    window: MainWindow, store_folder: Path, monkeypatch: pytest.MonkeyPatch, settle: Callable[[], None]
) -> None:
    from engine.workflows.cases import add_actor
    from engine.workflows.stores import open_store

    with open_store(store_folder) as store:
        add_actor(store, store.actors()[0], "Verifier", Role.VERIFIER)
        add_actor(store, store.actors()[0], "Examiner", Role.EXAMINER)
    monkeypatch.setattr(store_actions, "demonstration_folder", lambda: store_folder)
    window.commands.run("store.demo")
    settle()
    assert window.session.actor is not None
    assert window.session.actor.name == "Examiner"
