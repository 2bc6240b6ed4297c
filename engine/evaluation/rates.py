"""Error rates with confidence intervals; clustered by physical object, because repeats are not independent."""

from collections.abc import Callable, Sequence
from typing import Annotated

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field

from engine.core.errors import InputError
from engine.core.operating import Interval, Rate
from engine.core.records import Record
from engine.core.seeds import generator

Share = Annotated[float, Field(ge=0, le=1)]
Scores = NDArray[np.float64]
LEVEL = 0.95
DRAWS = 2_000


class ErrorRates(Record):
    """False accept and false reject rate at a threshold, and the normalised accuracy of both."""

    threshold: float
    far: Rate
    frr: Rate

    @property
    def nacc(self) -> float:
        """Normalised accuracy, see ``normalised_accuracy``."""
        return normalised_accuracy(self.far.value, self.frr.value)


def finite_scores(values: ArrayLike, what: str = "scores") -> Scores:
    """Return the scores as a float64 vector; raises InputError where there is none, or one is not finite."""
    scores = np.asarray(values, dtype=np.float64)
    if scores.ndim != 1 or scores.size == 0 or not np.isfinite(scores).all():
        raise InputError(f"The {what} must be a list of finite numbers and not empty", remedy="Check the score table.")
    return scores


def clopper_pearson(events: float, trials: float, level: float = LEVEL) -> Interval:
    """Return the exact binomial interval (Clopper and Pearson 1934, Biometrika 26:404), from beta quantiles.

    low = B(a/2; k, n - k + 1), high = B(1 - a/2; k + 1, n - k) with a = 1 - level. Its coverage is never below the
    level. ``events`` and ``trials`` need not be whole, so that an effective sample size can be put in.
    """
    from scipy.special import betaincinv

    _check(events, trials, level)
    tail = (1 - level) / 2
    low = 0.0 if events == 0 else float(betaincinv(events, trials - events + 1, tail))
    high = 1.0 if events == trials else float(betaincinv(events + 1, trials - events, 1 - tail))
    return Interval(low=low, high=high, level=level, method="Clopper-Pearson")


def wilson(events: float, trials: float, level: float = LEVEL) -> Interval:
    """Return the score interval (Wilson 1927, JASA 22:209): narrower than the exact one, right on average.

    (p + z^2/2n +- z sqrt(p (1 - p) / n + z^2/4n^2)) / (1 + z^2/n), z = quantile of the normal at (1 + level) / 2.
    """
    from scipy.special import ndtri

    _check(events, trials, level)
    z = float(ndtri((1 + level) / 2))
    share = events / trials
    centre = share + z**2 / (2 * trials)
    half = z * (share * (1 - share) / trials + z**2 / (4 * trials**2)) ** 0.5
    whole = 1 + z**2 / trials
    # Rounding must not push the ends past the ends of the scale.
    low = 0.0 if events == 0 else max(0.0, (centre - half) / whole)
    high = 1.0 if events == trials else min(1.0, (centre + half) / whole)
    return Interval(low=low, high=high, level=level, method="Wilson")


def cluster_bootstrap(
    statistic: Callable[[NDArray[np.intp]], float],
    objects: Sequence[object],
    *,
    seed: int,
    draws: int = DRAWS,
    level: float = LEVEL,
) -> Interval:
    """Return the percentile interval of a statistic when whole physical objects are drawn anew.

    Parameters
    ----------
    statistic : Callable[[NDArray[np.intp]], float]
        Computes the statistic from indices of trials; NaN where a draw does not define it (such draws are left out).
    objects : Sequence[object]
        The physical object of each trial, length N.

    References
    ----------
    Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 13 (percentiles); Davison and Hinkley 1997,
    Bootstrap Methods and their Application, section 3.8 (drawing whole clusters).
    """
    members = list(_members(objects).values())
    if len(members) < 2:
        raise InputError("An interval needs at least two physical objects", remedy="Add captures of other objects.")
    random = generator(seed, "cluster bootstrap")
    values = np.array(
        [
            statistic(np.concatenate([members[k] for k in random.integers(len(members), size=len(members))]))
            for _ in range(draws)
        ]
    )
    defined = values[~np.isnan(values)]
    if not defined.size:
        raise InputError("No draw of objects defines the statistic", remedy="Add objects of both kinds.")
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return Interval(low=float(low), high=float(high), level=level, method=f"cluster bootstrap, {draws} draws")


