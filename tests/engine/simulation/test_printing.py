"""A print is one physical piece: reproducible, the same at every resolution, physically plausible."""

import numpy as np
import pytest
from pydantic import ValidationError

from engine.simulation.codes import Design, QrCode
from engine.simulation.noise import Grid
from engine.simulation.printing import Print, PrintSettings

SQUARE = Design(np.pad(np.ones((48, 48), dtype=bool), 48), 25_400 / 600)  # 2032 um of black in 6096 um
EDGE_UM = 48 * SQUARE.um_per_px
STILL = PrintSettings(skew_deg=0, scale_error=0, banding_um=0, distortion_um=0, dot_gain_spread_um=0)


def window(left, top, width, height, pitch):
    """Return a grid whose pixels fill the rectangle given in micrometres."""
    matrix = np.array([[pitch, 0, left + pitch / 2], [0, pitch, top + pitch / 2], [0, 0, 1]])
    return Grid(round(height / pitch), round(width / pitch), matrix)


def test_the_same_piece_is_the_same_and_another_is_not():
    region = window(1800, 1800, 600, 600, 3)
    first = Print(SQUARE, seed=1).reflectance(region)
    assert np.array_equal(first, Print(SQUARE, seed=1).reflectance(region))
    assert not np.array_equal(first, Print(SQUARE, seed=2).reflectance(region))
    assert not np.array_equal(first, Print(SQUARE, seed=1, generation=1).reflectance(region))


def test_a_region_is_the_same_whatever_is_rendered_around_it():
    piece = Print(SQUARE, seed=1)
    whole = piece.reflectance(window(1500, 1500, 4800, 600, 3))
    part = piece.reflectance(window(1800, 1650, 900, 300, 3))
    assert np.abs(whole[50:150, 100:400] - part).max() < 0.03
    assert np.abs(whole[50:150, 100:400] - part).mean() < 0.002


def test_coarse_and_fine_renderings_show_the_same_piece():
    piece = Print(SQUARE, seed=1)
    fine = piece.reflectance(window(1500, 1500, 1200, 1200, 2)).reshape(120, 5, 120, 5).mean(axis=(1, 3))
    coarse = piece.reflectance(window(1500, 1500, 1200, 1200, 10))
    assert np.corrcoef(fine.ravel(), coarse.ravel())[0, 1] > 0.995
    other = Print(SQUARE, seed=2).reflectance(window(1500, 1500, 1200, 1200, 10))
    assert np.abs(fine - coarse).mean() < 0.35 * np.abs(fine - other).mean()


def test_solids_and_paper_have_their_reflectance():
    piece = Print(SQUARE, seed=1)
    inside = piece.reflectance(window(2600, 2600, 800, 800, 4))
    outside = piece.reflectance(window(200, 200, 800, 800, 4))
    assert np.median(inside) == pytest.approx(0.045, abs=0.01)
    assert np.median(outside) == pytest.approx(0.85, abs=0.02)
    assert outside.std() / outside.mean() == pytest.approx(0.025, abs=0.012)


@pytest.mark.parametrize("gain", [-10.0, 0.0, 8.0, 25.0])
def test_edges_lie_where_the_dot_gain_puts_them(gain):
    settings = STILL.model_copy(update={"dot_gain_um": gain, "specks_per_mm2": 0.0, "pinholes_per_mm2": 0.0})
    region = window(EDGE_UM - 150, 2500, 300, 1000, 2)
    ink = Print(SQUARE, seed=1, settings=settings).ink(region)
    edge = EDGE_UM - 150 + 300 - 2 * ink.sum(axis=1).mean()
    assert edge == pytest.approx(EDGE_UM - gain, abs=2)


def test_edges_are_as_ragged_as_stated():
    quiet = STILL.without_fine_structure().model_copy(update={"raggedness_um": 6.0})
    region = window(EDGE_UM - 100, 2100, 200, 1900, 1)
    widths = Print(SQUARE, seed=1, settings=quiet).ink(region).sum(axis=1)
    assert widths.std() == pytest.approx(6, rel=0.25)
    smooth = Print(SQUARE, seed=1, settings=STILL.without_fine_structure()).ink(region).sum(axis=1)
    assert smooth.std() < 0.5


def test_without_fine_structure_two_pieces_are_equal():
    settings = STILL.without_fine_structure()
    region = window(1800, 1800, 600, 600, 3)
    first, second = (Print(SQUARE, seed=seed, settings=settings).reflectance(region) for seed in (1, 2))
    assert np.array_equal(first, second)


def test_missing_dots_and_specks_follow_their_settings():
    region = window(2600, 2600, 800, 800, 4)
    covered = [
        Print(SQUARE, seed=1, settings=STILL.model_copy(update={"missing_dots": share})).ink(region).mean()
        for share in (0.0, 0.03, 0.1)
    ]
    assert covered[0] > covered[1] > covered[2]
    around = window(1000, 1000, 4000, 800, 4)
    specks = [
        Print(SQUARE, seed=1, settings=STILL.model_copy(update={"specks_per_mm2": density})).ink(around).sum()
        for density in (0.0, 100.0, 400.0)
    ]
    assert specks[0] < specks[1] < specks[2]


def test_satellites_fall_near_ink():
    settings = STILL.model_copy(update={"specks_per_mm2": 400.0})
    piece = Print(SQUARE, seed=1, settings=settings)
    near = piece.ink(window(EDGE_UM - 90, 2100, 50, 1900, 2)).mean()
    far = piece.ink(window(EDGE_UM - 800, 2100, 50, 1900, 2)).mean()
    assert near > 2 * far


def test_where_a_design_position_was_printed_and_back():
    code = QrCode(payload="TS-0001", version=2)
    piece = Print(code.design(), seed=5, settings=PrintSettings(distortion_um=40))
    wanted = code.finder_centres_um(508.0)
    there = piece.to_sheet(wanted)
    assert np.abs(piece.to_design(there) - wanted).max() < 0.1
    moved = np.hypot(*(there - wanted).T)
    assert 1 < moved.max() < 300


def test_impossible_settings_are_refused():
    with pytest.raises(ValidationError):
        PrintSettings(dpi=10)
    with pytest.raises(ValidationError):
        PrintSettings(paper_reflectance=1.2)
