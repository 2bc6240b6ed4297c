"""Correlation maps: seconds beside a direct loop over windows and displacements, in the same run.

Both sides use two threads. The loop is timed on a share of the windows and scaled up; it finds the best of the same
integer displacements by OpenCV's template matching, so it is no straw man.
"""

import json
import os
import time

import cv2
import numpy as np

from engine.core.seeds import generator
from engine.imaging.correlation import correlation_map

SEED, SIDE, WINDOW, STEP, SEARCH = 7, 2000, 64, 16, 8


def main() -> None:
    """Print the figures."""
    cv2.setNumThreads(2)
    a, b = _pair()
    seconds, cpu = [], []
    for _ in range(9):
        start, start_cpu = time.perf_counter(), time.process_time()
        found = correlation_map(a, b, window=WINDOW, step=STEP, search=SEARCH)
        seconds.append(time.perf_counter() - start)
        cpu.append(time.process_time() - start_cpu)
    in_place = []
    for _ in range(9):
        start = time.perf_counter()
        correlation_map(a, b, window=WINDOW, step=STEP, search=0)
        in_place.append(time.perf_counter() - start)
    inner = found.displacement[2:-2, 2:-2]
    windows = found.correlation.size
    start = time.perf_counter()
    share = 8
    best = _loop(a, b, share)
    loop = (time.perf_counter() - start) * windows / len(best)
    start = time.perf_counter()
    plain = _loop_in_place(a, b, share)
    loop_in_place = (time.perf_counter() - start) * windows / len(plain)
    mapped = found.correlation.ravel()[::share]
    print(
        json.dumps(
            {
                "benchmark": "correlation map", "size": [SIDE, SIDE], "window": WINDOW, "step": STEP, "search": SEARCH,
                "windows": windows, "threads": 2, "seed": SEED,
                "seconds_best": round(min(seconds), 4), "seconds_median": round(float(np.median(seconds)), 4),
                "cpu_seconds_median": round(float(np.median(cpu)), 4), "load": round(os.getloadavg()[0], 1),
                "loop_seconds": round(loop, 3), "ratio": round(loop / float(np.median(seconds)), 1),
                "in_place_seconds_median": round(float(np.median(in_place)), 4),
                "in_place_loop_seconds": round(loop_in_place, 3),
                "in_place_ratio": round(loop_in_place / float(np.median(in_place)), 1),
                "displacement_error_px": [round(float(value), 3) for value in np.abs(inner - [2.4, -3.7]).max((0, 1))],
                "mean_correlation": round(float(np.nanmean(mapped)), 4),
                "loop_mean_correlation": round(float(np.mean(best)), 4),
            }
        )
    )  # fmt: skip


def _pair() -> tuple[np.ndarray, np.ndarray]:
    noise = generator(SEED, "correlation").standard_normal((SIDE + 40, SIDE + 40)).astype(np.float32)
    image = cv2.GaussianBlur(noise, (0, 0), 2.0)
    image = np.clip(0.5 + 0.15 * image / image.std(), 0, 1).astype(np.float32)
    b = np.ascontiguousarray(image[20 : SIDE + 20, 20 : SIDE + 20])
    to_a = np.array([[1, 0, 20 + 2.4], [0, 1, 20 - 3.7]])
    a = cv2.warpAffine(image, to_a, (SIDE, SIDE), flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP)
    return np.asarray(a, dtype=np.float32), b


def _places(share: int) -> list[tuple[int, int]]:
    across = range(0, SIDE - WINDOW + 1, STEP)
    return [(x, y) for y in across for x in across][::share]


def _loop(a: np.ndarray, b: np.ndarray, share: int) -> list[float]:
    """Search every window by itself: the direct way."""
    padded = cv2.copyMakeBorder(b, SEARCH, SEARCH, SEARCH, SEARCH, cv2.BORDER_REPLICATE)
    reach = WINDOW + 2 * SEARCH
    best = []
    for x, y in _places(share):
        patch, area = a[y : y + WINDOW, x : x + WINDOW], padded[y : y + reach, x : x + reach]
        best.append(float(cv2.matchTemplate(area, patch, cv2.TM_CCOEFF_NORMED).max()))
    return best


def _loop_in_place(a: np.ndarray, b: np.ndarray, share: int) -> list[float]:
    """Correlate every window by itself."""
    return [
        float(np.corrcoef(a[y : y + WINDOW, x : x + WINDOW].ravel(), b[y : y + WINDOW, x : x + WINDOW].ravel())[0, 1])
        for x, y in _places(share)
    ]


if __name__ == "__main__":
    main()
