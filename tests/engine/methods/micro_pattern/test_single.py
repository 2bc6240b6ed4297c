"""The frame of a label that is captured alone: found at any rotation, and never where there is none."""

import numpy as np
import pytest

from engine.core.seeds import generator
from engine.methods.micro_pattern.segmentation import LabelState, crop
from engine.methods.micro_pattern.single import NO_FRAME, SEVERAL, find_label
from engine.simulation.film import Film, frame_corners, label_film
from engine.simulation.fluorescence import MIDDLE, STRENGTHS, WEAK, fluorescence, placing
from engine.simulation.glyphs import GLYPHS

VIEW_PX = 560


def capture(seed, *, glyph="star", rotation_deg=0.0, settings=WEAK, shift_um=(0.0, 0.0), width=VIEW_PX):
    """Return a capture of one label and the true corners of its frame."""
    film = label_film(seed, glyph, margin_um=60.0)
    view = placing(film, width=width, height=VIEW_PX, rotation_deg=rotation_deg, shift_um=shift_um)
    middle = film.size_um[0] / 2
    corners = view.in_capture(frame_corners(middle, middle, film.settings.frame_um))
    return fluorescence(film, view, settings, seed=seed), corners


def frame(pixels):
    """Return the corners of the one frame that is found."""
    (place,) = find_label(pixels).found
    assert place.corners is not None
    return place.corners


def error(found, corners):
    """Return the largest distance of a corner, whichever of the four comes first."""
    return min(np.linalg.norm(np.roll(found, turn, axis=0) - corners, axis=1).max() for turn in range(4))


@pytest.mark.parametrize("strength", [*STRENGTHS])
def test_the_frame_is_found_at_any_rotation(strength):
    for number, glyph in enumerate(GLYPHS[::4]):
        angle = 360 * generator(number, "angle").random()
        pixels, corners = capture(600 + number, glyph=glyph, rotation_deg=angle, settings=STRENGTHS[strength])
        assert error(frame(pixels), corners) < 2.5


def test_corners_go_clockwise_from_the_one_that_is_upper_left():
    for angle in (-40.0, 0.0, 40.0, 50.0, 200.0):
        first, second, _, last = frame(capture(620, rotation_deg=angle)[0])
        assert second[0] - first[0] > abs(second[1] - first[1])
        assert last[1] - first[1] > abs(last[0] - first[0])


def test_grey_pixels_and_colour_give_the_same_frame():
    pixels, _ = capture(630, rotation_deg=17.0)
    assert np.abs(frame(pixels[..., 1]) - frame(pixels)).max() < 0.5


def test_a_small_label_in_a_large_picture_is_found():
    pixels, corners = capture(631, rotation_deg=8.0)
    picture = np.full((1440, 1920), int(np.median(pixels)), dtype=np.uint8)
    picture[500 : 500 + VIEW_PX, 900 : 900 + VIEW_PX] = pixels[..., 1]
    assert error(frame(picture), corners + np.array([900, 500])) < 2.5


def test_a_scratch_from_side_to_side_does_not_hide_the_frame():
    import cv2

    pixels, corners = capture(632, rotation_deg=30.0)
    ends = corners.mean(axis=0) + np.array([[-260, -140], [240, 130]])
    start, end = (tuple(int(value) for value in point) for point in ends)
    cv2.line(pixels, start, end, (4, 20, 8), thickness=7)
    assert error(frame(pixels), corners) < 2.5


@pytest.mark.parametrize("seed", [40_000_066, 40_000_166])
def test_particles_on_the_frame_do_not_move_it(seed):
    film = label_film(seed, GLYPHS[22], margin_um=60.0)
    random = generator(seed, "q", "strong")
    angle, shift = 360 * random.random(), tuple(random.uniform(-4, 4, 2))
    view = placing(film, width=576, height=576, rotation_deg=angle, shift_um=shift)
    middle = film.size_um[0] / 2
    corners = view.in_capture(frame_corners(middle, middle, film.settings.frame_um))
    assert error(frame(fluorescence(film, view, STRENGTHS["strong"], seed=seed)), corners) < 2.5


@pytest.mark.parametrize("glyph", ["ring", "0", "house", "日", "B"])
def test_a_glyph_is_no_frame(glyph):
    pixels, _ = capture(640, glyph=glyph, settings=MIDDLE)
    without = pixels[130:430, 130:430]
    assert find_label(np.ascontiguousarray(without)).reason == NO_FRAME


def test_a_frame_that_one_side_lacks_is_not_made_up():
    pixels, corners = capture(641)
    for turn in range(4):
        cut = np.rot90(pixels, turn)[:, int(corners[0, 0]) + 30 :]
        found = find_label(np.ascontiguousarray(cut))
        assert not found.places
        assert found.reason == NO_FRAME


def test_a_capture_out_of_focus_is_named():
    found = find_label(capture(642, settings=WEAK.model_copy(update={"defocus_um": 10.0}))[0])
    assert not found.found
    assert found.reason == NO_FRAME or found.places[0].state is LabelState.BLURRED


def test_two_labels_in_sight_are_named():
    film = Film(643, (560.0, 330.0), (("star", 150.0, 165.0), ("star", 400.0, 165.0)))
    pixels = fluorescence(film, placing(film, width=1000, height=600, rotation_deg=4.0), WEAK, seed=1)
    assert find_label(pixels).reason == SEVERAL


def test_other_pictures_show_no_label():
    film = Film(644, (280.0, 280.0), ())
    empty = fluorescence(film, placing(film, width=VIEW_PX, height=VIEW_PX), MIDDLE, seed=1)
    ramp = np.tile(np.linspace(0, 255, 640, dtype=np.uint8), (480, 1))
    chessboard = ((np.indices((600, 600)) // 75).sum(axis=0) % 2 * 200).astype(np.uint8)
    random = generator(5, "clouds").integers(0, 256, (12, 16)).astype(np.uint8)
    clouds = np.kron(random, np.ones((40, 40), dtype=np.uint8))
    for pixels in (
        empty,
        ramp,
        chessboard,
        clouds,
        np.zeros((480, 640), dtype=np.uint8),
        np.zeros((5, 9), dtype=np.uint8),
    ):
        found = find_label(pixels)
        assert not found.places
        assert found.reason == NO_FRAME


def test_the_crop_of_a_turned_capture_is_the_enrolled_one_but_for_quarter_turns():
    first, _ = capture(645)
    second, _ = capture(645, rotation_deg=112.0)
    one, other = (crop(each[..., 1], frame(each)).astype(float) for each in (first, second))
    alike = [np.corrcoef(one.ravel(), np.rot90(other, turn).ravel())[0, 1] for turn in range(4)]
    assert max(alike) > 0.8
    assert max(alike) > sorted(alike)[2] + 0.1
