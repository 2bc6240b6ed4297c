"""The circle that bounds the textured part of a capture: several answers where the outline leaves a choice.

How much texture counts as textured is not known beforehand: where the pattern is uneven, blurred or half covered one
level follows the disc and another cuts through it. Every level is tried, and what lies in the circles decides later.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.core.seeds import generator

Floats = NDArray[np.float32]
Points = NDArray[np.float64]
WORKING_PX = 256  # side at which circles are sought
GRAIN, SPREAD = (1.0, 4.0), 5.0  # working pixels: sigmas between which texture lies, and of its density
PIECE_PX = 25  # working pixels: strips narrower than this are no disc
LEVELS = (1.0, 0.7, 1.3)  # of Otsu's threshold: which density counts as textured
LEAST_POINTS = 30  # of an outline on one circle
CIRCLES = 400  # tried, each through three points of the outline
NEAR = 3.0  # working pixels from the circle; circles that differ less in centre and radius are one
BESIDE, DENSER = 12.0, 1.25  # working pixels beside the circle, and how much denser the texture is inside
LEAST_RADIUS, MOST_RADIUS = 0.2, 0.75  # of the capture's longer side
ARC = 0.2  # of the circle must be seen as outline: a third of a disc shows as much


@dataclass(frozen=True, eq=False)
class Circle:
    """A circle that bounds texture.

    Parameters
    ----------
    centre : NDArray[np.float64]
        (2,) in capture pixels (x, y).
    radius : float
        In capture pixels.
    arc : float
        Share of the circle that is seen as the texture's outline, 0..1.
    """

    centre: Points
    radius: float
    arc: float


def circles(grey: NDArray[np.uint8]) -> tuple[Circle, ...]:
    """Return the circles that may bound the textured part of a capture, Otsu's level first; none, where none does.

    Parameters
    ----------
    grey : NDArray[np.uint8]
        (H, W).
    """
    import cv2

    share = WORKING_PX / max(grey.shape)
    small = cv2.resize(grey, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    density = _density(np.asarray(small, dtype=np.uint8))
    found: list[tuple[NDArray[np.float64], float]] = []
    for outline in _outlines(density):
        circle, arc = _circle(outline)
        apart = all(np.abs(circle - other).max() >= NEAR for other, _ in found)
        if apart and arc >= ARC and _step(density, outline, circle) >= DENSER:
            found.append((circle, arc))
    return tuple(Circle((circle[:2] + 0.5) / share - 0.5, float(circle[2] / share), arc) for circle, arc in found)


def _density(grey: NDArray[np.uint8]) -> Floats:
    """Return how much texture there is about each place, (H, W) float32."""
    import cv2

    fine, coarse = (cv2.GaussianBlur(grey.astype(np.float32), (0, 0), sigma) for sigma in GRAIN)
    texture = np.abs(fine - coarse)
    clipped = np.minimum(texture, np.percentile(texture, 90))
    return np.asarray(cv2.GaussianBlur(clipped, (0, 0), SPREAD), dtype=np.float32)


def _outlines(density: Floats) -> Iterator[Points]:
    """Yield the outline of the largest textured piece at each level, (P, 2), but for the picture's edge."""
    import cv2

    round_piece = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (PIECE_PX, PIECE_PX))
    pieces = cv2.morphologyEx(density, cv2.MORPH_OPEN, round_piece)  # before the threshold, which edges would raise
    eight = np.asarray(255 * pieces / max(float(pieces.max()), 1e-6), dtype=np.uint8)
    otsu, _ = cv2.threshold(eight, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    limits = np.array(density.shape[::-1]) - 3
    for level in LEVELS:
        _, dense = cv2.threshold(eight, level * otsu, 255, cv2.THRESH_BINARY)
        outlines, _ = cv2.findContours(dense, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        if outlines:
            points = np.asarray(max(outlines, key=cv2.contourArea)[:, 0], dtype=np.float64)
            yield points[((points > 2) & (points < limits)).all(axis=1)]


def _circle(points: Points) -> tuple[NDArray[np.float64], float]:
    """Return the circle (x, y, radius) that most of an outline lies on, and the share of it that is seen."""
    none = np.zeros(3), 0.0
    if len(points) < LEAST_POINTS:
        return none
    random = generator(0, "circles of a disc")
    three = points[random.integers(len(points), size=(CIRCLES, 3))]
    centres, radii = _through(three)
    possible = (radii > LEAST_RADIUS * WORKING_PX) & (radii < MOST_RADIUS * WORKING_PX)
    if not possible.any():
        return none
    centres, radii = centres[possible], radii[possible]
    away = np.abs(np.linalg.norm(points - centres[:, None], axis=2) - radii[:, None])
    on = away[(away < NEAR).sum(axis=1).argmax()] < NEAR
    circle = np.zeros(3)
    for _ in range(3):
        if on.sum() < LEAST_POINTS:
            return none
        design = np.column_stack([points[on], np.ones(on.sum())])
        fitted = np.linalg.lstsq(design, np.square(points[on]).sum(axis=1), rcond=None)[0]
        centre = fitted[:2] / 2
        circle = np.array([*centre, np.sqrt(fitted[2] + centre @ centre)])
        on = np.abs(np.linalg.norm(points - centre, axis=1) - circle[2]) < NEAR
    angles = np.arctan2(*(points[on] - circle[:2]).T)
    arc = len(np.unique(np.floor(angles * 36 / np.pi))) / 72
    return circle, arc


def _step(density: Floats, outline: Points, circle: NDArray[np.float64]) -> float:
    """Return how many times denser the texture is inside the circle than outside, where the outline lies on it."""
    away = outline - circle[:2]
    length = np.linalg.norm(away, axis=1, keepdims=True)
    on = np.abs(length[:, 0] - circle[2]) < NEAR
    sides = []
    for radius in (circle[2] - BESIDE, circle[2] + BESIDE):
        places = np.rint(circle[:2] + radius * (away / length)[on]).astype(np.intp)
        limits = np.array(density.shape[::-1])
        x, y = places[((places >= 0) & (places < limits)).all(axis=1)].T
        sides.append(float(np.median(density[y, x])) if len(x) else 0.0)
    return sides[0] / max(sides[1], 1e-6)


def _through(three: NDArray[np.float64]) -> tuple[Points, NDArray[np.float64]]:
    """Return centres, (N, 2), and radii, (N,), of the circles through three points each, (N, 3, 2)."""
    first, edges = three[:, 0], three[:, 1:] - three[:, :1]
    half = np.square(edges).sum(axis=2) / 2
    area = edges[:, 0, 0] * edges[:, 1, 1] - edges[:, 0, 1] * edges[:, 1, 0]
    area = np.where(np.abs(area) < 25, np.nan, area)  # in a row: no circle
    x = (edges[:, 1, 1] * half[:, 0] - edges[:, 0, 1] * half[:, 1]) / area
    y = (edges[:, 0, 0] * half[:, 1] - edges[:, 1, 0] * half[:, 0]) / area
    away = np.column_stack([x, y])
    return first + away, np.linalg.norm(away, axis=1)
