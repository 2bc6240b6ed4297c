"""Round labels whose pattern fills a disc without a mark of direction: found, and the same pattern found again.

For labels such as random metal fractals in a circle. Nothing is trained. The disc is the circle that bounds the
textured part of a capture; a third of the disc suffices. Patterns are sought by their polar texture at any rotation,
then small patches of the short list decide, as with etched labels. Where the outline leaves several circles possible,
each is sought.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import ImagingError, InputError
from engine.methods.micro_pattern.circles import circles
from engine.methods.micro_pattern.patches import Floats, MatchedPoints, Points, compared
from engine.methods.micro_pattern.polar import spectra, turned, unrolled

WHOLE = 0.7  # of the circle must be seen as outline for a label to be enrolled
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
    questioned : DiscPattern
        Which of the questioned ones: the disc as it was judged.
    likeness : float
        Correlation of the polar textures at the best rotation, -1..1, higher = more alike.
    points : MatchedPoints
        Patches found again, in pixels of both captures; their score says how alike the patterns are.
    size_ratio : float
        Questioned over known radius in pixels.
    """

    place: int
    questioned: DiscPattern
    likeness: float
    points: MatchedPoints
    size_ratio: float

    @property
    def score(self) -> float:
        """Share of the patches that were found again, 0..1, higher = more alike."""
        return self.points.score

    @property
    def transform(self) -> Points:
        """Affine matrix from questioned to known pixels, (2, 3)."""
        return self.points.transform


def disc_pattern(pixels: NDArray[np.uint8]) -> DiscPattern:
    """Find the disc of a round label: the most likely of ``disc_patterns``."""
    return disc_patterns(pixels)[0]


def disc_patterns(pixels: NDArray[np.uint8]) -> tuple[DiscPattern, ...]:
    """Find the disc of a round label: every circle that its outline leaves possible, the likeliest first.

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
    possible = circles(grey)
    if not possible:
        raise ImagingError("No textured disc is seen", remedy="Capture the whole round label, in focus.")
    patterns: list[DiscPattern] = []
    for circle in possible:
        ratio = circle.radius / RADIUS
        # averaged before pixels are left out
        smooth = np.asarray(cv2.GaussianBlur(grey, (0, 0), 0.4 * ratio), dtype=np.uint8) if ratio > 1.2 else grey
        crop = _warped(smooth, _to_capture(circle.centre, circle.radius))
        patterns.append(DiscPattern(circle.centre, circle.radius, circle.arc, crop))
    return tuple(patterns)


class DiscPatterns:
    """Known round labels in which a questioned one is sought."""

    def __init__(self, known: Sequence[DiscPattern]) -> None:
        if not known:
            raise InputError("No pattern is enrolled", remedy="Enrol captures of known labels first.")
        self._known = tuple(known)
        self._textures = [_texture(each.crop) for each in self._known]
        self._spectra = spectra(np.stack([_unrolled(texture, 0.0, 0.0) for texture, _ in self._textures]))

    def find(self, questioned: Sequence[DiscPattern], k: int = SHORT_LIST) -> tuple[DiscHit, ...]:
        """Return the ``k`` known patterns most like the questioned one, best first, ties by their order.

        Parameters
        ----------
        questioned : Sequence[DiscPattern]
            One label by every circle that its outline leaves possible; each known one is judged in the likeliest.
        k : int
            How many.
        """
        likeness = np.full(len(self._known), -np.inf)
        poses = np.zeros((len(self._known), 4))  # which circle, turn, and the centre's place aside
        for which, pattern in enumerate(questioned):
            texture, _ = _texture(pattern.crop)
            for x in ASIDE:
                for y in ASIDE:
                    alike, turns = turned(_unrolled(texture, x, y), self._spectra)
                    pose = np.column_stack(
                        [np.full(len(turns), which), turns, np.broadcast_to([x, y], (len(turns), 2))]
                    )
                    better = alike > likeness
                    likeness[better], poses[better] = alike[better], pose[better]
        short = np.argsort(-likeness, kind="stable")[:k]
        hits = [
            self._hit(questioned[int(poses[place, 0])], int(place), float(likeness[place]), poses[place, 1:])
            for place in short
        ]
        return tuple(sorted(hits, key=lambda hit: (-hit.points.score, -hit.likeness, hit.place)))

    def _hit(self, questioned: DiscPattern, place: int, likeness: float, pose: NDArray[np.float64]) -> DiscHit:
        known = self._known[place]
        back = _turn_about_middle(pose)  # from pixels of the turned crop to the crop's own
        first, seen = _texture(_warped(questioned.crop, back))
        second, there = self._textures[place]
        found = compared(first, second, np.minimum(seen, there))
        last = np.array([[0.0, 0.0, 1.0]])
        to_capture = questioned.to_capture @ np.vstack([back, last])
        points = found.placed(questioned=to_capture, known=known.to_capture)
        return DiscHit(place, questioned, likeness, points, questioned.radius / known.radius)


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
