"""The index of a library: few labels are compared one by one, many through codes and then exactly.

An index is a cache: whatever is wrong with its file, it is built anew from the embeddings. The similarities it returns
are always measured on the embeddings themselves, so that a fault of an index can hide a match but never invent one.
"""

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import IndexStale
from engine.jobs import JobContext
from engine.search import files
from engine.search.compressed import Compressed, train
from engine.search.files import Header, reading_index, stale, write_index
from engine.search.flat import flat
from engine.search.self_test import SelfTest, captured, moved, searchable_rows, self_test
from engine.search.shortlist import Rows, measured
from engine.search.vectors import Floats, Hits, Vectors

FLAT_BELOW = 20_000  # labels that are compared one by one within a few milliseconds
GROWTH = 2  # times as many labels as the lists were made for; with more, they are made anew
# Probes are chosen so that of so many vectors, moved as far as captures of strong effects lie from their labels, this
# share is found again: itself, or what is nearly as similar, as embeddings of one label are. EARLY are found at once.
TUNING_ROWS, FOUND, EARLY, NEARLY = 4_000, 0.998, 0.9, 0.1
PROBES = (2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512)


@dataclass(frozen=True)
class IndexInfo:
    """What an index is: labels, kind, lists and how many are looked into, first and at most, bytes, seconds of work."""

    count: int
    kind: Literal["flat", "compressed", "milvus"]
    lists: int
    first: int
    probes: int
    code_bytes: int
    resident_bytes: int
    mapped_bytes: int
    seconds: float


