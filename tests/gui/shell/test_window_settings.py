"""What the window remembers; a damaged file counts as empty."""

from pathlib import Path

from gui.shell.settings import RECENT_STORES, WindowSettings
from gui.shell.theme import Scheme


def test_everything_survives_a_restart(tmp_path: Path) -> None:
    folder = tmp_path / "A.touchstone"
    folder.mkdir()
    settings = WindowSettings(tmp_path / "w.ini")
    settings.scheme = Scheme.DARK
    settings.remember_store(folder)
    settings.last_store = folder
    settings.remember_place(folder, {"actor": "actor-1", "page": "report"})
    settings.save()
    again = WindowSettings(tmp_path / "w.ini")
    assert again.scheme is Scheme.DARK
    assert again.recent_stores == (folder,)
    assert again.last_store == folder
    assert again.place(folder) == {"actor": "actor-1", "page": "report"}


def test_recent_stores_are_few_distinct_newest_first_and_existing(tmp_path: Path) -> None:
    settings = WindowSettings(tmp_path / "w.ini")
    folders = [tmp_path / f"{number}.touchstone" for number in range(RECENT_STORES + 2)]
    for folder in folders:
        folder.mkdir()
        settings.remember_store(folder)
    settings.remember_store(folders[5])
    assert settings.recent_stores[0] == folders[5]
    assert len(settings.recent_stores) == RECENT_STORES
    folders[5].rmdir()
    assert folders[5] not in settings.recent_stores


def test_a_damaged_file_counts_as_empty(tmp_path: Path) -> None:
    path = tmp_path / "w.ini"
    path.write_text('[General]\nscheme=purple\nrecent="[1, {"\nplaces="[]"\nlast_store=/nowhere\ngeometry=7\n')
    settings = WindowSettings(path)
    assert settings.scheme is Scheme.SYSTEM
    assert settings.recent_stores == ()
    assert settings.last_store is None
    assert settings.place(tmp_path) == {}
    assert settings.geometry.isEmpty()
