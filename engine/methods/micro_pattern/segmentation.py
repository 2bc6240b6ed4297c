"""Labels of a microscope field: found, cut out, and named where they are missing, merged or cut off."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from engine.methods.micro_pattern.frames import Frames, Quads, fitted, refine

COLUMNS, ROWS = 4, 3  # He et al. 2024: twelve labels a field, to use 1920 x 1440 px
CROP_PX = 256
HALF = 2  # candidates are sought at half the resolution
DARK = 0.62  # of the local mean
LOCAL = 0.11  # side of the local mean, in field heights
LEAST_SIDE, MOST_SIDE = 0.08, 0.6  # of the field's height
SQUARE = 0.12  # by how much the sides of one label may differ
ALIKE = 0.10  # and those of different labels from their median
STRAY = 0.007  # of a side: how far a corner may lie from where the array, or the labels' common shape, has it
SHOWN = 0.4  # of each of its sides must be seen of a frame that is looked for where it should be
SURE = 0.003  # of a side: a frame that misses that shape by more is looked for once more
OFF = 0.1  # of a pitch: how far a label may stand from its place
BLURRED = 0.05  # of a side: an edge softer than this is out of focus
# Given a field, (H, W) grey, and rectangles in it, (N, 4, 2) corners: which of them are labels, (N,).
Judging = Callable[[NDArray[np.uint8], Quads], NDArray[np.bool_]]


class LabelState(StrEnum):
    """What became of a place in the array where a label should be."""

    FOUND = "found"
    MISSING = "missing"
    MERGED = "merged"
    CUT_OFF = "cut off by the field's edge"
    BLURRED = "out of focus"
    NO_LABEL = "not a label"


@dataclass(frozen=True, eq=False)
class Place:
    """One place of the array: row and column from the upper left, what is there, and where.

    ``corners`` are the frame's outer corners, (4, 2) pixels (x, y), from the upper left clockwise; None where no label
    was found.
    """

    row: int
    column: int
    state: LabelState
    corners: NDArray[np.float64] | None = None


@dataclass(frozen=True, eq=False)
class Segmentation:
    """What a field shows: one entry for each place of the array, row by row; ``reason`` where it shows no array."""

    places: tuple[Place, ...]
    reason: str = ""

    @property
    def found(self) -> tuple[Place, ...]:
        """Places with a label that can be cut out."""
        return tuple(place for place in self.places if place.state is LabelState.FOUND)


def segment(
    pixels: NDArray[np.uint8], *, columns: int = COLUMNS, rows: int = ROWS, judge: Judging | None = None
) -> Segmentation:
    """Find the labels of a field.

    Parameters
    ----------
    pixels : NDArray[np.uint8]
        (H, W, 3) RGB or (H, W) grey.
    columns, rows : int
        The array that the field should show.
    judge : Judging, optional
        Looks at what was found once more, such as ``judge.shipped_judge()``; what it refuses is named and not cut out.

    Notes
    -----
    Frames are dark closed lines: what they enclose are holes of the dark areas, which stay apart where a scratch joins
    two frames. The labels of a field share one shape, which is fitted to the four edges of each. The array fitted to
    the clear ones tells where to look for the rest. No label is invented: every one is a frame whose four edges were
    seen, all of them near where the shape and the array have them.
    """
    import cv2

    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY) if pixels.ndim == 3 else pixels
    grey = np.asarray(grey, dtype=np.uint8)
    frames = _good(refine(grey, candidates(grey)), grey.shape)
    if len(frames.corners) < 2:
        return Segmentation((), "No array of etched frames is seen: the field is empty, out of focus or something else")
    shape = _shape(frames.corners)
    seen, misses = _shaped(frames, shape)
    lattice = _lattice(seen.corners, shape, columns, rows, grey.shape)
    if lattice is None:
        return Segmentation((), f"The frames do not stand in an array of {columns} x {rows}")
    places = _places(grey, seen, misses < SURE, lattice, columns, rows)
    return Segmentation(places if judge is None else _judged(grey, places, judge))


def crop(pixels: NDArray[np.uint8], corners: NDArray[np.float64], side: int = CROP_PX) -> NDArray[np.uint8]:
    """Cut a label out: its frame's outer corners become those of a square of ``side`` pixels, rotation removed."""
    import cv2

    square = np.array([[0, 0], [side, 0], [side, side], [0, side]], dtype=np.float32) - 0.5
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), square)
    return np.asarray(cv2.warpPerspective(pixels, matrix, (side, side), flags=cv2.INTER_AREA), dtype=np.uint8)


