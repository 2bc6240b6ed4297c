"""Real first prints and scanned-and-reprinted second prints through the maps and thresholds of two-level codes.

These QR codes carry one random pattern in their middle instead of textured modules, and their originals are not known.
So every capture is read, brought to a grid of 24 pixels a module by its modules, and the middle is cut into cells of
one module. The cells' patterns, as a series' parameters would hold them, are the dark pixels (Otsu) of the mean over
*other* first prints of the same word, as many of them for a first print as for a second; words without first prints
are left out. Equations (2) and (3) then give the correlation of each cell and the indicator. The threshold of a word
comes from all other words (equation (5)), so no word tells of itself; intervals are clustered by word. One JSON object;
the unrefined indicator and the capture comparison of ``bench_cdp`` are the plain baselines.

    python -m tests.benchmarks.bench_qr_prints
"""

import json
import os
import time
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np
import zxingcpp

from engine.evaluation.curves import auc, leave_one_group_out
from engine.methods.two_level_qr.detection import Detection, detect
from engine.methods.two_level_qr.generation import Layout
from engine.methods.two_level_qr.loss import LossPattern, pattern_of_loss
from engine.methods.two_level_qr.rectification import read_codes, rectify
from tests.benchmarks.cdp_captures import CodeCapture, captures

SIDE = 24
REACH = (3, 3)
# The pattern's place: the middle 8 x 8 modules of 37, about half a module inside its rim.
FIRST, CELLS = 14.5, 8
WHITE = 80  # pixels of quiet zone, which the captures were cut without


def main() -> None:
    """Print the figures."""
    root = Path(
        os.environ.get("TOUCHSTONE_REAL_DATA", Path(__file__).resolve().parents[3] / "shared" / "data" / "real")
    )
    folder = root / "cdp-qr-first-second-print"
    if not folder.is_dir():
        print(json.dumps({"benchmark": "qr_prints", "skipped": "the real images are not here"}))
        return
    start = time.process_time()
    words: dict[str, list[CodeCapture]] = defaultdict(list)
    for capture in captures(folder):
        words[capture.word].append(capture)
    found = [(word, *row) for word, group in words.items() for row in measured(group)]
    values = {
        "benchmark": "qr_prints",
        "captures": len(found),
        "words": len({row[0] for row in found}),
        "cells": CELLS**2,
        "reach": REACH,
    }
    for name in ("indicator", "indicator_unrefined"):
        values[name] = figures([(word, original, getattr(row, name)) for word, original, row in found])
    for original, kind in ((True, "first"), (False, "second")):
        cells = np.concatenate([row.refined for _, own, row in found if own is original])
        values[f"cells_{kind}_prints"] = {
            f"p{q}": round(float(np.percentile(cells, q)), 3) for q in (5, 25, 50, 75, 95)
        }
        maps = [row.refined.reshape(CELLS, CELLS) for _, own, row in found if own is original]
        local = sum(pattern_of_loss(each, seed=0).pattern is LossPattern.LOCAL for each in maps)
        values[f"local_loss_{kind}_prints"] = f"{local} of {len(maps)}"
    print(json.dumps({**values, "cpu_s": round(time.process_time() - start, 1)}))


def measured(group: list[CodeCapture]) -> list[tuple[bool, Detection]]:
    """Return, for each capture of a word, whether it is a first print and what was measured of its cells."""
    modules = majority([modules_read(capture) for capture in group])
    grids = [rectified(capture, modules) for capture in group]
    originals = [index for index, capture in enumerate(group) if capture.original]
    if not originals:
        return []
    rows, left_out = [], 0
    for index, capture in enumerate(group):
        if capture.original:
            others = [each for each in originals if each != index]
        else:  # as many as a first print has, in turn
            others = [each for each in originals if each != originals[left_out % len(originals)]]
            left_out += 1
        mean = np.mean([grids[each] for each in others], axis=0)
        rows.append((capture.original, cells(grids[index], mean)))
    return rows


def cells(lightness: np.ndarray, known: np.ndarray) -> Detection:
    """Measure the cells of a grid against the patterns in the mean of others."""
    first = round(FIRST * SIDE)
    rows, columns = np.meshgrid(np.arange(CELLS), np.arange(CELLS), indexing="ij")
    corners = np.column_stack([rows.ravel(), columns.ravel()]) * SIDE + first
    middle = np.clip(np.rint(known[first : first + CELLS * SIDE, first : first + CELLS * SIDE]), 0, 255).astype(
        np.uint8
    )
    threshold, _ = cv2.threshold(middle, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    patterns = (middle <= threshold).reshape(CELLS, SIDE, CELLS, SIDE).swapaxes(1, 2).reshape(-1, SIDE, SIDE)
    return detect(lightness, corners, patterns, np.arange(CELLS**2), reach=REACH)


def modules_read(capture: CodeCapture) -> np.ndarray:
    """Return the modules as ZXing read them, (37, 37), True = black."""
    (code,) = zxingcpp.read_barcodes(framed(capture))
    return np.asarray(code.to_image(scale=1, add_quiet_zones=False)) < 128


def rectified(capture: CodeCapture, modules: np.ndarray) -> np.ndarray:
    """Return the capture on the grid of its modules."""
    pixels = framed(capture)
    (reading,) = read_codes(pixels)
    assert reading.text == f"{capture.word}-40", "the payload is the word"
    layout = Layout(modules, np.zeros_like(modules))
    return rectify(pixels, reading, layout, module_px=SIDE, margin=0).lightness


def framed(capture: CodeCapture) -> np.ndarray:
    """Return the capture with a quiet zone."""
    return cv2.copyMakeBorder(capture.pixels, *(WHITE,) * 4, cv2.BORDER_CONSTANT, value=225)


def majority(votes: list[np.ndarray]) -> np.ndarray:
    """Return what most captures show."""
    return np.mean(votes, axis=0) > 0.5


def figures(scores: list[tuple[str, bool, float]]) -> dict[str, object]:
    """Return rates with intervals and the two kinds' scores."""
    genuine, known = zip(*((value, word) for word, original, value in scores if original), strict=True)
    copies, copied = zip(*((value, word) for word, original, value in scores if not original), strict=True)
    held_out = leave_one_group_out(genuine, known, copies, copied)
    rates = {
        name: {"events": rate.events, "trials": rate.trials, "words": rate.objects, "value": round(rate.value, 4),
               "low": round(rate.interval.low, 4), "high": round(rate.interval.high, 4)}
        for name, rate in (("far", held_out.far), ("frr", held_out.frr))
    }  # fmt: skip
    return {
        "auc": round(auc(genuine, copies), 5),
        **rates,
        "thresholds": [round(pick(held_out.thresholds.values()), 4) for pick in (min, max)],
        "first_prints": {"mean": round(float(np.mean(genuine)), 4), "least": round(min(genuine), 4)},
        "second_prints": {"mean": round(float(np.mean(copies)), 4), "greatest": round(max(copies), 4)},
    }


if __name__ == "__main__":
    main()
