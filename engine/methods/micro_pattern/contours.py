"""Contours of simulated fields with the truth of each: what the contour judge learns from and is measured on."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from engine.core.records import Record
from engine.core.seeds import generator
from engine.methods.micro_pattern.frames import Quads
from engine.methods.micro_pattern.judge import patches
from engine.methods.micro_pattern.preparation import Crops
from engine.methods.micro_pattern.published import contour_rectangles
from engine.methods.micro_pattern.segmentation import COLUMNS, ROWS, candidates
from engine.simulation.film import Film, FilmSettings, frame_corners
from engine.simulation.fluorescence import STRENGTHS, fluorescence, placing
from engine.simulation.glyphs import GLYPHS
from engine.simulation.label_fields import HEIGHT, MARGIN_UM, WIDTH

# First film of each set; the networks that embed labels learn from films below 5,000,000.
TRAINING_SEEDS, TEST_SEEDS = 5_000_000, 35_000_000
SEEDS = 4_000_000  # at most in a set
PITCH_UM = (194.0, 245.0)  # frames all but touch at the least
LACKING, EMPTY = 0.15, 0.08  # share of places where nothing is etched, and of films where nothing is at all
OTHER_FILM = 0.4  # share of films that are not of the usual grain, laser power and sizes
ROTATION_DEG, SHIFT_UM = 2.0, 14.0  # deviations of the stage: some frames are cut off
A_LABEL, NO_LABEL = 0.04, 0.08  # of a side: a corner off by less is its frame's, by more is not; between is left out
JITTER = 0.008  # of a side: how far corners stray that were found
CONTOURS = 40  # of the published steps, the largest
DISPLACED = 24
OUT_OF_FOCUS_PX = (9.0, 20.0)  # Gaussian sigma: segmentation calls frames out of focus from about 8 px on


class ContourKind(StrEnum):
    """What a rectangle encloses; all but ``LABEL`` are no labels."""

    LABEL = "label"
    PROPOSED = "contour of something else"
    DISPLACED = "part of a label, or beside it"
    MERGED = "two labels"
    CUT_OFF = "label cut off by the field's edge"
    BARE = "film without a label"
    BLURRED = "label out of focus"
    DRAWN = "drawn square or other picture"


KINDS = tuple(ContourKind)


@dataclass(frozen=True, eq=False)
class Contours:
    """Patches as the judge sees them, (N, side, side) uint8, and what each is, (N,) places in ``KINDS``."""

    patches: Crops
    kinds: NDArray[np.int8]

    @property
    def labels(self) -> NDArray[np.bool_]:
        """Whether each is a label, (N,)."""
        return self.kinds == KINDS.index(ContourKind.LABEL)


class ContourFields(Record):
    """Which fields to simulate: ``count`` films from ``first_seed`` on, each captured ``captures`` times."""

    first_seed: Annotated[int, Field(ge=0)]
    count: Annotated[int, Field(ge=1, le=SEEDS)]
    captures: Annotated[int, Field(ge=1, le=100)] = 2
    side: Annotated[int, Field(ge=32, le=256)] = 64


def joined(parts: list[Contours]) -> Contours:
    """Return the contours of several fields as one."""
    return Contours(np.concatenate([part.patches for part in parts]), np.concatenate([part.kinds for part in parts]))


def field_contours(seed: int, captures: int, side: int) -> Contours:
    """Return contours of one simulated film, captured so many times, at weak, middle and strong effects."""
    random = generator(seed, "contour field")
    film, etched, bare = _film(seed, random)
    parts: list[Contours] = []
    for _ in range(captures):
        view = placing(
            film, width=WIDTH, height=HEIGHT, rotation_deg=ROTATION_DEG * random.standard_normal(),
            shift_um=tuple(SHIFT_UM * random.standard_normal(2)),
        )  # fmt: skip
        settings = STRENGTHS[sorted(STRENGTHS)[random.integers(len(STRENGTHS))]]
        pixels = fluorescence(film, view, settings, seed=int(random.integers(2**62)))
        truth, empty = (view.in_capture(quads.reshape(-1, 2)).reshape(-1, 4, 2) for quads in (etched, bare))
        parts.append(_of_capture(_grey(pixels), truth, empty, side, random))
    parts.append(_drawn(side, random))
    return joined(parts)


def _film(seed: int, random: np.random.Generator) -> tuple[Film, Quads, Quads]:
    """Return a film, the frames etched into it, and where the array lacks one, in pixels of the film."""
    own = FilmSettings()
    if random.random() < OTHER_FILM:
        own = FilmSettings(
            grain_um=random.uniform(3, 6), glyph_um=random.uniform(60, 120), frame_um=random.uniform(170, 190),
            power_mw=int(random.choice([38, 73, 128])),
        )  # fmt: skip
    pitch = random.uniform(*PITCH_UM)
    size = (WIDTH * 0.5 + 2 * MARGIN_UM, HEIGHT * 0.5 + 2 * MARGIN_UM)
    share = 1.0 if random.random() < EMPTY else LACKING
    labels: list[tuple[str, float, float]] = []
    frames: list[list[NDArray[np.float64]]] = [[], []]
    for row in range(ROWS):
        for column in range(COLUMNS):
            x = size[0] / 2 + (column - (COLUMNS - 1) / 2) * pitch
            y = size[1] / 2 + (row - (ROWS - 1) / 2) * pitch
            lacking = bool(random.random() < share)
            if not lacking:
                labels.append((GLYPHS[random.integers(len(GLYPHS))], x, y))
            frames[lacking].append(frame_corners(x, y, own.frame_um))
    etched, bare = (np.array(quads).reshape(-1, 4, 2) for quads in frames)
    return Film(seed, size, tuple(labels), own), etched, bare


def _of_capture(
    grey: NDArray[np.uint8], truth: Quads, bare: Quads, side: int, random: np.random.Generator
) -> Contours:  # fmt: skip
    import cv2

    whole = _inside(truth, grey.shape, 0.0)
    seen = truth[whole]
    proposed = np.concatenate([contour_rectangles(grey, CONTOURS), candidates(grey)])
    other = _displaced(truth, random)
    groups: list[tuple[Quads, ContourKind]] = [
        (_strayed(seen, random), ContourKind.LABEL),
        (_chosen(proposed, truth, A_LABEL, near=True), ContourKind.LABEL),
        (_chosen(proposed, truth, NO_LABEL, near=False), ContourKind.PROPOSED),
        (_chosen(other, truth, NO_LABEL, near=False), ContourKind.DISPLACED),
        (_pairs(truth, random), ContourKind.MERGED),
        (truth[~_inside(truth, grey.shape, -NO_LABEL)], ContourKind.CUT_OFF),
        (_strayed(bare, random), ContourKind.BARE),
    ]
    # A contour near a frame that the field's edge cuts off is neither.
    groups = [
        (quads[_inside(quads, grey.shape, -A_LABEL)] if kind is ContourKind.LABEL else quads, kind)
        for quads, kind in groups
    ]
    parts = [_contours(patches(grey, quads, side), kind) for quads, kind in groups]
    soft = cv2.GaussianBlur(grey, (0, 0), random.uniform(*OUT_OF_FOCUS_PX))
    blurred = np.clip(soft + random.uniform(1, 8) * random.standard_normal(grey.shape), 0, 255).astype(np.uint8)
    parts.append(_contours(patches(blurred, _strayed(seen, random), side), ContourKind.BLURRED))
    return joined(parts)


def _contours(seen: Crops, kind: ContourKind) -> Contours:
    return Contours(seen, np.full(len(seen), KINDS.index(kind), dtype=np.int8))


def _inside(quads: Quads, shape: tuple[int, ...], margin: float) -> NDArray[np.bool_]:
    """Return which rectangles lie in the field, ``margin`` sides from its edges at least; below 0: beyond them."""
    room = margin * np.linalg.norm(quads[:, 1] - quads[:, 0], axis=1)[:, None, None]
    limits = np.array([shape[1], shape[0]]) - 0.5
    return ((quads >= room - 0.5) & (quads <= limits - room)).all(axis=(1, 2))


def _chosen(quads: Quads, truth: Quads, limit: float, *, near: bool) -> Quads:
    """Return the rectangles whose corners are all within, or one of them beyond, ``limit`` sides of every frame's."""
    if not len(truth):
        return quads[:0] if near else quads
    sides = np.linalg.norm(truth[:, 1] - truth[:, 0], axis=1)
    away = (np.linalg.norm(quads[:, None] - truth[None], axis=3).max(axis=2) / sides).min(axis=1, initial=np.inf)
    return quads[away < limit] if near else quads[away > limit]


