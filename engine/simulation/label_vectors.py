"""Simulated embeddings of labels, to measure a search at sizes for which no films can be rendered.

Unit vectors in three layers, as embeddings lie: a direction shared by the labels of one glyph class, one of the
label's own, and what differs between its captures. What they follow was measured on embeddings by the weights that ship
(``micro_pattern_quick``) of simulated labels never trained on. A fresh capture's similarity to its label follows the
tuning labels of ``evaluate micro-pattern``; the spectrum and the share of the classes begin with theirs and were chosen
so that the nearest other label is as near as among its 10,000 test labels: its similarity is 0.40, 0.47, 0.53, 0.58 (1,
50, 90, 99 %) here and 0.40, 0.47, 0.53, 0.57 there. No threshold rests on this. These are no measured embeddings, and
how those lie among millions nobody knows.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.core.seeds import generator
from engine.jobs import JobContext

Floats = NDArray[np.float32]
Strength = Literal["middle", "strong"]  # of the effects of a capture, as in ``engine.simulation.fluorescence``

VERSION = 2  # of what is drawn: files of another hold other vectors
DIMENSIONS = 256
CLASSES = 44
# Variance of the n-th direction: 1 / (1 + (n / EVEN) ** FALL), even at first, then falling steeply.
EVEN, FALL = 40, 3.5
CLASS_SHARE = 0.17  # of the squared length, shared by the labels of a class
ENROLLED = 0.93  # similarity of an enrolled capture to its label, where a label has several
# Mean and deviation of the logarithm of 1 - similarity, of a fresh capture to the enrolled one.
QUESTIONED: dict[Strength, tuple[float, float]] = {"middle": (-4.65, 0.94), "strong": (-3.22, 0.68)}
BLOCK = 50_000  # labels that are drawn from one generator
ASKED_BLOCKS = 16  # spread over the library, that questions are of: a block must be drawn again for one label of it


@dataclass(frozen=True)
class Questions:
    """Vectors to look for: (Q, 256) unit float32, their class, and the label each one shows, or -1: a stranger's."""

    vectors: Floats
    classes: NDArray[np.int32]
    labels: NDArray[np.int64]


@dataclass(frozen=True)
class SimulatedLabels:
    """``labels`` labels with ``variants`` enrolled vectors each, sorted by class; row r shows label r // variants."""

    labels: int
    variants: int = 1
    seed: int = 0

    @property
    def count(self) -> int:
        """Rows in all."""
        return self.labels * self.variants

    def classes(self) -> NDArray[np.int32]:
        """Return the class of every label, (labels,) int32, ascending."""
        return np.sort(generator(self.seed, "classes").integers(0, CLASSES, self.labels)).astype(np.int32)

    def fill(self, target: Floats, context: JobContext) -> None:
        """Write all rows into (count, 256) float32, which may be a memory map; blocks of labels, in their order."""
        for start in range(0, self.labels, BLOCK):
            context.check_cancelled()
            context.progress(start, self.labels, "Simulating embeddings")
            centres = self._centres(start)
            if self.variants == 1:
                target[start : start + len(centres)] = centres
                continue
            draw = generator(self.seed, "enrolled", start)
            for place in range(0, len(centres), 500):
                rows = np.repeat(centres[place : place + 500], self.variants, axis=0)
                first = (start + place) * self.variants
                target[first : first + len(rows)] = _moved(rows, np.full(len(rows), ENROLLED), draw)

    def questions(self, genuine: int, strangers: int, strength: Strength = "middle", seed: int = 0) -> Questions:
        """Return fresh captures of ``genuine`` random labels, then of labels that are not enrolled, of any class."""
        draw = generator(self.seed, "questions", seed)
        blocks = np.unique(np.linspace(0, (self.labels - 1) // BLOCK, ASKED_BLOCKS).astype(np.int64))
        known = (blocks[:, None] * BLOCK + np.arange(BLOCK)).ravel()
        known = known[known < self.labels]
        labels = np.sort(draw.choice(known, genuine, replace=genuine > len(known)))
        own = np.concatenate([
            np.empty((0, DIMENSIONS), np.float32),
            *(self._centres(start)[labels[labels // BLOCK == start // BLOCK] - start]
              for start in (BLOCK * blocks).tolist()),
        ])  # fmt: skip
        classes = np.concatenate([self.classes()[labels], draw.integers(0, CLASSES, strangers)]).astype(np.int32)
        centres = np.concatenate([own, self._labels_of(classes[genuine:], generator(self.seed, "strangers", seed))])
        wanted = 1 - draw.lognormal(*QUESTIONED[strength], len(centres)).clip(max=1)
        numbers = np.concatenate([labels, np.full(strangers, -1)]).astype(np.int64)
        return Questions(_moved(centres, wanted, draw), classes, numbers)

    def _centres(self, start: int) -> Floats:
        """Return the labels' own vectors of the block that begins with label ``start``."""
        return self._labels_of(self.classes()[start : start + BLOCK], generator(self.seed, "labels", start))

    def _labels_of(self, classes: NDArray[np.int32], draw: np.random.Generator) -> Floats:
        shared = _directions(CLASSES, generator(self.seed, "class directions"))
        own = _directions(len(classes), draw)
        return _unit(CLASS_SHARE**0.5 * shared[classes] + (1 - CLASS_SHARE) ** 0.5 * own)


def _directions(count: int, draw: np.random.Generator) -> Floats:
    spread = (1 + (np.arange(DIMENSIONS, dtype=np.float32) / EVEN) ** FALL) ** -0.5
    return _unit(draw.standard_normal((count, DIMENSIONS), dtype=np.float32) * spread)


def _moved(vectors: Floats, similarity: NDArray[np.float64], draw: np.random.Generator) -> Floats:
    """Return the vectors turned in random directions until they have about that similarity to what they were."""
    share: Floats = similarity.astype(np.float32)[:, None]
    return _unit(share * vectors + (1 - share**2) ** np.float32(0.5) * _directions(len(vectors), draw))


def _unit(vectors: NDArray[np.floating]) -> Floats:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32, copy=False)
