"""Codes are what a QR reader expects, and rasters keep their size on every device."""

import cv2
import numpy as np
import pytest

from engine.core.errors import InputError
from engine.simulation.codes import Design, QrCode


@pytest.mark.parametrize(("version", "level"), [(1, "L"), (4, "M"), (10, "H")])
def test_code_is_read_by_an_independent_decoder(version, level):
    code = QrCode(payload="TS-0001", version=version, error_level=level)
    modules = code.modules()
    assert modules.shape == (17 + 4 * version,) * 2
    design = code.design(module_px=6)
    read, *_ = cv2.QRCodeDetector().detectAndDecode(np.where(design.ink, 0, 255).astype(np.uint8))
    assert read == "TS-0001"


def test_design_has_the_size_of_its_modules():
    design = QrCode(payload="TS-0001", version=4).design()
    assert design.ink.shape == (41 * 12, 41 * 12)
    assert design.size_um == pytest.approx((41 * 508, 41 * 508))
    assert not design.ink[:48].any()
    assert design.ink[48:132, 48:60].all()


def test_finder_centres_are_in_the_middle_of_the_finders():
    code = QrCode(payload="TS-0001", version=2)
    centres = code.finder_centres_um(508.0)
    design = code.design()
    for x, y in centres:
        column, row = round(x / design.um_per_px), round(y / design.um_per_px)
        assert design.ink[row - 18 : row + 18, column - 18 : column + 18].all()
        assert not design.ink[row - 30 : row - 18, column - 30 : column + 30].any()


def test_payload_that_does_not_fit_is_refused():
    with pytest.raises(InputError, match="does not fit"):
        QrCode(payload="x" * 100, version=1).modules()


def test_design_keeps_its_size_on_other_devices():
    design = QrCode(payload="TS-0001", version=1).design()
    for dpi in (300, 720, 1200):
        dots = design.at_dpi(dpi)
        assert dots.size_um == pytest.approx(design.size_um, abs=25_400 / dpi)
        assert dots.ink.mean() == pytest.approx(design.ink.mean(), abs=0.02)
    assert np.array_equal(design.at_dpi(1200).ink, np.kron(design.ink, np.ones((2, 2), bool)))
    assert design.at_dpi(600) is design


def test_a_dot_is_black_from_half_its_area_on():
    stripes = Design(np.tile([True, True, False, False, False, False], (4, 4)), 10.0)
    assert np.array_equal(stripes.at_dpi(25_400 / 40).ink, [[True, True, False, True, True, False]])
