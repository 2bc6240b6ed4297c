"""Fitting the transform of one placement from coarse to fine, and measuring it where no fit has looked.

Three kinds of blocks lie interleaved over the reference. Half of them carry the fit, a quarter choose between
families of transforms, and a quarter are held out: they only measure. Points are found block by block by local
correlation, so a point's place owes nothing to the fit.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.core.method import Context
from engine.core.pixels import TransformKind, apply_matrix
from engine.imaging import registration_check as check
from engine.imaging import registration_levels as levels
from engine.imaging.refine import Array, correlation_under, refine, sample_points

POINTS = 10_000  # pixels that take part in a fit by intensity
ALIGNMENTS = 2  # refinements on the common frame, fewer where one moves nothing
STILL = 0.005  # pixels of the fine level
FEWEST_CHOOSING = 6  # points needed before a richer family is considered
GAIN = 0.9  # a richer family must foretell the choosing points this much better
FEWEST_THROUGH = 20  # points from which a fit through points is to be trusted more than one by intensity
BENT = 0.5  # median distance of the points, in pixels of the fine level, below which nothing pulls the fit
EXACT = 0.1  # pixels of the fine level: a family that foretells so well needs no richer one
FIELD_GAIN = 0.8  # and a displacement field this much
FIELD_SMOOTHING = 1.0  # of the thin-plate spline, in squared pixels of the fine level


@dataclass(frozen=True)
class Field:
    """A smooth displacement beyond the plane transform: a thin-plate spline through points of the reference.

    ``nodes`` (N, 2) reference capture pixels, ``shifts`` (N, 2) in moving capture pixels.
    """

    nodes: Array
    shifts: Array
    smoothing: float

    def __call__(self, points: Array) -> Array:
        """Return the (M, 2) displacement, in moving pixels, at (M, 2) reference pixels."""
        from scipy.interpolate import RBFInterpolator

        spline = RBFInterpolator(self.nodes, self.shifts, smoothing=self.smoothing, kernel="thin_plate_spline")
        return np.asarray(spline(points), dtype=np.float64)


@dataclass(frozen=True)
class Fit:
    """A fitted transform, reference to moving capture pixels, and the local points that test it.

    ``reference`` and ``moving`` (N, 2) are the points in capture pixels; ``residual`` (N,) the distance left in
    pixels of the coarser capture, after the field where there is one; ``plane`` (N,) without it; ``role`` (N,) as in
    ``registration_check``; ``local`` (N,) the points' own correlation; ``clear`` (N,) whether a true peak was found.
    """

    kind: TransformKind
    matrix: Array
    field: Field | None
    correlation: float
    overlap: float
    reference: Array
    moving: Array
    plane: Array
    residual: Array
    role: NDArray[np.int_]
    local: Array
    clear: NDArray[np.bool_]

    def agree(self, tolerance: float, correlation: float) -> NDArray[np.bool_]:
        """Return which points lie within the tolerance and reach the correlation."""
        return self.clear & (self.residual <= tolerance) & (self.local >= correlation)


def fit(pair: levels.Pair, matrix: Array, kinds: list[TransformKind], context: Context) -> Fit:
    """Refine a placement (reference to moving pixels) with the family that foretells the choosing points best."""
    for size in pair.sizes[1:-1] or pair.sizes[:1]:
        context.check_cancelled()
        at = levels.level(pair, size, matrix)
        kind = kinds[-1] if kinds[-1] is TransformKind.SIMILARITY else TransformKind.AFFINE
        grid = check.Grid.over(at.reference.shape)
        matrix = at.up(_fit_kind(at, at.down(matrix), kind, grid, (check.CARRIES, check.CHOOSES))[0])
    finest = levels.level(pair, pair.sizes[-1], matrix)
    grid = check.Grid.over(finest.reference.shape)
    start = finest.down(matrix)
    chosen, best = kinds[0], np.inf
    if len(kinds) > 1:
        for kind in kinds:
            context.check_cancelled()
            start, local = _fit_kind(finest, start, kind, grid, (check.CARRIES,))
            error = _foretold(start, local)
            if error < GAIN * best:
                chosen, best = kind, error
            if best < EXACT:
                break
    found, local = _fit_kind(finest, start, chosen, grid, (check.CARRIES, check.CHOOSES))
    return _measured(pair, finest, found, chosen, local)


def _foretold(matrix: Array, local: check.LocalPoints) -> float:
    """Return the root mean square error at the choosing points, infinite where too few have a clear peak."""
    use = (local.role == check.CHOOSES) & ~local.edge
    if use.sum() < FEWEST_CHOOSING:
        return np.inf
    return float(np.sqrt(np.mean(_distance(matrix, local)[use] ** 2)))


def _distance(matrix: Array, local: check.LocalPoints) -> Array:
    return np.hypot(*(apply_matrix(matrix, local.position) - local.target).T)


def _fit_kind(
    at: levels.Level, start: Array, kind: TransformKind, grid: check.Grid, roles: tuple[int, ...]
) -> tuple[Array, check.LocalPoints]:
    """Fit one family at the fine level from blocks of the given roles: by intensity, then by points where better.

    Captures that are bent (a scanner's uneven carriage) pull the fit by intensity into a corner where some of the
    structure matches exactly; the fit through all points is then clearly better on the same blocks, and is taken.
    """
    points = sample_points(at.reference, POINTS, grid.mask(roles))
    if kind is TransformKind.SIMILARITY:
        start = nearest_similarity(start, at.reference.shape)
    first = refine(at.reference, at.moving, start, kind, points, still=0.02)
    worse = first.correlation < correlation_under(at.reference, at.moving, start, points)[0]
    found = start if worse else first.matrix
    for _ in range(ALIGNMENTS):
        # With the moving capture warped, what is left to find is nearly nothing, and nothing when it is found.
        moved, trusted = at.aligned(found)
        near = points[trusted[points[:, 1].astype(int), points[:, 0].astype(int)]]
        step = refine(at.reference, moved, np.eye(3), kind, near if len(near) > 500 else points).matrix
        found = found @ step
        if np.abs(apply_matrix(step, points[::100]) - points[::100]).max(initial=0.0) < STILL:
            break
    for _ in range(2):
        local = check.local_points(at.reference, at.moving, found, grid)
        use = np.isin(local.role, roles) & ~local.edge & (local.correlation > 0.3)
        through = through_points(local.position[use], local.target[use], kind)
        if through is None or use.sum() < FEWEST_THROUGH:
            return found, local
        before, after = (float(np.median(_distance(matrix, local)[use])) for matrix in (found, through))
        if after > 0.75 * before or before < BENT:
            return found, local
        found = through
    return found, check.local_points(at.reference, at.moving, found, grid)


def nearest_similarity(matrix: Array, shape: tuple[int, ...]) -> Array:
    """Return the similarity nearest to a transform over an image of that shape."""
    height, width = shape[:2]
    corners = np.array([[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]], dtype=np.float64)
    fitted = through_points(corners, apply_matrix(matrix, corners), TransformKind.SIMILARITY, robust=False)
    assert fitted is not None  # four corners always suffice
    return fitted


def through_points(source: Array, target: Array, kind: TransformKind, *, robust: bool = True) -> Array | None:
    """Return the least-squares (3, 3) transform through points; None where they are too few or in a line.

    Robust: twice more without the points beyond three robust standard deviations.
    """
    use = np.ones(len(source), dtype=bool)
    matrix: Array | None = None
    for _ in range(3 if robust else 1):
        if use.sum() < 4 or check.spread(source[use], 1.0) < 1e-6:
            return None
        matrix = _least_squares(source[use], target[use], kind)
        if matrix is None:
            return None
        error = np.hypot(*(apply_matrix(matrix, source) - target).T)
        use = error <= 3 * 1.4826 * float(np.median(error)) + 1e-6
    return matrix


def _least_squares(source: Array, target: Array, kind: TransformKind) -> Array | None:
    if kind is TransformKind.HOMOGRAPHY:
        found, _ = cv2.findHomography(source, target, 0)
        return None if found is None else np.asarray(found, dtype=np.float64)
    x, y = source.T
    one, zero = np.ones_like(x), np.zeros_like(x)
    matrix = np.eye(3)
    if kind is TransformKind.SIMILARITY:
        rows = np.vstack([np.stack([x, -y, one, zero], 1), np.stack([y, x, zero, one], 1)])
        a, b, tx, ty = np.linalg.lstsq(rows, target.T.ravel(), rcond=None)[0]
        matrix[:2] = [[a, -b, tx], [b, a, ty]]
    else:
        matrix[:2] = np.linalg.lstsq(np.stack([x, y, one], 1), target, rcond=None)[0].T
    return matrix


def _measured(pair: levels.Pair, at: levels.Level, found: Array, kind: TransformKind, local: check.LocalPoints) -> Fit:
    """Express the fit and its points in capture pixels, and add the displacement field where it foretells better."""
    matrix = at.up(found)
    everywhere = sample_points(at.reference, POINTS)
    correlation, overlap = correlation_under(at.reference, at.moving, found, everywhere)
    reference = apply_matrix(np.linalg.inv(at.from_reference), local.position)
    moving = apply_matrix(np.linalg.inv(at.from_moving), local.target)
    left = moving - apply_matrix(matrix, reference)
    plane = np.hypot(*left.T) / max(1.0, pair.ratio)
    whole = Fit(
        kind, matrix, None, correlation, overlap, reference, moving, plane, plane,
        local.role, local.correlation, ~local.edge,
    )  # fmt: skip
    field = _field(whole, left)
    if field is None:
        return whole
    residual = np.hypot(*(left - field(reference)).T) / max(1.0, pair.ratio)
    return replace(whole, field=field, residual=residual)


def _field(whole: Fit, left: Array) -> Field | None:
    """Return the displacement field, None unless the carrying points alone foretell the choosing ones better by it."""
    sound = whole.clear & (whole.local > 0.5)
    carry, choose = (sound & (whole.role == role) for role in (check.CARRIES, check.CHOOSES))
    if carry.sum() < 24 or choose.sum() < 2 * FEWEST_CHOOSING:
        return None
    trial = Field(whole.reference[carry], left[carry], FIELD_SMOOTHING)
    without = float(np.median(np.hypot(*left[choose].T)))
    with_it = float(np.median(np.hypot(*(left[choose] - trial(whole.reference[choose])).T)))
    if with_it > FIELD_GAIN * without:
        return None
    both = carry | choose
    return Field(whole.reference[both], left[both], FIELD_SMOOTHING)