def effective_interval(happened: ArrayLike, objects: Sequence[object], level: float = LEVEL) -> Interval:
    """Return the exact interval at the effective sample size: n / design effect, never more than n.

    The design effect is the variance of the rate between objects over the variance of independent trials (Kish 1965,
    Survey Sampling, 5.4; the exact interval at the effective size: Korn and Graubard 1998, Survey Methodology 24:193).
    Where all trials agree it cannot be measured: then each object counts as a single trial.
    """
    events = np.asarray(happened, dtype=bool)
    members = list(_members(objects).values())
    trials, groups = events.size, len(members)
    if groups < 2:
        raise InputError("An interval needs at least two physical objects", remedy="Add captures of other objects.")
    share = float(events.mean())
    if share in (0.0, 1.0):
        size = float(groups)
    else:
        residuals = np.array([events[index].sum() - share * index.size for index in members])
        between = groups / (groups - 1) * float((residuals**2).sum()) / trials**2
        independent = share * (1 - share) / trials
        size = min(float(trials), trials * independent / between) if between > 0 else float(trials)
    exact = clopper_pearson(share * size, size, level)
    return exact.model_copy(update={"method": f"Clopper-Pearson, effective size {size:.1f} of {trials}"})


def rate(happened: ArrayLike, objects: Sequence[object] | None = None, *, level: float = LEVEL) -> Rate:
    """Return how often something happened, with the exact interval; at the effective size where objects are given.

    Parameters
    ----------
    happened : ArrayLike
        (N,) booleans, one per trial.
    objects : Sequence[object], optional
        The physical object of each trial.
    """
    events = np.asarray(happened, dtype=bool)
    if events.ndim != 1 or events.size == 0:
        raise InputError("A rate needs at least one trial", remedy="Check the score table.")
    count = int(events.sum())
    if objects is None:
        return Rate(events=count, trials=events.size, interval=clopper_pearson(count, events.size, level))
    if len(objects) != events.size:
        raise InputError("Every trial needs its physical object", remedy="Check the score table.")
    interval = effective_interval(events, objects, level)
    return Rate(events=count, trials=events.size, objects=len(set(objects)), interval=interval)


def error_rates(
    genuine: ArrayLike,
    counterfeit: ArrayLike,
    threshold: float,
    *,
    genuine_objects: Sequence[object] | None = None,
    counterfeit_objects: Sequence[object] | None = None,
    level: float = LEVEL,
) -> ErrorRates:
    """Return FAR = share of counterfeit >= threshold and FRR = share of genuine < threshold, with intervals.

    As Xie and Tan 2021, section 3.3: authentic if the indicator is not less than the threshold.
    """
    accepted = finite_scores(counterfeit, "counterfeit scores") >= threshold
    rejected = finite_scores(genuine, "genuine scores") < threshold
    return ErrorRates(
        threshold=threshold,
        far=rate(accepted, counterfeit_objects, level=level),
        frr=rate(rejected, genuine_objects, level=level),
    )


def normalised_accuracy(far: float, frr: float) -> float:
    """Return NACC = 1 - (FAR + FRR) / 2, Xie and Tan 2021, equation (6)."""
    return 1 - (far + frr) / 2


def _members(objects: Sequence[object]) -> dict[object, NDArray[np.intp]]:
    """Return the indices of the trials of each object, in order of first appearance."""
    found: dict[object, list[int]] = {}
    for index, name in enumerate(objects):
        found.setdefault(name, []).append(index)
    return {name: np.array(indices, dtype=np.intp) for name, indices in found.items()}


def _check(events: float, trials: float, level: float) -> None:
    if not (trials > 0 and 0 <= events <= trials and 0 < level < 1):
        raise InputError("An interval needs 0 <= events <= trials, trials > 0 and a level between 0 and 1")
