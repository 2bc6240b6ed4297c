"""Thresholds, rows and their pooling on scores that are made up, and a small evaluation on simulated codes."""

import numpy as np
import pytest

from engine.core.codes import Scheme
from engine.core.errors import Cancelled, InputError
from engine.core.evaluations import CodeScore
from engine.core.seeds import generator
from engine.evaluation.rates import clopper_pearson
from engine.jobs import JobContext
from engine.workflows.evaluation import two_level_qr
from engine.workflows.evaluation.code_protocol import AUTHENTIC, COPY, PLACEMENTS, Rule, code_scores, rules
from engine.workflows.evaluation.two_level_qr import clustered_rate, cuts_of, evaluate_two_level_qr, rows_of, summarised

FEW = 24


def score(kind, number, experiment, value, *, seed=1, attacker=None, placement="edges refined", recovered=None):
    return CodeScore(
        seed=seed, scheme=Scheme.UNIQUE, kind=kind, piece=f"{kind} {number}", attacker=attacker or f"{kind} {number}",
        experiment=experiment, placement=placement, indicator=value, recovered=recovered,
    )  # fmt: skip


def made_up(seed=1, attack=0.35, shift=0.0):
    """Authentic codes about 0.4, copies about 0.2, counterfeits of five attackers at ``attack``."""
    random = generator(seed, "made up")
    found = []
    for placement in PLACEMENTS:
        for experiment in (1, 2):
            for kind, middle in ((AUTHENTIC, 0.4), (COPY, 0.2)):
                values = middle + shift * (experiment - 1) + 0.01 * random.standard_normal(FEW)
                found += [
                    score(kind, k, experiment, float(v), seed=seed, placement=placement) for k, v in enumerate(values)
                ]
            found += [
                score(
                    "stronger", k, experiment, attack, seed=seed, placement=placement, attacker=f"{k // 2}",
                    recovered=0.75,
                )
                for k in range(10)
            ]  # fmt: skip
    return found


def test_rules_are_what_their_texts_say():
    authentic, copies = np.linspace(0.4, 0.5, 20), np.linspace(0.1, 0.2, 20)
    found = {rule.name: rule for rule in rules(authentic, copies, 1)}
    assert found["TH1"].low == pytest.approx((authentic.mean() + copies.mean()) / 2)
    assert found["TH3"].low == pytest.approx((authentic[:10].mean() + copies[:10].mean()) / 2)
    assert found["split"].low == pytest.approx((authentic[::2].mean() + copies[::2].mean()) / 2)
    reach = 3 * authentic[::2].std(ddof=1)
    assert found["strict"].low == pytest.approx(authentic[::2].mean() - reach)
    assert (found["band"].low, found["band"].high) == pytest.approx(
        (authentic[::2].mean() - reach, authentic[::2].mean() + reach)
    )
    assert [rule.name for rule in found.values() if rule.halved] == ["split", "strict", "band"]
    # STRICT knows nothing of copies.
    assert rules(authentic, copies - 0.05, 1)[4].low == found["strict"].low


def test_a_rule_accepts_its_own_limits():
    assert Rule("r", 0.3, 0.5).accepts(np.array([0.2999, 0.3, 0.5, 0.5001])).tolist() == [False, True, True, False]
    assert Rule("r", 0.3).accepts(np.array([5.0])).tolist() == [True]


def test_thresholds_are_carried_over_from_plain_copies_of_experiment_1():
    rows = [each.row for each in rows_of(made_up(shift=0.05))]
    for placement in PLACEMENTS:
        for rule in ("TH1", "TH2", "TH3", "split", "strict", "band"):
            values = {(r.value, r.upper) for r in rows if (r.placement, r.threshold) == (placement, rule)}
            assert len(values) == 1
    second = {r.threshold: r for r in rows if (r.attack, r.experiment, r.placement) == (COPY, 2, "edges")}
    # The other scanner sees all codes 0.05 higher: above the band, which is bound to its scanner, but for nothing else.
    assert second["band"].frr.value == 1.0
    assert second["strict"].frr.value == 0.0


def test_codes_that_a_threshold_was_set_on_are_not_tested_by_it():
    rows = {(r.attack, r.threshold): r for r in (each.row for each in rows_of(made_up())) if r.experiment == 1}
    assert rows[COPY, "TH1"].far.trials == rows[COPY, "TH1"].frr.trials == FEW
    assert rows[COPY, "split"].far.trials == rows[COPY, "split"].frr.trials == FEW // 2
    # Of an attack's pieces no threshold knows any.
    assert rows["stronger", "split"].far.trials == 10


def test_a_piece_that_cannot_be_read_is_rejected():
    scores = [each for each in made_up() if each.kind != "stronger"]
    for experiment in (1, 2):
        unread = {"seed": 1, "scheme": Scheme.UNIQUE, "kind": "stronger", "piece": "p", "attacker": "p"}
        scores += code_scores(None, experiment=experiment, **unread)
    assert all(r.far.value == 0 for r in (each.row for each in rows_of(scores)) if r.attack == "stronger")


