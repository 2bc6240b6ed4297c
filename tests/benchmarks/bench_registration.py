"""Registration: simulated microscope fields on scans (simulated), real tokens imaged twice, and speed.

Prints one JSON object a line. ``python -m tests.benchmarks.bench_registration [FIELDS]``
"""

import itertools
import json
import os
import sys
import time
from pathlib import Path

import cv2
import numpy as np

from engine.core.seeds import generator
from engine.imaging.registration import Outcome, register
from engine.jobs import JobContext
from tests.benchmarks.registration_fields import fields

SEED = 2026


def main(count: int = 100) -> None:
    """Print all figures."""
    _fields(count)
    _real()
    _speed()


def _fields(count: int) -> None:
    outcomes: dict[str, list[str]] = {"same": [], "twin": [], "other": []}
    errors, wrong, seconds = [], [], []
    for field in fields(count, SEED):
        for name in outcomes:
            start = time.perf_counter()
            known = getattr(field, name).pixels
            found = register(field.view.pixels, known, um_per_px=field.um_per_px, context=JobContext())
            seconds.append(time.perf_counter() - start)
            outcomes[name].append(found.outcome.value)
            if name == "same" and found.transform is not None:
                errors.append(field.corner_error_um(found.transform))
            elif name == "same" and found.best is not None:
                wrong.append(field.corner_error_um(found.best))
    counted = {
        name: {outcome.value: values.count(outcome.value) for outcome in Outcome} for name, values in outcomes.items()
    }
    _print(
        benchmark="fields on scans",
        simulated=True,
        seed=SEED,
        fields=count,
        same_piece=counted["same"],
        other_piece_of_the_design=counted["twin"],
        other_design=counted["other"],
        corner_error_um={
            "median": round(float(np.median(errors)), 2),
            "p95": round(float(np.percentile(errors, 95)), 2),
            "max": round(max(errors), 2),
        },
        within_10_um=round(float(np.mean(np.array(errors) <= 10)), 4),
        corner_error_um_of_those_not_registered=[round(value, 1) for value in sorted(wrong)],
        seconds_median=round(float(np.median(seconds)), 2),
    )


def _real() -> None:
    root = Path(
        os.environ.get("TOUCHSTONE_REAL_DATA", Path(__file__).resolve().parents[3] / "shared" / "data" / "real")
    )
    folder = root / "mycoiris"
    if not folder.is_dir():
        _print(benchmark="real tokens", skipped="the real images are not here: set TOUCHSTONE_REAL_DATA")
        return
    names = ("03", "03_rep", "05", "05_rep")
    captures = {name: cv2.cvtColor(cv2.imread(str(folder / f"{name}.png")), cv2.COLOR_BGR2RGB) for name in names}
    for first, second in itertools.permutations(names, 2):
        # 1,600 dpi is known from the source; without scales the refusal must not change.
        for scales in ((15.875, 15.875), None):
            found = register(captures[first], captures[second], um_per_px=scales, context=JobContext())
            unseen = [point.residual_px for point in found.correspondences if point.held_out]
            _print(
                benchmark="real tokens",
                questioned=first,
                known=second,
                scales=scales is not None,
                same_token=first[:2] == second[:2],
                outcome=found.outcome.value,
                held_out_rms_px=found.residual_px and round(found.residual_px, 3),
                held_out_points=len(unseen),
                of_all_held_out={
                    key: round(found.evidence[key], 3)
                    for key in ("held_out_median_px", "held_out_rms_px", "held_out_agreement")
                    if found.transform is not None
                },
                displacement_field=found.bent,
                reason=found.reason,
            )


def _speed() -> None:
    noise = generator(SEED, "speed").standard_normal((2200, 2200)).astype(np.float32)
    image = sum(cv2.GaussianBlur(noise, (0, 0), sigma) * sigma for sigma in (2.0, 6.0, 20.0))
    image = np.clip(128 + 50 * image / image.std(), 0, 255).astype(np.uint8)
    turn = cv2.getRotationMatrix2D((1100, 1100), 17, 1.0)
    other = np.ascontiguousarray(cv2.warpAffine(image, turn, (2200, 2200))[100:2100, 100:2100])
    image = np.ascontiguousarray(image[100:2100, 100:2100])
    cv2.setNumThreads(2)
    for scales in ((10.0, 10.0), None):
        times, cpu = [], []
        for _ in range(5):
            start, start_cpu = time.perf_counter(), time.process_time()
            found = register(image, other, um_per_px=scales, context=JobContext())
            times.append(time.perf_counter() - start)
            cpu.append(time.process_time() - start_cpu)
        _print(
            benchmark="speed", size=[2000, 2000], scales=scales is not None, outcome=found.outcome.value, threads=2,
            seconds_best=round(min(times), 3), seconds_median=round(float(np.median(times)), 3),
            cpu_seconds_median=round(float(np.median(cpu)), 3), load=round(os.getloadavg()[0], 1), seed=SEED,
        )  # fmt: skip


def _print(**values: object) -> None:
    print(json.dumps(values), flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
