"""Refining a plane transform by intensity: band-passed images and inverse-compositional Gauss-Newton steps.

Baker and Matthews, "Lucas-Kanade 20 Years On", IJCV 56 (2004), section 3.2, with gain and offset removed at every step
as in Evangelidis and Psarakis, PAMI 30 (2008). Matrices are (3, 3) float64 and take (x, y) to (x, y).
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.core.method import Pixels
from engine.core.pixels import TransformKind, apply_matrix, resize_matrix

Image = NDArray[np.float32]
Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

LUMA = (0.2126, 0.7152, 0.0722)  # ITU-R BT.709, section 3.2: weights of linear red, green and blue
GAMMA = 2.2
STRIP = 128  # rows of the result that are averaged at a time


def grey(pixels: Pixels) -> Image:
    """Return the light, (H, W) float32 in 0..1, that grey or RGB, uint8 or uint16 pixels stand for.

    Values are taken as coded with a gamma of 2.2 (IEC 61966-2-1). In linear light a blurred edge stays where it is,
    so captures of different sharpness agree on the place of every edge; coded, dark shapes would look larger in one.
    """
    levels = np.iinfo(pixels.dtype).max
    table = (np.arange(levels + 1, dtype=np.float64) / levels) ** GAMMA
    light = table.astype(np.float32)[pixels] if levels > 255 else cv2.LUT(pixels, table.astype(np.float32))
    return floats(cv2.transform(light, np.array([LUMA], dtype=np.float32)) if pixels.ndim == 3 else light)


def floats(values: Any) -> Image:
    """Return an array as float32; foreign functions promise no type of element."""
    return np.asarray(values, dtype=np.float32)


def resized(image: Image, factor: float) -> tuple[Image, Array]:
    """Return the image resized by about ``factor`` and the (3, 3) matrix from its pixels to the resized ones.

    Shrinking averages over areas, so nothing aliases; the matrix uses the sizes as they came out.
    """
    height, width = image.shape
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    if size == (width, height):
        return image, np.eye(3)
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return floats(cv2.resize(image, size, interpolation=method)), resize_matrix(size[0] / width, size[1] / height)


def light(pixels: Pixels, factor: float) -> tuple[Image, Array]:
    """Return the light of a capture resized by about ``factor``, and the matrix to the resized pixels.

    A large capture is averaged strip by strip over whole pixels first, so a capture of half a gigapixel never
    stands in memory as floats.
    """
    whole = int(1 / factor) if factor < 1 else 1
    height, width = pixels.shape[0] // whole, pixels.shape[1] // whole
    if whole < 2 or min(height, width) < 1:
        return resized(grey(pixels), factor)
    averaged = np.empty((height, width), dtype=np.float32)
    for top in range(0, height, STRIP):
        rows = min(STRIP, height - top)
        strip = grey(pixels[top * whole : (top + rows) * whole, : width * whole])
        averaged[top : top + rows] = cv2.resize(strip, (width, rows), interpolation=cv2.INTER_AREA)
    image, matrix = resized(averaged, factor * whole)
    return image, matrix @ resize_matrix(1 / whole, 1 / whole)


def band_passed(image: Image, fine: float, coarse: float) -> Image:
    """Return the (H, W) float32 difference of two Gaussians with its local contrast made even.

    Parameters
    ----------
    image : (H, W) float32, 0..1
    fine, coarse : float
        Standard deviations of the Gaussians in pixels. Illumination varies slower than ``coarse``; noise faster
        than ``fine``. The local standard deviation is taken over twice ``coarse`` and has a floor of a quarter of
        its mean, so flat areas stay near zero instead of being noise at full contrast.
    """
    smooth: Image = np.subtract(_blurred(image, fine), _blurred(image, coarse))
    local = np.sqrt(_blurred(np.square(smooth), 2 * coarse))
    floor = 0.25 * float(local.mean()) + 1e-6
    return floats(smooth / (local + floor))


def _blurred(image: Image, sigma: float) -> Image:
    """Gaussian blur; wide ones are made on a shrunken image, where they cost little and differ nowhere visible."""
    if sigma <= 0:
        return image
    shrink = int(sigma // 4)
    if shrink < 2 or min(image.shape) < 8 * shrink:
        return floats(cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_REFLECT_101))
    height, width = image.shape
    small = cv2.resize(image, (-(-width // shrink), -(-height // shrink)), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / shrink, borderType=cv2.BORDER_REFLECT_101)
    return floats(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR))


def sample(image: Image, points: Array) -> tuple[NDArray[np.float32], Mask]:
    """Return the image at (N, 2) points by linear interpolation, and which points lie inside it."""
    height, width = image.shape
    inside = (points >= 0).all(axis=1) & (points[:, 0] <= width - 1) & (points[:, 1] <= height - 1)
    columns = -(-len(points) // 1024)  # remap takes maps of at most 32,767 rows or columns
    padded = np.zeros((columns * 1024, 2), dtype=np.float32)
    padded[: len(points)] = np.where(inside[:, None], points, 0.0)
    x, y = (np.ascontiguousarray(axis.reshape(columns, 1024)) for axis in padded.T)
    values = cv2.remap(image, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(values, dtype=np.float32).reshape(-1)[: len(points)], inside


def correlation_under(reference: Image, moving: Image, matrix: Array, points: Array) -> tuple[float, float]:
    """Return the correlation of the two images under the matrix, and the share of the points inside both.

    ``points`` are (N, 2) integer pixels of the reference.
    """
    values, inside = sample(moving, apply_matrix(matrix, points))
    whole = points.astype(np.intp)
    fixed = reference[whole[:, 1], whole[:, 0]]
    share = float(inside.mean()) if len(points) else 0.0
    if inside.sum() < 16:
        return 0.0, share
    return normalised(fixed[inside], values[inside]), share


def normalised(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    """Return Pearson's correlation of two equally long vectors, 0 where either is constant."""
    a = a.astype(np.float64) - float(a.mean())
    b = b.astype(np.float64) - float(b.mean())
    norm = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / norm if norm > 1e-12 else 0.0


