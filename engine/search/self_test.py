"""Whether an index finds what exact search finds: on embeddings of the library itself, moved away at random."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.core.operating import Rate
from engine.core.seeds import generator
from engine.jobs import JobContext
from engine.search.flat import flat
from engine.search.vectors import Floats, Hits, Vectors

MIXED = 8  # vectors of the library that a random direction is the sum of
# Mean and deviation of the logarithm of 1 - similarity of a fresh capture to its label, under the weights that ship, at
# strong capture effects (500 simulated tuning labels): half lie above 0.96, one in twenty below 0.88.
LOG_MEAN, LOG_DEVIATION = -3.22, 0.68
LEAST = 0.75  # nearer than this nothing is accepted, so that there is no need to find it


@dataclass(frozen=True)
class SelfTest:
    """How an index did beside exact search.

    Parameters
    ----------
    recall : Rate
        How often the best match was exact search's, for queries that show a label of the library.
    decisions : Rate or None
        How often both said the same of the threshold, strangers included; None where no threshold was given.
    k : int
        Matches asked for.
    """

    recall: Rate
    decisions: Rate | None
    threshold: float | None
    k: int


def self_test(
    search: Callable[[Floats, int], Hits],
    vectors: Vectors,
    sample: int,
    seed: int,
    threshold: float | None,
    context: JobContext | None,
) -> SelfTest:
    """Compare a search with the exact one, on vectors of the library as if captured anew, and as many strangers."""
    from engine.evaluation.rates import rate

    rows = searchable_rows(vectors, sample, seed)
    others = strangers(vectors, len(rows), seed + 1)
    queries = np.concatenate([moved(vectors, rows, captured(len(rows), seed), seed), others])
    exact = flat(vectors, queries, 1, context=context)
    found = search(queries, 1)
    same = found.numbers[: len(rows), 0] == exact.numbers[: len(rows), 0]
    decisions = None
    if threshold is not None:
        decisions = rate((found.similarity[:, 0] >= threshold) == (exact.similarity[:, 0] >= threshold))
    return SelfTest(rate(same), decisions, threshold, 1)


def searchable_rows(vectors: Vectors, count: int, seed: int) -> NDArray[np.int64]:
    """Return up to ``count`` rows at random, ascending, none of them withdrawn."""
    searched = vectors.searched()
    rows = np.arange(vectors.count) if searched is None else np.flatnonzero(searched)
    return np.sort(generator(seed, "rows").choice(rows, min(count, len(rows)), replace=False))


def captured(count: int, seed: int) -> NDArray[np.float64]:
    """Return (count,) similarities of fresh captures to their labels, as captures of strong effects have them."""
    return (1 - generator(seed, "similarities").lognormal(LOG_MEAN, LOG_DEVIATION, count)).clip(min=LEAST)


def moved(vectors: Vectors, rows: NDArray[np.int64], similarity: NDArray[np.float64], seed: int) -> Floats:
    """Return the rows' vectors turned away in random directions until their cosines are ``similarity``, (N,).

    Directions are sums of the library's own vectors with random signs: as captures do, they vary most where the library
    varies most.
    """
    own = np.asarray(vectors.vectors[rows], np.float64)
    away = strangers(vectors, len(rows), seed).astype(np.float64)
    away -= np.einsum("ij,ij->i", own, away)[:, None] * own
    away /= np.linalg.norm(away, axis=1, keepdims=True).clip(min=1e-12)
    share = similarity[:, None]
    return (share * own + (1 - share**2) ** 0.5 * away).astype(np.float32)


def strangers(vectors: Vectors, count: int, seed: int) -> Floats:
    """Return ``count`` unit vectors that belong to no label: sums of MIXED vectors of the library, random signs."""
    draw = generator(seed, "directions")
    rows = draw.integers(0, vectors.count, (count, MIXED))
    signs = draw.choice(np.array([-1.0, 1.0], np.float32), (count, MIXED))
    unique, places = np.unique(rows, return_inverse=True)
    mixed = np.einsum("ij,ijk->ik", signs, np.asarray(vectors.vectors[unique])[places.reshape(rows.shape)])
    return mixed / np.linalg.norm(mixed, axis=1, keepdims=True).clip(min=1e-12)
