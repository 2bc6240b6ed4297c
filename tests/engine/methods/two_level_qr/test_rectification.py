"""Rectification finds the original's pixel grid, whichever way and however finely a code was captured."""

import cv2
import numpy as np
import pytest

from engine.core.errors import ImagingError
from engine.methods.two_level_qr.generation import Code, generate, layout
from engine.methods.two_level_qr.rectification import grey, read_codes, rectify
from tests.engine.methods.two_level_qr.samples import TEXT, blurred, series

CODE: Code = generate(series(version=4), TEXT)
SIDE = 33 * 12
QUIET = 48


def captured(to_capture: np.ndarray, size: int) -> np.ndarray:
    """Return an RGB capture of the code; ``to_capture`` takes pixels of the original with its quiet zone to it."""
    fine = cv2.resize(blurred(CODE.ink), None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR)
    from_fine = np.array([[0.5, 0, -0.25], [0, 0.5, -0.25], [0, 0, 1]])
    matrix = to_capture @ from_fine
    scale = np.sqrt(abs(np.linalg.det(matrix[:2, :2])))
    if scale < 1:
        fine = cv2.GaussianBlur(fine, (0, 0), 0.5 / scale)
    seen = cv2.warpPerspective(fine, matrix, (size, size), flags=cv2.INTER_LINEAR, borderValue=235)
    return np.repeat(seen[..., None], 3, axis=2)


def placed(degrees: float, scale: float, size: int, tilt: float = 0.0) -> np.ndarray:
    """Turn and scale about the middle; ``tilt`` degrees of perspective seen from five code widths away."""
    middle = (len(CODE.ink) - 1) / 2
    angle, lean = np.radians(degrees), np.radians(tilt)
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    away = 5 * SIDE
    perspective = np.array([[1, 0, 0], [0, np.cos(lean), 0], [0, np.sin(lean) / away, 1]])
    here = np.array([[1, 0, -middle], [0, 1, -middle], [0, 0, 1]])
    there = np.array([[scale, 0, (size - 1) / 2], [0, scale, (size - 1) / 2], [0, 0, 1]])
    return there @ perspective @ turn @ here


def error_px(found, matrix: np.ndarray) -> float:
    """Return the largest error of the grid over the code, in original pixels."""
    x, y = np.meshgrid(np.linspace(0, SIDE - 1, 9), np.linspace(0, SIDE - 1, 9))
    points = np.column_stack([x.ravel(), y.ravel()])
    seen = found.to_capture.apply(points)
    shift = np.array([[1.0, 0, QUIET], [0, 1, QUIET], [0, 0, 1]])
    true = cv2.perspectiveTransform(points[None], matrix @ shift)[0]
    return float(np.hypot(*(seen - true).T).max() / found.capture_px)


@pytest.mark.parametrize("degrees", range(0, 360, 40))
def test_codes_are_found_at_any_angle(degrees):
    matrix = placed(degrees, 1.0, 760)
    pixels = captured(matrix, 760)
    (reading,) = read_codes(pixels)
    assert (reading.text, reading.version, reading.error_level) == (TEXT, 4, "M")
    found = rectify(pixels, reading, CODE.layout, module_px=12, margin=6)
    assert found.lightness.shape == (SIDE + 12, SIDE + 12)
    assert error_px(found, matrix) < 0.6
    assert found.agreement > 0.9
    assert found.capture_px == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize(("scale", "tilt"), [(0.5, 0), (2.0, 0), (1.3, 0), (1.0, 8), (1.0, 15), (2.0, 15)])
def test_other_resolutions_and_perspective(scale, tilt):
    size = round(700 * scale)
    matrix = placed(20.0, scale, size, tilt)
    pixels = captured(matrix, size)
    (reading,) = read_codes(pixels)
    found = rectify(pixels, reading, CODE.layout, module_px=12, margin=6)
    assert error_px(found, matrix) < 0.6
    assert found.capture_px == pytest.approx(scale, rel=0.1)


def test_a_code_somewhere_on_a_page_is_rectified_like_one_alone():
    alone = captured(placed(10.0, 1.0, 700), 700)
    page = np.full((2000, 2600, 3), 235, dtype=np.uint8)
    page[900:1600, 1500:2200] = alone
    first, second = (
        rectify(pixels, read_codes(pixels)[0], CODE.layout, module_px=12, margin=6) for pixels in (alone, page)
    )
    assert np.abs(first.lightness - second.lightness).max() < 2
    corners = np.array([[0.0, 0.0], [SIDE, 0.0], [SIDE, SIDE], [0.0, SIDE]])
    moved = second.to_capture.apply(corners) - first.to_capture.apply(corners)
    assert moved == pytest.approx(np.tile([1500.0, 900.0], (4, 1)), abs=0.02)


def test_a_small_code_of_two_pixels_a_module_is_read():
    ink = np.pad(np.kron(CODE.layout.modules, np.ones((4, 4), dtype=bool)), 16)
    small = cv2.resize(blurred(ink), None, fx=0.45, fy=0.45, interpolation=cv2.INTER_AREA)
    assert [reading.text for reading in read_codes(small)] == [TEXT]


def test_the_finders_alone_place_a_flat_code_to_about_a_pixel():
    matrix = placed(3.0, 1.0, 700)
    pixels = captured(matrix, 700)
    found = rectify(pixels, read_codes(pixels)[0], CODE.layout, module_px=12, margin=6, all_modules=False)
    assert 0.2 < error_px(found, matrix) < 1.8


def test_another_codes_modules_are_not_taken_for_this_code():
    pixels = captured(placed(0.0, 1.0, 600), 600)
    (reading,) = read_codes(pixels)
    with pytest.raises(ImagingError, match="modules of this code"):
        rectify(pixels, reading, layout("SOMETHING ELSE", series(version=4)), module_px=12, margin=6)


def test_several_codes_are_read_once_each_from_the_top_down():
    other = blurred(generate(series(version=4), "TS-0002").ink)
    sheet = np.vstack([blurred(CODE.ink), other])
    assert [reading.text for reading in read_codes(sheet)] == [TEXT, "TS-0002"]


@pytest.mark.parametrize("pixels", [np.full((400, 400), 255, dtype=np.uint8), np.zeros((8, 8), dtype=np.uint8)])
def test_nothing_is_read_where_nothing_is(pixels):
    assert read_codes(pixels) == ()


def test_sixteen_bits_and_colour_become_lightness_of_0_to_255():
    assert grey(np.full((4, 4), 65535, dtype=np.uint16)).max() == pytest.approx(255)
    assert grey(np.full((4, 4, 3), 255, dtype=np.uint8)).min() == pytest.approx(255)
    assert grey(np.full((4, 4), 51, dtype=np.uint8)).dtype == np.float32
