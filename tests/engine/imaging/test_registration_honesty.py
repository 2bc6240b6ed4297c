"""A registration is measured where no fit has looked, and impossible placements are refused whoever proposes them."""

import numpy as np
import pytest

from engine.core.pixels import apply_matrix
from engine.imaging import registration
from engine.imaging.registration import Outcome, RegistrationSettings, register
from engine.imaging.registration_check import HELD_OUT, Grid
from engine.jobs import JobContext
from tests.engine.imaging.test_registration import errors, similarity, texture, warped

MIRRORED = np.array([[-1.0, 0, 419], [0, 1, 0], [0, 0, 1]])
ENLARGED = np.diag([1.25, 1.25, 1.0])
STRETCHED = np.diag([1.12, 0.93, 1.0])


def test_held_out_blocks_measure_the_fit_and_take_no_part_in_it():
    image = texture(11, 500)
    moved = warped(image, similarity(0, 1, (1.0, 0.0)), (500, 500))
    held_out = Grid.over(image.shape).mask((HELD_OUT,))
    known = np.where(held_out, moved, np.rint(image).astype(np.uint8))
    settings = RegistrationSettings(family="similarity")
    result = register(image.astype(np.uint8), known, um_per_px=(10.0, 10.0), settings=settings, context=JobContext())
    assert result.outcome is Outcome.REGISTERED
    # The held-out blocks alone are displaced, by one pixel: the fit must not know, and the residual must say so.
    assert np.abs(errors(result.transform.array(), np.eye(3), image.shape)).max() < 0.03
    assert result.residual_px == pytest.approx(1.0, abs=0.1)
    assert result.residual_um == pytest.approx(10 * result.residual_px)
    moved_points = [np.subtract(point.known, point.questioned)[0] > 0.5 for point in result.correspondences]
    assert moved_points == [point.held_out for point in result.correspondences]


@pytest.mark.parametrize("matrix", [MIRRORED, ENLARGED, STRETCHED], ids=["mirrored", "enlarged", "stretched"])
def test_a_perfect_but_impossible_placement_is_refused(monkeypatch, matrix):
    image = texture(6)
    size = (round(420 * abs(matrix[0, 0])), round(420 * matrix[1, 1]))
    known = warped(image, matrix, size)
    monkeypatch.setattr(registration, "_keypoint_starts", lambda *_: [])
    monkeypatch.setattr(registration, "_searched", lambda *_: [matrix])
    settings = RegistrationSettings(family="affine")
    result = register(image.astype(np.uint8), known, um_per_px=(10.0, 10.0), settings=settings, context=JobContext())
    assert result.outcome is Outcome.NOT_REGISTRABLE
    assert result.transform is None


def test_the_scales_are_known_pixels_per_questioned_pixel():
    image = texture(12)
    truth = similarity(15.0, 0.5, (60.0, 20.0))
    known = warped(image, truth, (300, 300))
    for scales, outcome in (((10.0, 20.0), Outcome.REGISTERED), ((20.0, 10.0), Outcome.NOT_REGISTRABLE)):
        result = register(image.astype(np.uint8), known, um_per_px=scales, context=JobContext())
        assert result.outcome is outcome
        if result.transform is not None:
            centre = np.array([[200.0, 200.0]])
            assert apply_matrix(result.transform.array(), centre) == pytest.approx(apply_matrix(truth, centre), abs=0.5)


def test_a_capture_of_which_half_shows_something_else_is_refused_with_the_share_that_agrees():
    image, other = texture(13), texture(14)
    known = image.copy()
    known[:, 210:] = other[:, 210:]
    result = register(image.astype(np.uint8), known.astype(np.uint8), um_per_px=(10.0, 10.0), context=JobContext())
    assert result.outcome is Outcome.NOT_REGISTRABLE
    assert result.evidence["agreement"] == pytest.approx(0.5, abs=0.15)
    assert "% of the textured blocks agree" in result.reason
