"""Real photographs of QR codes: read as often as ZXing reads them, never wrongly, and brought to their grid."""

import cv2
import numpy as np

from engine.methods.two_level_qr.generation import Layout
from engine.methods.two_level_qr.rectification import read_codes, rectify
from tests.benchmarks.bench_qr_photos import agreeing, modules_read, plain


def test_photographs_are_read_and_none_wrongly(real_data):
    read, shares = 0, []
    for path in sorted((real_data / "zxing-qr-photos").glob("*/*.png")):
        pixels = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        expected = plain(path.with_suffix(".txt").read_bytes().decode())
        readings = read_codes(pixels)
        assert all(plain(reading.text) == expected for reading in readings), path.name
        read += bool(readings)
        if readings:
            modules = modules_read(np.repeat(pixels[..., None], 3, axis=2), readings[0].text)
            found = rectify(
                pixels, readings[0], Layout(modules, np.zeros_like(modules)), module_px=12, margin=0
            )  # raises where the grid does not fit
            shares.append(agreeing(found.lightness, modules))
    assert read >= 119
    assert np.median(shares) > 0.99
    assert np.mean(shares) > 0.97