@dataclass(frozen=True)
class Refined:
    """A refined transform: the (3, 3) matrix from reference to moving pixels, and how the iteration ended."""

    matrix: Array
    correlation: float
    overlap: float
    steps: int
    converged: bool


def sample_points(image: Image, limit: int, allowed: Mask | None = None) -> Array:
    """Return at most ``limit`` (N, 2) integer points on the steepest places of a band-passed image.

    The choice is deterministic: every k-th of the pixels whose gradient passes the median of the allowed ones.
    """
    steep = np.abs(cv2.Sobel(image, cv2.CV_32F, 1, 0)) + np.abs(cv2.Sobel(image, cv2.CV_32F, 0, 1))
    usable = np.zeros(image.shape, dtype=bool)
    usable[1:-1, 1:-1] = True  # gradients need neighbours
    if allowed is not None:
        usable &= allowed
    if not usable.any():
        return np.zeros((0, 2))
    flat = np.flatnonzero(usable & (steep >= np.median(steep[usable][:: max(1, usable.sum() // 100_000)])))
    flat = flat[:: max(1, -(-len(flat) // limit))]
    return np.stack([flat % image.shape[1], flat // image.shape[1]], axis=1).astype(np.float64)


def refine(
    reference: Image,
    moving: Image,
    matrix: Array,
    kind: TransformKind,
    points: Array,
    *,
    steps: int = 40,
    still: float = 0.002,
) -> Refined:
    """Refine the transform from reference to moving pixels on band-passed images.

    Parameters
    ----------
    reference, moving : (H, W) float32
        Band-passed images.
    matrix : (3, 3) float64
        The start, right to about the finest structure's size.
    kind : TransformKind
        The family that the correction is taken from.
    points : (N, 2) float64
        Integer reference pixels that take part; held-out blocks are simply left out here.
    steps : int
        Most steps taken.
    still : float
        It stops earlier once the points move less than this, in pixels.
    """
    whole = points.astype(np.intp)
    jacobian, centre, radius = _steepest_descent(reference, points, whole, kind)
    fixed = reference[whole[:, 1], whole[:, 0]]
    some = points[:: max(1, len(points) // 64)]
    taken, converged = 0, False
    while taken < steps and not converged:
        taken += 1
        values, inside = sample(moving, apply_matrix(matrix, points))
        if inside.sum() < 4 * jacobian.shape[1]:
            break
        step = _step(jacobian[inside], fixed[inside], values[inside])
        if step is None:
            break
        update = _update(step, kind, centre, radius)
        matrix = matrix @ np.linalg.inv(update)
        matrix = matrix / matrix[2, 2]
        converged = float(np.abs(apply_matrix(update, some) - some).max()) < still
    correlation, overlap = correlation_under(reference, moving, matrix, points)
    return Refined(matrix, correlation, overlap, taken, converged)


def _steepest_descent(
    reference: Image, points: Array, whole: NDArray[np.intp], kind: TransformKind
) -> tuple[Array, Array, float]:
    """Return the (N, P) derivative of the reference by the transform's parameters, and the co-ordinates' norm."""
    gx = cv2.Sobel(reference, cv2.CV_32F, 1, 0, ksize=3, scale=0.125)[whole[:, 1], whole[:, 0]].astype(np.float64)
    gy = cv2.Sobel(reference, cv2.CV_32F, 0, 1, ksize=3, scale=0.125)[whole[:, 1], whole[:, 0]].astype(np.float64)
    centre = points.mean(axis=0) if len(points) else np.zeros(2)
    radius = float(np.abs(points - centre).max()) if len(points) else 1.0
    radius = max(radius, 1.0)
    x, y = ((points - centre) / radius).T
    if kind is TransformKind.SIMILARITY:
        columns = [gx, gy, gx * x + gy * y, gy * x - gx * y]
    else:
        columns = [gx, gy, gx * x, gx * y, gy * x, gy * y]
        if kind is TransformKind.HOMOGRAPHY:
            inward = -(gx * x + gy * y)
            columns += [inward * x, inward * y]
    return np.stack(columns, axis=1), centre, radius


def _step(jacobian: Array, fixed: NDArray[np.float32], values: NDArray[np.float32]) -> Array | None:
    """Solve one robust Gauss-Newton step; None where the system is singular.

    Gain and offset are fitted first; residuals beyond two robust standard deviations count less (Huber, 1964), so
    dirt on one capture does not pull.
    """
    centred = values.astype(np.float64) - values.mean()
    target = fixed.astype(np.float64) - fixed.mean()
    energy = float(centred @ centred)
    if energy < 1e-12:
        return None
    error = centred * (float(centred @ target) / energy) - target
    spread = 1.4826 * float(np.median(np.abs(error))) + 1e-9
    weight = 1.0 / np.maximum(1.0, np.abs(error) / (2.0 * spread))
    weighted = jacobian * weight[:, None]
    hessian = weighted.T @ jacobian
    if np.linalg.cond(hessian) > 1e10:
        return None
    return np.linalg.solve(hessian, weighted.T @ error)


def _update(step: Array, kind: TransformKind, centre: Array, radius: float) -> Array:
    """Return the (3, 3) matrix of a parameter step, which counts pixels of motion at ``radius`` from the centre."""
    local = np.eye(3)
    step = step / radius
    if kind is TransformKind.SIMILARITY:
        tx, ty, grow, turn = step
        local[:2] = [[1 + grow, -turn, tx], [turn, 1 + grow, ty]]
    else:
        tx, ty, xx, xy, yx, yy = step[:6]
        local[:2] = [[1 + xx, xy, tx], [yx, 1 + yy, ty]]
        if kind is TransformKind.HOMOGRAPHY:
            local[2, :2] = step[6:]
    outward = np.array([[radius, 0, centre[0]], [0, radius, centre[1]], [0, 0, 1.0]])
    return outward @ local @ np.linalg.inv(outward)