def _strayed(quads: Quads, random: np.random.Generator) -> Quads:
    """Return rectangles whose corners are off by as much as contours err."""
    sides = np.linalg.norm(quads[:, 1] - quads[:, 0], axis=1)[:, None, None]
    return quads + np.clip(JITTER * random.standard_normal(quads.shape), -A_LABEL / 2, A_LABEL / 2) * sides


def _displaced(truth: Quads, random: np.random.Generator) -> Quads:
    """Return rectangles that hold part of a label, or much more than one: moved, smaller, larger, longer."""
    if not len(truth):
        return truth
    quads = truth[random.integers(len(truth), size=DISPLACED)]
    middle = quads.mean(axis=1, keepdims=True)
    side = np.linalg.norm(quads[:, 1] - quads[:, 0], axis=1)[:, None, None]
    size = np.exp(random.uniform(-1.2, 0.6, (DISPLACED, 1, 1)) * random.integers(0, 2, (DISPLACED, 1, 1)))
    stretch = np.exp(random.uniform(-0.7, 0.7, (DISPLACED, 1, 2)) * random.integers(0, 2, (DISPLACED, 1, 1)))
    angle = random.uniform(-0.7, 0.7, DISPLACED) * (random.random(DISPLACED) < 0.25)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]).transpose(2, 0, 1)
    moved = random.uniform(-0.6, 0.6, (DISPLACED, 1, 2)) * side
    return middle + moved + ((quads - middle) * size * stretch) @ turn