def candidates(grey: NDArray[np.uint8]) -> Quads:
    """Return what dark closed lines enclose, (N, 4, 2) corners in pixels, if it is about square and large enough."""
    import cv2

    if min(grey.shape) < HALF:
        return np.empty((0, 4, 2))
    small = cv2.resize(grey, None, fx=1 / HALF, fy=1 / HALF, interpolation=cv2.INTER_AREA)
    height = small.shape[0]
    dark = dark_lines(np.asarray(small, dtype=np.uint8), DARK, LOCAL)
    outlines, tree = cv2.findContours(dark, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    quads: list[NDArray[np.float64]] = []
    for number, outline in enumerate(outlines):
        if tree[0][number][3] < 0 or len(outline) < 4:  # no hole
            continue
        (x, y), (width, long), angle = cv2.minAreaRect(outline)
        if not LEAST_SIDE * height < min(width, long) <= max(width, long) < MOST_SIDE * height:
            continue
        if abs(width - long) < SQUARE * max(width, long):
            quads.append(upright((x + 0.5) * HALF - 0.5, (y + 0.5) * HALF - 0.5, width * HALF, long * HALF, angle))
    return np.array(quads).reshape(-1, 4, 2)


def dark_lines(grey: NDArray[np.uint8], darkness: float, local: float) -> NDArray[np.uint8]:
    """Return what is darker than that share of its surroundings' mean, 255, and what is not, 0, small gaps closed.

    Parameters
    ----------
    grey : NDArray[np.uint8]
        (H, W).
    darkness : float
        0..1.
    local : float
        Side of the surroundings, in heights of the picture.
    """
    import cv2

    side = round(local * grey.shape[0]) | 1
    # Whole levels below a share of the mean are those below that share rounded up: a table of 256 entries tells it.
    limits = np.ceil(darkness * np.arange(256)).astype(np.uint8)
    dark = cv2.compare(grey, cv2.LUT(cv2.blur(grey, (side, side)), limits), cv2.CMP_LT)
    return np.asarray(cv2.morphologyEx(dark, cv2.MORPH_CLOSE, np.ones((3, 3), dtype=np.uint8)), dtype=np.uint8)


def upright(x: float, y: float, width: float, height: float, angle_deg: float) -> NDArray[np.float64]:
    """Return the corners of a rectangle from the upper left clockwise; of its four angles that within 45 degrees."""
    turns = round(angle_deg / 90)
    if turns % 2:
        width, height = height, width
    angle = np.deg2rad(angle_deg - 90 * turns)
    right, down = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    return np.array([
        (x, y) + (i * width * right + j * height * down) / 2 for i, j in ((-1, -1), (1, -1), (1, 1), (-1, 1))
    ])  # fmt: skip


def _good(frames: Frames, shape: tuple[int, ...]) -> Frames:
    """Return the clear frames that are square and of one size."""
    sides = np.linalg.norm(np.roll(frames.corners, -1, axis=1) - frames.corners, axis=2)
    mean = sides.mean(axis=1, keepdims=True)
    square = frames.clear & (np.abs(sides - mean) < SQUARE / 2 * mean).all(axis=1)
    if square.any():
        typical = np.median(mean[square])
        square &= (np.abs(mean - typical) < ALIKE * typical)[:, 0]
    limits = np.array([shape[1], shape[0]])
    square &= ((frames.corners > -0.5) & (frames.corners < limits - 0.5)).all(axis=(1, 2))
    return Frames(frames.corners[square], frames.support[square], frames.softness[square])


@dataclass(frozen=True, eq=False)
class _Lattice:
    origin: NDArray[np.float64]
    right: NDArray[np.float64]  # from one label to the next in its row
    down: NDArray[np.float64]
    half: NDArray[np.float64]  # (4, 2) from a label's centre to its corners
    cells: NDArray[np.intp]  # (M, 2) row and column of each frame that stands in it
    frames: NDArray[np.intp]  # (M,) which frames these are


def _shape(corners: Quads) -> NDArray[np.float64]:
    """Return the shape that the labels of a field share, (4, 2) from its middle: a square, or how one is seen."""
    half = np.median(corners - corners.mean(axis=1, keepdims=True), axis=0)
    return (half - np.roll(half, 2, axis=0)) / 2  # opposite sides are alike


def _shaped(frames: Frames, shape: NDArray[np.float64]) -> tuple[Frames, NDArray[np.float64]]:
    """Return the frames that have the shape, their corners those of the shape, and by how much each missed it."""
    corners = fitted(shape, frames.corners)
    misses = np.linalg.norm(frames.corners - corners, axis=2).max(axis=1) / np.linalg.norm(shape[1] - shape[0])
    own = misses < STRAY
    return Frames(corners[own], frames.support[own], frames.softness[own]), misses[own]


def _lattice(
    corners: Quads, half: NDArray[np.float64], columns: int, rows: int, shape: tuple[int, ...]
) -> _Lattice | None:  # fmt: skip
    """Fit the array to the frames; None where they do not stand in one."""
    if not len(corners):
        return None
    centres = corners.mean(axis=1)
    across, along = half[1] - half[0], half[3] - half[0]
    basis = np.column_stack([across, along])  # one label's sides
    own = np.linalg.solve(basis, centres.T).T  # positions in units of a side
    apart = own[None] - own[:, None]
    pitch = _pitches(_pitch(apart[..., 0], apart[..., 1]), _pitch(apart[..., 1], apart[..., 0]))
    if pitch is None:
        return None
    steps = apart / pitch
    standing = (np.abs(steps - np.rint(steps)) < OFF).all(axis=2)  # seen from each frame, which others stand in line
    start = int(standing.sum(axis=1).argmax())
    kept = standing[start]
    if kept.sum() < 2:
        return None
    cells, centres = np.rint(steps[start][kept]).astype(np.intp), centres[kept]
    if len(np.unique(cells, axis=0)) < len(cells):
        return None
    design = np.column_stack([np.ones(len(cells)), cells])
    if np.linalg.matrix_rank(design) == 3:
        origin, right, down = np.linalg.lstsq(design, centres, rcond=None)[0]
    else:
        right, down = across * pitch[0], along * pitch[1]
        origin = (centres - cells @ np.stack([right, down])).mean(axis=0)
    low, high = cells.min(axis=0), cells.max(axis=0)
    if (high - low >= (columns, rows)).any():
        return None
    middle = np.linalg.solve(np.column_stack([right, down]), np.array(shape[1::-1]) / 2 - 0.5 - origin)
    first = [_first(int(low[k]), int(high[k]), size, middle[k]) for k, size in enumerate((columns, rows))]
    origin = origin + first[0] * right + first[1] * down
    return _Lattice(origin, right, down, half, (cells - first)[:, ::-1], np.flatnonzero(kept))


def _pitch(apart: NDArray[np.float64], beside: NDArray[np.float64]) -> float | None:
    """Return how far labels stand from the next in their row (or column), in sides; None where no two share one."""
    following = np.where((np.abs(beside) < 0.3) & (apart > 0.9), apart, np.inf).min(axis=1)
    seen = following[np.isfinite(following)]
    return None if not len(seen) else float(np.median(seen))


def _pitches(across: float | None, along: float | None) -> NDArray[np.float64] | None:
    """Return both pitches; one that is unknown, or a multiple of the other because labels lack, becomes the other."""
    known = [pitch for pitch in (across, along) if pitch is not None]
    if not known:
        return None
    least = min(known)
    ratios = [(pitch or least) / least for pitch in (across, along)]
    return np.array([least * (ratio if abs(ratio - round(ratio)) > OFF else 1.0) for ratio in ratios])


def _first(low: int, high: int, size: int, middle: float) -> int:
    """Return the first of ``size`` cells that hold ``low`` to ``high``, the array's middle nearest to the field's."""
    return min(range(high - size + 1, low + 1), key=lambda first: abs(first + (size - 1) / 2 - middle))


def _places(
    grey: NDArray[np.uint8], frames: Frames, sure: NDArray[np.bool_], lattice: _Lattice, columns: int, rows: int
) -> tuple[Place, ...]:  # fmt: skip
    cells = [(row, column) for row in range(rows) for column in range(columns)]
    expected = np.stack(
        [lattice.origin + column * lattice.right + row * lattice.down + lattice.half for row, column in cells]
    )
    found: dict[tuple[int, int], tuple[NDArray[np.float64], float]] = {}
    for (row, column), k in zip(lattice.cells, lattice.frames, strict=True):
        if sure[k] and _near(frames.corners[k], expected[cells.index((row, column))]):
            found[int(row), int(column)] = frames.corners[k], float(frames.softness[k])
    # What was not seen, not well enough or not where the array has it, is looked for from where it should be: there,
    # the edges of what lies beside a frame, such as a scratch along it, are no longer mistaken for the frame's.
    rest = [number for number, cell in enumerate(cells) if cell not in found]
    again = refine(grey, expected[rest], stray=STRAY)
    fits = fitted(lattice.half, again.corners)
    shown = np.asarray((again.support >= SHOWN).all(axis=1))
    limits = np.array([grey.shape[1], grey.shape[0]])
    for k, number in enumerate(rest):
        inside = ((fits[k] > -0.5) & (fits[k] < limits - 0.5)).all()
        if shown[k] and inside and _near(fits[k], expected[number]):
            found[cells[number]] = fits[k], float(again.softness[k])
    return _merged(
        tuple(_place(cell, found.get(cell), quad, limits) for cell, quad in zip(cells, expected, strict=True))
    )


def _near(corners: NDArray[np.float64], expected: NDArray[np.float64]) -> bool:
    side = float(np.linalg.norm(expected[1] - expected[0]))
    return float(np.linalg.norm(corners - expected, axis=1).max()) < STRAY * side


def _place(
    cell: tuple[int, int], found: tuple[NDArray[np.float64], float] | None, expected: NDArray[np.float64],
    limits: NDArray[np.intp],
) -> Place:  # fmt: skip
    if found is None:
        outside = ((expected < -0.5) | (expected > limits - 0.5)).any()
        return Place(*cell, LabelState.CUT_OFF if outside else LabelState.MISSING)
    corners, softness = found
    side = float(np.linalg.norm(corners[1] - corners[0]))
    return Place(*cell, LabelState.BLURRED if softness > BLURRED * side else LabelState.FOUND, corners)


def _judged(grey: NDArray[np.uint8], places: tuple[Place, ...], judge: Judging) -> tuple[Place, ...]:
    """Mark what is framed like a label and is none."""
    found = [number for number, place in enumerate(places) if place.state is LabelState.FOUND]
    quads = np.array([places[number].corners for number in found]).reshape(-1, 4, 2)
    refused = {number for number, label in zip(found, judge(grey, quads), strict=True) if not label}
    return tuple(
        replace(place, state=LabelState.NO_LABEL) if number in refused else place for number, place in enumerate(places)
    )


def _merged(places: tuple[Place, ...]) -> tuple[Place, ...]:
    """Mark neighbours whose frames touch: where one ends and the other begins cannot be seen."""
    touching: set[int] = set()
    for number, place in enumerate(places):
        for other in range(number):
            if place.corners is not None and places[other].corners is not None and _touch(place, places[other]):
                touching |= {number, other}
    return tuple(
        Place(place.row, place.column, LabelState.MERGED) if number in touching else place
        for number, place in enumerate(places)
    )


def _touch(first: Place, second: Place) -> bool:
    import cv2

    assert first.corners is not None and second.corners is not None
    area, _ = cv2.intersectConvexConvex(first.corners.astype(np.float32), second.corners.astype(np.float32))
    return area > 0
