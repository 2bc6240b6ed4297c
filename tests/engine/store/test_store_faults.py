"""A full disk and a failing one: a clear message, read-only from then on, nothing lost."""

import errno
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.core.errors import StoreError
from engine.jobs import JobContext
from engine.store import Store, backup, export_store, import_store, verify
from tests.engine.store.faults import FailingDisk
from tests.engine.store.samples import administrator, fill, make_capture, make_case, make_finding, make_opinion

NAME = "lab.touchstone"
MESSAGES = {errno.ENOSPC: "The disk is full", errno.EIO: "The disk reports a fault: Input/output error"}
# A full disk refuses bytes and new names; what was written can still be synced.
CALLS = {errno.ENOSPC: ("open", "write", "name"), errno.EIO: ("sync",)}


@pytest.fixture
def base(tmp_path: Path) -> Path:
    folder = tmp_path / "base"
    folder.mkdir()
    fill(Store.create(folder / NAME, laboratory="Lab", location="Town", administrator="Keeper"))
    return folder


def work(store: Store, acknowledged: list[str]) -> None:
    """Do what an examiner does, and note what was acknowledged."""
    actor, case = administrator(store), store.cases()[0]
    items = store.items(case.id)
    captures = []
    for number, item in enumerate(items):
        sha256 = store.add_evidence(b"page %d" % number * 100, ".tif")
        captures.append(make_capture(item, sha256))
        acknowledged.append(store.commit(actor, "capture taken in", captures[-1]).hash)
    finding = make_finding(case, tuple(captures), 9)
    acknowledged.append(store.commit(actor, "finding made", finding).hash)
    store.save_draft("note", {"text": "x"})
    acknowledged.append(store.commit(actor, "opinion given", make_opinion(case, (finding,))).hash)


@pytest.mark.parametrize("code", MESSAGES, ids=errno.errorcode.get)
def test_a_failing_disk_at_every_call_loses_nothing(base: Path, tmp_path: Path, code: int) -> None:
    at, finished = 0, False
    while not finished:
        shutil.copytree(base, tmp_path / "now", dirs_exist_ok=False)
        path = tmp_path / "now" / NAME
        before = [event.hash for event in Store.open(path).events()]
        disk = FailingDisk(at, code, calls=CALLS[code])
        store, acknowledged = Store.open(path, disk=disk), list[str]()
        try:
            work(store, acknowledged)
            finished = True
        except StoreError as error:
            assert error.what == MESSAGES[code] and "Nothing acknowledged is lost" in error.remedy
            assert store.read_only and store.read_only_reason == MESSAGES[code]
            with pytest.raises(StoreError, match="cannot be written"):
                store.commit(administrator(store), "case opened", make_case())
            assert [event.hash for event in store.events()][: len(before)] == before, "reading goes on"
        again = Store.open(path)
        hashes = [event.hash for event in again.events()]
        assert hashes[: len(before)] == before and set(acknowledged) <= set(hashes)
        again.commit(administrator(again), "case opened", make_case())
        assert verify(path, JobContext()).ok
        shutil.rmtree(tmp_path / "now")
        at += 1
    print(f"{errno.errorcode[code]}: {at - 1} calls failed in turn")
    assert at > 10


@pytest.mark.parametrize("code", MESSAGES, ids=errno.errorcode.get)
@pytest.mark.parametrize("operation", ["create", "export", "import", "backup"])
def test_whole_copies_on_a_failing_disk_are_not_left_half(
    base: Path, tmp_path: Path, code: int, operation: str
) -> None:
    zip_file = tmp_path / "given.zip"
    export_store(base / NAME, zip_file)
    out = tmp_path / "out"
    out.mkdir()

    def create(disk: FailingDisk) -> None:
        Store.create(out / "new", laboratory="L", location="", administrator="A", disk=disk)

    operations: dict[str, Callable[[FailingDisk], object]] = {
        "create": create,
        "export": lambda disk: export_store(base / NAME, out / "out.zip", disk=disk),
        "import": lambda disk: import_store(zip_file, out / "new", disk=disk),
        "backup": lambda disk: backup(base / NAME, out, disk=disk),
    }
    step = 7 if operation == "import" else 3
    for at in range(0, 1000, step):
        try:
            operations[operation](FailingDisk(at, code, calls=CALLS[code]))
            break
        except StoreError as error:
            assert error.what == MESSAGES[code]
            left = [path for path in out.iterdir() if not path.name.startswith(".")]
            for path in left:  # the very last sync failed: it is whole already
                assert path.suffix == ".zip" or verify(path, JobContext()).ok
                shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert at > 0
    assert verify(base / NAME, JobContext()).ok


def test_the_store_stays_readable_when_nothing_can_be_written(base: Path) -> None:
    store = Store.open(base / NAME, disk=FailingDisk(0, errno.ENOSPC))
    with pytest.raises(StoreError, match="The disk is full"):
        store.save_draft("a", {})
    case = store.cases()[0]
    assert store.findings(case.id) and store.draft(f"opinion-{case.id}")


@pytest.mark.parametrize("code", [errno.EACCES, errno.EPERM, errno.EROFS], ids=errno.errorcode.get)
def test_a_store_that_may_not_be_written_is_no_fault_of_the_disk(base: Path, code: int) -> None:
    store = Store.open(base / NAME, disk=FailingDisk(0, code))
    with pytest.raises(StoreError, match="does not allow") as caught:
        store.commit(administrator(store), "case opened", make_case())
    assert "rights" in caught.value.remedy and store.read_only
    assert verify(base / NAME, JobContext()).ok
