"""Generated codes are the QR codes they should be, and ordinary readers read them."""

import cv2
import numpy as np
import pytest
import zxingcpp

from engine.core.codes import Scheme
from engine.core.errors import InputError
from engine.methods.two_level_qr.generation import generate, layout
from engine.methods.two_level_qr.patterns import PatternSearch
from engine.methods.two_level_qr.series import make_series
from engine.simulation.channel import scan
from engine.simulation.codes import QrCode
from engine.simulation.printing import Print
from tests.engine.methods.two_level_qr.samples import KEY, TEXT, blurred, series


def zxing(pixels: np.ndarray) -> list[str]:
    return [code.text for code in zxingcpp.read_barcodes(pixels)]


def test_only_black_modules_outside_the_finders_are_replaced():
    own = series()
    code = generate(own, TEXT)
    modules = QrCode(payload=TEXT, version=2).modules()
    assert (code.layout.modules == modules).all()
    assert not code.layout.textured[:7, :7].any()
    assert not code.layout.textured[:7, -7:].any()
    assert not code.layout.textured[-7:, :7].any()
    inner = code.ink[48:-48, 48:-48]
    blocks = inner.reshape(25, 12, 25, 12).swapaxes(1, 2)
    share = blocks.mean(axis=(2, 3))
    assert (share[~modules] == 0).all()
    assert (share[modules & ~code.layout.textured] == 1).all()
    assert (share[code.layout.textured] == 0.5).all()
    assert not code.ink[:48].any()
    assert not code.ink[:, -48:].any()


def test_patterns_follow_each_other_row_by_row():
    own = series()
    code = generate(own, TEXT)
    for number, (row, column) in enumerate(code.layout.places[:9]):
        y, x = 48 + 12 * row, 48 + 12 * column
        assert (code.ink[y : y + 12, x : x + 12] == own.patterns[number % 3]).all()


def test_the_code_has_its_print_resolution():
    code = generate(series(), TEXT)
    assert code.design.um_per_px == pytest.approx(25_400 / 600)
    assert "ink" not in repr(code)


@pytest.mark.parametrize("scheme", Scheme)
def test_printed_and_scanned_codes_are_read_by_ordinary_readers(scheme):
    code = generate(series(scheme), TEXT)
    seen = scan(Print(code.design, seed=5), seed=6).pixels
    assert zxing(seen) == [TEXT]
    assert cv2.QRCodeDetector().detectAndDecode(cv2.GaussianBlur(seen, (0, 0), 2))[0] == TEXT


@pytest.mark.parametrize(("version", "error_level"), [(1, "L"), (3, "Q"), (7, "H"), (14, "M"), (40, "L")])
def test_every_version_and_level_is_read(version, error_level):
    search = PatternSearch(candidates=4, trials=1)
    own = make_series(
        "Versions", key=KEY, scheme=Scheme.ORDERED, search=search, version=version, error_level=error_level
    )
    code = generate(own, "TS-1")
    seen = blurred(code.ink, 2.0)
    found = zxingcpp.read_barcodes(seen)
    assert [(each.text, each.ec_level, each.extra["Version"]) for each in found] == [
        ("TS-1", error_level, str(version))
    ]
    if version < 40:  # OpenCV does not read plain codes of version 40 either
        assert cv2.QRCodeDetector().detectAndDecode(seen)[0] == "TS-1"


def test_zxing_reads_the_digital_original_too():
    assert zxing(np.where(generate(series(), TEXT).ink, 0, 255).astype(np.uint8)) == [TEXT]


def test_a_text_that_does_not_fit_is_refused():
    with pytest.raises(InputError, match="does not fit"):
        layout("x" * 200, series())
