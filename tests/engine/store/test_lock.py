"""One writer at a time, among threads and processes; the lock of a dead process is free."""

import multiprocessing
import os
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from engine.core.errors import StoreError
from engine.store import Store, lock
from engine.store.lock import WriterLock, is_network_share
from tests.engine.store.samples import administrator, make_case

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


def _hold(folder: Path, report: Connection) -> None:
    with WriterLock(folder).held():
        report.send_bytes(b"held")
        time.sleep(60)


@needs_fork
def test_a_held_lock_is_told_of_and_a_dead_holder_frees_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_hold, args=(tmp_path, sender))
    process.start()
    assert receiver.recv_bytes() == b"held"
    monkeypatch.setattr(lock, "PATIENCE", 0.05)
    with pytest.raises(StoreError, match="Another process has been writing"), WriterLock(tmp_path).held():
        pass
    process.kill()
    process.join()
    with WriterLock(tmp_path).held():
        pass


def test_removing_the_lock_file_makes_no_second_writer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "PATIENCE", 0.05)
    ours = WriterLock(tmp_path)
    with ours.held():
        (tmp_path / "lock").unlink()
    with ours.held(), pytest.raises(StoreError), WriterLock(tmp_path).held():
        pass


def test_threads_commit_one_after_another(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "lab", laboratory="Lab", location="", administrator="Keeper")
    other = Store.open(store.path)
    actor = administrator(store)

    def commit(into: Store) -> None:
        for _ in range(10):
            into.commit(actor, "case opened", make_case())
            into.events()

    threads = [threading.Thread(target=commit, args=(each,)) for each in (store, other, store, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    again = Store.open(store.path)
    assert len(again.cases()) == 40
    assert [event.sequence for event in again.events()] == list(range(42))


def test_network_shares_are_known_by_their_mount(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    share = tmp_path / "lab share"
    share.mkdir()
    name = str(share).replace(" ", "\\040")
    mounts.write_text(f"/dev/sda / ext4 rw 0 0\nserver:/x {name} nfs4 rw 0 0\n")
    assert is_network_share(share / "a", mounts)
    assert not is_network_share(tmp_path, mounts)
    assert not is_network_share(tmp_path, tmp_path / "absent")


def test_a_store_on_a_network_share_is_only_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store.create(tmp_path / "lab", laboratory="Lab", location="", administrator="Keeper")
    monkeypatch.setattr("engine.store.store.is_network_share", lambda path: True)
    with pytest.raises(StoreError, match="network share"):
        Store.create(tmp_path / "new", laboratory="Lab", location="", administrator="Keeper")
    again = Store.open(store.path)
    assert again.read_only and again.actors() == store.actors()
    with pytest.raises(StoreError, match=r"network share.*Move the store"):
        again.commit(administrator(store), "case opened", make_case())
