"""Labels without an etched frame: which known capture shows the same flake, or the same pattern in a disc.

Nothing is trained and nothing is recorded. There is no operating point for such labels: what is found is
investigative only.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import ImagingError, InputError
from engine.core.method import Pixels
from engine.core.records import file_sha256
from engine.imaging.client import ImagingWorker, check_readable
from engine.jobs import JobContext
from engine.methods.micro_pattern.discs import DiscHit, DiscPatterns, disc_patterns
from engine.methods.micro_pattern.silhouettes import SilhouetteHit, Silhouettes, silhouette

PROBES = 64  # known captures, evenly chosen, that are sought among the others to see how alike different ones are


class Shape(StrEnum):
    """What makes a label without a frame itself."""

    FLAKE = "flake"
    DISC = "disc"


@dataclass(frozen=True)
class UnframedHit:
    """A known capture, and how alike it is to the questioned one.

    ``score`` is the share of both areas that a flake and its known one have in common, or the share of a disc's patches
    that were found again; 0..1, higher = more alike. ``transform`` takes questioned to known pixels, (2, 3) by rows.
    ``size_ratio`` is questioned over known radius in pixels. ``contrast_apart`` is how much the share of light that a
    flake takes from its surroundings differs, lower = more alike; None for discs and where a capture is clipped.
    """

    file_name: str
    score: float
    size_ratio: float
    transform: tuple[tuple[float, ...], ...]
    contrast_apart: float | None = None


@dataclass(frozen=True)
class UnframedAnswer:
    """What became of one file: hits, best first, or the reason why it could not be compared.

    ``known`` is whether it was to be one of the known captures; those are told only where they could not be used.
    ``cautions`` say what the reader of the hits must know.
    """

    file_name: str
    sha256: str
    known: bool
    reason: str = ""
    hits: tuple[UnframedHit, ...] = ()
    cautions: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the answer as plain JSON values."""
        return {
            "file": self.file_name,
            "sha256": self.sha256,
            "known": self.known,
            "reason": self.reason,
            "cautions": list(self.cautions),
            "hits": [
                {
                    "rank": rank,
                    "file": hit.file_name,
                    "score": round(hit.score, 6),
                    "size_ratio": round(hit.size_ratio, 4),
                    "contrast_apart": None if hit.contrast_apart is None else round(hit.contrast_apart, 4),
                    "transform": [[round(value, 6) for value in row] for row in hit.transform],
                }
                for rank, hit in enumerate(self.hits, start=1)
            ],
        }


def find_unframed(
    shape: Shape, known: Sequence[Path], questioned: Sequence[Path], *, k: int = 5, context: JobContext
) -> Iterator[UnframedAnswer]:
    """Look for each questioned label among known ones; files that show none are told with their reason.

    Raises
    ------
    InputError
        No known file shows a label of that shape.
    """
    if k < 1:
        raise InputError(f"At least one hit is wanted, not {k}")
    total = len(known) + len(questioned)
    enrolled = _Known(shape)
    with ImagingWorker() as worker:
        for number, path in enumerate(known):
            context.check_cancelled()
            context.progress(number, total, path.name)
            sha256, label, reason = _read(worker, path, shape, context)
            if label is not None and shape is Shape.DISC and not label[0].whole:
                label, reason = None, "Too little of the disc's outline is seen for it to be a known label"
            if label is None:
                yield UnframedAnswer(str(path), sha256, True, reason)
            else:
                enrolled.add(str(path), sha256, label)
        if not enrolled.labels:
            raise InputError(f"No known file shows a {shape}", remedy="Name captures of known labels with --known.")
        enrolled.prepare(k, context)
        for number, path in enumerate(questioned, start=len(known)):
            context.check_cancelled()
            context.progress(number, total, path.name)
            sha256, label, reason = _read(worker, path, shape, context)
            hits = () if label is None else enrolled.find(label, k)
            yield UnframedAnswer(str(path), sha256, False, reason, hits, enrolled.cautions(sha256, hits))
    context.progress(total, total, "")


class _Known:
    """Known captures of one shape, and how alike different ones of them are."""

    def __init__(self, shape: Shape) -> None:
        self.labels: list[Any] = []
        self._shape, self._names, self._hashes = shape, [], []
        self._alike: tuple[float, str, str] | None = None

    def add(self, name: str, sha256: str, label: Any) -> None:
        self.labels.append(label)
        self._names.append(name)
        self._hashes.append(sha256)

    def prepare(self, k: int, context: JobContext) -> None:
        """Make the captures searchable, and look for the two of them that are most alike."""
        flakes = self._shape is Shape.FLAKE
        self._library: Any = Silhouettes(self.labels) if flakes else DiscPatterns([label[0] for label in self.labels])
        for place in np.unique(np.linspace(0, len(self.labels) - 1, PROBES).astype(np.intp)).tolist():
            context.check_cancelled()
            for hit in self.find(self.labels[place], max(k, 2)):
                if hit.file_name != self._names[place] and (self._alike is None or hit.score > self._alike[0]):
                    self._alike = hit.score, self._names[place], hit.file_name

    def find(self, label: Any, k: int) -> tuple[UnframedHit, ...]:
        return tuple(_hit(self._names, hit) for hit in self._library.find(label, k))

    def cautions(self, sha256: str, hits: tuple[UnframedHit, ...]) -> tuple[str, ...]:
        """Return what a reader of the hits must know."""
        told: list[str] = []
        if not hits:
            return ()
        if sha256 in self._hashes:
            told.append(f"It is the same file as {self._names[self._hashes.index(sha256)]}: not another capture.")
        if self._alike is None:
            told.append("There is one known capture: how alike different ones are is not known.")
        elif hits[0].score <= self._alike[0]:
            score, first, second = self._alike
            told.append(
                f"No known capture stands out: two known ones are as alike or more, {first} and {second}, {score:.3f}."
            )
        return tuple(told)


def _read(
    worker: ImagingWorker, path: Path, shape: Shape, context: JobContext
) -> tuple[str, Any, str]:  # fmt: skip
    """Return a file's hash and the label in it, or None and the reason."""
    sha256 = ""
    try:
        check_readable(path, "")
        sha256 = file_sha256(path)
        pixels = _eight_bits(worker.read(path, 0, context))
        return sha256, (silhouette(pixels) if shape is Shape.FLAKE else disc_patterns(pixels)), ""
    except ImagingError as error:  # told beside the file's name
        return sha256, None, f"{error.what}. {error.remedy}" if error.remedy else error.what


def _hit(names: list[str], hit: SilhouetteHit | DiscHit) -> UnframedHit:
    apart = hit.contrast_apart if isinstance(hit, SilhouetteHit) and np.isfinite(hit.contrast_apart) else None
    return UnframedHit(names[hit.place], hit.score, hit.size_ratio, _rows(hit.transform), apart)


def _rows(matrix: NDArray[np.float64]) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(float(value) for value in row) for row in matrix)


def _eight_bits(pixels: Pixels) -> NDArray[np.uint8]:
    if pixels.dtype == np.uint8:
        return np.asarray(pixels, dtype=np.uint8)
    return np.asarray(pixels >> 8, dtype=np.uint8)
