"""Rotation-complete search for where a small capture lies in a large one, at a known ratio of scales.

The template is a disc cut from the capture of smaller extent. A disc covers the same pixels at any rotation, so the
energy of the searched image under it is computed once, and each rotation costs half a forward and half an inverse
transform (two rotations share one complex array).
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import scipy.fft
from numpy.typing import NDArray

from engine.core.method import Context
from engine.imaging.refine import Array, Image

DISC = 56  # pixels across the template: structure of two pixels stays, a full turn takes 88 rotations
LARGEST = 800  # longest side of the searched image in pixels, unless the template would fall below:
LEAST_DISC = 24  # pixels across, where little but the coarsest structure is left
RIM_STEP = 2.0  # motion of the disc's rim between neighbouring rotations, in pixels
LEAST_COVER = 0.6  # share of the disc that must lie on the searched image
PEAKS_PER_ROTATION = 4
_FFT: Any = scipy.fft  # its types describe no plain arrays


@dataclass(frozen=True)
class Placement:
    """One hypothesis: the (3, 3) matrix from template to searched pixels, and its correlation."""

    matrix: Array
    correlation: float


def search_factor(template_side: float, image_side: float) -> float:
    """Return the factor, at most 1, that both images are resized by before the search.

    Parameters
    ----------
    template_side : float
        Shorter side of the template in pixels of the searched image.
    image_side : float
        Longer side of the searched image in its pixels.
    """
    return min(1.0, DISC / template_side, max(LARGEST / image_side, LEAST_DISC / template_side))


def search(template: Image, image: Image, keep: int, context: Context) -> list[Placement]:
    """Find the best distinct placements of a template in an image of the same pixel size.

    Parameters
    ----------
    template, image : (H, W) float32
        Band-passed; the template's inscribed disc is what is searched for.
    keep : int
        Placements returned at most, best first, no two closer than an eighth of the disc in place and rotation.
    """
    radius = (min(template.shape) - 1) / 2
    half = int(np.ceil(radius))
    centre = np.array([(template.shape[1] - 1) / 2, (template.shape[0] - 1) / 2])
    y, x = np.mgrid[-half : half + 1, -half : half + 1]
    disc = (x * x + y * y <= radius * radius).astype(np.float32)
    shape = tuple(int(_FFT.next_fast_len(side + 2 * half)) for side in image.shape)
    spectrum = _FFT.fft2(_placed(image, shape, half), workers=-1)
    scale = _scale(image, disc, shape)
    count = int(np.ceil(np.pi * radius / RIM_STEP)) * 2
    angles = np.arange(count) * 2 * np.pi / count
    found: list[tuple[float, float, float, float]] = []
    for first, second in zip(angles[0::2], angles[1::2], strict=True):
        context.check_cancelled()
        pair = _turned(template, disc, centre, first) + 1j * _turned(template, disc, centre, second)
        product = _FFT.ifft2(spectrum * np.conj(_FFT.fft2(_placed(pair, shape, 0), workers=-1)), workers=-1)
        part: NDArray[np.complex64] = product[: image.shape[0], : image.shape[1]]
        found += _peaks(part.real * scale, first) + _peaks(-part.imag * scale, second)
    return [Placement(_matrix(angle, centre, x, y), value) for value, x, y, angle in _distinct(found, radius / 4, keep)]


def _placed(image: NDArray[np.generic], shape: tuple[int, ...], offset: int) -> NDArray[np.complex64]:
    placed = np.zeros(shape, dtype=np.complex64)
    placed[offset : offset + image.shape[0], offset : offset + image.shape[1]] = image
    return placed


def _turned(template: Image, disc: Image, centre: Array, angle: float) -> Image:
    """Cut the disc from the template turned by the angle, and normalise it to unit energy."""
    half = disc.shape[0] // 2
    back = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    inverse = np.column_stack([back, centre - back @ [half, half]])
    turned = cv2.warpAffine(template, inverse, disc.shape, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    turned = (turned - float(turned[disc > 0].mean())) * disc
    return np.asarray(turned / (float(np.linalg.norm(turned)) + 1e-9), dtype=np.float32)


def _scale(image: Image, disc: Image, shape: tuple[int, ...]) -> Image:
    """Return what a product with a unit template is multiplied by to be a correlation; 0 where the disc hangs over."""
    half = disc.shape[0] // 2
    seen = _FFT.fft2(_placed(disc, shape, 0), workers=-1)
    both = np.ones(image.shape) + 1j * (image.astype(np.float64) ** 2)
    sums = _FFT.ifft2(_FFT.fft2(_placed(both, shape, half), workers=-1) * np.conj(seen), workers=-1)
    sums: NDArray[np.complex64] = sums[: image.shape[0], : image.shape[1]]
    cover = np.clip(sums.real / float(disc.sum()), 0.0, 1.0)
    energy = np.maximum(sums.imag, 0.05 * float((image.astype(np.float64) ** 2).mean()) * float(disc.sum()) * cover)
    scale = np.where(cover >= LEAST_COVER, 1.0 / np.sqrt(np.maximum(energy * cover, 1e-9)), 0.0)
    return scale.astype(np.float32)


def _peaks(values: Image, angle: float) -> list[tuple[float, float, float, float]]:
    """Return the highest local maxima of one rotation as (correlation, x, y, angle)."""
    values = np.ascontiguousarray(values, dtype=np.float32)
    top = np.flatnonzero((values >= cv2.dilate(values, np.ones((5, 5), np.uint8))) & (values > 0.05))
    best = top[np.argsort(-values.flat[top], kind="stable")[:PEAKS_PER_ROTATION]]
    width = values.shape[1]
    return [(float(values.flat[i]), float(i % width), float(i // width), angle) for i in best]


def _distinct(
    found: list[tuple[float, float, float, float]], distance: float, keep: int
) -> list[tuple[float, float, float, float]]:
    """Keep the best, leaving out what lies within ``distance`` pixels and a quarter radian of a better one."""
    kept: list[tuple[float, float, float, float]] = []
    for entry in sorted(found, reverse=True):
        _, x, y, angle = entry
        if all(np.hypot(x - kx, y - ky) > distance or np.cos(angle - ka) < np.cos(0.25) for _, kx, ky, ka in kept):
            kept.append(entry)
            if len(kept) == keep:
                break
    return kept


def _matrix(angle: float, centre: Array, x: float, y: float) -> Array:
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = np.eye(3)
    matrix[:2, :2] = turn
    matrix[:2, 2] = np.array([x, y]) - turn @ centre
    return matrix
