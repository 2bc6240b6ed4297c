"""What a library holds: its batches, what was withdrawn and when, and under which weights its labels are embedded."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.core.library import Embedding, LabelBatch, Library, Withdrawal
from engine.store import Store

KEPT = 4  # libraries whose state is kept in memory
K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True)
class Source:
    """Where the embeddings of a batch stand: the kind and identifier of the record, and its segment's SHA-256."""

    kind: str
    key: str
    sha256: str


@dataclass(frozen=True, eq=False)
class LibraryState:
    """A library as the ledger tells it.

    Parameters
    ----------
    library : Library
        Its record.
    batches : tuple[LabelBatch, ...]
        In the order of their labels' numbers.
    sequences : tuple[int, ...]
        Of the events that enrolled the batches.
    enrolled : tuple[str, ...]
        SHA-256 of the batches' segments.
    sources : Mapping[str, tuple[Source, ...]]
        By embedder key: where the embeddings of the batches stand, of as many as have any, in the batches' order.
        Labels can be compared under a key that has one for each batch.
    withdrawals : tuple[tuple[int, Withdrawal], ...]
        With the sequence numbers of their events.
    """

    library: Library
    batches: tuple[LabelBatch, ...]
    sequences: tuple[int, ...]
    enrolled: tuple[str, ...]
    sources: Mapping[str, tuple[Source, ...]]
    withdrawals: tuple[tuple[int, Withdrawal], ...]

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """First number of each batch, ascending."""
        return np.array([batch.first_number for batch in self.batches], dtype=np.int64)

    def count(self, sequence: int | None = None) -> int:
        """Return how many labels were enrolled, of all events or of those up to ``sequence``."""
        return sum(
            batch.count
            for batch, at in zip(self.batches, self.sequences, strict=True)
            if sequence is None or at <= sequence
        )

    def withdrawn(self, sequence: int | None = None) -> tuple[int, ...]:
        """Return the numbers of labels that were withdrawn, by all events or by those up to ``sequence``."""
        return tuple(
            sorted({
                number
                for at, withdrawal in self.withdrawals
                if sequence is None or at <= sequence
                for number in withdrawal.numbers
            })
        )  # fmt: skip

    @property
    def keys(self) -> tuple[str, ...]:
        """Embedder keys under which every label is embedded."""
        return tuple(key for key, sources in self.sources.items() if len(sources) == len(self.batches))

    def batch_of(self, number: int) -> int:
        """Return which batch holds a label, as a place in ``batches``; the number must be one of the library."""
        return int(np.searchsorted(self.starts, number, side="right")) - 1


class Recent(Generic[K, V]):
    """The values that were asked for last, at most ``size`` of them; safe to use from several threads."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._values: dict[K, V] = {}

    def get(self, key: K) -> V | None:
        """Return the value kept under the key, or None."""
        with self._lock:
            value = self._values.pop(key, None)
            if value is not None:
                self._values[key] = value
            return value

    def put(self, key: K, value: V) -> None:
        """Keep the value, and let go of the one not asked for for longest where there are too many."""
        with self._lock:
            self._values.pop(key, None)
            self._values[key] = value
            while len(self._values) > self._size:
                del self._values[next(iter(self._values))]


_RECENT: Recent[tuple[Path, str], tuple[str, LibraryState]] = Recent(KEPT)


def library_state(store: Store, library_id: str) -> LibraryState:
    """Return what a library holds, read from the ledger where anything was recorded since it was last asked for."""
    state, key = store.library_state(library_id), (store.path, library_id)
    known = _RECENT.get(key)
    if known is None or known[0] != state:
        known = state, _read(store, library_id)
        _RECENT.put(key, known)
    return known[1]


def cache_folder(store: Store, library_id: str) -> Path:
    """Return the folder for files made from a library: in the store's cache, or the person's where that is locked."""
    try:
        return store.cache_folder("libraries", library_id)
    except OSError:
        import platformdirs

        folder = platformdirs.user_cache_path("touchstone", appauthor=False) / "libraries" / library_id
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def _read(store: Store, library_id: str) -> LibraryState:
    library, batches = store.library(library_id), store.label_batches(library_id)
    enrolled = tuple(store.segment_sha256("labels enrolled", batch.id) for batch in batches)
    sources: dict[str, list[Source]] = {}
    for number, (batch, sha256) in enumerate(zip(batches, enrolled, strict=True)):
        own = {batch.embedder_key: Source("labels enrolled", batch.id, sha256)}
        for embedding in store.embeddings(batch.id):
            if _whole(embedding, batch):
                found = store.segment_sha256("labels embedded", embedding.id)
                own[embedding.embedder_key] = Source("labels embedded", embedding.id, found)
        for key, source in own.items():
            if len(sources.setdefault(key, [])) == number:  # batches before it have some under this key, too
                sources[key].append(source)
    return LibraryState(
        library,
        batches,
        store.batch_sequences(library_id),
        enrolled,
        {key: tuple(found) for key, found in sources.items()},
        store.withdrawals(library_id),
    )


def _whole(embedding: Embedding, batch: LabelBatch) -> bool:
    return embedding.count == batch.count
