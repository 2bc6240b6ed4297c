"""Registration of two captures that differ in scale, rotation, illumination and extent, with its evidence.

Registration is not identity: it says where two captures show the same structure, never that two items are one.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

import numpy as np
from pydantic import Field

from engine.core.finding import Correspondence
from engine.core.method import Context, Pixels
from engine.core.pixels import Transform, TransformKind, apply_matrix
from engine.core.records import Record
from engine.imaging import registration_check as check
from engine.imaging import registration_levels as levels
from engine.imaging import registration_search as searching
from engine.imaging.identity_shared import shared_structure
from engine.imaging.keypoints import hypotheses, match
from engine.imaging.refine import Array, Refined, correlation_under, light, refine, sample_points
from engine.imaging.registration_fit import Fit, fit

KEYPOINT_SIDE = 640  # longer side of a capture where its keypoints are found, in pixels
CANDIDATES = 8  # placements of the search that are refined and compared
POINTS = 4_000  # pixels that take part where placements are compared
LEAST_PROMISE = 0.3  # correlation from which a placement is worth an affine refinement
DISTINCT = 0.04  # placements whose corners differ by less of the reference's extent are one
FEWEST_POINTS = 6  # textured blocks without which nothing can be said
FEWEST_UNSHARED = 4  # of them outside the structure that a symbology shares
FEWEST_CLEAR = 2  # where there are fewer, that many must all agree
CLEAR_MARGIN = 3.0  # times the least margin that is asked where there are fewer
LEAST_SPREAD = 0.5  # of the agreeing points along their narrower direction, relative to the shorter side


class Outcome(StrEnum):
    """What a registration ended in."""

    REGISTERED = "registered"
    AMBIGUOUS = "ambiguous"
    NOT_REGISTRABLE = "not registrable"


class RegistrationSettings(Record):
    """Options of a registration; the defaults are for prints and labels under scanner and microscope.

    family : transforms tried; ``automatic`` takes a richer family only where it foretells points better that no
        fit has seen.
    scale_tolerance : largest relative difference between the found scale and the one that the captures' scales say.
    least_agreement : share of the textured blocks whose own best place lies within ``tolerance_px``, 0..1; asked of
        all of them, and again of those outside the structure that a symbology shares.
    least_correlation : local correlation that such a block must reach, -1..1.
    least_margin : difference of Fisher's z between the best and the second-best placement; below it: ambiguous.
    least_overlap : share of the capture of smaller extent that must lie on the other, 0..1.
    tolerance_px : distance, in pixels of the coarser capture, within which a block agrees.
    largest_anisotropy : largest ratio of the stretches along two directions.
    """

    family: Literal["automatic", "similarity", "affine", "homography"] = "automatic"
    scale_tolerance: float = Field(default=0.06, gt=0, le=0.5)
    least_agreement: float = Field(default=0.75, ge=0, le=1)
    least_correlation: float = Field(default=0.6, ge=0, le=1)
    least_margin: float = Field(default=0.15, ge=0)
    least_overlap: float = Field(default=0.3, gt=0, le=1)
    tolerance_px: float = Field(default=1.5, gt=0)
    largest_anisotropy: float = Field(default=1.1, ge=1)


@dataclass(frozen=True)
class Registration:
    """How two captures lie on each other, and what speaks for it.

    ``transform`` takes questioned to known pixels; it is None unless the outcome is *registered*. ``best`` is the best
    placement found whatever the outcome, for showing why it was refused. The residual is the root mean square, in
    known pixels, at the points held out of the fit that agree; ``evidence`` says what share of them does, and holds
    further plain figures by name. ``bent`` says that residuals are after a smooth displacement field, which foretold
    unseen points clearly better than a plane transform alone.
    """

    outcome: Outcome
    reason: str
    transform: Transform | None = None
    best: Transform | None = None
    correspondences: tuple[Correspondence, ...] = ()
    residual_px: float | None = None
    residual_um: float | None = None
    bent: bool = False
    evidence: dict[str, float] = field(default_factory=dict)


def register(
    questioned: Pixels,
    known: Pixels,
    *,
    um_per_px: tuple[float, float] | None = None,
    settings: RegistrationSettings | None = None,
    context: Context,
) -> Registration:
    """Find the transform from the questioned to the known capture, or say why there is none.

    Parameters
    ----------
    questioned, known : (H, W) or (H, W, 3), uint8 or uint16
        Whole captures.
    um_per_px : (questioned, known) or None
        Physical scales where *both* are known; then no other ratio of scales is believed.
    settings : RegistrationSettings
        The defaults where omitted.
    context : Context
        Progress and cancel.

    Returns
    -------
    Registration
        Deterministic: the same pixels, scales and settings give the same answer.
    """
    settings = settings or RegistrationSettings()
    prior = um_per_px[0] / um_per_px[1] if um_per_px else None  # known pixels per questioned pixel
    context.progress(0, 4, "Looking for corresponding points")
    starts = _keypoint_starts(questioned, known, prior, settings)
    ratio = (
        prior if prior is not None else (check.geometry(starts[0].matrix, np.zeros((1, 2))).scale if starts else None)
    )
    if ratio is None:
        return Registration(Outcome.NOT_REGISTRABLE, "The scales are not both known and no points correspond.")
    swapped = _extent(known) < _extent(questioned) * ratio
    pair = levels.Pair(known, questioned, 1 / ratio) if swapped else levels.Pair(questioned, known, ratio)
    context.progress(1, 4, "Searching all placements")
    matrices = [_inverse(start.matrix) if swapped else start.matrix for start in starts]
    matrices += _searched(pair, context)
    context.progress(2, 4, "Comparing placements")
    ranked = _ranked(pair, matrices, settings, context)
    if not ranked:
        return Registration(Outcome.NOT_REGISTRABLE, "No placement keeps the captures' scale and shape.")
    context.progress(3, 4, "Refining")
    fitted = fit(pair, ranked[0].matrix, _kinds(settings), context)
    evidence = _evidence(pair, ranked, fitted, starts, settings)
    outcome, reason = _judged(evidence, settings, _sane(fitted.matrix, pair, settings))
    return _assembled(pair, fitted, outcome, reason, evidence, swapped, settings, um_per_px)


def _kinds(settings: RegistrationSettings) -> list[TransformKind]:
    return list(TransformKind) if settings.family == "automatic" else [TransformKind(settings.family)]


def _inverse(matrix: Array) -> Array:
    return np.asarray(np.linalg.inv(matrix), dtype=np.float64)


def _extent(pixels: Pixels) -> float:
    height, width = pixels.shape[:2]
    return float(np.sqrt(height * width))


@dataclass(frozen=True)
class _Start:
    """A similarity from questioned to known pixels that keypoints propose, with its support."""

    matrix: Array
    inliers: int
    spread: float


def _keypoint_starts(
    questioned: Pixels, known: Pixels, prior: float | None, settings: RegistrationSettings
) -> list[_Start]:
    """Return the keypoint hypotheses whose geometry is sane, best supported first."""
    images, matrices = [], []
    finest = max(1.0, prior) if prior is not None else None  # the coarser capture's pixel, in known pixels
    for pixels, size in ((questioned, prior), (known, 1.0)):
        reduce = min(1.0, KEYPOINT_SIDE / max(pixels.shape[:2]))
        if finest is not None and size is not None:
            # Structure that the coarser capture cannot show only misleads: meet near its pixel size.
            reduce = min(reduce, 2.0 * size / finest)
        image, matrix = light(pixels, reduce)
        images.append(image)
        matrices.append(matrix)
    matches = match(images[0], images[1])
    starts = []
    for support in hypotheses(matches, 3.0, 3):
        matrix = np.linalg.inv(matrices[1]) @ support.matrix @ matrices[0]
        scale = check.geometry(matrix, np.zeros((1, 2))).scale
        if prior is not None and abs(scale / prior - 1) > settings.scale_tolerance:
            continue
        if not 1 / 64 <= scale <= 64:
            continue
        points = matches.first[support.inliers]
        other = matches.second[support.inliers]
        even = min(
            check.spread(points, min(images[0].shape)), check.spread(other, min(images[1].shape)) / min(scale, 1)
        )
        starts.append(_Start(matrix, len(support.inliers), even))
    return starts


def _searched(pair: levels.Pair, context: Context) -> list[Array]:
    """Return the placements that the rotation-complete search proposes, reference to moving pixels."""
    side = min(pair.reference.shape[:2]) * pair.ratio
    factor = min(searching.search_factor(side, max(pair.moving.shape[:2])), 1 / max(pair.ratio, 1.0))
    template = levels.prepare(pair.reference, factor * pair.ratio, 0.7, 5.0)
    image = levels.prepare(pair.moving, factor, 0.7, 5.0)
    placements = searching.search(template.image, image.image, CANDIDATES, context)
    return [_inverse(image.matrix) @ placement.matrix @ template.matrix for placement in placements]


def _ranked(
    pair: levels.Pair, matrices: list[Array], settings: RegistrationSettings, context: Context
) -> list[Refined]:
    """Refine every hypothesis at a coarse pixel size; return the distinct sane ones, best correlation first."""
    size = pair.sizes[0]
    reference = levels.prepare_reference(pair, size)
    points = sample_points(reference.image, POINTS)
    everywhere = _lattice(reference.image.shape, POINTS)
    tried: list[Refined] = []
    for matrix in matrices:
        context.check_cancelled()
        at = levels.level(pair, size, matrix, reference)
        start = at.down(matrix)
        found = refine(at.reference, at.moving, start, TransformKind.SIMILARITY, points, steps=15, still=0.02)
        if settings.family != "similarity" and found.correlation > LEAST_PROMISE:
            richer = refine(at.reference, at.moving, found.matrix, TransformKind.AFFINE, points, steps=15, still=0.02)
            found = richer if _sane(at.up(richer.matrix), pair, settings) else found
        correlation, overlap = correlation_under(at.reference, at.moving, found.matrix, everywhere)
        full = at.up(found.matrix)
        if overlap >= settings.least_overlap and _sane(full, pair, settings):
            tried.append(Refined(full, correlation, overlap, found.steps, found.converged))
    tried.sort(key=lambda refined: -refined.correlation)
    distance = max(3 * size, DISTINCT * pair.extent)
    kept: list[Refined] = []
    corners = pair.corners()
    for refined in tried:
        here = apply_matrix(refined.matrix, corners)
        if all(np.hypot(*(here - apply_matrix(other.matrix, corners)).T).max() > distance for other in kept):
            kept.append(refined)
    return kept


def _lattice(shape: tuple[int, ...], count: int) -> Array:
    """Return about ``count`` integer pixels evenly over an image, (N, 2)."""
    step = max(1, int(np.sqrt(shape[0] * shape[1] / count)))
    y, x = np.mgrid[0 : shape[0] : step, 0 : shape[1] : step]
    return np.stack([x.ravel(), y.ravel()], axis=1).astype(np.float64)


def _sane(matrix: Array, pair: levels.Pair, settings: RegistrationSettings) -> bool:
    """Refuse what no capture of a flat item can be: mirrored, collapsed, badly stretched or bent."""
    if not np.isfinite(matrix).all():
        return False
    shape = check.geometry(matrix, pair.corners())
    return (
        not shape.mirrored
        and abs(shape.scale / pair.ratio - 1) <= settings.scale_tolerance
        and shape.anisotropy <= settings.largest_anisotropy
        and shape.bend <= settings.largest_anisotropy
    )


def _evidence(
    pair: levels.Pair, ranked: list[Refined], fitted: Fit, starts: list[_Start], settings: RegistrationSettings
) -> dict[str, float]:
    """Gather the plain figures that the outcome is judged by."""
    agree = fitted.agree(settings.tolerance_px, settings.least_correlation)
    held_out = fitted.role == check.HELD_OUT
    own = ~_shared(pair, fitted)
    shape = check.geometry(fitted.matrix, pair.corners())
    return {
        "correlation": fitted.correlation,
        "rival_correlation": ranked[1].correlation if len(ranked) > 1 else 0.0,
        "margin": _fisher(ranked[0].correlation) - (_fisher(ranked[1].correlation) if len(ranked) > 1 else 0.0),
        "placements": float(len(ranked)),
        "overlap": fitted.overlap,
        "points": float(len(agree)),
        "agreement": float(agree.mean()) if len(agree) else 0.0,
        "unshared_points": float(own.sum()),
        "unshared_agreement": float(agree[own].mean()) if own.any() else 0.0,
        "held_out_points": float((agree & held_out).sum()),
        "held_out_agreement": float(agree[held_out].mean()) if held_out.any() else 0.0,
        **_residual_of_all(fitted, held_out),
        "local_correlation": float(np.median(fitted.local)) if len(agree) else 0.0,
        "point_spread": check.spread(fitted.reference[agree], min(pair.reference.shape[:2])),
        "scale_ratio": shape.scale / pair.ratio,
        "anisotropy": shape.anisotropy,
        "keypoint_inliers": float(starts[0].inliers if starts else 0),
        "keypoint_spread": starts[0].spread if starts else 0.0,
        "second_keypoint_inliers": float(starts[1].inliers if len(starts) > 1 else 0),
    }


def _residual_of_all(fitted: Fit, held_out: np.ndarray) -> dict[str, float]:
    """Return median and RMS residual, px, of every held-out point that could be found, agreeing or not."""
    found = fitted.residual[held_out & fitted.clear]
    if not len(found):
        return {}
    return {"held_out_median_px": float(np.median(found)), "held_out_rms_px": float(np.sqrt((found**2).mean()))}


def _shared(pair: levels.Pair, fitted: Fit) -> np.ndarray:
    """Return which points lie in structure that every code of a kind has, as far as a whole code is seen."""
    shared = np.zeros(len(fitted.reference), dtype=bool)
    for capture, points in ((pair.moving, fitted.moving), (pair.reference, fitted.reference)):
        found = shared_structure(capture)
        if found is not None:
            shared |= found.holds(points)
    return shared


def _fisher(correlation: float) -> float:
    """Fisher's z of a correlation: differences mean the same near 0 and near 1."""
    return float(np.arctanh(np.clip(correlation, -0.9999, 0.9999)))


