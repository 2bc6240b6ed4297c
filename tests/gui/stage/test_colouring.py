"""Colours, arrows, numbers and scale bars."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import qGray

from engine.core.colour_maps import lookup
from engine.core.finding import Correspondence
from engine.core.seeds import generator
from gui.stage import colouring
from gui.stage.nudge import Nudge, residual_px


def test_values_take_the_colours_of_their_place_in_the_range():
    values = np.array([[-5.0, 0.0, 0.5, 1.0, 9.0, np.nan]], dtype=np.float32)
    words = colouring.coloured(values, 0, 1, "viridis", 1.0)[0]
    for word, place in zip(words, (0, 0, 128, 255, 255), strict=False):
        red, green, blue = (int(v) for v in lookup("viridis")[place])
        assert int(word) == 0xFF << 24 | red << 16 | green << 8 | blue
    assert words[5] == 0


@given(st.floats(0, 1))
def test_colours_are_premultiplied(opacity):
    word = int(colouring.coloured(np.ones((1, 1), np.float32), 0, 1, "cividis", opacity)[0, 0])
    alpha = word >> 24
    assert all(word >> shift & 255 <= alpha for shift in (0, 8, 16))


def test_an_empty_range_does_not_divide_by_zero():
    assert colouring.coloured(np.ones((2, 2), np.float32), 1, 1, "cividis", 1.0).shape == (2, 2)


def test_block_means_leave_missing_cells_out():
    values = np.array([[1, 3, np.nan], [np.nan, 5, np.nan], [7, 7, 2]], dtype=np.float32)
    np.testing.assert_allclose(colouring.block_mean(values, 2), [[3, np.nan], [7, 2]])


@pytest.mark.parametrize(("cell", "factor"), [(5, 1), (0.5, 1), (0.4, 2), (0.2, 4), (0.12, 8)])
def test_blocks_are_no_larger_than_a_screen_pixel(cell, factor):
    assert colouring.block_factor(cell) == factor
    assert cell * factor <= max(cell, 1.0)


def test_arrows_are_enlarged_by_a_round_gain_and_thinned():
    values = np.zeros((100, 100, 2), dtype=np.float32)
    values[...] = (0.3, -0.4)
    grid = np.diag([4.0, 4.0, 1.0])
    found = colouring.arrows(values, grid, np.eye(3), (400.0, 400.0), 0, 1)
    assert found.every == 3
    assert found.gain in (1, 2, 5, 10, 20, 50, 100)
    shown = found.heads - found.tails
    np.testing.assert_allclose(shown, np.broadcast_to(found.gain * np.array([0.3, -0.4]), shown.shape), rtol=1e-6)
    assert (np.hypot(*shown.T) <= 12).all()
    assert set(found.colours) == {round(0.5 * 7)}


def test_displacements_without_measurement_have_no_arrow():
    values = np.full((3, 3, 2), np.nan, dtype=np.float32)
    found = colouring.arrows(values, np.diag([50.0, 50.0, 1.0]), np.eye(3), (200.0, 200.0), 0, 1)
    assert len(found.tails) == 0


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.93412, "0.934"), (8.0, "8"), (41.666, "41.7"), (12345.6, "12346"), (1e7, "1.00e+07"), (-0.5, "-0.5")],
)
def test_numbers_have_three_digits(value, text):
    assert colouring.number(value) == text


@given(st.floats(1e-4, 1e4), st.floats(0.5, 100), st.floats(50, 400))
def test_the_scale_bar_is_round_true_and_fits(zoom, um_per_px, longest):
    bar = colouring.scale_bar(zoom, um_per_px, "actor", longest)
    assert 0.39 * longest <= bar.pixels <= longest * (1 + 1e-6)
    value, unit = bar.text.split(" ")[:2]
    um = float(value) * {"mm": 1000.0, "\N{MICRO SIGN}m": 1.0}[unit]
    assert um / um_per_px * zoom == pytest.approx(bar.pixels, rel=1e-2)
    assert bar.text.endswith("(actor)")


def test_without_a_scale_the_bar_counts_pixels_and_says_so():
    assert colouring.scale_bar(2.0, None, "", 160.0).text == "50 px (no scale)"


def test_the_residual_counts_held_out_points_alone_where_there_are_any():
    def point(dx: float, held_out: bool) -> Correspondence:
        return Correspondence(questioned=(1.0, 2.0), known=(1.0 + dx, 2.0), residual_px=dx, held_out=held_out)

    assert residual_px((), np.eye(3)) is None
    assert residual_px((point(3, False), point(3, False)), np.eye(3)) == pytest.approx(3)
    assert residual_px((point(3, False), point(1, True)), np.eye(3)) == pytest.approx(1)


@given(st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9)), max_size=20))
def test_every_nudge_can_be_undone_and_done_again(steps):
    nudge = Nudge()
    for step in steps:
        nudge.move(step)
    whole = nudge.shift
    for _ in range(len(steps) + 1):
        nudge.undo()
    assert nudge.shift == (0.0, 0.0)
    for _ in range(len(steps) + 1):
        nudge.redo()
    assert nudge.shift == pytest.approx(whole)


def words_of(red: np.ndarray, green: np.ndarray, blue: np.ndarray) -> np.ndarray:
    """Return opaque 0xffRRGGBB words."""
    return (0xFF << 24 | red.astype(np.int64) << 16 | green.astype(np.int64) << 8 | blue).astype(np.uint32)


def test_greys_stay_greys_and_colours_weigh_as_in_qt():
    every = np.arange(256)
    np.testing.assert_array_equal(colouring.greys(words_of(every, every, every)), every)
    red, green, blue = generator(1, "colours").integers(0, 256, (3, 20_000))
    found = colouring.greys(words_of(red, green, blue))
    np.testing.assert_array_equal(found, (11 * red + 16 * green + 5 * blue) // 32)
    assert [qGray(int(r), int(g), int(b)) for r, g, b in zip(red[:99], green, blue, strict=False)] == list(found[:99])


@given(st.integers(1, 3 * colouring.BAND), st.integers(1, 9), st.sampled_from([0.02, 0.3, 1.0]))
def test_a_difference_shows_each_pixel_by_itself_whatever_the_size(height, width, span):
    captures = generator(height, "captures").integers(0, 256, (2, 3, height, width))
    questioned, known = (words_of(*planes) for planes in captures)
    greys = [(11 * red + 16 * green + 5 * blue) // 32 for red, green, blue in captures]
    steps = ((greys[0] - greys[1]) / 255.0).astype(np.float32)
    expected = colouring.coloured(steps, -span, span, "diverging", 1.0)
    np.testing.assert_array_equal(colouring.difference_words(questioned, known, span), expected)
    out = np.full((height, width), 7, dtype=np.uint32)
    assert colouring.difference_words(questioned, known, span, out) is out
    np.testing.assert_array_equal(out, expected)
