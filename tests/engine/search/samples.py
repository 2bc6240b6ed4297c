"""Small libraries of random unit vectors for the tests of searching."""

import numpy as np

from engine.core.seeds import generator
from engine.search.vectors import Vectors

DIMENSIONS = 64


def unit(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def library(count: int, seed: int = 0, *, classes: int = 4, withdrawn: float = 0.0) -> Vectors:
    """Return a library whose numbers have gaps: a row is never mistaken for a number."""
    draw = generator(seed, "test library")
    return Vectors(
        np.cumsum(draw.integers(1, 4, count)),
        draw.integers(0, classes, count).astype(np.int32),
        unit(draw.standard_normal((count, DIMENSIONS))),
        draw.random(count) < withdrawn if withdrawn else None,
    )


def near(vectors: Vectors, rows: np.ndarray, noise: float, seed: int = 1) -> np.ndarray:
    """Return vectors close to those rows."""
    return unit(vectors.vectors[rows] + noise * generator(seed, "noise").standard_normal((len(rows), DIMENSIONS)) / 8)


def first(vectors: Vectors, count: int) -> Vectors:
    """Return the library as it was when it had so many labels."""
    gone = None if vectors.withdrawn is None else vectors.withdrawn[:count]
    return Vectors(vectors.numbers[:count], vectors.classes[:count], vectors.vectors[:count], gone)


def slow(vectors: Vectors, query: np.ndarray, k: int, label_class: int | None = None) -> list[tuple[int, float]]:
    """Return number and similarity of the k best, by sorting all that may be found."""
    gone = np.zeros(vectors.count, bool) if vectors.withdrawn is None else vectors.withdrawn
    found = []
    for number, own, vector, out in zip(vectors.numbers, vectors.classes, vectors.vectors, gone, strict=True):
        if not out and label_class in (None, own):
            exact = float(np.einsum("i,i->", vector.astype(np.float64), query.astype(np.float64)))
            found.append((-np.float32(exact), int(number)))
    return [(number, -similarity) for similarity, number in sorted(found)[:k]]
