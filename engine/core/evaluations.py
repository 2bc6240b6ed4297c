"""Records of an evaluation: how a method did on simulated pieces whose origin is known, never on evidence."""

from enum import StrEnum
from typing import Annotated, Literal

import numpy as np
from numpy.typing import ArrayLike
from pydantic import Field

from engine.core.codes import Scheme
from engine.core.operating import Rate
from engine.core.records import Record


class Profile(StrEnum):
    """How much is evaluated. QUICK: minutes, a smoke test. FULL: the published set-up; its figures may be quoted."""

    QUICK = "quick"
    FULL = "full"


class Spread(Record):
    """Mean and standard deviation (n - 1) of a number of values."""

    count: Annotated[int, Field(ge=1)]
    mean: float
    deviation: float


class Range(Record):
    """Mean, least and largest of a figure over seeds."""

    mean: float
    low: float
    high: float


class CodeScore(Record):
    """The indicator of one simulated capture of one code.

    Parameters
    ----------
    kind : str
        ``authentic`` or the key of the attack that made the piece.
    piece : str
        The physical piece.
    attacker : str
        Pieces made from the same attacker's estimates share it: they are not independent of one another.
    experiment : int
        1: scanned on the scanner that thresholds are tuned on, 2: on the other.
    placement : str
        How the modules were placed, and whether eq. (3) refined their places.
    indicator : float
        -1..1; -1 where the piece could not be read or was not the code it should be.
    recovered : float or None
        Share of the patterns' pixels that the attacker got right; None where he estimated none.
    """

    simulated: Literal[True] = True
    seed: int
    scheme: Scheme
    kind: str
    piece: str
    attacker: str
    experiment: int
    placement: str
    indicator: float
    recovered: float | None = None


class RatesRow(Record):
    """Error rates by Xie and Tan 2021, eq. (6), of one kind of counterfeit at one threshold, for one seed.

    Parameters
    ----------
    threshold : str
        The rule; ``value``, and where it has two sides ``upper``, is what it gave: always from authentic codes and
        plain copies of experiment 1, whatever the attack.
    recovered : float or None
        Share of the patterns' pixels that the attacker got right: 0.5 is guessing.
    """

    simulated: Literal[True] = True
    seed: int
    scheme: Scheme
    attack: str
    experiment: int
    placement: str
    threshold: str
    value: float
    upper: float | None = None
    far: Rate
    frr: Rate
    authentic: Spread
    counterfeit: Spread
    recovered: float | None = None


class SummaryRow(Record):
    """A row over all seeds: the range of its figures between seeds, and the rates pooled, clustered by attacker."""

    simulated: Literal[True] = True
    seeds: tuple[int, ...]
    scheme: Scheme
    attack: str
    experiment: int
    placement: str
    threshold: str
    value: Range
    far: Range
    frr: Range
    nacc: Range
    far_pooled: Rate
    frr_pooled: Rate
    recovered: Range | None = None


class CutRow(Record):
    """By how many per cent refinement cuts the deviation of the indicators of one kind."""

    simulated: Literal[True] = True
    seed: int
    scheme: Scheme
    kind: str
    experiment: int
    placement: str
    per_cent: float


class RegisterRow(Record):
    """How many IDs that an attacker made up stand in a register of ``issued`` IDs."""

    simulated: Literal[True] = True
    seed: int
    issued: int
    found: Rate


class StrengthRow(Record):
    """How one score does when one property of every device is ``factor`` times what was calibrated.

    ``value`` is the threshold of the calibrated devices, carried over; ``nacc_retuned`` is what the best threshold at
    this strength would reach on the same scores, so an upper bound.
    """

    simulated: Literal[True] = True
    seed: int
    scheme: Scheme
    parameter: str
    factor: float
    score: str
    codes: int
    auc: float
    value: float
    far: Rate
    frr: Rate
    nacc_retuned: float


class Evaluation(Record):
    """All that an evaluation found, and what it was asked; ``profile`` is None where it combines several runs.

    ``codes`` and ``attack_codes`` count the pieces of each kind for a seed and scheme, at most.
    """

    simulated: Literal[True] = True
    profile: Profile | None
    seeds: tuple[int, ...]
    schemes: tuple[Scheme, ...]
    codes: int
    attack_codes: int
    attacks: tuple[str, ...]
    scores: tuple[CodeScore, ...]
    rows: tuple[RatesRow, ...]
    cuts: tuple[CutRow, ...]
    summary: tuple[SummaryRow, ...]
    forged_ids: tuple[RegisterRow, ...]
    strengths: tuple[StrengthRow, ...]


def spread(values: ArrayLike) -> Spread:
    """Return mean and deviation of one or more values; the deviation of a single one is 0."""
    own = np.asarray(values, dtype=np.float64)
    deviation = float(own.std(ddof=1)) if own.size > 1 else 0.0
    return Spread(count=own.size, mean=float(own.mean()), deviation=deviation)


def value_range(values: ArrayLike) -> Range:
    """Return mean, least and largest of one or more values."""
    own = np.asarray(values, dtype=np.float64)
    return Range(mean=float(own.mean()), low=float(own.min()), high=float(own.max()))
