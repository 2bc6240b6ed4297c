"""The two captures at common pixel sizes: the reference, which is the capture of smaller extent, and the moving one.

A pixel size is counted in moving pixels. Moving captures may be much larger than the reference, so only the part
around a placement is ever read at full size.
"""

from dataclasses import dataclass, field

import cv2
import numpy as np

from engine.core.method import Pixels
from engine.core.pixels import apply_matrix
from engine.imaging.refine import Array, Image, Mask, band_passed, floats, light

COARSE_SIDE = 160  # longer side of the reference where hypotheses are compared, in pixels
FINE_SIDE = 1200  # and where the transform is refined last
SMALL_SIDE = 250  # a smaller reference is enlarged twice, so that a window's peak lies between pixels
WHOLE = 0.4  # share of the moving capture from which all of it is prepared
MARGIN = 0.15  # part of the moving capture read around a placement, relative to the reference's extent


@dataclass(frozen=True)
class Pair:
    """A reference and a moving capture with their ratio: moving pixels per reference pixel.

    ``whole`` keeps the moving capture at the pixel sizes where all of it was prepared.
    """

    reference: Pixels
    moving: Pixels
    ratio: float
    whole: dict[float, "Prepared"] = field(default_factory=dict, compare=False, repr=False)

    @property
    def extent(self) -> float:
        """Longer side of the reference in moving pixels."""
        return max(self.reference.shape[:2]) * self.ratio

    @property
    def sizes(self) -> list[float]:
        """Pixel sizes from coarse to fine, each at most twice the next, in moving pixels."""
        native = max(1.0, self.ratio)
        finest = max(native, self.extent / FINE_SIDE)
        if self.extent / native < SMALL_SIDE:
            finest = native / 2
        coarsest = max(finest, self.extent / COARSE_SIDE)
        count = int(np.ceil(np.log2(coarsest / finest) - 1e-9)) + 1
        return [float(size) for size in np.geomspace(coarsest, finest, count)]

    def corners(self) -> Array:
        """Return the (4, 2) corner pixels of the reference."""
        height, width = self.reference.shape[:2]
        return np.array([[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]], dtype=np.float64)


@dataclass(frozen=True)
class Level:
    """Both captures at one pixel size, and the matrices from capture pixels to the level's.

    ``grey_reference`` and ``grey_moving`` are as seen, 0..1; ``reference`` and ``moving`` band-passed by ``band``.
    """

    reference: Image
    moving: Image
    grey_reference: Image
    grey_moving: Image
    from_reference: Array
    from_moving: Array
    band: tuple[float, float]

    def down(self, matrix: Array) -> Array:
        """Turn a matrix from reference to moving capture pixels into one between the level's pixels."""
        return self.from_moving @ matrix @ np.linalg.inv(self.from_reference)

    def up(self, matrix: Array) -> Array:
        """Turn a matrix between the level's pixels into one from reference to moving capture pixels."""
        full = np.linalg.inv(self.from_moving) @ matrix @ self.from_reference
        return full / full[2, 2]

    def aligned(self, matrix: Array) -> tuple[Image, Mask]:
        """Return the moving capture warped onto the reference's frame and band-passed there, and where to trust it.

        Both images then end at the same places, so a filter sees the same cut at their edges; filtered before the
        warp, a small reference's edges pull the fit (by 0.3 % of scale on fields of 90 scanner pixels). Near the
        moving capture's own edges, where the reference goes on, it is not to be trusted.
        """
        height, width = self.reference.shape
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        warped = cv2.warpPerspective(
            self.grey_moving, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE
        )
        inside = np.ones(self.grey_moving.shape, dtype=np.uint8)
        seen = cv2.warpPerspective(inside, matrix, (width, height), flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP)
        reach = 2 * int(2 * self.band[1]) + 1
        trusted = cv2.erode(seen, np.ones((reach, reach), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=1)
        return band_passed(floats(warped), *self.band), np.asarray(trusted) > 0


@dataclass(frozen=True)
class Prepared:
    """A grey image, its band-passed form, and the matrix from capture pixels to its pixels."""

    grey: Image
    image: Image
    matrix: Array


def prepare(pixels: Pixels, factor: float, fine: float, coarse: float) -> Prepared:
    """Shrink (or enlarge) a capture and band-pass it; sizes as in ``band_passed``, in the result's pixels."""
    image, matrix = light(pixels, factor)
    return Prepared(image, band_passed(image, fine, coarse), matrix)


def prepare_reference(pair: Pair, size: float) -> Prepared:
    """Return the whole reference at a pixel size."""
    return prepare(pair.reference, pair.ratio / size, *_band(pair, size))


def prepare_moving(pair: Pair, size: float, matrix: Array) -> Prepared:
    """Return the moving capture around a placement (reference to moving pixels) at a pixel size.

    Where that is most of it all of it is prepared, and kept for the next placement.
    """
    height, width = pair.moving.shape[:2]
    placed = apply_matrix(matrix, pair.corners())
    margin = MARGIN * pair.extent + 8 * size
    low = np.clip(np.floor(placed.min(axis=0) - margin), 0, [width - 2, height - 2]).astype(int)
    high = np.clip(np.ceil(placed.max(axis=0) + margin), low + 2, [width, height]).astype(int)
    if np.prod(high - low) > WHOLE * width * height:
        if size not in pair.whole:
            pair.whole[size] = prepare(pair.moving, 1.0 / size, *_band(pair, size))
        return pair.whole[size]
    part = prepare(pair.moving[low[1] : high[1], low[0] : high[0]], 1.0 / size, *_band(pair, size))
    shift = np.eye(3)
    shift[:2, 2] = -low
    return Prepared(part.grey, part.image, part.matrix @ shift)


def level(pair: Pair, size: float, matrix: Array, reference: Prepared | None = None) -> Level:
    """Return both captures at a pixel size around a placement."""
    reference = reference or prepare_reference(pair, size)
    moving = prepare_moving(pair, size, matrix)
    return Level(
        reference.image,
        moving.image,
        reference.grey,
        moving.grey,
        reference.matrix,
        moving.matrix,
        _band(pair, size),
    )


def _band(pair: Pair, size: float) -> tuple[float, float]:
    """Return the band in pixels of that size: from the coarser capture's own sharpness to six times that."""
    native = max(1.0, pair.ratio)
    fine = max(1.0, native / size)
    return fine, 8.0 * fine
