import cv2
import numpy as np
import pytest

from engine.core.case import Scale, ScaleSource
from engine.core.colour_maps import lookup
from engine.core.errors import ReportError
from engine.core.finding import Correspondence, Overlay, Raster
from engine.core.pixels import Transform, TransformKind
from engine.core.seeds import generator
from engine.report.figures import (
    LONGEST,
    LONGEST_OF_PAIR,
    OPACITY,
    evidence_figure,
    overlay_figure,
    pair_figure,
    picture,
    pixels_sha256,
)

SCALE = Scale(um_per_px_x=10.0, um_per_px_y=20.0, source=ScaleSource.ACTOR, relative_uncertainty=0.05)
CAPTURE = "capture-0000000000000001"


def shown(panel) -> np.ndarray:
    """Return the pixels of a panel as (H, W) or RGB."""
    image = cv2.imdecode(np.frombuffer(panel.picture.png, dtype=np.uint8), cv2.IMREAD_UNCHANGED)
    return image if image.ndim == 2 else image[..., ::-1]


def overlay(values, matrix, **more) -> Overlay:
    transform = Transform.from_array(TransformKind.AFFINE, np.array(matrix, dtype=float))
    facts = {"key": "map", "title": "Map", "low": 0.0, "high": 1.0} | more
    return Overlay(capture_id=CAPTURE, grid_to_capture=transform, raster=Raster(np.array(values)), **facts)


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3)])
def test_a_picture_keeps_its_pixels(shape):
    pixels = generator(1, "picture").integers(0, 256, shape, dtype=np.uint8)
    made = picture(pixels)
    assert (made.height, made.width, made.channels) == (5, 7, 3 if len(shape) == 3 else 1)
    assert made.pixels_sha256 == pixels_sha256(pixels)
    image = cv2.imdecode(np.frombuffer(made.png, dtype=np.uint8), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(image if image.ndim == 2 else image[..., ::-1], pixels)


def test_a_small_capture_is_shown_pixel_for_pixel():
    pixels = np.arange(12, dtype=np.uint8).reshape(3, 4)
    (panel,) = evidence_figure("e", "caption", "label", pixels, SCALE).panels
    np.testing.assert_array_equal(shown(panel), pixels)
    assert panel.um_per_px == 10.0
    assert panel.extent == "whole capture, 4 \u00d7 3 px"


def test_a_large_capture_is_reduced_and_says_so():
    (panel,) = evidence_figure("e", "caption", "label", np.full((20, 2 * LONGEST), 9, np.uint8), SCALE).panels
    assert panel.picture.width == LONGEST
    assert panel.um_per_px == pytest.approx(20.0)
    assert f"reduced to {LONGEST}" in panel.extent


def test_sixteen_bits_are_shown_over_the_full_range():
    pixels = np.array([[0, 257, 32896, 65535]], dtype=np.uint16)
    (panel,) = evidence_figure("e", "caption", "label", pixels, None).panels
    np.testing.assert_array_equal(shown(panel), [[0, 1, 128, 255]])
    assert panel.um_per_px is None


def test_an_overlay_lies_where_its_grid_says_cell_by_cell():
    pixels = np.full((600, 600), 100, np.uint8)
    values = np.full((3, 3), np.nan)
    values[0, 0], values[2, 1] = 0.0, 1.0
    # Cells of 100 px; the first has its centre at (149.5, 149.5) and so covers pixels 100 to 199.
    figure = overlay_figure("o", "", "", pixels, overlay(values, [[100, 0, 149.5], [0, 100, 149.5]]), SCALE)
    image = shown(figure.panels[0])
    mixed = [np.round(0.4 * 100 + OPACITY * lookup("cividis")[i].astype(float)) for i in (0, 255)]
    expected = np.full((600, 600, 3), 100, np.uint8)
    expected[100:200, 100:200] = mixed[0]
    expected[300:400, 200:300] = mixed[1]
    np.testing.assert_allclose(image.astype(int), expected, atol=1)
    assert figure.colour_bar is not None
    assert figure.colour_bar.grid == (3, 3)
    assert figure.colour_bar.cell_px == pytest.approx(100)


@pytest.mark.parametrize("size", [220, 550, 2200])
def test_the_grid_stays_in_place_when_the_capture_is_enlarged_or_reduced(size):
    pixels = np.full((size, size), 100, np.uint8)
    cell, start = size // 11, 5 * size // 11
    centre = start + (cell - 1) / 2
    figure = overlay_figure("o", "", "", pixels, overlay([[1.0]], [[cell, 0, centre], [0, cell, centre]]), None)
    image = shown(figure.panels[0])
    rows, columns = np.nonzero((image != 100).any(axis=2))
    factor = image.shape[0] / size
    assert (rows.min(), rows.max() + 1) == (start * factor, (start + cell) * factor)
    assert (columns.min(), columns.max() + 1) == (start * factor, (start + cell) * factor)


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (0.5, 0.5)])
def test_values_outside_the_range_take_the_outermost_colours(low, high):
    values = [[-5.0, 5.0]]
    figure = overlay_figure(
        "o",
        "",
        "",
        np.zeros((600, 600), np.uint8),
        overlay(values, [[300, 0, 149.5], [0, 600, 299.5]], low=low, high=high),
        None,
    )
    image = shown(figure.panels[0])
    np.testing.assert_allclose(image[300, 10], OPACITY * lookup("cividis")[0].astype(float), atol=1)
    np.testing.assert_allclose(image[300, 590], OPACITY * lookup("cividis")[255].astype(float), atol=1)


