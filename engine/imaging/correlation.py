"""Correlation maps: normalised cross-correlation window by window, with the local displacement that maximises it.

Sums over windows are sums over cells of ``step`` pixels, so every product is reduced once, whatever the overlap of
the windows. The displacement comes from an exhaustive search at a quarter of the size and one Lucas-Kanade step at
half; the correlation itself is taken at full size.
"""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.core.errors import ImagingError
from engine.core.pixels import Transform, TransformKind
from engine.imaging.refine import Image, Mask, floats

TEXTURE = 0.004  # least standard deviation of a window, in the share of full range: below, only noise would correlate
LEAST_SEEN = 0.5  # share of a window's pixels that both captures must show


@dataclass(frozen=True)
class CorrelationMap:
    """Local agreement of two aligned images on its native grid.

    ``correlation`` (h, w) float32 in -1..1 and ``displacement`` (h, w, 2) float32 in pixels of ``a``: the structure at
    p in ``a`` lies at p + displacement in ``b``. NaN where a window holds no texture or is not seen in both.
    ``grid_to_a`` takes (column, row) of the grid to the window's centre in ``a``.
    """

    correlation: NDArray[np.float32]
    displacement: NDArray[np.float32]
    grid_to_a: Transform
    window: int
    step: int


def correlation_map(
    a: Image,
    b: Image,
    *,
    window: int = 64,
    step: int = 16,
    search: int = 8,
    seen: Mask | None = None,
    texture: float = TEXTURE,
) -> CorrelationMap:
    """Correlate two aligned images window by window.

    Parameters
    ----------
    a, b : (H, W) float32
        The same frame, so that equal pixels are about equal places; values in 0..1.
    window : int
        Side of a window in pixels, a multiple of ``step``.
    step : int
        Distance of neighbouring windows in pixels; a multiple of 4 where there is a search.
    search : int
        Largest displacement looked for along each axis, in pixels; 0 correlates in place.
    seen : (H, W) bool or None
        Pixels that both captures show.
    texture : float
        Least standard deviation of a window that is measured, in the share of full range.

    Raises
    ------
    ImagingError
        The images differ in size, are smaller than one window, or the options do not fit each other.
    """
    _check(a, b, window, step, search)
    height, width = (length // step * step for length in a.shape)
    a, b = floats(a[:height, :width]), floats(b[:height, :width])
    mask = None if seen is None else seen[:height, :width].astype(np.float32)
    cells = window // step
    if search:
        field = _searched(a, b, mask, step, cells, search)
        field = _stepped(a, b, field, step, cells, search)
        field = _stepped(a, b, field, step, cells, search)
        b = displaced(b, _every_pixel(field, (height, width), step, window))
    else:
        field = np.zeros((height // step - cells + 1, width // step - cells + 1, 2), dtype=np.float32)
    correlation = _correlation(a, b, mask, step, cells, texture)
    field[np.isnan(correlation)] = np.nan
    middle = (window - 1) / 2
    to_a = np.array([[step, 0, middle], [0, step, middle], [0, 0, 1.0]])
    return CorrelationMap(correlation, field, Transform.from_array(TransformKind.SIMILARITY, to_a), window, step)


def _check(a: Image, b: Image, window: int, step: int, search: int) -> None:
    if a.shape != b.shape or a.ndim != 2:
        raise ImagingError(f"The images differ in size: {a.shape} and {b.shape}")
    if window % step or (search and step % 4) or min(a.shape) < window:
        raise ImagingError(
            f"Windows of {window} px every {step} px do not fit an image of {a.shape[1]} x {a.shape[0]} px",
            remedy="Choose a window that is a multiple of the step and no larger than the image.",
        )


def displaced(image: Image, field: NDArray[np.float32]) -> Image:
    """Return the (H, W) image fetched from p + field(p), with the field (H, W, 2) in pixels."""
    height, width = image.shape
    x = field[..., 0] + np.arange(width, dtype=np.float32)
    y = field[..., 1] + np.arange(height, dtype=np.float32)[:, None]
    return floats(cv2.remap(image, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def smooth_field(found: CorrelationMap, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return the displacement at every pixel of an (H, W) image; windows without one take their nearest neighbour's."""
    field = found.displacement.copy()
    empty = np.isnan(field[..., 0])
    if empty.all():
        return np.zeros((*shape[:2], 2), dtype=np.float32)
    if empty.any():
        from scipy.ndimage import distance_transform_edt

        nearest = distance_transform_edt(empty, return_distances=False, return_indices=True)
        field = field[tuple(np.asarray(nearest))]
    # The median of neighbours: one wrong peak must not bend its surroundings.
    size = 5 if min(field.shape[:2]) >= 5 else 3 if min(field.shape[:2]) >= 3 else 1
    field = np.dstack([cv2.medianBlur(np.ascontiguousarray(field[..., axis]), size) for axis in (0, 1)])
    return _every_pixel(floats(field), shape, found.step, found.window)


def _every_pixel(field: NDArray[np.float32], shape: tuple[int, ...], step: int, window: int) -> NDArray[np.float32]:
    """Interpolate a grid of windows to every pixel of an (H, W) image; constant beyond the outermost windows."""
    grown = [
        cv2.resize(np.ascontiguousarray(field[..., axis]), None, fx=step, fy=step, interpolation=cv2.INTER_LINEAR)
        for axis in (0, 1)
    ]
    before = (window - step) // 2  # the first window's centre lies this much behind the first cell's
    down, right = (shape[axis] - grown[0].shape[axis] - before for axis in (0, 1))
    return floats(
        cv2.merge([cv2.copyMakeBorder(one, before, down, before, right, cv2.BORDER_REPLICATE) for one in grown])
    )


def _sums(image: Image, step: int, cells: int) -> NDArray[np.float32]:
    """Return the mean over every window of ``cells`` by ``cells`` cells of ``step`` pixels."""
    height, width = image.shape
    reduced = cv2.resize(image, (width // step, height // step), interpolation=cv2.INTER_AREA)
    total = cv2.boxFilter(reduced, cv2.CV_32F, (cells, cells), anchor=(0, 0), borderType=cv2.BORDER_CONSTANT)
    return floats(total[: height // step - cells + 1, : width // step - cells + 1])


@dataclass(frozen=True)
class _Windows:
    """The images without their means, what both show, and the first one's window statistics, ready to be met."""

    a: Image
    b: Image
    mask: Image | None
    step: int
    cells: int

    @cached_property
    def seen(self) -> NDArray[np.float32] | np.float32:
        return np.float32(1.0) if self.mask is None else np.maximum(_sums(self.mask, self.step, self.cells), 1e-6)

    @cached_property
    def of_a(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        return self.moments(self.a, floats(cv2.multiply(self.a, self.a)))

    def moments(self, image: Image, square: Image) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the mean and the variance in every window."""
        mean = _sums(image, self.step, self.cells) / self.seen
        return floats(mean), floats(_sums(square, self.step, self.cells) / self.seen - mean * mean)

    def correlation(self, b: Image, square: Image, texture: float = TEXTURE) -> NDArray[np.float32]:
        """Return the (h, w) correlation of a with b, given b's square; NaN where it cannot be measured."""
        mean_a, var_a = self.of_a
        mean_b, var_b = self.moments(b, square)
        both = _sums(floats(cv2.multiply(self.a, b)), self.step, self.cells) / self.seen - mean_a * mean_b
        measured = (var_a > texture**2) & (var_b > texture**2) & (self.seen >= LEAST_SEEN)
        found = both / np.sqrt(np.where(measured, var_a * var_b, 1.0))
        return np.where(measured, np.clip(found, -1.0, 1.0), np.nan).astype(np.float32)


def _windows(a: Image, b: Image, mask: Image | None, step: int, cells: int) -> _Windows:
    """Take the overall means off, so that squares stay small beside the variances; blank what is not in both."""
    a, b = (floats(image - np.float32(cv2.mean(image)[0])) for image in (a, b))
    if mask is not None:
        a, b = floats(cv2.multiply(a, mask)), floats(cv2.multiply(b, mask))
    return _Windows(a, b, mask, step, cells)


def _correlation(a: Image, b: Image, mask: Image | None, step: int, cells: int, texture: float) -> NDArray[np.float32]:
    """Return the (h, w) correlation in place, NaN where it cannot be measured."""
    windows = _windows(a, b, mask, step, cells)
    return windows.correlation(windows.b, floats(cv2.multiply(windows.b, windows.b)), texture)


def _searched(a: Image, b: Image, mask: Image | None, step: int, cells: int, search: int) -> NDArray[np.float32]:
    """Try every displacement at a quarter of the size; return the best of each window in full pixels, (h, w, 2)."""
    size = (a.shape[1] // 4, a.shape[0] // 4)
    small_a, small_b = (floats(cv2.resize(image, size, interpolation=cv2.INTER_AREA)) for image in (a, b))
    small_mask = None if mask is None else floats(cv2.resize(mask, size, interpolation=cv2.INTER_AREA))
    reach = -(-search // 4)
    side = 2 * reach + 1
    windows = _windows(small_a, small_b, small_mask, step // 4, cells)
    around = (reach, reach, reach, reach, cv2.BORDER_REPLICATE)
    padded = floats(cv2.copyMakeBorder(windows.b, *around))
    square = floats(cv2.multiply(padded, padded))
    surface = np.stack(
        [
            windows.correlation(padded[y : y + size[1], x : x + size[0]], square[y : y + size[1], x : x + size[0]])
            for y in range(side)
            for x in range(side)
        ]
    )
    surface = np.where(np.isnan(surface), -1.0, surface)
    best = surface.argmax(axis=0)
    row, column = np.divmod(best, side)
    offsets = []
    for axis, place in ((1, column), (side, row)):
        inner = (place > 0) & (place < side - 1)
        before, top, after = (
            np.take_along_axis(surface, np.where(inner, best + shift, best)[None], axis=0)[0]
            for shift in (-axis, 0, axis)
        )
        bend = before - 2 * top + after
        with np.errstate(divide="ignore", invalid="ignore"):
            vertex = np.where(inner & (bend < -1e-6), 0.5 * (before - after) / bend, 0.0)
        offsets.append(4.0 * (place - reach + np.clip(vertex, -0.5, 0.5)))
    return np.stack(offsets, axis=-1).astype(np.float32)


def _stepped(a: Image, b: Image, field: NDArray[np.float32], step: int, cells: int, search: int) -> NDArray[np.float32]:
    """Add one Lucas-Kanade step at half the size, at most two pixels, with each window's gain and offset removed."""
    size = (a.shape[1] // 2, a.shape[0] // 2)
    half_a, half_b = (floats(cv2.resize(image, size, interpolation=cv2.INTER_AREA)) for image in (a, b))
    fetched = displaced(half_b, _every_pixel(field * np.float32(0.5), half_a.shape, step // 2, step * cells // 2))
    gx = floats(cv2.Sobel(half_a, cv2.CV_32F, 1, 0, scale=0.125))
    gy = floats(cv2.Sobel(half_a, cv2.CV_32F, 0, 1, scale=0.125))

    def mean(first: Image, second: Image | None = None) -> NDArray[np.float32]:
        return _sums(first if second is None else floats(cv2.multiply(first, second)), step // 2, cells)

    mean_a, mean_b, mean_x, mean_y = (mean(image) for image in (half_a, fetched, gx, gy))
    var_a = mean(half_a, half_a) - mean_a**2
    gain = (mean(half_a, fetched) - mean_a * mean_b) / np.maximum(var_a, 1e-9)
    error_x = mean(gx, fetched) - mean_x * mean_b - gain * (mean(gx, half_a) - mean_x * mean_a)
    error_y = mean(gy, fetched) - mean_y * mean_b - gain * (mean(gy, half_a) - mean_y * mean_a)
    xx, xy, yy = mean(gx, gx), mean(gx, gy), mean(gy, gy)
    determinant = xx * yy - xy * xy
    # A window that slides along its edge keeps what the search found.
    sound = (determinant > 0.02 * (xx + yy) ** 2) & (gain > 0.1) & (var_a > TEXTURE**2)
    scale = np.where(sound, -2.0 / np.maximum(determinant * np.maximum(gain, 0.1), 1e-20), 0.0)
    step_x = np.clip(scale * (yy * error_x - xy * error_y), -2.0, 2.0)
    step_y = np.clip(scale * (xx * error_y - xy * error_x), -2.0, 2.0)
    return floats(np.clip(field + np.stack([step_x, step_y], axis=-1), -search, search))
