"""``evaluate_micro_pattern``: labels never trained on, recognised among many from fresh simulated captures."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from engine.core.errors import InputError
from engine.core.evaluations import Profile
from engine.core.evaluations_labels import LabelCurveRow, LabelEvaluation, LabelRatesRow, LabelThreshold
from engine.core.operating import OperatingPoint
from engine.jobs import JobContext
from engine.simulation.fluorescence import STRENGTHS
from engine.workflows.evaluation.label_baselines import BASELINES, Baseline
from engine.workflows.evaluation.label_captures import FAKE, GENUINE, KNOWN, TEST, TUNING, LabelSet, part, render
from engine.workflows.evaluation.label_conditions import CONDITIONS
from engine.workflows.evaluation.label_operating_point import label_operating_point
from engine.workflows.evaluation.label_protocol import (
    Best,
    Described,
    best_matches,
    curve_row,
    library_rows,
    rates_row,
    tuned,
)
from engine.workflows.evaluation.label_second_stage import agreements
from engine.workflows.evaluation.label_vectors import Classifier, Describer, described

NETWORK, CONFIRMED = "network", "network, film agrees"
KINDS = (GENUINE, FAKE)
USUAL = "middle"  # the strength that thresholds are set at


@dataclass(frozen=True)
class Sizes:
    """How much is measured.

    Parameters
    ----------
    labels : int
        In the library; each is questioned at middle strength.
    fakes : int
        Of the first labels, questioned at middle strength; at most ``labels``, as for what follows.
    beside : int
        Labels, and fakes of them, questioned at the other strengths.
    tuning : int
        Other labels, and fakes of them, that set the thresholds.
    curves : int
        Labels questioned under stronger effects and damaged; 0: no curves.
    """

    labels: int
    fakes: int
    beside: int
    tuning: int
    curves: int

    def checked(self) -> "Sizes":
        """Return the sizes, within the library's; raises InputError where they cannot be measured."""
        if min(self.labels, self.fakes, self.tuning, self.beside) < 2 or self.curves < 0:
            raise InputError("An evaluation needs two labels of each set at least", remedy="Raise the numbers.")
        most = self.labels
        return replace(
            self, fakes=min(self.fakes, most), beside=min(self.beside, most), curves=min(self.curves, most)
        )  # fmt: skip

    def questioned(self, own: LabelSet, strength: str, kind: str = GENUINE) -> int:
        """Return how many labels, or fakes, of a set are questioned at a strength."""
        if own is TUNING:
            return self.tuning
        if strength != USUAL:
            return self.beside
        return self.fakes if kind == FAKE else self.labels


SIZES = {
    Profile.QUICK: Sizes(labels=40, fakes=40, beside=20, tuning=40, curves=4),
    Profile.FULL: Sizes(labels=10_000, fakes=10_000, beside=10_000, tuning=2_000, curves=100),
}


@dataclass(frozen=True, eq=False)
class Evaluated:
    """The record of an evaluation, and the operating points of the network's embedding where they were measured."""

    record: LabelEvaluation
    operating_points: tuple[OperatingPoint, ...]


def evaluate_micro_pattern(
    *, profile: Profile = Profile.QUICK, sizes: Sizes | None = None, embedder: Describer | None,
    baselines: Sequence[Baseline] = BASELINES, cache: Path | None = None, context: JobContext,
) -> Evaluated:  # fmt: skip
    """Evaluate the recognition of labels on simulated captures; the profile sets the sizes that are not given.

    Parameters
    ----------
    embedder : Describer or None
        The network, which may tell classes as well (``Classifier``); None: baselines alone.
    cache : Path, optional
        Where captures and vectors are kept, so that an interrupted run goes on; else they are dropped.

    Raises
    ------
    InputError, Cancelled
        The sizes cannot be measured, the cache holds something else; the person asked to stop.
    """
    own = (sizes or SIZES[profile]).checked()
    ways: list[tuple[str, Describer]] = [(each.name, each) for each in baselines]
    if embedder is not None:
        ways.insert(0, (NETWORK, embedder))
    thresholds, rows, curves = list[LabelThreshold](), list[LabelRatesRow](), list[LabelCurveRow]()
    points = list[OperatingPoint]()
    with _folder(cache) as folder:
        _render(folder, own, context.part(0, 2))
        for number, (name, by) in enumerate(ways):
            way = _Way(folder, own, name, by, context.part(1, 2).part(number, len(ways)))
            for classified in (False, True) if isinstance(by, Classifier) else (False,):
                limits, measured = way.measured(classified=classified)
                thresholds += limits
                rows += measured
                if not classified:
                    curves += way.curves(limits[0])
                if name == NETWORK:
                    tuning, test = (way.usual(own_set, classified=classified) for own_set in (TUNING, TEST))
                    row = next(each for each in measured if each.compared_by == name and each.strength == USUAL)
                    points.append(label_operating_point(folder, by.key, limits[0], row, tuning=tuning, test=test))
    record = LabelEvaluation(
        profile=profile,
        labels=own.labels,
        queries={name: own.questioned(TEST, name) for name in STRENGTHS},
        tuning_labels=own.tuning,
        embedder_key=None if embedder is None else embedder.key,
        thresholds=tuple(thresholds),
        rows=tuple(rows),
        curves=tuple(curves),
    )
    return Evaluated(record, tuple(points))


def load_embedder(folder: Path | None = None) -> Describer:
    """Return the network of a folder of weights, or of those that came with the program."""
    from engine.methods.micro_pattern.embedding import Embedder

    return Embedder.load(folder)


