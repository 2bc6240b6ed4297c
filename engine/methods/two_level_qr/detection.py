"""Correlation of every module with its original pattern, eq. (2), and the search for its true place, eq. (3)."""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from engine.core.errors import InputError
from engine.methods.two_level_qr.patterns import Patterns

Floats = NDArray[np.float32]
FLAT = 1e-6  # variance, in squared grey levels of 255
# Modules worked on together. With more, the matrix products are spread over threads, whose start takes longer than all
# of them, and every intermediate result costs fresh pages of memory.
TOGETHER = 32


@dataclass(frozen=True, eq=False)
class Detection:
    """What was measured in each of N textured modules.

    Parameters
    ----------
    at_ideal : NDArray[np.float32]
        (N,) eq. (2) at the ideal place, -1..1.
    refined : NDArray[np.float32]
        (N,) eq. (2) at the place that eq. (3) finds; never below ``at_ideal``.
    displacement : NDArray[np.intp]
        (N, 2) x and y of that place against the ideal one, in original pixels.
    """

    at_ideal: Floats
    refined: Floats
    displacement: NDArray[np.intp]

    @property
    def indicator(self) -> float:
        """Authenticity indicator (section 2.4.1) with refinement: mean correlation over the modules, -1..1."""
        return float(self.refined.mean(dtype=np.float64))

    @property
    def indicator_unrefined(self) -> float:
        """The same without refinement."""
        return float(self.at_ideal.mean(dtype=np.float64))


def detect(
    lightness: Floats,
    corners: NDArray[np.intp],
    patterns: Patterns,
    classes: NDArray[np.intp],
    *,
    reach: tuple[int, int],
) -> Detection:
    """Measure every module of a rectified code.

    Parameters
    ----------
    lightness : NDArray[np.float32]
        (H, W) on the original's pixel grid, higher = lighter, 0..255 or the like.
    corners : NDArray[np.intp]
        (N, 2) row and column of each module's upper left pixel.
    patterns, classes
        (M, p, p), True = black, and (N,) indices into it.
    reach : tuple[int, int]
        How far eq. (3) searches in x and y (the paper's delta w and delta h), in pixels.

    Raises
    ------
    InputError
        There is no module, or a module's neighbourhood reaches beyond the image.

    Notes
    -----
    The neighbourhoods of all modules are laid side by side once; the correlations at all places of eq. (3) are then one
    matrix product for each pattern, and a windowed maximum follows. Where two places correlate equally the one nearer
    the start of the rows wins, as in a loop over eq. (3).
    """
    side = patterns.shape[1]
    dx, dy = reach
    low = corners - np.array([dy, dx])
    high = corners + np.array([dy + side, dx + side])
    if not len(corners) or low.min() < 0 or (high > lightness.shape).any():
        raise InputError("The modules and their neighbourhoods must lie within the rectified image")
    kernels = patterns.astype(np.float32)
    kernels -= kernels.mean(axis=(1, 2), keepdims=True)
    kernels /= np.sqrt((kernels**2).sum(axis=(1, 2), keepdims=True))
    around = sliding_window_view(lightness, (side + 2 * dy, side + 2 * dx))[low[:, 0], low[:, 1]]
    np.subtract(around.mean(), around, out=around)  # darkness, about 0: sums of float32 stay exact enough
    lengths = _window_lengths(around, side)
    products = _products(around, kernels, classes)
    values = np.divide(products, lengths, out=np.zeros_like(products), where=lengths > 0)
    flat = values.reshape(len(values), -1)
    best = flat.argmax(axis=1)
    place = np.column_stack([best % (2 * dx + 1) - dx, best // (2 * dx + 1) - dy])
    return Detection(values[:, dy, dx], flat[np.arange(len(flat)), best], place)


def _products(around: Floats, kernels: Floats, classes: NDArray[np.intp]) -> Floats:
    """Return the product of each module's kernel with every window of its neighbourhood: (N, h - p + 1, w - p + 1)."""
    side = kernels.shape[1]
    count, height, width = around.shape
    shape = (height - side + 1, width - side + 1)
    products = np.empty((count, *shape), dtype=np.float32)
    if len(kernels) > count / 4:  # about one kernel for each module: nothing is shared
        # Modules last: the innermost sums then run along memory.
        own, seen = (np.ascontiguousarray(each.transpose(1, 2, 0)) for each in (kernels[classes], around))
        for y, x in np.ndindex(shape):
            products[:, y, x] = np.einsum("abn,abn->n", seen[y : y + side, x : x + side], own)
        return products
    for index, kernel in enumerate(kernels):
        placed = np.zeros((*shape, height, width), dtype=np.float32)
        for y, x in np.ndindex(shape):
            placed[y, x, y : y + side, x : x + side] = kernel
        turned = placed.reshape(-1, height * width).T
        rows = np.flatnonzero(classes == index)
        for part in (rows[start : start + TOGETHER] for start in range(0, len(rows), TOGETHER)):
            products[part] = (around[part].reshape(len(part), -1) @ turned).reshape(-1, *shape)
    return products


def _window_lengths(around: Floats, side: int) -> Floats:
    """Return sqrt(sum (S - mean)^2) of every window of ``side`` x ``side`` in (N, h, w) neighbourhoods; 0 if flat."""
    count, height, width = around.shape
    across, down = _box(width, side), _box(height, side)

    def windows(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return down.T @ (values.reshape(-1, width) @ across).reshape(len(values), height, -1)

    lengths = np.empty((count, height - side + 1, width - side + 1), dtype=np.float32)
    for start in range(0, count, TOGETHER):
        exact = around[start : start + TOGETHER].astype(np.float64)
        variance = windows(exact * exact) - windows(exact) ** 2 / side**2
        # Sums in float64 are exact to far below this: less is no texture but rounding.
        variance[variance < FLAT * side**2] = 0.0
        np.sqrt(variance, out=lengths[start : start + TOGETHER], casting="same_kind")
    return lengths


def _box(length: int, side: int) -> NDArray[np.float64]:
    """Return the matrix, (length, length - side + 1), whose columns add up ``side`` neighbours each."""
    first = np.arange(length - side + 1)
    index = np.arange(length)[:, None]
    return ((index >= first) & (index < first + side)).astype(np.float64)
