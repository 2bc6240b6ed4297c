"""Files that a person brings to a form."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from gui.widgets import forms
from gui.widgets.files import FilesField
from tests.gui.driving import drop


@pytest.fixture
def field(qtbot: QtBot) -> FilesField:
    made = FilesField("Scans")
    qtbot.addWidget(made)
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.tif", "a.tif"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "inner").mkdir()
    return tmp_path


def test_a_folder_stands_for_the_files_directly_inside_it_and_none_stands_twice(
    field: FilesField, folder: Path
) -> None:
    drop(field.list, [folder / "b.tif"])
    drop(field.list, [folder])
    assert field.paths() == (folder / "b.tif", folder / "a.tif")
    assert field.state.text() == "2 files"


def test_files_and_folders_are_chosen_in_dialogs(
    qtbot: QtBot, field: FilesField, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forms, "choose_files", lambda *_: [folder / "b.tif"])
    monkeypatch.setattr(forms, "choose_folder", lambda *_: folder)
    qtbot.mouseClick(field.add_files, Qt.MouseButton.LeftButton)
    assert field.paths() == (folder / "b.tif",)
    qtbot.mouseClick(field.add_folder, Qt.MouseButton.LeftButton)
    assert len(field.paths()) == 2
    monkeypatch.setattr(forms, "choose_folder", lambda *_: None)
    qtbot.mouseClick(field.add_folder, Qt.MouseButton.LeftButton)
    assert len(field.paths()) == 2


def test_what_is_no_image_is_left_out_and_counted(field: FilesField, folder: Path) -> None:
    (folder / "notes.txt").write_bytes(b"")
    drop(field.list, [folder])
    assert field.paths() == (folder / "a.tif", folder / "b.tif")
    assert field.state.text() == "2 files; left out as no image: 1"
    drop(field.list, [folder / "a.tif"])
    assert field.state.text() == "2 files"


@pytest.mark.parametrize("by_key", [True, False])
def test_chosen_files_are_removed(qtbot: QtBot, field: FilesField, folder: Path, by_key: bool) -> None:
    changes = []
    field.add([folder / "a.tif", folder / "b.tif"])
    field.changed.connect(lambda: changes.append(field.paths()))
    field.list.item(0).setSelected(True)
    if by_key:
        qtbot.keyClick(field.list, Qt.Key.Key_Delete)
    else:
        qtbot.mouseClick(field.remove, Qt.MouseButton.LeftButton)
    assert changes == [(folder / "b.tif",)]
