"""Each mode shows what it says; captures and overlays stand where they belong, to the pixel."""

import math
from dataclasses import replace

import numpy as np
import pytest

from engine.core.colour_maps import lookup
from engine.core.finding import Correspondence
from gui.stage import evidence, geometry
from gui.stage.geometry import Camera, Side
from gui.stage.levels import Levels
from gui.stage.scene import Mode
from tests.gui.stage.samples import BACKGROUND, finding, overlay

DARK, LIGHT = 60, 200


def flat(value: int, width=400, height=320) -> np.ndarray:
    return np.full((height, width), value, dtype=np.uint8)


def link(bench, matrix=None, **more) -> None:
    bench.scene.set_finding(finding(*bench.captures(), np.eye(3) if matrix is None else matrix, **more))


def look_at(bench, x: float, y: float, zoom: float, angle: float = 0.0) -> None:
    bench.scene.view._cameras[Side.QUESTIONED] = Camera((x, y), zoom, angle)


@pytest.fixture
def pair(bench):
    bench.open(flat(DARK), flat(LIGHT))
    link(bench)
    look_at(bench, 199.5, 159.5, 1.0)
    return bench


def test_the_curtain_parts_the_captures_at_its_edge(pair):
    pair.mode(Mode.CURTAIN)
    pair.scene.options.curtain = 0.3
    picture = pair.draw()
    assert (picture[:, :60] == DARK).all()
    assert (picture[:, 60:] == LIGHT).all()


def test_swapped_sides_swap_the_curtain(pair):
    pair.mode(Mode.CURTAIN)
    pair.scene.swapped = True
    picture = pair.draw()
    assert (picture[:, :100] == LIGHT).all()
    assert (picture[:, 100:] == DARK).all()


def test_blink_shows_one_capture_and_then_the_other(pair):
    pair.mode(Mode.BLINK)
    assert (pair.draw() == DARK).all()
    pair.scene.blink_known = True
    assert (pair.draw() == LIGHT).all()


@pytest.mark.parametrize(("opacity", "expected"), [(0.0, DARK), (0.25, 95), (1.0, LIGHT)])
def test_overlay_mixes_by_the_opacity(pair, opacity, expected):
    pair.mode(Mode.OVERLAY)
    pair.scene.options.opacity = opacity
    assert np.abs(pair.draw().astype(int) - expected).max() <= 1


def test_difference_of_equal_captures_is_the_neutral_colour(bench):
    pixels = np.random.default_rng(3).integers(0, 256, (320, 400), dtype=np.uint8)
    bench.open(pixels, pixels)
    link(bench)
    look_at(bench, 200.2, 150.7, 0.8)
    bench.mode(Mode.DIFFERENCE)
    neutral = lookup("diverging")[128]
    assert (bench.draw() == neutral).all()


def test_difference_shows_the_sign_and_its_range(pair):
    pair.mode(Mode.DIFFERENCE)
    pair.scene.options.difference = 1.0
    place = round((DARK - LIGHT + 255) / 510 * 255)
    assert np.abs(pair.draw().astype(int) - lookup("diverging")[place].astype(int)).max() <= 2
    pair.scene.options.difference = 0.2
    assert (pair.draw() == lookup("diverging")[0]).all(), "questioned darker: the blue end"


def test_difference_respects_the_levels_of_the_viewer(pair):
    pair.mode(Mode.DIFFERENCE)
    pair.scene.layers[Side.KNOWN].levels = Levels(0, 255 * LIGHT / DARK)
    neutral = lookup("diverging")[128].astype(int)
    assert np.abs(pair.draw().astype(int) - neutral).max() <= 3


def test_difference_is_shown_only_where_both_captures_are(bench):
    bench.open(flat(DARK, 100, 100), flat(LIGHT, 100, 100))
    link(bench, [[1, 0, -50], [0, 1, 0], [0, 0, 1]])
    look_at(bench, 49.5, 49.5, 1.0)
    bench.mode(Mode.DIFFERENCE)
    picture = bench.draw()
    assert (picture[:, :100] == BACKGROUND).all(), "questioned alone on its left half, outside left of it"
    assert (picture[31:129, 101:149] != BACKGROUND).any(axis=-1).all()


