"""Equations (2) and (3), all modules at once, give what a loop over their definitions gives."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.core.errors import InputError
from engine.core.seeds import generator
from engine.methods.two_level_qr.detection import detect
from engine.methods.two_level_qr.patterns import correlation


def looped(lightness, corners, patterns, classes, reach):
    """Return ideal, refined and displacement by the definitions, one window after another."""
    side, (dx, dy) = patterns.shape[1], reach
    rows = []
    for (y, x), index in zip(corners, classes, strict=True):
        ideal = correlation(patterns[index], -lightness[y : y + side, x : x + side].astype(np.float64))
        best, place = -np.inf, (0, 0)
        for v in range(-dy, dy + 1):
            for u in range(-dx, dx + 1):
                seen = lightness[y + v : y + v + side, x + u : x + u + side].astype(np.float64)
                value = correlation(patterns[index], -seen)
                if value > best + 1e-9:
                    best, place = value, (u, v)
        rows.append((ideal, best, *place))
    return np.array(rows)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    side=st.integers(4, 13),
    reach=st.tuples(st.integers(0, 3), st.integers(0, 3)),
    count=st.integers(1, 20),
    shared=st.booleans(),
)
@example(seed=3455, side=12, reach=(0, 0), count=12, shared=True)  # one of the patterns replaces no module
@example(seed=1, side=6, reach=(1, 0), count=130, shared=True)  # more modules than are worked on together
def test_the_vectorised_search_agrees_with_the_loop(seed, side, reach, count, shared):
    random = generator(seed, "detection")
    lightness = (255 * random.random((5 * side, 6 * side))).astype(np.float32)
    lightness[: 2 * side, : 3 * side] = 200  # no texture
    patterns = random.random((3 if shared else count, side, side)) < 0.5
    patterns[:, 0, 0], patterns[:, 0, 1] = True, False
    classes = random.integers(0, len(patterns), count)
    far_y, far_x = lightness.shape[0] - side - reach[1], lightness.shape[1] - side - reach[0]
    corners = np.column_stack(
        [random.integers(reach[1], far_y + 1, count), random.integers(reach[0], far_x + 1, count)]
    )
    found = detect(lightness, corners, patterns, classes, reach=reach)
    slow = looped(lightness, corners, patterns, classes, reach)
    assert np.abs(found.at_ideal - slow[:, 0]).max() < 1e-5
    assert np.abs(found.refined - slow[:, 1]).max() < 1e-5
    unlike = (found.displacement != slow[:, 2:]).any(axis=1)
    for k in np.flatnonzero(unlike):  # another place only where it is as good
        u, v = found.displacement[k]
        y, x = corners[k] + [v, u]
        seen = -lightness[y : y + side, x : x + side].astype(np.float64)
        assert correlation(patterns[classes[k]], seen) == pytest.approx(slow[k, 1], abs=1e-5)
    assert (found.refined >= found.at_ideal).all()
    assert found.indicator == pytest.approx(slow[:, 1].mean(), abs=1e-5)
    assert found.indicator_unrefined == pytest.approx(slow[:, 0].mean(), abs=1e-5)


def test_moved_modules_are_found_where_they_are():
    random = generator(3, "moved")
    patterns = random.random((2, 12, 12)) < 0.5
    lightness = np.full((60, 100), 220, dtype=np.float32)
    corners = np.array([[10, 10], [10, 40], [35, 70]])
    moved = np.array([[2, 0], [-1, 2], [0, -2]])
    for (y, x), (u, v), index in zip(corners, moved, (0, 1, 0), strict=True):
        lightness[y + v : y + v + 12, x + u : x + u + 12] = np.where(patterns[index], 30, 220)
    found = detect(lightness, corners, patterns, np.array([0, 1, 0]), reach=(2, 2))
    assert (found.displacement == moved).all()
    assert found.refined == pytest.approx(np.ones(3), abs=1e-5)
    assert found.at_ideal.max() < 0.8


def test_a_white_module_correlates_with_nothing():
    pattern = generator(4, "white").random((1, 12, 12)) < 0.5
    found = detect(np.full((40, 40), 255, dtype=np.float32), np.array([[10, 10]]), pattern, np.array([0]), reach=(2, 2))
    assert found.refined.tolist() == [0.0]


def test_modules_at_the_rim_and_no_modules_are_refused():
    image, pattern = np.zeros((20, 20), dtype=np.float32), np.eye(12, dtype=bool)[None]
    for corners in (np.array([[0, 4]]), np.array([[4, 7]]), np.empty((0, 2), dtype=np.intp)):
        with pytest.raises(InputError, match="within"):
            detect(image, corners, pattern, np.zeros(len(corners), dtype=np.intp), reach=(2, 2))
