"""Circles that bound texture: found whole, cut and uneven, and none where there is none."""

import cv2
import numpy as np
import pytest

from engine.core.seeds import generator
from engine.methods.micro_pattern.circles import ARC, NEAR, circles
from tests.benchmarks.fractals import blurred, covered, rotated
from tests.engine.methods.micro_pattern.unframed_samples import disc

CENTRE, RADIUS = np.array([215.0, 195.0]), 150.0


def grey(pixels: np.ndarray) -> np.ndarray:
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def right(circle, centre: np.ndarray = CENTRE) -> bool:
    return bool(np.linalg.norm(circle.centre - centre) < 8 and abs(circle.radius / RADIUS - 1) < 0.05)


@pytest.mark.parametrize("number", range(3))
def test_a_whole_disc_has_one_place(number):
    found = circles(grey(disc(number)))
    assert right(found[0])
    assert found[0].arc > 0.9


@pytest.mark.parametrize("number", range(60, 64))
def test_half_a_disc_leaves_its_circle_among_those_possible(number):
    found = circles(grey(covered(disc(number), 0.5, 83.0 * number, 0)))
    assert any(right(circle) for circle in found)
    assert all(circle.arc >= ARC for circle in found)


def test_several_levels_find_more_blurred_discs():
    seen = 0
    for number in range(70, 82):
        turn = cv2.getRotationMatrix2D((209.5, 199.5), 31.0 * number, 1.0)
        found = circles(grey(blurred(rotated(disc(number), 31.0 * number), 6.0)))
        seen += any(right(circle, turn[:, :2] @ CENTRE + turn[:, 2]) for circle in found)
    assert seen >= 4  # of 12; 2 by a single level


def test_no_circle_is_told_twice():
    several = 0
    for number in range(80, 86):
        found = circles(grey(blurred(rotated(covered(disc(number), 0.5, 71.0 * number, 0), 20.0), 4.0)))
        places = np.array([[*circle.centre, circle.radius] for circle in found]) * 256 / 420
        for one in range(len(places)):
            assert all(np.abs(places[one] - other).max() >= NEAR for other in places[:one])
        several += len(found) > 1
    assert several


@pytest.mark.parametrize("kind", ["flat", "noise"])
def test_nothing_bounds_what_has_no_texture_of_its_own(kind):
    pixels = np.full((300, 300), 90.0)
    if kind == "noise":
        pixels += generator(5, "pixels").normal(0, 20, pixels.shape)
    assert circles(np.clip(pixels, 0, 255).astype(np.uint8)) == ()
