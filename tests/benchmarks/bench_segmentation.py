"""Segmentation of label fields (simulated): labels found, corner errors, and its time beside that of decoding alone.

Prints one JSON object for each strength of the capture. Times are the best of some rounds in turns, so that decoding
alone and decoding with segmentation meet the same machine. ``bare``: two processes that share the fields; ``decode``
reads the PNG files with OpenCV and nothing else, ``segment`` also finds the labels and asks the contour judge about
each. ``product``: what ``field segment`` does with the files, which two processes decode under limits, and the reading
by itself; the hashes of the files and the start of those processes are part of both. The judge is loaded before.
``published`` counts what the published steps give by themselves, and with the judge: Sobel x minus Sobel y, 9 x 9 mean,
binarised at 90, the 12 largest contours (He et al. 2024; right where centre and sides agree within 8 and 16 px). The
paper states no rate: from 200 fields it got "about 2,400 labels" in about 40 s.

    python -m tests.benchmarks.bench_segmentation [--fields 200] [--strength weak|middle|strong] [--folder DIR]
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.pool import Pool
from pathlib import Path

import numpy as np

from engine.core.seeds import generator
from engine.jobs import JobContext
from engine.methods.micro_pattern.judge import shipped_judge
from engine.methods.micro_pattern.published import published_labels
from engine.methods.micro_pattern.segmentation import segment
from engine.simulation.fluorescence import STRENGTHS
from engine.simulation.label_fields import label_field
from engine.workflows.labels.fields import read_fields, segment_fields

FIRST_SEED = 70_000
PROCESSES = 2
ROUNDS = 2


def main() -> None:
    """Measure each strength."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fields", type=int, default=200)
    parser.add_argument("--strength", choices=[*STRENGTHS], action="append")
    parser.add_argument("--folder", type=Path, help="keeps the simulated fields; those that are there are used")
    options = parser.parse_args()
    for strength in options.strength or STRENGTHS:
        with tempfile.TemporaryDirectory() as scratch, get_context("spawn").Pool(PROCESSES) as pool:
            folder = options.folder or Path(scratch)
            seeds = range(FIRST_SEED, FIRST_SEED + options.fields)
            paths = [folder / f"{seed}-{strength}.png" for seed in seeds]
            truth = pool.starmap(_made, zip(paths, [strength] * len(paths), seeds, strict=True))
            found = pool.map(_segmented, paths)
            published = np.sum(pool.map(_published, zip(paths, truth, strict=True)), axis=0)
            seconds = _timed(pool, paths)
        _report(strength, truth, found, published, seconds)


def _timed(pool: Pool, paths: list[Path]) -> dict[str, float]:
    """Return the seconds of each way to go through the fields, the least of all rounds."""
    works: dict[str, Callable[[], object]] = {
        "bare_decode": lambda: pool.map(_decoded, paths, chunksize=2),
        "bare_segment": lambda: pool.map(_segmented, paths, chunksize=2),
        "product_decode": lambda: sum(1 for _ in read_fields(paths, JobContext())),
        "product_segment": lambda: sum(1 for _ in segment_fields(paths, context=JobContext())),
    }
    list(segment_fields(paths[:1], context=JobContext()))
    seconds: dict[str, float] = {}
    for _ in range(ROUNDS):
        for name, work in works.items():
            start = time.perf_counter()
            work()
            seconds[name] = min(seconds.get(name, np.inf), time.perf_counter() - start)
    return seconds


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
            "seconds": {name: round(value, 2) for name, value in seconds.items()},
            "ratio": {
                way: round(seconds[f"{way}_segment"] / seconds[f"{way}_decode"], 2) for way in ("bare", "product")
            },
        }),
        flush=True,
    )  # fmt: skip


def _counts(told: np.ndarray) -> dict[str, int]:
    return dict(zip(("labels", "crops", "wrong_crops"), told.tolist(), strict=True))


def _inside(corners: np.ndarray) -> np.ndarray:
    return np.asarray(((corners > -0.5) & (corners < np.array([1919.5, 1439.5]))).all(axis=(1, 2)))


def _made(path: Path, strength: str, seed: int) -> np.ndarray:
    """Return the corners of a field, which is simulated where there is no file of it."""
    import cv2

    corners = path.with_suffix(".npy")
    if not (path.is_file() and corners.is_file()):
        cv2.setNumThreads(1)
        shot = int(generator(seed, "shot", strength).integers(2**31))
        field = label_field(seed, STRENGTHS[strength], capture_seed=shot)
        cv2.imwrite(str(path), field.pixels[..., ::-1])
        np.save(corners, field.corners)
    return np.load(corners, allow_pickle=False)


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
