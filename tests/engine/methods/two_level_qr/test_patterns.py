"""Pattern sets satisfy eq. (1) in their print-scan model, and eq. (2) is the correlation coefficient."""

import numpy as np
import pytest

from engine.core.errors import InputError
from engine.core.seeds import generator
from engine.methods.two_level_qr.keyed import core_px, keyed_pattern, keyed_words
from engine.methods.two_level_qr.patterns import (
    PatternSearch,
    correlation,
    correlation_table,
    least_lead,
    printed_and_scanned,
    search_patterns,
)
from tests.engine.methods.two_level_qr.samples import KEY

SEARCH = PatternSearch(candidates=12, trials=2)


def test_equation_2_is_the_correlation_coefficient_and_0_where_nothing_varies():
    random = generator(1, "patterns")
    first, second = random.random((12, 12)), random.random((12, 12))
    assert correlation(first, second) == pytest.approx(np.corrcoef(first.ravel(), second.ravel())[0, 1])
    assert correlation(first, np.full((12, 12), 7.0)) == 0.0


def test_the_table_correlates_black_with_dark():
    patterns = np.stack([keyed_pattern(KEY, k, side=12, black=72) for k in range(3)])
    table = correlation_table(patterns, np.where(patterns, 10.0, 200.0))
    assert np.diag(table) == pytest.approx(np.ones(3))
    assert table[0, 1] == pytest.approx(correlation(patterns[0], patterns[1]))


def test_the_least_lead_is_equation_1():
    table = generator(2, "table").random((4, 4))
    slow = min(table[i, i] - max(table[i, j] for j in range(4) if j != i) for i in range(4))
    assert least_lead(table) == pytest.approx(slow)


def test_a_searched_set_satisfies_equation_1_with_its_epsilon_in_every_trial():
    found = search_patterns(KEY, SEARCH)
    assert found.epsilon > 0
    drawn = np.stack([keyed_pattern(KEY, "candidate", k, side=12, black=72) for k in range(12)])
    for trial in range(SEARCH.trials):
        seen = printed_and_scanned(drawn, SEARCH, seed=trial)
        chosen = [next(k for k in range(12) if (drawn[k] == pattern).all()) for pattern in found.patterns]
        table = correlation_table(drawn, seen)
        assert least_lead(table[np.ix_(chosen, chosen)]) >= found.epsilon - 1e-12
    first = correlation_table(drawn, printed_and_scanned(drawn, SEARCH, seed=0))
    assert found.epsilon >= least_lead(first[:3, :3]) - 0.05


def test_key_and_search_fix_the_set_and_another_key_gives_another():
    found = search_patterns(KEY, SEARCH)
    assert (search_patterns(KEY, SEARCH).patterns == found.patterns).all()
    assert (search_patterns(bytes(32), SEARCH).patterns != found.patterns).any()
    assert "patterns" not in repr(found)


def test_patterns_have_their_share_of_black_and_a_black_core():
    for number in range(20):
        pattern = keyed_pattern(KEY, number, side=12, black=72)
        assert pattern.sum() == 72
        assert pattern[5:7, 5:7].all()
    assert core_px(12) == 2


def test_names_are_told_apart_even_where_their_texts_join_alike():
    assert (keyed_words(KEY, "a", "bc", count=4) != keyed_words(KEY, "ab", "c", count=4)).any()
    assert (keyed_words(KEY, "a", count=4) != keyed_words(bytes(32), "a", count=4)).any()


def test_more_patterns_than_candidates_are_refused():
    with pytest.raises(InputError, match="candidates"):
        search_patterns(KEY, PatternSearch(count=8, candidates=4))
