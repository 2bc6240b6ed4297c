"""Vectors in one bit a dimension, in lists around centroids: an inverted file of RaBitQ codes, searched by Faiss.

RaBitQ (Gao and Long 2024, SIGMOD, arXiv:2405.12497) codes the signs of what remains of a vector beyond its centroid,
after a random rotation, and estimates inner products without bias. A code of 256 dimensions takes 40 bytes.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.core.seeds import generator
from engine.jobs import JobContext
from engine.search.vectors import Floats

ROUNDS = 8  # of k-means
TRAINING_ROWS = 32  # for each centroid
PART_ROWS = 16_384
MANY_QUERIES = 16  # that are worth several threads
LOOKED_AT = 32  # times as many centroids as lists that are wanted are compared with a query,
SHARE = 8  # and at least one in so many of all
ADDED = 16  # one in so many centroids is compared with a vector that is added: 96 % get into the very nearest list
MOST_PROBES = 16_384  # of all queries at a time: Faiss takes 5 KB for each

Rows = NDArray[np.int64]


class Compressed:
    """Codes of vectors in ``lists`` lists; ``rotation`` (D, D) is orthogonal, ``centroids`` (lists, D) are rotated."""

    def __init__(self, rotation: Floats, centroids: Floats) -> None:
        import faiss

        self.rotation, self.centroids = rotation, centroids
        lists, dimensions = centroids.shape
        self._groups = _grouped(centroids)
        index: Any = faiss.IndexIVFRaBitQFastScan(self._groups, dimensions, lists, faiss.METRIC_INNER_PRODUCT)
        index.referenced_objects = [self._groups]  # Faiss keeps no hold of it
        index.is_trained = True  # centroids are all that training finds
        self._index = index
        self._lists: Any = faiss.downcast_InvertedLists(index.invlists)

    @property
    def count(self) -> int:
        """Number of vectors."""
        return int(self._index.ntotal)

    def add(self, vectors: Floats, first_row: int, context: JobContext) -> None:
        """Add the vectors from ``first_row`` on; rows are their places."""
        for start in range(first_row, len(vectors), PART_ROWS):
            context.check_cancelled()
            context.progress(start - first_row, len(vectors) - first_row, "Compressing embeddings")
            part = np.ascontiguousarray(vectors[start : start + PART_ROWS]) @ self.rotation
            self._index.add_with_ids(part, np.arange(start, start + len(part)))

    def shortlist(self, queries: Floats, size: int, probes: int, bitmap: NDArray[np.uint8] | None) -> Rows:
        """Return (Q, size) the rows that seem nearest, -1 where there are fewer, from the ``probes`` nearest lists.

        ``bitmap`` holds a bit for each row, least significant first: whether it may be found.
        """
        import faiss

        turned = queries @ self.rotation
        selector: Any = None if bitmap is None else faiss.IDSelectorBitmap
        chosen = None if bitmap is None else selector(bitmap)
        step = max(MOST_PROBES // probes, 1)
        threads = faiss.omp_get_max_threads()
        if len(queries) < MANY_QUERIES:
            # One thread, which is this one: a second would save less than it may wait for a core on a busy machine.
            faiss.omp_set_num_threads(1)
        try:
            parts = [turned[start : start + step] for start in range(0, len(turned), step)]
            found = [self._searched(part, size, min(probes, len(self.centroids)), chosen) for part in parts]
        finally:
            faiss.omp_set_num_threads(threads)
        return found[0] if len(found) == 1 else np.concatenate([np.empty((0, size), np.int64), *found])

    def _searched(self, turned: Floats, size: int, probes: int, selector: Any) -> Rows:
        import faiss

        groups = self._groups.nlist
        near: Any = faiss.IVFSearchParameters()
        near.nprobe = max(-(-groups // SHARE), -(-LOOKED_AT * probes * groups // len(self.centroids)))
        options: Any = faiss.IVFSearchParameters()
        options.nprobe, options.sel, options.quantizer_params = probes, selector, near
        return self._index.search(turned, size, params=options)[1]

    def sizes(self) -> NDArray[np.int32]:
        """Return how many vectors each list holds."""
        return np.array([self._lists.list_size(each) for each in range(len(self.centroids))], np.int32)

    def block_bytes(self, size: int) -> int:
        """Return the bytes of a list's codes: Faiss keeps them in blocks of 32, the last one filled up."""
        return -(-size // self._lists.n_per_block) * self._lists.block_size

    def list_of(self, number: int) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
        """Return rows and codes of a list; the codes are only lent."""
        import faiss

        size = self._lists.list_size(number)
        if not size:
            return np.empty(0, np.int32), np.empty(0, np.uint8)
        rows = faiss.rev_swig_ptr(self._lists.get_ids(number), size).astype(np.int32)
        return rows, faiss.rev_swig_ptr(self._lists.get_codes(number), self.block_bytes(size))

    def put(self, number: int, rows: NDArray[np.int32], codes: NDArray[np.uint8]) -> None:
        """Fill an empty list with what ``list_of`` returned."""
        import faiss

        if len(codes) != self.block_bytes(len(rows)):
            raise ValueError("codes and rows of a list do not fit together")
        if len(rows):
            numbers = rows.astype(np.int64)
            self._lists.add_entries(number, len(rows), faiss.swig_ptr(numbers), faiss.swig_ptr(codes))
            self._index.ntotal += len(rows)

    def pieces(self) -> Iterator[memoryview]:
        """Yield all that it consists of: rotation, centroids, sizes, then rows and codes of every list."""
        for array in (self.rotation, self.centroids, self.sizes()):
            yield array.data.cast("B")
        for number in range(len(self.centroids)):
            for array in self.list_of(number):
                if array.nbytes:
                    yield array.data.cast("B")


def _grouped(centroids: Floats) -> Any:
    """Return the centroids as an inverted file of their own, so that only those of near groups are compared."""
    import faiss

    lists, dimensions = centroids.shape
    count = 1 << int(np.log2(lists) / 2)
    means: Any = faiss.IndexFlatIP(dimensions)
    means.add(_k_means(centroids, count, generator(0, "groups of centroids"), JobContext()))
    groups: Any = faiss.IndexIVFFlat(means, dimensions, count, faiss.METRIC_INNER_PRODUCT)
    groups.referenced_objects = [means]
    groups.add(centroids)
    groups.make_direct_map()
    groups.nprobe = -(-count // ADDED)
    return groups


def lists_for(count: int) -> int:
    """Return how many lists so many vectors are kept in: the power of two next to 4 sqrt(count)."""
    return 1 << round(np.log2(4 * np.sqrt(max(count, 1))))


def train(vectors: Floats, seed: int, context: JobContext) -> Compressed:
    """Return an empty index for such vectors: a random rotation, and centroids by k-means on a random part of them.

    First into a few groups, then each group into its share of the lists, and one more round over all: next to as good
    as k-means into all lists at once, which takes twenty times as long.
    """
    lists = min(lists_for(len(vectors)), len(vectors))
    dimensions = vectors.shape[1]
    rotation = np.linalg.qr(generator(seed, "rotation").standard_normal((dimensions, dimensions)))[0].astype(np.float32)
    draw = generator(seed, "training vectors")
    rows = np.sort(draw.choice(len(vectors), min(len(vectors), TRAINING_ROWS * lists), replace=False))
    sample = np.ascontiguousarray(vectors[rows]) @ rotation
    groups = 1 << int(np.log2(lists) / 2)
    group = _nearest(sample, _k_means(sample, groups, draw, context.part(0, groups + 2)), context)
    centroids = list[Floats]()
    for number in range(groups):
        own = sample[group == number]
        share = max(len(own) * lists // len(sample), min(len(own), 1))
        centroids.append(_k_means(own, share, draw, context.part(number + 1, groups + 2)))
    found = np.concatenate(centroids)
    nearest = _assigned(sample, _grouped(found), context.part(groups + 1, groups + 2))
    return Compressed(rotation, _means(sample, nearest, len(found), draw))


def _k_means(vectors: Floats, count: int, draw: np.random.Generator, context: JobContext) -> Floats:
    """Return (count, D) centroids of length 1; a vector belongs to the one it has the largest product with."""
    centroids = vectors[draw.choice(len(vectors), count, replace=False)]
    for step in range(ROUNDS if count else 0):
        nearest = _nearest(vectors, centroids, context.part(step, ROUNDS, "Grouping embeddings"))
        centroids = _means(vectors, nearest, count, draw)
    return centroids


def _means(vectors: Floats, nearest: Rows, count: int, draw: np.random.Generator) -> Floats:
    """Return the directions of the means of what belongs to each centroid; one without any becomes a random vector."""
    sizes = np.bincount(nearest, minlength=count)
    starts = (np.cumsum(sizes) - sizes).clip(max=len(vectors) - 1)
    sums = np.add.reduceat(vectors[np.argsort(nearest, kind="stable")], starts, axis=0)
    empty = sizes == 0
    sums[empty] = vectors[draw.choice(len(vectors), int(empty.sum()), replace=False)]
    return sums / np.linalg.norm(sums, axis=1, keepdims=True).clip(min=1e-12)


def _nearest(vectors: Floats, centroids: Floats, context: JobContext) -> Rows:
    """Return for each vector the centroid it has the largest product with."""
    import faiss

    every: Any = faiss.IndexFlatIP(centroids.shape[1])
    every.add(centroids)
    return _assigned(vectors, every, context)


def _assigned(vectors: Floats, centroids: Any, context: JobContext) -> Rows:
    """Return for each vector the nearest of centroids in an index of Faiss, as near as that finds it."""
    found = np.empty(len(vectors), np.int64)
    for start in range(0, len(vectors), PART_ROWS):
        context.check_cancelled()
        context.progress(start, len(vectors))
        part = vectors[start : start + PART_ROWS]
        found[start : start + len(part)] = centroids.search(part, 1)[1][:, 0]
    return found
