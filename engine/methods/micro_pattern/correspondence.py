"""Second stage of a search: whether the film's grains of two labels lie in the same places, and where.

Labels of one class share frame and glyph, so what is etched is left out and only the film between is judged. The
questioned label's film is cut into small patches; each is looked for near the same place of the known label by
normalised correlation. Patches of the same film are all displaced alike; those of another film are found anywhere.
"""

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import InputError
from engine.methods.micro_pattern.patches import PATCH, Floats, MatchedPoints, Points, compared

FRAME = 0.045  # of a side: the etched frame's line, and its ragged edge
FINE, COARSE = 3.5, 21  # crop pixels: what is averaged to see what is etched, and to level the film's light
ETCHED = 0.8  # of the film's level: darker is etched, dirt or a scratch


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
    found = compared(first, second, np.minimum(film_first, film_second))
    return found.placed(questioned=_turned_back(side, turn))


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
    variance = np.maximum(cv2.blur(levelled * levelled, (COARSE, COARSE)), 0)  # running sums fall below 0 by rounding
    deviation = np.sqrt(variance / near)
    return np.clip(levelled / (deviation + 1), -3, 3).astype(np.float32), film


def _turned_back(side: int, turn: int) -> Points:
    """Return the (2, 3) matrix from pixels of ``np.rot90(crop, turn)`` to the crop's own."""
    matrix = np.eye(3)
    for _ in range(turn % 4):
        matrix = np.array([[0.0, -1.0, side - 1.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]) @ matrix
    return matrix[:2]
