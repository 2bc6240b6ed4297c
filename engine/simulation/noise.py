"""Random fields fixed in micrometres: any region, at any resolution, shows the same physical piece."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine.core.pixels import apply_matrix, resize_matrix
from engine.core.seeds import generator

Name = str | int
Floats = NDArray[np.float32]
TILE = 128  # lattice points along a tile
POINT_TILE_UM = 2_000.0
SMOOTHING = 1.0  # lattice pitches; makes the interpolated variance the same between lattice points and on them
MARGIN = 6  # lattice points beyond the region: kernel of the smoothing and of the cubic interpolation
RESOLVED = 0.6  # a field whose sigma is below this many sample pitches would alias; see Grid.resolves


def floats(values: object) -> Floats:
    """Return an array as float32, without a copy where it is one: OpenCV's declared types say less."""
    return np.asarray(values, dtype=np.float32)


@dataclass(frozen=True, eq=False)
class Grid:
    """Where a region is sampled: pixel centres (x, y) and the affine (3, 3) matrix that takes them to micrometres."""

    height: int
    width: int
    to_um: NDArray[np.float64]

    @property
    def step_um(self) -> float:
        """Sample pitch: the square root of a pixel's area, in micrometres."""
        return math.sqrt(abs(float(np.linalg.det(self.to_um[:2, :2]))))

    def resolves(self, sigma_um: float) -> bool:
        """Whether structure of this size can be sampled here without aliasing."""
        return sigma_um >= RESOLVED * self.step_um

    def bounds_um(self) -> tuple[float, float, float, float]:
        """Return the smallest x, y and the largest x, y of the pixel centres, in micrometres."""
        corners = apply_matrix(self.to_um, self.corners())
        (x0, y0), (x1, y1) = corners.min(axis=0), corners.max(axis=0)
        return float(x0), float(y0), float(x1), float(y1)

    def corners(self) -> NDArray[np.float64]:
        """Return the centres of the four corner pixels, (4, 2), in pixels."""
        x, y = self.width - 1.0, self.height - 1.0
        return np.array([[0.0, 0.0], [x, 0.0], [0.0, y], [x, y]])

    def block(self, top: int, left: int, height: int, width: int) -> "Grid":
        """Return the part of the grid, or a neighbourhood of it, that starts at pixel (left, top)."""
        shift = np.array([[1.0, 0.0, left], [0.0, 1.0, top], [0.0, 0.0, 1.0]])
        return Grid(height, width, self.to_um @ shift)

    def coarse(self, factor: int) -> "Grid":
        """Return the grid of ``factor`` x ``factor`` pixel cells, one cell more on every side; see ``refine``."""
        matrix = self.to_um @ np.linalg.inv(resize_matrix(1 / factor, 1 / factor))
        return Grid(-(-self.height // factor), -(-self.width // factor), matrix).block(
            -1, -1, -(-self.height // factor) + 2, -(-self.width // factor) + 2
        )

    def refine(self, values: Floats, factor: int) -> Floats:
        """Interpolate values on ``coarse(factor)``, (h, w) or (h, w, n), linearly onto this grid."""
        import cv2

        if factor == 1:
            return np.ascontiguousarray(values[1 : 1 + self.height, 1 : 1 + self.width])
        size = (values.shape[1] * factor, values.shape[0] * factor)
        fine = cv2.resize(values, size, interpolation=cv2.INTER_LINEAR)
        return floats(fine[factor : factor + self.height, factor : factor + self.width])


@lru_cache(maxsize=1024)  # at most 64 MB: what a scan of a 20 mm code needs, for its next scan
def _lattice_tile(seed: int, names: tuple[Name, ...], row: int, column: int) -> Floats:
    values = generator(seed, *names, row, column).standard_normal((TILE, TILE), dtype=np.float32)
    values.setflags(write=False)
    return values


def white_lattice(seed: int, names: tuple[Name, ...], top: int, left: int, height: int, width: int) -> Floats:
    """Return independent standard normal values of an unbounded lattice: (height, width) float32 from (top, left)."""
    values = np.empty((height, width), dtype=np.float32)
    for row in range(top // TILE, (top + height - 1) // TILE + 1):
        for column in range(left // TILE, (left + width - 1) // TILE + 1):
            tile = _lattice_tile(seed, names, row, column)
            y0, x0 = row * TILE, column * TILE
            ya, yb = max(top, y0), min(top + height, y0 + TILE)
            xa, xb = max(left, x0), min(left + width, x0 + TILE)
            values[ya - top : yb - top, xa - left : xb - left] = tile[ya - y0 : yb - y0, xa - x0 : xb - x0]
    return values


@dataclass(frozen=True)
class NoiseField:
    """A stationary Gaussian field of zero mean and unit variance over the plane.

    Parameters
    ----------
    seed, names
        What the field's values depend on, besides the position.
    sigma_um : tuple[float, float]
        Size of the structure along and across ``angle``: the autocorrelation at distance d is
        exp(-d^2 / (4 sigma^2)).
    angle : float
        Direction of the first size, in radians from x towards y.
    """

    seed: int
    names: tuple[Name, ...]
    sigma_um: tuple[float, float]
    angle: float = 0.0

    def render(self, grid: Grid) -> Floats:
        """Return the field at the grid's pixel centres, (H, W) float32."""
        # Between samples half a sigma apart the field is nearly straight: interpolating is cheaper than the lattice.
        factor = max(1, int(min(self.sigma_um) / (2 * grid.step_um)))
        return grid.refine(self._sample(grid.coarse(factor)), factor)

    def _sample(self, grid: Grid) -> Floats:
        import cv2

        cosine, sine = math.cos(self.angle), math.sin(self.angle)
        along, across = self.sigma_um
        to_lattice = np.array(
            [[cosine / along, sine / along, 0.0], [-sine / across, cosine / across, 0.0], [0.0, 0.0, 1.0]]
        )
        x0, y0, x1, y1 = Grid(grid.height, grid.width, to_lattice @ grid.to_um).bounds_um()
        left, top = math.floor(x0) - MARGIN, math.floor(y0) - MARGIN
        width, height = math.ceil(x1) + MARGIN + 1 - left, math.ceil(y1) + MARGIN + 1 - top
        lattice = white_lattice(self.seed, self.names, top, left, height, width)
        kernel = cv2.getGaussianKernel(9, SMOOTHING, cv2.CV_32F)
        kernel /= np.linalg.norm(kernel)  # unit variance after smoothing white noise
        smooth = cv2.sepFilter2D(lattice, cv2.CV_32F, kernel, kernel)
        matrix = to_lattice @ grid.to_um - np.array([[0.0, 0.0, left], [0.0, 0.0, top], [0.0, 0.0, 0.0]])
        flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
        return floats(cv2.warpAffine(smooth, matrix[:2], (grid.width, grid.height), flags=flags))


def scattered_points(
    seed: int, names: tuple[Name, ...], per_mm2: float, bounds_um: tuple[float, float, float, float]
) -> NDArray[np.float64]:
    """Return a Poisson process of points with two independent marks.

    Returns
    -------
    NDArray[np.float64]
        (N, 4): x and y in micrometres, a standard normal mark and a mark uniform in 0..1.
    """
    x0, y0, x1, y1 = bounds_um
    mean = per_mm2 * (POINT_TILE_UM / 1000) ** 2
    found: list[NDArray[np.float64]] = [np.empty((0, 4))]
    for row in range(math.floor(y0 / POINT_TILE_UM), math.floor(y1 / POINT_TILE_UM) + 1):
        for column in range(math.floor(x0 / POINT_TILE_UM), math.floor(x1 / POINT_TILE_UM) + 1):
            random = generator(seed, *names, row, column)
            count = int(random.poisson(mean))
            place = (random.random((count, 2)) + np.array([column, row])) * POINT_TILE_UM
            found.append(np.column_stack([place, random.standard_normal(count), random.random(count)]))
    points = np.concatenate(found)
    inside = (points[:, 0] >= x0) & (points[:, 0] <= x1) & (points[:, 1] >= y0) & (points[:, 1] <= y1)
    return points[inside]


def stamp_discs(grid: Grid, points_um: NDArray[np.float64], radius_um: NDArray[np.float64]) -> Floats:
    """Return the covered share of each pixel, (H, W) float32 in 0..1, of soft discs whose area is kept at any pitch."""
    canvas = np.zeros((grid.height, grid.width), dtype=np.float32)
    if not len(points_um):
        return canvas
    step = grid.step_um
    radius = radius_um / step
    spread = np.sqrt((0.5 * radius) ** 2 + 0.25)  # from half a pixel on, samples of a Gaussian add up to its area
    reach = math.ceil(3 * float(spread.max()))
    centre = apply_matrix(np.linalg.inv(grid.to_um), points_um)
    nearest = np.rint(centre).astype(np.intp)
    offset = np.arange(-reach, reach + 1)
    x = nearest[:, 0, None] + offset
    y = nearest[:, 1, None] + offset
    gauss_x = np.exp(-((x - centre[:, 0, None]) ** 2) / (2 * spread[:, None] ** 2))
    gauss_y = np.exp(-((y - centre[:, 1, None]) ** 2) / (2 * spread[:, None] ** 2))
    peak = (radius**2 / (2 * spread**2))[:, None, None]
    share = np.minimum(peak * gauss_y[:, :, None] * gauss_x[:, None, :], 1.0)
    inside = ((y >= 0) & (y < grid.height))[:, :, None] & ((x >= 0) & (x < grid.width))[:, None, :]
    rows, columns = np.broadcast_arrays(y[:, :, None], x[:, None, :])
    np.add.at(canvas, (rows[inside], columns[inside]), share[inside].astype(np.float32))
    return np.minimum(canvas, 1.0)
