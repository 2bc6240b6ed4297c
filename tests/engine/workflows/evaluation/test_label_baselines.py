"""Baselines describe a crop by unit vectors, and its quarter turns as the turned crop itself."""

import numpy as np
import pytest

from engine.core.seeds import generator
from engine.workflows.evaluation.label_baselines import BASELINES, gradients, texture


def crop(seed):
    import cv2

    noise = generator(seed, "crop").integers(0, 256, (256, 256)).astype(np.uint8)
    return np.asarray(cv2.GaussianBlur(noise, (0, 0), 3.0), dtype=np.uint8)


@pytest.mark.parametrize("baseline", BASELINES, ids=lambda each: each.name)
def test_vectors_have_unit_length_and_turn_with_the_crop(baseline):
    crops = np.stack([crop(1), crop(2)])
    turns = baseline.embed_turns(crops)
    assert turns.shape[:2] == (2, 4)
    assert np.allclose(np.linalg.norm(turns, axis=2), 1, atol=1e-4)
    assert np.array_equal(baseline.embed(crops), turns[:, 0])
    for turn in range(4):
        own = baseline.embed(np.rot90(crops, turn, axes=(1, 2)))
        assert np.allclose(own, turns[:, turn], atol=1e-4)


@pytest.mark.parametrize("baseline", BASELINES, ids=lambda each: each.name)
def test_a_crop_is_more_like_itself_in_noise_than_like_another(baseline):
    noisy = np.clip(crop(1) + generator(3, "noise").normal(0, 3, (256, 256)), 0, 255).astype(np.uint8)
    own, same, other = baseline.embed(np.stack([crop(1), noisy, crop(2)]))
    assert own @ same > own @ other + 0.2


def test_brightness_and_contrast_hardly_change_texture():
    bright = np.clip(0.6 * crop(5).astype(float) + 40, 0, 255).astype(np.uint8)
    one, other = (texture(each) for each in (crop(5), bright))
    assert np.corrcoef(one, other)[0, 1] > 0.97


def test_gradients_are_those_of_an_edge():
    step = np.zeros((128, 128), dtype=np.uint8)
    step[:, 64:] = 200  # light rises to the right: orientation 0
    blocks = gradients(step).reshape(4, 9, 7, 7)
    assert blocks.sum(axis=(0, 2, 3)).argmax() == 0
    assert blocks[:, 1:].max() < 1e-3
    assert gradients(step.T.copy()).reshape(4, 9, 7, 7).sum(axis=(0, 2, 3)).argmax() in (4, 5)
