"""Simulated crops to train on: labels of films no test ever sees, captured again and again.

The corners are the true ones, moved by as much as the segmentation errs, which spares finding them.
"""

from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from engine.core.records import Record
from engine.core.seeds import generator
from engine.methods.micro_pattern.preparation import CROP_PX, Crops, reduced
from engine.methods.micro_pattern.segmentation import crop
from engine.simulation.film import FilmSettings, frame_corners, label_film
from engine.simulation.fluorescence import STRENGTHS, fluorescence, placing
from engine.simulation.glyphs import GLYPHS

VIEW_PX = 420  # a frame of 380 px, a few degrees askew, and a margin
ROTATION_DEG = 3.0  # deviation of a capture's rotation
CORNER_PX = 1.0  # deviation of a corner, as the segmentation's on simulated fields
# First seeds of the sets of films: none is in two.
TRAINING_SEEDS, DEVELOPMENT_SEEDS, TUNING_SEEDS, TEST_SEEDS = 0, 9_000_000, 20_000_000, 30_000_000
SEEDS = 9_000_000  # at most in a set


class Rendering(Record):
    """Which labels to render: ``count`` films from ``first_seed`` on, each captured ``captures`` times at ``side`` px.

    Captures draw their strength, weak, middle or strong, at random.
    """

    first_seed: Annotated[int, Field(ge=0)]
    count: Annotated[int, Field(ge=1, le=SEEDS)]
    captures: Annotated[int, Field(ge=1, le=1000)]
    side: Annotated[int, Field(ge=16, le=CROP_PX)] = CROP_PX


def glyph_of(seed: int) -> int:
    """Return which glyph the label of that seed bears, as a place in ``GLYPHS``."""
    return int(generator(seed, "glyph").integers(len(GLYPHS)))


def label_crops(seed: int, captures: int, side: int = CROP_PX) -> Crops:
    """Return captures of one label, (captures, side, side) uint8 grey in the frame's pose."""
    import cv2

    own = FilmSettings()
    film = label_film(seed, GLYPHS[glyph_of(seed)], own)
    corners = frame_corners(film.size_um[0] / 2, film.size_um[1] / 2, own.frame_um)
    random = generator(seed, "training captures")
    names = sorted(STRENGTHS)
    crops = np.empty((captures, CROP_PX, CROP_PX), dtype=np.uint8)
    for number in range(captures):
        view = placing(film, width=VIEW_PX, height=VIEW_PX, rotation_deg=ROTATION_DEG * random.standard_normal())
        settings = STRENGTHS[names[random.integers(len(names))]]
        pixels = fluorescence(film, view, settings, seed=int(random.integers(2**62)))
        grey: NDArray[np.uint8] = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
        found = view.in_capture(corners) + CORNER_PX * random.standard_normal((4, 2))
        crops[number] = crop(grey, found)
    return reduced(crops, side)
