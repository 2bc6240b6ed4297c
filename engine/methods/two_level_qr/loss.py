"""Where correlation was lost: evenly over the code, as copying loses it, or in one place, as damage does."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from engine.core.seeds import generator

SIDES = (3, 5, 9)  # modules along a neighbourhood: a scratch, a smudge, a torn corner
LEAST_MODULES = 3  # in a neighbourhood, else its mean says little
LEAST_OF_CLASS = 8  # modules, else the median of a class says little
SHUFFLES = 199
LEVEL = 0.005  # p of the deepest place: deeper than in each of 199 shuffled maps
DEEP = 0.75  # a place is lost only where it keeps less than this share of the code's median correlation
# Printers distort paper smoothly, so that neighbouring modules of sound prints lose a little together: on 30 + 30
# simulated prints and copies such places kept half and more, but for one. Where something covers a print nearly nothing
# is left.
HEART = 0.3  # the same for at least one place: the heart of the damage


class LossPattern(StrEnum):
    """How the correlation lies over the code.

    UNIFORM: no place stands out; so it is in a copy, and in an undamaged original too: the indicator tells those apart.
    LOCAL: modules with little correlation lie together; so it is where a code is scratched, torn or stained.
    """

    UNIFORM = "uniform"
    LOCAL = "local"


@dataclass(frozen=True, eq=False)
class Loss:
    """The pattern of loss and what it rests on.

    Parameters
    ----------
    pattern : LossPattern
        Uniform or local.
    lost : NDArray[np.bool_]
        (n, n), True for textured modules in places that lost their correlation; all False where the loss is uniform.
    probability : float
        Share of shuffled maps with a place at least as deep: small where modules of little correlation lie together.
    share : float
        Share of the textured modules that are lost, 0..1.
    """

    pattern: LossPattern
    lost: NDArray[np.bool_]
    probability: float
    share: float


def levelled(values: NDArray[np.floating], classes: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the modules' correlations, (N,), without what their patterns differ in: each class at the common mean.

    Patterns stand printing unequally well; without this their arrangement would look like local loss or hide it.
    Classes of fewer than ``LEAST_OF_CLASS`` modules, as in the scheme ``unique``, stay as they are.
    """
    level = values.astype(np.float64)
    common = level.mean()
    for index in np.flatnonzero(np.bincount(classes) >= LEAST_OF_CLASS):
        own = classes == index
        level[own] += common - np.median(level[own])
    return level


def pattern_of_loss(values: NDArray[np.floating], *, seed: int) -> Loss:
    """Tell uniform from local loss.

    Parameters
    ----------
    values : NDArray[np.floating]
        (n, n) correlation of each module, levelled, NaN where it carries no pattern.
    seed : int
        Of the shuffles.

    Notes
    -----
    A scan statistic (Kulldorff 1997, Communications in Statistics 26:1481) with its distribution by permutation: the
    deepest neighbourhood, in standard errors below the mean, against the same of maps whose modules were shuffled.
    """
    measured = ~np.isnan(values)
    own = values[measured].astype(np.float64)
    nothing = np.zeros(values.shape, dtype=np.bool_)
    if own.size < LEAST_MODULES or own.std() == 0:
        return Loss(LossPattern.UNIFORM, nothing, 1.0, 0.0)
    random = generator(seed, "pattern of loss")
    maps = np.stack([own, *(random.permutation(own) for _ in range(SHUFFLES))])
    depths, counts, least = _depths(maps, measured)
    means = own.mean() + own.std() * depths / np.sqrt(np.maximum(counts, 1))
    deepest = np.sort(least[1:])
    probability = float(1 + (deepest <= depths.min()).sum()) / (1 + SHUFFLES)
    significant = depths < deepest[round(LEVEL * (1 + SHUFFLES)) - 1]
    lost = (significant & (means < DEEP * np.median(own))).any(axis=0) & measured
    if not (significant & (means < HEART * np.median(own))).any() or not lost.any():
        return Loss(LossPattern.UNIFORM, nothing, probability, 0.0)
    return Loss(LossPattern.LOCAL, lost, probability, float(lost.sum() / measured.sum()))


def _depths(
    maps: NDArray[np.float64], measured: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return how deep neighbourhoods lie: their means, in standard errors from the mean of all modules.

    Of K maps, (K, N) values of the measured modules in any order: all depths of the first map and the modules in each
    neighbourhood, (sides, n, n), and the least depth of each map, (K,). Neighbourhoods of too few modules count as 0.
    """
    standard = np.zeros((len(maps), *measured.shape))
    standard[:, measured] = (maps - maps[0].mean()) / maps[0].std()
    first, counts = [], []
    least = np.full(len(maps), np.inf)
    for side in SIDES:
        count = _sums(measured[None].astype(np.float64), side)[0]
        weight = np.divide(1.0, np.sqrt(count), out=np.zeros_like(count), where=count >= LEAST_MODULES)
        depths = _sums(standard, side) * weight
        first.append(depths[0])
        counts.append(count)
        least = np.minimum(least, depths.min(axis=(1, 2)))
    return np.stack(first), np.stack(counts), least


def _sums(maps: NDArray[np.float64], side: int) -> NDArray[np.float64]:
    """Return the sum over each cell's neighbourhood in each of K maps, (K, n, n); cells beyond a map count as 0."""
    import cv2

    # One below the other with empty rows between them, so that one pass serves them all.
    apart = np.pad(maps, ((0, 0), (0, side // 2), (0, 0)))
    column = apart.reshape(-1, maps.shape[2])
    found = cv2.boxFilter(column, cv2.CV_64F, (side, side), normalize=False, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(found, dtype=np.float64).reshape(apart.shape)[:, : maps.shape[1]]
