"""``evaluate_two_level_qr``: error rates of two-level QR copy detection against plain copies and stronger attackers."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.core.codes import Scheme
from engine.core.errors import InputError
from engine.core.evaluations import (
    CodeScore,
    CutRow,
    Evaluation,
    Profile,
    RatesRow,
    RegisterRow,
    SummaryRow,
    spread,
    value_range,
)
from engine.core.method import Context
from engine.core.operating import Rate
from engine.evaluation.rates import clopper_pearson, normalised_accuracy, rate
from engine.workflows.evaluation.code_attacks import (
    GROUP,
    AttackPlan,
    Victim,
    attack_scores,
    forged_ids_found,
    made_up_ids,
    plans,
)
from engine.workflows.evaluation.code_protocol import (
    AUTHENTIC,
    COPY,
    EDGES,
    EDGES_REFINED,
    FINDERS,
    FINDERS_REFINED,
    PLACEMENTS,
    SCANNERS,
    Rule,
    bench_series,
    plain_scores,
    rules,
)
from engine.workflows.evaluation.code_strengths import strength_rows

# Codes of each kind for the thresholds and plain copies, and counterfeits of each attack, for every seed and scheme.
SIZES = {Profile.QUICK: (12, 2), Profile.FULL: (120, 40)}
SEEDS = {Profile.QUICK: (1,), Profile.FULL: tuple(range(1, 11))}
STRENGTH_CODES = {Profile.QUICK: 4, Profile.FULL: 20}
ISSUED = 100_000  # IDs in the register that made-up IDs are looked up in
MADE_UP = 100_000
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Decided:
    """A row with the decisions that it counts, so that rows of several seeds can be pooled."""

    row: RatesRow
    accepted: Flags
    attackers: tuple[str, ...]
    rejected: Flags
    pieces: tuple[str, ...]


def evaluate_two_level_qr(
    *,
    profile: Profile = Profile.QUICK,
    seeds: Sequence[int] | None = None,
    codes: int | None = None,
    attack_codes: int | None = None,
    schemes: Sequence[Scheme] = tuple(Scheme),
    attacks: Sequence[str] | None = None,
    strengths: bool = True,
    context: Context,
) -> Evaluation:
    """Evaluate the method on simulated codes; the profile sets what is not given of seeds and sizes.

    Parameters
    ----------
    codes, attack_codes : int, optional
        Authentic codes, and as many plain copies, at least 4; counterfeits of each attack. For each seed and scheme.
    attacks : Sequence[str], optional
        Keys of ``code_attacks.PLANS``; all where None, none where empty.
    strengths : bool
        Whether to measure curves against the channel's strength, for the first seed and scheme.

    Raises
    ------
    InputError, Cancelled
        An attack is unknown; the person asked to stop.
    """
    chosen = plans(attacks)
    # A seed named twice would give the same pieces twice, and intervals narrower than they are.
    seeds, schemes = tuple(dict.fromkeys(seeds or SEEDS[profile])), tuple(dict.fromkeys(schemes))
    codes, attack_codes = codes or SIZES[profile][0], attack_codes or SIZES[profile][1]
    decided, scores = list[Decided](), list[CodeScore]()
    runs, total = [(scheme, seed) for scheme in schemes for seed in seeds], codes + attack_codes * len(chosen)
    for number, (scheme, seed) in enumerate(runs):
        work = _Progress(context, number, len(runs), total, f"{scheme}, seed {seed}")
        found = list(_scores_of(scheme, seed, codes, attack_codes, chosen, work))
        scores += found
        decided += rows_of(found)
    return _evaluation(
        decided,
        scores,
        profile=profile,
        seeds=seeds,
        schemes=schemes,
        codes=codes,
        attack_codes=attack_codes,
        attacks=tuple(plan.key for plan in chosen),
        forged_ids=tuple(_forged_ids(seed) for seed in seeds),
        strengths=tuple(strength_rows(schemes[0], seeds[0], STRENGTH_CODES[profile], context) if strengths else ()),
    )


def combined(scores: Iterable[CodeScore]) -> Evaluation:
    """Return the evaluation of scores that several runs measured, so that a long one can be done in parts.

    Scores that several runs share, such as the authentic codes of a seed, count once. Curves against the channel's
    strength and made-up IDs are not in the scores.

    Raises
    ------
    InputError
        There are no scores, or two runs measured one piece differently, so that it would count twice.
    """
    groups: dict[tuple[Scheme, int], dict[tuple[object, ...], CodeScore]] = {}
    for each in scores:
        key = (each.kind, each.piece, each.experiment, each.placement)
        if groups.setdefault((each.scheme, each.seed), {}).setdefault(key, each) != each:
            what = "Two runs measured this piece differently"
            remedy = "Combine runs of one version, with as many counterfeits of each attack."
            raise InputError(what, where=f"{each.scheme}, seed {each.seed}: {each.kind} {each.piece}", remedy=remedy)
    if not groups:
        raise InputError("There is no authentic code in these tables", remedy="Name folders that evaluate wrote.")
    decided = [each for group in groups.values() for each in rows_of(list(group.values()))]
    kept = tuple(each for group in groups.values() for each in group.values())
    sizes: dict[tuple[Scheme, int, str], set[str]] = {}
    for each in kept:
        sizes.setdefault((each.scheme, each.seed, each.kind), set()).add(each.piece)
    attacks = tuple(dict.fromkeys(each.kind for each in kept if each.kind not in (AUTHENTIC, COPY)))
    return _evaluation(
        decided,
        kept,
        profile=None,
        seeds=tuple(dict.fromkeys(seed for _, seed in groups)),
        schemes=tuple(dict.fromkeys(scheme for scheme, _ in groups)),
        codes=max(len(pieces) for (_, _, kind), pieces in sizes.items() if kind == AUTHENTIC),
        attack_codes=max((len(pieces) for (_, _, kind), pieces in sizes.items() if kind in attacks), default=0),
        attacks=attacks,
        forged_ids=(),
        strengths=(),
    )


def rows_of(scores: Sequence[CodeScore]) -> Iterator[Decided]:
    """Yield the rows of one seed and scheme: every attack, scanner, placement and rule.

    Every rule is set on authentic codes and plain copies of experiment 1 and carried over to all else.
    """
    kinds = [kind for kind in dict.fromkeys(each.kind for each in scores) if kind != AUTHENTIC]
    for placement in PLACEMENTS:
        own = [each for each in scores if each.placement == placement]
        tuned = [np.array([each.indicator for each in _only(own, kind, 1)]) for kind in (AUTHENTIC, COPY)]
        for kind in kinds:
            for experiment in SCANNERS:
                genuine, counterfeit = _only(own, AUTHENTIC, experiment), _only(own, kind, experiment)
                for rule in rules(tuned[0], tuned[1], own[0].seed):
                    # Codes that a rule was set on are not tested; other attacks' pieces are of other codes.
                    kept = rule.tested(counterfeit) if kind == COPY else counterfeit
                    yield decide(rule, rule.tested(genuine), kept)


def summarised(decided: Iterable[Decided]) -> Iterator[SummaryRow]:
    """Yield one row for each attack, scanner, placement and rule over all seeds.

    The pooled intervals are clustered: counterfeits made from the same attacker's estimates count together.
    """
    groups: dict[tuple[object, ...], list[Decided]] = {}
    for each in decided:
        row = each.row
        key = (row.scheme, row.attack, row.experiment, row.placement, row.threshold)
        groups.setdefault(key, []).append(each)
    for members in groups.values():
        rows = [each.row for each in members]
        recovered = [row.recovered for row in rows if row.recovered is not None]
        nacc = [normalised_accuracy(row.far.value, row.frr.value) for row in rows]
        yield SummaryRow(
            seeds=tuple(row.seed for row in rows),
            **rows[0].model_dump(include={"scheme", "attack", "experiment", "placement", "threshold"}),
            value=value_range([row.value for row in rows]),
            far=value_range([row.far.value for row in rows]),
            frr=value_range([row.frr.value for row in rows]),
            nacc=value_range(nacc),
            far_pooled=clustered_rate(
                np.concatenate([each.accepted for each in members]), _over_seeds([each.attackers for each in members])
            ),
            frr_pooled=clustered_rate(
                np.concatenate([each.rejected for each in members]), _over_seeds([each.pieces for each in members])
            ),
            recovered=value_range(recovered) if recovered else None,
        )


def cuts_of(scores: Sequence[CodeScore]) -> Iterator[CutRow]:
    """Yield by how much refinement cuts the indicators' deviation; the paper: 57.53, 81.72, 64.46, 80.65 %."""
    columns: dict[tuple[int, Scheme, str, int, str], list[float]] = {}
    for each in scores:
        if each.kind in (AUTHENTIC, COPY):
            key = (each.seed, each.scheme, each.kind, each.experiment, each.placement)
            columns.setdefault(key, []).append(each.indicator)
    for (seed, scheme, kind, experiment, placement), values in columns.items():
        for before, after in ((FINDERS, FINDERS_REFINED), (EDGES, EDGES_REFINED)):
            if placement != before:
                continue
            refined = columns[seed, scheme, kind, experiment, after]
            cut = 100 * float(1 - np.std(refined, ddof=1) / np.std(values, ddof=1))
            yield CutRow(
                seed=seed, scheme=scheme, kind=kind, experiment=experiment, placement=placement, per_cent=cut
            )  # fmt: skip