def _pairs(truth: Quads, random: np.random.Generator) -> Quads:
    """Return rectangles around two neighbours."""
    pairs = [
        np.stack([first[0], second[1], second[2], first[3]])
        for first in truth
        for second in truth
        if 0.9 < (second - first).mean(axis=0)[0] / np.linalg.norm(first[1] - first[0]) < 1.5
        and abs((second - first).mean(axis=0)[1]) < 0.2 * np.linalg.norm(first[1] - first[0])
    ]
    kept = random.permutation(len(pairs))[:4]
    return np.array([pairs[k] for k in kept]).reshape(-1, 4, 2)


def _drawn(side: int, random: np.random.Generator, count: int = 16) -> Contours:
    """Return patches of pictures that are no film: squares drawn on a plain ground and filled with this or that."""
    return _contours(np.stack([_picture(side, random) for _ in range(count)]), ContourKind.DRAWN)


def _picture(side: int, random: np.random.Generator) -> NDArray[np.uint8]:
    import cv2

    size = 4 * side
    x, y = np.meshgrid(np.linspace(-1, 1, size), np.linspace(-1, 1, size))
    slope = random.uniform(-0.2, 0.2, 2)
    light = random.uniform(50, 230) * (1 + slope[0] * x + slope[1] * y)
    dark = float(light.mean() * random.uniform(0.0, 0.6))
    page = np.clip(light, 0, 255).astype(np.uint8)
    half, turn = size / 2 / 1.2 * random.uniform(0.95, 1.05), random.uniform(-0.1, 0.1)
    corners = size / 2 + half * np.sqrt(2) * np.array(
        [[np.cos(turn + k * np.pi / 2 + np.pi / 4), np.sin(turn + k * np.pi / 2 + np.pi / 4)] for k in range(4)]
    )
    if random.random() < 0.8:
        cv2.polylines(page, [np.rint(corners).astype(np.int32)], True, dark, int(random.integers(2, 14)), cv2.LINE_AA)
    for _ in range(int(random.integers(0, 9))):
        shape, width = int(random.integers(4)), int(random.integers(1, 12))
        first, second = (tuple(int(value) for value in point) for point in random.integers(0, size, (2, 2)))
        level = float(random.uniform(0, 255))
        if shape == 0:
            cv2.line(page, first, second, level, width, cv2.LINE_AA)
        elif shape == 1:
            cv2.circle(page, first, int(random.integers(4, size // 3)), level, int(random.choice([-1, width])))
        elif shape == 2:
            cv2.rectangle(page, first, second, level, int(random.choice([-1, width])))
        else:
            text = "".join(chr(code) for code in random.integers(65, 91, 6))
            cv2.putText(page, text, first, cv2.FONT_HERSHEY_SIMPLEX, random.uniform(0.5, 3), level, width)
    soft = cv2.GaussianBlur(page, (0, 0), random.uniform(0.3, 5.0))
    small = cv2.resize(soft, (side, side), interpolation=cv2.INTER_AREA)
    noisy = small + random.uniform(0, 4) * random.standard_normal((side, side))
    return np.clip(np.rint(noisy), 0, 255).astype(np.uint8)


def _grey(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    import cv2

    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
