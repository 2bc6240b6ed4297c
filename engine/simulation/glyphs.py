"""The 44 patterns that are etched into labels: drawings, digits, letters and Chinese characters.

He et al. 2024 etched about 44 groups of such patterns (supplementary figure 8, not reproduced here); which ones is our
choice. Labels are found at any rotation, so no glyph is another one turned: there is no 9 and no M beside W.
"""

import math
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import InputError

DRAWINGS = ("ring", "cross", "star", "heart", "crescent", "arrow", "bolt", "house")
DIGITS = tuple("012345678")
LETTERS = tuple("ABDEFGHJKLPQRT")
CHARACTERS = tuple("山水火木金土日月人中大天文")
GLYPHS = (*DRAWINGS, *DIGITS, *LETTERS, *CHARACTERS)
SIDE = 256  # pixels of a glyph's mask
FILL = 0.94  # share of the mask that a glyph's longer side takes
FONTS = Path(__file__).parents[2] / "resources" / "fonts"
LATIN_FONT = FONTS / "Inter-SemiBold.otf"
CHINESE_FONT = FONTS / "DroidSansFallbackFull.ttf"


@lru_cache(maxsize=len(GLYPHS))
def glyph_mask(glyph: str) -> NDArray[np.float32]:
    """Return how much of each pixel a glyph covers, (256, 256) float32 in 0..1, read-only; its longer side fills it.

    Raises
    ------
    InputError
        There is no such glyph.
    """
    if glyph not in GLYPHS:
        raise InputError(f"There is no glyph {glyph}", remedy=f"Choose one of: {', '.join(GLYPHS)}.")
    mask = _drawing(glyph) if glyph in DRAWINGS else _character(glyph)
    mask.setflags(write=False)
    return mask


def _character(glyph: str) -> NDArray[np.float32]:
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.truetype(CHINESE_FONT if glyph in CHARACTERS else LATIN_FONT, SIDE)
    left, top, right, bottom = font.getbbox(glyph)
    # Drawn once to know its size, then at the size at which its longer side fills the mask.
    font = font.font_variant(size=int(SIDE * SIDE * FILL / max(right - left, bottom - top)))
    left, top, right, bottom = font.getbbox(glyph)
    image = Image.new("L", (SIDE, SIDE))
    place = ((SIDE - left - right) / 2, (SIDE - top - bottom) / 2)
    ImageDraw.Draw(image).text(place, glyph, font=font, fill=255)
    return np.asarray(image, dtype=np.float32) / np.float32(255)


def _drawing(glyph: str) -> NDArray[np.float32]:
    """Return a drawing's mask; outlines are given in units of half the mask, y down."""
    import cv2

    fine = 4 * SIDE  # drawn four times as large, so that edges are smooth
    outer, holes = _OUTLINES[glyph]
    image = np.zeros((fine, fine), dtype=np.uint8)
    for outline, value in ((outer, 255), *((hole, 0) for hole in holes)):
        points = np.rint((np.asarray(outline) * FILL + 1) * fine / 2).astype(np.int32)
        cv2.fillPoly(image, [points], (value,))
    small = cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.float32) / np.float32(255)


Outline = list[tuple[float, float]]


def _circle(radius: float, x: float = 0.0, y: float = 0.0) -> Outline:
    angles = np.linspace(0, 2 * math.pi, 120, endpoint=False)
    return [(x + radius * math.cos(angle), y + radius * math.sin(angle)) for angle in angles]


def _star() -> Outline:
    corners: Outline = []
    for number in range(10):
        radius, angle = (1.0, 0.42)[number % 2], math.pi * number / 5 - math.pi / 2
        corners.append((radius * math.cos(angle), radius * math.sin(angle)))
    return corners


def _heart() -> Outline:
    corners: Outline = []
    for angle in np.linspace(0, 2 * math.pi, 160, endpoint=False):
        x = 16 * math.sin(angle) ** 3
        y = 13 * math.cos(angle) - 5 * math.cos(2 * angle) - 2 * math.cos(3 * angle) - math.cos(4 * angle)
        corners.append((x / 16, -y / 16 - 0.1))
    return corners


_CROSS: Outline = [
    (-0.3, -1), (0.3, -1), (0.3, -0.3), (1, -0.3), (1, 0.3), (0.3, 0.3),
    (0.3, 1), (-0.3, 1), (-0.3, 0.3), (-1, 0.3), (-1, -0.3), (-0.3, -0.3),
]  # fmt: skip
_ARROW: Outline = [(0, -1), (0.8, -0.1), (0.28, -0.1), (0.28, 1), (-0.28, 1), (-0.28, -0.1), (-0.8, -0.1)]
_BOLT: Outline = [(0.25, -1), (-0.65, 0.15), (-0.1, 0.15), (-0.3, 1), (0.65, -0.25), (0.08, -0.25)]
_HOUSE: Outline = [(0, -1), (1, -0.1), (0.75, -0.1), (0.75, 0.9), (-0.75, 0.9), (-0.75, -0.1), (-1, -0.1)]
_DOOR: Outline = [(-0.2, 0.9), (0.2, 0.9), (0.2, 0.25), (-0.2, 0.25)]
_OUTLINES: dict[str, tuple[Outline, list[Outline]]] = {
    "ring": (_circle(1.0), [_circle(0.68)]),
    "cross": (_CROSS, []),
    "star": (_star(), []),
    "heart": (_heart(), []),
    "crescent": (_circle(1.0), [_circle(0.8, 0.45)]),
    "arrow": (_ARROW, []),
    "bolt": (_BOLT, []),
    "house": (_HOUSE, [_DOOR]),
}
