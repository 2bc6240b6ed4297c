"""Photographs of printed QR codes (ZXing's own tests): how many are read, and how well the grid then fits.

One JSON object. ``read``: photographs from which the expected payload was read; ``wrong``: those from which anything
else was. Of those read, ``rectified`` counts the ones brought to a grid of 12 pixels a module as a two-level code would
be. ``modules_agreeing`` is the share of modules whose middle is black or white there as ZXing read it: these
photographs carry no secret patterns, so nothing more can be compared. ``residual_modules`` is what ``rectify`` says of
the edges of the modules against the grid.

    python -m tests.benchmarks.bench_qr_photos
"""

import json
import os
import time
from pathlib import Path

import cv2
import numpy as np
import zxingcpp

from engine.core.errors import ImagingError
from engine.methods.two_level_qr.generation import Layout
from engine.methods.two_level_qr.rectification import read_codes, rectify

SIDE = 12
ENLARGED = (1, 2)


def main() -> None:
    """Print the figures."""
    root = Path(
        os.environ.get("TOUCHSTONE_REAL_DATA", Path(__file__).resolve().parents[3] / "shared" / "data" / "real")
    )
    folder = root / "zxing-qr-photos"
    if not folder.is_dir():
        print(json.dumps({"benchmark": "qr_photos", "skipped": "the real images are not here"}))
        return
    read, wrong, unread, refused = 0, [], [], []
    agreement, correlation, residual, taken = [], [], [], []
    photographs = sorted(folder.glob("*/*.png"))
    for path in photographs:
        name = f"{path.parent.name}/{path.name}"
        pixels = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
        start = time.perf_counter()
        readings = read_codes(pixels)
        taken.append(time.perf_counter() - start)
        expected = plain(path.with_suffix(".txt").read_bytes().decode())
        right = [reading for reading in readings if plain(reading.text) == expected]
        read += bool(right)
        if len(right) < len(readings):
            wrong.append(name)
        if not right:
            unread.append(name)
            continue
        modules = modules_read(pixels, right[0].text)
        layout = Layout(modules, np.zeros_like(modules))
        try:
            found = rectify(pixels, right[0], layout, module_px=SIDE, margin=0)
        except ImagingError:
            refused.append(name)
            continue
        agreement.append(agreeing(found.lightness, modules))
        correlation.append(found.agreement)
        residual.append(found.residual_px / SIDE)
    print(
        json.dumps(
            {
                "benchmark": "qr_photos", "photographs": len(photographs), "read": read, "wrong": wrong,
                "unread": unread, "rectified": len(agreement), "not_rectified": refused,
                "modules_agreeing": spread(agreement), "window_correlation": spread(correlation),
                "residual_modules": spread(residual), "read_ms": spread([1e3 * each for each in taken]),
            }
        )
    )  # fmt: skip


def plain(text: str) -> str:
    """Return a payload without what files of texts add: final blanks, carriage returns."""
    return text.replace("\r\n", "\n").strip()


def modules_read(pixels: np.ndarray, text: str) -> np.ndarray:
    """Return the modules of the code that says ``text``, True = black, as ZXing read them."""
    for factor in ENLARGED:
        seen = cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
        for code in zxingcpp.read_barcodes(cv2.cvtColor(seen, cv2.COLOR_RGB2GRAY)):
            if code.text == text:
                return np.asarray(code.to_image(scale=1, add_quiet_zones=False)) < 128
    raise AssertionError("what was read can be read again")


def agreeing(lightness: np.ndarray, modules: np.ndarray) -> float:
    """Return the share of modules whose middle half is dark or light as it should be; the threshold is Otsu's."""
    count, edge = len(modules), SIDE // 4
    blocks = lightness.reshape(count, SIDE, count, SIDE)[:, edge:-edge, :, edge:-edge].mean(axis=(1, 3))
    values = np.clip(np.rint(blocks), 0, 255).astype(np.uint8)
    threshold, _ = cv2.threshold(values, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    return float(((values <= threshold) == modules).mean())


def spread(values: list[float]) -> dict[str, float]:
    """Return least, median, mean and greatest."""
    picks = {"least": np.min, "median": np.median, "mean": np.mean, "greatest": np.max}
    return {name: round(float(pick(values)), 4) for name, pick in picks.items()}


if __name__ == "__main__":
    main()
