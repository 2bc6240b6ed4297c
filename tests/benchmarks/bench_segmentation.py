"""Segmentation of label fields (simulated): labels found, corner errors, and its time beside that of decoding alone.

Prints one JSON object for each strength of the capture. Times are of two processes that share the fields: ``decode``
reads the PNG files, ``segment`` reads them and finds the labels, in turns, so that both meet the same machine.
``published`` counts labels that the published steps find by themselves: Sobel x minus Sobel y, 9 x 9 mean, binarised
at 90, the 12 largest contours (He et al. 2024; a label counts where centre and sides agree within 8 and 16 px).

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
            published = pool.map(_published, zip(paths, truth, strict=True))
            seconds: dict[str, list[float]] = {"decode": [], "segment": []}
            for _ in range(ROUNDS):
                for name, work in (("decode", _decoded), ("segment", _segmented)):
                    start = time.perf_counter()
                    pool.map(work, paths, chunksize=8)
                    seconds[name].append(time.perf_counter() - start)
        _report(strength, truth, found, sum(published), {name: min(each) for name, each in seconds.items()})


def _report(strength: str, truth: list, found: list, published: int, seconds: dict[str, float]) -> None:
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
            "published_steps_found": published,
            "decode_s": round(seconds["decode"], 2), "segment_s": round(seconds["segment"], 2),
            "ratio": round(seconds["segment"] / seconds["decode"], 2),
        }),
        flush=True,
    )  # fmt: skip


def _inside(corners: np.ndarray) -> np.ndarray:
    return ((corners > -0.5) & (corners < np.array([1919.5, 1439.5]))).all(axis=(1, 2))


def _made(job: tuple[Path, str, int]) -> np.ndarray:
    import cv2

    cv2.setNumThreads(1)
    path, strength, number = job
    seed = FIRST_SEED + number
    shot = int(generator(seed, "shot", strength).integers(2**31))
    field = label_field(seed, STRENGTHS[strength], capture_seed=shot)
    cv2.imwrite(str(path), field.pixels[..., ::-1])
    return field.corners


def _decoded(path: Path) -> np.ndarray:
    import cv2

    cv2.setNumThreads(1)
    return cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)[::400, ::400]


def _segmented(path: Path) -> list[tuple[str, list | None]]:
    import cv2

    cv2.setNumThreads(1)
    places = segment(cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)).places
    return [(place.state.value, None if place.corners is None else place.corners.tolist()) for place in places]


def _published(job: tuple[Path, np.ndarray]) -> int:
    import cv2

    cv2.setNumThreads(1)
    path, truth = job
    grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    slope = cv2.subtract(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))
    _, edges = cv2.threshold(cv2.blur(cv2.convertScaleAbs(slope), (9, 9)), 90, 255, cv2.THRESH_BINARY)
    outlines, _ = cv2.findContours(edges, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    rects = [cv2.minAreaRect(outline) for outline in sorted(outlines, key=cv2.contourArea)[-12:]]
    return sum(any(_agrees(rect, corners) for rect in rects) for corners in truth)


def _agrees(rect: tuple, corners: np.ndarray) -> bool:
    side = np.linalg.norm(corners[1] - corners[0])
    away = np.hypot(*(np.array(rect[0]) - corners.mean(axis=0)))
    return bool(away < 8 and all(abs(length - side) < 16 for length in rect[1]))


if __name__ == "__main__":
    main()
