"""Power cuts at every write, fsync and rename of every operation: nothing acknowledged is lost."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.core.codes import PassphraseChange
from engine.core.errors import TouchstoneError
from engine.core.records import new_id
from engine.core.seeds import generator
from engine.jobs import JobContext
from engine.store import Destruction, Store, backup, export_store, import_store, rebuild, verify
from tests.engine.store.power import RecordingDisk, cut_power, cuts
from tests.engine.store.samples import (
    administrator,
    fill,
    fill_codes,
    make_capture,
    make_case,
    make_finding,
    make_ids,
    make_opinion,
    make_series,
)

Operation = Callable[[RecordingDisk], None]
NAME = "lab.touchstone"


def _open(disk: RecordingDisk) -> Store:
    return Store.open(disk.root / NAME, disk=disk)


def create(disk: RecordingDisk) -> None:
    Store.create(disk.root / "new.touchstone", laboratory="New", location="", administrator="A", disk=disk)
    disk.acknowledge("store new.touchstone")


def intake(disk: RecordingDisk) -> None:
    store = _open(disk)
    case = store.cases()[0]
    for number in range(3):
        sha256 = store.add_evidence(b"scan %d " % number * 300, ".tif")
        disk.acknowledge(f"evidence {sha256}")
        capture = make_capture(store.items(case.id)[0], sha256)
        event = store.commit(administrator(store), "capture taken in", capture)
        disk.acknowledge(f"event {event.sequence} {event.hash}")


def opinion(disk: RecordingDisk) -> None:
    store = _open(disk)
    case = store.cases()[0]
    captures = tuple(store.captures(item.id)[0] for item in store.items(case.id))
    finding = make_finding(case, captures, 5)
    event = store.commit(administrator(store), "finding made", finding)
    disk.acknowledge(f"event {event.sequence} {event.hash}")
    event = store.commit(administrator(store), "opinion given", make_opinion(case, (finding,), "long " * 400))
    disk.acknowledge(f"event {event.sequence} {event.hash}")


def series(disk: RecordingDisk) -> None:
    store = _open(disk)
    made = make_series(store, "Winter")
    disk.acknowledge(f"secret {made.sealed_sha256}")
    batch, tables = make_ids(made, 3, 2000)
    for event in (
        store.commit(administrator(store), "series made", made),
        store.commit(administrator(store), "ids issued", batch, tables=tables),
    ):
        disk.acknowledge(f"event {event.sequence} {event.hash}")


def passphrase(disk: RecordingDisk) -> None:
    store = _open(disk)
    made = store.code_series()[0]
    sealed = store.add_secret(b"sealed anew " * 40)
    change = PassphraseChange(
        id=new_id("change"), series_id=made.id, sealed_sha256=sealed, replaced_sha256=made.sealed_sha256
    )
    event = store.commit(administrator(store), "passphrase changed", change)
    disk.acknowledge(f"event {event.sequence} {event.hash}")


def draft(disk: RecordingDisk) -> None:
    store = _open(disk)
    for number in range(4):
        store.save_draft("note", {"text": f"{number} " * 50})
        disk.acknowledge(f"draft {number}")


def destruction(disk: RecordingDisk) -> None:
    store = _open(disk)
    capture = store.captures(store.items(store.cases()[0].id)[0].id)[0]
    event = store.commit(
        administrator(store), "evidence destroyed", Destruction(sha256=capture.sha256, order="Order 4")
    )
    disk.acknowledge(f"event {event.sequence} {event.hash}")


def export(disk: RecordingDisk) -> None:
    export_store(disk.root / NAME, disk.root / "out.zip", disk=disk)
    disk.acknowledge("export out.zip")


def copy(disk: RecordingDisk) -> None:
    target = backup(disk.root / NAME, disk.root, disk=disk)
    disk.acknowledge(f"store {target.name}")


def check(folder: Path, acknowledged: tuple[str, ...]) -> None:
    """Raise AssertionError or TouchstoneError where something acknowledged is gone or the store cannot be used."""
    store = Store.open(folder / NAME)
    events = {f"event {event.sequence} {event.hash}" for event in store.events()}
    drafts = [text for text in acknowledged if text.startswith("draft ")]
    for text in acknowledged:
        kind, _, name = text.partition(" ")
        if kind == "event":
            assert text in events, f"lost: {text}"
        elif kind == "evidence":
            store.evidence(name)
        elif kind == "secret":
            store.secret(name)
        elif kind == "store":
            found = verify(folder / name, JobContext())
            assert found.ok and not found.left_out, f"lost: {text}"
        elif kind == "export":
            import_store(folder / name, folder / "imported.touchstone")
    if drafts:
        last = int(drafts[-1].split()[1])
        found = store.draft("note")
        assert found is not None and int(found["text"].split()[0]) in (last, last + 1)
    for made in store.code_series():
        store.secret(store.sealed_sha256(made.id))
    if any(event.kind in ("evidence destroyed", "passphrase changed") for event in store.events()):
        rebuild(folder / NAME)
    kept = len(store.events())
    store.commit(administrator(store), "case opened", make_case())
    assert len(Store.open(folder / NAME).events()) > kept
    found = verify(folder / NAME, JobContext())
    assert found.ok, found.problems


def survey(disk: RecordingDisk, scratch: Path, seeds: int) -> tuple[int, list[str]]:
    """Cut the power after every call, in several ways each; return how many cuts there were and what they cost."""
    total, losses = 0, []
    for count, acknowledged in cuts(disk):
        for seed in range(seeds):
            cut_power(disk, count, generator(seed, "cut", count), scratch)
            total += 1
            try:
                check(scratch, acknowledged)
            except (AssertionError, TouchstoneError) as error:
                losses.append(f"after call {count}, seed {seed}: {error}")
    return total, losses


OPERATIONS = [create, intake, opinion, series, passphrase, draft, destruction, export, copy]


def record(tmp_path: Path, operation: Operation, *, syncing: bool = True) -> RecordingDisk:
    root = tmp_path / "medium"
    root.mkdir()
    store = Store.create(root / NAME, laboratory="Lab", location="Town", administrator="Keeper")
    fill(store)
    if operation is series:
        (store.path / "secrets").rmdir()  # as in a store from before there were any
    elif operation in (copy, passphrase):
        fill_codes(store)
    disk = RecordingDisk(root, syncing=syncing)
    operation(disk)
    return disk


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.__name__)
def test_a_power_cut_anywhere_loses_nothing_acknowledged(tmp_path: Path, operation: Operation) -> None:
    disk = record(tmp_path, operation)
    total, losses = survey(disk, tmp_path / "after", 1)
    print(f"{operation.__name__}: {len(disk.calls)} calls, {total} power cuts, {len(losses)} losses")
    assert not losses, losses[:5]


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.__name__)
def test_many_power_cuts_anywhere_lose_nothing_acknowledged(tmp_path: Path, operation: Operation) -> None:
    disk = record(tmp_path, operation)
    total, losses = survey(disk, tmp_path / "after", 12 if operation is export else 25)
    print(f"{operation.__name__}: {len(disk.calls)} calls, {total} power cuts, {len(losses)} losses")
    assert not losses, losses[:5]


@pytest.mark.parametrize(
    "operation", [create, intake, opinion, series, passphrase, draft], ids=lambda each: each.__name__
)
def test_without_fsync_the_same_power_cuts_do_lose(tmp_path: Path, operation: Operation) -> None:
    disk = record(tmp_path, operation, syncing=False)
    # Making a store is acknowledged by its very last call only, so few cuts can cost anything.
    total, losses = survey(disk, tmp_path / "after", 6 if operation is create else 2)
    print(f"{operation.__name__} without fsync: {total} power cuts, {len(losses)} losses")
    assert losses


def test_power_cuts_while_a_lost_head_is_rebuilt_leave_it_to_be_rebuilt_again(tmp_path: Path) -> None:
    root = tmp_path / "medium"
    root.mkdir()
    store = Store.create(root / NAME, laboratory="Lab", location="Town", administrator="Keeper")
    fill(store)
    before = store.events()
    (root / NAME / "HEAD").unlink()
    disk = RecordingDisk(root)
    rebuild(root / NAME, disk=disk)
    for count, _ in cuts(disk):
        for seed in range(4):
            cut_power(disk, count, generator(seed, "rebuild", count), tmp_path / "after")
            rebuild(tmp_path / "after" / NAME)
            again = Store.open(tmp_path / "after" / NAME)
            assert again.events()[: len(before)] == before
            assert verify(again.path, JobContext()).ok


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_power_cuts_while_a_crash_is_settled(tmp_path: Path) -> None:
    """The commit after a crash sets bytes aside and mends HEAD; cut that commit too."""
    disk = record(tmp_path, opinion)
    for count in range(1, len(disk.calls), 3):
        cut_power(disk, count, generator(1, "first", count), tmp_path / "once")
        acknowledged = tuple(call.name for call in disk.calls[:count] if call.what == "acknowledge")
        again = RecordingDisk(tmp_path / "once")
        opinion(again)
        for later, also in cuts(again):
            cut_power(again, later, generator(2, count, later), tmp_path / "twice")
            check(tmp_path / "twice", (*acknowledged, *also))
        shutil.rmtree(tmp_path / "twice")
