"""Matched points (simulated): the share of film found again in genuine labels and in fakes, and its time.

Every label is enrolled from one field at the middle strength. The genuine query is the same label in a fresh field, the
fake one another film with the same glyph in the same place; fields are segmented by the product. Prints one JSON object
for each strength and for captures far beyond them. What the segmentation refuses is no pair.

    python -m tests.benchmarks.bench_correspondence [--fields 40]
"""

import argparse
import json
import time
from collections.abc import Iterator

import cv2
import numpy as np

from engine.core.seeds import generator
from engine.evaluation.curves import auc
from engine.methods.micro_pattern.correspondence import matched
from engine.methods.micro_pattern.patches import MatchedPoints
from engine.methods.micro_pattern.segmentation import crop, segment
from engine.simulation.fluorescence import MIDDLE, STRENGTHS, STRONG, CaptureSettings
from engine.simulation.glyphs import GLYPHS
from engine.simulation.label_fields import COLUMNS, ROWS, label_field

FIRST_SEED = 30_900_000
FAKES = 50_000  # from a label's seed to that of its fake
BLURRED = STRONG.model_copy(update={"defocus_um": 2.6})
DIRTY = STRONG.model_copy(update={"dirt_per_mm2": 600.0, "scratches_per_mm2": 160.0})


def main() -> None:
    """Measure each strength, and the rest with a quarter of the fields."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fields", type=int, default=40)
    fields = parser.parse_args().fields
    cv2.setNumThreads(1)
    for name, capture in STRENGTHS.items():
        _report(name, list(_pairs(fields, capture)))
    few = max(1, fields // 4)
    for name, capture in {"strong, defocus x2": BLURRED, "strong, dirt and scratches x4": DIRTY}.items():
        _report(name, list(_pairs(few, capture)))


def _pairs(fields: int, capture: CaptureSettings) -> Iterator[tuple[bool, MatchedPoints, float]]:
    for seed in range(FIRST_SEED, FIRST_SEED + fields):
        drawn = generator(seed, "glyphs").integers(len(GLYPHS), size=COLUMNS * ROWS)
        glyphs = tuple(GLYPHS[k] for k in drawn)
        known = _labels(seed, 1, MIDDLE, glyphs)
        for genuine, piece in ((True, seed), (False, seed + FAKES)):
            for place, questioned in _labels(piece, 2, capture, glyphs).items():
                if place in known:
                    start = time.thread_time()
                    found = matched(questioned, known[place])
                    yield genuine, found, time.thread_time() - start


Crops = dict[tuple[int, int], np.ndarray]


def _labels(seed: int, shot: int, capture: CaptureSettings, glyphs: tuple[str, ...]) -> Crops:
    shown = label_field(seed, capture, capture_seed=seed * 10 + shot, glyphs=glyphs).pixels
    grey = np.asarray(cv2.cvtColor(shown, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    found = segment(shown).found
    return {(place.row, place.column): crop(grey, place.corners) for place in found if place.corners is not None}


def _report(name: str, pairs: list[tuple[bool, MatchedPoints, float]]) -> None:
    genuine = [found for right, found, _ in pairs if right]
    fakes = [found for right, found, _ in pairs if not right]
    line: dict[str, object] = {"simulated": True, "captures": name, "genuine": len(genuine), "fakes": len(fakes)}
    if genuine and fakes:
        scores = np.array([found.score for found in genuine]), np.array([found.score for found in fakes])
        residuals = np.concatenate([found.residual for found in genuine])
        line |= {
            "genuine_score_min_1_50": [round(float(v), 3) for v in np.percentile(scores[0], [0, 1, 50])],
            "fake_score_50_99_max": [round(float(v), 3) for v in np.percentile(scores[1], [50, 99, 100])],
            "auc": round(auc(scores[0].tolist(), scores[1].tolist()), 6),
            "tried_min_median": [int(v) for v in np.percentile([found.tried for found in genuine], [0, 50])],
            "genuine_below_0.25": int((scores[0] < 0.25).sum()), "fakes_from_0.25": int((scores[1] >= 0.25).sum()),
            "residual_px_50_95": [round(float(v), 2) for v in np.percentile(residuals, [50, 95])],
            "ms_median_95": [round(float(1e3 * v), 2) for v in np.percentile([s for *_, s in pairs], [50, 95])],
        }  # fmt: skip
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
