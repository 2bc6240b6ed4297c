"""Benchmarks of the product's own parts, on simulated data, as anyone can repeat them."""

import shutil
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from engine.core.benchmarks import SearchBenchmark, Times
from engine.core.errors import InputError
from engine.jobs import Child, JobContext, Limits
from engine.search.flat import flat
from engine.search.index import IndexInfo, LibraryIndex
from engine.search.vectors import Hits, Vectors
from engine.simulation.label_vectors import CLASSES, DIMENSIONS, VERSION, Questions, SimulatedLabels, Strength
from engine.workflows.labels.identification import HITS

WORKER = "engine.workflows.evaluation.search_benchmark_worker"
HOURS = 12 * 3600.0
THRESHOLD = 0.7421  # of the operating point that ships with the weights whose embeddings are simulated
TURNS = 4  # at which a questioned label is embedded
PASSES = 20  # over all embeddings, one query at a time
ROW_BYTES = 4 * DIMENSIONS


def benchmark_search(
    folder: Path,
    simulated: SimulatedLabels,
    *,
    queries: int = 1000,
    strength: Strength = "middle",
    context: JobContext | None = None,
) -> SearchBenchmark:
    """Measure the search of a simulated library, beside exact search in the same run.

    Parameters
    ----------
    folder : Path
        Embeddings and index are made here, by a process of their own, or used if an earlier run left them.
    simulated : SimulatedLabels
        The library.
    queries : int
        Fresh captures of enrolled labels, and as many of others.
    strength : str
        Of the effects in these captures.
    """
    context = context or JobContext()
    if queries < PASSES:
        raise InputError(f"A benchmark needs at least {PASSES} queries")
    prepare(folder, simulated, context.part(0, 2))
    vectors, key = simulated_vectors(folder, simulated), library_name(simulated)
    before, start = memory_bytes(), time.perf_counter()
    index = LibraryIndex.open(folder / key, key, vectors)
    open_seconds, opened = time.perf_counter() - start, memory_bytes()
    asked = simulated.questions(queries, queries, strength)
    index.search(asked.vectors[:PASSES], 1)
    searched = memory_bytes()
    comparison = _compared(index, vectors, asked, simulated, context.part(1, 2))
    return SearchBenchmark(
        labels=simulated.labels,
        variants=simulated.variants,
        dimensions=DIMENSIONS,
        seed=simulated.seed,
        strength=strength,
        threads=_threads(),
        threshold=THRESHOLD,
        open_seconds=open_seconds,
        memory_bytes=None if before is None or opened is None else opened - before,
        process_bytes=searched,
        **_told(index.info),
        **comparison,
    )


def _told(info: IndexInfo) -> dict[str, Any]:
    """Return what an index tells of itself, as a benchmark names it."""
    shared = ("kind", "lists", "first", "probes", "code_bytes", "mapped_bytes")
    return {"build_seconds": info.seconds, **{name: getattr(info, name) for name in shared}}


