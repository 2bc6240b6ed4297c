"""What a crash left unfinished is removed by whoever works there next; what anybody may still need stays."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.core.errors import Cancelled
from engine.jobs import JobContext
from engine.store import Store, backup, export_store, import_store, rebuild, verify
from engine.store.folders import STALE
from tests.engine.store.samples import fill, take_in

HEX = "0123456789abcdef" * 2


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store.create(tmp_path / "lab.touchstone", laboratory="Lab", location="Town", administrator="Keeper")
    fill(store)
    return store


def unfinished(folder: Path, name: str, *, age: float = STALE + 60, stranger: bool = False) -> Path:
    path = folder / name
    (path / "evidence").mkdir(parents=True)
    (path / "evidence" / f".{HEX}.part").write_bytes(b"half a file")
    (path / "ledger.jsonl").write_bytes(b"{")
    if stranger:
        (path / "notes.txt").write_bytes(b"mine")
    then = time.time() - age
    for each in (*path.rglob("*"), path):
        os.utime(each, (then, then))
    return path


@pytest.mark.parametrize(
    "work",
    [
        lambda store, folder: Store.create(folder / "new", laboratory="L", location="", administrator="A"),
        lambda store, folder: backup(store.path, folder),
        lambda store, folder: import_store(folder.parent / "export.zip", folder / "copy"),
        lambda store, folder: export_store(store.path, folder / "other.zip"),
    ],
)
def test_the_next_work_in_a_folder_removes_what_a_crash_left_there(
    store: Store, tmp_path: Path, work: Callable[[Store, Path], object]
) -> None:
    export_store(store.path, tmp_path / "export.zip")
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    gone = unfinished(folder, f".lab.touchstone-{HEX}.part")
    old = folder / f".{HEX}.part"
    old.write_bytes(b"half a zip")
    os.utime(old, (0, 0))
    kept = [
        unfinished(folder, f".lab.touchstone-{HEX[::-1]}.part", age=60),
        unfinished(folder, f".mine-{HEX}.part", stranger=True),
        unfinished(folder, ".lab.touchstone.part"),
        unfinished(folder, f"lab-{HEX}.part"),
    ]
    link = folder / f".link-{HEX}.part"
    link.symlink_to(kept[1], target_is_directory=True)
    work(store, folder)
    assert not gone.exists() and not old.exists()
    assert all(path.exists() for path in (*kept, link))


def test_a_file_written_a_moment_ago_keeps_a_folder_that_is_old(tmp_path: Path) -> None:
    path = unfinished(tmp_path, f".lab.touchstone-{HEX}.part")
    (path / "evidence" / f".{HEX}.part").write_bytes(b"more of the file")
    Store.create(tmp_path / "new", laboratory="L", location="", administrator="A")
    assert path.exists()


def test_rebuild_says_what_it_removed_beside_the_store(store: Store) -> None:
    path = unfinished(store.path.parent, f".lab.touchstone-{HEX}.part")
    assert rebuild(store.path) == (f"{path.name}, which was never finished, was removed",)
    assert not path.exists()


class CancelsAfter(JobContext):
    """Cancelled at its ``checks``-th check."""

    def __init__(self, checks: int) -> None:
        super().__init__()
        self.left = checks

    def check_cancelled(self) -> None:
        self.left -= 1
        if self.left <= 0:
            self.cancel()
        super().check_cancelled()


def test_hashing_one_large_file_can_be_cancelled(store: Store, tmp_path: Path) -> None:
    (case,) = store.cases()
    capture = take_in(store, store.items(case.id)[0], bytes(6 << 20))
    for work in (
        lambda context: store.evidence(capture.sha256, context),
        lambda context: store.add_evidence(b"x" * 9, ".bin", context),
        lambda context: verify(store.path, context),
        lambda context: rebuild(store.path, context),
        lambda context: backup(store.path, tmp_path, context),
        lambda context: export_store(store.path, tmp_path / "x.zip", context),
    ):
        before = sorted(tmp_path.rglob("*"))
        context = CancelsAfter(1)
        with pytest.raises(Cancelled):
            work(context)
        assert sorted(tmp_path.rglob("*")) == before
    context = CancelsAfter(4)
    with pytest.raises(Cancelled):
        store.evidence(capture.sha256, context)
    assert context.left == 0, "a file of six pieces was read to its end"
