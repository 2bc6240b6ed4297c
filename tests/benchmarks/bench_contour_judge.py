"""The contour judge on contours of films it never saw (simulated): what it accepts of each kind, and how long it takes.

Prints one JSON object.

    python -m tests.benchmarks.bench_contour_judge [--films 60]
"""

import argparse
import json
import time

import cv2
import numpy as np

from engine.jobs import JobContext
from engine.methods.micro_pattern.contours import TEST_SEEDS, ContourFields
from engine.methods.micro_pattern.judge import AT_ONCE, Judge
from engine.workflows.training.judge_worker import confusion, rendered

FIRST_SEED = TEST_SEEDS + 500_000  # not those whose counts the card tells
ROUNDS = 50


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--films", type=int, default=60)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    contours = rendered(ContourFields(first_seed=FIRST_SEED, count=options.films), JobContext())
    start = time.perf_counter()
    judge = Judge.load()
    some = contours.patches[:AT_ONCE]
    judge.probabilities(some)
    loaded = time.perf_counter() - start
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        judge.probabilities(some)
        times.append(time.perf_counter() - start)
    counts = confusion(judge, contours)
    print(
        json.dumps({
            "simulated": True, "films": options.films, "contours": len(contours.kinds),
            "accepted": {kind.value: f"{accepted} of {total}" for kind, (accepted, total) in counts.items()},
            "probability_of_labels": np.percentile(
                judge.probabilities(contours.patches[contours.labels]), [0, 0.1, 1, 50]
            ).round(4).tolist(),
            "load_s": round(loaded, 2), "twelve_ms": round(1e3 * float(np.median(times)), 2),
        })
    )  # fmt: skip


if __name__ == "__main__":
    main()
