"""Real random fractals in a circle: found again under computed distortions. One JSON object for each step of a curve.

Every query is turned by a random angle, then distorted. ``rank_1`` counts queries whose own label comes first;
``accepted`` those whose own label comes first and passes the threshold; ``false`` those that would pass with another
label if their own were not enrolled. The threshold on the share of patches found again was set between genuine labels
and fakes of the *simulated* etched labels, not on these captures. There is one capture of each label: all
distortions are computed.

    python -m tests.benchmarks.bench_fractals [--every 1]
"""

import argparse
import json
import os
import time
from pathlib import Path

import cv2
import numpy as np

from engine.core.errors import ImagingError
from engine.core.seeds import generator
from engine.methods.micro_pattern.discs import DiscPattern, DiscPatterns, disc_patterns
from tests.benchmarks.fractals import Distortion, blurred, brightened, covered, micrographs, noisy, rotated

THRESHOLD = 0.25  # of simulated labels' fakes none reaches 0.14, of genuine ones none lies below 0.89
CURVES: dict[str, dict[float, Distortion]] = {
    "brightness": {f: lambda p, _, f=f: brightened(p, f) for f in (0.05, 0.1, 0.3, 0.6, 1.0, 1.5, 2.0, 3.0)},
    "blur_sigma_px": {s: lambda p, _, s=s: blurred(p, s) for s in (1.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0)},
    "noise_levels": {s: lambda p, n, s=s: noisy(p, s, n) for s in (10.0, 20.0, 40.0, 80.0, 120.0, 160.0)},
    "covered_black": {s: lambda p, n, s=s: covered(p, s, 77.0 * n, 0) for s in (0.1, 0.3, 0.4, 0.5, 0.6, 0.7)},
    "covered_white": {s: lambda p, n, s=s: covered(p, s, 77.0 * n, 255) for s in (0.3, 0.5, 0.6)},
    "half_covered_and_noise_levels": {
        s: lambda p, n, s=s: noisy(covered(p, 0.5, 77.0 * n, 60), s, n) for s in (20.0, 40.0, 80.0)
    },
    "half_covered_and_blur_sigma_px": {
        s: lambda p, n, s=s: blurred(covered(p, 0.5, 77.0 * n, 60), s) for s in (2.0, 4.0, 6.0)
    },
    "all_at_once": {
        s: lambda p, n, s=s: noisy(brightened(blurred(p, 4 * s), 1 - 0.5 * s), 40 * s, n) for s in (0.5, 1.0, 1.5)
    },
}  # fmt: skip


def main() -> None:
    """Print the curves."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=1, help="take every n-th capture as a query")
    every = parser.parse_args().every
    root = Path(
        os.environ.get("TOUCHSTONE_REAL_DATA", Path(__file__).resolve().parents[3] / "shared" / "data" / "real")
    )
    if not (root / "fractal-puf-subset").is_dir():
        print(json.dumps({"benchmark": "fractals", "skipped": "the real images are not here"}))
        return
    cv2.setNumThreads(1)
    shown = [(pixels, seen[0]) for pixels in micrographs(root) if (seen := _seen(pixels)) and seen[0].whole]
    library = DiscPatterns([pattern for _, pattern in shown])
    captures = [pixels for pixels, _ in shown]
    _step(library, captures, every, "rotation alone", 0.0, lambda pixels, _: pixels)
    for curve, steps in CURVES.items():
        for value, distortion in steps.items():
            _step(library, captures, every, curve, value, distortion)


def _step(
    library: DiscPatterns, captures: list[np.ndarray], every: int, curve: str, value: float, distortion: Distortion
) -> None:
    own: list[float] = []
    others: list[float] = []
    seconds: list[float] = []
    first = unseen = 0
    numbers = range(0, len(captures), every)
    for number in numbers:
        turn = 360 * generator(number, "turn", curve).random()
        query = distortion(rotated(captures[number], turn), number)
        start = time.perf_counter()
        seen = _seen(query)
        hits = library.find(seen) if seen else ()
        seconds.append(time.perf_counter() - start)
        unseen += not seen
        best = next(iter(hits), None)
        right = best is not None and best.place == number
        first += right
        own.append(best.points.score if best is not None and right else 0.0)
        others.append(max((hit.points.score for hit in hits if hit.place != number), default=0.0))
    print(
        json.dumps({
            "benchmark": "fractals", "curve": curve, "value": value, "enrolled": len(captures), "queries": len(numbers),
            "no_disc_seen": unseen, "rank_1": first, "accepted": sum(score >= THRESHOLD for score in own),
            "rejected": sum(score < THRESHOLD for score in own), "false": sum(score >= THRESHOLD for score in others),
            "own_min_median": [round(float(v), 3) for v in np.percentile(own, [0, 50])],
            "other_max": round(max(others), 3), "ms": round(1e3 * float(np.median(seconds)), 1),
        }),
        flush=True,
    )  # fmt: skip


def _seen(pixels: np.ndarray) -> tuple[DiscPattern, ...]:
    try:
        return disc_patterns(pixels)
    except ImagingError:
        return ()


if __name__ == "__main__":
    main()
