"""Quantum-dot films with etched labels: random crystalline grains under laser-etched frames and glyphs.

After He et al. 2024: a spin-coated perovskite film whose crystal grains no two labels share, into which a nanosecond
laser etches a square frame and a glyph; in the etched lines the grains are smaller, more uniform and darker (figure 2).
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from engine.core.records import Record
from engine.core.seeds import generator
from engine.simulation.glyphs import glyph_mask
from engine.simulation.noise import Floats, floats

UM_PER_PX = 0.5  # pitch at which a film is rendered: 960 x 720 um in 1920 x 1440 px, below 1 mm2 as published
# Laser power in mW: width of an etched line in um, and what is left of the fluorescence. The published figure shows
# only that lines become wider and darker; the numbers are assumptions. Nothing is etched at 7 mW.
POWERS: dict[int, tuple[float, float]] = {17: (1.5, 0.6), 38: (2.5, 0.3), 73: (3.5, 0.1), 128: (4.5, 0.03)}
EDGE_UM = 0.4  # Gaussian sigma across an etched edge: assumption
BRIGHT_GAIN = 1.8  # agglomerated crystals outshine their neighbours: assumption
VOID_GAIN = 0.5  # where the substrate shows through: assumption


class FilmSettings(Record):
    """The film and what is etched into it. Lengths in micrometres.

    Values without a source are assumptions, chosen so that renderings look like fluorescence micrographs of films.
    """

    grain_um: Annotated[float, Field(ge=1.5, le=30, description="mean distance between neighbouring grains")] = 4.0
    grain_spread: Annotated[float, Field(ge=0, le=1, description="deviation of log brightness between grains")] = 0.25
    bright_share: Annotated[float, Field(ge=0, le=0.3, description="share of agglomerated, brighter grains")] = 0.02
    void_share: Annotated[float, Field(ge=0, le=0.3, description="share of missing grains")] = 0.01
    boundary_depth: Annotated[float, Field(ge=0, le=1, description="relative loss at grain boundaries")] = 0.25
    substructure: Annotated[float, Field(ge=0, le=0.5, description="relative deviation within a grain")] = 0.05
    thickness_spread: Annotated[float, Field(ge=0, le=0.5, description="relative deviation over tens of um")] = 0.10
    thickness_um: Annotated[float, Field(ge=10, le=500, description="size of that unevenness")] = 60.0
    etched_grain_um: Annotated[float, Field(ge=0.5, le=5, description="distance of grains where etched")] = 1.5
    etched_spread: Annotated[float, Field(ge=0, le=1, description="deviation of log brightness there")] = 0.15
    frame_um: Annotated[float, Field(ge=60, le=400, description="side of the frame's outer square")] = 190.0
    glyph_um: Annotated[float, Field(ge=10, le=300, description="longer side of the glyph")] = 80.0
    power_mw: Annotated[int, Field(description="laser power, one of 17, 38, 73, 128")] = 128
    raggedness_um: Annotated[float, Field(ge=0, le=5, description="deviation of an etched edge from straight")] = 0.3


@dataclass(frozen=True, eq=False)
class Film:
    """A piece of film with the labels etched into it: the same seed is the same piece.

    Parameters
    ----------
    seed : int
        Which piece.
    size_um : tuple[float, float]
        Width and height.
    labels : tuple[tuple[str, float, float], ...]
        Glyph and centre (x, y) of each label, in micrometres from the upper left corner of the piece.
    settings : FilmSettings
        Film and laser.
    """

    seed: int
    size_um: tuple[float, float]
    labels: tuple[tuple[str, float, float], ...]
    settings: FilmSettings = field(default_factory=FilmSettings)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of ``emission``."""
        return round(self.size_um[1] / UM_PER_PX), round(self.size_um[0] / UM_PER_PX)

    @cached_property
    def emission(self) -> Floats:
        """Fluorescence at 0.5 um per pixel, (H, W) float32 >= 0, read-only; an untouched film is 1 on average."""
        own = self.settings
        intact = self._grains("grains", own.grain_um, own.grain_spread, own.bright_share, own.void_share)
        values = intact * self._thickness()
        if self.labels:
            fine = self._grains("etched grains", own.etched_grain_um, own.etched_spread, 0.0, 0.0)
            etched = self._etched()
            values = values * (1 - etched) + POWERS[own.power_mw][1] * fine * etched
        values.setflags(write=False)
        return values

    def _grains(self, name: str, pitch_um: float, spread: float, bright: float, void: float) -> Floats:
        """Return the brightness of a random tessellation: every place belongs to its nearest nucleus."""
        import cv2

        random = generator(self.seed, "film", name)
        height, width = self.shape
        count = max(1, round(height * width * (UM_PER_PX / pitch_um) ** 2))
        away = np.full((height, width), 255, dtype=np.uint8)
        away.reshape(-1)[random.integers(0, away.size, count)] = 0
        _, cells = cv2.distanceTransformWithLabels(away, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
        nuclei = count + 1  # labels begin at 1
        gain = np.exp(spread * random.standard_normal(nuclei) - spread**2 / 2)
        kind = random.random(nuclei)
        gain[kind < bright] *= BRIGHT_GAIN
        gain[kind > 1 - void] *= VOID_GAIN
        values = gain.astype(np.float32)[np.asarray(cells, dtype=np.intp)]
        depth = self.settings.boundary_depth
        inner = np.ones((height, width), dtype=np.float32)
        inner[:, 1:] -= depth * (cells[:, 1:] != cells[:, :-1])
        inner[1:] *= 1 - depth * (cells[1:] != cells[:-1])
        values *= floats(cv2.GaussianBlur(inner, (0, 0), 0.8))
        if self.settings.substructure:
            grit = random.standard_normal((height, width), dtype=np.float32)
            values *= 1 + self.settings.substructure * floats(cv2.GaussianBlur(grit, (0, 0), 1.0)) * 3.5
        return np.maximum(values, 0)

    def _thickness(self) -> Floats:
        """Return the film's uneven thickness relative to its mean, of Gaussian structure."""
        return 1 + self.settings.thickness_spread * self._smooth_noise("thickness", self.settings.thickness_um)

    def _smooth_noise(self, name: str, size_um: float) -> Floats:
        """Return noise of about unit deviation that is smooth over a size."""
        import cv2

        height, width = self.shape
        step = max(1.0, size_um / UM_PER_PX / 2)
        lattice = generator(self.seed, "film", name).standard_normal(
            (int(height / step) + 4, int(width / step) + 4), dtype=np.float32
        )
        smooth = floats(cv2.GaussianBlur(lattice, (0, 0), 1.0)) * 3.5
        matrix = np.array([[1 / step, 0, 1.5], [0, 1 / step, 1.5]])
        flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
        return floats(cv2.warpAffine(smooth, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE))

    def _etched(self) -> Floats:
        """Return how far each place is etched, (H, W) float32 in 0..1, edges as ragged as lasers leave them."""
        import cv2

        own = self.settings
        mask = np.zeros(self.shape, dtype=np.float32)
        for glyph, x, y in self.labels:
            _etch_frame(mask, x, y, own.frame_um, POWERS[own.power_mw][0])
            _etch_glyph(mask, glyph, x, y, own.glyph_um)
        soft = floats(cv2.GaussianBlur(mask, (0, 0), EDGE_UM / UM_PER_PX))
        slope = UM_PER_PX / (EDGE_UM * np.sqrt(2 * np.pi))  # of the blurred edge, per pixel
        shift = own.raggedness_um / UM_PER_PX * self._smooth_noise("raggedness", 2.5)
        edge = 4 * soft * (1 - soft)  # raggedness moves edges; it neither opens lines nor etches elsewhere
        return np.clip(soft + slope * shift * edge, 0, 1)


def label_film(seed: int, glyph: str, settings: FilmSettings | None = None, *, margin_um: float = 25.0) -> Film:
    """Return a piece of film that bears one label in its middle, with a margin around the frame."""
    own = settings or FilmSettings()
    side = own.frame_um + 2 * margin_um
    return Film(seed, (side, side), ((glyph, side / 2, side / 2),), own)


def frame_corners(x_um: float, y_um: float, frame_um: float) -> NDArray[np.float64]:
    """Return the outer corners of a label's frame in ``emission`` pixels, (4, 2), from the upper left clockwise."""
    half = frame_um / 2
    corners = np.array([[-half, -half], [half, -half], [half, half], [-half, half]])
    return (corners + np.array([x_um, y_um])) / UM_PER_PX - 0.5


def _etch_frame(mask: Floats, x: float, y: float, side: float, line: float) -> None:
    for inset, value in ((0.0, 1.0), (line, 0.0)):
        low_x, low_y = (round((centre - side / 2 + inset) / UM_PER_PX) for centre in (x, y))
        high_x, high_y = (round((centre + side / 2 - inset) / UM_PER_PX) for centre in (x, y))
        mask[max(low_y, 0) : max(high_y, 0), max(low_x, 0) : max(high_x, 0)] = value


def _etch_glyph(mask: Floats, glyph: str, x: float, y: float, side: float) -> None:
    import cv2

    size = round(side / UM_PER_PX)
    drawn = cv2.resize(glyph_mask(glyph), (size, size), interpolation=cv2.INTER_AREA)
    top, left = round(y / UM_PER_PX - size / 2), round(x / UM_PER_PX - size / 2)
    height, width = mask.shape
    rows, columns = slice(max(top, 0), min(top + size, height)), slice(max(left, 0), min(left + size, width))
    if rows.start < rows.stop and columns.start < columns.stop:
        part = drawn[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
        mask[rows, columns] = np.maximum(mask[rows, columns], part)