class _Way:
    """One way to compare labels, measured on rendered captures."""

    def __init__(self, folder: Path, sizes: Sizes, name: str, by: Describer, context: JobContext) -> None:
        self._folder, self._sizes, self._name, self._by, self._context = folder, sizes, name, by, context
        self._known = {own.name: self._described(own, KNOWN, self._count(own)) for own in (TUNING, TEST)}

    def measured(self, *, classified: bool) -> tuple[list[LabelThreshold], list[LabelRatesRow]]:
        """Return thresholds and rates: of the similarity alone, then, for the network, with the second stage."""
        limit = self.threshold(classified=classified)
        rows = list(self.rows(limit))
        if self._name != NETWORK:
            return [limit], rows
        second, more = self.second_stage(limit)
        return [limit, second], [*rows, *more]

    def threshold(self, *, classified: bool) -> LabelThreshold:
        """Return the threshold that the tuning labels give among themselves."""
        genuine, fakes = self.usual(TUNING, classified=classified)
        return tuned(genuine, fakes, compared_by=self._name, classified=classified)

    def usual(self, own: LabelSet, *, classified: bool = False) -> tuple[Best, Best]:
        """Return the best matches of genuine captures and of fakes at middle strength."""
        return self._matched(own, USUAL, classified)[1]

    def rows(self, limit: LabelThreshold) -> Iterator[LabelRatesRow]:
        """Yield the rates at every strength."""
        for strength in STRENGTHS:
            seen, (genuine, fakes) = self._matched(TEST, strength, limit.classified)
            library = int(self._known[TEST.name].found.sum())
            yield rates_row(genuine, fakes, limit, strength=strength, library=library, questioned=seen)

    def second_stage(self, limit: LabelThreshold) -> tuple[LabelThreshold, list[LabelRatesRow]]:
        """Return rates where, besides, the film has to agree with that of the best match; its threshold comes first."""
        genuine, fakes = self.usual(TUNING, classified=limit.classified)
        names = [part(kind, USUAL) for kind in KINDS]
        own = [self._agreements(TUNING, name, best) for name, best in zip(names, (genuine, fakes), strict=True)]
        second = tuned(own[0], own[1], compared_by=CONFIRMED, classified=limit.classified)
        rows: list[LabelRatesRow] = []
        for strength in STRENGTHS:
            seen, pair = self._matched(TEST, strength, limit.classified)
            own = [
                self._agreements(TEST, part(kind, strength), best, least=limit.threshold)
                for kind, best in zip(KINDS, pair, strict=True)
            ]
            library = int(self._known[TEST.name].found.sum())
            rows.append(rates_row(own[0], own[1], second, strength=strength, library=library, questioned=seen))
        return second, rows

    def curves(self, limit: LabelThreshold) -> Iterator[LabelCurveRow]:
        """Yield the rates under stronger effects and damage, and in smaller libraries."""
        known = self._known[TEST.name]
        yield from library_rows(known, *self._questioned(TEST, USUAL), limit)
        for name, how in CONDITIONS.items():
            if name not in STRENGTHS and self._sizes.curves:
                seen = self._described(TEST, part(GENUINE, name), self._sizes.curves)
                yield curve_row(
                    best_matches(known, seen), seen.found, limit, parameter=how.parameter, level=how.level,
                    library=int(known.found.sum()),
                )  # fmt: skip

    def _matched(
        self, own: LabelSet, strength: str, classified: bool
    ) -> tuple[tuple[Described, Described], tuple[Best, Best]]:
        known = self._known[own.name]
        seen = self._questioned(own, strength)
        genuine, fakes = (best_matches(known, each, classified=classified) for each in seen)
        return seen, (genuine, fakes)

    def _questioned(self, own: LabelSet, strength: str) -> tuple[Described, Described]:
        counts = (self._sizes.questioned(own, strength, kind) for kind in KINDS)
        pair = [self._described(own, part(kind, strength), count) for kind, count in zip(KINDS, counts, strict=True)]
        return pair[0], pair[1]

    def _agreements(self, own: LabelSet, name: str, best: Best, *, least: float = -1.0) -> Best:
        self._context.progress(0, 1, f"{CONFIRMED}: {own.name} labels, {name}")
        return agreements(
            self._folder, own, name, best, least=least, library=self._count(own), context=self._context
        )  # fmt: skip

    def _count(self, own: LabelSet) -> int:
        return self._sizes.tuning if own is TUNING else self._sizes.labels

    def _described(self, own: LabelSet, name: str, count: int) -> Described:
        self._context.progress(0, 1, f"{self._name}: {own.name} labels, {name}")
        return described(self._folder, own, name, count, self._by, self._context)


def _render(folder: Path, sizes: Sizes, context: JobContext) -> None:
    beside = [name for name in STRENGTHS if name != USUAL]
    worse = [name for name in CONDITIONS if name not in STRENGTHS]
    render(folder, TUNING, labels=sizes.tuning, conditions=(USUAL,), context=context.part(0, 5))
    render(folder, TEST, labels=sizes.beside, conditions=(USUAL, *beside), context=context.part(1, 5))
    # A label and its fake are other films, so nothing is gained by rendering them together.
    for number, (count, kind) in enumerate(((sizes.fakes, FAKE), (sizes.labels, GENUINE)), start=2):
        render(folder, TEST, labels=count, conditions=(USUAL,), kinds=(kind,), context=context.part(number, 5))
    if sizes.curves:
        render(
            folder, TEST, labels=sizes.curves, conditions=worse, kinds=(GENUINE,), context=context.part(4, 5)
        )  # fmt: skip


@contextmanager
def _folder(cache: Path | None) -> Iterator[Path]:
    if cache is not None:
        yield cache
    else:
        with tempfile.TemporaryDirectory(prefix="touchstone-labels-") as folder:
            yield Path(folder)
