"""What attackers make of simulated codes."""

import pytest

from engine.core.codes import Scheme
from engine.core.errors import InputError
from engine.workflows.evaluation.code_attacks import (
    GROUP,
    PLANS,
    Victim,
    attack_scores,
    counterfeits,
    forged_ids_found,
    made_up_ids,
    plans,
)
from engine.workflows.evaluation.code_protocol import bench_series


def test_every_attack_has_its_own_key_and_title():
    assert len({plan.key for plan in PLANS}) == len({plan.title for plan in PLANS}) == len(PLANS)
    assert {plan.printer for plan in PLANS} == {"M126", "M377"}


def test_plans_keep_their_order_and_unknown_ones_are_named():
    assert [plan.key for plan in plans(["restored", "sharpened"])] == ["sharpened", "restored"]
    assert plans(None) == PLANS
    assert plans([]) == ()
    with pytest.raises(InputError, match="telepathy"):
        plans(["restored", "telepathy"])


def test_made_up_ids_pass_only_where_they_were_issued():
    made_up = made_up_ids(50, 3)
    assert forged_ids_found(set(made_up[:20]), 50, 3).events == 20
    assert forged_ids_found(set(made_up_ids(1000, 4)), 50, 3).events == 0


def test_a_counterfeit_is_the_same_whenever_it_is_made():
    series = bench_series(7, Scheme.UNIQUE)
    (plan,) = plans(["twice"])
    pieces = [next(iter(counterfeits(series, plan, [Victim(series, 7, 0)]))).piece for _ in range(2)]
    assert (pieces[0].design.ink == pieces[1].design.ink).all()
    assert pieces[0].seed == pieces[1].seed
    assert pieces[0].generation == 1
    assert pieces[0].settings.dpi == 1200


@pytest.mark.long
@pytest.mark.parametrize(
    ("scheme", "averages"), [(Scheme.ORDERED, True), (Scheme.RANDOM, True), (Scheme.UNIQUE, False)]
)
def test_averaging_recovers_patterns_that_repeat_and_no_others(scheme, averages):
    series = bench_series(7, scheme)
    (plan,) = plans(["averaged"])
    found = [each for each in attack_scores(series, plan, [Victim(series, 7, 0)]) if each.placement == "edges refined"]
    assert found[0].recovered is not None
    assert (found[0].recovered > 0.75) == averages
    assert (found[0].recovered < 0.6) != averages
    assert all((each.indicator > 0.3) == averages for each in found)


@pytest.mark.long
def test_attackers_of_several_codes_share_their_estimates():
    series = bench_series(7, Scheme.ORDERED)
    (plan,) = plans(["averaged-5"])
    found = list(counterfeits(series, plan, [Victim(series, 7, code) for code in range(GROUP)]))
    assert len({each.attacker for each in found}) == 1
    assert all(each.recovered is not None and each.recovered > 0.75 for each in found)
