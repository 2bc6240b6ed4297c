"""Simulated captures of single labels for evaluations, rendered once and kept in a folder as grey crops.

Every capture goes the way of an examiner's: the program finds the frame in a picture that lies at any rotation and
cuts the label out. What it does not find has no crop, and counts against the method.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import InputError
from engine.core.method import Context
from engine.core.seeds import generator
from engine.methods.micro_pattern.segmentation import CROP_PX, crop
from engine.methods.micro_pattern.single import find_label
from engine.simulation.film import Film, label_film
from engine.simulation.fluorescence import MIDDLE, CaptureSettings, fluorescence, placing
from engine.simulation.glyphs import GLYPHS
from engine.workflows.evaluation.label_conditions import condition

VERSION = 1  # of what is rendered: files of another are not read
CHUNK = 250  # labels in one file
VIEW_PX = 560  # 280 um: a frame of 190 um fits at any rotation
SHIFT_UM = 3.0  # largest distance of the label from the middle of the picture, across and down
MARGIN_UM = 58.0  # film around the frame, so that the corners of the picture show film as well
ENROLLED_ROTATION_DEG = 2.0  # deviation: as labels lie in fields
ATTEMPTS = 3  # a laboratory photographs a label again when its frame was not found
KNOWN, GENUINE, FAKE = "known", "genuine", "fake"
Crops = NDArray[np.uint8]


@dataclass(frozen=True)
class LabelSet:
    """Labels that no network was trained on, and as many fakes: the same glyphs on other films.

    Parameters
    ----------
    name : str
        Of its files.
    first_seed, first_fake_seed : int
        Films of the labels and of the fakes: these seeds and those that follow.
    """

    name: str
    first_seed: int
    first_fake_seed: int


TUNING = LabelSet("tuning", 22_000_000, 25_000_000)
TEST = LabelSet("test", 30_000_000, 35_000_000)


def glyph_of(seed: int) -> int:
    """Return which glyph a label bears, as a place in ``GLYPHS``."""
    return int(generator(seed, "glyph").integers(len(GLYPHS)))


def piece(seed: int, glyph: int) -> Film:
    """Return the film of a label with as much of it around the frame as a capture shows."""
    return label_film(seed, GLYPHS[glyph], margin_um=MARGIN_UM)


def captured(film: Film, settings: CaptureSettings, *, seed: int, rotation_deg: float | None = None) -> Crops | None:
    """Return the crop of a label as cut from a fresh capture, (256, 256) uint8; None where its frame is not found.

    Parameters
    ----------
    rotation_deg : float, optional
        Of the capture; None: anything from 0 to 360.
    """
    import cv2

    stage = generator(seed, "label stage")
    turn = 360 * stage.random() if rotation_deg is None else rotation_deg
    shift = tuple(float(value) for value in stage.uniform(-SHIFT_UM, SHIFT_UM, 2))
    view = placing(film, width=VIEW_PX, height=VIEW_PX, rotation_deg=turn, shift_um=(shift[0], shift[1]))
    pixels = fluorescence(film, view, settings, seed=seed)
    grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    places = find_label(grey).found
    if not places or places[0].corners is None:
        return None
    return crop(grey, places[0].corners)


def enrolled(film: Film, seed: int) -> Crops | None:
    """Return the crop by which a laboratory enrols a label from a capture of middle strength.

    Where the frame is not found it captures the label again, some times; None where that does not help.
    """
    for attempt in range(ATTEMPTS):
        shot = int(generator(seed, "enrolment", attempt).integers(2**62))
        turn = ENROLLED_ROTATION_DEG * generator(shot, "field").standard_normal()
        found = captured(film, MIDDLE, seed=shot, rotation_deg=float(turn))
        if found is not None:
            return found
    return None


def render(
    folder: Path, own: LabelSet, *, labels: int, conditions: Sequence[str] = ("middle",),
    kinds: Sequence[str] = (GENUINE, FAKE), context: Context,
) -> None:  # fmt: skip
    """Make sure that a folder holds captures of the first ``labels`` labels, and of fakes, under these conditions.

    Files that are there are kept; each is written whole or not at all, so that an interrupted run goes on where it was.
    """
    wanted = (KNOWN, *(part(kind, name) for name in conditions for kind in kinds))
    folder.mkdir(parents=True, exist_ok=True)
    for start in range(0, labels, CHUNK):
        count = min(CHUNK, labels - start)
        missing = [name for name in wanted if not chunk_path(folder, own, name, start, count).is_file()]
        crops = {name: np.zeros((count, CROP_PX, CROP_PX), dtype=np.uint8) for name in missing}
        for row in range(count if missing else 0):
            context.check_cancelled()
            context.progress(start + row, labels, f"captures of {own.name} labels")
            for name, image in _captures(own, start + row, missing):
                crops[name][row] = image
        for name, images in crops.items():
            _write(chunk_path(folder, own, name, start, count), images)
    context.progress(labels, labels, "")


def part(kind: str, condition_name: str) -> str:
    """Return the name of the captures of a kind under a condition."""
    return f"{kind}-{condition_name}"


def chunks(folder: Path, own: LabelSet, name: str, labels: int) -> Iterator[tuple[Path, int]]:
    """Yield the files that hold captures of the first ``labels`` labels, and how many of each count."""
    for start in range(0, labels, CHUNK):
        count = min(CHUNK, labels - start)
        yield chunk_path(folder, own, name, start, count), count


def read(path: Path, count: int) -> Crops:
    """Return the first ``count`` captures of a file, (N, 256, 256) uint8, mapped; all 0 where no frame was found.

    Raises
    ------
    InputError
        They were not rendered, or not as this version renders them.
    """
    try:
        images = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as error:
        remedy = "Render them again in an empty folder."
        raise InputError("Captures are missing or damaged", where=str(path), remedy=remedy) from error
    if images.ndim != 3 or len(images) < count or images.shape[1:] != (CROP_PX, CROP_PX) or images.dtype != np.uint8:
        raise InputError("These are no captures of labels", where=str(path), remedy="Choose another folder.")
    return images[:count]


def chunk_path(folder: Path, own: LabelSet, name: str, start: int, count: int) -> Path:
    """Return the file that holds ``count`` captures from label ``start`` on; a full one where there is one."""
    full, part_of = (folder / f"v{VERSION}-{own.name}-{name}-{start:06d}-{size}.npy" for size in (CHUNK, count))
    return full if full.is_file() else part_of


def _captures(own: LabelSet, row: int, names: Sequence[str]) -> Iterator[tuple[str, Crops]]:
    """Yield the captures of one label and of its fake that were made and whose frame was found."""
    seed, other = own.first_seed + row, own.first_fake_seed + row
    glyph = glyph_of(seed)
    films = {GENUINE: (seed, piece(seed, glyph)), FAKE: (other, piece(other, glyph))}  # rendered when first looked at
    for name in names:
        if name == KNOWN:
            image = enrolled(films[GENUINE][1], seed)
        else:
            kind, _, how = name.partition("-")
            which, film = films[kind]
            shot, own_condition = int(generator(which, name).integers(2**62)), condition(how)
            image = captured(own_condition.worn(film, shot), own_condition.settings, seed=shot)
        if image is not None:
            yield name, image


def _write(path: Path, images: Crops) -> None:
    draft = path.with_suffix(".draft")
    with draft.open("wb") as file:
        np.save(file, images, allow_pickle=False)
    draft.replace(path)
