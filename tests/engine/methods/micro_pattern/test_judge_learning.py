"""What the judge learns from: as many labels as others, each kind of others alike, the same in every run."""

import numpy as np
import pytest

from engine.methods.micro_pattern.contours import KINDS, Contours
from engine.methods.micro_pattern.judge_learning import QUICK, JudgeLearning, JudgeTask
from engine.nn.shape import NetworkSettings

SMALL = NetworkSettings(depth=18, width=8, input_px=32, channels=1, head="pooled", embedding=8, classes=2)


@pytest.fixture(scope="module")
def task():
    kinds = np.array([0] * 50 + [1] * 5 + [2] * 400, dtype=np.int8)
    patches = np.random.default_rng(1).integers(0, 255, (len(kinds), 32, 32), dtype=np.uint8)
    return JudgeTask(JudgeLearning(network=SMALL, batch=40, seed=5), Contours(patches, kinds))


def test_half_of_a_batch_are_labels_and_rare_kinds_of_others_are_as_frequent_as_common_ones(task):
    drawn = np.concatenate([task._drawn(np.random.default_rng(step)) for step in range(60)])
    kinds = task.data.kinds[drawn]
    assert (kinds == 0).mean() == 0.5
    assert 0.4 < (kinds == 1).sum() / (kinds != 0).sum() < 0.6


def test_a_step_has_the_same_loss_whatever_was_drawn_before(task):
    task.module.eval()  # running means of the norms belong to the state, not to the step
    first, figures = task.loss(7, 0.5)
    task.loss(8, 0.6)
    again, _ = task.loss(7, 0.5)
    other, _ = task.loss(9, 0.5)
    assert float(first.detach()) == float(again.detach()) != float(other.detach())
    assert 0 <= figures["right"] <= 1


def test_the_shipped_profile_trains_on_films_of_its_own():
    assert QUICK.fields.first_seed >= 5_000_000
    assert QUICK.fields.first_seed + QUICK.fields.count < 9_000_000
    assert KINDS[0] == "label"
