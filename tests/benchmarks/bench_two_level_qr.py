"""Two-level QR codes: milliseconds of the refined indicator of a 426-module code on one core.

Prints one JSON object: how long it takes, and how much quicker it is than a loop over equation (3) in the same run.
The protocol of the paper and the attacks are ``python app.py evaluate two-level-qr``.
"""

import json
import time
from collections.abc import Callable

import numpy as np

from engine.core.seeds import generator
from engine.methods.two_level_qr.detection import detect
from engine.methods.two_level_qr.patterns import correlation

MODULES = 426
REACH = (2, 2)
MARGIN = 4


def main() -> None:
    """Time the refined indicator of a 426-module code against the loop over its definition."""
    import cv2

    cv2.setNumThreads(1)
    random = generator(0, "speed")
    places = np.argwhere(np.ones((33, 33), dtype=np.bool_))[np.sort(random.permutation(33 * 33)[:MODULES])]
    corners = places * 12 + MARGIN
    lightness = (255 * random.random((33 * 12 + 2 * MARGIN,) * 2)).astype(np.float32)
    patterns, classes = random.random((3, 12, 12)) < 0.5, np.arange(MODULES) % 3
    own = random.random((MODULES, 12, 12)) < 0.5
    slow: list[float] = []

    def loop() -> None:
        slow[:] = [_looped(lightness, corner, patterns[k]) for corner, k in zip(corners, classes, strict=True)]

    loop_ms = _milliseconds(loop, 3)
    found = detect(lightness, corners, patterns, classes, reach=REACH)
    quick_ms = _milliseconds(lambda: detect(lightness, corners, patterns, classes, reach=REACH), 40)
    unique_ms = _milliseconds(lambda: detect(lightness, corners, own, np.arange(MODULES), reach=REACH), 40)
    values = {
        "measure": "refined indicator, CPU ms on one core",
        "modules": MODULES,
        "reach": REACH,
        "ms": quick_ms,
        "unique_ms": unique_ms,
        "loop_ms": loop_ms,
        "times_quicker": round(loop_ms / quick_ms),
        "largest_difference": float(np.abs(found.refined - np.array(slow)).max()),
    }
    print(json.dumps(values), flush=True)


def _looped(lightness: np.ndarray, corner: np.ndarray, pattern: np.ndarray) -> float:
    (y, x), (dx, dy), side = corner, REACH, len(pattern)
    return max(
        correlation(pattern, -lightness[y + v : y + v + side, x + u : x + u + side])
        for v in range(-dy, dy + 1)
        for u in range(-dx, dx + 1)
    )


def _milliseconds(work: Callable[[], object], times: int) -> float:
    """Return the least CPU time of several runs: what other processes on the machine cost is left out."""
    taken: list[float] = []
    for _ in range(times):
        start = time.process_time()
        work()
        taken.append(1e3 * (time.process_time() - start))
    return round(min(taken), 2)


if __name__ == "__main__":
    main()
