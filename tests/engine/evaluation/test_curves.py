"""Curves and thresholds against slow references that are obviously right."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from engine.core.errors import InputError
from engine.core.seeds import generator
from engine.evaluation.curves import (
    auc,
    det,
    equal_error_rate,
    leave_one_group_out,
    roc,
    threshold_at_far,
    threshold_at_frr,
    threshold_between_means,
)

# few distinct values, so that ties are the rule
tied = st.lists(st.integers(0, 8).map(lambda value: value / 4), min_size=1, max_size=25)
free = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=25)
scores = st.one_of(tied, free)


def rates_at(genuine, counterfeit, threshold):
    far = sum(score >= threshold for score in counterfeit) / len(counterfeit)
    frr = sum(score < threshold for score in genuine) / len(genuine)
    return far, frr


@given(scores, scores)
def test_auc_is_the_share_of_pairs_in_order(genuine, counterfeit):
    pairs = [(g > c) + 0.5 * (g == c) for g, c in itertools.product(genuine, counterfeit)]
    assert auc(genuine, counterfeit) == pytest.approx(sum(pairs) / len(pairs))


@given(scores, scores)
def test_auc_is_the_area_under_the_roc(genuine, counterfeit):
    curve = roc(genuine, counterfeit)
    assert np.trapezoid(1 - curve.frr, curve.far) == pytest.approx(auc(genuine, counterfeit))
    assert auc(counterfeit, genuine) == pytest.approx(1 - auc(genuine, counterfeit))


@given(scores, scores)
def test_every_point_of_the_roc_is_counted(genuine, counterfeit):
    curve = roc(genuine, counterfeit)
    assert (curve.far[0], curve.frr[0]) == (0, 1)
    assert (curve.far[-1], curve.frr[-1]) == (1, 0)
    for threshold, far, frr in zip(curve.thresholds, curve.far, curve.frr, strict=True):
        assert (far, frr) == pytest.approx(rates_at(genuine, counterfeit, threshold))


@given(scores, scores, st.sampled_from([0.0, 0.01, 0.1, 0.25, 0.5, 1.0]))
def test_thresholds_at_bounds_are_the_best_that_brute_force_finds(genuine, counterfeit, bound):
    pool = sorted({*genuine, *counterfeit})
    candidates = [*pool, float(np.nextafter(pool[-1], np.inf))]
    at_far = threshold_at_far(genuine, counterfeit, bound)
    assert at_far == min(t for t in candidates if rates_at(genuine, counterfeit, t)[0] <= bound)
    at_frr = threshold_at_frr(genuine, counterfeit, bound)
    assert at_frr == max(t for t in pool if rates_at(genuine, counterfeit, t)[1] <= bound)


@given(scores, scores)
def test_equal_error_rate_lies_between_its_neighbours(genuine, counterfeit):
    curve = roc(genuine, counterfeit)
    found = equal_error_rate(curve)
    # the largest rate that both errors stay below at no threshold, and the least that both stay below at some
    upper = min(max(far, frr) for far, frr in zip(curve.far, curve.frr, strict=True))
    lower = max(min(far, frr) for far, frr in zip(curve.far, curve.frr, strict=True))
    assert lower - 1e-12 <= found <= upper + 1e-12


def test_equal_error_rate_of_two_normal_distributions_is_the_known_one():
    random = generator(1, "eer")
    curve = roc(random.normal(2, 1, 40_000), random.normal(0, 1, 40_000))
    assert equal_error_rate(curve) == pytest.approx(norm.cdf(-1), abs=0.004)
    points = det(curve)
    # for equal normals the DET is the line through (-1, -1) with slope -1
    middle = np.abs(points).max(axis=1) < 2
    assert np.abs(points[middle].sum(axis=1) + 2).max() < 0.1


def test_separated_scores_have_no_error():
    curve = roc([3.0, 4.0], [1.0, 2.0])
    assert auc([3.0, 4.0], [1.0, 2.0]) == 1
    assert equal_error_rate(curve) == 0
    assert threshold_at_far([3.0, 4.0], [1.0, 2.0], 0) == 3
    assert threshold_between_means([3.0, 4.0], [1.0, 2.0]) == 2.5
    assert det(curve).shape == (0, 2)


@settings(max_examples=50)
@given(
    st.lists(st.tuples(st.integers(0, 8), st.sampled_from("abc")), min_size=1, max_size=15),
    st.lists(st.tuples(st.integers(0, 8), st.sampled_from("abc")), min_size=1, max_size=15),
)
def test_held_out_errors_are_those_of_a_direct_loop(genuine, counterfeit):
    genuine = [*genuine, (8, "a"), (7, "b")]
    counterfeit = [*counterfeit, (1, "a"), (0, "b")]
    found = leave_one_group_out(*zip(*genuine, strict=True), *zip(*counterfeit, strict=True))
    false_accepts = false_rejects = 0
    for group in {name for _, name in genuine + counterfeit}:
        others = [[score for score, name in side if name != group] for side in (genuine, counterfeit)]
        threshold = (np.mean(others[0]) + np.mean(others[1])) / 2
        assert found.thresholds[group] == pytest.approx(threshold)
        false_rejects += sum(score < found.thresholds[group] for score, name in genuine if name == group)
        false_accepts += sum(score >= found.thresholds[group] for score, name in counterfeit if name == group)
    assert (found.far.events, found.frr.events) == (false_accepts, false_rejects)
    assert (found.far.trials, found.frr.trials) == (len(counterfeit), len(genuine))


def test_a_group_that_holds_all_of_one_kind_is_refused():
    with pytest.raises(InputError):
        leave_one_group_out([1.0, 2.0], ["a", "a"], [0.0, 0.0], ["a", "b"])
    with pytest.raises(InputError):
        leave_one_group_out([1.0, 2.0], ["a"], [0.0, 0.0], ["a", "b"])
    with pytest.raises(InputError):
        threshold_at_far([1.0], [0.0], 1.5)
