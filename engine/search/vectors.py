"""What is searched and what is found: embeddings of labels under their numbers, and ranked hits."""

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import InputError

Floats = NDArray[np.float32]

WITNESSES = 1024  # rows that stand for all vectors in a fingerprint


@dataclass(frozen=True)
class Vectors:
    """The embeddings of a library's labels, row by row.

    Parameters
    ----------
    numbers : NDArray
        (N,) int64, ascending: the labels' numbers.
    classes : NDArray
        (N,) int32: glyph classes, -1 unknown.
    vectors : NDArray
        (N, D) float32 of unit length; an array or a memory map.
    withdrawn : NDArray, optional
        (N,) bool: rows that no search may find.
    """

    numbers: NDArray[np.int64]
    classes: NDArray[np.int32]
    vectors: Floats
    withdrawn: NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        count = len(self.numbers)
        shapes = (
            self.classes.shape,
            self.vectors.shape[:1],
            (count,) if self.withdrawn is None else self.withdrawn.shape,
        )
        if self.vectors.ndim != 2 or any(shape != (count,) for shape in shapes) or self.vectors.dtype != np.float32:
            raise InputError("Numbers, classes and embeddings of a library do not fit together")
        if (np.diff(self.numbers) <= 0).any():
            raise InputError("The labels of a library must stand in the order of their numbers")

    @property
    def count(self) -> int:
        """Number of rows, withdrawn ones included."""
        return len(self.numbers)

    def searched(self, label_class: int | None = None) -> NDArray[np.bool_] | None:
        """Return (N,) which rows a search among that class, or among all, may find; None: every row."""
        if label_class is None:
            return None if self.withdrawn is None or not self.withdrawn.any() else ~self.withdrawn
        own = self.classes == label_class
        return own if self.withdrawn is None else own & ~self.withdrawn

    def fingerprint(self, count: int | None = None) -> str:
        """Return a SHA-256 over the first ``count`` rows: their numbers, and WITNESSES vectors spread over them.

        A whole pass over millions of vectors would take longer than an index may take to open. Whoever makes the
        vectors checks them; the fingerprint tells the vectors of one library, and of one state of it, from others.
        """
        count = self.count if count is None else count
        rows = np.unique(np.linspace(0, max(count - 1, 0), WITNESSES).astype(np.int64))[: max(count, 0)]
        digest = hashlib.sha256(f"{count} x {self.vectors.shape[1]}".encode())
        digest.update(np.ascontiguousarray(self.numbers[:count], "<i8").data)
        digest.update(np.ascontiguousarray(self.vectors[rows], "<f4").data)
        return digest.hexdigest()


@dataclass(frozen=True)
class Hits:
    """The best matches of each query, best first; where there are fewer than k, number -1 and similarity nan.

    Parameters
    ----------
    numbers : NDArray
        (Q, k) int64.
    similarity : NDArray
        (Q, k) float32, -1..1: cosine, higher is more alike. Equal ones stand in the order of their numbers.
    """

    numbers: NDArray[np.int64]
    similarity: Floats


def ranked(vectors: Vectors, query: Floats, rows: NDArray[np.int64], k: int) -> tuple[NDArray[np.int64], Floats]:
    """Return numbers and similarity, (k,) each, of the best among ``rows``, measured exactly and alike for all.

    Sums are taken in float64, each row by itself: equal vectors get equal similarities wherever they stand, which
    matrix products in float32 do not promise.
    """
    near = np.asarray(vectors.vectors)[rows].astype(np.float64)
    similarity = np.einsum("ij,j->i", near, query.astype(np.float64)).astype(np.float32)
    order = np.lexsort((rows, -similarity))[:k]
    numbers, values = np.full(k, -1, np.int64), np.full(k, np.nan, np.float32)
    numbers[: len(order)], values[: len(order)] = vectors.numbers[rows[order]], similarity[order]
    return numbers, values


def checked_queries(vectors: Vectors, queries: Floats, k: int) -> Floats:
    """Return the queries as (Q, D) contiguous float32; raises InputError where they cannot be compared."""
    found = np.ascontiguousarray(queries, np.float32)
    if found.ndim != 2 or found.shape[1] != vectors.vectors.shape[1] or not np.isfinite(found).all():
        raise InputError("The queries are no embeddings of this library's kind")
    if k < 1:
        raise InputError("At least one match must be asked for")
    return found


def classes_of(queries: Floats, classes: int | NDArray[np.integer] | None) -> list[int | None]:
    """Return the class each query is searched in: one for all, one for each, or None: all classes."""
    if classes is None or isinstance(classes, int):
        return [classes] * len(queries)
    if len(classes) != len(queries):
        raise InputError("Every query needs the class it is searched in")
    return [int(each) for each in classes]
