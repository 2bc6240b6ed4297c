"""The index in a Milvus server, with Milvus Lite; skipped where the extra is not installed."""

import numpy as np
import pytest

from engine.core.errors import IndexStale, InputError
from engine.core.seeds import generator
from engine.jobs import Cancelled
from engine.search.flat import flat
from engine.search.milvus import MilvusIndex
from engine.search.vectors import Vectors
from tests.engine.search.samples import DIMENSIONS, first, library, near, unit
from tests.engine.search.test_index import cancelled_at

COUNT = 2500


@pytest.fixture
def opened(tmp_path):
    """Return ``open_or_build`` on a file of Milvus Lite; what it opens is closed."""
    reason = "needs pymilvus and milvus-lite: the extra milvus"
    pytest.importorskip("pymilvus", reason=reason)
    pytest.importorskip("milvus_lite", reason=reason)
    indexes = []

    def make(vectors: Vectors, way=MilvusIndex.open_or_build, **options) -> MilvusIndex:
        indexes.append(way(str(tmp_path / "milvus.db"), "library, weights", vectors, **options))
        return indexes[-1]

    yield make
    for index in indexes:
        index.close()


@pytest.mark.parametrize("withdrawn", [0.0, 0.3])
def test_hits_are_those_of_exact_search(opened, withdrawn):
    vectors = library(COUNT, withdrawn=withdrawn)
    index = opened(vectors)
    queries = np.concatenate([near(vectors, np.arange(20), 0.5), unit(generator(1, "q").normal(size=(5, DIMENSIONS)))])
    for classes in (None, 2, generator(2, "c").integers(0, 5, len(queries))):
        found, exact = index.search(queries, 3, classes), flat(vectors, queries, 3, classes)
        assert (found.numbers == exact.numbers).all()
        assert np.array_equal(found.similarity, exact.similarity, equal_nan=True)
    assert index.info.kind == "milvus" and index.self_test(20).recall.value == 1


def test_added_labels_are_sent_and_another_library_is_sent_whole(opened, monkeypatch):
    vectors = library(COUNT)
    opened(first(vectors, 2000)).close()
    with pytest.raises(IndexStale):
        opened(vectors, MilvusIndex.open)
    with monkeypatch.context() as patch:
        patch.setattr(MilvusIndex, "_made_anew", None)  # it goes on from what is there
        assert opened(vectors).search(vectors.vectors[[2400]], 1).numbers[0, 0] == vectors.numbers[2400]
    opened(vectors, MilvusIndex.open)
    other = library(COUNT, 1)
    with pytest.raises(IndexStale):
        opened(other, MilvusIndex.open)
    assert (opened(other).search(other.vectors[:50], 1).numbers[:, 0] == other.numbers[:50]).all()


def test_what_was_sent_before_a_cancel_is_gone_on_from(opened):
    vectors = library(COUNT)
    with pytest.raises(Cancelled):
        opened(vectors, context=cancelled_at(2))
    assert (opened(vectors).search(vectors.vectors[::50], 1).numbers[:, 0] == vectors.numbers[::50]).all()


def test_without_the_extra_it_is_named(monkeypatch):
    import builtins

    real = builtins.__import__

    def without(name, *arguments, **options):
        if name.startswith("pymilvus"):
            raise ImportError(name)
        return real(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(InputError, match="not installed") as caught:
        MilvusIndex.open("nowhere.db", "library", library(10))
    assert "extra milvus" in caught.value.remedy
