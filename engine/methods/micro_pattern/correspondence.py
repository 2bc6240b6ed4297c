"""Second stage of a search: whether the film's grains of two labels lie in the same places, and where.

Labels of one class share frame and glyph, so what is etched is left out and only the film between is judged. The
questioned label's film is cut into small patches; each is looked for near the same place of the known label by
normalised correlation. Patches of the same film are all displaced alike; those of another film are found anywhere.
"""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from engine.core.errors import InputError

Floats = NDArray[np.float32]
Points = NDArray[np.float64]
PATCH = 25  # side of a patch, in crop pixels, odd: about 22 grains of 4 um in labels of 190 um
REACH = 5  # how far from its own place a patch is looked for, in crop pixels
WINDOW = PATCH + 2 * REACH, PATCH + 2 * REACH
TOGETHER = 16  # patches: few enough that the arrays stay in the processor's cache
STEP = 22  # between neighbouring patches
FRAME = 0.045  # of a side: the etched frame's line, and its ragged edge
FINE, COARSE = 3.5, 21  # crop pixels: what is averaged to see what is etched, and to level the film's light
ETCHED = 0.8  # of the film's level: darker is etched, dirt or a scratch
FILM_SHARE = 0.6  # of a patch must be film in both labels
LIKE = 0.35  # least correlation of a patch that is found again
NEAR = 2.5  # pixels from the common displacement, before the transform is fitted
TOLERANCE = 1.5  # pixels from where the fitted transform has it
LEAST_PATCHES = 8  # fewer cannot be told from chance


@dataclass(frozen=True, eq=False)
class MatchedPoints:
    """Places of two labels that show the same grains.

    Parameters
    ----------
    questioned, known : NDArray[np.float64]
        (P, 2) points (x, y) in pixels of each crop as it was given, the questioned one not turned.
    residual : NDArray[np.float64]
        (P,) distance in known pixels between a point and where ``transform`` has it.
    correlation : NDArray[np.float64]
        (P,) of each patch with its place, 0..1.
    lost : NDArray[np.float64]
        (L, 2) questioned points whose film was not found again.
    transform : NDArray[np.float64]
        (2, 3) affine, questioned to known pixels; the quarter turn alone where too few points agree.
    tried : int
        Patches that show enough film in both labels: P + L.
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
        """Share of the tried patches that agree, 0..1, higher = more alike; 0 where too little film is seen."""
        return self.agreeing / self.tried if self.tried >= LEAST_PATCHES else 0.0


def matched(questioned: NDArray[np.uint8], known: NDArray[np.uint8], *, turn: int = 0) -> MatchedPoints:
    """Look for the film of one label crop in another.

    Parameters
    ----------
    questioned, known : NDArray[np.uint8]
        (S, S) grey crops, their frames' outer corners in the corners of the crop.
    turn : int
        Quarter turns, as of ``np.rot90``, that bring the questioned label into the known one's pose.
    """
    side = len(known)
    if questioned.shape != known.shape or known.shape != (side, side) or side < 4 * PATCH:
        raise InputError(f"Label crops are squares of one size, at least {4 * PATCH} px, not "
                         f"{questioned.shape} and {known.shape}")  # fmt: skip
    first, film_first = _grains(np.ascontiguousarray(np.rot90(questioned, turn)))
    second, film_second = _grains(known)
    places = _places(side, np.minimum(film_first, film_second))
    back = _turned_back(side, turn)
    shifts, correlation = _displacements(first, second, places)
    centres = places.astype(np.float64)
    agree, matrix = _common(centres, shifts, correlation >= LIKE)
    found = centres + shifts
    points = _mapped(back, centres)
    residual = np.linalg.norm(_mapped(matrix, centres) - found, axis=1)
    return MatchedPoints(
        questioned=points[agree], known=found[agree], residual=residual[agree], correlation=correlation[agree],
        lost=points[~agree], transform=_after(matrix, back), tried=len(places),
    )  # fmt: skip


def in_capture(points: Points, corners: Points, side: int) -> Points:
    """Return where points of a crop, (P, 2), lie in the capture that it was cut from.

    Parameters
    ----------
    points : NDArray[np.float64]
        (P, 2) crop pixels (x, y).
    corners : NDArray[np.float64]
        (4, 2) of the frame in the capture, from the upper left clockwise, as ``segmentation.crop`` was given.
    side : int
        Of the crop, in pixels.
    """
    import cv2

    square = np.array([[0, 0], [side, 0], [side, side], [0, side]], dtype=np.float32) - 0.5
    matrix = cv2.getPerspectiveTransform(square, corners.astype(np.float32))
    lifted = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return lifted[:, :2] / lifted[:, 2:]


def _grains(crop: NDArray[np.uint8]) -> tuple[Floats, Floats]:
    """Return a crop's film, levelled in light and contrast, (S, S) float32, 0 where there is none, and where it is."""
    import cv2

    grey = crop.astype(np.float32)
    low = np.asarray(cv2.GaussianBlur(grey, (0, 0), FINE), dtype=np.float32)
    level = float(np.percentile(low[::4, ::4], 75))
    film = np.asarray(low > ETCHED * level, dtype=np.float32)
    film = np.asarray(cv2.erode(film, np.ones((5, 5), dtype=np.uint8)), dtype=np.float32)
    edge = round(FRAME * len(crop))
    film[:edge], film[-edge:], film[:, :edge], film[:, -edge:] = 0, 0, 0, 0
    near = np.maximum(np.asarray(cv2.blur(film, (COARSE, COARSE)), dtype=np.float32), np.float32(1e-3))
    levelled = (grey - cv2.blur(grey * film, (COARSE, COARSE)) / near) * film
    deviation = np.sqrt(cv2.blur(levelled * levelled, (COARSE, COARSE)) / near)
    return np.clip(levelled / (deviation + 1), -3, 3).astype(np.float32), film


def _places(side: int, film: Floats) -> NDArray[np.intp]:
    """Return the middles (x, y) of the patches that show film, (N, 2); each fits in with its reach."""
    import cv2

    room = PATCH // 2 + REACH
    count = (side - 2 * room) // STEP + 1
    first = (side - (count - 1) * STEP) // 2
    along = first + STEP * np.arange(count)
    x, y = (axis.ravel() for axis in np.meshgrid(along, along))
    share = np.asarray(cv2.blur(film, (PATCH, PATCH)))[y, x]
    return np.column_stack([x, y])[share >= FILM_SHARE]


def _displacements(first: Floats, second: Floats, places: NDArray[np.intp]) -> tuple[Points, NDArray[np.float64]]:
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
    row, column = np.divmod(surface.reshape(count, -1).argmax(axis=1), span)
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


def _turned_back(side: int, turn: int) -> Points:
    """Return the (2, 3) matrix from pixels of ``np.rot90(crop, turn)`` to the crop's own."""
    matrix = np.eye(3)
    for _ in range(turn % 4):
        matrix = np.array([[0.0, -1.0, side - 1.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]) @ matrix
    return matrix[:2]


def _after(matrix: Points, back: Points) -> Points:
    """Return the transform that goes from the crop's own pixels to the turned ones and then by the matrix."""
    last = np.array([[0.0, 0.0, 1.0]])
    return (np.vstack([matrix, last]) @ np.linalg.inv(np.vstack([back, last])))[:2]


def _mapped(matrix: Points, points: Points) -> Points:
    return points @ matrix[:, :2].T + matrix[:, 2]
