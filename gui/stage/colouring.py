"""Colours, numbers and arrows of overlays, without Qt. Display only: values are shown, never changed.

Cells keep their native grid. Where many cells fall on one screen pixel, blocks of them are averaged first, and the
colour bar says so.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine.core.colour_maps import lookup
from engine.core.pixels import apply_matrix
from gui.stage.geometry import Array, Size, jacobian

Words = NDArray[np.uint32]
Values = NDArray[np.float32]
ARROW_SPACING = 10.0  # view pixels between arrows at least
ARROW_COLOURS = 8
BAND = 32  # rows of a screen that are coloured together


@dataclass(frozen=True)
class OverlayStyle:
    """How a person wants an overlay shown; ``low`` and ``high`` bound the colours, in the overlay's unit.

    ``arrows`` draws displacements as arrows, else their lengths as a map; a raster of single values is always a map.
    """

    visible: bool
    opacity: float
    low: float
    high: float
    colour_map: str
    both_panes: bool = False
    arrows: bool = True


@lru_cache(maxsize=32)
def _table(colour_map: str, opacity: float) -> Words:
    """Return 257 premultiplied 0xAARRGGBB words: the colour map, then nothing at all."""
    alpha = round(255 * opacity)
    colours = lookup(colour_map).astype(np.uint32)
    premultiplied = (colours * np.uint32(alpha) + 127) // 255
    words = premultiplied[:, 0] << 16 | premultiplied[:, 1] << 8 | premultiplied[:, 2] | np.uint32(alpha << 24)
    return np.append(words, np.uint32(0)).astype(np.uint32)


def shares(values: Values, low: float, high: float) -> Values:
    """Return where values lie between low and high, 0..1, clipped; NaN stays NaN."""
    span = high - low
    return np.clip((values - np.float32(low)) / np.float32(span if abs(span) > 1e-12 else 1e-12), 0.0, 1.0)


def coloured(values: Values, low: float, high: float, colour_map: str, opacity: float) -> Words:
    """Return an array (H, W) as premultiplied 0xAARRGGBB words; NaN becomes fully transparent."""
    places = np.nan_to_num(shares(values, low, high) * np.float32(255.0), nan=256.0)
    return _table(colour_map, opacity)[np.rint(places).astype(np.uint16)]


def magnitudes(values: Values) -> Values:
    """Return the values themselves, or the lengths of displacements (H, W, 2)."""
    return values if values.ndim == 2 else np.hypot(values[..., 0], values[..., 1])


def block_mean(values: Values, factor: int) -> Values:
    """Return the mean of every factor x factor block of cells; cells without a measurement do not count.

    A block without any measurement stays NaN. Blocks at the right and lower edge may be smaller.
    """
    if factor == 1:
        return values
    height, width = values.shape
    padded = np.full((-(-height // factor) * factor, -(-width // factor) * factor), np.nan, dtype=np.float32)
    padded[:height, :width] = values
    blocks = padded.reshape(padded.shape[0] // factor, factor, padded.shape[1] // factor, factor)
    there = ~np.isnan(blocks)
    count = there.sum(axis=(1, 3))
    total = np.where(there, blocks, np.float32(0)).sum(axis=(1, 3), dtype=np.float64)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(np.float32)


def block_factor(cell_size: float) -> int:
    """Return how many cells to average along each axis when a cell is ``cell_size`` screen pixels wide."""
    if cell_size >= 0.5:
        return 1
    return int(2 ** math.floor(-math.log2(max(cell_size, 1e-6))))


@dataclass(frozen=True)
class Arrows:
    """Displacement arrows in view pixels.

    tails, heads : (N, 2)
    colours : (N,) index 0..ARROW_COLOURS-1 by magnitude between the overlay's low and high
    gain : how many times longer than true the arrows are
    every : one arrow for every this many cells along each axis
    """

    tails: Array
    heads: Array
    colours: NDArray[np.intp]
    gain: float
    every: int


def arrows(values: Values, grid_to_view: Array, capture_to_view: Array, size: Size, low: float, high: float) -> Arrows:
    """Return arrows for displacements (H, W, 2) in capture pixels, one per cell or fewer where cells are small.

    Their common gain is a round number that keeps most of them shorter than the distance between them.
    """
    height, width = values.shape[:2]
    origin = (width / 2.0, height / 2.0)
    cell = math.sqrt(abs(float(np.linalg.det(jacobian(grid_to_view, origin)))))
    every = max(math.ceil(ARROW_SPACING / max(cell, 1e-6) - 1e-6), 1)
    rows, columns = np.mgrid[every // 2 : height : every, every // 2 : width : every]
    cells = np.stack([columns.ravel(), rows.ravel()], axis=1)
    vectors = values[cells[:, 1], cells[:, 0]].astype(np.float64)
    tails = apply_matrix(grid_to_view, cells)
    inside = ((tails > -50.0) & (tails < np.array(size) + 50.0)).all(axis=1) & ~np.isnan(vectors).any(axis=1)
    tails, vectors = tails[inside], vectors[inside]
    if not len(tails):
        return Arrows(tails, tails, np.zeros(0, dtype=np.intp), 1.0, every)
    at = np.linalg.inv(capture_to_view) @ np.array([size[0] / 2.0, size[1] / 2.0, 1.0])
    shown = vectors @ jacobian(capture_to_view, (at[0] / at[2], at[1] / at[2])).T
    typical = float(np.quantile(np.hypot(*shown.T), 0.95))
    gain = round_down(0.9 * max(cell * every, ARROW_SPACING) / max(typical, 1e-9))
    colours = np.rint(shares(np.hypot(*vectors.T).astype(np.float32), low, high) * (ARROW_COLOURS - 1))
    return Arrows(tails, tails + gain * shown, colours.astype(np.intp), gain, every)


def arrow_colours(colour_map: str) -> list[tuple[int, int, int]]:
    """Return the RGB colours of arrows, from short to long."""
    table = lookup(colour_map)
    rows = [table[round(255 * i / (ARROW_COLOURS - 1))] for i in range(ARROW_COLOURS)]
    return [(int(red), int(green), int(blue)) for red, green, blue in rows]


def greys(words: Words) -> Words:
    """Return the greys (H, W) 0..255 of opaque 0xffRRGGBB words; greys stay as they are.

    The weights 11, 16 and 5 of 32 for red, green and blue are Qt's own (``qGray``).
    """
    # One product weighs red and blue: its upper half holds 11 R + 5 B, and nothing of its lower half carries over.
    grey = words & np.uint32(0x00FF00FF)
    grey *= np.uint32(5 << 16 | 11)
    green = words & np.uint32(0x0000FF00)
    green <<= np.uint32(12)
    grey += green
    grey >>= np.uint32(16 + 5)
    return grey


def difference_words(questioned: Words, known: Words, span: float, out: Words | None = None) -> Words:
    """Return the signed difference questioned - known of the greys on the screen as opaque 0xffRRGGBB words.

    Parameters
    ----------
    questioned, known : (H, W) uint32
        Opaque 0xffRRGGBB after levels.
    span : float
        The share of white, above 0, that is shown in the strongest colour.
    out : (H, W) uint32, optional
        Where to write the result.
    """
    if out is None:
        out = np.empty(questioned.shape, dtype=np.uint32)
    table = _difference_table(span)
    # A few rows at a time stay in the processor's cache: most of the time of whole arrays goes into fetching memory.
    for top in range(0, len(questioned), BAND):
        rows = slice(top, top + BAND)
        place = greys(questioned[rows])
        place += np.uint32(255)
        place -= greys(known[rows])
        np.take(table, place.astype(np.intp), out=out[rows], mode="clip")
    return out


@lru_cache(maxsize=8)
def _difference_table(span: float) -> Words:
    steps = np.arange(-255, 256, dtype=np.float32) / 255.0
    return coloured(steps, -span, span, "diverging", 1.0)


def round_down(value: float) -> float:
    """Return the largest of 1, 2, 5 times a power of ten that is not above a positive value."""
    power = 10.0 ** math.floor(math.log10(value))
    for step in (5.0, 2.0, 1.0):
        if step * power <= value * (1 + 1e-9):
            return step * power
    return power


def number(value: float) -> str:
    """Return a number with three significant digits, without an exponent where it reads well."""
    if value == 0.0:
        return "0"
    if 1e-3 <= abs(value) < 1e5:
        digits = max(2 - math.floor(math.log10(abs(value))), 0)
        text = f"{value:.{digits}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return f"{value:.2e}"


def unit_text(unit: str) -> str:
    """Return a unit as it is written for people."""
    return "\N{MICRO SIGN}m" if unit == "um" else unit


def quantity(value: float, unit: str) -> str:
    """Return a number with its unit."""
    return f"{number(value)} {unit_text(unit)}".rstrip()


@dataclass(frozen=True)
class ScaleBar:
    """A bar of a round length: its view pixels, and its text."""

    pixels: float
    text: str


def scale_bar(zoom: float, um_per_px: float | None, source: str, longest: float) -> ScaleBar:
    """Return the longest round bar of at most ``longest`` view pixels.

    Parameters
    ----------
    zoom : float
        View pixels per capture pixel.
    um_per_px : float or None
        The scale; without one the bar counts capture pixels.
    source : str
        Where the scale comes from.
    """
    if um_per_px is None:
        length = max(round_down(longest / zoom), 1.0)
        return ScaleBar(length * zoom, f"{number(length)} px (no scale)")
    length = round_down(longest / zoom * um_per_px)
    text = f"{number(length / 1000.0)} mm" if length >= 1000.0 else f"{number(length)} \N{MICRO SIGN}m"
    return ScaleBar(length / um_per_px * zoom, f"{text} ({source})")
