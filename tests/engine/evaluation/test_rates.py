"""Error rates and their intervals against published values, definitions and coverage."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from engine.core.errors import InputError
from engine.core.seeds import generator
from engine.evaluation.rates import (
    clopper_pearson,
    cluster_bootstrap,
    effective_interval,
    error_rates,
    normalised_accuracy,
    rate,
    wilson,
)


def test_wilson_gives_the_published_interval():
    # Newcombe 1998, Statistics in Medicine 17:857, table I: 81/263, 15/148, 0/20, 1/29
    for events, trials, low, high in [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)]:
        interval = wilson(events, trials)
        assert (interval.low, interval.high) == pytest.approx((low, high), abs=5e-5)


def test_clopper_pearson_gives_the_published_interval():
    # Newcombe 1998, table I, method 5
    for events, trials, low, high in [(81, 263, 0.2527, 0.3676), (15, 148, 0.0578, 0.1617), (0, 20, 0.0, 0.1684)]:
        interval = clopper_pearson(events, trials)
        assert (interval.low, interval.high) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 400), st.data())
def test_clopper_pearson_ends_are_where_the_tails_are_half_of_alpha(trials, data):
    events = data.draw(st.integers(0, trials))
    interval = clopper_pearson(events, trials, 0.9)
    if events > 0:
        assert binom.sf(events - 1, trials, interval.low) == pytest.approx(0.05, rel=1e-6)
    if events < trials:
        assert binom.cdf(events, trials, interval.high) == pytest.approx(0.05, rel=1e-6)
    assert interval.low <= events / trials <= interval.high


@given(st.integers(1, 400), st.data())
def test_wilson_ends_solve_the_score_equation(trials, data):
    events = data.draw(st.integers(0, trials))
    interval = wilson(events, trials)
    for end in (interval.low, interval.high):
        if 0 < end < 1:
            assert (events / trials - end) ** 2 == pytest.approx(1.959963985**2 * end * (1 - end) / trials, abs=1e-9)
    assert 0 <= interval.low <= events / trials <= interval.high <= 1


@pytest.mark.parametrize(("events", "trials", "level"), [(0, 0, 0.95), (3, 2, 0.95), (-1, 2, 0.95), (1, 2, 1.0)])
def test_impossible_counts_are_refused(events, trials, level):
    for interval in (clopper_pearson, wilson):
        with pytest.raises(InputError):
            interval(events, trials, level)


@given(st.lists(st.booleans(), min_size=2, max_size=60))
def test_single_trials_per_object_are_nearly_independent_trials(happened):
    interval = effective_interval(happened, range(len(happened)))
    exact = clopper_pearson(sum(happened), len(happened))
    # n / (n - 1) is all that separates the variance between objects from the binomial one
    assert interval.low <= exact.low + 1e-12
    assert interval.high >= exact.high - 1e-12
    assert interval.high - interval.low <= (exact.high - exact.low) * 1.5


def test_repeats_of_one_object_add_nothing():
    objects = np.repeat(np.arange(20), 50)
    happened = np.repeat(np.arange(20) < 4, 50)
    interval = effective_interval(happened, list(objects))
    once = clopper_pearson(4 * 19 / 20, 19)
    assert (interval.low, interval.high) == pytest.approx((once.low, once.high))


def test_no_event_counts_objects_and_not_trials():
    assert effective_interval([False] * 1000, [k % 10 for k in range(1000)]).high == clopper_pearson(0, 10).high


@pytest.mark.parametrize("repeats", [1, 10])
def test_clustered_intervals_cover_the_truth(repeats):
    # objects differ in how often they fail, so that repeats are dependent; the truth is the mean of a beta(2, 6)
    random = generator(5, "coverage", repeats)
    covered = {"effective": 0, "bootstrap": 0, "naive": 0}
    rounds = 150
    for k in range(rounds):
        chance = random.beta(2, 6, 40)
        happened = (random.random((40, repeats)) < chance[:, None]).ravel()
        objects = list(np.repeat(np.arange(40), repeats))
        found = {
            "effective": effective_interval(happened, objects),
            "naive": clopper_pearson(int(happened.sum()), happened.size),
            "bootstrap": cluster_bootstrap(lambda i, h=happened: h[i].mean(), objects, seed=k, draws=200),
        }
        for name, interval in found.items():
            covered[name] += interval.low <= 0.25 <= interval.high
    assert covered["effective"] >= 0.9 * rounds
    assert covered["bootstrap"] >= 0.87 * rounds
    if repeats == 10:
        assert covered["naive"] < 0.9 * rounds


def test_bootstrap_is_the_same_for_the_same_seed():
    values = generator(1, "values").random(30)
    objects = [k // 3 for k in range(30)]

    def draw(seed):
        return cluster_bootstrap(lambda index: float(values[index].mean()), objects, seed=seed, draws=100)

    assert draw(1) == draw(1)
    assert draw(1) != draw(2)


def test_bootstrap_refuses_one_object_and_undefined_statistics():
    with pytest.raises(InputError):
        cluster_bootstrap(lambda index: 1.0, ["a", "a"], seed=0)
    with pytest.raises(InputError):
        cluster_bootstrap(lambda index: float("nan"), ["a", "b"], seed=0, draws=5)


def test_normalised_accuracy_is_that_of_the_papers_table():
    # Xie and Tan 2021, table 1: rows of [34] and of 2LQR codes
    for far, frr, nacc in [(2.36, 5.00, 96.32), (0.64, 10.83, 94.27), (11.67, 17.50, 85.42), (0.83, 25.83, 86.67)]:
        assert 100 * normalised_accuracy(far / 100, frr / 100) == pytest.approx(nacc, abs=0.006)


finite = st.floats(-10, 10).map(lambda value: round(value, 1))


@settings(max_examples=60)
@given(st.lists(finite, min_size=1, max_size=30), st.lists(finite, min_size=1, max_size=30), finite)
def test_error_rates_count_what_they_say(genuine, counterfeit, threshold):
    rates = error_rates(genuine, counterfeit, threshold)
    assert rates.far.events == sum(score >= threshold for score in counterfeit)
    assert rates.frr.events == sum(score < threshold for score in genuine)
    assert rates.nacc == pytest.approx(1 - (rates.far.value + rates.frr.value) / 2)


def test_scores_must_be_finite_and_present():
    for bad in ([], [float("nan")], [[1.0]]):
        with pytest.raises(InputError):
            error_rates(bad, [1.0], 0.5)
    with pytest.raises(InputError):
        rate([])
    with pytest.raises(InputError):
        rate([True, False], ["only one"])
