"""The real micrographs of single flakes used as tags, cut out of their surroundings."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.core.errors import ImagingError
from engine.imaging.decode import decode
from engine.methods.micro_pattern.silhouettes import Silhouette, silhouette

COPY = "Duplicate_Graphene_116"  # the same pixels as the enrolled image, says the data's source


@dataclass(frozen=True, eq=False)
class Tag:
    """One capture: the flake it shows, its role in the data, and its outline; None where no flake was seen."""

    name: str
    identity: str
    role: str
    silhouette: Silhouette | None

    @property
    def recaptured(self) -> bool:
        """Whether it is a fresh capture of an enrolled tag."""
        return self.role == "recapture" and self.name != COPY


def nanotags(root: Path) -> list[Tag]:
    """Read all captures that the list of labels names, in its order."""
    folder = root / "2dm-nanotags"
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return [Tag(Path(row["file"]).stem, row["identity"], row["role"], _cut_out(folder / row["file"])) for row in rows]


def enrolled(tags: list[Tag]) -> list[tuple[Tag, Silhouette]]:
    """Return the captures in which others are sought: the enrolled tags and the small ones."""
    return [(tag, tag.silhouette) for tag in tags if tag.role in ("enrolled", "small") and tag.silhouette is not None]


def _cut_out(path: Path) -> Silhouette | None:
    pixels = decode(path)
    try:
        return silhouette(np.asarray(pixels, dtype=np.uint8))
    except ImagingError:
        return None
