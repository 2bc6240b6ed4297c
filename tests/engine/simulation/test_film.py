"""Films, labels and their captures: seeded, in physical units, and as different from each other as they should be."""

import numpy as np
import pytest

from engine.core.errors import InputError
from engine.simulation.film import POWERS, UM_PER_PX, FilmSettings, frame_corners, label_film
from engine.simulation.fluorescence import MIDDLE, STRENGTHS, WEAK, fluorescence, placing
from engine.simulation.glyphs import GLYPHS, glyph_mask
from engine.simulation.label_fields import label_field

UNWORN = WEAK.model_copy(update={"dirt_per_mm2": 0.0, "scratches_per_mm2": 0.0})


def capture(film, settings=UNWORN, *, seed, rotation_deg=0.0):
    view = placing(film, width=256, height=256, um_per_px=0.75, rotation_deg=rotation_deg)
    return fluorescence(film, view, settings, seed=seed)


def alike(a, b):
    """Correlation of the texture: the green channels without what is coarser than 8 px."""
    import cv2

    fine = [each[..., 1] - cv2.GaussianBlur(each[..., 1].astype(np.float32), (0, 0), 8.0) for each in (a, b)]
    return np.corrcoef(fine[0].ravel(), fine[1].ravel())[0, 1]


def test_there_are_44_glyphs_and_none_is_another_one_turned():
    masks = [glyph_mask(glyph) for glyph in GLYPHS]
    assert len(set(GLYPHS)) == len(GLYPHS) == 44
    for number, mask in enumerate(masks):
        for other in masks[number + 1 :]:
            for turn in range(4):
                overlap = np.minimum(mask, np.rot90(other, turn)).sum() / np.maximum(mask, np.rot90(other, turn)).sum()
                assert overlap < 0.8


def test_an_unknown_glyph_is_refused_by_name():
    with pytest.raises(InputError, match="no glyph W"):
        glyph_mask("W")


def test_the_same_seed_is_the_same_piece_and_another_seed_is_another():
    first, again, other = label_film(3, "A"), label_film(3, "A"), label_film(4, "A")
    assert (first.emission == again.emission).all()
    assert alike(capture(first, seed=1), capture(first, seed=2)) > 0.8
    bare = slice(22, 70)  # neither frame nor glyph, which all labels of a class share
    assert abs(alike(capture(first, seed=1)[bare, bare], capture(other, seed=2)[bare, bare])) < 0.2


def test_an_untouched_film_is_one_on_average_and_most_of_a_label_stays_untouched():
    film = label_film(5, "cross")
    top, left = frame_corners(film.size_um[0] / 2, film.size_um[1] / 2, film.settings.frame_um)[0].astype(int)
    outside = film.emission[: top - 6]
    assert 0.85 < outside.mean() < 1.15
    side = round(film.settings.frame_um / UM_PER_PX)
    label = film._etched()[top : top + side, left : left + side]
    assert 0.72 < (label < 0.5).mean() < 0.86  # He et al. 2024: "about 75 %"


def test_more_power_etches_wider_and_darker():
    widths, levels = [], []
    for power in POWERS:
        film = label_film(6, "cross", FilmSettings(power_mw=power))
        row = film.shape[0] // 2 - 60
        etched = film._etched()[row - 20 : row + 20]
        widths.append((etched[:, : film.shape[1] // 3] > 0.5).mean())
        levels.append(film.emission[film._etched() > 0.9].mean())
    assert widths == sorted(widths) and widths[0] < widths[-1] / 2
    assert levels == sorted(levels, reverse=True)


def test_etched_grains_are_finer_and_more_uniform():
    film = label_film(7, "heart")
    etched = film._etched()
    spread = [film.emission[place].std() / film.emission[place].mean() for place in (etched > 0.99, etched < 0.01)]
    assert spread[0] < 0.7 * spread[1]


def test_a_capture_is_seeded_and_turns_with_the_view():
    film = label_film(8, "arrow")
    upright = capture(film, MIDDLE, seed=9)
    assert upright.dtype == np.uint8 and upright.shape == (256, 256, 3)
    assert (upright == capture(film, MIDDLE, seed=9)).all()
    turned = capture(film, seed=9, rotation_deg=90.0)
    assert alike(np.rot90(turned, -1), capture(film, seed=9)) > 0.85  # the view turns clockwise on the screen


def test_captures_get_less_alike_with_the_strength():
    values = []
    for settings in STRENGTHS.values():
        films = [label_film(seed, "3") for seed in range(20, 26)]
        values.append(np.mean([alike(capture(f, settings, seed=1), capture(f, settings, seed=2)) for f in films]))
    assert values[0] > values[1] > values[2]


def test_a_field_shows_twelve_labels_where_it_says():
    field = label_field(11, UNWORN)
    assert field.pixels.shape == (1440, 1920, 3) and field.corners.shape == (12, 4, 2)
    green = field.pixels[..., 1].astype(np.float64)
    for corners in field.corners:
        centre = corners.mean(axis=0)
        for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
            middle = (start + end) / 2
            inwards = (centre - middle) / np.linalg.norm(centre - middle)
            line, film = (np.rint(middle + step * inwards).astype(int) for step in (4.5, 34.0))
            near = [green[y - 2 : y + 3, x - 2 : x + 3].mean() for x, y in (line, film)]
            assert near[0] < 0.75 * near[1]


def test_another_capture_of_a_field_shows_the_same_labels_elsewhere():
    first, second = label_field(12, MIDDLE), label_field(12, MIDDLE, capture_seed=13)
    assert (first.film.emission == second.film.emission).all()
    assert np.abs(first.corners - second.corners).max() > 1.0
