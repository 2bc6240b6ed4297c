"""Where IDs stand in which batch: sorted once, found by halving."""

from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.traceability.ids import ID_BYTES, IdBytes

Number = TypeVar("Number", bound=np.generic)


class Place(NamedTuple):
    """The number of a batch, and the row in it."""

    batch: int
    row: int


class IdIndex:
    """Rows of many batches by product ID; an ID may stand in several rows. 18 bytes a row."""

    def __init__(self) -> None:
        self.batches = 0
        self._heads = np.zeros(0, dtype=np.uint64)  # the first 8 bytes of each ID, sorted
        self._tails = np.zeros(0, dtype=np.uint16)  # the last 2
        self._batch = np.zeros(0, dtype=np.int32)
        self._row = np.zeros(0, dtype=np.int32)

    def __len__(self) -> int:
        return len(self._heads)

    def add(self, batches: list[IdBytes]) -> None:
        """Take in the batches that follow those known."""
        if not batches:
            return
        rows = np.concatenate([np.arange(len(ids), dtype=np.int32) for ids in batches])
        numbers = np.repeat(np.arange(len(batches), dtype=np.int32) + self.batches, [len(ids) for ids in batches])
        heads, tails = _halves(np.concatenate(batches))
        order = np.argsort(heads, kind="stable")
        heads = heads[order]
        # Behind those that are equal: an ID's places stay in the order of batches and rows.
        at = np.searchsorted(self._heads, heads, "right") + np.arange(len(heads))
        self._heads = _merged(self._heads, heads, at)
        self._tails = _merged(self._tails, tails[order], at)
        self._batch = _merged(self._batch, numbers[order].astype(np.int32), at)
        self._row = _merged(self._row, rows[order], at)
        self.batches += len(batches)

    def find(self, product_id: IdBytes) -> list[Place]:
        """Return every place of one ID, (1, 10) uint8, in the order of batches and rows."""
        (head,), (tail,) = _halves(product_id)
        first, last = np.searchsorted(self._heads, head, "left"), np.searchsorted(self._heads, head, "right")
        hits = first + np.flatnonzero(self._tails[first:last] == tail)
        return [Place(int(self._batch[hit]), int(self._row[hit])) for hit in hits]

    def batch_of(self, ids: IdBytes) -> NDArray[np.int32]:
        """Return for each of many IDs, (N, 10) uint8, the number of the first batch that holds it, or -1."""
        found = np.full(len(ids), -1, dtype=np.int32)
        if not len(self):
            return found
        heads, tails = _halves(ids)
        at = np.searchsorted(self._heads, heads, "left")
        open_ = np.arange(len(ids))
        while len(open_):  # more than one round only where two IDs agree in their first 8 bytes
            inside = at[open_] < len(self)
            open_ = open_[inside]
            open_ = open_[self._heads[at[open_]] == heads[open_]]
            equal = self._tails[at[open_]] == tails[open_]
            found[open_[equal]] = self._batch[at[open_[equal]]]
            open_ = open_[~equal]
            at[open_] += 1
        return found


def _merged(known: NDArray[Number], fresh: NDArray[Number], at: NDArray[np.intp]) -> NDArray[Number]:
    """Return both arrays in one, the fresh values at the given places of the result."""
    result = np.empty(len(known) + len(fresh), dtype=known.dtype)
    free = np.ones(len(result), dtype=np.bool_)
    free[at] = False
    result[at] = fresh
    result[free] = known
    return result


def _halves(ids: IdBytes) -> tuple[NDArray[np.uint64], NDArray[np.uint16]]:
    """Return the first 8 and the last 2 bytes of IDs as numbers, the highest byte first."""
    assert ids.shape[1] == ID_BYTES
    heads = np.ascontiguousarray(ids[:, :8]).view(">u8")[:, 0].astype(np.uint64)
    tails = np.ascontiguousarray(ids[:, 8:]).view(">u2")[:, 0].astype(np.uint16)
    return heads, tails
