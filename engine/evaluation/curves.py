"""ROC and DET curves, AUC, equal error rate, and the choice of thresholds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.core.errors import InputError
from engine.core.operating import Rate
from engine.evaluation.rates import Scores, finite_scores, rate


@dataclass(frozen=True, eq=False)
class Curve:
    """Error rates at every threshold that matters, thresholds falling.

    Parameters
    ----------
    thresholds : NDArray[np.float64]
        (N,), infinity first (nothing accepted), then every distinct score downwards.
    far, frr : NDArray[np.float64]
        (N,), 0..1: share of counterfeit accepted, share of genuine rejected; far rises, frr falls.
    """

    thresholds: Scores
    far: Scores
    frr: Scores


def roc(genuine: ArrayLike, counterfeit: ArrayLike) -> Curve:
    """Return FAR and FRR at each distinct score (accepted: score >= threshold); the ROC is (far, 1 - frr)."""
    positive, negative = _both(genuine, counterfeit)
    thresholds = np.unique(np.concatenate([positive, negative]))[::-1]
    far = 1 - np.searchsorted(np.sort(negative), thresholds, side="left") / negative.size
    frr = np.searchsorted(np.sort(positive), thresholds, side="left") / positive.size
    return Curve(np.append(np.inf, thresholds), np.append(0.0, far), np.append(1.0, frr))


def det(curve: Curve) -> NDArray[np.float64]:
    """Return the points of the DET plot, (M, 2): normal deviates of (far, frr), where both are within (0, 1).

    Martin et al. 1997, The DET curve in assessment of detection task performance, Eurospeech, 1895-1898.
    """
    from scipy.special import ndtri

    inner = (curve.far > 0) & (curve.far < 1) & (curve.frr > 0) & (curve.frr < 1)
    return ndtri(np.column_stack([curve.far[inner], curve.frr[inner]]))


def auc(genuine: ArrayLike, counterfeit: ArrayLike) -> float:
    """Return the probability that a genuine score exceeds a counterfeit one, ties counting one half.

    AUC = (R - n (n + 1) / 2) / (n m), R the sum of the genuine scores' mid-ranks (Hanley and McNeil 1982, Radiology
    143:29; the Mann-Whitney statistic).
    """
    from scipy.stats import rankdata

    positive, negative = _both(genuine, counterfeit)
    n, m = positive.size, negative.size
    ranks = rankdata(np.concatenate([positive, negative]), method="average")
    return float((ranks[:n].sum() - n * (n + 1) / 2) / (n * m))


def equal_error_rate(curve: Curve) -> float:
    """Return the rate at which FAR = FRR, on straight lines between the points of the ROC."""
    difference = curve.far - curve.frr  # rises from -1 to 1
    after = int(np.argmax(difference >= 0))
    step = difference[after] - difference[after - 1]
    share = -difference[after - 1] / step
    return float(curve.far[after - 1] + share * (curve.far[after] - curve.far[after - 1]))


def threshold_at_far(genuine: ArrayLike, counterfeit: ArrayLike, bound: float) -> float:
    """Return the lowest score that, as threshold, keeps FAR <= bound: so FRR is the least possible.

    Just above the highest score where no score does.
    """
    curve = roc(genuine, counterfeit)
    allowed = np.flatnonzero(curve.far <= _bound(bound))
    best = float(curve.thresholds[allowed[-1]])
    return best if np.isfinite(best) else float(np.nextafter(curve.thresholds[1], np.inf))


def threshold_at_frr(genuine: ArrayLike, counterfeit: ArrayLike, bound: float) -> float:
    """Return the highest score that, as threshold, keeps FRR <= bound: so FAR is the least possible."""
    curve = roc(genuine, counterfeit)
    allowed = np.flatnonzero(curve.frr[1:] <= _bound(bound))
    return float(curve.thresholds[1:][allowed[0]])


def threshold_between_means(genuine: ArrayLike, counterfeit: ArrayLike) -> float:
    """Return the middle between the mean genuine and the mean counterfeit score, Xie and Tan 2021, equation (5)."""
    positive, negative = _both(genuine, counterfeit)
    return float((positive.mean() + negative.mean()) / 2)


@dataclass(frozen=True)
class HeldOut:
    """What came of thresholds that were each chosen without the group they were applied to.

    ``thresholds`` maps each group to its threshold; ``far`` and ``frr`` pool the held-out decisions, with intervals
    clustered by group.
    """

    thresholds: dict[object, float]
    far: Rate
    frr: Rate


def leave_one_group_out(
    genuine: ArrayLike,
    genuine_groups: Sequence[object],
    counterfeit: ArrayLike,
    counterfeit_groups: Sequence[object],
    choose: Callable[[Scores, Scores], float] = threshold_between_means,
) -> HeldOut:
    """Choose a threshold on all other groups for each group in turn, and count the errors on that group.

    Parameters
    ----------
    genuine_groups, counterfeit_groups : Sequence[object]
        The group (a design, a word, a physical object) of each score.
    choose : Callable[[Scores, Scores], float]
        Takes the genuine and the counterfeit scores of the other groups.

    Raises
    ------
    InputError
        Fewer than two groups, or without one of them no genuine or no counterfeit score is left.
    """
    positive, negative = _both(genuine, counterfeit)
    of_positive, of_negative = _codes(genuine_groups, positive.size), _codes(counterfeit_groups, negative.size)
    groups = list(dict.fromkeys([*genuine_groups, *counterfeit_groups]))
    rejected, accepted = np.zeros(positive.size, dtype=bool), np.zeros(negative.size, dtype=bool)
    thresholds: dict[object, float] = {}
    for group in groups:
        own_positive = np.array([name == group for name in of_positive])
        own_negative = np.array([name == group for name in of_negative])
        if own_positive.all() or own_negative.all():
            raise InputError(
                f"Without {group} no threshold can be chosen", remedy="Add scores of other groups of both kinds."
            )
        thresholds[group] = choose(positive[~own_positive], negative[~own_negative])
        rejected[own_positive] = positive[own_positive] < thresholds[group]
        accepted[own_negative] = negative[own_negative] >= thresholds[group]
    return HeldOut(thresholds, rate(accepted, counterfeit_groups), rate(rejected, genuine_groups))


def _codes(groups: Sequence[object], size: int) -> list[object]:
    if len(groups) != size:
        raise InputError("Every score needs its group", remedy="Check the score table.")
    return list(groups)


def _both(genuine: ArrayLike, counterfeit: ArrayLike) -> tuple[Scores, Scores]:
    return finite_scores(genuine, "genuine scores"), finite_scores(counterfeit, "counterfeit scores")


def _bound(bound: float) -> float:
    if not 0 <= bound <= 1:
        raise InputError("A bound on an error rate lies between 0 and 1")
    return bound
