"""The real micrographs of single flakes used as tags, cut out of their surroundings.

Some "duplicates" are the enrolled picture itself, turned: they share its camera noise. ``shared_grain`` tells them.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from engine.core.errors import ImagingError
from engine.imaging.decode import decode
from engine.methods.micro_pattern.silhouettes import Silhouette, Silhouettes, silhouette

COPY = "Duplicate_Graphene_116"  # the same pixels as the enrolled image, says the data's source


@dataclass(frozen=True, eq=False)
class Tag:
    """One capture: the flake it shows, its role in the data, and its outline; None where no flake was seen."""

    name: str
    identity: str
    role: str
    silhouette: Silhouette | None
    pixels: np.ndarray

    @property
    def recaptured(self) -> bool:
        """Whether it is a fresh capture of an enrolled tag."""
        return self.role == "recapture" and self.name != COPY


def nanotags(root: Path) -> list[Tag]:
    """Read all captures that the list of labels names, in its order."""
    folder = root / "2dm-nanotags"
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    tags = []
    for row in rows:
        pixels = np.asarray(decode(folder / row["file"]), dtype=np.uint8)
        tags.append(Tag(Path(row["file"]).stem, row["identity"], row["role"], _cut_out(pixels), pixels))
    return tags


def shared_grain(questioned: Tag, known: Tag) -> float:
    """Return the best correlation of the noise beside both flakes where one is laid over the other, -1..1.

    Fresh captures share none: they stay below 0.3. Every placing within 2 px and 2.5 degrees of the outlines' is tried.
    """
    first, second = questioned.silhouette, known.silhouette
    assert first is not None and second is not None
    (hit,) = Silhouettes([second]).find(first)
    own, theirs = _grain(questioned.pixels), _grain(known.pixels)
    beside, there = _beside(first.mask), _beside(second.mask) > 0
    size = there.shape[::-1]
    best = -1.0
    for degrees in np.arange(-2.5, 2.6, 0.5):
        turn = np.arctan2(hit.transform[1, 0], hit.transform[0, 0]) + np.radians(degrees)
        matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        for shift in np.stack(np.meshgrid(*2 * [np.arange(-2, 2.1, 0.5)]), axis=-1).reshape(-1, 2):
            laid = np.column_stack([matrix, second.centre - matrix @ first.centre + shift])
            seen = there & (cv2.warpAffine(beside, laid, size, flags=cv2.INTER_NEAREST) > 0)
            if seen.sum() >= 400:
                mapped = cv2.warpAffine(own, laid, size, flags=cv2.INTER_CUBIC)
                best = max(best, float(np.corrcoef(theirs[seen], mapped[seen])[0, 1]))
    return best


def _grain(pixels: np.ndarray) -> np.ndarray:
    grey = pixels.astype(np.float32).mean(axis=2)
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), 0.7) - cv2.GaussianBlur(grey, (0, 0), 2.5))


def _beside(mask: np.ndarray) -> np.ndarray:
    return np.asarray(cv2.dilate(mask.astype(np.uint8), np.ones((9, 9), dtype=np.uint8)) == 0, dtype=np.uint8)


def enrolled(tags: list[Tag]) -> list[tuple[Tag, Silhouette]]:
    """Return the captures in which others are sought: the enrolled tags and the small ones."""
    return [(tag, tag.silhouette) for tag in tags if tag.role in ("enrolled", "small") and tag.silhouette is not None]


def _cut_out(pixels: np.ndarray) -> Silhouette | None:
    try:
        return silhouette(pixels)
    except ImagingError:
        return None