def _judged(evidence: dict[str, float], settings: RegistrationSettings, sane: bool) -> tuple[Outcome, str]:
    """Turn the evidence into an outcome and one sentence; the first objection that holds is the reason."""
    share = f"{100 * evidence['agreement']:.0f} %"
    few_of_its_own = evidence["unshared_points"] < FEWEST_UNSHARED
    objections = (
        (not sane, "The refined transform is degenerate: collapsed, mirrored or badly stretched."),
        (
            evidence["points"] < FEWEST_POINTS or evidence["held_out_points"] < 1,
            "Too little structure in the overlap to test a placement.",
        ),
        (
            evidence["agreement"] < settings.least_agreement,
            f"At the best placement only {share} of the textured blocks agree.",
        ),
        (
            not few_of_its_own and evidence["unshared_agreement"] < settings.least_agreement,
            "What agrees is structure that every code of the kind shares; the rest does not.",
        ),
    )
    for holds, reason in objections:
        if holds:
            return Outcome.NOT_REGISTRABLE, reason
    clear = evidence["margin"] >= CLEAR_MARGIN * settings.least_margin
    own_agree = evidence["unshared_points"] >= FEWEST_CLEAR and evidence["unshared_agreement"] == 1.0
    if few_of_its_own and not (clear and own_agree):
        return Outcome.AMBIGUOUS, "The overlap shows little but structure that every code of the kind shares."
    if evidence["margin"] < settings.least_margin:
        return Outcome.AMBIGUOUS, "Another placement fits nearly as well."
    if evidence["point_spread"] < LEAST_SPREAD:
        return Outcome.NOT_REGISTRABLE, "The points that agree lie in a line or in a heap."
    return Outcome.REGISTERED, "One placement fits, and points held out of the fit confirm it."


