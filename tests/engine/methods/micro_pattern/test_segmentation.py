"""Fields are cut into their labels, and what cannot be cut is named: never a crop of something else."""

import numpy as np
import pytest

from engine.core.seeds import generator
from engine.methods.micro_pattern.segmentation import DARK, LabelState, crop, dark_lines, segment
from engine.simulation.film import Film
from engine.simulation.fluorescence import MIDDLE, STRENGTHS, WEAK, fluorescence, placing
from engine.simulation.label_fields import COLUMNS, PITCH_UM, ROWS, label_field

SIZE = (1080.0, 840.0)


def array(seed, *, without=(), shifted=None, pitch=PITCH_UM):
    """Return a capture of an array that lacks some places, or has one label moved by (x, y) um."""
    labels = []
    for number in range(COLUMNS * ROWS):
        row, column = divmod(number, COLUMNS)
        x = SIZE[0] / 2 + (column - (COLUMNS - 1) / 2) * pitch
        y = SIZE[1] / 2 + (row - (ROWS - 1) / 2) * pitch
        if shifted and number == shifted[0]:
            x, y = x + shifted[1], y + shifted[2]
        if number not in without:
            labels.append(("star", x, y))
    film = Film(seed, SIZE, tuple(labels))
    return fluorescence(film, placing(film, width=1920, height=1440, rotation_deg=1.2), MIDDLE, seed=seed)


@pytest.mark.parametrize(("strength", "least"), [("weak", 24), ("middle", 24), ("strong", 23)])
def test_every_label_is_found_where_it_is(strength, least):
    found = 0
    for seed in (31, 32):
        field = label_field(seed, STRENGTHS[strength])
        for place, corners in zip(segment(field.pixels).places, field.corners, strict=True):
            if place.state is LabelState.FOUND:
                found += 1
                assert np.linalg.norm(place.corners - corners, axis=1).max() < 2
    assert found >= least


@pytest.mark.parametrize("seed", [20_900_046, 20_900_047])
def test_scratches_along_frames_move_no_corner_by_two_pixels(seed):
    # Each edge by itself puts corners of several of these labels 2.1 to 2.8 px off.
    shot = int(generator(seed, "shot", "strong").integers(2**31))
    field = label_field(seed, STRENGTHS["strong"], capture_seed=shot)
    places = segment(field.pixels).places
    assert sum(place.state is LabelState.FOUND for place in places) == 12
    for place, corners in zip(places, field.corners, strict=True):
        assert np.linalg.norm(place.corners - corners, axis=1).max() < 2


def test_labels_of_a_field_keep_the_shape_that_they_share():
    # Pixels that are not square make every label a rectangle; none is forced to be a square.
    import cv2

    field = label_field(33, WEAK)
    wide = np.asarray(cv2.resize(field.pixels, (1980, 1440), interpolation=cv2.INTER_AREA), dtype=np.uint8)
    corners = (field.corners + 0.5) * np.array([1980 / 1920, 1]) - 0.5
    found = segment(wide).places
    assert sum(place.state is LabelState.FOUND for place in found) == 12
    for place, own in zip(found, corners, strict=True):
        assert np.linalg.norm(place.corners - own, axis=1).max() < 1.5


@pytest.mark.parametrize("darkness", [DARK, 0.5, 0.78])
def test_dark_is_what_lies_below_a_share_of_the_mean_around_it(darkness):
    import cv2

    random = generator(4, "levels")
    grey = cv2.GaussianBlur(random.integers(0, 256, (120, 200)).astype(np.uint8), (0, 0), 0.7)
    below = (grey < darkness * cv2.blur(grey, (13, 13)).astype(float)).astype(np.uint8)
    closed = cv2.morphologyEx(below, cv2.MORPH_CLOSE, np.ones((3, 3), dtype=np.uint8))
    assert 0 < closed.mean() < 1
    assert np.array_equal(dark_lines(grey, darkness, 13 / 120), 255 * closed)


def blotted(pixels, start, end, shares, colour):
    """Return a field with a blot over part of the frame's side from one corner to another."""
    import cv2

    along = end - start
    across = 30 * np.array([along[1], -along[0]]) / np.linalg.norm(along)
    first, last = (start + share * along for share in shares)
    blot = np.rint(np.stack([first - across, last - across, last + across, first + across])).astype(np.int32)
    return cv2.fillConvexPoly(pixels.copy(), blot, colour)


