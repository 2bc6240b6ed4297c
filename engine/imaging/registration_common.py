"""Two registered captures on one frame, at the pixel size that both can show."""

from dataclasses import dataclass

import cv2
import numpy as np

from engine.core.method import Pixels
from engine.core.pixels import Transform, apply_matrix
from engine.imaging.refine import Array, Image, Mask, floats, light
from engine.imaging.registration_check import geometry

LARGEST_SIDE = 2000  # pixels of the common frame
SMALLEST_SIDE = 200  # smaller overlaps are enlarged twice, so that windows lie closer


@dataclass(frozen=True)
class Common:
    """Both captures in linear light on one frame, (H, W) float32 in 0..1, and which pixels both show.

    ``to_questioned`` (3, 3) takes frame pixels to questioned capture pixels; ``pixel`` is the frame's pixel in pixels
    of the coarser capture; ``um_per_px`` the frame's pixel in micrometres, None where no scale is known.
    """

    questioned: Image
    known: Image
    seen: Mask
    to_questioned: Array
    pixel: float
    um_per_px: float | None

    @property
    def overlap(self) -> float:
        """Share of the questioned capture that the known one shows too, 0..1."""
        return float(self.seen.mean())


def common_frame(
    questioned: Pixels, known: Pixels, transform: Transform, um_per_questioned_px: float | None = None
) -> Common:
    """Bring both captures to the questioned one's orientation and the coarser one's pixel size.

    The finer capture is averaged over the coarser one's pixels first, so neither shows what the other cannot. Where
    the known capture covers a small part of the questioned one, only that part is taken.
    """
    matrix = transform.array()
    height, width = questioned.shape[:2]
    left, top, right, bottom = _overlap(matrix, (height, width), known.shape[:2])
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], dtype=np.float64)
    scale = geometry(matrix, corners).scale  # known pixels per questioned pixel
    size = max(1.0, 1.0 / scale)  # the coarser capture's pixel, in questioned pixels
    native = size
    longest = max(right - left, bottom - top)
    if longest / size < SMALLEST_SIDE:
        size /= 2
    size = max(size, longest / LARGEST_SIDE)
    first, to_first = light(questioned[top:bottom, left:right], 1.0 / size)
    first = floats(np.clip(first, 0.0, 1.0))  # enlarging overshoots at edges, and light is never negative
    # Of the known capture, too, only what the box shows is ever turned into floats.
    placed = apply_matrix(matrix, corners)
    margin = 4 * size * scale + 4
    low = np.clip(np.floor(placed.min(axis=0) - margin), 0, [known.shape[1] - 2, known.shape[0] - 2]).astype(int)
    high = np.clip(np.ceil(placed.max(axis=0) + margin), low + 2, [known.shape[1], known.shape[0]]).astype(int)
    second, to_second = light(known[low[1] : high[1], low[0] : high[0]], min(1.0, 1.0 / (size * scale)))
    to_questioned = _moved(left, top) @ np.linalg.inv(to_first)
    fetch = to_second @ _moved(-low[0], -low[1]) @ matrix @ to_questioned
    frame = (first.shape[1], first.shape[0])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    other = floats(cv2.warpPerspective(second, fetch, frame, flags=flags, borderMode=cv2.BORDER_REPLICATE))
    inside = np.ones(second.shape, dtype=np.uint8)
    seen = np.asarray(cv2.warpPerspective(inside, fetch, frame, flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP)) > 0
    um = None if um_per_questioned_px is None else um_per_questioned_px * size
    return Common(first, other, seen, to_questioned, size / native, um)


def _moved(x: float, y: float) -> Array:
    return np.array([[1.0, 0.0, x], [0.0, 1.0, y], [0.0, 0.0, 1.0]])


def _overlap(matrix: Array, questioned: tuple[int, ...], known: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Return the box (left, top, right, bottom) of the questioned capture that may show what the known one shows."""
    across, down = known[1] - 0.5, known[0] - 0.5
    corners = np.array([[x, y] for x in (-0.5, across) for y in (-0.5, down)])
    back = apply_matrix(np.linalg.inv(matrix), corners)
    low = np.clip(np.floor(back.min(axis=0)), 0, [questioned[1] - 1, questioned[0] - 1]).astype(int)
    high = np.clip(np.ceil(back.max(axis=0)) + 1, low + 1, [questioned[1], questioned[0]]).astype(int)
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])
