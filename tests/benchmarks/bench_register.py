"""Times of a register with 1,000,000 product IDs: issue, open, query, memory. One JSON object per line.

Run as ``python -m tests.benchmarks.bench_register [FOLDER]``; the store is made in FOLDER (default: the present one),
because a memory disk would make fsync free. Series, IDs and queries are seeded or keyed, so that runs are comparable.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from engine.core.codes import RegisterState, Scheme
from engine.core.seeds import generator
from engine.jobs import JobContext
from engine.store import Store
from engine.workflows.codes.series import Keyring, make_series
from engine.workflows.codes.tracing import issue_ids, life_step, query, record_steps
from engine.workflows.tables import Table

COUNT = 1_000_000
ROWS = 200_000
QUERIES = 500
PASSPHRASE = "a passphrase of the benchmark"
MIB = 1 << 20


def timed(name: str, work: Callable[[], object], runs: int = 1) -> None:
    """Do the work and print median and 95th percentile of its time, the processor's time, and the load."""
    seconds, processor = [], time.process_time()
    for _ in range(runs):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    processor = (time.process_time() - processor) / runs * 1000
    p50, p95 = (round(float(value) * 1000, 2) for value in np.percentile(np.array(seconds), [50, 95]))
    load = round(os.getloadavg()[0], 1)
    values = {"bench": name, "runs": runs, "p50_ms": p50, "p95_ms": p95, "cpu_ms": round(processor, 2), "load": load}
    print(json.dumps(values))


def memory() -> float:
    """Return the memory that this process holds, in MiB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / MIB


def fill(path: Path) -> list[str]:
    """Make the store, print the times of issuing, and return some of the IDs, each with a step."""
    store = Store.create(path, laboratory="L", location="", administrator="A")
    actor, keyring = store.actors()[0], Keyring()
    series = make_series(
        store, actor, "Register", scheme=Scheme.UNIQUE, passphrase=PASSPHRASE, key=bytes(32), context=JobContext()
    )
    timed("unlock a series", lambda: keyring.unlock(store, series.id, PASSPHRASE), 5)

    def issue(count: int | None = None, rows: Table | None = None) -> list[str]:
        issued = issue_ids(store, actor, series.id, keyring, count=count, rows=rows, context=JobContext())
        return list(issued.product_ids[:ROWS])

    found: list[str] = []
    timed(f"issue {COUNT} IDs", lambda: found.extend(issue(COUNT)))
    rows = Table(("lot", "serial"), tuple((f"lot {at % 50}", f"{at:012}") for at in range(ROWS)))
    timed(f"issue {ROWS} IDs with two columns beside {COUNT}", lambda: issue(rows=rows))
    timed(f"issue one ID beside {COUNT + ROWS}", lambda: issue(1), 10)
    steps = [life_step(found[at], "retail", "2026-03-01T10:00Z", f"Shop {at % 99}") for at in range(ROWS)]
    timed(f"record {ROWS} steps", lambda: record_steps(store, actor, steps, "bench"))
    size = sum(file.stat().st_size for file in (path / "segments").iterdir())
    print(json.dumps({"bench": "segments", "mib": round(size / MIB, 1), "memory_mib": round(memory(), 0)}))
    return found[:: ROWS // QUERIES]


def ask(path: Path, ids: list[str]) -> None:
    """Print the times of opening, of the first query, which loads the register, and of those after it."""
    before = memory()
    opened: list[Store] = []
    timed("open the store", lambda: opened.append(Store.open(path, read_only=True)))
    store = opened[0]
    timed("first query", lambda: query(store, ids[0]))
    wanted = iter(ids)
    answers: list[RegisterState] = []
    timed("query an issued ID with its history", lambda: answers.append(query(store, next(wanted)).state), QUERIES)
    assert set(answers) == {RegisterState.ISSUED}
    foreign = iter(generator(1, "foreign").integers(0, 10, (QUERIES, 16)))
    texts = ("".join(map(str, digits)) for digits in foreign)
    timed("query an unknown ID", lambda: answers.append(query(store, next(texts)).state), QUERIES)
    assert set(answers[QUERIES:]) == {RegisterState.NO_RECORD}
    print(json.dumps({"bench": "memory of the register", "mib": round(memory() - before, 0)}))


def main(folder: Path) -> None:
    """Print all times; queries run in a process of their own, whose memory the issuing did not touch."""
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        path = Path(scratch) / "lab.touchstone"
        ids = fill(path)
        sys.stdout.flush()
        command = [sys.executable, "-m", "tests.benchmarks.bench_register", "ask", str(path), *ids]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["ask"]:
        ask(Path(sys.argv[2]), sys.argv[3:])
    else:
        main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path.cwd())
