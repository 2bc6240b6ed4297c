"""Same design and same physical piece: two separate scores of two registered captures.

*Same design* compares shapes, after fine structure is blurred away, outside what a symbology shares. *Same piece*
compares what no two prints share: the mottle of the toner and the fibres of the paper, in flat areas away from every
printed edge, so that the design itself cannot take part. Both are correlations, -1..1, higher = more alike. Neither
decides anything.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from engine.core.method import Pixels
from engine.core.pixels import TransformKind
from engine.imaging.correlation import correlation_map, displaced, smooth_field
from engine.imaging.refine import Image, Mask, band_passed, floats, grey, normalised, refine, sample_points
from engine.imaging.registration_common import Common

SHAPE_BLUR = 0.012  # of the frame's shorter side, in pixels at least two: what is finer is not shape
SHAPE_WINDOW = 0.18  # side of a window for shapes, of the frame's shorter side
SHAPE_CONTRAST = 0.3  # least contrast of such a window, relative to the whole capture's
COARSEST_UM = 64.0  # pixels larger than this average fibres and mottle away
EDGE_DISTANCE = 4.0  # pixels of the frame from a printed edge: beyond, its blur is gone
FINE, COARSE = 1.0, 5.0  # band of the fine structure, Gaussian standard deviations in frame pixels
LEAST_PIXELS = 1500  # of one kind of flat area that a correlation needs
LEAST_WINDOWS = 4


@dataclass(frozen=True)
class IdentityScore:
    """A correlation, or None with the reason why it could not be measured; ``count`` windows or pixels went in."""

    value: float | None
    caution: str = ""
    count: int = 0


def same_design(common: Common, shared: Mask | None = None) -> IdentityScore:
    """Score whether both captures show the same design: the mean local correlation of shapes.

    Parameters
    ----------
    common : Common
        Both captures on one frame.
    shared : (H, W) bool or None
        Structure that the symbology shares; windows mostly inside are left out.
    """
    short = min(common.seen.shape)
    sigma = max(2.0, SHAPE_BLUR * short)
    step = max(4, int(SHAPE_WINDOW * short) // 16 * 4)
    window = 4 * step
    if short < window or not common.seen.any():
        return IdentityScore(None, "The captures do not overlap enough to compare their design.")
    use = common.seen if shared is None else common.seen & ~shared
    shapes = [floats(cv2.GaussianBlur(np.sqrt(image), (0, 0), sigma)) for image in (common.questioned, common.known)]
    contrast = SHAPE_CONTRAST * float(shapes[0][common.seen].std())
    # In place: a search would let the shapes of two designs slide until they look alike.
    found = correlation_map(*shapes, window=window, step=step, search=0, seen=use, texture=contrast)
    measured = found.correlation[~np.isnan(found.correlation)]
    if len(measured) < LEAST_WINDOWS:
        return IdentityScore(None, "Outside the structure that all such codes share, too little can be compared.")
    return IdentityScore(float(measured.mean()), count=len(measured))


def same_piece(common: Common) -> IdentityScore:
    """Score whether both captures show the same physical piece: correlation of fine structure in flat areas.

    The flat areas of ink and of paper are correlated separately, and the two correlations are averaged; where only
    one kind is large enough it stands alone.
    """
    if common.um_per_px is not None and common.um_per_px * max(1.0, 1 / common.pixel) > COARSEST_UM:
        return IdentityScore(None, "The coarser capture's resolution is too low to show fine structure.")
    if min(common.seen.shape) < 32 or not common.seen.any():
        return IdentityScore(None, "The captures do not overlap enough to compare fine structure.")
    first, second = np.sqrt(common.questioned), np.sqrt(common.known)
    found = correlation_map(first, second, window=32, step=8, search=4, seen=common.seen)
    second = displaced(second, smooth_field(found, second.shape))
    inside = common.seen.copy()
    inside[:3], inside[-3:], inside[:, :3], inside[:, -3:] = False, False, False, False
    if inside.sum() < LEAST_PIXELS:
        return IdentityScore(None, "The captures do not overlap enough to compare fine structure.")
    ink, away = _edges(first, second, inside)
    values, counts = [], []
    for kind in (ink, ~ink):
        flat = inside & kind & (away > EDGE_DISTANCE)
        if flat.sum() < LEAST_PIXELS:
            continue
        values.append(normalised(_fine(first, flat, away), _fine(second, flat, away)))
        counts.append(int(flat.sum()))
    if not values:
        return IdentityScore(None, "No area is flat enough: the design's own edges are everywhere.")
    return IdentityScore(float(np.mean(values)), count=sum(counts))


def _edges(first: Image, second: Image, inside: Mask) -> tuple[Mask, Image]:
    """Tell ink from paper by both captures together (Otsu 1979); return it and the distance to the nearest edge."""
    sum_of_both = first / max(float(np.median(first[inside])), 1e-6) + second / max(
        float(np.median(second[inside])), 1e-6
    )
    low, high = (float(np.percentile(sum_of_both[inside], share)) for share in (1, 99))
    eight = np.clip(255 * (sum_of_both - low) / max(high - low, 1e-6), 0, 255).astype(np.uint8)
    threshold, _ = cv2.threshold(eight[inside], 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    ink = (eight <= threshold).astype(np.uint8)
    # Inside ink the one distance, outside the other; the other of the two is always nought.
    away = cv2.distanceTransform(ink, cv2.DIST_L2, 5) + cv2.distanceTransform(1 - ink, cv2.DIST_L2, 5)
    return ink > 0, floats(away)


def _fine(image: Image, flat: Mask, away: Image) -> np.ndarray:
    """Return the fine structure at the flat pixels, (N,), without what depends on the distance to an edge alone.

    The blurs take flat pixels only, so nothing of an edge leaks in; light scattered from an edge dies away with the
    distance, alike in any two prints, and is fitted and taken off.
    """
    weight = flat.astype(np.float32)

    def blurred(sigma: float) -> Image:
        total = cv2.GaussianBlur(weight, (0, 0), sigma)
        return floats(cv2.GaussianBlur(image * weight, (0, 0), sigma) / np.maximum(total, 1e-3))

    values = (blurred(FINE) - blurred(COARSE))[flat].astype(np.float64)
    distance = away[flat].astype(np.float64)
    basis = np.stack([np.ones_like(distance), 1 / distance, 1 / distance**2, np.exp(-distance / 2)], axis=1)
    return values - basis @ np.linalg.lstsq(basis, values, rcond=None)[0]


def centre_correlation(a: Pixels, b: Pixels, *, share: float = 0.24, side: int = 600) -> float | None:
    """Correlate the centres of two rectified captures of codes after fine alignment.

    Parameters
    ----------
    a, b : (H, W) or (H, W, 3), uint8 or uint16
        Each cut to the same outline of the code; sizes may differ.
    share : float
        Side of the centre over the side of the capture.
    side : int
        Common size in pixels at which they are compared.

    Returns
    -------
    float or None
        Correlation of the centres, -1..1, higher = more alike; None where a centre holds no structure.
    """
    images = [
        floats(cv2.resize(np.sqrt(grey(pixels)), (side, side), interpolation=cv2.INTER_AREA)) for pixels in (a, b)
    ]
    first, second = images
    matrix = np.eye(3)
    for blur, part in ((4.0, 0.9), (2.0, 2 * share), (1.0, 1.2 * share)):
        margin = int(side * (1 - part) / 2)
        allowed = np.zeros((side, side), dtype=bool)
        allowed[margin : side - margin, margin : side - margin] = True
        sharp = [band_passed(image, blur, 8 * blur) for image in images]
        points = sample_points(sharp[0], 8_000, allowed)
        kind = TransformKind.HOMOGRAPHY if part > 0.8 else TransformKind.AFFINE
        matrix = refine(sharp[0], sharp[1], matrix, kind, points, steps=20, still=0.01).matrix
    size, flags = (side, side), cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    second = floats(cv2.warpPerspective(second, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE))
    margin = int(side * (1 - share) / 2)
    middle = slice(margin, side - margin)
    if min(float(first[middle, middle].std()), float(second[middle, middle].std())) < 1 / 255:
        return None
    return normalised(first[middle, middle].ravel(), second[middle, middle].ravel())
