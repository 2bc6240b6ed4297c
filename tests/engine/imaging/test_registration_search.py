"""The search finds a small capture in a large one at any rotation, best placement first."""

import cv2
import numpy as np
import pytest

from engine.core.errors import Cancelled
from engine.core.pixels import apply_matrix
from engine.core.seeds import generator
from engine.imaging.registration_search import search, search_factor
from engine.jobs import JobContext


def texture(side: int = 160) -> np.ndarray:
    noise = generator(1, "search").standard_normal((side, side)).astype(np.float32)
    image = cv2.GaussianBlur(noise, (0, 0), 1.5)
    return (image / image.std()).astype(np.float32)


@pytest.mark.parametrize("angle", [0, 33, 90, 201.5, 318])
def test_the_best_placement_is_the_true_one(angle):
    image = texture()
    turn = np.radians(angle)
    truth = np.eye(3)
    truth[:2, :2] = [[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]
    truth[:2, 2] = [90, 70] - truth[:2, :2] @ [20, 20]
    template = cv2.warpAffine(image, truth[:2], (41, 41), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    found = search(template, image, 5, JobContext())
    assert [placement.correlation for placement in found] == sorted((p.correlation for p in found), reverse=True)
    assert found[0].correlation > found[1].correlation + 0.2
    points = np.array([[20.0, 20.0], [5.0, 20.0], [20.0, 35.0]])
    away = apply_matrix(found[0].matrix, points) - apply_matrix(truth, points)
    assert np.abs(away).max() < 2.0


def test_the_search_is_made_on_a_small_picture_unless_the_template_would_vanish():
    assert search_factor(56, 300) == 1.0
    assert search_factor(560, 900) == pytest.approx(0.1)
    assert search_factor(560, 16_000) == pytest.approx(0.05)
    assert search_factor(69, 7_000) == pytest.approx(24 / 69)


def test_a_cancelled_search_ends():
    context = JobContext()
    context.cancel()
    with pytest.raises(Cancelled):
        search(texture(40), texture(), 5, context)
