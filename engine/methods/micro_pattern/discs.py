"""Round labels whose pattern fills a disc without a mark of direction: found, and the same pattern found again.

For labels such as random metal fractals in a circle. Nothing is trained. The disc is the circle that bounds the
textured part of a capture; half of its outline suffices. Patterns are sought by their polar texture at any rotation,
then small patches of the short list decide, as with etched labels.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import ImagingError, InputError
from engine.core.seeds import generator
from engine.methods.micro_pattern.patches import Floats, MatchedPoints, Points, compared
from engine.methods.micro_pattern.polar import spectra, turned, unrolled

WORKING_PX = 256  # side at which the disc is sought
GRAIN, SPREAD = (1.0, 4.0), 5.0  # working pixels: sigmas between which texture lies, and of its density
PIECE_PX = 25  # working pixels: strips narrower than this are no disc
LEAST_POINTS = 30  # of an outline on one circle
CIRCLES = 400  # tried, each through three points of the outline
NEAR = 3.0  # working pixels from the circle
BESIDE, DENSER = 12.0, 1.25  # working pixels beside the circle, and how much denser the texture is inside
LEAST_RADIUS, MOST_RADIUS = 0.2, 0.75  # of the capture's longer side
ARC, WHOLE = 0.3, 0.7  # of the circle must be seen as outline: to be sought, to be enrolled
CROP_PX, RADIUS = 256, 120.0  # side of a disc's crop, and the disc's radius there
INNER = 0.97  # of the radius: what is judged
BAND, CONTRAST = (1.0, 5.0), 8.0  # crop pixels: sigmas between which texture lies, and of what levels its contrast
TEXTURED = 0.3  # of the typical contrast: less is covered or empty
ANGLES, RINGS = 360, 40
ASIDE = (-2.5, 0.0, 2.5)  # crop pixels: centres tried, because that of a half covered disc is uncertain
SHORT_LIST = 5


@dataclass(frozen=True, eq=False)
class DiscPattern:
    """What a capture shows of a round label.

    Parameters
    ----------
    centre : NDArray[np.float64]
        (2,) of the disc in capture pixels (x, y).
    radius : float
        Of the disc, in capture pixels.
    arc : float
        Share of the circle that is seen as the pattern's outline, 0..1; about 0.4 where half of the disc is covered.
    crop : NDArray[np.uint8]
        (256, 256) grey, the disc in its middle with a radius of 120 pixels, not turned.
    """

    centre: NDArray[np.float64]
    radius: float
    arc: float
    crop: NDArray[np.uint8]

    @property
    def whole(self) -> bool:
        """Whether enough of the outline is seen for the label to be enrolled."""
        return self.arc >= WHOLE

    @property
    def to_capture(self) -> Points:
        """Matrix from the crop's pixels to the capture's, (2, 3)."""
        return _to_capture(self.centre, self.radius)


@dataclass(frozen=True, eq=False)
class DiscHit:
    """A known pattern compared with the questioned one.

    Parameters
    ----------
    place : int
        Which of the known patterns.
    likeness : float
        Correlation of the polar textures at the best rotation, -1..1, higher = more alike.
    points : MatchedPoints
        Patches found again, in pixels of both captures; their score says how alike the patterns are.
    """

    place: int
    likeness: float
    points: MatchedPoints


def disc_pattern(pixels: NDArray[np.uint8]) -> DiscPattern:
    """Find the disc of a round label.

    Parameters
    ----------
    pixels : NDArray[np.uint8]
        (H, W, 3) RGB or (H, W) grey; one disc fills a good part of it.

    Raises
    ------
    ImagingError
        No textured disc is seen.
    """
    import cv2

    grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY) if pixels.ndim == 3 else pixels, dtype=np.uint8)
    share = WORKING_PX / max(grey.shape)
    small = cv2.resize(grey, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    density = _density(np.asarray(small, dtype=np.uint8))
    outline = _outline(density)
    circle, arc = _circle(outline)
    if arc < ARC or _step(density, outline, circle) < DENSER:
        raise ImagingError("No textured disc is seen", remedy="Capture the whole round label, in focus.")
    centre, radius = (circle[:2] + 0.5) / share - 0.5, circle[2] / share
    ratio = radius / RADIUS
    if ratio > 1.2:  # averaged before pixels are left out
        grey = np.asarray(cv2.GaussianBlur(grey, (0, 0), 0.4 * ratio), dtype=np.uint8)
    return DiscPattern(centre, radius, arc, _warped(grey, _to_capture(centre, radius)))


class DiscPatterns:
    """Known round labels in which a questioned one is sought."""

    def __init__(self, known: Sequence[DiscPattern]) -> None:
        if not known:
            raise InputError("No pattern is enrolled", remedy="Enrol captures of known labels first.")
        self._known = tuple(known)
        self._textures = [_texture(each.crop) for each in self._known]
        self._spectra = spectra(np.stack([_unrolled(texture, 0.0, 0.0) for texture, _ in self._textures]))

    def find(self, questioned: DiscPattern, k: int = SHORT_LIST) -> tuple[DiscHit, ...]:
        """Return the ``k`` known patterns most like the questioned one, best first, ties by their order."""
        texture, _ = _texture(questioned.crop)
        likeness = np.full(len(self._known), -np.inf)
        poses = np.zeros((len(self._known), 3))  # turn, and the centre's place aside
        for x in ASIDE:
            for y in ASIDE:
                alike, turns = turned(_unrolled(texture, x, y), self._spectra)
                better = alike > likeness
                likeness[better] = alike[better]
                poses[better] = np.column_stack([turns, np.full(len(turns), x), np.full(len(turns), y)])[better]
        short = np.argsort(-likeness, kind="stable")[:k]
        hits = [self._hit(questioned, int(place), float(likeness[place]), poses[place]) for place in short]
        return tuple(sorted(hits, key=lambda hit: (-hit.points.score, -hit.likeness, hit.place)))

    def _hit(self, questioned: DiscPattern, place: int, likeness: float, pose: NDArray[np.float64]) -> DiscHit:
        known = self._known[place]
        back = _turn_about_middle(pose)  # from pixels of the turned crop to the crop's own
        first, seen = _texture(_warped(questioned.crop, back))
        second, there = self._textures[place]
        found = compared(first, second, np.minimum(seen, there))
        last = np.array([[0.0, 0.0, 1.0]])
        to_capture = questioned.to_capture @ np.vstack([back, last])
        return DiscHit(place, likeness, found.placed(questioned=to_capture, known=known.to_capture))


def _density(grey: NDArray[np.uint8]) -> Floats:
    """Return how much texture there is about each place, (H, W) float32."""
    import cv2

    fine, coarse = (cv2.GaussianBlur(grey.astype(np.float32), (0, 0), sigma) for sigma in GRAIN)
    texture = np.abs(fine - coarse)
    clipped = np.minimum(texture, np.percentile(texture, 90))
    return np.asarray(cv2.GaussianBlur(clipped, (0, 0), SPREAD), dtype=np.float32)


def _outline(density: Floats) -> Points:
    """Return the outline of the largest textured piece, (P, 2), but for what lies at the picture's edge."""
    import cv2

    round_piece = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (PIECE_PX, PIECE_PX))
    pieces = cv2.morphologyEx(density, cv2.MORPH_OPEN, round_piece)  # before the threshold, which edges would raise
    eight = np.asarray(255 * pieces / max(float(pieces.max()), 1e-6), dtype=np.uint8)
    _, dense = cv2.threshold(eight, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    outlines, _ = cv2.findContours(dense, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not outlines:
        return np.empty((0, 2))
    points = np.asarray(max(outlines, key=cv2.contourArea)[:, 0], dtype=np.float64)
    limits = np.array(density.shape[::-1]) - 3
    return points[((points > 2) & (points < limits)).all(axis=1)]


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


def _texture(crop: NDArray[np.uint8]) -> tuple[Floats, Floats]:
    """Return a crop's texture at one contrast, (256, 256) float32, 0 where there is none, and where it is."""
    import cv2

    inside = _inside()
    fine, coarse = (cv2.GaussianBlur(crop.astype(np.float32), (0, 0), sigma) for sigma in BAND)
    band = np.asarray(fine - coarse, dtype=np.float32)
    contrast = np.sqrt(np.asarray(cv2.GaussianBlur(band * band, (0, 0), CONTRAST), dtype=np.float32))
    typical = np.percentile(contrast[inside], 60)
    seen = np.asarray(inside & (contrast > TEXTURED * typical), dtype=np.float32)
    level = np.clip(band / (contrast + 0.2 * typical + 1e-3), -3, 3) * seen
    return np.asarray(level, dtype=np.float32), seen


def _inside() -> NDArray[np.bool_]:
    y, x = np.mgrid[:CROP_PX, :CROP_PX] - (CROP_PX - 1) / 2
    return np.asarray(np.hypot(x, y) < INNER * RADIUS)


def _unrolled(texture: Floats, x: float, y: float) -> Floats:
    import cv2

    centre = np.array([x, y]) + (CROP_PX - 1) / 2
    smooth = np.asarray(cv2.GaussianBlur(texture, (0, 0), BAND[0]), dtype=np.float32)
    return unrolled(smooth, centre, 0.95 * RADIUS, angles=ANGLES, rings=RINGS)


def _turn_about_middle(pose: NDArray[np.float64]) -> Points:
    """Return the (2, 3) matrix from a crop turned upright to the crop as it lies; pose: turn, centre aside (x, y)."""
    turn, aside = -pose[0], pose[1:]
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    middle = np.full(2, (CROP_PX - 1) / 2)
    return np.column_stack([matrix, middle + aside - matrix @ middle])


def _to_capture(centre: NDArray[np.float64], radius: float) -> Points:
    ratio = radius / RADIUS
    return np.column_stack([ratio * np.eye(2), centre - ratio * (CROP_PX - 1) / 2])


def _warped(grey: NDArray[np.uint8], matrix: Points) -> NDArray[np.uint8]:
    import cv2

    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    size = (CROP_PX, CROP_PX)
    return np.asarray(cv2.warpAffine(grey, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE), dtype=np.uint8)
