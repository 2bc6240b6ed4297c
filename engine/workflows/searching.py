"""Searching a library's vectors in the recogniser's process: what is searched is checked first, and stays open."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import InputError
from engine.core.library import VECTOR_DIMENSIONS
from engine.jobs import JobContext
from engine.workflows.label_rows import Layout, open_rows

if TYPE_CHECKING:
    from engine.search.vectors import Hits, Vectors

EXACT_LABELS = 20_000  # up to so many, every label is compared: that takes a few milliseconds
MORE = 32  # hits asked for beyond k in case some of them do not count
Floats = NDArray[np.float32]
Numbers = NDArray[np.int64]


class Searched(Protocol):
    """A library's vectors, or an index over them."""

    def search(self, queries: Floats, k: int, classes: Any = None) -> "Hits":
        """Return the k best hits of each query, (Q, 256), within the class named for it."""
        ...


def vectors_layout(embedder_key: str) -> Layout:
    """Return the layout of the file with a library's vectors under a key, and the classes of its labels."""
    columns = (("vectors", "<f4", VECTOR_DIMENSIONS), ("classes", "<i4", 1))
    return Layout(f"vectors-{embedder_key[:16]}", columns)


def ranked(
    searched: Searched,
    queries: Floats,
    k: int,
    *,
    labels: int,
    count: int,
    withdrawn: Numbers,
    classes: NDArray[np.int32] | None = None,
) -> tuple[Numbers, Floats, NDArray[np.int32]]:
    """Return the k labels most like each of Q queries, best first, equals by number.

    Parameters
    ----------
    queries : NDArray[np.float32]
        (Q, T, 256): the best of a query's T turns counts.
    labels, count : int
        How many there are, and the number up to which they count.
    withdrawn : NDArray[np.int64]
        Numbers that do not count.
    classes : NDArray[np.int32], optional
        (Q,) class within which each query is sought.

    Returns
    -------
    tuple
        (Q, k) numbers, similarities and turns; -1, NaN and -1 where there are fewer.
    """
    amount, turns = queries.shape[:2]
    flat = queries.reshape(amount * turns, -1)
    own = None if classes is None else np.repeat(classes, turns)
    depth = min(labels, k + MORE)
    while True:
        hits = searched.search(flat, depth, own)
        counts = (hits.numbers > 0) & (hits.numbers <= count) & ~np.isin(hits.numbers, withdrawn)
        exhausted = (hits.numbers < 0).any(axis=1)
        if depth >= labels or (exhausted | (counts.sum(axis=1) >= k)).all():
            break
        depth = min(labels, 4 * depth)
    numbers = np.full((amount, k), -1, dtype="<i8")
    similarity = np.full((amount, k), np.nan, dtype="<f4")
    turned = np.full((amount, k), -1, dtype="<i4")
    for query in range(amount):
        rows = slice(query * turns, (query + 1) * turns)
        at, _ = np.nonzero(counts[rows])
        found, alike = hits.numbers[rows][counts[rows]], hits.similarity[rows][counts[rows]]
        order = np.lexsort((at, found, -alike))
        _, first = np.unique(found[order], return_index=True)
        best = order[np.sort(first)][:k]
        numbers[query, : len(best)] = found[best]
        similarity[query, : len(best)], turned[query, : len(best)] = alike[best], at[best]
    return numbers, similarity, turned


class LibrarySearch:
    """Answers requests about a library; its index stays open until another one is asked for."""

    def answer(self, request: dict[str, Any], context: JobContext) -> dict[str, Any]:
        """Return the reply to one request of ``engine.workflows.recogniser``."""
        match request["do"]:
            case "search":
                return self._search(request)
            case other:
                raise InputError(f"The recogniser does not know {other!r}")

    def _search(self, request: dict[str, Any]) -> dict[str, Any]:
        start = time.perf_counter()
        library, folder = request["library"], Path(request["folder"])
        vectors = _vectors(library)
        found = ranked(
            _Every(vectors),
            np.load(folder / "queries.npy", allow_pickle=False),
            int(request["k"]),
            labels=len(vectors.numbers),
            count=int(library["count"]),
            withdrawn=np.array(library["withdrawn"], dtype=np.int64),
            classes=None if request["classes"] is None else np.array(request["classes"], dtype=np.int32),
        )
        for name, array in zip(("numbers", "similarity", "turns"), found, strict=True):
            np.save(folder / f"{name}.npy", array, allow_pickle=False)
        return {"kind": "exact", "milliseconds": 1e3 * (time.perf_counter() - start)}


def _vectors(library: dict[str, Any]) -> "Vectors":
    from engine.search.vectors import Vectors

    columns = open_rows(Path(library["vectors"]), vectors_layout(library["embedder_key"]), library["source"])
    numbers = np.arange(1, len(columns["classes"]) + 1, dtype=np.int64)
    return Vectors(numbers, columns["classes"], columns["vectors"])


class _Every:
    """Compares every vector."""

    def __init__(self, vectors: "Vectors") -> None:
        self._vectors = vectors

    def search(self, queries: Floats, k: int, classes: Any = None) -> "Hits":
        from engine.search.flat import flat

        return flat(self._vectors, queries, k, classes)
