"""Scanning keeps a piece's fine structure; copying loses it, generation by generation."""

import cv2
import numpy as np
import pytest

from engine.simulation.channel import CopierSettings, ScannerSettings, copied, scan
from engine.simulation.codes import Design, QrCode
from engine.simulation.printing import Print, PrintSettings
from tests.benchmarks.fine_structure import correlation, dense_design, in_microscope, in_scan, likeness

DESIGN = QrCode(payload="TS-0001", version=1, quiet_modules=2).design(module_px=6)
BARE = PrintSettings().without_fine_structure()


def test_a_piece_scanned_twice_agrees_and_two_pieces_do_not():
    pieces = [Print(DESIGN, seed=seed) for seed in (1, 2, 3)]
    first = [in_scan(piece, 10 + k) for k, piece in enumerate(pieces)]
    again = [in_scan(piece, 20 + k) for k, piece in enumerate(pieces)]
    assert min(correlation(first[k], again[k]) for k in range(3)) > 0.8
    assert max(correlation(first[k], again[k - 1]) for k in range(3)) < 0.25


def test_scanner_and_microscope_see_the_same_fine_structure():
    pieces = [Print(DESIGN, seed=seed) for seed in (1, 2)]
    scanned = [in_scan(piece, 10) for piece in pieces]
    close = [in_microscope(piece, 11, (3200.0, 3000.0), rotation_deg=140) for piece in pieces]
    assert min(correlation(scanned[k], close[k]) for k in range(2)) > 0.7
    assert max(correlation(scanned[k], close[1 - k]) for k in range(2)) < 0.25


def test_scan_is_the_same_for_the_same_seed():
    piece = Print(DESIGN, seed=1)
    first, second, other = (scan(piece, seed=seed) for seed in (4, 4, 5))
    assert np.array_equal(first.pixels, second.pixels)
    assert first.to_sheet == second.to_sheet
    assert other.to_sheet != first.to_sheet


@pytest.mark.parametrize("noise", [0.01, 0.05])
def test_scanner_noise_has_the_stated_deviation(noise):
    blank = Print(Design(np.zeros((100, 100), dtype=bool), 42.0), seed=1, settings=BARE)
    settings = ScannerSettings(noise=noise, read_noise=0, gamma=1, unevenness=0)
    pixels = scan(blank, settings, seed=1).pixels
    assert pixels.mean() / 255 == pytest.approx(0.85, abs=0.005)
    assert pixels.std() / 255 == pytest.approx(noise * 0.85**0.5, rel=0.1)


def test_gamma_raises_the_dark_tones():
    piece = Print(DESIGN, seed=1)
    dark = [np.percentile(scan(piece, ScannerSettings(gamma=gamma), seed=1).pixels, 5) for gamma in (1.0, 2.2)]
    assert dark[0] == pytest.approx(255 * 0.045, abs=6)
    assert dark[1] == pytest.approx(255 * 0.045 ** (1 / 2.2), abs=8)


def test_optical_blur_softens_the_scan():
    piece = Print(DESIGN, seed=1)
    sharpness = [
        cv2.Laplacian(scan(piece, ScannerSettings(blur_um=blur), seed=1).pixels.astype(np.float32), cv2.CV_32F).var()
        for blur in (5.0, 25.0, 60.0)
    ]
    assert sharpness[0] > sharpness[1] > sharpness[2]


@pytest.mark.parametrize("dpi", [300, 600, 1200])
def test_scan_has_the_size_of_its_resolution(dpi):
    piece = Print(DESIGN, seed=1)
    view = scan(piece, ScannerSettings(dpi=dpi, skew_deg=0, margin_um=500), seed=1)
    width_um, height_um = (length + 1000 for length in piece.design.size_um)
    assert view.pixels.shape == (np.ceil(height_um * dpi / 25_400), np.ceil(width_um * dpi / 25_400))
    assert view.um_per_px == pytest.approx(25_400 / dpi)


def test_prints_and_copies_are_still_read_by_a_decoder():
    piece = Print(DESIGN, seed=1)
    for seen in (scan(piece, seed=2), scan(piece, seed=3, rotation_deg=100), scan(copied(piece, 2, seed=4), seed=5)):
        read, *_ = cv2.QRCodeDetector().detectAndDecode(seen.pixels)
        assert read == "TS-0001"


def test_each_copy_resembles_the_design_less():
    design = dense_design()
    original = Print(design, seed=1)
    found = [likeness(copied(original, times, seed=2), 30 + times, design) for times in range(4)]
    assert found[0] > 0.93
    assert all(found[k] > found[k + 1] + 0.03 for k in range(3))


def test_copies_are_reproducible_pieces_of_their_own():
    original = Print(DESIGN, seed=1)
    first, again, other = copied(original, seed=2), copied(original, seed=2), copied(original, seed=3)
    assert first.generation == 1
    assert copied(original, 3, seed=2).generation == 3
    assert copied(original, 0, seed=2) is original
    assert np.array_equal(first.design.ink, again.design.ink)
    assert not np.array_equal(first.design.ink, other.design.ink)


def test_a_copy_without_noise_or_skew_has_the_same_modules():
    steady = ScannerSettings(skew_deg=0, stretch=0, noise=0, read_noise=0, unevenness=0, margin_um=0)
    still = BARE.model_copy(update={"skew_deg": 0.0, "scale_error": 0.0, "banding_um": 0.0, "distortion_um": 0.0})
    piece = Print(DESIGN, seed=1, settings=still)
    copy = copied(piece, 1, CopierSettings(scanner=steady, printer=still), seed=2)
    assert copy.design.ink.shape == piece.design.ink.shape
    assert (copy.design.ink != piece.design.ink).mean() < 0.05
