"""Patterns that fill a disc: the disc is found, the pattern found again at any rotation, also where half is covered."""

import cv2
import numpy as np
import pytest

from engine.core.errors import ImagingError, InputError
from engine.methods.micro_pattern.discs import DiscPatterns, disc_pattern, disc_patterns
from tests.benchmarks.fractals import blurred, brightened, covered, micrographs, noisy, rotated
from tests.engine.methods.micro_pattern.unframed_samples import disc

THRESHOLD = 0.25


@pytest.fixture(scope="module")
def known() -> DiscPatterns:
    return DiscPatterns([disc_pattern(disc(number)) for number in range(12)])


def test_the_disc_is_found():
    found = disc_pattern(disc(3))
    assert found.whole
    np.testing.assert_allclose(found.centre, [215, 195], atol=3)
    assert found.radius == pytest.approx(150, abs=4)
    np.testing.assert_allclose(found.to_capture @ [127.5, 127.5, 1], found.centre)


@pytest.mark.parametrize("number", range(0, 12, 4))
@pytest.mark.parametrize("kind", ["turned", "dark", "bright", "blurred", "noisy", "half"])
def test_a_pattern_is_found_again(known, number, kind):
    query = rotated(disc(number), 31.0 + 97 * number)
    query = {
        "turned": query,
        "dark": brightened(query, 0.2),
        "bright": brightened(query, 2.6),
        "blurred": blurred(query, 3.0),
        "noisy": noisy(query, 40.0, number),
        "half": covered(query, 0.5, 50.0 * number, 0),
    }[kind]
    hits = known.find(disc_patterns(query))
    assert hits[0].place == number
    assert hits[0].points.score > 0.6
    assert max(hit.points.score for hit in hits[1:]) < THRESHOLD


def test_a_pattern_that_is_not_enrolled_passes_with_none(known):
    for number in range(50, 54):
        assert known.find(disc_patterns(disc(number)))[0].points.score < THRESHOLD


def test_points_lie_in_both_captures_where_the_piece_has_them(known):
    turn = 70.0
    points = known.find(disc_patterns(rotated(disc(4), turn)))[0].points
    matrix = cv2.getRotationMatrix2D((209.5, 199.5), turn, 1.0)  # known to questioned pixels
    expected = points.known @ matrix[:, :2].T + matrix[:, 2]
    assert len(points.known) > 40
    assert np.median(np.linalg.norm(points.questioned - expected, axis=1)) < 1.0
    assert np.linalg.norm(points.questioned - expected, axis=1).max() < 4.0
    mapped = points.questioned @ points.transform[:, :2].T + points.transform[:, 2]
    assert np.linalg.norm(mapped - points.known, axis=1).max() < 4.0


def test_a_third_of_a_disc_suffices(known):
    for number in range(0, 12, 4):
        query = covered(rotated(disc(number), 40.0 * number), 0.58, 30.0 * number, 0)
        hits = known.find(disc_patterns(query))
        assert hits[0].place == number
        assert hits[0].points.score > 0.4
        assert hits[0].questioned.radius == pytest.approx(150, rel=0.06)


def test_of_several_circles_the_one_that_shows_the_pattern_is_judged(known):
    right = disc_pattern(disc(6))
    wrong = disc_pattern(rotated(disc(50), 10.0))
    for several in ([wrong, right], [right, wrong]):
        hit = known.find(several)[0]
        assert hit.place == 6
        assert hit.questioned is right
        assert hit.points.score > 0.6


def test_half_a_disc_is_not_whole():
    assert not disc_pattern(covered(disc(2), 0.5, 20.0, 0)).whole


@pytest.mark.parametrize("kind", ["flat", "noise", "dot"])
def test_what_shows_no_disc_is_named(kind):
    pixels = np.full((300, 300, 3), 90, dtype=np.uint8)
    if kind == "noise":
        pixels = noisy(pixels, 40.0, 1)
    elif kind == "dot":
        cv2.circle(pixels, (120, 100), 9, (200, 200, 200), thickness=-1)
    with pytest.raises(ImagingError, match="No textured disc"):
        disc_pattern(pixels)


def test_without_known_patterns_nothing_is_sought():
    with pytest.raises(InputError, match="enrolled"):
        DiscPatterns([])


def test_real_fractals_are_found_again_and_others_refused(real_data):
    patterns, captures = [], []
    for pixels in micrographs(real_data):
        try:
            pattern = disc_pattern(pixels)
        except ImagingError:  # one of the captures shows an empty plate
            continue
        if pattern.whole:
            patterns.append(pattern)
            captures.append(pixels)
    assert len(patterns) >= 59
    library = DiscPatterns(patterns)
    kinds = (
        lambda pixels, _: pixels,
        lambda pixels, _: brightened(pixels, 0.3),
        lambda pixels, _: blurred(pixels, 6.0),
        lambda pixels, n: noisy(pixels, 80.0, n),
        lambda pixels, n: covered(pixels, 0.5, 40.0 * n, 0),
    )
    for number in range(0, len(captures), 5):
        query = kinds[number // 5 % len(kinds)](rotated(captures[number], 53.0 * number), number)
        hits = library.find(disc_patterns(query))
        assert hits[0].place == number
        assert hits[0].points.score > 0.6
        assert max(hit.points.score for hit in hits[1:]) < THRESHOLD
