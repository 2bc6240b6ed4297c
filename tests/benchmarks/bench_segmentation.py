"""Segmentation of label fields (simulated): labels found, corner errors, and its time beside that of decoding alone.

Prints one JSON object for each strength of the capture. Times are of two processes that share the fields: ``decode``
reads the PNG files, ``segment`` reads them, finds the labels and asks the contour judge about each, in turns, so that
both meet the same machine. Each process loads the judge once, with its first field, before times are taken.
``published`` counts what the published steps give by themselves, and with the judge: Sobel x minus Sobel y, 9 x 9 mean,
binarised at 90, the 12 largest contours (He et al. 2024; right where centre and sides agree within 8 and 16 px). The
paper states no rate: from 200 fields it got "about 2,400 labels" in about 40 s.

    python -m tests.benchmarks.bench_segmentation [--fields 200] [--strength weak|middle|strong]
"""

import argparse
import json
import tempfile
import time
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from engine.core.seeds import generator
from engine.methods.micro_pattern.judge import shipped_judge
from engine.methods.micro_pattern.published import published_labels
from engine.methods.micro_pattern.segmentation import segment
from engine.simulation.fluorescence import STRENGTHS
from engine.simulation.label_fields import label_field

FIRST_SEED = 70_000
PROCESSES = 2
ROUNDS = 3


def main() -> None:
    """Measure each strength."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fields", type=int, default=200)
    parser.add_argument("--strength", choices=[*STRENGTHS], action="append")
    options = parser.parse_args()
    for strength in options.strength or STRENGTHS:
        with tempfile.TemporaryDirectory() as folder, get_context("spawn").Pool(PROCESSES) as pool:
            jobs = [(Path(folder) / f"{number}.png", strength, number) for number in range(options.fields)]
            truth = pool.map(_made, jobs)
            paths = [job[0] for job in jobs]
            found = pool.map(_segmented, paths)
            published = np.sum(pool.map(_published, zip(paths, truth, strict=True)), axis=0)
            seconds: dict[str, list[float]] = {"decode": [], "segment": []}
            for _ in range(ROUNDS):
                for name, work in (("decode", _decoded), ("segment", _segmented)):
                    start = time.perf_counter()
                    pool.map(work, paths, chunksize=8)
                    seconds[name].append(time.perf_counter() - start)
        _report(strength, truth, found, published, {name: min(each) for name, each in seconds.items()})


def _report(strength: str, truth: list, found: list, published: np.ndarray, seconds: dict[str, float]) -> None:
    errors, states, shown = [], {}, 0
    for corners, places in zip(truth, found, strict=True):
        shown += int(_inside(corners).sum())
        for number, (state, seen) in enumerate(places):
            states[state] = states.get(state, 0) + 1
            if state == "found":
                errors.append(float(np.linalg.norm(np.array(seen) - corners[number], axis=1).max()))
    error = np.array(errors)
    print(
        json.dumps({
            "simulated": True, "strength": strength, "fields": len(truth), "labels_wholly_shown": shown,
            "found": len(errors), "found_share": round(len(errors) / shown, 5), "places": states,
            "corner_error_px": [round(float(value), 2) for value in np.percentile(error, [50, 95, 100])],
            "unflagged_wrong_crops": int((error > 5).sum()), "above_2_px": int((error > 2).sum()),
            "published_steps": _counts(published[:3]), "published_steps_and_judge": _counts(published[3:]),
            "decode_s": round(seconds["decode"], 2), "segment_s": round(seconds["segment"], 2),
            "ratio": round(seconds["segment"] / seconds["decode"], 2),
        }),
        flush=True,
    )  # fmt: skip


def _counts(told: np.ndarray) -> dict[str, int]:
    return dict(zip(("labels", "crops", "wrong_crops"), told.tolist(), strict=True))


def _inside(corners: np.ndarray) -> np.ndarray:
    return np.asarray(((corners > -0.5) & (corners < np.array([1919.5, 1439.5]))).all(axis=(1, 2)))


def _made(job: tuple[Path, str, int]) -> np.ndarray:
    import cv2

    cv2.setNumThreads(1)
    path, strength, number = job
    seed = FIRST_SEED + number
    shot = int(generator(seed, "shot", strength).integers(2**31))
    field = label_field(seed, STRENGTHS[strength], capture_seed=shot)
    cv2.imwrite(str(path), field.pixels[..., ::-1])
    return field.corners


def _read(path: Path) -> np.ndarray:
    import cv2

    cv2.setNumThreads(1)
    return np.asarray(cv2.imread(str(path), cv2.IMREAD_COLOR_RGB), dtype=np.uint8)


def _decoded(path: Path) -> np.ndarray:
    return _read(path)[::400, ::400]


def _segmented(path: Path) -> list[tuple[str, list | None]]:
    places = segment(_read(path), judge=shipped_judge()).places
    return [(place.state.value, None if place.corners is None else place.corners.tolist()) for place in places]


def _published(job: tuple[Path, np.ndarray]) -> list[int]:
    """Return labels found, crops made and crops of something else: by the published steps, and with the judge."""
    path, truth = job
    pixels = _read(path)
    told = []
    for judge in (None, shipped_judge()):
        quads = published_labels(pixels, judge=judge)
        right = np.array([[_agrees(quad, corners) for corners in truth] for quad in quads]).reshape(
            len(quads), len(truth)
        )
        told += [int(right.any(axis=0).sum()), len(quads), int((~right.any(axis=1)).sum())]
    return told


def _agrees(quad: np.ndarray, corners: np.ndarray) -> bool:
    away = np.hypot(*(quad.mean(axis=0) - corners.mean(axis=0)))
    side = np.linalg.norm(corners[1] - corners[0])
    lengths = np.linalg.norm(np.roll(quad, -1, axis=0)[:2] - quad[:2], axis=1)
    return bool(away < 8 and (np.abs(lengths - side) < 16).all())


if __name__ == "__main__":
    main()
