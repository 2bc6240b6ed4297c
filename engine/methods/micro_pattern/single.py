"""The frame of one label in a capture of it alone, at any rotation; named where there is none, or more than one."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from engine.methods.micro_pattern.frames import fitted, refine
from engine.methods.micro_pattern.segmentation import (
    BLURRED,
    DARK,
    SQUARE,
    LabelState,
    Place,
    Segmentation,
    dark_lines,
    upright,
)

SEARCH_PX = 300  # about the shorter side of the picture in which candidates are sought
LOCAL_SHARES = (0.27, 0.12)  # sides of the local mean, in heights of the picture: for labels that fill it, and smaller
LEAST_SHARE = 0.2  # of the capture's shorter side that a label's frame takes
FAINT = 0.78  # of the local mean: where no line is as dark as DARK says, lines as faint as this are tried
PARTS = 6  # pieces into which scratches may cut what a frame encloses
LEAST_PART = 0.004  # of the picture: smaller pieces do not tell where a frame is
# Of a side: how far edges may lie from the square seen before, in one look after another: a candidate is coarse, and
# a particle on the frame's line has edges of its own.
STRAYS = (0.03, 0.015, 0.0075)
UPRIGHT = np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])  # a square's corners
SAME = 0.04  # of a side: candidates nearer to one another are one

NO_FRAME = "No etched frame is seen on all four sides: it is out of focus, cut off, covered or not there"
SEVERAL = "More than one label is in sight"


def find_label(pixels: NDArray[np.uint8]) -> Segmentation:
    """Find the one label of a capture.

    Parameters
    ----------
    pixels : NDArray[np.uint8]
        (H, W, 3) RGB or (H, W) grey; the frame takes a fifth of the shorter side at least.

    Returns
    -------
    Segmentation
        One place with the frame's outer corners, from the corner that is upper left in the capture (a label that lies
        turned by more than 45 degrees comes out turned by a quarter), or none and the reason why.

    Notes
    -----
    A frame is what dark lines enclose; where scratches cut that into pieces, the pieces belong together. As in fields,
    no label is invented: all four edges were seen. Frames within a frame are parts of what is etched into it.
    """
    import cv2

    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY) if pixels.ndim == 3 else pixels
    grey = np.asarray(grey, dtype=np.uint8)
    if min(grey.shape) < 2 / LEAST_SHARE:
        return Segmentation((), NO_FRAME)
    found = _frames(grey, DARK) or _frames(grey, FAINT)
    if len(found) != 1:
        return Segmentation((), SEVERAL if found else NO_FRAME)
    corners, softness = found[0]
    state = LabelState.BLURRED if softness > BLURRED * _side(corners) else LabelState.FOUND
    return Segmentation((Place(0, 0, state, corners),))


def _frames(grey: NDArray[np.uint8], darkness: float) -> list[tuple[NDArray[np.float64], float]]:
    """Return corners and softness of the largest frame, and of another that is not part of it where there is one."""
    found: list[tuple[NDArray[np.float64], float]] = []
    for quad in sorted(_distinct(_candidates(grey, darkness)), key=_side, reverse=True):
        if len(found) > 1:
            break
        if any(_holds(corners, quad.mean(axis=0)) for corners, _ in found):
            continue
        seen = _frame(grey, quad)
        if seen is not None and not any(_holds(seen[0], corners.mean(axis=0)) for corners, _ in found):
            found.append(seen)
    return found


def _candidates(grey: NDArray[np.uint8], darkness: float) -> Iterator[NDArray[np.float64]]:
    """Yield about square areas that dark lines enclose, (4, 2) corners in pixels."""
    import cv2

    step = max(1, round(min(grey.shape) / SEARCH_PX))  # whole: pixels that are averaged are then not divided
    small = np.asarray(cv2.resize(grey, None, fx=1 / step, fy=1 / step, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    least = LEAST_SHARE * min(small.shape)
    for share in LOCAL_SHARES:
        for outline in _enclosed(dark_lines(small, darkness, share)):
            (x, y), (width, height), angle = cv2.minAreaRect(outline)
            if least <= min(width, height) and abs(width - height) < SQUARE * max(width, height):
                place = ((x + 0.5) * step - 0.5, (y + 0.5) * step - 0.5)
                yield upright(*place, width * step, height * step, angle)


def _enclosed(dark: NDArray[np.uint8]) -> Iterator[NDArray[np.int32]]:
    """Yield the points around what each dark area encloses: each piece, then the largest two together, three ..."""
    import cv2

    outlines, tree = cv2.findContours(dark, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    pieces: dict[int, list[tuple[float, NDArray[np.int32]]]] = {}
    for number, outline in enumerate(outlines):
        area = cv2.contourArea(outline)
        if tree[0][number][3] >= 0 and area > LEAST_PART * dark.size:
            pieces.setdefault(int(tree[0][number][3]), []).append((area, np.asarray(outline, dtype=np.int32)))
    for own in pieces.values():
        largest = [outline for _, outline in sorted(own, key=lambda piece: -piece[0])[:PARTS]]
        yield from largest
        for count in range(2, len(largest) + 1):
            yield np.concatenate(largest[:count])


def _distinct(quads: Iterator[NDArray[np.float64]]) -> list[NDArray[np.float64]]:
    kept: list[NDArray[np.float64]] = []
    for quad in quads:
        if all(np.abs(quad - other).max() > SAME * _side(other) for other in kept):
            kept.append(quad)
    return kept


def _frame(grey: NDArray[np.uint8], quad: NDArray[np.float64]) -> tuple[NDArray[np.float64], float] | None:
    """Return the corners of the frame near a candidate, and how soft its edges are; None where it is not seen whole."""
    frames = refine(grey, quad[None])
    for stray in STRAYS:
        if not np.isfinite(frames.corners).all():
            return None
        frames = refine(grey, fitted(UPRIGHT, frames.corners), stray=stray)
    corners = frames.corners
    limits = np.array([grey.shape[1], grey.shape[0]])
    inside = ((corners > -0.5) & (corners < limits - 0.5)).all()
    if not (frames.clear[0] and inside and _square(corners[0])):
        return None
    return corners[0], float(frames.softness[0])


def _square(corners: NDArray[np.float64]) -> bool:
    sides = np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1)
    diagonals = np.linalg.norm(corners[2:] - corners[:2], axis=1)
    return all(np.ptp(lengths) < SQUARE * lengths.mean() for lengths in (sides, diagonals))


def _side(corners: NDArray[np.float64]) -> float:
    return float(np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1).mean())


def _holds(corners: NDArray[np.float64], point: NDArray[np.float64]) -> bool:
    import cv2

    return cv2.pointPolygonTest(corners.astype(np.float32), (float(point[0]), float(point[1])), False) >= 0
