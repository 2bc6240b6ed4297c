"""Microscope fields of twelve labels each, as a laboratory photographs an etched array: 1920 x 1440 px."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.core.seeds import generator
from engine.simulation.film import Film, FilmSettings, frame_corners
from engine.simulation.fluorescence import CaptureSettings, Placing, fluorescence, placing
from engine.simulation.glyphs import GLYPHS

COLUMNS, ROWS = 4, 3  # twelve labels a field: He et al. 2024
WIDTH, HEIGHT = 1920, 1440
PITCH_UM = 232.0  # between the centres of neighbouring labels: assumption
MARGIN_UM = 60.0  # film rendered beyond the field, so that it can be turned and moved
ROTATION_DEG = 2.0  # deviation of the field's rotation: "not absolutely aligned"
SHIFT_UM = 4.0  # deviation of the stage


@dataclass(frozen=True, eq=False)
class LabelField:
    """A field: the film, and a capture of it with the truth.

    Parameters
    ----------
    film : Film
        The piece; its labels stand row by row.
    view : Placing
        Where the capture looks.
    pixels : NDArray[np.uint8]
        (1440, 1920, 3) RGB.
    corners : NDArray[np.float64]
        (12, 4, 2) outer corners of the frames in capture pixels, from the upper left clockwise.
    """

    film: Film
    view: Placing
    pixels: NDArray[np.uint8]
    corners: NDArray[np.float64]


def label_field(
    seed: int, capture: CaptureSettings, *, capture_seed: int | None = None, film: FilmSettings | None = None,
    glyphs: tuple[str, ...] = (),
) -> LabelField:  # fmt: skip
    """Return a field of twelve labels; ``seed`` is the piece, ``capture_seed`` the capture (the piece's where None).

    ``glyphs`` names the twelve glyphs row by row; empty: drawn at random.
    """
    own = film or FilmSettings()
    random = generator(seed, "label field")
    drawn = glyphs or tuple(GLYPHS[k] for k in random.integers(len(GLYPHS), size=COLUMNS * ROWS))
    size = (WIDTH * 0.5 + 2 * MARGIN_UM, HEIGHT * 0.5 + 2 * MARGIN_UM)
    centres = [
        (size[0] / 2 + (column - (COLUMNS - 1) / 2) * PITCH_UM, size[1] / 2 + (row - (ROWS - 1) / 2) * PITCH_UM)
        for row in range(ROWS)
        for column in range(COLUMNS)
    ]
    piece = Film(seed, size, tuple((glyph, x, y) for glyph, (x, y) in zip(drawn, centres, strict=True)), own)
    shot = seed if capture_seed is None else capture_seed
    stage = generator(shot, "stage")
    view = placing(
        piece, width=WIDTH, height=HEIGHT, rotation_deg=ROTATION_DEG * stage.standard_normal(),
        shift_um=tuple(SHIFT_UM * stage.standard_normal(2)),
    )  # fmt: skip
    corners = np.stack([view.in_capture(frame_corners(x, y, own.frame_um)) for x, y in centres])
    return LabelField(piece, view, fluorescence(piece, view, capture, seed=shot), corners)
