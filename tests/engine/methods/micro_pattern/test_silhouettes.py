"""Silhouettes of single flakes: cut out, found again at any rotation and size, and named where there is none."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.errors import ImagingError, InputError
from engine.core.seeds import generator
from engine.methods.micro_pattern.polar import spectra, turned, unrolled
from engine.methods.micro_pattern.silhouettes import Silhouettes, outline_points, silhouette
from tests.benchmarks.nanotags import Tag, enrolled, nanotags, shared_grain
from tests.engine.methods.micro_pattern.unframed_samples import flake


@pytest.fixture(scope="module")
def known() -> Silhouettes:
    return Silhouettes([silhouette(flake(number)) for number in range(40)])


@pytest.mark.parametrize("number", range(0, 40, 8))
def test_a_turned_and_enlarged_flake_is_found(known, number):
    hits = known.find(silhouette(flake(number, turn=0.3 + number, radius=30.0, shot=number + 1)))
    assert hits[0].place == number
    assert hits[0].overlap > 0.95 > 0.93 > hits[1].overlap
    assert hits[0].size_ratio == pytest.approx(30 / 24, rel=0.02)


def test_a_flake_that_is_not_enrolled_lies_over_none(known):
    assert max(known.find(silhouette(flake(number)))[0].overlap for number in range(100, 110)) < 0.95


def test_a_mirrored_flake_is_another(known):
    assert known.find(silhouette(flake(8, mirrored=True)))[0].overlap < 0.93


def test_the_transform_lays_one_outline_on_the_other(known):
    first, second = silhouette(flake(8)), silhouette(flake(8, turn=2.0, radius=20.0, shot=9))
    (hit,) = Silhouettes([first]).find(second)
    questioned, mapped, apart = outline_points(second, first, hit)
    assert apart.max() < 1.5
    assert np.hypot(*(questioned - second.centre).T).min() > 5
    turn = np.arctan2(hit.transform[1, 0], hit.transform[0, 0])
    assert np.cos(turn + 2.0) > np.cos(np.radians(2.0))
    assert len(mapped) == 48


@pytest.mark.parametrize("kind", ["flat", "noise", "clouds", "full"])
def test_what_shows_no_flake_is_named(kind):
    random = generator(3, "pixels")
    pixels = {
        "flat": np.full((80, 80, 3), 120.0),
        "noise": random.uniform(0, 255, (80, 80, 3)),
        "clouds": 128 + 20 * cv2.GaussianBlur(random.standard_normal((80, 80, 3)), (0, 0), 2),
        "full": np.pad(random.normal(60, 2, (76, 76, 3)), ((2, 2), (2, 2), (0, 0)), constant_values=200),
    }[kind]
    with pytest.raises(ImagingError, match="No single flake"):
        silhouette(pixels.astype(np.uint8))


@pytest.mark.parametrize("number", range(0, 40, 8))
@pytest.mark.parametrize("level", [30, 255])
def test_specks_beside_a_flake_leave_its_outline(known, number, level):
    pixels = flake(number, turn=1.0 + number, shot=number + 1)
    for place in ((2, 20), (107, 50), (60, 2), (30, 93), (90, 93), (2, 70)):
        cv2.circle(pixels, place, 3, (level, level, level), thickness=-1)
    hits = known.find(silhouette(pixels))
    assert hits[0].place == number
    assert hits[0].overlap > 0.97


def test_a_flake_that_the_edge_cuts_off_is_named():
    with pytest.raises(ImagingError, match="cuts the flake off"):
        silhouette(np.ascontiguousarray(flake(4)[:, 30:]))


def test_exposure_and_white_balance_leave_the_contrast_and_another_ink_does_not(known):
    def taken(gain: tuple[float, float, float]) -> np.ndarray:
        light = np.array(gain) * (flake(8) / 255) ** 2.2
        return np.rint(255 * np.clip(light, 0, 1) ** (1 / 2.2)).astype(np.uint8)

    for gain in ((1.0, 1.0, 1.0), (0.6, 0.6, 0.6), (1.6, 0.8, 0.5)):
        hit = known.find(silhouette(taken(gain)))[0]
        assert hit.place == 8
        assert hit.contrast_apart < 0.03
    pale = (150 + 0.5 * (flake(8).astype(np.float64) - 150)).astype(np.uint8)
    hit = known.find(silhouette(pale))[0]
    assert hit.overlap > 0.95
    assert hit.contrast_apart > 0.1


def test_the_contrast_is_the_share_of_light_that_is_lacking():
    pixels = np.full((60, 60, 3), (200, 188, 255), dtype=np.uint8)
    pixels[20:40, 15:45] = (188, 200, 100)
    red, green, blue = silhouette(pixels).contrast
    # Light of the levels 188 and 200 by IEC 61966-2-1: 0.5029 and 0.5776.
    assert red == pytest.approx(1 - 0.5029 / 0.5776, abs=1e-3)
    assert green == pytest.approx(1 - 0.5776 / 0.5029, abs=1e-3)
    assert np.isnan(blue)  # clipped


def test_contrasts_of_grey_and_colour_are_not_compared(known):
    grey = silhouette(np.asarray(cv2.cvtColor(flake(8), cv2.COLOR_RGB2GRAY), dtype=np.uint8))
    hit = known.find(grey)[0]
    assert hit.place == 8
    assert np.isnan(hit.contrast_apart)


def test_grey_captures_are_cut_out_too():
    colour = silhouette(flake(4))
    grey = silhouette(np.asarray(cv2.cvtColor(flake(4), cv2.COLOR_RGB2GRAY), dtype=np.uint8))
    assert (colour.mask & grey.mask).sum() > 0.95 * (colour.mask | grey.mask).sum()


def test_captures_that_are_too_small_and_no_known_ones_are_refused():
    with pytest.raises(ImagingError, match="too small"):
        silhouette(np.zeros((10, 40, 3), dtype=np.uint8))
    with pytest.raises(InputError, match="enrolled"):
        Silhouettes([])


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 4))
def test_rotations_are_those_of_trying_each(seed: int, count: int):
    random = generator(seed, "grids")
    grids, grid = random.standard_normal((count, 24, 5)).astype(np.float32), random.standard_normal((24, 5))
    likeness, turn = turned(grid.astype(np.float32), spectra(grids))
    for number, known_grid in enumerate(grids):
        slow = [float((np.roll(grid, steps, axis=0) * known_grid).sum()) for steps in range(24)]
        assert likeness[number] == pytest.approx(max(slow), rel=1e-4, abs=1e-4)
        assert turn[number] == pytest.approx(2 * np.pi * int(np.argmax(slow)) / 24)


def test_a_picture_is_unrolled_from_x_towards_y():
    image = np.zeros((41, 41), dtype=np.float32)
    image[20 + 10, 20] = 1.0  # below the middle: a quarter turn from x towards y
    grid = unrolled(image, np.array([20.0, 20.0]), 20.0, angles=64, rings=20)
    assert np.unravel_index(grid.argmax(), grid.shape)[0] == 16
    assert np.linalg.norm(grid) == pytest.approx(1)


@pytest.fixture(scope="module")
def tags(real_data) -> list[Tag]:
    return nanotags(real_data)


def test_recaptures_of_real_flakes_are_found_among_all_enrolled(tags):
    known = enrolled(tags)
    library = Silhouettes([outline for _, outline in known])
    sought = [tag for tag in tags if tag.recaptured]
    wrong = [
        tag.name
        for tag in sought
        if tag.silhouette is None or known[library.find(tag.silhouette)[0].place][0].identity != tag.identity
    ]
    # Of these 26 one is missed: it shows a flake 1.57 times as wide as its enrolled capture, and of another shape.
    assert len(sought) >= 26
    assert len(wrong) <= len(sought) // 25, wrong


def test_real_counterfeits_have_the_outline_of_their_original_and_another_contrast(tags):
    (original,) = (tag for tag in tags if tag.name == "Graphene_3")
    assert original.silhouette is not None
    library = Silhouettes([original.silhouette])
    captures = [tag for tag in tags if tag.identity == "graphene-3" and tag.silhouette is not None]
    apart = {
        role: [library.find(tag.silhouette)[0] for tag in captures if tag.role == role and tag.silhouette is not None]
        for role in ("recapture", "counterfeit")
    }
    assert [len(hits) for hits in apart.values()] == [8, 2]
    assert min(hit.overlap for hits in apart.values() for hit in hits) > 0.95
    assert max(hit.contrast_apart for hit in apart["recapture"]) < min(
        hit.contrast_apart for hit in apart["counterfeit"]
    )


def test_a_turned_copy_shares_its_noise_and_a_fresh_capture_does_not(tags):
    named = {tag.name: tag for tag in tags}
    assert shared_grain(named["Duplicate_Graphene_15"], named["Graphene_15"]) > 0.8
    assert shared_grain(named["Duplicate_Graphene_15_ii"], named["Graphene_15"]) < 0.3