def test_an_attack_between_the_thresholds_passes_one_and_not_the_other():
    rows = [each.row for each in rows_of(made_up(attack=0.345)) if each.row.attack == "stronger"]
    assert {r.far.value for r in rows if r.threshold == "split"} == {1.0}
    assert {r.far.value for r in rows if r.threshold == "strict"} == {0.0}
    assert {r.recovered for r in rows} == {0.75}


def test_pooled_intervals_count_attackers_and_not_their_pieces():
    decided = [each for seed in (1, 2, 3) for each in rows_of(made_up(seed))]
    summary = {
        (r.attack, r.threshold): r for r in summarised(decided) if (r.experiment, r.placement) == (1, "edges refined")
    }
    plain, stronger = summary[COPY, "TH1"], summary["stronger", "TH1"]
    assert plain.seeds == (1, 2, 3)
    assert (plain.far_pooled.events, plain.far_pooled.trials) == (0, 3 * FEW)
    assert plain.far_pooled.interval == clopper_pearson(0, 3 * FEW)
    assert (stronger.far_pooled.events, stronger.far_pooled.trials) == (30, 30)
    # Five attackers a seed: 15, although they made 30 pieces.
    assert stronger.far_pooled.objects == 15
    assert stronger.far_pooled.interval.low == pytest.approx(clopper_pearson(15, 15).low)
    rows = [each.row for each in decided]
    own = [
        r.value for r in rows if (r.attack, r.experiment, r.placement, r.threshold) == (COPY, 1, "edges refined", "TH1")
    ]
    assert (plain.value.low, plain.value.high) == (min(own), max(own))
    assert plain.value.mean == pytest.approx(np.mean(own))


def test_a_single_attacker_counts_once_however_much_he_makes():
    found = clustered_rate(np.ones(5, dtype=np.bool_), ["he"] * 5)
    assert (found.events, found.trials, found.objects) == (5, 5, 1)
    assert found.interval == clopper_pearson(1, 1)
    assert clustered_rate(np.ones(5, dtype=np.bool_), list("abcde")).interval == clopper_pearson(5, 5)


def test_the_cut_compares_each_placement_with_its_own_refinement():
    scores = []
    for number, value in enumerate((0.1, 0.3)):
        scores.append(score(AUTHENTIC, number, 1, value, placement="finders"))
        scores.append(score(AUTHENTIC, number, 1, 0.2 + 0.25 * (value - 0.2), placement="finders refined"))
        scores.append(score(AUTHENTIC, number, 1, value, placement="edges"))
        scores.append(score(AUTHENTIC, number, 1, value, placement="edges refined"))
    assert {cut.placement: round(cut.per_cent, 6) for cut in cuts_of(scores)} == {"finders": 75.0, "edges": 0.0}


def test_an_unknown_attack_is_named():
    with pytest.raises(InputError, match="telepathy"):
        evaluate_two_level_qr(attacks=["telepathy"], context=JobContext())


def test_an_evaluation_can_be_cancelled_and_tells_its_progress():
    told: list[tuple[float, float, str]] = []
    context = JobContext(lambda done, total, text: told.append((done, total, text)))

    def report(done: float, total: float, text: str) -> None:
        told.append((done, total, text))
        if len(told) == 2:
            context.cancel()

    context = JobContext(report)
    with pytest.raises(Cancelled):
        evaluate_two_level_qr(schemes=[Scheme.UNIQUE], codes=50, attacks=[], context=context)
    assert [round(done, 3) for done, _, _ in told] == [0.0, 0.02]
    assert "unique, seed 1" in told[0][2]


def test_a_seed_or_scheme_named_twice_counts_once(monkeypatch):
    monkeypatch.setattr(two_level_qr, "_scores_of", lambda scheme, seed, *_: made_up(seed))
    found = evaluate_two_level_qr(
        schemes=[Scheme.UNIQUE, Scheme.UNIQUE], seeds=[2, 1, 2], strengths=False, context=JobContext()
    )
    assert (found.seeds, found.schemes) == ((2, 1), (Scheme.UNIQUE,))
    assert {row.far_pooled.trials for row in found.summary if (row.attack, row.threshold) == (COPY, "TH1")} == {2 * FEW}


def test_a_small_evaluation_on_simulated_codes():
    found = evaluate_two_level_qr(
        schemes=[Scheme.UNIQUE], seeds=[5], codes=3, attack_codes=1, attacks=["wrong-series"], strengths=False,
        context=JobContext(),
    )  # fmt: skip
    kinds = {each.kind for each in found.scores}
    assert kinds == {AUTHENTIC, COPY, "wrong-series"}
    assert len(found.scores) == (2 * 3 + 1) * 2 * 4
    rows = {(r.attack, r.experiment): r for r in found.rows if (r.placement, r.threshold) == ("edges refined", "split")}
    assert rows[COPY, 1].far.value == rows[COPY, 1].frr.value == 0.0
    assert rows["wrong-series", 2].far.value == 0.0
    assert rows["wrong-series", 1].counterfeit.mean < rows[COPY, 1].counterfeit.mean
    assert found.forged_ids[0].found.events == 0
