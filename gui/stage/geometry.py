"""View geometry without Qt: cameras, matrices from capture pixels to view pixels, and what links two panes.

Capture coordinates follow the product's convention (pixel centres are integers). View coordinates are continuous,
x right, y down, with the pane's upper left corner at (0, 0) and its pixels covering [i, i + 1].
"""

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.core.case import Scale
from engine.core.pixels import apply_matrix

Array = NDArray[np.float64]
Point = tuple[float, float]
Size = tuple[float, float]
Aspect = tuple[float, float]

SQUARE: Aspect = (1.0, 1.0)
ZOOM_MIN, ZOOM_MAX = 1e-4, 256.0


class Side(StrEnum):
    """Which of the two captures."""

    QUESTIONED = "questioned"
    KNOWN = "known"

    @property
    def other(self) -> "Side":
        """The side across."""
        return Side.KNOWN if self is Side.QUESTIONED else Side.QUESTIONED


@dataclass(frozen=True)
class Camera:
    """What a pane looks at.

    centre : capture pixel (x, y) shown in the middle of the view.
    zoom : view pixels per capture pixel, the geometric mean of both axes.
    angle : rotation of the capture on the screen in radians, clockwise.
    """

    centre: Point = (0.0, 0.0)
    zoom: float = 1.0
    angle: float = 0.0

    def matrix(self, size: Size, aspect: Aspect = SQUARE) -> Array:
        """Return the (3, 3) matrix from capture pixels to a view of that size.

        ``aspect`` holds the relative physical lengths (x, y) of a pixel, their product being 1.
        """
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        linear = self.zoom * np.array([[cos, -sin], [sin, cos]]) @ np.diag(aspect)
        matrix = np.eye(3)
        matrix[:2, :2] = linear
        matrix[:2, 2] = np.array(size) / 2.0 - linear @ np.array(self.centre)
        return matrix


def aspect_of(scale: Scale | None) -> Aspect:
    """Return the relative physical lengths of a pixel's sides, (1, 1) where no scale is known."""
    if scale is None:
        return SQUARE
    return scale.um_per_px_x / scale.um_per_px, scale.um_per_px_y / scale.um_per_px


def map_point(matrix: NDArray[np.floating[Any]], point: Point) -> Point:
    """Map one point by a (3, 3) matrix."""
    x, y = apply_matrix(matrix, np.array([point]))[0]
    return float(x), float(y)


def jacobian(matrix: NDArray[np.floating[Any]], point: Point) -> Array:
    """Return the (2, 2) derivative of a plane transform at a point."""
    x, y = point
    u, v, w = (float(value) for value in matrix @ np.array([x, y, 1.0]))
    rows = np.array(
        [
            matrix[0, :2] * w - u * matrix[2, :2],
            matrix[1, :2] * w - v * matrix[2, :2],
        ]
    )
    return rows / (w * w)


def local_scale(matrix: NDArray[np.floating[Any]], point: Point) -> float:
    """Return how many output units one input unit becomes at a point (geometric mean over directions)."""
    return math.sqrt(abs(float(np.linalg.det(jacobian(matrix, point)))))


def panned(camera: Camera, delta: Point, aspect: Aspect = SQUARE) -> Camera:
    """Return the camera after its picture moved by ``delta`` view pixels."""
    inverse = np.linalg.inv(camera.matrix((0.0, 0.0), aspect)[:2, :2])
    shift = inverse @ np.array(delta)
    return replace(camera, centre=(camera.centre[0] - float(shift[0]), camera.centre[1] - float(shift[1])))


def held(camera: Camera, changed: Camera, at: Point, size: Size, aspect: Aspect = SQUARE) -> Camera:
    """Return ``changed`` moved so that the capture point at view position ``at`` stays where it was."""
    point = map_point(np.linalg.inv(camera.matrix(size, aspect)), at)
    x, y = map_point(changed.matrix(size, aspect), point)
    return panned(changed, (at[0] - x, at[1] - y), aspect)


def zoomed(camera: Camera, factor: float, at: Point, size: Size, aspect: Aspect = SQUARE) -> Camera:
    """Return the camera with its zoom times ``factor`` (within limits), the point under ``at`` held."""
    zoom = min(max(camera.zoom * factor, ZOOM_MIN), ZOOM_MAX)
    return held(camera, replace(camera, zoom=zoom), at, size, aspect)


def rotated(camera: Camera, angle: float, at: Point, size: Size, aspect: Aspect = SQUARE) -> Camera:
    """Return the camera turned clockwise by ``angle`` radians about the view position ``at``."""
    turned = math.remainder(camera.angle + angle, math.tau)
    return held(camera, replace(camera, angle=turned), at, size, aspect)


def outline(width: int, height: int) -> Array:
    """Return the (4, 2) outer corners of an image in its own pixel coordinates."""
    right, bottom = width - 0.5, height - 0.5
    return np.array([[-0.5, -0.5], [right, -0.5], [right, bottom], [-0.5, bottom]])


def fitted(corners: NDArray[np.floating[Any]], size: Size, angle: float = 0.0, aspect: Aspect = SQUARE) -> Camera:
    """Return the camera that shows all ``corners`` (N, 2) as large as they go, with a margin of 2 %."""
    spread = apply_matrix(Camera(angle=angle).matrix((0.0, 0.0), aspect), corners)
    low, high = spread.min(axis=0), spread.max(axis=0)
    extent = np.maximum(high - low, 1e-9)
    zoom = 0.98 * min(max(size[0], 1.0) / extent[0], max(size[1], 1.0) / extent[1])
    middle = np.linalg.inv(Camera(angle=angle).matrix((0.0, 0.0), aspect)[:2, :2]) @ ((low + high) / 2.0)
    zoom = min(max(float(zoom), ZOOM_MIN), ZOOM_MAX)
    return Camera(centre=(float(middle[0]), float(middle[1])), zoom=zoom, angle=angle)


def before_horizon(matrix: NDArray[np.floating[Any]], corners: NDArray[np.floating[Any]]) -> bool:
    """Whether a transform is usable on a whole area: invertible, and no corner at or beyond its horizon."""
    if not np.isfinite(matrix).all() or abs(float(np.linalg.det(matrix))) < 1e-12:
        return False
    weights = corners @ matrix[2, :2] + matrix[2, 2]
    return bool((weights > 1e-9).all() or (weights < -1e-9).all())
