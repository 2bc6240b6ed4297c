"""Two panes show the same place, whatever a person does to either."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.pixels import Transform, TransformKind, apply_matrix
from gui.stage import geometry
from gui.stage.geometry import Side
from gui.stage.linking import LinkBasis, LinkedView, link_for
from tests.gui.stage.samples import capture, scale

SIZE = (800.0, 600.0)
coordinate = st.floats(0, 600)
side = st.sampled_from(list(Side))
gesture = st.one_of(
    st.tuples(st.just("pan"), side, st.floats(-300, 300), st.floats(-300, 300)),
    st.tuples(st.just("zoom"), side, st.floats(0.5, 2.0), coordinate, coordinate),
    st.tuples(st.just("rotate"), side, st.floats(-3.2, 3.2), coordinate, coordinate),
)


def similarity(angle: float, factor: float, dx: float, dy: float) -> np.ndarray:
    cos, sin = factor * math.cos(angle), factor * math.sin(angle)
    return np.array([[cos, -sin, dx], [sin, cos, dy], [0, 0, 1.0]])


transforms = st.one_of(
    st.builds(similarity, st.floats(-3.2, 3.2), st.floats(0.05, 20), st.floats(-500, 500), st.floats(-500, 500)),
    st.builds(
        lambda a, b, c: np.array([[1.1, a, 30.0], [b, 0.9, -20.0], [c, -c / 2, 1.0]]),
        st.floats(-0.5, 0.5),
        st.floats(-0.5, 0.5),
        st.floats(-2e-4, 2e-4),
    ),
)


def view_of(matrix: np.ndarray, *, aligned: bool = True) -> LinkedView:
    view = LinkedView()
    view.size = SIZE
    view.aligned = aligned
    questioned, known = capture(1, 1000, 800), capture(2, 1000, 800)
    view.link = link_for(questioned, known, Transform.from_array(TransformKind.HOMOGRAPHY, matrix))
    view.fit(Side.QUESTIONED, geometry.outline(1000, 800))
    return view


def perform(view: LinkedView, gestures) -> None:
    for name, pane, *values in gestures:
        if name == "pan":
            view.pan(pane, tuple(values))
        elif name == "zoom":
            view.zoom_by(pane, values[0], tuple(values[1:]))
        else:
            view.rotate(pane, values[0], tuple(values[1:]))


@given(transforms, st.lists(gesture, max_size=40), coordinate, coordinate)
@settings(deadline=None, max_examples=150)
def test_a_place_is_at_the_same_view_position_in_both_panes(matrix, gestures, x, y):
    view = view_of(matrix)
    if view.link.matrix is None:
        return
    perform(view, gestures)
    here = view.to_capture(Side.QUESTIONED, (x, y))
    there = geometry.map_point(matrix / matrix[2, 2], here)
    np.testing.assert_allclose(geometry.map_point(view.matrix(Side.KNOWN), there), (x, y), atol=0.5)


@given(transforms, st.lists(gesture, max_size=40))
@settings(deadline=None, max_examples=150)
def test_without_alignment_the_middle_is_the_same_place_at_the_same_size(matrix, gestures):
    view = view_of(matrix, aligned=False)
    if view.link.matrix is None:
        return
    perform(view, gestures)
    middle = (SIZE[0] / 2, SIZE[1] / 2)
    here = view.to_capture(Side.QUESTIONED, middle)
    there = view.across(Side.QUESTIONED, here)
    np.testing.assert_allclose(geometry.map_point(view.matrix(Side.KNOWN), there), middle, atol=0.5)
    expected = view.zoom(Side.QUESTIONED) * geometry.local_scale(np.linalg.inv(matrix), there)
    assert view.zoom(Side.KNOWN) == pytest.approx(expected, rel=1e-6)


@given(st.lists(gesture, max_size=60), side, st.booleans())
@settings(deadline=None, max_examples=100)
def test_zooming_and_turning_hold_the_place_under_the_pointer(gestures, pane, aligned):
    view = view_of(similarity(0.4, 1.7, 12.0, -40.0), aligned=aligned)
    for one in gestures:
        name, where, *values = one
        before = view.to_capture(where, tuple(values[-2:]))
        perform(view, [one])
        if name != "pan":
            np.testing.assert_allclose(
                geometry.map_point(view.matrix(where), before), values[-2:], atol=1e-3, err_msg=str(one)
            )


def test_a_thousand_small_gestures_leave_no_drift():
    view = view_of(similarity(1.1, 0.31, 200.0, 90.0))
    rng = np.random.default_rng(7)
    for _ in range(1000):
        pane = Side.KNOWN if rng.random() < 0.5 else Side.QUESTIONED
        view.pan(pane, tuple(rng.normal(0, 9, 2)))
        view.zoom_by(pane, float(np.exp(rng.normal(0, 0.05))), tuple(rng.uniform(0, 600, 2)))
    product = view.matrix(Side.KNOWN) @ similarity(1.1, 0.31, 200.0, 90.0)
    np.testing.assert_allclose(product / product[2, 2], view.matrix(Side.QUESTIONED), rtol=1e-9, atol=1e-6)


def test_captures_of_different_scale_show_the_same_physical_size_without_registration():
    questioned, known = capture(1, 1000, 800, scale(42.0, 21.0)), capture(2, 3000, 2000, scale(2.0))
    view = LinkedView()
    view.size = SIZE
    view.set_scales(questioned.scale, known.scale)
    view.link = link_for(questioned, known, None)
    assert view.link.basis is LinkBasis.SCALES
    view.fit(Side.QUESTIONED, geometry.outline(1000, 800))
    um = np.array([[0.0, 0.0], [420.0, 0.0], [0.0, 420.0]])
    here = apply_matrix(view.matrix(Side.QUESTIONED), um / np.array([42.0, 21.0]))
    there = apply_matrix(view.matrix(Side.KNOWN), um / 2.0)
    np.testing.assert_allclose(here - here[0], there - there[0], atol=1e-9)
    lengths = np.linalg.norm(here[1:] - here[0], axis=1)
    assert lengths[0] == pytest.approx(lengths[1]), "420 um are as long along x as along y"


def test_linking_by_scale_takes_what_both_panes_show_as_one_place():
    questioned, known = capture(1, 1000, 800, scale(42.0)), capture(2, 3000, 2000, scale(2.0))
    view = LinkedView()
    view.size = SIZE
    view.set_scales(questioned.scale, known.scale)
    view.link = link_for(questioned, known, None)
    view.set_linked(False)
    view.centre_on(Side.KNOWN, (100.0, 50.0))
    view.rotate(Side.KNOWN, 0.5, (400.0, 300.0))
    view.centre_on(Side.QUESTIONED, (700.0, 600.0))
    view.set_linked(True)
    np.testing.assert_allclose(view.across(Side.QUESTIONED, (700.0, 600.0)), (100.0, 50.0), atol=1e-6)
    moved = view.across(Side.QUESTIONED, (710.0, 600.0))
    assert math.hypot(moved[0] - 100.0, moved[1] - 50.0) == pytest.approx(210.0), "420 um are 210 known pixels"
    view.pan(Side.KNOWN, (33.0, -20.0))
    at = geometry.map_point(view.matrix(Side.QUESTIONED), (700.0, 600.0))
    np.testing.assert_allclose(geometry.map_point(view.matrix(Side.KNOWN), (100.0, 50.0)), at, atol=1e-6)


def test_parting_the_panes_moves_nothing():
    view = view_of(similarity(0.7, 2.5, -80.0, 10.0))
    view.rotate(Side.QUESTIONED, 0.3, (100.0, 100.0))
    before = view.matrix(Side.KNOWN)
    view.set_linked(False)
    np.testing.assert_allclose(view.matrix(Side.KNOWN), before, atol=1e-9)
    view.pan(Side.QUESTIONED, (50.0, 0.0))
    np.testing.assert_allclose(view.matrix(Side.KNOWN), before, atol=1e-9)
    assert view.across(Side.QUESTIONED, (0.0, 0.0)) is None


@pytest.mark.parametrize(
    ("questioned", "known", "words"),
    [
        (None, None, "neither capture has a scale"),
        (None, scale(2.0), "the questioned capture has no scale"),
        (scale(42.0), None, "the known capture has no scale"),
    ],
)
def test_without_registration_and_scales_the_panes_are_not_linked_and_it_is_said(questioned, known, words):
    link = link_for(capture(1, 100, 100, questioned), capture(2, 100, 100, known), None)
    assert link.matrix is None
    assert link.statement == f"Not linked: no registration, and {words}"


def test_a_registration_with_its_horizon_inside_the_capture_links_nothing():
    folded = Transform.from_array(TransformKind.HOMOGRAPHY, np.array([[1, 0, 0], [0, 1, 0], [-0.01, 0, 1.0]]))
    link = link_for(capture(1, 400, 400), capture(2, 400, 400), folded)
    assert link.matrix is None
    assert "cannot be used" in link.statement


def test_fit_shows_the_whole_capture_of_either_side():
    view = view_of(similarity(0.9, 3.0, 10.0, 20.0))
    for pane in Side:
        view.fit(pane, geometry.outline(1000, 800))
        corners = apply_matrix(view.matrix(pane), geometry.outline(1000, 800))
        assert (corners >= 0).all() and (corners <= np.array(SIZE)).all()
        assert (np.ptp(corners, axis=0) / np.array(SIZE)).max() > 0.95
