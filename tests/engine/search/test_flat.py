import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.errors import InputError
from engine.core.seeds import generator
from engine.jobs import Cancelled, JobContext
from engine.search import flat as module
from engine.search.flat import flat
from engine.search.vectors import Vectors
from tests.engine.search.samples import DIMENSIONS, first, library, slow, unit


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    count=st.integers(1, 60),
    kinds=st.integers(1, 60),
    k=st.integers(1, 12),
    withdrawn=st.sampled_from([0.0, 0.3, 1.0]),
    classified=st.booleans(),
)
def test_the_best_are_found_in_order_and_equal_ones_by_number(seed, count, kinds, k, withdrawn, classified):
    """Few kinds of vectors: many labels are equally similar, and every order but that of the numbers is wrong."""
    own = library(count, seed, withdrawn=withdrawn)
    draw = generator(seed, "case")
    vectors = Vectors(own.numbers, own.classes, own.vectors[draw.integers(0, min(kinds, count), count)], own.withdrawn)
    queries = unit(draw.standard_normal((3, DIMENSIONS)))
    classes = draw.integers(0, 5, 3) if classified else None

    part_rows, module.PART_ROWS = module.PART_ROWS, 7
    try:
        found = flat(vectors, queries, k, classes)
    finally:
        module.PART_ROWS = part_rows

    for place, query in enumerate(queries):
        expected = slow(vectors, query, k, None if classes is None else int(classes[place]))
        assert [int(n) for n in found.numbers[place] if n >= 0] == [number for number, _ in expected]
        assert found.similarity[place, : len(expected)].tolist() == [similarity for _, similarity in expected]
        assert (found.numbers[place, len(expected) :] == -1).all()
        assert np.isnan(found.similarity[place, len(expected) :]).all()


def test_one_class_for_all_queries_is_that_class_for_each():
    vectors = library(500)
    queries = unit(generator(3, "q").standard_normal((4, DIMENSIONS)))
    one = flat(vectors, queries, 5, 2)
    each = flat(vectors, queries, 5, np.full(4, 2))
    assert (one.numbers == each.numbers).all()
    assert (vectors.classes[np.searchsorted(vectors.numbers, one.numbers)] == 2).all()


def test_a_search_can_be_cancelled():
    context = JobContext()
    context.cancel()
    with pytest.raises(Cancelled):
        flat(library(10), library(1, 1).vectors, 1, context=context)


@pytest.mark.parametrize(
    ("queries", "k", "classes"),
    [
        (np.zeros((2, DIMENSIONS + 1), np.float32), 1, None),
        (np.zeros(DIMENSIONS, np.float32), 1, None),
        (np.full((1, DIMENSIONS), np.nan, np.float32), 1, None),
        (np.zeros((1, DIMENSIONS), np.float32), 0, None),
        (np.zeros((2, DIMENSIONS), np.float32), 1, np.array([1])),
    ],
)
def test_what_cannot_be_compared_is_refused(queries, k, classes):
    with pytest.raises(InputError):
        flat(library(10), queries, k, classes)


def test_a_library_that_does_not_fit_together_is_refused():
    good = library(10)
    with pytest.raises(InputError):
        Vectors(good.numbers[::-1], good.classes, good.vectors)
    with pytest.raises(InputError):
        Vectors(good.numbers, good.classes[:9], good.vectors)
    with pytest.raises(InputError):
        Vectors(good.numbers, good.classes, good.vectors, np.zeros(9, bool))
    with pytest.raises(InputError):
        Vectors(good.numbers, good.classes, good.vectors.astype(np.float64))  # pyright: ignore[reportArgumentType]


def test_a_fingerprint_tells_libraries_apart_and_knows_what_a_library_began_as():
    own = library(3000)
    assert own.fingerprint(2000) == first(own, 2000).fingerprint()
    assert own.fingerprint() != first(own, 2999).fingerprint()
    assert own.fingerprint() != library(3000, 1).fingerprint()
    assert own.fingerprint() != Vectors(own.numbers + 1, own.classes, own.vectors).fingerprint()
