"""The training of the network of labels: what it refuses, and that it can be stopped while it is measured."""

import numpy as np
import pytest

from engine.core.errors import Cancelled, InputError
from engine.core.evaluations import Profile
from engine.jobs import JobContext
from engine.methods.micro_pattern.profiles import QUICK
from engine.workflows.training import embedder_worker
from engine.workflows.training.embedder import train_micro_pattern


@pytest.mark.parametrize("wrong", [{"steps": 0}, {"steps": -3}, {"labels": 0}])
def test_a_training_of_nothing_is_refused_before_anything_is_made(tmp_path, wrong):
    with pytest.raises(InputError, match="1 or more"):
        train_micro_pattern(tmp_path / "model", profile=Profile.QUICK, **wrong, context=JobContext())
    assert not (tmp_path / "model").exists()


def test_the_profile_is_altered_by_what_was_given_alone():
    request = {"loss": "arcface", "steps": None, "labels": 7}
    found = embedder_worker._altered(QUICK, request)
    assert (found.rendering.count, found.training, found.learning.margin.loss) == (7, QUICK.training, "arcface")
    found = embedder_worker._altered(QUICK, {**request, "steps": 20, "labels": None})
    assert (found.rendering, found.training.steps, found.training.warm_up) == (QUICK.rendering, 20, 2)
    with pytest.raises(InputError, match="The count cannot be recorded"):
        embedder_worker._altered(QUICK, {**request, "labels": 10**9})


def test_measuring_tells_how_far_it_is_and_can_be_stopped(monkeypatch):
    monkeypatch.setattr(embedder_worker, "label_crops", lambda seed, captures: np.zeros((captures, 4, 4), np.uint8))
    told = []
    context = JobContext(lambda done, total, text: told.append((done, total)) or (done == 2 and context.cancel()))
    with pytest.raises(Cancelled):
        embedder_worker._figures(None, {}, context)
    assert told == [(number, embedder_worker.DEVELOPMENT.count) for number in range(3)]
