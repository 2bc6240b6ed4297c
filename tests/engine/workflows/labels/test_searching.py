"""The best of a query's turns counts; indices are used where they can be trusted, and answer as exact search does."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.records import hash_of
from engine.core.seeds import generator
from engine.jobs import JobContext
from engine.search import index as indices
from engine.search.vectors import Hits
from engine.workflows.labels.recogniser import Found, Recogniser, SearchedLibrary
from engine.workflows.labels.rows import chain, write_rows
from engine.workflows.labels.searching import best_of_turns, index_source, vectors_layout
from tests.engine.workflows.labels.label_samples import InThisProcess

KEY = hash_of("weights")


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 4), st.integers(1, 6), st.integers(1, 4))
def test_the_best_of_the_turns_is_that_of_a_slow_search(seed: int, turns: int, k: int, queries: int) -> None:
    """Ties are frequent: similarities are drawn from few values."""
    rng = generator(seed, "alike")
    labels = int(rng.integers(0, 9))
    alike = rng.integers(0, 4, (queries, turns, labels)) / 4
    numbers = np.full((queries * turns, k), -1, dtype=np.int64)
    values = np.full((queries * turns, k), np.nan, dtype=np.float32)
    for row, own in enumerate(alike.reshape(queries * turns, labels)):
        order = np.lexsort((np.arange(labels), -own))[:k]
        numbers[row, : len(order)], values[row, : len(order)] = order + 1, own[order]
    found, similarity, turned = best_of_turns(
        Hits(numbers, values), np.repeat(np.arange(queries), turns), np.tile(np.arange(turns), queries)
    )
    for query in range(queries):
        best = [(-max(alike[query, :, label]), label + 1) for label in range(labels)]
        expected = sorted(best)[:k]
        assert found[query, : len(expected)].tolist() == [number for _, number in expected]
        assert similarity[query, : len(expected)].tolist() == [-value for value, _ in expected]
        for place, (value, number) in enumerate(expected):
            assert turned[query, place] == alike[query, :, number - 1].tolist().index(-value)
        assert (found[query, len(expected) :] == -1).all() and np.isnan(similarity[query, len(expected) :]).all()


def library(folder: Path, vectors: np.ndarray, withdrawn: tuple[int, ...] = ()) -> SearchedLibrary:
    count = len(vectors)
    source = chain("test", [hash_of(vectors.tobytes().hex())])[-1]
    classes = (np.arange(count) % 3).astype("<i4")
    path = write_rows(folder, vectors_layout(KEY), source, [{"vectors": vectors, "classes": classes}], count)
    return SearchedLibrary(path, KEY, source, count, withdrawn, folder / "index")


def units(count: int, seed: int = 0) -> np.ndarray:
    vectors = generator(seed, "units").normal(size=(count, 256)).astype("<f4")
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def search(own: Recogniser, of: SearchedLibrary, queries: np.ndarray, k: int = 5, **more: Any) -> Found:
    return own.search(of, queries, k, context=JobContext(), **more)


def test_the_turn_that_fits_is_told(tmp_path: Path) -> None:
    vectors = units(40)
    own = Recogniser(child=InThisProcess(None))
    of = library(tmp_path, vectors)
    queries = units(12, 1).reshape(3, 4, 256).copy()
    for query, (turn, label) in enumerate(((2, 7), (0, 30), (3, 1))):
        queries[query, turn] = vectors[label - 1]
    found = search(own, of, queries)
    assert found.numbers[:, 0].tolist() == [7, 30, 1]
    assert found.turns[:, 0].tolist() == [2, 0, 3]
    assert np.allclose(found.similarity[:, 0], 1, atol=1e-6)
    assert found.classes[:, 0].tolist() == [0, 2, 0]
    assert found.kind == "exact"


def test_what_does_not_count_is_never_found(tmp_path: Path) -> None:
    vectors = units(30)
    of = library(tmp_path, vectors, withdrawn=(7, 8))
    own = Recogniser(child=InThisProcess(None))
    queries = np.repeat(vectors[[6, 19], None], 4, axis=1)
    found = search(own, of, queries, 30)
    assert not {7, 8} & set(found.numbers.ravel().tolist())
    assert (found.numbers[:, 28:] == -1).all()
    earlier = SearchedLibrary(of.vectors, KEY, of.source, 15, of.withdrawn, of.index)
    assert search(own, earlier, queries, 30).numbers.max() == 15
    within = search(own, of, queries, 30, classes=[[1], [2]])
    assert set(within.classes.ravel()) == {1, 2, -1}
    assert (found.searched, within.searched) == ((28, 28), (9, 10))  # numbers 8 and 7 are of classes 1 and 0
    several = search(own, of, queries, 30, classes=[[0, 2], [1]])
    assert set(several.classes[0]) == {0, 2, -1} and set(several.classes[1]) == {1, -1}
    assert several.searched == (19, 9)
    plain = search(own, of, queries[:1], 30)
    kept = plain.classes[0] % 2 == 0  # classes 0 and 2
    assert several.numbers[0][:19].tolist() == plain.numbers[0][kept].tolist()
    assert several.similarity[0][:19].tolist() == pytest.approx(plain.similarity[0][kept].tolist())
    assert search(own, earlier, queries, 1).searched == (13, 13)


@pytest.fixture
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have an index of 1,500 labels already."""
    monkeypatch.setattr(indices, "FLAT_BELOW", 1000)


