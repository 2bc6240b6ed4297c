"""The true transforms agree with where the ink is seen."""

import cv2
import numpy as np
import pytest

from engine.simulation.channel import ScannerSettings, scan, true_transform
from engine.simulation.codes import QrCode
from engine.simulation.microscope import MicroscopeSettings, microscope
from engine.simulation.printing import Print

CODE = QrCode(payload="TS-0001", version=1)
MODULE_UM = 508.0


def core_centre(grey, guess, module_px):
    """Centre of a finder's 3 x 3 core: the centre of gravity of darkness inside the light ring around it."""
    y, x = np.mgrid[0 : grey.shape[0], 0 : grey.shape[1]]
    inside = (x - guess[0]) ** 2 + (y - guess[1]) ** 2 < (2.3 * module_px) ** 2
    low, high = np.percentile(grey[inside], [10, 90])
    dark = np.clip((high - grey[inside]) / (high - low), 0, 1)
    dark[dark < 0.2] = 0  # uneven light on the paper is no ink
    return np.array([np.average(x[inside], weights=dark), np.average(y[inside], weights=dark)])


@pytest.mark.parametrize("rotation", [0.0, 15.0, 170.0])
def test_finders_are_seen_where_the_ground_truth_says(rotation):
    piece = Print(CODE.design(), seed=3)
    finders = piece.to_sheet(CODE.finder_centres_um(MODULE_UM))
    whole = scan(piece, seed=4, rotation_deg=rotation)
    expected = whole.to_sheet.inverse().apply(finders)
    for place, guess in zip(finders, expected, strict=True):
        in_scan = core_centre(whole.pixels, guess, MODULE_UM / whole.um_per_px)
        assert np.hypot(*(in_scan - guess)) * whole.um_per_px < 8
        settings = MicroscopeSettings(um_per_px=5, width=800, height=700)
        part = microscope(piece, (place[0] + 300, place[1] - 200), settings, seed=5, rotation_deg=rotation + 63)
        grey = cv2.cvtColor(part.pixels, cv2.COLOR_RGB2GRAY)
        in_part = core_centre(grey, part.to_sheet.inverse().apply(place[None])[0], MODULE_UM / part.um_per_px)
        mapped = true_transform(part, whole).apply(in_part[None])[0]
        assert np.hypot(*(mapped - in_scan)) * whole.um_per_px < 10  # 1/10 module is 50.8 um


def test_microscope_blurred_to_the_scanner_is_the_scan():
    piece = Print(CODE.design(), seed=3)
    whole = scan(piece, ScannerSettings(unevenness=0), seed=4)
    part = microscope(piece, (6000.0, 5000.0), MicroscopeSettings(width=1200, height=900), seed=5, rotation_deg=222)
    truth = true_transform(part, whole).array()
    blurred = cv2.GaussianBlur(cv2.cvtColor(part.pixels, cv2.COLOR_RGB2GRAY), (0, 0), 12).astype(np.float64)
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    warped = cv2.warpAffine(whole.pixels, truth[:2], (1200, 900), flags=flags).astype(np.float64)
    assert np.corrcoef(blurred.ravel(), warped.ravel())[0, 1] > 0.99
    # the shift that explains what is left, to first order: blurred = a * (warped + shift . gradient) + b
    inner = (slice(40, -40), slice(40, -40))
    columns = [part[inner].ravel() for part in (*np.gradient(warped), warped, np.ones_like(warped))]
    down, right, gain, _ = np.linalg.lstsq(np.column_stack(columns), blurred[inner].ravel(), rcond=None)[0]
    assert np.hypot(down, right) / gain * part.um_per_px < 3


def test_module_pitch_in_the_scan_is_the_printed_one():
    piece = Print(CODE.design(), seed=3)
    whole = scan(piece, seed=4)
    upper_left, upper_right, _ = whole.to_sheet.inverse().apply(piece.to_sheet(CODE.finder_centres_um(MODULE_UM)))
    centres = [core_centre(whole.pixels, guess, 12) for guess in (upper_left, upper_right)]
    modules = 17 + 4 * CODE.version - 7
    pitch = np.hypot(*(centres[1] - centres[0])) * whole.um_per_px / modules
    assert pitch == pytest.approx(MODULE_UM, rel=0.005)