@pytest.mark.parametrize("move", [(0.0, 0.0), (2.0, 0.0), (np.nan, np.nan)])
def test_displacements_are_drawn_with_arrows_that_name_their_enlargement(move):
    values = np.broadcast_to(np.array(move), (4, 4, 2))
    made = overlay(values, [[150, 0, 75], [0, 150, 75]], high=2.0, unit="px")
    figure = overlay_figure("o", "", "", np.full((600, 600), 255, np.uint8), made, None)
    assert ("arrows" in figure.panels[0].extent) == (move == (2.0, 0.0))
    if move == (2.0, 0.0):
        assert "67.5 times its length" in figure.panels[0].extent


def test_an_overlay_without_its_array_is_refused():
    bare = overlay([[1.0]], [[1, 0, 0], [0, 1, 0]]).model_copy(update={"raster": None})
    with pytest.raises(ReportError, match="no raster"):
        overlay_figure("o", "", "", np.zeros((10, 10), np.uint8), bare, None)


def smooth_noise(size: int) -> np.ndarray:
    noise = cv2.GaussianBlur(generator(2, "pair").normal(0, 1, (size, size)), (0, 0), 4)
    return np.clip(128 + 400 * noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("zoom", [0.5, 1.0, 3.0])
def test_a_registered_pair_shows_the_same_place_at_the_same_place(zoom):
    questioned = smooth_noise(400)
    turn = cv2.getRotationMatrix2D((200, 200), 25, zoom)
    size = round(400 * zoom)
    turn[:, 2] += (size - 400) / 2
    known = cv2.warpAffine(questioned, turn, (size, size), flags=cv2.INTER_AREA if zoom < 1 else cv2.INTER_LINEAR)
    transform = Transform.from_array(TransformKind.SIMILARITY, turn)
    points = (
        Correspondence(questioned=(200, 200), known=tuple(transform.apply(np.array([[200, 200]]))[0]), residual_px=0),
    )
    figure = pair_figure("p", "", ("Q", "K"), questioned, known, (SCALE, None), transform)
    first, second = (shown(panel)[100:-100, 100:-100].astype(float) for panel in figure.panels)
    assert figure.panels[0].picture.width == LONGEST_OF_PAIR == figure.panels[1].picture.width
    middle = slice(200, 500)
    assert np.corrcoef(first[middle, middle].ravel(), second[middle, middle].ravel())[0, 1] > 0.97
    assert figure.panels[1].um_per_px == figure.panels[0].um_per_px == pytest.approx(10 * 400 / LONGEST_OF_PAIR)
    marked = pair_figure("p", "", ("Q", "K"), questioned, known, (None, None), transform, correspondences=points)
    assert all((shown(panel) != shown(panel)[..., :1]).any() for panel in marked.panels)


def test_captures_that_share_nothing_are_shown_whole_and_named_not_registered():
    far = Transform.from_array(TransformKind.SIMILARITY, np.array([[1.0, 0, 5000], [0, 1, 0]]))
    for transform in (None, far):
        figure = pair_figure(
            "p", "", ("Q", "K"), np.zeros((10, 20), np.uint8), np.zeros((30, 10, 3), np.uint8), (SCALE, None), transform
        )
        assert [(p.picture.width, p.picture.height) for p in figure.panels] == [(20, 10), (10, 30)]
        assert all("not registered" in panel.extent for panel in figure.panels)
        assert [panel.um_per_px for panel in figure.panels] == [10.0, None]


@pytest.mark.parametrize("zoom", [1, 9, 45])
def test_a_mark_stands_at_the_same_point_of_both_panels(zoom):
    questioned = np.zeros((100, 100), np.uint8)
    questioned[60:63, 30:35] = 255
    known = np.kron(questioned, np.ones((zoom, zoom))).astype(np.uint8)
    # Centres are integers: pixel 0 of the questioned capture covers pixels 0 to zoom - 1 of the known one.
    shift = (zoom - 1) / 2
    transform = Transform.from_array(TransformKind.SIMILARITY, np.array([[zoom, 0, shift], [0, zoom, shift]]))
    figure = pair_figure("p", "", ("Q", "K"), questioned, known, (None, None), transform)
    centres = []
    for panel in figure.panels:
        image = shown(panel)[450:650, 200:400].astype(float)
        weights = image / image.sum()
        centres.append([(weights * axis).sum() for axis in np.indices(image.shape)])
    np.testing.assert_allclose(centres[0], [61 * 9 + 4 - 450, 32 * 9 + 4 - 200])
    np.testing.assert_allclose(centres[1], centres[0], atol=0.3)
