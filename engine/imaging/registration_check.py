"""What speaks for and against a registration: sane geometry, and local agreement found independently of the fit."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.core.pixels import apply_matrix
from engine.imaging.refine import Array, Image, Mask

BLOCKS_ACROSS = 10  # blocks along the shorter side of a large overlap
LEAST_BLOCK = 32  # pixels: smaller windows hold too little structure for a peak of their own
LARGEST_WINDOW = 64  # pixels of a block that are compared, about its middle
REACH = 10  # pixels that a local search goes each way
CARRIES, CHOOSES, HELD_OUT = 0, 1, 2  # a block's role in the fit
ISOTROPY = 0.03  # least ratio of the structure tensor's eigenvalues: below, a window slides along its edge
TEXTURE = 0.1  # least mean square of a band-passed window, relative to the whole capture's


@dataclass(frozen=True)
class Grid:
    """Square blocks over the reference, in three roles evenly interleaved: half carry the fit, a quarter each
    choose the family and are held out.
    """  # noqa: D205 - one sentence

    shape: tuple[int, ...]
    side: int

    @classmethod
    def over(cls, shape: tuple[int, ...]) -> "Grid":
        """Choose the blocks for a (height, width) reference."""
        return cls(shape, max(LEAST_BLOCK, min(shape) // BLOCKS_ACROSS))

    @property
    def blocks(self) -> list[tuple[int, int, int, int, int]]:
        """The blocks as (left, top, right, bottom, role); together they cover everything."""
        down, across = (
            np.linspace(0, length, max(1, length // self.side) + 1).round().astype(int).tolist()
            for length in self.shape
        )
        roles = (CARRIES, HELD_OUT, CARRIES, CHOOSES)
        return [
            (across[column], down[row], across[column + 1], down[row + 1], roles[(column + 2 * row + row // 2) % 4])
            for row in range(len(down) - 1)
            for column in range(len(across) - 1)
        ]

    def mask(self, roles: tuple[int, ...]) -> Mask:
        """Return the (H, W) mask of the blocks of those roles."""
        mask = np.zeros(self.shape, dtype=bool)
        for left, top, right, bottom, role in self.blocks:
            mask[top:bottom, left:right] = role in roles
        return mask


@dataclass(frozen=True)
class LocalPoints:
    """Points found by local correlation, one a block.

    ``position`` (N, 2) the window centres in reference pixels; ``target`` (N, 2) where they lie in the moving image;
    ``correlation`` (N,) there; ``role`` (N,) of the block; ``edge`` (N,) whether the best place lies at the search's
    border, so that no true peak was found.
    """

    position: Array
    target: Array
    correlation: Array
    role: NDArray[np.int_]
    edge: NDArray[np.bool_]


def local_points(reference: Image, moving: Image, matrix: Array, grid: Grid) -> LocalPoints:
    """Search each textured block of the band-passed reference in the other image, warped by the transform.

    ``matrix`` takes reference to moving pixels. Windows that leave the other image, that hold no texture or only
    parallel edges are left out.
    """
    height, width = reference.shape
    border = np.array([[1.0, 0, -REACH], [0, 1.0, -REACH], [0, 0, 1.0]])  # windows at the edge are searched too
    size, flags = (width + 2 * REACH, height + 2 * REACH), cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    warped = np.asarray(cv2.warpPerspective(moving, matrix @ border, size, flags=flags), dtype=np.float32)
    limits = np.array([moving.shape[1] - 1, moving.shape[0] - 1])
    usual = float((reference * reference).mean())
    found: list[tuple[float, ...]] = []
    window = min(grid.side, LARGEST_WINDOW)
    corner = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], dtype=np.float64)
    for left, top, right, bottom, role in grid.blocks:
        x, y = (left + right - window) // 2, (top + bottom - window) // 2
        around = apply_matrix(matrix, corner * (window + 2 * REACH) + [x - REACH, y - REACH])
        if (around < 0).any() or (around > limits).any():
            continue
        patch = reference[y : y + window, x : x + window]
        area = warped[y : y + window + 2 * REACH, x : x + window + 2 * REACH]
        if float((patch * patch).mean()) < TEXTURE * usual or not _cornered(patch):
            continue
        offset, peak, edge = _peak(cv2.matchTemplate(area, patch, cv2.TM_CCOEFF_NORMED))
        middle = (window - 1) / 2
        found.append((x + middle, y + middle, *offset, peak, role, edge))
    table = np.array(found, dtype=np.float64).reshape(-1, 7)
    target = apply_matrix(matrix, table[:, :2] + table[:, 2:4])
    return LocalPoints(table[:, :2], target, table[:, 4], table[:, 5].astype(int), table[:, 6] > 0)


def _cornered(patch: Image) -> bool:
    """Whether the window has structure in both directions (Shi and Tomasi 1994)."""
    gx = cv2.Sobel(patch, cv2.CV_32F, 1, 0)
    gy = cv2.Sobel(patch, cv2.CV_32F, 0, 1)
    tensor = np.array([[(gx * gx).sum(), (gx * gy).sum()], [(gx * gy).sum(), (gy * gy).sum()]], dtype=np.float64)
    low, high = np.linalg.eigvalsh(tensor)
    return bool(low > ISOTROPY * high > 0)


def _peak(values: NDArray[np.generic]) -> tuple[tuple[float, float], float, bool]:
    """Return the sub-pixel offset of the highest value from the middle, the value, and whether it is at the border."""
    surface = np.asarray(values, dtype=np.float64)
    row, column = np.unravel_index(int(surface.argmax()), surface.shape)
    top = float(surface[row, column])
    last = surface.shape[0] - 1
    if row in (0, last) or column in (0, last):
        return (float(column) - REACH, float(row) - REACH), top, True
    dx = _vertex(surface[row, column - 1], top, surface[row, column + 1])
    dy = _vertex(surface[row - 1, column], top, surface[row + 1, column])
    return (float(column) - REACH + dx, float(row) - REACH + dy), top, False


def _vertex(before: float, top: float, after: float) -> float:
    """Return where the parabola through three neighbouring values has its top, within half a step of the middle."""
    bend = before - 2 * top + after
    return float(np.clip(0.5 * (before - after) / bend, -0.5, 0.5)) if bend < 0 else 0.0


@dataclass(frozen=True)
class Geometry:
    """Figures of a transform over the questioned capture's part that overlaps the known one.

    ``scale`` known pixels per questioned pixel; ``anisotropy`` the larger over the smaller stretch, 1 = none;
    ``bend`` how much the local scale changes over the overlap, 1 = not at all; ``mirrored`` whether it turns over.
    """

    scale: float
    anisotropy: float
    bend: float
    mirrored: bool
    rotation: float


def geometry(matrix: Array, points: Array) -> Geometry:
    """Measure a (3, 3) transform at (N, 2) points."""
    scales, ratios, mirrored = [], [], False
    for x, y in points:
        w = matrix[2, 0] * x + matrix[2, 1] * y + matrix[2, 2]
        mapped = apply_matrix(matrix, np.array([[x, y]]))[0]
        slope = (matrix[:2, :2] - np.outer(mapped, matrix[2, :2])) / w
        mirrored |= bool(np.linalg.det(slope) <= 0 or w <= 0)
        low, high = sorted(np.linalg.svd(slope, compute_uv=False))
        scales.append(float(np.sqrt(max(low * high, 1e-24))))
        ratios.append(float(high / max(low, 1e-12)))
    rotation = float(np.degrees(np.arctan2(matrix[1, 0], matrix[0, 0])))
    return Geometry(float(np.median(scales)), max(ratios), max(scales) / min(scales), mirrored, rotation)


def spread(points: Array, side: float) -> float:
    """Return how far (N, 2) points spread along their *narrower* direction, relative to a side.

    The smaller standard deviation over that of an even spread along the side: 1 for points everywhere, 0 for a line.
    """
    if len(points) < 3:
        return 0.0
    low = float(np.linalg.eigvalsh(np.cov(points.T))[0])
    return float(np.sqrt(12.0 * max(low, 0.0))) / side