@pytest.mark.parametrize(("light", "state"), [(0.0, LabelState.FOUND), (0.4, LabelState.MISSING)])
def test_dirt_hides_a_label_where_it_leaves_little_of_a_side(light, state):
    field = label_field(34, WEAK)
    side = field.corners[5, 3], field.corners[5, 0]
    pixels = blotted(field.pixels, *side, (0.1, 0.35 if light else 0.56), (6, 30, 10))
    pixels = blotted(pixels, *side, (0.4, 0.4 + light), (40, 230, 70))
    place = segment(pixels).places[5]
    assert place.state is state
    if place.corners is not None:
        assert np.linalg.norm(place.corners - field.corners[5], axis=1).max() < 2


def test_a_grey_field_is_segmented_as_a_coloured_one_is():
    pixels = array(41)
    assert len(segment(pixels[..., 1]).found) == len(segment(pixels).found) == 12


def test_a_missing_label_is_named_by_its_place():
    places = segment(array(42, without=(6,))).places
    assert [(place.row, place.column) for place in places if place.state is LabelState.MISSING] == [(1, 2)]
    assert sum(place.state is LabelState.FOUND for place in places) == 11


def test_a_field_with_few_labels_gives_no_crop_of_bare_film():
    places = segment(array(43, without=(0, 1, 2, 3, 4, 6, 8, 9, 10))).places
    found = [(place.row, place.column) for place in places if place.state is LabelState.FOUND]
    assert found == [(1, 1), (1, 3), (2, 3)]


def test_labels_whose_frames_touch_are_named_merged_and_not_cut():
    places = segment(array(44, shifted=(5, PITCH_UM - 191.0, 0.0))).places
    states = {(place.row, place.column): place.state for place in places}
    assert states[1, 1] is not LabelState.FOUND and states[1, 2] is not LabelState.FOUND
    assert sum(state is LabelState.FOUND for state in states.values()) == 10


def test_an_array_half_out_of_the_field_is_named_cut_off():
    pixels = array(45)[:, 300:]
    places = segment(pixels).places
    cut = [(place.row, place.column) for place in places if place.state is LabelState.CUT_OFF]
    assert cut == [(0, 0), (1, 0), (2, 0)]
    assert sum(place.state is LabelState.FOUND for place in places) == 9


def test_an_empty_field_and_a_blurred_one_and_other_pictures_give_no_label():
    film = Film(46, SIZE, ())
    empty = fluorescence(film, placing(film, width=1920, height=1440), WEAK, seed=1)
    blurred = label_field(47, MIDDLE.model_copy(update={"defocus_um": 10.0}), capture_seed=3).pixels
    ramp = np.tile(np.linspace(0, 255, 1920, dtype=np.uint8), (1440, 1))
    chessboard = (np.indices((1440, 1920)) // 120).sum(axis=0) % 2 * np.uint8(200)
    for pixels in (empty, blurred, ramp, chessboard.astype(np.uint8), np.zeros((1440, 1920), dtype=np.uint8)):
        found = segment(pixels)
        assert not found.found
        assert found.reason or all(place.state is LabelState.BLURRED for place in found.places)


def test_a_crop_shows_the_label_upright_and_whole():
    field = label_field(48, WEAK)
    places = segment(field.pixels).found
    for place in places[:3]:
        label = crop(field.pixels, place.corners)
        assert label.shape == (256, 256, 3)
        rim = np.concatenate([label[1:4, 20:-20, 1].ravel(), label[20:-20, 1:4, 1].ravel()])
        inside = label[20:40, 20:40, 1]
        assert rim.mean() < 0.6 * inside.mean()


def test_the_same_label_is_cut_alike_from_two_captures():
    first, second = label_field(49, WEAK), label_field(49, WEAK, capture_seed=50)
    for a, b in zip(segment(first.pixels).found, segment(second.pixels).found, strict=True):
        one, two = (crop(f.pixels, p.corners)[..., 1].astype(float) for f, p in ((first, a), (second, b)))
        assert np.corrcoef(one.ravel(), two.ravel())[0, 1] > 0.8