@pytest.mark.usefixtures("_few")
def test_an_index_answers_as_an_exact_search_and_is_rebuilt_when_spoilt(tmp_path: Path) -> None:
    vectors = units(1500)
    of = library(tmp_path, vectors)
    own = Recogniser(child=InThisProcess(None))
    queries = np.repeat((vectors[:40] + 0.02 * units(40, 2))[:, None], 4, axis=1)
    queries /= np.linalg.norm(queries, axis=2, keepdims=True)
    assert index_source(of.index) is None
    assert search(own, of, queries, 1).kind == "exact"
    info = own.build_index(of, JobContext())
    assert (info["count"], info["kind"]) == (1500, "compressed")
    assert index_source(of.index) == of.source
    assert search(own, of, queries, 1).kind == "index"
    fresh = Recogniser(child=InThisProcess(None))
    found, exact = search(fresh, of, queries, 1), search(fresh, of, queries, 1, exact=True)
    assert (found.kind, exact.kind) == ("index", "exact")
    assert (found.numbers == exact.numbers).mean() > 0.95
    test = fresh.self_test(of, 50, 0, 0.5, JobContext())
    assert test["recall"]["trials"] == 50 and test["decisions"] is not None
    (path,) = of.index.iterdir()
    path.write_bytes(path.read_bytes()[:-1])
    assert index_source(of.index) is None
    assert search(Recogniser(child=InThisProcess(None)), of, queries, 1).kind == "exact"
    more = library(tmp_path, units(1500, 5))
    assert search(fresh, more, queries, 1).kind == "exact"


@pytest.mark.usefixtures("_few")
def test_an_index_built_elsewhere_is_used_from_then_on(tmp_path: Path) -> None:
    of = library(tmp_path, units(1500))
    searcher, builder = (Recogniser(child=InThisProcess(None)) for _ in range(2))
    queries = units(4).reshape(1, 4, 256)
    assert search(searcher, of, queries).kind == "exact"
    builder.build_index(of, JobContext())
    assert search(searcher, of, queries).kind == "index"


def test_an_index_is_built_in_a_process_of_its_own(tmp_path: Path) -> None:
    of = library(tmp_path, units(30))
    with Recogniser() as own:
        assert own.build_index(of, JobContext())["count"] == 30
        assert own.self_test(of, 10, 0, None, JobContext())["recall"]["events"] == 10
