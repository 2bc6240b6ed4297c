"""Times of the store: commits, opening, asking, verifying, evidence. One JSON object per line.

Run as ``python -m tests.benchmarks.bench_store [FOLDER]``; the store is made in FOLDER (default: the present one),
because a memory disk would make fsync free.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from engine.core.seeds import generator
from engine.jobs import JobContext
from engine.store import Store, export_store, verify
from tests.engine.store.samples import administrator, fill, make_case, make_finding, make_opinion

EVENTS = 5000
COMMITS = 300


def show(name: str, seconds: list[float], **more: Any) -> None:
    """Print one result: median and 95th percentile in milliseconds."""
    p50, p95 = np.percentile(np.array(seconds) * 1000, [50, 95])
    print(json.dumps({"bench": name, "runs": len(seconds), "p50_ms": round(p50, 2), "p95_ms": round(p95, 2), **more}))


def timed(work: Callable[[], object], runs: int) -> list[float]:
    """Return the seconds of each run."""
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return seconds


def commits(store: Store) -> None:
    """Time an opinion, a finding with 12 x 9 and 6 x 5 x 2 rasters, and one with a raster of 500 x 500."""
    actor = administrator(store)
    case, first = fill(store)
    captures = tuple(store.capture(key) for key in first.capture_ids)
    opinions = iter([make_opinion(case, (first,), "No difference. " * 40) for _ in range(COMMITS)])
    show("opinion commit", timed(lambda: store.commit(actor, "opinion given", next(opinions)), COMMITS))
    findings = iter([make_finding(case, captures, seed) for seed in range(COMMITS)])
    show("commit with a small segment", timed(lambda: store.commit(actor, "finding made", next(findings)), COMMITS))
    large = iter([make_finding(case, captures, seed, (500, 500)) for seed in range(50)])
    show("commit with a 1 MB segment", timed(lambda: store.commit(actor, "finding made", next(large)), 50))
    show("draft save", timed(lambda: store.save_draft("note", {"text": "x" * 2000}), 100))
    show("finding with rasters", timed(lambda: store.finding(first.id, with_rasters=True), 100))


def opening(store: Store) -> None:
    """Time opening, asking and verifying a ledger of some thousand events."""
    actor = administrator(store)
    case = store.cases()[0]
    while store.head.count < EVENTS:
        store.commit(actor, "opinion given", make_opinion(case, (), "No difference. " * 40))
    size = (store.path / "ledger.jsonl").stat().st_size
    show("open", timed(lambda: Store.open(store.path), 20), events=store.head.count, ledger_bytes=size)
    opened = Store.open(store.path)
    show("case opened, committed at that length", timed(lambda: store.commit(actor, "case opened", make_case()), 50))
    show("all opinions of a case", timed(lambda: opened.opinions(case.id), 5), opinions=len(opened.opinions(case.id)))
    show("verify", timed(lambda: verify(store.path, JobContext()), 3), events=store.head.count)
    targets = iter([store.path.parent / f"{number}.zip" for number in range(3)])
    show("export", timed(lambda: export_store(store.path, next(targets)), 3), events=store.head.count)


def evidence(store: Store) -> None:
    """Time taking in and handing out 100 MB of original bytes."""
    data = generator(0, "evidence").bytes(100_000_000)
    show("evidence in, 100 MB", timed(lambda: store.add_evidence(data, ".tif"), 1))
    sha256 = store.add_evidence(b"small", ".tif")
    show("evidence in, again, 5 bytes", timed(lambda: store.add_evidence(b"small", ".tif"), 50))
    show("evidence out, 5 bytes", timed(lambda: store.evidence(sha256), 50))


def main(folder: Path) -> None:
    """Print all times."""
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        path = Path(scratch) / "lab.touchstone"
        show("create", timed(lambda: Store.create(path, laboratory="L", location="", administrator="A"), 1))
        store = Store.open(path)
        commits(store)
        opening(store)
        evidence(store)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path.cwd())
