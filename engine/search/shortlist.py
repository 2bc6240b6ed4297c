"""From a short list to hits: an index says which labels seem nearest, their embeddings say how near they are."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.search.flat import flat
from engine.search.vectors import Floats, Hits, Vectors, checked_queries, classes_of, ranked

SHORT_LIST = 32  # matches that are measured exactly, at least
# Where the matches found first are so near, nothing nearer is looked for: it would be a label more alike to the one
# found than 0.62, and yet in none of the lists that are nearest to the query.
SURE = 0.9

Rows = NDArray[np.int64]


def measured(
    vectors: Vectors,
    queries: Floats,
    k: int,
    classes: int | NDArray[np.integer] | None,
    shortlists: Sequence[Callable[[Floats, int, int | None], Rows]],
) -> Hits:
    """Return the k best of each query's short list by exact similarity.

    The first short list will do for a query whose k matches are all SURE; the others get the next, longer search.

    Parameters
    ----------
    shortlists : sequence of callables
        Given queries, a size and a class or None, each returns (Q, size) rows that may be found, -1 where there are
        fewer.
    """
    queries = checked_queries(vectors, queries, k)
    own = classes_of(queries, classes)
    numbers, similarity = np.empty((len(queries), k), np.int64), np.empty((len(queries), k), np.float32)
    for label_class in dict.fromkeys(own):
        places = [place for place, each in enumerate(own) if each == label_class]
        for shortlist in shortlists:
            short = shortlist(queries[places], max(SHORT_LIST, 4 * k), label_class)
            for place, rows in zip(places, short, strict=True):
                numbers[place], similarity[place] = ranked(vectors, queries[place], rows[rows >= 0], k)
            places = [place for place in places if not similarity[place, -1] >= SURE]
            if not places:
                break
        for place in places:
            if numbers[place, -1] < 0:  # too few were looked at: a small class, or most labels are withdrawn
                exact = flat(vectors, queries[place : place + 1], k, label_class)
                numbers[place], similarity[place] = exact.numbers[0], exact.similarity[0]
    return Hits(numbers, similarity)
