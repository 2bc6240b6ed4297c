"""The index of a library in a Milvus server, for laboratories that outgrow one machine; needs the extra ``milvus``.

The server only names the labels that seem nearest: similarities are measured here, on the library's own embeddings,
as ``LibraryIndex`` does. A class is a partition. What the server holds is compared with the embeddings when it is
opened, and made anew where it is something else.
"""

import contextlib
import hashlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import IndexStale, InputError, StoreError
from engine.jobs import JobContext
from engine.search.index import IndexInfo
from engine.search.self_test import SelfTest, self_test
from engine.search.shortlist import Rows, measured
from engine.search.vectors import Floats, Hits, Vectors

PART_ROWS = 1_000
COMPARED = 64  # embeddings that are asked back when a collection is opened


class MilvusIndex:
    """Searches a library through a Milvus server; get one by ``open_or_build``, and close it."""

    def __init__(self, client: Any, collection: str, vectors: Vectors) -> None:
        self._client, self._collection, self._vectors = client, collection, vectors

    @classmethod
    def open(cls, address: str, library: str, vectors: Vectors) -> "MilvusIndex":
        """Open what the server holds of a library; raises IndexStale where that is not these embeddings.

        Parameters
        ----------
        address : str
            ``http://host:port`` of a server, or the path of a file of Milvus Lite.
        library : str
            Names the library and the weights its embeddings were made under.
        vectors : Vectors
            All labels, withdrawn ones too.
        """
        index = cls._connected(address, library, vectors)
        with index._closed_on_error():
            if index._held() != vectors.count:
                raise IndexStale("The server does not hold this state of the library", where=address)
        return index

    @classmethod
    def open_or_build(
        cls, address: str, library: str, vectors: Vectors, *, context: JobContext | None = None
    ) -> "MilvusIndex":
        """Open it; where labels were only added since, send those; where the server holds something else, send all."""
        context = context or JobContext()
        index = cls._connected(address, library, vectors)
        with index._closed_on_error():
            held = index._held()
            if held is None:
                index._made_anew()
            index._sent(held or 0, context)
        return index

    def search(self, queries: Floats, k: int, classes: int | NDArray[np.integer] | None = None) -> Hits:
        """Return the k most similar labels of each query, as ``LibraryIndex.search`` does."""
        return measured(self._vectors, queries, k, classes, (self._shortlist,))

    def self_test(
        self, sample: int = 200, seed: int = 0, threshold: float | None = None, *, context: JobContext | None = None
    ) -> SelfTest:
        """Compare with exact search, see ``engine.search.self_test.self_test``."""
        return self_test(self.search, self._vectors, sample, seed, threshold, context)

    @property
    def info(self) -> IndexInfo:
        """What it is; what the server takes is not known here."""
        return IndexInfo(self._vectors.count, "milvus", 0, 0, 0, 0, 0, int(self._vectors.vectors.nbytes), 0.0)

    def close(self) -> None:
        """Leave the server."""
        self._client.close()

    @classmethod
    def _connected(cls, address: str, library: str, vectors: Vectors) -> "MilvusIndex":
        try:
            from pymilvus import MilvusClient  # pyright: ignore[reportMissingImports]
        except ImportError:
            raise InputError("Milvus is not installed", remedy="Install Touchstone with the extra milvus.") from None
        with _server(address):
            client = MilvusClient(address)
        return cls(client, f"touchstone_{hashlib.sha256(library.encode()).hexdigest()[:32]}", vectors)

    @contextlib.contextmanager
    def _closed_on_error(self) -> Iterator[None]:
        try:
            with _server(self._collection):
                yield
        except BaseException:
            self.close()
            raise

    def _held(self) -> int | None:
        """Return how many of the library's labels the server holds, the first ones; None: something else, or none."""
        if not self._client.has_collection(self._collection):
            return None
        count = int(self._client.get_collection_stats(self._collection)["row_count"])
        if not 0 < count <= self._vectors.count:
            return None
        self._client.load_collection(self._collection)
        rows = np.unique(np.linspace(0, count - 1, COMPARED).astype(int)).tolist()
        found = self._client.query(self._collection, ids=rows, output_fields=["vector"])
        theirs = {int(each["row"]): np.asarray(each["vector"], np.float32) for each in found}
        own = np.asarray(self._vectors.vectors[rows])
        same = len(theirs) == len(rows) and all(
            theirs[row].shape == each.shape and np.array_equal(theirs[row], each)
            for row, each in zip(rows, own, strict=True)
        )
        return count if same else None

    def _made_anew(self) -> None:
        from pymilvus import DataType, MilvusClient  # pyright: ignore[reportMissingImports]

        if self._client.has_collection(self._collection):
            self._client.drop_collection(self._collection)
        schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("row", DataType.INT64, is_primary=True)
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=self._vectors.vectors.shape[1])
        kinds = self._client.prepare_index_params()
        kinds.add_index("vector", index_type="AUTOINDEX", metric_type="COSINE")
        self._client.create_collection(self._collection, schema=schema, index_params=kinds)

    def _sent(self, first: int, context: JobContext) -> None:
        """Send the rows from ``first`` on, in their order: what is there after a cancel is a beginning of them."""
        vectors, count = self._vectors, self._vectors.count
        for start in range(first, count, PART_ROWS):
            context.check_cancelled()
            context.progress(start - first, count - first, "Sending embeddings")
            part = vectors.classes[start : start + PART_ROWS]
            for label_class in np.unique(part).tolist():
                partition = _partition(label_class)
                if not self._client.has_partition(self._collection, partition):
                    self._client.create_partition(self._collection, partition)
                rows = start + np.flatnonzero(part == label_class)
                values = np.asarray(vectors.vectors[rows]).tolist()
                data = [{"row": row, "vector": value} for row, value in zip(rows.tolist(), values, strict=True)]
                self._client.insert(self._collection, data, partition_name=partition)
        if first < count:
            self._client.flush(self._collection)
        self._client.load_collection(self._collection)

    def _shortlist(self, queries: Floats, size: int, label_class: int | None) -> Rows:
        found = np.full((len(queries), size), -1, np.int64)
        partitions = None if label_class is None else [_partition(label_class)]
        with _server(self._collection):
            if partitions and not self._client.has_partition(self._collection, partitions[0]):
                return found
            hits = self._client.search(
                self._collection, queries.tolist(), limit=size, partition_names=partitions, output_fields=["row"]
            )
        for place, each in enumerate(hits):
            rows = np.array([int(hit["row"]) for hit in each], np.int64)
            rows = rows[(rows >= 0) & (rows < self._vectors.count)]
            if self._vectors.withdrawn is not None:
                rows = rows[~self._vectors.withdrawn[rows]]
            found[place, : len(rows)] = rows
        return found


def _partition(label_class: int) -> str:
    return f"class_{label_class}" if label_class >= 0 else "class_unknown"


@contextlib.contextmanager
def _server(where: str) -> Iterator[None]:
    """Name the server's faults."""
    from pymilvus.exceptions import MilvusException  # pyright: ignore[reportMissingImports]

    try:
        yield
    except MilvusException as error:
        remedy = "See to the server, or search with the index of this computer."
        raise StoreError(f"The Milvus server reports: {error.message}", where=where, remedy=remedy) from error
