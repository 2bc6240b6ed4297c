"""Searching a library's vectors in the recogniser's process: what is searched is checked first, and stays open."""

import contextlib
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import IndexStale, InputError
from engine.core.library import VECTOR_DIMENSIONS
from engine.core.records import hash_of
from engine.jobs import JobContext
from engine.workflows.labels.rows import Layout, open_rows

if TYPE_CHECKING:
    from engine.search.index import LibraryIndex
    from engine.search.vectors import Hits, Vectors

Floats = NDArray[np.float32]
Numbers = NDArray[np.int64]


def vectors_layout(embedder_key: str) -> Layout:
    """Return the layout of the file with a library's vectors under a key, and the classes of its labels."""
    columns = (("vectors", "<f4", VECTOR_DIMENSIONS), ("classes", "<i4", 1))
    return Layout(f"vectors-{embedder_key[:16]}", columns)


def index_source(folder: Path) -> str | None:
    """Return the state of the library that the index of a folder was built for; None where none can be trusted."""
    from engine.search.files import NAME, reading_index

    with contextlib.suppress(IndexStale), reading_index(folder / NAME) as (header, _):
        return header.key
    return None


class LibrarySearch:
    """Answers requests about a library; its vectors and its index stay open until another one is asked for."""

    def __init__(self) -> None:
        self._vectors: tuple[str, Vectors] | None = None
        self._index: tuple[str, LibraryIndex] | None = None

    def answer(self, request: dict[str, Any], context: JobContext) -> dict[str, Any]:
        """Return the reply to one request of ``engine.workflows.labels.recogniser``."""
        library = request["library"]
        state, vectors = hash_of(library), self._opened(library)
        match request["do"]:
            case "search":
                index = None if request["exact"] else self._ready(library, state, vectors)
                return _search(request, vectors, index, context)
            case "build":
                return {"info": vars(self._built(library, state, vectors, context).info)}
            case "test":
                index = self._built(library, state, vectors, context.part(0, 2))
                found = index.self_test(
                    int(request["sample"]), int(request["seed"]), request["threshold"], context=context.part(1, 2)
                )
                decisions = None if found.decisions is None else found.decisions.to_json()
                return {"test": {"recall": found.recall.to_json(), "decisions": decisions, "k": found.k}}
            case other:
                raise InputError(f"The recogniser does not know {other!r}")

    def _opened(self, library: dict[str, Any]) -> "Vectors":
        """Return the library's vectors; labels that do not count are as good as withdrawn."""
        from engine.search.vectors import Vectors

        state = hash_of({key: value for key, value in library.items() if key != "index"})
        if self._vectors is None or self._vectors[0] != state:
            self._vectors = self._index = None
            layout = vectors_layout(library["embedder_key"])
            columns = open_rows(Path(library["vectors"]), layout, library["source"])
            numbers = np.arange(1, len(columns["classes"]) + 1, dtype=np.int64)
            gone = np.isin(numbers, np.array(library["withdrawn"], dtype=np.int64)) | (numbers > int(library["count"]))
            vectors = Vectors(numbers, columns["classes"], columns["vectors"], gone if gone.any() else None)
            self._vectors = state, vectors
        return self._vectors[1]

    def _ready(self, library: dict[str, Any], state: str, vectors: "Vectors") -> "LibraryIndex | None":
        """Return the index where there is one that can be trusted; without one every label is compared."""
        from engine.search.index import LibraryIndex

        if self._index is None or self._index[0] != state:
            if index_source(Path(library["index"])) != library["source"]:
                return None
            with contextlib.suppress(IndexStale):
                self._index = state, LibraryIndex.open(Path(library["index"]), library["source"], vectors)
        return self._index[1] if self._index is not None and self._index[0] == state else None

    def _built(self, library: dict[str, Any], state: str, vectors: "Vectors", context: JobContext) -> "LibraryIndex":
        from engine.search.index import LibraryIndex

        index = LibraryIndex.open_or_build(Path(library["index"]), library["source"], vectors, context=context)
        self._index = state, index
        return index


def _search(
    request: dict[str, Any], vectors: "Vectors", index: "LibraryIndex | None", context: JobContext
) -> dict[str, Any]:
    from engine.search.flat import flat

    start = time.perf_counter()
    queries, k = request["queries"], int(request["k"])
    amount, turns = queries.shape[:2]
    asked, own = _asked(amount, request["classes"])
    own = None if own is None else np.repeat(own, turns)
    flattened = queries[asked].reshape(len(asked) * turns, -1)
    hits = flat(vectors, flattened, k, own, context) if index is None else index.search(flattened, k, own)
    numbers, similarity, turned = best_of_turns(hits, np.repeat(asked, turns), np.tile(np.arange(turns), len(asked)))
    classes = np.where(numbers > 0, vectors.classes[numbers - 1], -1).astype("<i4")
    arrays = {"numbers": numbers, "similarity": similarity, "turns": turned, "classes": classes}
    searched = [_searched(vectors, each) for each in request["classes"] or [None] * amount]
    kind = "exact" if index is None or index.info.kind == "flat" else "index"
    return {"kind": kind, "searched": searched, "milliseconds": 1e3 * (time.perf_counter() - start), **arrays}


def _asked(amount: int, classes: Sequence[Sequence[int]] | None) -> tuple[Numbers, NDArray[np.int32] | None]:
    """Return which query is searched for, (R,), and in which class: a query within three classes is searched thrice."""
    queries = np.arange(amount)
    if classes is None:
        return queries, None
    asked = np.repeat(queries, [len(each) for each in classes])
    return asked, np.array([one for each in classes for one in each], dtype=np.int32)


def _searched(vectors: "Vectors", classes: Sequence[int] | None) -> int:
    """Return how many labels were compared."""
    rows = [vectors.searched(one) for one in ((None,) if classes is None else classes)]
    return sum(vectors.count if each is None else int(np.count_nonzero(each)) for each in rows)


def best_of_turns(hits: "Hits", queries: Numbers, turns: Numbers) -> tuple[Numbers, Floats, NDArray[np.int32]]:
    """Return the k best labels of each query over all that was searched for it, best first, equals by number.

    Parameters
    ----------
    hits : Hits
        (R, k) of each search.
    queries, turns : NDArray[np.int64]
        (R,) for which query, 0 .. Q - 1 in ascending order, each search was, and at which turn.

    Returns
    -------
    tuple
        (Q, k) numbers, similarities and turns; -1, NaN and -1 where there are fewer.
    """
    amount, k = 1 + int(queries.max(initial=-1)), hits.numbers.shape[1]
    numbers, similarity = np.full((amount, k), -1, dtype="<i8"), np.full((amount, k), np.nan, dtype="<f4")
    turned = np.full((amount, k), -1, dtype="<i4")
    bounds = np.searchsorted(queries, np.arange(amount + 1))
    for query in range(amount):
        rows = slice(bounds[query], bounds[query + 1])
        found, alike, which = hits.numbers[rows].ravel(), hits.similarity[rows].ravel(), np.repeat(turns[rows], k)
        order = np.lexsort((which, found, -alike))
        order = order[found[order] > 0]
        _, first = np.unique(found[order], return_index=True)
        best = order[np.sort(first)][:k]
        numbers[query, : len(best)], similarity[query, : len(best)] = found[best], alike[best]
        turned[query, : len(best)] = which[best]
    return numbers, similarity, turned