class LibraryIndex:
    """Searches one state of a library; get one by ``open_or_build``. Several threads may search at once."""

    def __init__(self, folder: Path, vectors: Vectors, found: tuple[Header, Compressed] | None = None) -> None:
        self._folder, self._vectors = folder, vectors
        self._header, self._compressed = found or (None, None)
        self._bitmaps: dict[int | None, NDArray[np.uint8] | None] = {}

    @classmethod
    def build(
        cls, folder: Path, key: str, vectors: Vectors, *, context: JobContext | None = None, seed: int = 0
    ) -> "LibraryIndex":
        """Make the index anew and keep it in the folder; what was there stays until the new one is whole.

        Parameters
        ----------
        folder : Path
            Belongs to one library and one kind of embeddings.
        key : str
            Names the state of the library: its segments and the weights.
        vectors : Vectors
            All labels, withdrawn ones too; must stay as they are for as long as the index is used.
        """
        context, start = context or JobContext(), time.perf_counter()
        if vectors.count < FLAT_BELOW:
            return cls(folder, vectors)
        compressed = train(vectors.vectors, seed, context.part(0, 3))
        compressed.add(vectors.vectors, 0, context.part(1, 3))
        return cls._kept(folder, key, vectors, compressed, vectors.count, start, context.part(2, 3), seed)

    @classmethod
    def open(cls, folder: Path, key: str, vectors: Vectors) -> "LibraryIndex":
        """Open the index of this state of the library; raises IndexStale that says why where there is none."""
        if vectors.count < FLAT_BELOW:
            return cls(folder, vectors)
        header, compressed = _read(folder, vectors)
        if (header.key, header.count) != (key, vectors.count):
            raise stale(folder / files.NAME, "The search index belongs to another state of the library")
        return cls(folder, vectors, (header, compressed))

    @classmethod
    def open_or_build(
        cls, folder: Path, key: str, vectors: Vectors, *, context: JobContext | None = None, seed: int = 0
    ) -> "LibraryIndex":
        """Open the index; where labels were only added since, add them to it; where it is stale, build it."""
        if vectors.count < FLAT_BELOW:
            return cls(folder, vectors)
        context, start = context or JobContext(), time.perf_counter()
        with contextlib.suppress(IndexStale):  # whatever is wrong with it, it is built anew
            header, compressed = _read(folder, vectors)
            if (header.key, header.count) == (key, vectors.count):
                return cls(folder, vectors, (header, compressed))
            if header.count < vectors.count <= GROWTH * header.trained:
                compressed.add(vectors.vectors, header.count, context.part(0, 2))
                grown = context.part(1, 2)
                return cls._kept(folder, key, vectors, compressed, header.trained, start, grown, seed)
        return cls.build(folder, key, vectors, context=context, seed=seed)

    def extend(self, key: str, vectors: Vectors, *, context: JobContext | None = None) -> "LibraryIndex":
        """Return the index of the library after labels were added: ``vectors`` are all of them, the old ones first.

        This index goes on to search what it searched.
        """
        return self.open_or_build(self._folder, key, vectors, context=context)

    def search(self, queries: Floats, k: int, classes: int | NDArray[np.integer] | None = None) -> Hits:
        """Return the k most similar labels of each query, as ``flat`` does, and seldom another label than it."""
        if self._header is None or self._compressed is None:
            return flat(self._vectors, queries, k, classes)
        return self._searched(self._compressed, (self._header.first, self._header.probes), queries, k, classes)

    def self_test(
        self, sample: int = 200, seed: int = 0, threshold: float | None = None, *, context: JobContext | None = None
    ) -> SelfTest:
        """Compare with exact search, see ``engine.search.self_test.self_test``."""
        return self_test(self.search, self._vectors, sample, seed, threshold, context)

    @property
    def info(self) -> IndexInfo:
        """What it is and what it takes."""
        mapped = int(self._vectors.vectors.nbytes)
        if self._header is None or self._compressed is None:
            return IndexInfo(self._vectors.count, "flat", 0, 0, 0, 0, 0, mapped, 0.0)
        codes = sum(map(self._compressed.block_bytes, self._compressed.sizes().tolist()))
        resident = codes + 8 * self._header.count + 2 * self._compressed.centroids.nbytes
        head = self._header
        return IndexInfo(
            head.count, "compressed", head.lists, head.first, head.probes, codes, resident, mapped, head.seconds
        )

    def _searched(
        self,
        compressed: Compressed,
        probes: Sequence[int],
        queries: Floats,
        k: int,
        classes: int | NDArray[np.integer] | None = None,
    ) -> Hits:
        def shortlist(lists: int, asked: Floats, size: int, label_class: int | None) -> Rows:
            return compressed.shortlist(asked, size, lists, self._bitmap(label_class))

        return measured(
            self._vectors, queries, k, classes, [partial(shortlist, each) for each in dict.fromkeys(probes)]
        )

    def _bitmap(self, label_class: int | None) -> NDArray[np.uint8] | None:
        if label_class not in self._bitmaps:
            searched = self._vectors.searched(label_class)
            self._bitmaps[label_class] = None if searched is None else np.packbits(searched, bitorder="little")
        return self._bitmaps[label_class]

    @classmethod
    def _kept(
        cls,
        folder: Path,
        key: str,
        vectors: Vectors,
        compressed: Compressed,
        made_for: int,
        start: float,
        context: JobContext,
        seed: int,
    ) -> "LibraryIndex":
        """Choose how many lists to look into, and write the index."""
        import faiss

        first, probes = cls(folder, vectors)._tuned(compressed, seed, context)

        def header(size: int, sha256: str) -> Header:
            return Header(
                key=key,
                fingerprint=vectors.fingerprint(),
                faiss=faiss.__version__,
                count=vectors.count,
                trained=made_for,
                dimensions=vectors.vectors.shape[1],
                lists=len(compressed.centroids),
                first=first,
                probes=probes,
                seconds=time.perf_counter() - start,
                body_bytes=size,
                body_sha256=sha256,
            )

        context.check_cancelled()
        write_index(folder / files.NAME, header, compressed.pieces)
        return cls.open(folder, key, vectors)

    def _tuned(self, compressed: Compressed, seed: int, context: JobContext) -> tuple[int, int]:
        """Return into how many lists to look at first, and where no match in these is near."""
        rows = searchable_rows(self._vectors, TUNING_ROWS, seed)
        similarity = captured(len(rows), seed)
        queries, first, probes = moved(self._vectors, rows, similarity, seed), None, PROBES[0]
        for number, probes in enumerate(PROBES):
            context.check_cancelled()
            context.progress(number, len(PROBES), "Choosing how far to look")
            found = self._searched(compressed, (probes,), queries, 1).similarity[:, 0]
            share = float((found >= similarity - NEARLY).mean())
            first = probes if first is None and share >= EARLY else first
            if share >= FOUND:
                break
        return first or probes, probes


def _read(folder: Path, vectors: Vectors) -> tuple[Header, Compressed]:
    """Read an index that was made for the first rows of the vectors, or for all."""
    import faiss

    path = folder / files.NAME
    with reading_index(path) as (header, body):
        if header.faiss != faiss.__version__:
            raise stale(path, f"The search index was made for another version of Faiss ({header.faiss})")
        fits = header.dimensions == vectors.vectors.shape[1] and header.count <= vectors.count
        if not fits or header.fingerprint != vectors.fingerprint(header.count):
            raise stale(path, "The search index belongs to other embeddings")
        rotation = body.array("<f4", header.dimensions, header.dimensions)
        compressed = Compressed(rotation, body.array("<f4", header.lists, header.dimensions))
        sizes = body.array("<i4", header.lists)
        if (sizes < 0).any() or int(sizes.sum(dtype=np.int64)) != header.count:
            raise stale(path, "The lists of the search index do not add up")
        for number, size in enumerate(sizes.tolist()):
            rows = body.array("<i4", size)
            if size and (rows.min() < 0 or rows.max() >= header.count):
                raise stale(path, "The search index names labels that do not exist")
            compressed.put(number, rows, body.array("|u1", compressed.block_bytes(size)))
        body.finish()
    return header, compressed
