"""Exact search: every vector is compared. What other ways of searching are measured by."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from engine.jobs import JobContext
from engine.search.vectors import Floats, Hits, Vectors, checked_queries, classes_of, ranked

PART_ROWS = 32_768
PRODUCTS = 1 << 24  # similarities that are held at a time, 64 MB
FEW_QUERIES = (
    16  # with fewer, a product of many rows with few columns is quicker than one of few rows with many columns
)
# By how much a product of unit vectors in float32 may differ from the exact one; D = 256 roundings of 6e-8 at most.
ROUNDING = 2e-5


def flat(
    vectors: Vectors,
    queries: Floats,
    k: int,
    classes: int | NDArray[np.integer] | None = None,
    context: JobContext | None = None,
) -> Hits:
    """Return the k most similar labels of each query, exactly; equal similarities in the order of their numbers.

    Parameters
    ----------
    vectors : Vectors
        The library.
    queries : NDArray
        (Q, D) float32 of unit length.
    k : int
        Matches wanted for each query.
    classes : int or NDArray, optional
        Search among the labels of this class alone: one for all queries, or (Q,) one for each.
    """
    queries = checked_queries(vectors, queries, k)
    context = context or JobContext()
    own = classes_of(queries, classes)
    numbers, similarity = np.empty((len(queries), k), np.int64), np.empty((len(queries), k), np.float32)
    for label_class in dict.fromkeys(own):
        places = [place for place, each in enumerate(own) if each == label_class]
        searched = vectors.searched(label_class)
        for place, rows in zip(places, _best_rows(vectors, queries[places], k, searched, context), strict=True):
            numbers[place], similarity[place] = ranked(vectors, queries[place], rows, k)
    return Hits(numbers, similarity)


def _best_rows(
    vectors: Vectors, queries: Floats, k: int, searched: NDArray[np.bool_] | None, context: JobContext
) -> list[NDArray[np.int64]]:
    """Return for each query the rows among which its k best are: all that come within rounding of the k-th."""
    found = [(np.empty(0, np.int64), np.empty(0, np.float32)) for _ in queries]
    bound = np.full(len(queries), -np.inf, np.float32)
    size = min(PART_ROWS, max(PRODUCTS // max(len(queries), 1), 1))
    for rows, part in _parts(vectors, searched, size, context):
        few = len(queries) < FEW_QUERIES
        products = np.ascontiguousarray((part @ queries.T).T) if few else queries @ part.T
        if bound.max(initial=-np.inf) == -np.inf and len(part) > k:
            bound = np.partition(products, -k, axis=1)[:, -k] - ROUNDING
        near = products >= bound[:, None]
        for place in np.flatnonzero(near.any(axis=1)):
            columns = np.flatnonzero(near[place])
            known_rows = np.concatenate([found[place][0], rows[columns]])
            values = np.concatenate([found[place][1], products[place, columns]])
            if len(values) > k:
                bound[place] = np.partition(values, -k)[-k] - ROUNDING
                kept = values >= bound[place]
                known_rows, values = known_rows[kept], values[kept]
            found[place] = known_rows, values
    return [rows for rows, _ in found]


def _parts(
    vectors: Vectors, searched: NDArray[np.bool_] | None, size: int, context: JobContext
) -> Iterator[tuple[NDArray[np.int64], Floats]]:
    """Yield the searched rows and their vectors, ``size`` at a time; rows that lie side by side are not copied."""
    rows = None if searched is None else np.flatnonzero(searched)
    count = vectors.count if rows is None else len(rows)
    whole = np.asarray(vectors.vectors)
    for start in range(0, count, size):
        context.check_cancelled()
        context.progress(start, count, "Comparing every label")
        stop = min(start + size, count)
        part = np.arange(start, stop) if rows is None else rows[start:stop]
        first, last = int(part[0]), int(part[-1]) + 1
        yield part, whole[first:last] if last - first == len(part) else whole[part]
