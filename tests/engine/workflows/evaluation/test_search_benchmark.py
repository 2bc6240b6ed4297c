"""The benchmark of searching, on a library so small that it takes seconds; nothing is asserted of its times."""

import numpy as np
import pytest

from engine.core.errors import InputError
from engine.search.vectors import Hits
from engine.simulation.label_vectors import SimulatedLabels
from engine.workflows.evaluation import search_benchmark
from engine.workflows.evaluation.search_benchmark import benchmark_search

SIMULATED = SimulatedLabels(150, 4)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("benchmark")


def test_exact_search_beside_itself_agrees_with_itself(folder):
    found = benchmark_search(folder, SIMULATED, queries=60)
    assert (found.kind, found.recall.value, found.recall_in_class.value, found.decisions.value) == ("flat", 1, 1, 1)
    assert (found.recall.trials, found.decisions.trials, found.refused.trials) == (60, 120, 60)
    assert found.right.value == 1 and found.accepted.value > 0.9 and found.refused.value > 0.9
    assert found.mapped_bytes == 600 * 1024
    assert found.faster == found.flat.median / found.index.median
    assert (found.index.queries, found.strangers.queries, found.turns.queries) == (60, 60, 60)
    assert {path.name for path in folder.iterdir()} == {"simulated-v2-150x4-0.f32"}


def test_an_index_that_finds_something_else_is_told(folder, monkeypatch):
    """Every second query gets another label, of a similarity that passes no threshold."""

    def wrong(index, queries, k, classes=None):
        numbers, similarity = np.full((len(queries), k), 1), np.zeros((len(queries), k), np.float32)
        exact = search_benchmark.flat(index._vectors, queries, k, classes)
        numbers[1::2], similarity[1::2] = exact.numbers[1::2], exact.similarity[1::2]
        return Hits(numbers, similarity)

    monkeypatch.setattr(search_benchmark.LibraryIndex, "search", wrong)
    found = benchmark_search(folder, SIMULATED, queries=60)
    assert found.recall.events <= 32 and found.recall_in_class.events <= 32
    assert 0.5 < found.decisions.value < 0.8
    assert found.right.value == 1


def test_another_variant_of_the_label_counts_as_the_label(folder, monkeypatch):
    def sibling(index, queries, k, classes=None):
        exact = search_benchmark.flat(index._vectors, queries, k, classes)
        return Hits((exact.numbers - 1) // 4 * 4 + 1, exact.similarity)

    monkeypatch.setattr(search_benchmark.LibraryIndex, "search", sibling)
    assert benchmark_search(folder, SIMULATED, queries=60).recall.value == 1


def test_captures_of_strong_effects_are_less_like_their_labels(folder):
    middle, strong = (SIMULATED.questions(60, 60, strength) for strength in ("middle", "strong"))
    vectors = search_benchmark.simulated_vectors(folder, SIMULATED)
    near = [search_benchmark.flat(vectors, each.vectors[:60], 1).similarity.mean() for each in (middle, strong)]
    assert near[0] > near[1] + 0.01
    assert benchmark_search(folder, SIMULATED, queries=60, strength="strong").strength == "strong"


def test_too_few_queries_and_too_little_room_are_refused(tmp_path):
    with pytest.raises(InputError, match="at least"):
        benchmark_search(tmp_path, SIMULATED, queries=5)
    with pytest.raises(InputError, match="of disk") as caught:
        benchmark_search(tmp_path, SimulatedLabels(10**12), queries=60)
    assert caught.value.where == str(tmp_path)
