"""Scores that need no trained network, beside the method on the same captures: what the network has to be better than.

Each describes a crop by a vector of unit length at each of its four quarter turns; the similarity of two crops is the
largest product of the known one's and the questioned one's.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Crops = NDArray[np.uint8]
Vectors = NDArray[np.float32]
VERSION = 1
RIM_PX = 10  # of a crop: the frame, which all labels share, is left out
TEXTURE_PX = 24
LOCAL_PX = 3.0  # Gaussian sigma of the local mean and deviation of the texture
LOW_PASS_PX = 4.0  # Gaussian sigma, pixels of a crop
RADII, ANGLES = 24, 64
HOG_PX, CELL_PX, BINS = 128, 16, 9
CLIPPED = 0.2


@dataclass(frozen=True)
class Baseline:
    """A description of crops: ``vector`` takes one crop without its rim, (236, 236) uint8, to a vector."""

    name: str
    vector: Callable[[Crops], Vectors]

    @property
    def key(self) -> str:
        """What descriptions must share to be compared."""
        return f"{self.name}, version {VERSION}"

    def embed(self, crops: Crops) -> Vectors:
        """Return the descriptions of (N, 256, 256) crops as they lie, (N, D) float32 of unit length."""
        return self._described(crops, 1)[:, 0]

    def embed_turns(self, crops: Crops) -> Vectors:
        """Return the descriptions of (N, 256, 256) crops at four quarter turns, (N, 4, D) float32 of unit length."""
        return self._described(crops, 4)

    def _described(self, crops: Crops, turns: int) -> Vectors:
        inner = crops[:, RIM_PX:-RIM_PX, RIM_PX:-RIM_PX]
        rows = [[self.vector(np.ascontiguousarray(np.rot90(crop, turn))) for turn in range(turns)] for crop in inner]
        vectors = np.array(rows, dtype=np.float32)
        vectors -= vectors.mean(axis=2, keepdims=True)
        return vectors / np.maximum(np.linalg.norm(vectors, axis=2, keepdims=True), np.float32(1e-9))


def texture(inner: Crops) -> Vectors:
    """Return the crop at 24 x 24 pixels, its local mean taken off and divided by its local deviation, (576,)."""
    import cv2

    small = cv2.resize(inner, (TEXTURE_PX, TEXTURE_PX), interpolation=cv2.INTER_AREA).astype(np.float32)
    away = small - cv2.GaussianBlur(small, (0, 0), LOCAL_PX)
    deviation = np.sqrt(cv2.GaussianBlur(away * away, (0, 0), LOCAL_PX)) + 1.0
    return np.asarray(away / deviation, dtype=np.float32).ravel()


def low_pass_polar(inner: Crops) -> Vectors:
    """Return the low-pass filtered crop around its middle, 24 radii x 64 angles, (1536,); weights grow with radius."""
    import cv2

    smooth = cv2.GaussianBlur(inner.astype(np.float32), (0, 0), LOW_PASS_PX)
    middle = (inner.shape[0] - 1) / 2
    radius = np.linspace(0.1, 1.0, RADII, dtype=np.float32)[:, None] * np.float32(middle)
    angle = np.linspace(0, 2 * np.pi, ANGLES, endpoint=False, dtype=np.float32)[None]
    x = np.asarray(middle + radius * np.cos(angle), dtype=np.float32)
    y = np.asarray(middle + radius * np.sin(angle), dtype=np.float32)
    sampled = cv2.remap(smooth, x, y, cv2.INTER_LINEAR)
    away = np.asarray(sampled, dtype=np.float32) - np.float32(sampled.mean())
    return (away * np.sqrt(radius)).ravel()


def gradients(inner: Crops) -> Vectors:
    """Return histograms of oriented gradients (Dalal and Triggs 2005, CVPR), (1764,).

    128 px, cells of 16 px, 9 unsigned orientations, overlapping blocks of 2 x 2 cells, L2-Hys: as published but for the
    interpolation between cells.
    """
    import cv2

    small = cv2.resize(inner, (HOG_PX, HOG_PX), interpolation=cv2.INTER_AREA).astype(np.float32)
    rise, run = np.gradient(small)
    turned = np.mod(np.arctan2(rise, run) / np.pi, 1.0) * BINS  # 0..9
    lower = np.floor(turned)
    share = turned - lower
    strength = np.hypot(rise, run)
    count = HOG_PX // CELL_PX
    row, column = np.divmod(np.arange(HOG_PX * HOG_PX), HOG_PX)
    cell = (row // CELL_PX * count + column // CELL_PX) * BINS
    cells = np.zeros(count * count * BINS)
    for bin_of, weight in ((lower, 1 - share), (lower + 1, share)):
        index = cell + np.asarray(bin_of, dtype=np.intp).ravel() % BINS
        cells += np.bincount(index, weights=(weight * strength).ravel(), minlength=len(cells))
    cells = cells.reshape(count, count, BINS).transpose(2, 0, 1)
    blocks = np.stack(
        [cells[:, i : count - 1 + i, j : count - 1 + j] for i in (0, 1) for j in (0, 1)]
    ).reshape(4 * BINS, -1)  # fmt: skip
    for most in (CLIPPED, 1.0):
        blocks = blocks / np.sqrt((blocks * blocks).sum(axis=0) + 1e-6)
        blocks = np.minimum(blocks, most)
    return np.asarray(blocks, dtype=np.float32).ravel()


BASELINES = (
    Baseline("texture 24 x 24", texture),
    Baseline("low-pass polar correlation", low_pass_polar),
    Baseline("HOG", gradients),
)