def _evaluation(decided: Sequence[Decided], scores: Sequence[CodeScore], **facts: Any) -> Evaluation:
    return Evaluation(
        scores=tuple(scores),
        rows=tuple(each.row for each in decided),
        cuts=tuple(cuts_of(scores)),
        summary=tuple(summarised(decided)),
        **facts,
    )


class _Progress:
    """Counts codes of one run among several."""

    def __init__(self, context: Context, number: int, runs: int, total: int, text: str) -> None:
        self._context, self._number, self._runs, self._total, self._text = context, number, runs, total, text
        self._done = 0

    def step(self, count: int, what: str) -> None:
        """Count codes that are done; raises Cancelled where the person asked to stop."""
        self._context.check_cancelled()
        self._context.progress(self._number + self._done / self._total, self._runs, f"{self._text}: {what}")
        self._done += count


def _scores_of(
    scheme: Scheme, seed: int, codes: int, attack_codes: int, chosen: Sequence[AttackPlan], work: _Progress
) -> Iterator[CodeScore]:
    series = bench_series(seed, scheme)
    for code in range(codes):
        work.step(1, "authentic codes and plain copies")
        yield from plain_scores(series, seed, code)
    if not chosen:
        return
    for first in range(0, attack_codes, GROUP):
        group = [Victim(series, seed, code) for code in range(first, min(first + GROUP, attack_codes))]
        for plan in chosen:
            work.step(len(group), plan.title)
            yield from attack_scores(series, plan, group)