def _assembled(
    pair: levels.Pair,
    fitted: Fit,
    outcome: Outcome,
    reason: str,
    evidence: dict[str, float],
    swapped: bool,
    settings: RegistrationSettings,
    um_per_px: tuple[float, float] | None,
) -> Registration:
    """Express the fit as questioned to known."""
    forward = np.linalg.inv(fitted.matrix) if swapped else fitted.matrix
    best = Transform.from_array(fitted.kind, forward)
    agree = fitted.agree(settings.tolerance_px, settings.least_correlation)
    # Residuals are kept in pixels of the coarser capture; one such pixel in known pixels:
    coarse_px = max(1.0, pair.ratio) / (pair.ratio if swapped else 1.0)
    known_um = um_per_px[1] if um_per_px else None
    points = [
        Correspondence(
            questioned=_point(moving if swapped else reference),
            known=_point(reference if swapped else moving),
            residual_px=float(residual) * coarse_px,
            residual_um=float(residual) * coarse_px * known_um if known_um else None,
            held_out=bool(role == check.HELD_OUT),
        )
        for reference, moving, residual, role in zip(
            fitted.reference[agree], fitted.moving[agree], fitted.residual[agree], fitted.role[agree], strict=True
        )
    ]
    unseen = agree & (fitted.role == check.HELD_OUT)
    residual = float(np.sqrt(np.mean(fitted.residual[unseen] ** 2))) * coarse_px if unseen.any() else None
    registered = outcome is Outcome.REGISTERED
    return Registration(
        outcome,
        reason,
        best if registered else None,
        best,
        tuple(points) if registered else (),
        residual,
        residual * known_um if residual is not None and known_um else None,
        fitted.field is not None,
        evidence,
    )


def _point(values: Array) -> tuple[float, float]:
    return float(values[0]), float(values[1])
