"""SIGKILL during intake, opinion and export: no acknowledged event is lost, no store unreadable."""

import multiprocessing
import os
import shutil
import signal
import time
import zipfile
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from engine.core.seeds import generator
from engine.jobs import JobContext
from engine.store import Store, export_store, verify
from tests.engine.store.samples import administrator, fill, make_capture, make_case, make_finding, make_opinion

NAME = "lab.touchstone"
OPERATIONS = ("intake", "opinion", "export")

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")


def work(folder: Path, seed: int, report: Connection) -> None:
    """Commit, and tell of every acknowledgement, until killed."""
    store = Store.open(folder / NAME)
    actor, case = administrator(store), store.cases()[0]
    items, rng = store.items(case.id), generator(seed, "work")
    report.send_bytes(b"ready")
    for number in range(10_000):
        operation = OPERATIONS[seed % 3]
        if operation == "export":
            name = f"{seed}-{number}.zip"
            export_store(folder / NAME, folder / name)
            report.send_bytes(f"export {name}".encode())
            continue
        sha256 = store.add_evidence(rng.bytes(int(rng.integers(1, 400_000))), ".png")
        capture = make_capture(items[number % 2], sha256)
        event = store.commit(actor, "capture taken in", capture)
        report.send_bytes(f"event {event.sequence} {event.hash}".encode())
        if operation == "opinion":
            finding = make_finding(case, (capture,), seed)
            for kind, record in (("finding made", finding), ("opinion given", make_opinion(case, (finding,)))):
                event = store.commit(actor, kind, record)
                report.send_bytes(f"event {event.sequence} {event.hash}".encode())


def kill_once(folder: Path, seed: int) -> list[str]:
    """Start the work, kill it at a moment of the seed's choosing, and return what was acknowledged."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=work, args=(folder, seed, sender))
    process.start()
    sender.close()
    told = []
    try:
        assert receiver.recv_bytes() == b"ready"
        time.sleep(float(generator(seed, "moment").uniform(0, 0.15)))
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        while True:
            told.append(receiver.recv_bytes().decode())
    except EOFError:
        pass
    process.join()
    receiver.close()
    assert process.exitcode == -signal.SIGKILL, f"it ended by itself, {process.exitcode}, after {told}"
    return told


def survive(folder: Path, kills: int) -> None:
    """Kill the three operations in turn, again and again, and check the store after each."""
    acknowledged = 0
    for seed in range(kills):
        if seed % 25 == 0:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            fill(Store.create(folder / NAME, laboratory="Lab", location="Town", administrator="Keeper"))
        told = kill_once(folder, seed)
        acknowledged += len(told)
        store = Store.open(folder / NAME)
        events = {f"event {event.sequence} {event.hash}" for event in store.events()}
        assert {text for text in told if text.startswith("event ")} <= events
        zips = {path.name for path in folder.glob("*.zip")}
        assert {text.split()[1] for text in told if text.startswith("export ")} <= zips
        for name in zips:
            with zipfile.ZipFile(folder / name) as archive:
                assert archive.testzip() is None
            (folder / name).unlink()
        store.commit(administrator(store), "case opened", make_case())
        found = verify(folder / NAME, JobContext())
        assert found.ok, found.problems
    print(f"{kills} kills, {acknowledged} acknowledgements, 0 lost")


def test_a_few_kills_lose_nothing(tmp_path: Path) -> None:
    survive(tmp_path / "work", 12)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_two_hundred_kills_lose_nothing(tmp_path: Path) -> None:
    survive(tmp_path / "work", 200)
