"""Where correlation was lost: evenly over the code, as copying loses it, or in one place, as damage does."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from engine.core.seeds import generator

NEIGHBOURHOOD = 5  # modules along a side: a scratch or a smudge is seldom smaller than a few modules
LEAST_MODULES = 5  # in a neighbourhood, else its mean says little
SHUFFLES = 199
LEVEL = 0.01  # of the shuffled maps reach as deep a place: p = (1 + 1) / (199 + 1)
DEEP = 0.5  # a place is lost where it keeps less than this share of the code's median correlation


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


def pattern_of_loss(values: NDArray[np.floating], *, seed: int) -> Loss:
    """Tell uniform from local loss.

    Parameters
    ----------
    values : NDArray[np.floating]
        (n, n) correlation of each module, NaN where it carries no pattern.
    seed : int
        Of the shuffles.

    Notes
    -----
    A scan statistic (Kulldorff 1997, Communications in Statistics 26:1481) with its distribution by permutation: the
    lowest mean over neighbourhoods of 5 x 5 modules, against the same of maps whose modules were shuffled.
    """
    measured = ~np.isnan(values)
    counts = _sums(measured.astype(np.float64))
    wide = measured & (counts >= LEAST_MODULES)
    nothing = np.zeros(values.shape, dtype=np.bool_)
    if not wide.any():
        return Loss(LossPattern.UNIFORM, nothing, 1.0, 0.0)
    own = values[measured].astype(np.float64)
    means = _means(own, measured, counts)
    random = generator(seed, "pattern of loss")
    deepest = [_means(random.permutation(own), measured, counts)[wide].min() for _ in range(SHUFFLES)]
    reached = int(np.sum(np.array(deepest) <= means[wide].min()))
    probability = (1 + reached) / (1 + SHUFFLES)
    lost = wide & (means < DEEP * np.median(own))
    if probability > LEVEL or not lost.any():
        return Loss(LossPattern.UNIFORM, nothing, probability, 0.0)
    return Loss(LossPattern.LOCAL, lost, probability, float(lost.sum() / measured.sum()))


def _means(own: NDArray[np.float64], measured: NDArray[np.bool_], counts: NDArray[np.float64]) -> NDArray[np.float64]:
    full = np.zeros(measured.shape)
    full[measured] = own
    return np.divide(_sums(full), counts, out=np.zeros_like(full), where=counts > 0)


def _sums(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sum over each cell's neighbourhood; cells beyond the map count as 0."""
    import cv2

    size = (NEIGHBOURHOOD, NEIGHBOURHOOD)
    found = cv2.boxFilter(values, cv2.CV_64F, size, normalize=False, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(found, dtype=np.float64)
