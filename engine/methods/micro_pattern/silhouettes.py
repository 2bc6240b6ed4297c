"""Single flakes used as tags: outlines cut from their surroundings, and the same outline found again at any rotation.

For tags without frame or glyph, whose identity is a random outline (a flake of graphene, say). Nothing is trained. A
capture is searched by its polar silhouette, then each candidate of the short list is laid over it, turned and scaled,
and judged by what both share of their area. An outline can be drawn after: how much light the flake takes from its
surroundings belongs to its material and thickness, and is a second score that no outline bears on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import ImagingError, InputError
from engine.methods.micro_pattern.polar import Floats, spectra, turned, unrolled

ANGLES, RINGS = 256, 24
REACH = 2.2  # of the polar grid, in radii of the disc of equal area
SMOOTH = 1.2  # pixels: sigma of what is averaged before a pixel is told flake or not
EDGE = 0.7  # pixels: sigma of a mask's edge
BORDER = 0.06  # of the shorter side: what of the capture is surroundings
SPECK = 5.0  # deviations of the noise: more is no noise; of a million normal deviates one exceeds it
SPECK_PX = 7  # a flake is wider
FLOOR = 0.5  # levels: noise is never taken to be less
CLEAR = 3.5  # deviations of the noise between flake and surroundings, at least; noise alone makes up to 3
LEAST_PX, MOST_SHARE = 60, 0.8  # of an outline's area
LEAST_SIDE = 16  # of a capture
CLIPPED = 0.02  # share of a channel's pixels at the end of its range from which its light is not known
LAID_PX, LAID_RADIUS = 128, 34.0  # side of the square on which two silhouettes are laid, and their radius there
SHORT_LIST = 20


@dataclass(frozen=True, eq=False)
class Silhouette:
    """What a capture shows of one flake.

    Parameters
    ----------
    mask : NDArray[np.bool_]
        (H, W) pixels of the flake, without holes.
    polar : NDArray[np.float32]
        (256, 24) of unit length, about the centre, in units of the radius.
    contrast : NDArray[np.float64]
        (C,) share of the surroundings' light that the flake lacks, per channel; below 0 where it is brighter, NaN where
        the capture is clipped. Free of exposure and white balance.
    """

    mask: NDArray[np.bool_]
    polar: Floats
    contrast: NDArray[np.float64]

    @cached_property
    def area(self) -> float:
        """Of the flake, in square pixels."""
        return float(self.mask.sum())

    @property
    def radius(self) -> float:
        """Of the disc of equal area, in pixels."""
        return float(np.sqrt(self.area / np.pi))

    @cached_property
    def centre(self) -> NDArray[np.float64]:
        """Centre of gravity, (2,) pixels (x, y)."""
        return _centre(self.mask)

    @cached_property
    def outline(self) -> NDArray[np.float64]:
        """The flake's outermost pixels in order, (K, 2) pixels (x, y)."""
        import cv2

        outlines, _ = cv2.findContours(self.mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        return np.asarray(max(outlines, key=len)[:, 0], dtype=np.float64)


@dataclass(frozen=True, eq=False)
class SilhouetteHit:
    """A known silhouette that was laid over the questioned one.

    Parameters
    ----------
    place : int
        Which of the known silhouettes.
    overlap : float
        Area of both over area of either, 0..1, higher = more alike; free of rotation, place and size.
    size_ratio : float
        Questioned over known radius in pixels: 1 where both captures have one scale and show one flake.
    transform : NDArray[np.float64]
        (2, 3) similarity, questioned to known pixels.
    contrast_apart : float
        Largest difference of the flakes' contrasts in any channel, lower = more alike; NaN where none can be compared.
    """

    place: int
    overlap: float
    size_ratio: float
    transform: NDArray[np.float64]
    contrast_apart: float

    @property
    def score(self) -> float:
        """The overlap: what all hits of labels without a frame are ranked by."""
        return self.overlap


def silhouette(pixels: NDArray[np.uint8]) -> Silhouette:
    """Cut a flake from its surroundings.

    Parameters
    ----------
    pixels : NDArray[np.uint8]
        (H, W, 3) RGB or (H, W) grey; the flake lies whole in it, its surroundings are even or change slowly.

    Raises
    ------
    ImagingError
        No single flake is seen, or not all of it.

    Notes
    -----
    The surroundings are a plane fitted to the capture's edges but for specks, their noise is measured there; a pixel's
    level is its share of the way from the surroundings to the flake, along the colour that tells both apart best
    (Fisher).
    """
    import cv2

    if min(pixels.shape[:2]) < LEAST_SIDE:
        raise ImagingError(f"A capture of {pixels.shape[1]} x {pixels.shape[0]} px is too small for a flake",
                           remedy=f"Capture it with {LEAST_SIDE} px at least across.")  # fmt: skip
    away, noise = _departure(pixels)
    spread = np.asarray(np.linalg.inv(np.linalg.cholesky(noise)), dtype=np.float64)
    distance = np.linalg.norm(away @ spread.T, axis=2)
    # A speck may stand out more than the flake: without narrow pieces the threshold lies below the flake.
    round_piece = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (SPECK_PX, SPECK_PX))
    distance = np.asarray(cv2.morphologyEx(distance, cv2.MORPH_OPEN, round_piece))
    eight = np.asarray(255 * distance / max(float(distance.max()), 1e-6), dtype=np.uint8)
    _, raised = cv2.threshold(eight, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    mask, clear = _largest(np.asarray(raised) > 0), 0.0
    for _ in range(3):
        if mask.sum() < LEAST_PX:
            break
        mean, clear = _flake(away, mask, spread)
        towards = np.linalg.solve(noise, mean)
        mask = _largest(away @ towards > 0.5 * (mean @ towards))
    if clear < CLEAR or not LEAST_PX <= mask.sum() <= MOST_SHARE * mask.size:
        raise ImagingError(
            "No single flake stands out from its surroundings",
            remedy="Crop the capture so that one whole flake lies in it, with some of its surroundings.",
        )
    if mask[[0, -1]].any() or mask[:, [0, -1]].any():
        raise ImagingError("The edge of the capture cuts the flake off", remedy="Capture the flake whole.")
    radius = float(np.sqrt(mask.sum() / np.pi))
    polar = unrolled(_soft(mask), _centre(mask), REACH * radius, angles=ANGLES, rings=RINGS)
    return Silhouette(mask, polar, _contrast(pixels, mask))


class Silhouettes:
    """Known silhouettes in which a questioned one is sought."""

    def __init__(self, known: Sequence[Silhouette]) -> None:
        if not known:
            raise InputError("No silhouette is enrolled", remedy="Enrol captures of known tags first.")
        self._known = tuple(known)
        self._spectra = spectra(np.stack([each.polar for each in self._known]))
        self._laid = [_laid(each, 0.0) for each in self._known]

    def find(self, questioned: Silhouette, k: int = 10) -> tuple[SilhouetteHit, ...]:
        """Return the ``k`` known silhouettes most like the questioned one, best first, ties by their order."""
        likeness, turns = turned(questioned.polar, self._spectra)
        short = np.argsort(-likeness, kind="stable")[: max(k, SHORT_LIST)]
        hits = [self._hit(questioned, int(place), float(turns[place])) for place in short]
        return tuple(sorted(hits, key=lambda hit: (-hit.overlap, hit.place))[:k])

    def _hit(self, questioned: Silhouette, place: int, turn: float) -> SilhouetteHit:
        known = self._known[place]
        own, theirs = _laid(questioned, -turn), self._laid[place]
        overlap = float(np.minimum(own, theirs).sum() / np.maximum(own, theirs).sum())
        matrix = known.radius / questioned.radius * _rotation(turn)
        transform = np.column_stack([matrix, known.centre - matrix @ questioned.centre])
        apart = _apart(questioned.contrast, known.contrast)
        return SilhouetteHit(place, overlap, questioned.radius / known.radius, transform, apart)


def outline_points(
    questioned: Silhouette, known: Silhouette, hit: SilhouetteHit, count: int = 48
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return points along the questioned outline, the known outline's nearest to each, and how far they lie apart.

    Returns
    -------
    tuple
        (count, 2) questioned and (count, 2) known pixels (x, y), and (count,) distances in known pixels.
    """
    ring = questioned.outline
    points = ring[np.linspace(0, len(ring), count, endpoint=False).astype(np.intp)]
    mapped = points @ hit.transform[:, :2].T + hit.transform[:, 2]
    apart = np.linalg.norm(mapped[:, None] - known.outline[None], axis=2)
    return points, known.outline[apart.argmin(axis=1)], apart.min(axis=1)


def _departure(pixels: NDArray[np.uint8]) -> tuple[Floats, NDArray[np.float64]]:
    """Return how far each place departs from the surroundings, (H, W, C), smoothed, and their noise, (C, C)."""
    import cv2

    image = np.atleast_3d(pixels).astype(np.float64)
    height, width, channels = image.shape
    edge = max(2, round(BORDER * min(height, width)))
    border = np.ones((height, width), dtype=np.bool_)
    border[edge:-edge, edge:-edge] = False
    y, x = np.mgrid[:height, :width]
    plane = np.stack([np.ones(x.shape), x / width - 0.5, y / height - 0.5], axis=-1)
    fitted = np.zeros((3, channels))
    for _ in range(2):  # the second time without specks, which are no surroundings
        fitted = np.linalg.lstsq(plane[border], image[border], rcond=None)[0]
        clean = border & ~_specks(image - plane @ fitted, border)
        border = clean if clean.sum() > border.sum() / 2 else border  # more are no specks
    away = cv2.GaussianBlur(image - plane @ fitted, (0, 0), SMOOTH).reshape(image.shape)
    noise = np.cov(away[border].T).reshape(channels, channels) + FLOOR**2 * np.eye(channels)
    return away.astype(np.float32), noise


def _specks(rest: NDArray[np.float64], border: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return what departs more than noise does, (H, W), with a margin for the smoothing."""
    import cv2

    typical = 1.4826 * np.median(np.abs(rest[border]), axis=0) + FLOOR
    outlying = (np.abs(rest) > SPECK * typical).any(axis=2) & border
    return np.asarray(cv2.dilate(outlying.astype(np.uint8), np.ones((9, 9), dtype=np.uint8))) > 0


def _flake(away: Floats, mask: NDArray[np.bool_], spread: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Return the flake's typical departure, (C,), from inside its edge, and its size in deviations of the noise."""
    mean = np.median(away[_inner(mask)], axis=0).astype(np.float64)
    return mean, float(np.linalg.norm(spread @ mean))


def _inner(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the flake without its edge, or all of it where it is too small."""
    import cv2

    inner = np.asarray(cv2.erode(mask.astype(np.uint8), np.ones((5, 5), dtype=np.uint8))) > 0
    return inner if inner.sum() >= LEAST_PX // 2 else mask


def _contrast(pixels: NDArray[np.uint8], mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the share of the surroundings' light that a flake lacks, (C,), NaN where a channel is clipped."""
    import cv2

    image = np.atleast_3d(pixels)
    around = np.asarray(cv2.dilate(mask.astype(np.uint8), np.ones((9, 9), dtype=np.uint8))) == 0
    contrast = np.full(image.shape[2], np.nan)
    for channel in range(image.shape[2]):
        sides = image[..., channel][_inner(mask)], image[..., channel][around]
        if all(len(side) and np.isin(side, (0, 255)).mean() < CLIPPED for side in sides):
            flake, ground = (float(np.median(_light(side))) for side in sides)
            contrast[channel] = 1 - flake / ground
    return contrast


def _light(levels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the light that levels stand for, 0..1 (IEC 61966-2-1, sRGB)."""
    share = levels / 255.0
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def _apart(questioned: NDArray[np.float64], known: NDArray[np.float64]) -> float:
    """Return the largest difference of two contrasts, (C,); NaN where no channel is known of both."""
    if len(questioned) != len(known):
        return float("nan")
    apart = np.abs(questioned - known)
    return float(np.nanmax(apart)) if np.isfinite(apart).any() else float("nan")


def _largest(raised: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the largest connected piece, its holes filled."""
    import cv2

    outlines, _ = cv2.findContours(raised.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = np.zeros(raised.shape, dtype=np.uint8)
    if outlines:
        cv2.drawContours(filled, [max(outlines, key=cv2.contourArea)], -1, 1, thickness=-1)
    return filled > 0


def _soft(mask: NDArray[np.bool_]) -> Floats:
    import cv2

    return np.asarray(cv2.GaussianBlur(mask.astype(np.float32), (0, 0), EDGE), dtype=np.float32)


def _laid(flake: Silhouette, turn: float) -> Floats:
    """Return a silhouette on the common square, its centre in the middle, turned by ``-turn``."""
    import cv2

    matrix = flake.radius / LAID_RADIUS * _rotation(turn)
    middle = np.full(2, (LAID_PX - 1) / 2)
    to_capture = np.column_stack([matrix, flake.centre - matrix @ middle])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(_soft(flake.mask), to_capture, (LAID_PX, LAID_PX), flags=flags), dtype=np.float32)


def _rotation(turn: float) -> NDArray[np.float64]:
    return np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])


def _centre(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    y, x = np.nonzero(mask)
    return np.array([x.mean(), y.mean()])
