"""Whole stores in the window: verify, export, import, back up, rebuild; cancelled, refused, damaged."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.jobs import JobContext, JobState
from gui.shell.transfers import ImportStoreDialog
from gui.shell.window import MainWindow
from gui.widgets import forms
from gui.widgets.notes import NoteDialog

Settle = Callable[[], None]


def dialog(kind: type) -> object:
    """Return the open dialog of a kind."""
    return next(w for w in QApplication.topLevelWidgets() if isinstance(w, kind) and w.isVisible())


def told() -> list[str]:
    """Return the lines of the open note."""
    note = dialog(NoteDialog)
    lines = note.text.toPlainText().splitlines()
    note.close()
    return lines


@pytest.fixture
def exported(store_folder: Path, tmp_path: Path) -> Path:
    from engine.workflows.stores import export_to_zip

    export_to_zip(store_folder, tmp_path / "Case files.zip", JobContext())
    return tmp_path / "Case files.zip"


def test_every_entry_stands_in_the_store_menu(window: MainWindow) -> None:
    keys = {action.objectName() for action in window._menus["Store"].actions()}
    assert {"store.verify", "store.export", "store.import", "store.backup", "store.rebuild"} <= keys
    enabled = {key for key in keys if window.commands.action(key).isEnabled()}
    assert "store.import" in enabled
    assert not enabled & {"store.verify", "store.export", "store.backup", "store.rebuild"}


def test_verifying_names_each_damaged_file(open_window: MainWindow, store_folder: Path, settle: Settle) -> None:
    store = open_window.session.store
    assert store is not None
    sha256 = store.add_evidence(b"bytes", ".bin")
    (store_folder / "evidence" / f"{sha256}.bin").write_bytes(b"other")
    open_window.commands.run("store.verify")
    settle()
    first, second = told()
    assert first == "2 events checked, 1 problem found."
    assert sha256 in second and "damaged" in second


def test_the_store_is_exported_and_imported_under_another_name(
    qtbot: QtBot, case_window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settle: Settle
) -> None:
    monkeypatch.setattr(forms, "choose_free_file", lambda *_: tmp_path / "taken away")
    case_window.commands.run("store.export")
    settle()
    assert told()[0] == f"2 files exported to {tmp_path / 'taken away.zip'}."
    monkeypatch.setattr(forms, "choose_files", lambda *_: [tmp_path / "taken away.zip"])
    case_window.commands.run("store.import")
    form = dialog(ImportStoreDialog)
    assert form.missing.text() == "Choose the exported file."
    form.source.setText(str(tmp_path / "taken away.zip"))
    assert form.name.text() == "taken away"
    form.place.setText(str(tmp_path))
    form.name.selectAll()
    qtbot.keyClicks(form.name, "../x")
    assert form.missing.text() == "The name must not hold a path."
    form.name.selectAll()
    qtbot.keyClicks(form.name, "Laboratory")
    assert form.missing.text() == "There is a store of that name already."
    form.name.selectAll()
    qtbot.keyClicks(form.name, "Elsewhere")
    qtbot.mouseClick(form.accept_button, Qt.MouseButton.LeftButton)
    settle()
    folder = tmp_path / "Elsewhere.touchstone"
    assert told() == [f"5 events imported into {folder}: 1 case and 0 captures."]
    session = case_window.session
    assert session.store is not None and session.store.path == folder
    assert [case.title for case in session.store.cases()] == ["Two labels"]


def test_a_foreign_file_that_is_no_export_is_an_error_in_words_and_leaves_nothing(
    window: MainWindow, tmp_path: Path, settle: Settle
) -> None:
    (tmp_path / "no.zip").write_bytes(b"PK nonsense")
    window.transfers._import(tmp_path / "no.zip", tmp_path / "New.touchstone")
    settle()
    assert "This is no export of a store" in window.errors.what.text()
    assert sorted(path.name for path in tmp_path.iterdir() if "New" in path.name) == []
    assert window.session.store is None


def test_nothing_is_exported_over_a_file_that_exists(
    open_window: MainWindow, exported: Path, monkeypatch: pytest.MonkeyPatch, settle: Settle
) -> None:
    before = exported.read_bytes()
    monkeypatch.setattr(forms, "choose_free_file", lambda *_: exported)
    open_window.commands.run("store.export")
    settle()
    assert "There is something already" in open_window.errors.what.text()
    assert exported.read_bytes() == before


def test_a_backup_is_copied_checked_and_named(
    open_window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settle: Settle
) -> None:
    from engine.workflows.stores import open_store

    place = tmp_path / "backups"
    place.mkdir()
    monkeypatch.setattr(forms, "choose_folder", lambda *_: place)
    open_window.commands.run("store.backup")
    settle()
    (copy,) = place.iterdir()
    assert told() == [f"Backed up to {copy}.", "The copy was checked and is whole."]
    with open_store(copy, read_only=True) as store:
        assert store.laboratory == "Laboratory"


@pytest.mark.parametrize("key", ["store.export", "store.backup", "store.verify", "store.rebuild"])
def test_work_that_is_cancelled_leaves_nothing_and_tells_no_result(
    open_window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settle: Settle, key: str
) -> None:
    place = tmp_path / "target"
    place.mkdir()
    monkeypatch.setattr(forms, "choose_folder", lambda *_: place)
    monkeypatch.setattr(forms, "choose_free_file", lambda *_: place / "x.zip")
    checks: list[JobContext] = []
    check = JobContext.check_cancelled

    def cancelled_at_the_second(context: JobContext) -> None:
        checks.append(context)
        if checks.count(context) == 2:  # the first is the job's own, before the work begins
            context.cancel()
        check(context)

    monkeypatch.setattr(JobContext, "check_cancelled", cancelled_at_the_second)
    open_window.commands.run(key)
    settle()
    (row,) = [row for row in open_window.tray.rows() if not row.job.title.startswith("Open")]
    assert row.job.state is JobState.CANCELLED
    assert list(place.iterdir()) == []
    assert not [w for w in QApplication.topLevelWidgets() if isinstance(w, NoteDialog) and w.isVisible()]


def test_the_cache_is_rebuilt_and_answers_stay(case_window: MainWindow, store_folder: Path, settle: Settle) -> None:
    store = case_window.session.store
    assert store is not None
    store.pyramid_path("0" * 64, 0).write_bytes(b"tiles")
    case_window.commands.run("store.rebuild")
    settle()
    assert told() == ["The cache was emptied; it fills again as it is needed."]
    assert not (store_folder / "cache").exists()
    assert [case.title for case in store.cases()] == ["Two labels"]
    case_window.commands.run("store.rebuild")
    settle()
    assert told() == ["Nothing was left to do."]


def test_a_store_whose_head_is_lost_is_mended_by_rebuilding(
    window: MainWindow, store_folder: Path, settle: Settle
) -> None:
    head = store_folder / "HEAD"
    data = head.read_bytes()
    ledger = store_folder / "ledger.jsonl"
    lines = ledger.read_bytes().splitlines(keepends=True)
    from engine.workflows.cases import open_case
    from engine.workflows.stores import open_store

    with open_store(store_folder) as store:
        for title in ("One", "Two", "Three"):
            open_case(store, store.actors()[0], title)
    head.write_bytes(data)
    assert len(lines) == 2
    window.stores.open_folder(store_folder, read_only=True)
    settle()
    assert "HEAD is older than the ledger" in " ".join(told())
    window.commands.run("store.rebuild")
    settle()
    assert window.session.can_record
    assert window.session.store is not None and len(window.session.store.cases()) == 3


def test_a_store_opened_for_reading_is_not_rebuilt(window: MainWindow, store_folder: Path, settle: Settle) -> None:
    window.stores.open_folder(store_folder, read_only=True)
    settle()
    assert not window.commands.action("store.rebuild").isEnabled()
    assert window.commands.action("store.export").isEnabled()