def _only(scores: Sequence[CodeScore], kind: str, experiment: int) -> list[CodeScore]:
    return [each for each in scores if each.kind == kind and each.experiment == experiment]


def decide(rule: Rule, genuine: Sequence[CodeScore], counterfeit: Sequence[CodeScore]) -> Decided:
    """Return the row of one rule on authentic codes and counterfeits of one kind, scanner and placement."""
    true, false = (np.array([each.indicator for each in scores]) for scores in (genuine, counterfeit))
    accepted, rejected = rule.accepts(false), ~rule.accepts(true)
    attackers, pieces = tuple(each.attacker for each in counterfeit), tuple(each.piece for each in genuine)
    right = [each.recovered for each in counterfeit if each.recovered is not None]
    first = counterfeit[0]
    row = RatesRow(
        seed=first.seed,
        scheme=first.scheme,
        attack=first.kind,
        experiment=first.experiment,
        placement=first.placement,
        threshold=rule.name,
        value=rule.low,
        upper=None if np.isinf(rule.high) else rule.high,
        far=clustered_rate(accepted, attackers),
        frr=clustered_rate(rejected, pieces),
        authentic=spread(true),
        counterfeit=spread(false),
        recovered=float(np.mean(right)) if right else None,
    )
    return Decided(row, accepted, attackers, rejected, pieces)


def _forged_ids(seed: int) -> RegisterRow:
    """Return how many made-up IDs stand in a register of IDs drawn alike; an ID has 80 bits."""
    issued = set(made_up_ids(ISSUED, seed))
    return RegisterRow(seed=seed, issued=len(issued), found=forged_ids_found(issued, MADE_UP, seed + 1))


def clustered_rate(happened: Flags, clusters: Sequence[object]) -> Rate:
    """Return a rate whose interval counts clusters: all trials of one attacker agree or differ together.

    Where every trial is its own cluster this is the plain exact interval; a single cluster counts as one trial.
    """
    count = len(set(clusters))
    if count == len(clusters):
        return rate(happened)
    if count > 1:
        return rate(happened, clusters)
    interval = clopper_pearson(float(happened.mean()), 1)
    return Rate(events=int(happened.sum()), trials=happened.size, objects=1, interval=interval)


def _over_seeds(groups: Sequence[tuple[str, ...]]) -> list[tuple[int, str]]:
    return [(number, name) for number, group in enumerate(groups) for name in group]
