"""A scanned A4 page of 600 dpi with 12 two-level codes (simulated): seconds from the file to 12 findings.

One JSON object. Every code was printed and scanned on its own by the simulated devices, half of them copied, and stands
on a page of paper white with sensor noise, which compresses as badly as that of a scanner. The page is a grey PNG.
Seconds of the wall clock and of the processor, on one core: the least of several runs, with the machine's load beside.

    python -m tests.benchmarks.bench_qr_sheet [--runs 5]
"""

import argparse
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np

from engine.core.codes import Scheme
from engine.core.seeds import generator
from engine.imaging.decode import decode
from engine.methods.two_level_qr.examination import ReadCapture, TwoLevelQr, TwoLevelQrSettings
from engine.methods.two_level_qr.generation import generate
from engine.methods.two_level_qr.rectification import read_codes
from engine.methods.two_level_qr.series import Series, make_series
from engine.simulation import laser
from engine.simulation.channel import copied, scan
from engine.simulation.printing import Print
from engine.workflows.code_protocol import SEARCH
from tests.engine.methods.two_level_qr.samples import Held

CODES = 12
A4_PX = (7016, 4960)
T = TypeVar("T")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    series = make_series(
        "Sheet", key=hashlib.sha256(b"sheet").digest(), scheme=Scheme.ORDERED, search=SEARCH
    )  # its patterns are searched briefly
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.png"
        cv2.imwrite(str(path), page(series))
        size = path.stat().st_size
        runs = [run(path, series) for _ in range(options.runs)]
    names = runs[0][0]
    least = {
        name: {"wall_s": round(min(each[0][name][0] for each in runs), 3),
               "cpu_s": round(min(each[0][name][1] for each in runs), 3)}
        for name in names
    }  # fmt: skip
    indicators = runs[0][1]
    values = {"benchmark": "qr_sheet", "simulated": True, "pixels": A4_PX[0] * A4_PX[1], "codes": len(indicators)}
    values |= {"file_mb": round(size / 1e6, 1), "load": round(os.getloadavg()[0], 1), **least}
    values["authentic_least"] = round(min(indicators[::2]), 3)
    values["copy_greatest"] = round(max(indicators[1::2]), 3)
    print(json.dumps(values))


def page(series: Series) -> np.ndarray:
    """Return the page, (7016, 4960) uint8; every second code is a copy."""
    random = generator(0, "page")
    found = np.rint(236 + 2 * random.standard_normal(A4_PX, dtype=np.float32)).astype(np.uint8)
    for index in range(CODES):
        piece = Print(generate(series, f"SHEET-{index:06d}").design, 100 + index, settings=laser.M126_PRINTER)
        if index % 2:
            piece = copied(piece, settings=laser.M377_COPIER, seed=200 + index)
        seen = scan(piece, laser.M126_SCANNER, seed=300 + index).pixels
        row, column = divmod(index, 3)
        top, left = 300 + 1650 * row + 7 * index, 300 + 1500 * column + 5 * index
        found[top : top + seen.shape[0], left : left + seen.shape[1]] = seen
    return found


def run(path: Path, series: Series) -> tuple[dict[str, tuple[float, float]], list[float]]:
    """Return wall and processor seconds of each part, and the indicators in the order of the codes' texts."""
    seconds: dict[str, tuple[float, float]] = {}
    method = TwoLevelQr()
    pixels = timed(seconds, "decode", lambda: decode(path))
    readings = timed(seconds, "read", lambda: read_codes(pixels))
    assert len(readings) == CODES, "every code is read"
    read = ReadCapture(Held(np.zeros((1, 1), dtype=np.uint8)).capture, pixels, readings)
    findings = timed(
        seconds,
        "examine",
        lambda: {
            each.text: method.examine_read(read, series, TwoLevelQrSettings(code_text=each.text)) for each in readings
        },
    )
    seconds["in_all"] = tuple(np.sum([*seconds.values()], axis=0).tolist())
    values = [findings[text].score("indicator").value for text in sorted(findings)]
    return seconds, [float(value) for value in values if value is not None]


def timed(seconds: dict[str, tuple[float, float]], name: str, work: Callable[[], T]) -> T:
    """Do the work and note its seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    seconds[name] = (time.perf_counter() - wall, time.process_time() - cpu)
    return result


if __name__ == "__main__":
    main()
