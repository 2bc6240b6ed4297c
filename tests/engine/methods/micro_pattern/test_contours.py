"""Contours of simulated fields carry the truth: near a frame is a label, far from every frame is none."""

import numpy as np
import pytest

from engine.methods.micro_pattern import contours
from engine.methods.micro_pattern.contours import KINDS, TEST_SEEDS, TRAINING_SEEDS, ContourKind, field_contours

SQUARE = np.array([[0.0, 0.0], [100.0, 0.0], [100.0, 100.0], [0.0, 100.0]])


@pytest.fixture(scope="module")
def field():
    return field_contours(TEST_SEEDS + 900_000, 1, 64)


def test_the_same_film_gives_the_same_contours(field):
    again = field_contours(TEST_SEEDS + 900_000, 1, 64)
    assert np.array_equal(field.patches, again.patches) and np.array_equal(field.kinds, again.kinds)


def test_a_field_shows_labels_and_every_common_kind_of_what_is_none(field):
    counts = {kind: int((field.kinds == number).sum()) for number, kind in enumerate(KINDS)}
    assert field.patches.shape == (len(field.kinds), 64, 64) and field.patches.dtype == np.uint8
    assert field.labels.sum() == counts[ContourKind.LABEL] >= 10
    common = (ContourKind.PROPOSED, ContourKind.DISPLACED, ContourKind.MERGED, ContourKind.BLURRED, ContourKind.DRAWN)
    assert all(counts[kind] for kind in common)


def test_labels_have_a_frame_around_and_film_beyond_it(field):
    # The rectangle's sides lie 64 / 1.2 px apart, 5.3 px from the patch's own; lines are as wide as a pixel or two.
    for patch in field.patches[field.labels]:
        rows = patch[:, 12:-12].mean(axis=1)
        assert rows[3:9].min() < 0.9 * np.median(rows[:3]) and rows[-9:-3].min() < 0.9 * np.median(rows[-3:])


def test_what_lies_between_a_label_and_none_is_left_out():
    near, between, far = SQUARE + 1.0, SQUARE + 4.0, SQUARE + 7.0
    quads, truth = np.stack([near, between, far]), SQUARE[None]
    labels = contours._chosen(quads, truth, contours.A_LABEL, near=True)
    others = contours._chosen(quads, truth, contours.NO_LABEL, near=False)
    assert np.array_equal(labels, near[None]) and np.array_equal(others, far[None])


def test_without_a_frame_nothing_is_a_label():
    none = np.empty((0, 4, 2))
    assert len(contours._chosen(SQUARE[None], none, contours.A_LABEL, near=True)) == 0
    assert len(contours._chosen(SQUARE[None], none, contours.NO_LABEL, near=False)) == 1


def test_training_and_test_films_are_apart():
    assert TRAINING_SEEDS + contours.SEEDS <= 10_000_000 and TEST_SEEDS >= 30_000_000
