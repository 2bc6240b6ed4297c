"""The microscope's view follows its settings."""

import cv2
import numpy as np
import pytest

from engine.simulation.codes import Design, QrCode
from engine.simulation.microscope import MicroscopeSettings, microscope
from engine.simulation.printing import Print, PrintSettings

SMALL = MicroscopeSettings(width=480, height=360)
EVEN = SMALL.model_copy(update={"gradient": 0.0, "vignetting": 0.0, "white_balance": 0.0})
BLANK = Print(Design(np.zeros((100, 100), bool), 42.0), 1, settings=PrintSettings().without_fine_structure())
PIECE = Print(QrCode(payload="TS-0001", version=1).design(), seed=1)
CORNER = (4 * 508.0, 4 * 508.0)  # the outer corner of the first finder


def test_view_is_rgb_of_the_stated_field():
    view = microscope(PIECE, CORNER, SMALL, seed=1)
    assert view.pixels.shape == (360, 480, 3)
    assert view.pixels.dtype == np.uint8
    assert SMALL.field_um == (960.0, 720.0)
    assert view.to_sheet.apply(np.array([[239.5, 179.5]]))[0] == pytest.approx(CORNER)
    corners = view.to_sheet.apply(np.array([[0.0, 0.0], [479.0, 359.0]]))
    assert np.hypot(*(corners[1] - corners[0])) == pytest.approx(2 * np.hypot(479, 359))


def test_view_is_the_same_for_the_same_seed():
    first, second, other = (microscope(PIECE, CORNER, SMALL, seed=seed).pixels for seed in (1, 1, 2))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)


def test_the_piece_turns_clockwise():
    # ink lies right of and below the corner; turned by 90 degrees, left of and below it
    upright = microscope(PIECE, CORNER, EVEN, seed=1).pixels.mean(axis=2)
    turned = microscope(PIECE, CORNER, EVEN, seed=1, rotation_deg=90).pixels.mean(axis=2)
    assert upright[220:320, 280:400].mean() < 100 < upright[220:320, 80:200].mean()
    assert turned[220:320, 80:200].mean() < 100 < turned[220:320, 280:400].mean()


def test_defocus_softens():
    sharpness = [
        cv2.Laplacian(
            microscope(PIECE, CORNER, EVEN.model_copy(update={"defocus_um": defocus}), seed=1).pixels, cv2.CV_64F
        ).var()
        for defocus in (0.0, 4.0, 12.0)
    ]
    noise_only = cv2.Laplacian(microscope(BLANK, (2000.0, 2000.0), EVEN, seed=1).pixels, cv2.CV_64F).var()
    assert sharpness[0] > sharpness[1] > noise_only
    assert sharpness[1] >= sharpness[2]


def test_vignetting_and_gradient_shape_the_light():
    flat = microscope(BLANK, (2000.0, 2000.0), EVEN, seed=1).pixels[..., 1].astype(float)
    assert abs(flat[:60, :60].mean() - flat[150:210, 210:270].mean()) < 1
    dim = microscope(BLANK, (2000.0, 2000.0), EVEN.model_copy(update={"vignetting": 0.4}), seed=1).pixels[..., 1]
    corners = [dim[:40, :40], dim[:40, -40:], dim[-40:, :40], dim[-40:, -40:]]
    assert max(corner.mean() for corner in corners) < 0.88 * dim[150:210, 210:270].mean()
    tilted = microscope(BLANK, (2000.0, 2000.0), EVEN.model_copy(update={"gradient": 0.4}), seed=1).pixels[..., 1]
    ends = [tilted[:, :40].mean() - tilted[:, -40:].mean(), tilted[:40].mean() - tilted[-40:].mean()]
    assert max(map(abs, ends)) > 8


def test_noise_has_the_stated_deviation():
    for noise in (0.01, 0.05):
        settings = EVEN.model_copy(update={"noise": noise, "read_noise": 0.0, "exposure": 0.7})
        pixels = microscope(BLANK, (2000.0, 2000.0), settings, seed=1).pixels[..., 0]
        linear = (pixels / 255.0) ** 2.2
        assert linear.mean() == pytest.approx(0.7 * 0.85, abs=0.01)
        assert linear.std() == pytest.approx(noise * (0.7 * 0.85) ** 0.5, rel=0.1)


def test_white_balance_changes_the_colour_and_not_the_place():
    views = [
        microscope(BLANK, (2000.0, 2000.0), SMALL.model_copy(update={"white_balance": 0.2}), seed=k) for k in (1, 2)
    ]
    ratios = [view.pixels[..., 0].mean() / view.pixels[..., 2].mean() for view in views]
    assert abs(ratios[0] - ratios[1]) > 0.02
    assert views[0].to_sheet == views[1].to_sheet
