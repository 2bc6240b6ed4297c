import math

import pytest

from engine.core.case import ScaleSource
from engine.core.errors import InputError
from engine.imaging.scale import UM_PER_INCH, UM_PER_METRE, Density, scale_of_actor, scale_of_dpi, scale_of_tags


def dpi(x, y=None, unit=UM_PER_INCH, step=0.0):
    return Density("The tag", x, x if y is None else y, unit, step)


def test_600_dpi_is_42_micrometres_with_a_stated_uncertainty():
    scale, notes = scale_of_tags([dpi(600)])
    assert scale is not None
    assert scale.um_per_px_x == scale.um_per_px_y == pytest.approx(42.3333, abs=1e-4)
    assert scale.source is ScaleSource.FILE_TAG
    assert scale.relative_uncertainty == 0.01
    assert notes == ()


def test_axes_may_differ_and_are_swapped_where_the_page_is_turned():
    upright, _ = scale_of_tags([dpi(600, 300)])
    turned, _ = scale_of_tags([dpi(600, 300)], orientation=6)
    assert upright is not None and turned is not None
    assert (turned.um_per_px_x, turned.um_per_px_y) == (upright.um_per_px_y, upright.um_per_px_x)


@pytest.mark.parametrize(
    ("density", "reason"),
    [
        (dpi(72), "default"),
        (dpi(96), "default"),
        (dpi(2835, unit=UM_PER_METRE, step=1), "72 dpi is what software writes by default"),
        (dpi(3779, unit=UM_PER_METRE, step=1), "96 dpi is what software writes by default"),
        (dpi(3780, unit=UM_PER_METRE, step=1), "96 dpi is what software writes by default"),
        (dpi(300, unit=None), "names no unit"),
        (dpi(0), "not a number above 0"),
        (dpi(math.inf), "not a number above 0"),
        (dpi(math.nan), "not a number above 0"),
        (dpi(-600), "not a number above 0"),
        (dpi(1), "outside any physical range"),
        (dpi(1e12), "outside any physical range"),
    ],
)
def test_a_tag_that_says_nothing_gives_no_scale_and_the_reason(density, reason):
    scale, notes = scale_of_tags([density])
    assert scale is None
    assert len(notes) == 1
    assert reason in notes[0]


def test_a_tag_that_states_only_square_pixels_needs_no_remark():
    assert scale_of_tags([dpi(1, unit=None), dpi(0, unit=None)]) == (None, ())


def test_a_default_beside_a_real_resolution_does_not_hide_it():
    scale, notes = scale_of_tags([dpi(72), dpi(1200)])
    assert scale is not None and scale.um_per_px == pytest.approx(21.1667, abs=1e-4)
    assert len(notes) == 1


def test_tags_that_contradict_one_another_give_no_scale():
    scale, notes = scale_of_tags([dpi(600), dpi(300)])
    assert scale is None
    assert "contradict" in notes[0]
    agreeing, _ = scale_of_tags([dpi(600), dpi(23622, unit=UM_PER_METRE, step=1)])
    assert agreeing is not None


def test_rounding_of_whole_numbers_is_part_of_the_uncertainty():
    coarse, _ = scale_of_tags([dpi(40, unit=10_000, step=1)])
    assert coarse is not None
    assert coarse.relative_uncertainty == pytest.approx(math.hypot(0.01, 1 / 40 / math.sqrt(12)))


def test_an_actor_states_dpi_or_micrometres():
    assert scale_of_dpi(25.4, 50.8).um_per_px_y == pytest.approx(500)
    scale = scale_of_actor(2.0, 2.1, 0.002)
    assert (scale.source, scale.relative_uncertainty) == (ScaleSource.ACTOR, 0.002)


@pytest.mark.parametrize("bad", [0, -1, math.nan, math.inf, 1e9])
def test_an_actor_cannot_state_nonsense(bad):
    with pytest.raises(InputError):
        scale_of_actor(bad, 1.0)
    with pytest.raises(InputError):
        scale_of_dpi(300, bad)
    with pytest.raises(InputError):
        scale_of_actor(1.0, 1.0, 1.5)