def test_the_checkerboard_alternates_in_both_directions(pair):
    pair.mode(Mode.CHECKERBOARD)
    pair.scene.options.square = 20
    picture = pair.draw()[..., 0]
    rows, columns = np.mgrid[0:160, 0:200] // 20
    np.testing.assert_array_equal(picture, np.where((rows + columns) % 2 == 0, DARK, LIGHT))


def test_checkerboard_squares_of_a_capture_never_show_the_other_one(bench):
    bench.open(flat(DARK), flat(LIGHT, 100, 100))
    link(bench)
    look_at(bench, 149.5, 49.5, 1.0)
    bench.mode(Mode.CHECKERBOARD)
    bench.scene.options.square = 20
    picture = bench.draw()
    rows, columns = np.mgrid[0:160, 0:200] // 20
    known_square = ((rows + columns) % 2 == 1) & (np.mgrid[0:160, 0:200][1] >= 52)
    assert not (picture[known_square] == DARK).all(axis=-1).any()


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
@pytest.mark.parametrize(
    ("zoom", "angle"), [(0.37, 0.0), (1.0, 0.0), (2.6, 0.4), (7.3, -1.2), (40.0, 2.5), (180.0, 0.1)]
)
def test_a_single_pixel_is_drawn_at_its_place_at_every_zoom(bench, zoom, angle, ratio):
    pixels = np.zeros((320, 400), dtype=np.uint8)
    # When reduced, a single pixel would be averaged with its neighbours: a block of 8 keeps its middle.
    side = 8 if zoom < 1 else 1
    x, y = 210, 170
    pixels[y : y + side, x : x + side] = 255
    middle = (x + (side - 1) / 2, y + (side - 1) / 2)
    bench.open(pixels, flat(0))
    look_at(bench, middle[0] - 12.3 / zoom, middle[1] + 9.1 / zoom, zoom, angle)
    picture = bench.draw(Side.QUESTIONED, ratio)[..., 1].astype(float)
    expected = np.array(geometry.map_point(bench.scene.view.matrix(Side.QUESTIONED), middle))
    if zoom * side < 100:
        rows, columns = np.nonzero(picture > 127)
        found = np.array([columns.mean() + 0.5, rows.mean() + 0.5]) / ratio
        assert np.abs(found - expected).max() < 0.75
    else:
        assert picture[int(expected[1] * ratio), int(expected[0] * ratio)] == 255


def test_pixels_stay_sharp_squares_when_enlarged(bench):
    pixels = np.zeros((40, 40), dtype=np.uint8)
    pixels[::2, ::2] = 255
    bench.open(pixels, flat(0))
    look_at(bench, 19.5, 19.5, 13.0)
    assert set(np.unique(bench.draw(Side.QUESTIONED)[..., 0])) == {0, 255}


@pytest.mark.parametrize("zoom", [0.31, 0.9, 1.0, 3.3, 17.0, 90.0])
def test_a_hot_cell_lands_where_its_grid_says(bench, zoom):
    values = np.full((30, 40), np.nan, dtype=np.float32)
    values[11, 17] = 1.0
    cell = np.array([[10.0, 0.5, 3.0], [-0.4, 10.0, 5.0], [0.0, 0.0, 1.0]])
    bench.open(flat(0), flat(0))
    questioned, known = bench.captures()
    bench.scene.set_finding(
        finding(questioned, known, np.eye(3), overlays=(overlay("map", questioned.id, values, cell, 0, 1),))
    )
    bench.scene.styles["map"] = replace(bench.scene.styles["map"], opacity=1.0)
    centre = geometry.map_point(cell, (17, 11))
    look_at(bench, centre[0] + 7 / zoom, centre[1] - 4 / zoom, zoom)
    picture = bench.draw(Side.QUESTIONED)
    expected = geometry.map_point(bench.scene.view.matrix(Side.QUESTIONED), centre)
    hot = (picture == lookup("cividis")[255]).all(axis=-1)
    if zoom * 10 < 150:
        rows, columns = np.nonzero(hot)
        assert abs(columns.mean() + 0.5 - expected[0]) <= 1 and abs(rows.mean() + 0.5 - expected[1]) <= 1
        assert len(rows) == pytest.approx((10 * zoom) ** 2, rel=0.35)
    corner = geometry.map_point(bench.scene.view.matrix(Side.QUESTIONED) @ cell, (17.5, 11.5))
    if zoom * 10 >= 30:
        for step, inside in ((-1.5, True), (1.5, False)):
            at = (corner[0] + step, corner[1] + step)
            if 0 <= at[0] < 200 and 0 <= at[1] < 160:
                assert hot[int(at[1]), int(at[0])] == inside


