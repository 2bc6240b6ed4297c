import numpy as np
import pytest

from engine.search.flat import flat
from engine.search.shortlist import measured
from tests.engine.search.samples import first, library, near

SAME, ALIKE, OTHER = 0, 1, 2  # queries: a label's own vector, one near a label, one that is near to none


@pytest.fixture
def case():
    vectors = library(300)
    other = library(10, seed=9).vectors[:1]
    queries = np.concatenate([vectors.vectors[[7]], near(vectors, np.array([11]), 0.3), other])
    return vectors, queries


def searched(vectors, queries, k, quick):
    """Search first among the rows ``quick``, then among all; also return which queries were searched among all."""
    asked = []

    def among(rows):
        def shortlist(own, size, label_class):
            asked.append(len(own))
            found = flat(first(vectors, rows), own, size, label_class).numbers
            return np.where(found < 0, -1, np.searchsorted(vectors.numbers, found))

        return shortlist

    hits = measured(vectors, queries, k, None, (among(quick), among(vectors.count)))
    return hits, asked


def test_only_queries_without_a_near_match_are_searched_again(case):
    vectors, queries = case
    exact = flat(vectors, queries, 1)
    assert exact.similarity[SAME, 0] > exact.similarity[ALIKE, 0] > 0.9 > exact.similarity[OTHER, 0]
    hits, asked = searched(vectors, queries, 1, quick=20)
    assert asked == [3, 1]
    assert (hits.numbers == exact.numbers).all() and (hits.similarity == exact.similarity).all()
    assert searched(vectors, queries[:2], 1, quick=20)[1] == [2]  # there is nothing left to search


def test_a_near_match_is_not_enough_where_more_are_wanted(case):
    vectors, queries = case
    hits, asked = searched(vectors, queries, 4, quick=20)
    assert asked == [3, 3]
    assert (hits.numbers == flat(vectors, queries, 4).numbers).all()


def test_what_the_first_lists_do_not_hold_is_searched_again(case):
    vectors, queries = case
    hits, asked = searched(vectors, queries, 1, quick=5)
    assert asked == [3, 3]
    assert (hits.numbers == flat(vectors, queries, 1).numbers).all()
