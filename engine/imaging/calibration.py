"""Scale from a calibration target: a chessboard or a grid of square meshes of known pitch, printed or etched.

Corners of a chessboard are saddles of brightness, crossings of lines are its peaks or pits; both are found by the
Hessian's smaller eigenvalue, refined to parts of a pixel, numbered from neighbour to neighbour and fitted by an affine
lattice. What a lattice point, an edge and a mesh must look like is checked afterwards, for the middles of a grid's
edges also form a square lattice, of another pitch.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, cast

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from engine.core.case import Scale, ScaleSource
from engine.core.errors import ImagingError, InputError
from engine.core.method import Context, Pixels
from engine.core.records import Record
from engine.imaging.scale import UM_PER_PX_RANGE
from engine.imaging.tiles import check_pixels

Points = NDArray[np.float64]
Image = NDArray[np.float32]

MAX_CALIBRATION_PIXELS = 120_000_000
# Certified targets state a few tenths of a micrometre over millimetres; 0.1 % leaves room for a good print.
PITCH_UNCERTAINTY = 0.001
SIGMA = 1.5
MIN_SIDE = 48
MIN_POINTS = 16
MAX_CANDIDATES = 20_000
SEEDS = 12
NEIGHBOUR_TOLERANCE = 0.2
MIN_COMPLETENESS = 0.75
MAX_RESIDUAL = 0.04
MAX_SHEAR = 0.02
MAX_ASPECT = 1.25
MIN_AGREEMENT = 0.8
REMEDY = "Capture a chessboard or line grid of square meshes, sharp, filling most of the image, at least 4 x 4 meshes."


class TargetKind(StrEnum):
    """What the target looks like."""

    CHESSBOARD = "chessboard"
    LINE_GRID = "line grid"


class Calibration(Record):
    """The scale and how well it is supported.

    points : lattice points used; residual_px : their root mean square distance from the lattice, in pixels;
    pitch_px : distance of neighbouring lattice points, in pixels; angle_deg : direction of the lattice's first axis,
    x towards y, in degrees.
    """

    scale: Scale
    kind: TargetKind
    points: Annotated[int, Field(ge=MIN_POINTS)]
    residual_px: float
    pitch_px: float
    angle_deg: float


@dataclass(frozen=True)
class _Lattice:
    """Numbered points (N, 2) with whole indices (N, 2), and the affine map: pixel = origin + index @ basis."""

    indices: Points
    points: Points
    origin: Points
    basis: Points

    @property
    def pitch(self) -> float:
        return math.sqrt(abs(float(np.linalg.det(self.basis))))

    @property
    def residuals(self) -> Points:
        return self.points - self.origin - self.indices @ self.basis


def calibrate(
    pixels: Pixels, *, pitch_um: float, pitch_relative_uncertainty: float = PITCH_UNCERTAINTY, context: Context
) -> Calibration:
    """Measure micrometres per pixel along x and y on the image of a target.

    Parameters
    ----------
    pixels : (H, W) or (H, W, 3), uint8 or uint16
        A chessboard or a grid of lines, dark on light or light on dark, at any angle, at least 8 pixels a mesh.
    pitch_um : float
        Side of a chessboard's square, or distance of neighbouring lines, in micrometres.
    pitch_relative_uncertainty : float
        Relative standard uncertainty of that pitch.
    context : Context
        Asked for cancel.

    Returns
    -------
    Calibration
        The relative uncertainty joins that of the pitch, that of the fit, and the scatter of the scale between the
        quarters of the image, which shows perspective and distortion.

    Raises
    ------
    ImagingError
        No target is found, or it is not seen squarely.
    InputError
        The pitch is not a number above 0.
    """
    if not (math.isfinite(pitch_um) and pitch_um > 0 and 0 <= pitch_relative_uncertainty < 1):
        raise InputError("A pitch is a number above 0", remedy="Enter the target's pitch in micrometres.")
    check_pixels(pixels)
    if pixels.shape[0] * pixels.shape[1] > MAX_CALIBRATION_PIXELS:
        raise ImagingError("The image is too large to look for a target", remedy="Cut out the target.")
    grey = _grey(pixels)
    for kind, candidates in _candidates(grey):
        context.check_cancelled()
        lattice = _grow(candidates)
        lattice = None if lattice is None else _refine(grey, lattice)
        if lattice is not None and _looks_like(grey, lattice, kind):
            return _calibration(lattice, kind, pitch_um, pitch_relative_uncertainty)
    raise ImagingError("No calibration target is found in the image", remedy=REMEDY)


def _grey(pixels: Pixels) -> Image:
    import cv2

    grey = pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    return cast("Image", grey.astype(np.float32) / np.iinfo(pixels.dtype).max)


def _candidates(grey: Image) -> Iterator[tuple[TargetKind, Points]]:
    """Yield possible lattice points (N, 2) as (x, y), strongest first: fine detail first, then ever coarser."""
    import cv2

    for factor in (1, 2, 4, 8, 16):
        size = (grey.shape[1] // factor, grey.shape[0] // factor)
        if min(size) < MIN_SIDE:
            return
        small = cv2.resize(grey[: size[1] * factor, : size[0] * factor], size, interpolation=cv2.INTER_AREA)
        for kind, response in _responses(cast("Image", small)):
            peaks = _peaks(response)
            if len(peaks) >= MIN_POINTS:
                yield kind, (peaks + 0.5) * factor - 0.5


def _responses(grey: Image) -> Iterator[tuple[TargetKind, Image]]:
    """Yield the smaller absolute eigenvalue of the Hessian: of saddles, of pits, of peaks."""
    import cv2

    smooth = cv2.GaussianBlur(grey, (0, 0), SIGMA)
    xx, yy = (cv2.Sobel(smooth, cv2.CV_32F, *order, ksize=3, scale=0.25) for order in ((2, 0), (0, 2)))
    xy = cv2.Sobel(smooth, cv2.CV_32F, 1, 1, ksize=3, scale=0.25)
    middle, spread = (xx + yy) / 2, np.sqrt(((xx - yy) / 2) ** 2 + xy**2)
    low, high = middle - spread, middle + spread
    yield TargetKind.CHESSBOARD, cast("Image", np.minimum(-low, high).clip(0))
    yield TargetKind.LINE_GRID, cast("Image", low.clip(0))
    yield TargetKind.LINE_GRID, cast("Image", (-high).clip(0))


def _peaks(response: Image) -> Points:
    import cv2

    edge = math.ceil(2 * SIGMA)
    highest = cv2.dilate(response, np.ones((2 * edge + 1, 2 * edge + 1), np.uint8))
    inner = np.zeros(response.shape, bool)
    inner[edge:-edge, edge:-edge] = True
    y, x = np.nonzero((response == highest) & (response > 0) & inner)
    strength = response[y, x]
    order = np.argsort(-strength, kind="stable")[:MAX_CANDIDATES]
    if len(order) < MIN_POINTS:
        return np.zeros((0, 2))
    # The lattice has at least 16 points, so the 16th is one unless dirt is stronger.
    order = order[strength[order] > 0.3 * strength[order[MIN_POINTS - 1]]]
    return np.stack([x[order], y[order]], axis=1).astype(np.float64)


def _grow(points: Points) -> _Lattice | None:
    """Return the largest lattice that grows from a few seeds, numbered from neighbour to neighbour."""
    from scipy.spatial import KDTree

    tree = KDTree(points)
    middle = np.argsort(((points - np.median(points, axis=0)) ** 2).sum(axis=1), kind="stable")
    seeds = middle[:: max(len(points) // (2 * SEEDS), 1)][:SEEDS]
    best: dict[int, tuple[int, int]] = {}
    for seed in seeds:
        if int(seed) in best:
            continue  # would grow the same lattice again
        basis = _basis(points, tree, int(seed))
        if basis is not None:
            grown = _numbered(points, tree, int(seed), basis)
            best = grown if len(grown) > len(best) else best
    if len(best) < MIN_POINTS:
        return None
    indices = np.array(list(best.values()), dtype=np.float64)
    return _fit(indices, points[list(best)])


def _basis(points: Points, tree: Any, seed: int) -> Points | None:
    """Return two vectors to near neighbours that are about equally long and square to one another."""
    _, near = tree.query(points[seed], k=min(9, len(points)))
    vectors = points[near[1:]] - points[seed]
    first = vectors[0]
    square = np.array([-first[1], first[0]])
    miss = np.minimum(np.hypot(*(vectors - square).T), np.hypot(*(vectors + square).T))
    second = vectors[int(np.argmin(miss))]
    if miss.min() > 0.25 * math.hypot(*first):
        return None
    if first[0] * second[1] - first[1] * second[0] < 0:
        second = -second
    return np.stack([first, second])


def _numbered(points: Points, tree: Any, seed: int, basis: Points) -> dict[int, tuple[int, int]]:
    """Return point number -> lattice index of all that are reached from the seed."""
    numbered = {seed: (0, 0)}
    taken = {(0, 0): seed}
    queue = [seed]
    tolerance = NEIGHBOUR_TOLERANCE * float(np.hypot(*basis.T).min())
    steps = ((1, 0), (-1, 0), (0, 1), (0, -1))
    for point in queue:
        i, j = numbered[point]
        wanted = [(step, (i + step[0], j + step[1])) for step in steps if (i + step[0], j + step[1]) not in taken]
        if not wanted:
            continue
        distances, found = tree.query(points[point] + np.array([step for step, _ in wanted]) @ basis)
        for (_, index), distance, other in zip(wanted, distances, found.tolist(), strict=True):
            if distance <= tolerance and other not in numbered:
                numbered[other] = index
                taken[index] = other
                queue.append(other)
    return numbered


def _fit(indices: Points, points: Points) -> _Lattice:
    design = np.column_stack([np.ones(len(indices)), indices])
    solution = np.linalg.lstsq(design, points, rcond=None)[0].astype(np.float64)
    return _Lattice(indices, points, solution[0], solution[1:])


def _stationary(grey: Image, points: Points, sigma: float) -> Points:
    """Move points to where the blurred image is stationary, by Newton's steps; NaN where there is no such place near.

    Corners and crossings are centres of symmetry, so blur, line width and brightness do not displace that place.
    """
    import cv2

    smooth = cv2.GaussianBlur(grey, (0, 0), sigma)
    orders = ((1, 0), (0, 1), (2, 0), (1, 1), (0, 2))
    # Sobel's kernels of 3 are 1 2 1 across (4) and -1 0 1 (2) or 1 -2 1 (1) along.
    maps = [cv2.Sobel(smooth, cv2.CV_32F, *order, ksize=3, scale=(0.125, 0.25)[sum(order) - 1]) for order in orders]
    moved = points.copy()
    for _ in range(6):
        places = moved.astype(np.float32)
        x, y, xx, xy, yy = (
            cv2.remap(m, places[:, :1], places[:, 1:], cv2.INTER_LINEAR)[:, 0].astype(np.float64) for m in maps
        )
        determinant = xx * yy - xy * xy
        with np.errstate(divide="ignore", invalid="ignore"):
            step = np.stack([yy * x - xy * y, xx * y - xy * x], axis=1) / determinant[:, None]
        step = np.nan_to_num(step, nan=0.0, posinf=0.0, neginf=0.0)
        moved -= step * np.minimum(1, sigma / np.maximum(np.hypot(*step.T), 1e-9))[:, None]
    margin = 2 * sigma
    inside = ((moved >= margin) & (moved <= np.array([grey.shape[1], grey.shape[0]]) - 1 - margin)).all(axis=1)
    near = np.hypot(*(moved - points).T) <= 2 * sigma
    return np.where((inside & near)[:, None], moved, np.nan)


def _refine(grey: Image, lattice: _Lattice) -> _Lattice | None:
    """Move the points to parts of a pixel, drop those off the lattice, and return it where it holds."""
    moved = _stationary(grey, lattice.points, max(0.15 * lattice.pitch, 1.0))
    keep = np.isfinite(moved).all(axis=1)
    lattice = _Lattice(lattice.indices, moved, lattice.origin, lattice.basis)
    enough = max(MIN_POINTS, 0.7 * keep.sum())
    for _ in range(4):
        if keep.sum() < enough:
            return None
        lattice = _fit(lattice.indices[keep], lattice.points[keep])
        distance = np.hypot(*lattice.residuals.T)
        keep = distance <= max(4 * float(np.median(distance)), 0.05)
    return lattice if _holds(lattice) else None


def _holds(lattice: _Lattice) -> bool:
    """Whether the lattice is complete, narrow, square and of the same pitch along both axes."""
    import cv2

    hull = cv2.convexHull(lattice.indices.astype(np.float32))
    # Pick's theorem: lattice points of a polygon = area + half its boundary + 1.
    expected = cv2.contourArea(hull) + cv2.arcLength(hull, True) / 2 + 1
    span = np.ptp(lattice.indices, axis=0)
    scatter = float(np.sqrt((lattice.residuals**2).sum(axis=1).mean()))
    scales = 1 / _per_pixel(lattice.basis)
    turn = lattice.basis / scales  # a rotation where the meshes are square
    return bool(
        len(lattice.points) >= MIN_COMPLETENESS * expected
        and span.min() >= 3
        and scatter <= MAX_RESIDUAL * lattice.pitch
        and abs(float(turn[0] @ turn[1])) <= MAX_SHEAR
        and scales.max() <= MAX_ASPECT * scales.min()
    )


def _looks_like(grey: Image, lattice: _Lattice, kind: TargetKind) -> bool:
    """Whether points, edges and meshes have the brightness that the kind of target has there."""
    import cv2

    smooth = cv2.GaussianBlur(grey, (0, 0), max(0.05 * lattice.pitch, 0.5))

    def brightness(shift_i: float, shift_j: float) -> Points:
        places = (lattice.origin + (lattice.indices + np.array([shift_i, shift_j])) @ lattice.basis).astype(np.float32)
        sampled = cv2.remap(
            smooth,
            places[:, :1],
            places[:, 1:],
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=(np.nan,),
        )
        return sampled[:, 0].astype(np.float64)

    mesh, edges = brightness(0.5, 0.5), (brightness(0.5, 0), brightness(0, 0.5))
    edge = np.concatenate(edges)
    inside = np.isfinite(mesh)
    if inside.sum() < MIN_POINTS // 2:
        return False
    if kind is TargetKind.CHESSBOARD:
        odd = lattice.indices.sum(axis=1) % 2 == 1
        first, second = float(np.median(mesh[inside & odd])), float(np.median(mesh[inside & ~odd]))
        middle, contrast = (first + second) / 2, abs(first - second)
        right = np.where(odd, mesh - middle, middle - mesh)[inside] * math.copysign(1, first - second) > 0.25 * contrast
        on_edge = abs(edge[np.isfinite(edge)] - middle) < 0.3 * contrast
    else:
        line, ground = float(np.median(brightness(0, 0))), float(np.median(mesh[inside]))
        contrast = abs(line - ground)
        # Nearer to the mesh all is ground; between dots or squares, which also form a lattice, it would be half-way.
        quarters = np.concatenate([brightness(i, j) for i in (0.25, 0.75) for j in (0.25, 0.75)])
        right = abs(quarters[np.isfinite(quarters)] - ground) < 0.3 * contrast
        on_edge = abs(edge[np.isfinite(edge)] - line) < 0.6 * contrast
    return bool(contrast > 0.02 and right.mean() >= MIN_AGREEMENT and on_edge.mean() >= MIN_AGREEMENT)


def _per_pixel(basis: Points) -> Points:
    """Return meshes per pixel along x and y.

    The lattice is a turned square seen at two scales: basis = R diag(sx, sy) with sx, sy in pixels per mesh, so the
    column norms of the basis are sx and sy whatever the angle.
    """
    return 1.0 / np.hypot(basis[0], basis[1])


def _calibration(lattice: _Lattice, kind: TargetKind, pitch_um: float, pitch_uncertainty: float) -> Calibration:
    um_per_px = pitch_um * _per_pixel(lattice.basis)
    low, high = UM_PER_PX_RANGE
    if not (low <= um_per_px.min() and um_per_px.max() <= high):
        raise ImagingError("The pitch and the image give no physical scale", remedy="Check the target's pitch.")
    residual = float(np.sqrt((lattice.residuals**2).sum(axis=1).mean()))
    uncertainty = math.sqrt(pitch_uncertainty**2 + _fit_uncertainty(lattice) ** 2 + _scatter_of_quarters(lattice) ** 2)
    scale = Scale(
        um_per_px_x=float(um_per_px[0]),
        um_per_px_y=float(um_per_px[1]),
        source=ScaleSource.CALIBRATION_TARGET,
        relative_uncertainty=min(uncertainty, 0.99),
    )
    angle = math.degrees(math.atan2(lattice.basis[0, 1], lattice.basis[0, 0]))
    return Calibration(
        scale=scale,
        kind=kind,
        points=len(lattice.points),
        residual_px=residual,
        pitch_px=lattice.pitch,
        angle_deg=(angle + 45) % 90 - 45,  # a square lattice looks the same after a quarter turn
    )


def _fit_uncertainty(lattice: _Lattice) -> float:
    """Return the relative standard uncertainty of the pitch from the scatter of the points."""
    design = np.column_stack([np.ones(len(lattice.indices)), lattice.indices])
    variance = float((lattice.residuals**2).sum()) / (2 * len(lattice.points) - 6)
    covariance = np.linalg.inv(design.T @ design) * variance
    return float(np.sqrt(covariance[1:, 1:].diagonal().max())) / lattice.pitch


def _scatter_of_quarters(lattice: _Lattice) -> float:
    """Return the relative standard deviation of the scale between the quarters of the image; 0 for few points."""
    right, below = (lattice.points > np.median(lattice.points, axis=0)).T
    whole = _per_pixel(lattice.basis)
    quarters = (right & below, right & ~below, ~right & below, ~right & ~below)
    ratios = [
        _per_pixel(_fit(lattice.indices[part], lattice.points[part]).basis) / whole
        for part in quarters
        if part.sum() >= MIN_POINTS and np.ptp(lattice.indices[part], axis=0).min() >= 2
    ]
    return float(np.std(ratios, axis=0, ddof=1).max()) if len(ratios) >= 3 else 0.0
