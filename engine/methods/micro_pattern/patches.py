"""Small patches of one picture found again in another: places that show the same texture, and one transform for all.

Both pictures lie in one pose but for a few pixels. Patches of the same piece are all displaced alike; those of another
piece are found anywhere.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Points = NDArray[np.float64]
PATCH = 25  # side of a patch in pixels, odd: about 22 grains of 4 um in label crops of 190 um
REACH = 5  # how far from its own place a patch is looked for, in pixels
WINDOW = PATCH + 2 * REACH, PATCH + 2 * REACH
TOGETHER = 16  # patches: few enough that the arrays stay in the processor's cache
STEP = 22  # between neighbouring patches
SHOWN_SHARE = 0.6  # of a patch must be there in both pictures
LIKE = 0.45  # least correlation of a patch that is found again; patches of other pieces mostly stay below 0.4
NEAR = 2.5  # pixels from the common displacement, before the transform is fitted
TOLERANCE = 1.5  # pixels from where the fitted transform has it
LEAST_PATCHES = 8  # fewer cannot be told from chance


@dataclass(frozen=True, eq=False)
class MatchedPoints:
    """Places of two pictures that show the same texture.

    Parameters
    ----------
    questioned, known : NDArray[np.float64]
        (P, 2) points (x, y) in pixels of each picture as it was given.
    residual : NDArray[np.float64]
        (P,) distance in known pixels between a point and where ``transform`` has it.
    correlation : NDArray[np.float64]
        (P,) of each patch with its place, 0..1.
    lost : NDArray[np.float64]
        (L, 2) questioned points whose texture was not found again.
    transform : NDArray[np.float64]
        (2, 3) affine, questioned to known pixels; a shift where too few points agree.
    tried : int
        Patches that show enough in both pictures: P + L.
    """

    questioned: Points
    known: Points
    residual: NDArray[np.float64]
    correlation: NDArray[np.float64]
    lost: Points
    transform: NDArray[np.float64]
    tried: int

    @property
    def agreeing(self) -> int:
        """How many patches were found again in places that one affine transform explains."""
        return len(self.questioned)

    @property
    def score(self) -> float:
        """Share of the tried patches that agree, 0..1, higher = more alike; 0 where too few could be tried."""
        return self.agreeing / self.tried if self.tried >= LEAST_PATCHES else 0.0

    def placed(self, questioned: Points | None = None, known: Points | None = None) -> Self:
        """Return the points in other pixels: (2, 3) affine matrices take each picture's pixels there; None leaves them.

        Residuals stay in the pixels in which they were measured.
        """
        first = np.eye(2, 3) if questioned is None else questioned
        second = np.eye(2, 3) if known is None else known
        last = np.array([[0.0, 0.0, 1.0]])
        chain = [np.vstack([matrix, last]) for matrix in (second, self.transform, first)]
        return replace(
            self, questioned=mapped(first, self.questioned), lost=mapped(first, self.lost),
            known=mapped(second, self.known), transform=(chain[0] @ chain[1] @ np.linalg.inv(chain[2]))[:2],
        )  # fmt: skip


def compared(first: Floats, second: Floats, shown: Floats) -> MatchedPoints:
    """Look for the patches of one picture in another.

    Parameters
    ----------
    first, second : NDArray[np.float32]
        (S, S) questioned and known texture, of mean 0 and one contrast everywhere, 0 where there is none.
    shown : NDArray[np.float32]
        (S, S) where both show texture, 0 or 1.
    """
    places = _places(len(first), shown)
    shifts, correlation = displacements(first, second, places)
    centres = places.astype(np.float64)
    agree, matrix = _common(centres, shifts, correlation >= LIKE)
    found = centres + shifts
    residual = np.linalg.norm(mapped(matrix, centres) - found, axis=1)
    return MatchedPoints(
        questioned=centres[agree], known=found[agree], residual=residual[agree], correlation=correlation[agree],
        lost=centres[~agree], transform=matrix, tried=len(places),
    )  # fmt: skip


def mapped(matrix: Points, points: Points) -> Points:
    """Map (P, 2) points by a (2, 3) affine matrix."""
    return points @ matrix[:, :2].T + matrix[:, 2]


def _places(side: int, shown: Floats) -> NDArray[np.intp]:
    """Return the middles (x, y) of the patches that show enough, (N, 2); each fits in with its reach."""
    import cv2

    room = PATCH // 2 + REACH
    count = (side - 2 * room) // STEP + 1
    first = (side - (count - 1) * STEP) // 2
    along = first + STEP * np.arange(count)
    x, y = (axis.ravel() for axis in np.meshgrid(along, along))
    share = np.asarray(cv2.blur(shown, (PATCH, PATCH)))[y, x]
    return np.column_stack([x, y])[share >= SHOWN_SHARE]


def displacements(first: Floats, second: Floats, places: NDArray[np.intp]) -> tuple[Points, NDArray[np.float64]]:
    """Return where each patch of the first lies in the second, (N, 2) from its own place, and its correlation there."""
    import cv2

    span = 2 * REACH + 1
    energy = np.asarray(cv2.sqrBoxFilter(second, -1, (PATCH, PATCH), anchor=(0, 0), normalize=False))
    patches, around = sliding_window_view(first, (PATCH, PATCH)), sliding_window_view(second, WINDOW)
    energies = sliding_window_view(energy, (span, span))
    surface = np.empty((len(places), span, span))
    for start in range(0, len(places), TOGETHER):
        x, y = places[start : start + TOGETHER].T - PATCH // 2
        own = patches[y, x]
        theirs = energies[y - REACH, x - REACH] * np.square(own).sum(axis=(1, 2))[:, None, None]
        product = _products(own, around[y - REACH, x - REACH])
        surface[start : start + TOGETHER] = product / np.sqrt(np.maximum(theirs, 1.0))
    return _peaks(surface)


def _products(patches: Floats, around: Floats) -> Floats:
    """Return the inner product of each patch with each place that it has in its window, (N, span, span)."""
    from scipy import fft

    padded = np.zeros_like(around)
    padded[:, :PATCH, :PATCH] = patches
    spectrum = np.asarray(fft.rfft2(around)) * np.asarray(fft.rfft2(padded)).conj()
    return np.asarray(fft.irfft2(spectrum, WINDOW))[:, : 2 * REACH + 1, : 2 * REACH + 1]


def _peaks(surface: NDArray[np.float64]) -> tuple[Points, NDArray[np.float64]]:
    """Return the highest place of each surface, (N, span, span), from its middle, by parabolas through neighbours."""
    count, span = len(surface), surface.shape[1]
    row, column = np.divmod(surface.reshape(count, span * span).argmax(axis=1), span)
    which = np.arange(count)
    best = surface[which, row, column]
    padded = np.pad(surface, ((0, 0), (1, 1), (1, 1)), mode="edge")
    left, right = padded[which, row + 1, column], padded[which, row + 1, column + 2]
    above, below = padded[which, row, column + 1], padded[which, row + 2, column + 1]
    middle = (span - 1) / 2
    return np.column_stack([
        column - middle + _vertex(left, best, right), row - middle + _vertex(above, best, below)
    ]), best  # fmt: skip


def _vertex(before: NDArray[np.float64], best: NDArray[np.float64], after: NDArray[np.float64]) -> NDArray[np.float64]:
    bend = np.maximum(2 * best - before - after, 1e-9)
    return np.clip((after - before) / 2 / bend, -0.5, 0.5)


def _common(centres: Points, shifts: Points, alike: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], Points]:
    """Return which patches one affine transform explains, (N,), and the transform, (2, 3)."""
    departure = np.zeros((2, 3))
    agree = np.zeros(len(centres), dtype=np.bool_)
    if alike.any():
        apart = np.linalg.norm(shifts[:, None] - shifts[None, alike], axis=2) < NEAR
        middle = shifts[alike][apart[alike].sum(axis=0).argmax()]
        agree = alike & (np.linalg.norm(shifts - middle, axis=1) < NEAR)
        design = np.column_stack([centres, np.ones(len(centres))])
        stiff = np.diag([STEP**2, STEP**2, 0.0])  # nothing beside some hundred patches; points in a row bear no slope
        for _ in range(3):
            if agree.sum() < LEAST_PATCHES:
                departure = np.column_stack([np.zeros((2, 2)), middle])
            else:
                own = design[agree]
                departure = np.linalg.solve(own.T @ own + stiff, own.T @ shifts[agree]).T
            agree = alike & (np.linalg.norm(design @ departure.T - shifts, axis=1) < TOLERANCE)
    return agree, np.asarray(np.eye(2, 3) + departure, dtype=np.float64)
