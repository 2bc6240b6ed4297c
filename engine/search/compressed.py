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

Rows = NDArray[np.int64]


class Compressed:
    """Codes of vectors in ``lists`` lists; ``rotation`` (D, D) is orthogonal, ``centroids`` (lists, D) are rotated."""

    def __init__(self, rotation: Floats, centroids: Floats) -> None:
        import faiss

        self.rotation, self.centroids = rotation, centroids
        lists, dimensions = centroids.shape
        quantizer: Any = faiss.IndexFlatIP(dimensions)
        quantizer.add(centroids)
        index: Any = faiss.IndexIVFRaBitQFastScan(quantizer, dimensions, lists, faiss.METRIC_INNER_PRODUCT)
        index.referenced_objects = [quantizer]  # Faiss keeps no hold of it
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

        options: Any = faiss.IVFSearchParameters()
        options.nprobe = min(probes, len(self.centroids))
        if bitmap is not None:
            selector: Any = faiss.IDSelectorBitmap
            options.sel = selector(bitmap)
        return self._index.search(queries @ self.rotation, size, params=options)[1]

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


def lists_for(count: int) -> int:
    """Return how many lists so many vectors are kept in: the power of two next to 4 sqrt(count)."""
    return 1 << round(np.log2(4 * np.sqrt(max(count, 1))))


def train(vectors: Floats, seed: int, context: JobContext) -> Compressed:
    """Return an empty index for such vectors: a random rotation, and centroids by k-means on a random part of them.

    Spherical k-means: centroids are unit vectors, a vector belongs to the one it has the largest product with.
    """
    lists = min(lists_for(len(vectors)), len(vectors))
    dimensions = vectors.shape[1]
    rotation = np.linalg.qr(generator(seed, "rotation").standard_normal((dimensions, dimensions)))[0].astype(np.float32)
    draw = generator(seed, "training vectors")
    rows = np.sort(draw.choice(len(vectors), min(len(vectors), TRAINING_ROWS * lists), replace=False))
    sample = np.ascontiguousarray(vectors[rows]) @ rotation
    centroids = sample[draw.choice(len(sample), lists, replace=False)]
    for step in range(ROUNDS):
        nearest = _nearest(sample, centroids, context.part(step, ROUNDS, "Grouping embeddings"))
        sizes = np.bincount(nearest, minlength=lists)
        starts = np.cumsum(sizes) - sizes
        sums = np.add.reduceat(sample[np.argsort(nearest, kind="stable")], starts.clip(max=len(sample) - 1), axis=0)
        empty = sizes == 0
        sums[empty] = sample[draw.choice(len(sample), int(empty.sum()), replace=False)]
        centroids = sums / np.linalg.norm(sums, axis=1, keepdims=True).clip(min=1e-12)
    return Compressed(rotation, np.ascontiguousarray(centroids))


def _nearest(vectors: Floats, centroids: Floats, context: JobContext) -> Rows:
    """Return for each vector the centroid it has the largest product with."""
    import faiss

    found = np.empty(len(vectors), np.int64)
    for start in range(0, len(vectors), PART_ROWS):
        context.check_cancelled()
        context.progress(start, len(vectors))
        part = vectors[start : start + PART_ROWS]
        found[start : start + len(part)] = faiss.knn(part, centroids, 1, metric=faiss.METRIC_INNER_PRODUCT)[1][:, 0]
    return found