def test_cells_without_a_measurement_show_the_capture(bench):
    values = np.full((4, 4), np.nan, dtype=np.float32)
    bench.open(flat(DARK), flat(0))
    questioned = bench.captures()[0]
    link(bench, overlays=(overlay("map", questioned.id, values, np.diag([100.0, 80.0, 1.0]), 0, 1),))
    look_at(bench, 199.5, 159.5, 1.0)
    assert (bench.draw(Side.QUESTIONED) == DARK).all()


def test_an_overlay_is_opaque_as_asked_and_in_the_range_asked(bench):
    values = np.full((4, 4), 0.5, dtype=np.float32)
    bench.open(flat(DARK), flat(LIGHT))
    questioned = bench.captures()[0]
    link(bench, overlays=(overlay("map", questioned.id, values, np.diag([200.0, 160.0, 1.0]), 0, 1),))
    look_at(bench, 199.5, 159.5, 1.0)
    style = bench.scene.styles["map"]
    bench.scene.styles["map"] = replace(style, opacity=0.5, low=0.0, high=0.5, colour_map="viridis")
    bench.draw(Side.QUESTIONED)
    expected = (lookup("viridis")[255].astype(float) + DARK) / 2
    wait_for(bench, lambda picture: np.abs(picture[80, 100] - expected).max() <= 2)
    bench.scene.styles["map"] = replace(style, visible=False)
    assert (bench.draw(Side.QUESTIONED) == DARK).all()


def wait_for(bench, good) -> None:
    import time

    deadline = time.monotonic() + 5
    while not good(bench.draw(Side.QUESTIONED).astype(float)):
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_an_overlay_on_both_panes_follows_the_registration(bench):
    values = np.full((30, 40), np.nan, dtype=np.float32)
    values[10, 20] = 1.0
    matrix = np.array([[0, -1.5, 300.0], [1.5, 0, 10.0], [0, 0, 1]])
    bench.open(flat(0), flat(0))
    questioned = bench.captures()[0]
    link(bench, matrix, overlays=(overlay("map", questioned.id, values, np.diag([8.0, 8.0, 1.0]), 0, 1),))
    look_at(bench, 160.0, 80.0, 2.0)
    bench.scene.styles["map"] = replace(bench.scene.styles["map"], opacity=1.0, both_panes=True)
    for side in Side:
        hot = (bench.draw(side) == lookup("cividis")[255]).all(axis=-1)
        rows, columns = np.nonzero(hot)
        assert (columns.mean() + 0.5, rows.mean() + 0.5) == pytest.approx((100.0, 80.0), abs=1)


def test_many_small_cells_are_averaged_and_it_is_said(bench):
    values = np.indices((300, 400)).sum(axis=0) % 2
    bench.open(flat(0), flat(0))
    questioned = bench.captures()[0]
    link(bench, overlays=(overlay("map", questioned.id, values, np.eye(3), 0, 1),))
    bench.scene.styles["map"] = replace(bench.scene.styles["map"], opacity=1.0)
    look_at(bench, 199.5, 149.5, 0.2)
    wait_for(bench, lambda picture: np.abs(picture[80, 100] - lookup("cividis")[128].astype(float)).max() <= 2)
    assert bench.renderer.remarks[Side.QUESTIONED]["map"] == "mean of 4 \N{MULTIPLICATION SIGN} 4 cells"


def test_matched_points_are_marked_on_both_panes(bench):
    matrix = np.array([[0.5, 0, 20.0], [0, 0.5, 30.0], [0, 0, 1]])
    bench.open(flat(0), flat(0))
    point = Correspondence(questioned=(180.0, 150.0), known=(110.0, 105.0), residual_px=0.0, held_out=True)
    link(bench, matrix, correspondences=(point,))
    look_at(bench, 170.0, 140.0, 2.0)
    for side in Side:
        rows, columns = np.nonzero(bench.draw(side).max(axis=-1) > 200)
        assert (columns.mean() + 0.5, rows.mean() + 0.5) == pytest.approx((120.0, 100.0), abs=0.6)
    bench.scene.show_points = False
    assert bench.draw(Side.QUESTIONED).max() == 0


