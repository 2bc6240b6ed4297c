"""Libraries: how long a batch takes to record, and labels to list, to show and to find, cold and warm.

The labels are noise: what is timed does not depend on what they show. Prints one JSON object a line, in milliseconds by
the clock, and of the processor: where a machine is shared the latter tells what it takes.

    python -m tests.benchmarks.bench_library [--labels 4800]
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from engine.core.library import LABEL_PX, VECTOR_DIMENSIONS, FieldUsed, LabelBatch
from engine.core.records import hash_of, new_id
from engine.core.seeds import generator
from engine.jobs import JobContext
from engine.store import Store
from engine.workflows.labels import library, library_state
from engine.workflows.labels.enrolment import BATCH_LABELS
from engine.workflows.labels.library_index import searched_library
from engine.workflows.labels.recogniser import Recogniser
from engine.workflows.labels.recogniser_worker import Answers

KEY = hash_of("bench")
PAGE = 60


def main() -> None:
    """Fill a store of its own, and time what a person waits for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--labels", type=int, default=4800)
    labels = parser.parse_args().labels
    with tempfile.TemporaryDirectory(prefix="touchstone-") as folder:
        store = Store.create(Path(folder) / "lab.touchstone", laboratory="L", location="", administrator="A")
        own = library.make_library(store, store.actors()[0], "Film", simulated=True)
        times = [enrol_noise(store, own.id, first, KEY) for first in range(1, labels + 1, BATCH_LABELS)]
        _tell("record a batch of 240 labels", labels, times)
        store = Store.open(store.path)
        _twice("library's state", labels, lambda: library_state.library_state(store, own.id))
        _twice("table of labels", labels, lambda: library.label_table(store, own.id))
        pages = generator(0, "pages").integers(1, labels - PAGE, 20).tolist()
        for name, wanted in (("a page of 60 images", pages), ("the same page again", pages[-1:] * 20)):
            _tell(name, labels, [_timed(lambda at=at: _page(store, own.id, at)) for at in wanted])
        spread = np.linspace(1, labels, 10).astype(np.int64)
        _tell(
            "ten images, far apart",
            labels,
            [_timed(lambda: library.label_images(store, own.id, spread)) for _ in range(20)],
        )
        _search(store, own.id, labels)


def _page(store: Store, library_id: str, first: int) -> None:
    library.label_images(store, library_id, range(first, first + PAGE))


def enrol_noise(store: Store, library_id: str, first: int, key: str) -> tuple[float, float]:
    """Enrol a batch of noise and return how long recording it took."""
    random = generator(first, "labels")
    vectors = random.normal(size=(BATCH_LABELS, VECTOR_DIMENSIONS)).astype("<f4")
    tables = {
        "crops": random.integers(0, 256, (BATCH_LABELS, LABEL_PX**2), dtype=np.uint8),
        "places": np.column_stack([np.arange(BATCH_LABELS) // 12, np.zeros((BATCH_LABELS, 3))]).astype("<i4"),
        "corners": np.zeros((BATCH_LABELS, 8), dtype="<f4"),
        "measures": np.zeros((BATCH_LABELS, 2), dtype="<f4"),
        "vectors": vectors / np.linalg.norm(vectors, axis=1, keepdims=True),
    }
    fields = tuple(
        FieldUsed(file_name="f.png", sha256=store.add_evidence(random.bytes(9), ".png"), found=12) for _ in range(20)
    )
    batch = LabelBatch(
        id=new_id("labels"), library_id=library_id, first_number=first, count=BATCH_LABELS, fields=fields,
        embedder_key=key, simulated=True,
    )  # fmt: skip
    return _timed(lambda: store.commit(store.actors()[0].id, "labels enrolled", batch, tables=tables))


def _search(store: Store, library_id: str, labels: int) -> None:
    queries = generator(1, "queries").normal(size=(1, 4, VECTOR_DIMENSIONS)).astype("<f4")
    queries /= np.linalg.norm(queries, axis=2, keepdims=True)
    own = Recogniser(child=_InThisProcess())

    def search() -> None:
        searched = searched_library(store, library_id, KEY, context=JobContext())
        own.search(searched, queries, 10, context=JobContext())

    _twice("search at four turns, with what is looked up for it", labels, search)


class _InThisProcess:
    def __init__(self) -> None:
        self._answers = Answers()

    def request(self, values: dict, context: JobContext | None = None) -> dict:
        return self._answers.answer(values, context or JobContext())

    def close(self) -> None:
        """There is no process to end."""


def _twice(name: str, labels: int, work: Callable[[], object]) -> None:
    _tell(f"{name}, first", labels, [_timed(work)])
    _tell(f"{name}, again", labels, [_timed(work) for _ in range(20)])


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    start, spent = time.perf_counter(), time.process_time()
    work()
    return 1e3 * (time.perf_counter() - start), 1e3 * (time.process_time() - spent)


def _tell(name: str, labels: int, times: list[tuple[float, float]]) -> None:
    clock, processor = (round(float(np.median(each)), 3) for each in zip(*times, strict=True))
    line = {"what": name, "labels": labels, "runs": len(times), "median_ms": clock, "median_cpu_ms": processor}
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
