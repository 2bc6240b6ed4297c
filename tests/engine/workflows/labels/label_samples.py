"""Simulated fields and captures of single labels for the tests of libraries, and a stand-in for the network."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from engine.core.case import Device
from engine.core.library import METHOD, SIMILARITY
from engine.core.operating import Domain, Interval, OperatingPoint, Rate, ScoreSet
from engine.core.records import hash_of, new_id
from engine.core.seeds import generator
from engine.jobs import JobContext
from engine.simulation.fluorescence import WEAK, CaptureSettings, fluorescence, placing
from engine.simulation.glyphs import GLYPHS
from engine.simulation.label_fields import COLUMNS, PITCH_UM, ROWS, LabelField, label_field
from engine.workflows.labels.recogniser import Recogniser
from engine.workflows.labels.recogniser_worker import Answers

SINGLE_PX = 560


@dataclass(frozen=True)
class FakeCard:
    weights_sha256: str
    precision: str = "float32"
    profile: str = "quick"
    classes: tuple[str, ...] = GLYPHS
    simulated: bool = True


@dataclass
class FakeEmbedder:
    """Projects a small picture of the label's grains at random: as alike as these are, no more, no less.

    ``classes`` are given in turn to the labels that are described; all are of class 0 where it is empty.
    """

    seed: int = 0
    classes: list[int] = field(default_factory=list[int])
    described: int = 0
    tolerance: float = 1e-4

    @property
    def key(self) -> str:
        return hash_of(["fake", self.seed])

    @property
    def card(self) -> FakeCard:
        return FakeCard(hash_of(["weights", self.seed]))

    def describe(self, crops: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        assert crops.dtype == np.uint8 and crops.shape[1:] == (256, 256)
        vectors = np.stack([self._embedded(np.rot90(crops, turn, axes=(1, 2))) for turn in range(4)], axis=1)
        probabilities = np.full((len(crops), len(GLYPHS)), 0.1 / (len(GLYPHS) - 1), dtype=np.float32)
        for row in range(len(crops)):
            own = self.classes[self.described % len(self.classes)] if self.classes else 0
            probabilities[row, own] = 0.9
            self.described += 1
        return vectors, probabilities

    def _embedded(self, crops: np.ndarray) -> np.ndarray:
        projection = generator(self.seed, "projection").normal(size=(24 * 24, 256))
        rows = []
        for crop in crops.astype(np.float32):
            levelled = np.log1p(crop) - cv2.GaussianBlur(np.log1p(crop), (0, 0), 12)
            small = cv2.resize(np.clip(levelled, -0.7, 0.7)[16:-16, 16:-16], (24, 24), interpolation=cv2.INTER_AREA)
            vector = (small - small.mean()).ravel() @ projection
            rows.append(vector / np.linalg.norm(vector))
        return np.array(rows, dtype=np.float32)


class InThisProcess:
    """Answers requests as the child process does, and counts them."""

    def __init__(self, embedder: Any) -> None:
        self.answers = Answers(embedder, judged=False)
        self.asked: list[str] = []

    def __enter__(self) -> "InThisProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def request(self, values: dict[str, Any], context: JobContext | None = None) -> dict[str, Any]:
        self.asked.append(values["do"])
        return self.answers.answer(values, context or JobContext())

    def close(self) -> None:
        pass


def recogniser(embedder: FakeEmbedder | None = None) -> Recogniser:
    return Recogniser(child=InThisProcess(embedder or FakeEmbedder()))


def save(pixels: np.ndarray, path: Path) -> Path:
    cv2.imwrite(str(path), cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
    return path


def field_of(seed: int, *, capture_seed: int | None = None, settings: CaptureSettings = WEAK) -> LabelField:
    return label_field(seed, settings, capture_seed=capture_seed)


def single(piece: LabelField, label: int, *, rotation_deg: float, seed: int) -> np.ndarray:
    """Return a fresh capture of one label of a field."""
    row, column = divmod(label, COLUMNS)
    shift = ((column - (COLUMNS - 1) / 2) * PITCH_UM, (row - (ROWS - 1) / 2) * PITCH_UM)
    view = placing(piece.film, width=SINGLE_PX, height=SINGLE_PX, rotation_deg=rotation_deg, shift_um=shift)
    return fluorescence(piece.film, view, WEAK, seed=seed)


def make_point(
    embedder: FakeEmbedder, threshold: float, *, simulated: bool = True, classified: bool = False
) -> OperatingPoint:
    interval = Interval(low=0.0, high=0.1, level=0.95, method="exact")
    scores = ScoreSet(genuine=(0.9,), counterfeit=(0.1,), data_sha256="0" * 64)
    return OperatingPoint(
        id=new_id("point"),
        name="Labels, quick",
        method=METHOD,
        method_version="1",
        settings={"embedder_key": embedder.key, "classified": classified},
        score=SIMILARITY,
        threshold=threshold,
        rule="set by hand",
        domain=Domain(
            simulated=simulated,
            capture_device=Device.MICROSCOPE,
            scanner="simulated microscope",
            printer="none",
            dpi_low=1,
            dpi_high=1e6,
        ),
        tuning=scores,
        test=scores,
        far=Rate(events=0, trials=10, interval=interval),
        frr=Rate(events=0, trials=10, interval=interval),
    )