def test_matched_points_are_coloured_by_their_residual(bench):
    bench.open(flat(0), flat(0))
    places = ((40.0, 80.0), (100.0, 80.0), (160.0, 80.0))
    points = [
        Correspondence(questioned=place, known=place, residual_px=residual, held_out=True)
        for place, residual in zip(places, (0.0, 0.7, 1.4), strict=True)
    ]
    link(bench, correspondences=tuple(points))
    look_at(bench, 99.5, 79.5, 1.0)
    assert evidence.residual_steps(bench.scene.finding).tolist() == [0, 2, 3]
    for side in Side:
        picture = bench.draw(side).astype(int)
        for (x, y), step in zip(places, (0, 2, 3), strict=True):
            around = picture[int(y) - 8 : int(y) + 9, int(x) - 8 : int(x) + 9].reshape(-1, 3)
            ink = lookup("cividis")[evidence.RESIDUAL_COLOURS[step]].astype(int)
            assert np.abs(around - ink).sum(axis=1).min() <= 3


def test_points_that_all_fit_perfectly_have_the_colour_of_no_residual(bench):
    bench.open(flat(0), flat(0))
    point = Correspondence(questioned=(100.0, 80.0), known=(100.0, 80.0), residual_px=0.0)
    link(bench, correspondences=(point,))
    assert evidence.residual_steps(bench.scene.finding).tolist() == [0]


def test_arrows_point_where_the_displacement_points(bench):
    values = np.zeros((8, 8, 2), dtype=np.float32)
    values[4, 4] = (3.0, 0.0)
    values[2, 2] = np.nan
    bench.open(flat(0), flat(0))
    questioned = bench.captures()[0]
    link(bench, overlays=(overlay("shift", questioned.id, values, np.diag([40.0, 40.0, 1.0]), 0, 3),))
    bench.scene.styles["shift"] = replace(bench.scene.styles["shift"], opacity=1.0, colour_map="viridis")
    look_at(bench, 160.0, 160.0, 1.0)
    picture = bench.draw(Side.QUESTIONED).max(axis=-1)
    rows, columns = np.nonzero(picture > 150)
    assert columns.min() >= 98 and columns.max() > 115, "to the right of its cell"
    assert abs(rows.mean() - 80) < 2
    assert bench.renderer.remarks[Side.QUESTIONED]["shift"].startswith("arrows ")


def test_the_known_pane_is_turned_to_the_questioned_one_or_left_upright(bench):
    known = flat(0)
    known[:, 200:] = 255
    angle = math.pi / 2
    matrix = np.array([[math.cos(angle), -math.sin(angle), 359.0], [math.sin(angle), math.cos(angle), 0.0], [0, 0, 1]])
    bench.open(flat(0), known)
    link(bench, matrix)
    look_at(bench, 159.5, 159.5, 1.0)
    centre = bench.scene.view.across(Side.QUESTIONED, (159.5, 159.5))
    assert centre == pytest.approx((199.5, 159.5))
    picture = bench.draw(Side.KNOWN)[..., 0]
    assert (picture[:79] == 255).all() and (picture[81:] == 0).all(), "right of the known capture is up"
    bench.scene.set_align(False)
    picture = bench.draw(Side.KNOWN)[..., 0]
    assert (picture[:, :99] == 0).all() and (picture[:, 101:] == 255).all()
    bench.mode(Mode.BLINK)
    bench.scene.blink_known = True
    assert (bench.draw()[:79] == 255).all(), "in one view both are always aligned"


def test_a_finding_about_other_captures_is_refused(pair):
    stranger = pair.captures()[0].model_copy(update={"id": f"capture-{9:016x}"})
    with pytest.raises(ValueError, match="other captures"):
        pair.scene.set_finding(finding(stranger, pair.captures()[1], np.eye(3)))


def test_maps_of_the_finding_are_not_laid_over_the_difference(bench):
    bench.open(flat(DARK), flat(DARK))
    questioned = bench.captures()[0]
    link(bench, overlays=(overlay("map", questioned.id, np.ones((4, 4)), np.diag([100.0, 80.0, 1.0]), 0, 1),))
    look_at(bench, 199.5, 159.5, 1.0)
    bench.mode(Mode.DIFFERENCE)
    assert (bench.draw() == lookup("diverging")[128]).all()
