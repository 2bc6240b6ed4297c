"""Structure that a symbology shares: the parts of a QR code that every code of its version has.

Finders, timing rows, alignment patterns, format information and the quiet zone look alike in two codes of different
content, so they say nothing about which code a capture shows. ISO/IEC 18004:2015, 6.3 and annex E.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from engine.core.method import Pixels
from engine.core.pixels import apply_matrix
from engine.imaging.identity_padding import equal_modules
from engine.imaging.refine import Array, Mask, light

DETECTION_SIDE = 1200  # pixels of the longer side where a code is looked for
BORDER = 40  # white pixels put around: a capture cut to the code has no quiet zone, and detectors want one
LEAST_CONTRAST = 0.7  # correlation of the timing rows with their alternation


@dataclass(frozen=True)
class SharedStructure:
    """Quadrilaterals (N, 4, 2) in capture pixels that hold shared structure, and the module's side in pixels."""

    quads: Array
    module_px: float

    def mask(self, shape: tuple[int, ...], to_capture: Array) -> Mask:
        """Return the (H, W) mask of shared structure on a frame whose pixels ``to_capture`` takes to the capture's."""
        drawn = np.zeros(shape[:2], dtype=np.uint8)
        back = np.linalg.inv(to_capture)
        for quad in self.quads:
            corners = np.clip(apply_matrix(back, quad), -30_000, 30_000)
            cv2.fillConvexPoly(drawn, np.round(corners * 16).astype(np.int32), 1, lineType=cv2.LINE_8, shift=4)
        return drawn > 0

    def holds(self, points: Array) -> Mask:
        """Return which (N, 2) capture pixels lie in shared structure."""
        inside = np.zeros(len(points), dtype=bool)
        for quad in self.quads.astype(np.float32):
            for index, (x, y) in enumerate(points):
                inside[index] |= cv2.pointPolygonTest(quad.reshape(-1, 1, 2), (float(x), float(y)), False) >= 0
        return inside


def shared_structure(pixels: Pixels) -> SharedStructure | None:
    """Find a whole QR code in a capture and return what it shares with others; None where there is none."""
    image, matrix = light(pixels, min(1.0, DETECTION_SIDE / max(pixels.shape[:2])))
    eight = (np.sqrt(np.clip(image, 0, 1)) * 255).astype(np.uint8)
    framed = cv2.copyMakeBorder(eight, BORDER, BORDER, BORDER, BORDER, cv2.BORDER_CONSTANT, value=255)
    found, corners = cv2.QRCodeDetector().detect(framed)
    if not found or corners is None:
        return None
    corners = corners.reshape(-1, 4, 2)[0].astype(np.float64) - BORDER
    best = max((_timing(eight, corners, count), count) for count in range(21, 178, 4))
    if best[0] < LEAST_CONTRAST:
        return None
    modules = best[1]
    to_image = _from_modules(corners, modules)
    to_capture = np.linalg.inv(matrix) @ to_image
    quads = [
        apply_matrix(to_capture, np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], dtype=np.float64))
        for x0, y0, x1, y1 in (*_rectangles(modules), *_padding(eight, framed, corners, modules))
    ]
    upper = apply_matrix(to_capture, np.array([[0.0, 0.0], [modules, 0.0]]))
    return SharedStructure(np.array(quads), float(np.hypot(*(upper[1] - upper[0]))) / modules)


def _padding(
    image: np.ndarray, framed: np.ndarray, corners: Array, modules: int
) -> list[tuple[float, float, float, float]]:
    """Return what a short payload leaves equal in other codes, as runs of modules; nothing where it cannot be read."""
    text = cv2.QRCodeDetector().decode(framed, (corners + BORDER).astype(np.float32)[None])[0]
    if not text:
        return []
    centres = np.stack(np.meshgrid(np.arange(modules) + 0.5, np.arange(modules) + 0.5), axis=-1).reshape(-1, 2)
    x, y = apply_matrix(_from_modules(corners, modules), centres).T.astype(np.float32)
    values = cv2.remap(image, x[None], y[None], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[0]
    printed = (values < (float(values.min()) + float(values.max())) / 2).reshape(modules, modules)
    found: list[tuple[float, float, float, float]] = []
    for row, equal in enumerate(equal_modules(text, printed)):
        edges = np.flatnonzero(np.diff(np.r_[False, equal, False].astype(np.int8)))
        found += [(float(a), row, float(b), row + 1.0) for a, b in edges.reshape(-1, 2)]
    return found


def _from_modules(corners: Array, modules: int) -> Array:
    square = np.array([[0, 0], [modules, 0], [modules, modules], [0, modules]], dtype=np.float32)
    return np.asarray(cv2.getPerspectiveTransform(square, corners.astype(np.float32)), dtype=np.float64)


def _timing(image: np.ndarray, corners: Array, modules: int) -> float:
    """Return how well the timing row and column alternate if the code had so many modules a side, -1..1."""
    along = np.arange(8, modules - 8) + 0.5
    across = np.full_like(along, 6.5)
    points = apply_matrix(_from_modules(corners, modules), np.vstack([np.c_[along, across], np.c_[across, along]]))
    x, y = points.T.astype(np.float32)
    values = cv2.remap(image, x[None], y[None], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[0].astype(float)
    ideal = np.tile(np.where(np.arange(len(along)) % 2 == 0, 0.0, 1.0), 2)  # module 8 is black
    if values.std() < 1:
        return -1.0
    return float(np.corrcoef(values, ideal)[0, 1])


def _rectangles(modules: int) -> list[tuple[float, float, float, float]]:
    """Return the shared rectangles (left, top, right, bottom) in modules."""
    end, quiet = modules, 4
    found: list[tuple[float, float, float, float]] = [
        (-quiet, -quiet, end + quiet, 0),
        (-quiet, end, end + quiet, end + quiet),
        (-quiet, 0, 0, end),
        (end, 0, end + quiet, end),
        (0, 0, 9, 9),  # finder, separator and format information
        (end - 8, 0, end, 9),
        (0, end - 8, 9, end),
        (8, 6, end - 8, 7),
        (6, 8, 7, end - 8),
    ]
    version = (modules - 17) // 4
    if version >= 7:  # version information
        found += [(end - 11, 0, end - 8, 6), (0, end - 11, 6, end - 8)]
    centres = alignment_centres(version)
    for row in centres:
        for column in centres:
            if (row, column) not in ((6, 6), (6, centres[-1]), (centres[-1], 6)):
                found.append((column - 2, row - 2, column + 3, row + 3))
    return found


def alignment_centres(version: int) -> list[int]:
    """Return the rows (and columns) of a version's alignment patterns (ISO/IEC 18004:2015, table E.1)."""
    if version == 1:
        return []
    count = version // 7 + 2
    last = 4 * version + 10
    # The table's spacing is even and the same but before the second; version 32 alone departs from the rule.
    step = 26 if version == 32 else int(np.ceil((last - 6) / (count - 1) / 2)) * 2
    return [6, *(last - step * (count - 2 - index) for index in range(count - 1))]
