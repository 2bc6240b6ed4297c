"""Sheets show every code pixel for pixel, at its exact size and place, and name what they are."""

import io
import re
import shutil
import subprocess

import numpy as np
import pypdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from engine.core.errors import InputError
from engine.core.seeds import generator
from engine.jobs import JobContext
from engine.methods.two_level_qr.generation import generate
from engine.methods.two_level_qr.rectification import read_codes
from engine.report.sheet import (
    Paper,
    SheetSettings,
    SheetText,
    ink_png,
    sheet_layout,
    sheet_pdf,
    sheet_png,
    sheet_preview,
)
from tests.engine.methods.two_level_qr.samples import series

TEXTS = [f"TS-{index:04d}" for index in range(12)]
INKS = [generate(series(), text).ink for text in TEXTS]
SIDE = len(INKS[0])
WIDE = SheetSettings(gap_mm=40)  # few codes a page
SHEET = SheetText("Tests 1", "ab" * 32, first_page=2, pages=9)


def layout(settings=WIDE, dpi=600):
    return sheet_layout(SIDE, dpi, settings)


@pytest.fixture(scope="module")
def pdf():
    return sheet_pdf(INKS, TEXTS, layout(), SHEET, JobContext())


@pytest.fixture(scope="module")
def page():
    count = layout().per_page
    data = sheet_png(INKS[:count], TEXTS[:count], layout(), SHEET)
    with Image.open(io.BytesIO(data)) as image:
        assert image.mode == "1"
        assert image.info["dpi"] == pytest.approx((600, 600), abs=0.01)
        return ~np.asarray(image)


@given(
    side=st.integers(100, 3000),
    dpi=st.sampled_from([300, 600, 1200]),
    paper=st.sampled_from(Paper),
    margin=st.floats(5, 30),
    gap=st.floats(3, 30),
)
def test_codes_lie_apart_and_within_the_margins(side, dpi, paper, margin, gap):
    settings = SheetSettings(paper=paper, margin_mm=margin, gap_mm=gap)
    try:
        found = sheet_layout(side, dpi, settings)
    except InputError:
        assert side / dpi * 25.4 > 100 or margin + gap > 20  # a small code with small margins always fits
        return
    least = round(gap / 25.4 * dpi)
    corners = np.array(found.places)
    assert corners.min() >= found.margin
    assert (corners + side <= [found.width - found.margin, found.height - found.margin]).all()
    for index, corner in enumerate(corners):
        others = np.abs(np.delete(corners, index, axis=0) - corner)
        assert (others.max(axis=1) >= side + least).all()
    columns = len(np.unique(corners[:, 0]))
    assert found.width - 2 * found.margin - columns * (side + least) < side + 2 * least  # not one more fits


def test_a_code_larger_than_the_paper_is_refused():
    with pytest.raises(InputError, match="does not fit A4"):
        sheet_layout(5000, 600, SheetSettings())


def test_the_images_of_a_pdf_are_the_inks_bit_for_bit_at_exact_size_and_place(pdf):
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    found, count = layout(), 0
    for sheet in reader.pages:
        images = sheet["/Resources"]["/XObject"]
        drawn = re.findall(rb"q (\S+) 0 0 (\S+) (\S+) (\S+) cm /(Code\d+) Do Q", sheet.get_contents().get_data())
        for place, (*numbers, name) in zip(found.places, drawn, strict=False):
            image = images["/" + name.decode()]
            bits = np.unpackbits(np.frombuffer(image.get_data(), np.uint8).reshape(SIDE, -1), axis=1)[:, :SIDE]
            assert np.array_equal(bits == 0, INKS[count])
            width, height, left, low = (float(number) / 72 * 25_400 for number in numbers)  # micrometres
            um = 25_400 / 600
            top = float(sheet.mediabox.height) / 72 * 25_400 - low - height
            exact = (SIDE * um, SIDE * um, place[0] * um, place[1] * um)
            assert (width, height, left, top) == pytest.approx(exact, abs=1)
            count += 1
    assert count == len(INKS)


@pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="pdftoppm is not installed")
def test_another_program_prints_the_inks_dot_for_dot(pdf, tmp_path):
    (tmp_path / "sheet.pdf").write_bytes(pdf)
    options = ["-r", "600", "-mono", "-f", "1", "-l", "1", "-singlefile"]
    subprocess.run(["pdftoppm", *options, tmp_path / "sheet.pdf", tmp_path / "page"], check=True)
    with Image.open(tmp_path / "page.pbm") as image:
        seen = ~np.asarray(image)
    found = layout()
    assert seen.shape == (found.height, found.width)
    for ink, (x, y) in zip(INKS, found.places, strict=False):
        assert np.array_equal(seen[y : y + SIDE, x : x + SIDE], ink)


def test_a_pdf_names_the_sheet_the_series_and_every_code_and_asks_not_to_be_scaled(pdf):
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    assert reader.viewer_preferences.print_scaling == "/None"
    assert len(reader.pages) == -(-len(INKS) // layout().per_page) == 2
    texts = [sheet.extract_text() for sheet in reader.pages]
    for number, text in enumerate(texts):
        assert all(part in text for part in ("Series Tests 1", "ab" * 32, f"Sheet {number + 2} of 9", "Secret"))
    assert all(text in "".join(texts) for text in TEXTS)


def test_texts_from_outside_are_shown_as_they_are():
    hostile = '#image("x") $x$ \u202e <b>'
    data = sheet_pdf(INKS[:1], [hostile], layout(), SHEET, JobContext())
    text = pypdf.PdfReader(io.BytesIO(data)).pages[0].extract_text()
    assert '#image("x") $x$ [U+202E] <b>' in text.replace("\n", " ")


def test_a_png_page_shows_the_inks_dot_for_dot_and_can_be_read(page):
    found = layout()
    assert page.shape == (found.height, found.width)
    for ink, (x, y) in zip(INKS, found.places, strict=False):
        assert np.array_equal(page[y : y + SIDE, x : x + SIDE], ink)
    readings = read_codes(np.where(page, 0, 255).astype(np.uint8))
    assert sorted(reading.text for reading in readings) == TEXTS[: found.per_page]


def test_the_calibration_square_is_20_mm_wide(page):
    found = layout()
    foot = page[-found.margin - 478 : -found.margin + 6, found.margin - 5 : found.margin + 480]
    columns = np.flatnonzero(foot.mean(axis=0) > 0.9)
    rows = np.flatnonzero(foot[:, 30:460].mean(axis=1) > 0.9)
    dots = 20 / 25.4 * 600
    assert columns.max() - columns.min() == pytest.approx(dots, abs=3)  # its lines are two dots wide
    assert rows.max() - rows.min() == pytest.approx(dots, abs=3)


def test_a_finer_page_repeats_every_dot():
    ink = generator(1, "ink").random((37, 21)) < 0.5
    with Image.open(io.BytesIO(ink_png(ink, 600, repeat=2))) as image:
        assert image.info["dpi"] == pytest.approx((1200, 1200), abs=0.02)
        assert np.array_equal(~np.asarray(image), np.kron(ink, np.ones((2, 2), dtype=bool)))


def test_a_preview_is_too_coarse_to_show_patterns():
    found = layout()
    count = found.per_page
    with Image.open(io.BytesIO(sheet_preview(INKS[:count], TEXTS[:count], found, SHEET))) as image:
        seen = np.asarray(image)
    assert seen.shape[1] == pytest.approx(found.width * 110 / 600, abs=1)
    x, y = (round(value * 110 / 600) for value in found.places[0])
    assert seen[y : y + SIDE * 110 // 600, x : x + SIDE * 110 // 600].min() < 60  # the code is there


def test_codes_of_two_sizes_are_refused():
    with pytest.raises(InputError, match="one size"):
        sheet_pdf([np.zeros((8, 8), dtype=np.bool_)], ["A"], layout(), SHEET, JobContext())