def prepare(folder: Path, simulated: SimulatedLabels, context: JobContext) -> None:
    """Make embeddings and index in a child process, so that what building takes is not counted as what searching does.

    Raises
    ------
    InputError
        The folder has no room for them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not vectors_path(folder, simulated).exists():
        room = shutil.disk_usage(folder).free
        if room < 1.3 * simulated.count * ROW_BYTES:
            what = f"{simulated.count} embeddings need {1.3 * simulated.count * ROW_BYTES / 1e9:.1f} GB of disk"
            raise InputError(what, where=str(folder), remedy="Choose another folder, or fewer labels.")
    values = {"labels": simulated.labels, "variants": simulated.variants, "seed": simulated.seed}
    with Child(WORKER, Limits(seconds=HOURS, memory_bytes=0)) as child:
        child.request({"folder": str(folder), **values}, context)


def library_name(simulated: SimulatedLabels) -> str:
    """Return the name of a simulated library: the key of its index."""
    return f"simulated-v{VERSION}-{simulated.labels}x{simulated.variants}-{simulated.seed}"


def vectors_path(folder: Path, simulated: SimulatedLabels) -> Path:
    """Return where its embeddings stand: raw (count, 256) little-endian float32."""
    return folder / f"{library_name(simulated)}.f32"


def simulated_vectors(folder: Path, simulated: SimulatedLabels) -> Vectors:
    """Return the library that ``prepare`` made; embedding n has the number n + 1."""
    path = vectors_path(folder, simulated)
    mapped = np.memmap(path, "<f4", "r", shape=(simulated.count, DIMENSIONS))
    classes = np.repeat(simulated.classes(), simulated.variants)
    return Vectors(np.arange(1, simulated.count + 1), classes, mapped)


def memory_bytes() -> int | None:
    """Return the bytes of this process that are no mapped file; None where the system does not tell."""
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
    return int(lines["RssAnon"].split()[0]) * 1024


def _compared(
    index: LibraryIndex, vectors: Vectors, asked: Questions, simulated: SimulatedLabels, context: JobContext
) -> dict[str, Any]:
    from engine.evaluation.rates import rate

    genuine = asked.labels >= 0

    def label(hits: Hits) -> np.ndarray:
        return (hits.numbers[:, 0] - 1) // simulated.variants

    found, times = _measured(index, vectors, asked, context)
    exact, ours = found["flat"], found["index"]
    passed, own = exact.similarity[:, 0] >= THRESHOLD, ours.similarity[:, 0] >= THRESHOLD
    in_class = label(found["index_in_class"]) == label(found["flat_in_class"])
    return {
        **times,
        "recall": rate((label(ours) == label(exact))[genuine]),
        "recall_in_class": rate(in_class[genuine]),
        "right": rate((label(exact) == asked.labels)[genuine]),
        "decisions": rate(own == passed),
        "accepted": rate(passed[genuine]),
        "refused": rate(~passed[~genuine]),
    }


def _measured(
    index: LibraryIndex, vectors: Vectors, asked: Questions, context: JobContext
) -> tuple[dict[str, Hits], dict[str, Times]]:
    """Search for all questions at once in each way, then for some of them one at a time."""
    every, own_class, classes = asked.vectors, asked.classes, _by_class(vectors)
    enrolled, strangers = (np.flatnonzero(each).tolist() for each in (asked.labels >= 0, asked.labels < 0))

    def single(number: int) -> object:
        return index.search(every[number : number + 1], 1)

    def turned(number: int) -> object:
        """Search for a capture as it lies and, as they resemble no label, for strangers in place of other turns."""
        others = [strangers[(number + each) % len(strangers)] for each in range(1, TURNS)]
        return index.search(every[[number, *others]], HITS)

    ways: dict[str, tuple[Callable[[], Hits] | None, Callable[[int], object], list[int]]] = {
        "flat": (lambda: flat(vectors, every, 1), lambda n: _plain(vectors, every[n]), _some(enrolled, PASSES)),
        "flat_in_class": (
            lambda: flat(vectors, every, 1, own_class),
            lambda n: _plain(classes[int(own_class[n])], every[n]),
            _some(enrolled, 5 * PASSES),
        ),
        "index": (lambda: index.search(every, 1), single, enrolled),
        "strangers": (None, single, strangers),
        "turns": (None, turned, enrolled),
        "index_in_class": (
            lambda: index.search(every, 1, own_class),
            lambda n: index.search(every[n : n + 1], 1, own_class[n : n + 1]),
            enrolled,
        ),
    }
    found, times = dict[str, Hits](), dict[str, Times]()
    for number, (name, (together, one, which)) in enumerate(ways.items()):
        context.check_cancelled()
        context.progress(number, len(ways), f"Searching: {name.replace('_', ' ')}")
        whole = None
        if together is not None:  # which also brings everything into memory
            start = time.perf_counter()
            found[name] = together()
            whole = (time.perf_counter() - start) * 1000 / len(every)
        times[name] = _timed(one, which, whole)
    return found, times


def _by_class(vectors: Vectors) -> dict[int, Vectors]:
    """Return each class as a library of its own: exact search must not lose time with choosing rows."""
    starts = np.searchsorted(vectors.classes, np.arange(CLASSES + 1)).tolist()
    parts = (slice(first, last) for first, last in pairwise(starts))
    return {
        number: Vectors(vectors.numbers[part], vectors.classes[part], vectors.vectors[part])
        for number, part in enumerate(parts)
    }


def _plain(vectors: Vectors, query: np.ndarray) -> object:
    """Search as Faiss's flat index does, on one thread: for a single query the quickest of the exact ways."""
    import faiss

    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        return faiss.knn(query[None], np.asarray(vectors.vectors), 1, metric=faiss.METRIC_INNER_PRODUCT)
    finally:
        faiss.omp_set_num_threads(threads)


def _some(numbers: list[int], count: int) -> list[int]:
    """Return up to ``count`` of the numbers, spread over them."""
    return [numbers[place] for place in np.linspace(0, len(numbers) - 1, min(count, len(numbers))).astype(int).tolist()]


def _timed(single: Callable[[int], object], numbers: list[int], together: float | None) -> Times:
    """Ask one at a time."""
    times = []
    for number in numbers:
        start = time.perf_counter()
        single(number)
        times.append((time.perf_counter() - start) * 1000)
    median, high = np.percentile(times, [50, 95])
    return Times(queries=len(times), median=float(median), high=float(high), together=together)


def _threads() -> int:
    import faiss

    return faiss.omp_get_max_threads()
