"""The training loop: it learns, it stops, and it goes on as if it had not been stopped."""

import json

import numpy as np
import pytest
import torch
from safetensors import safe_open

from engine.core.errors import Cancelled, InputError
from engine.core.records import Record
from engine.core.seeds import generator
from engine.jobs import JobContext
from engine.nn.training import CHECKPOINT, HISTORY, TrainingSettings, train

SETTINGS = TrainingSettings(
    steps=40, learning_rate=0.05, warm_up=4, checkpoint_steps=10, bfloat16=False, threads=1, weight_decay=0.0
)


class Identity(Record):
    name: str = "line"


class Line:
    """Fit y = 2 x + 1."""

    def __init__(self, factor=1.0):
        self.module = torch.nn.Linear(1, 1)
        torch.nn.init.zeros_(self.module.weight)
        torch.nn.init.zeros_(self.module.bias)
        self.factor = factor
        self.steps = []

    def loss(self, step, share):
        self.steps.append(step)
        x = torch.from_numpy(generator(0, "x", step).standard_normal((16, 1)).astype(np.float32))
        return self.factor * ((self.module(x) - (2 * x + 1)) ** 2).mean(), {"share": share}


@pytest.fixture(autouse=True)
def _torch_as_before():
    threads = torch.get_num_threads()
    yield
    torch.use_deterministic_algorithms(False)
    torch.set_num_threads(threads)


def learnt(folder):
    with safe_open(folder / CHECKPOINT, "pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118


def test_it_learns(tmp_path):
    task = Line()
    train(task, SETTINGS, tmp_path, Identity(), JobContext())
    assert float(task.module.weight.detach()) == pytest.approx(2, abs=0.2)
    assert float(task.module.bias.detach()) == pytest.approx(1, abs=0.2)
    history = [json.loads(line) for line in (tmp_path / HISTORY).read_text().splitlines()]
    assert [entry["step"] for entry in history] == [10, 20, 30, 40]
    assert history[-1]["loss"] < history[0]["loss"]


def test_a_training_that_was_stopped_ends_as_one_that_was_not(tmp_path):
    train(Line(), SETTINGS, tmp_path / "whole", Identity(), JobContext())
    context = JobContext(lambda done, total, text: context.cancel() if done == 20 else None)
    stopped = Line()
    with pytest.raises(Cancelled):
        train(stopped, SETTINGS, tmp_path / "stopped", Identity(), context)
    assert max(stopped.steps) == 19
    resumed = Line()
    train(resumed, SETTINGS, tmp_path / "stopped", Identity(), JobContext())
    assert resumed.steps == list(range(20, 40))
    whole, again = learnt(tmp_path / "whole"), learnt(tmp_path / "stopped")
    assert set(whole) == set(again)
    for name in whole:
        assert torch.equal(whole[name], again[name])


def test_a_checkpoint_of_another_training_is_not_taken(tmp_path):
    train(Line(), SETTINGS, tmp_path, Identity(), JobContext())
    with pytest.raises(InputError, match="of another training"):
        train(Line(), SETTINGS, tmp_path, Identity(name="curve"), JobContext())


def test_a_damaged_checkpoint_is_named(tmp_path):
    (tmp_path / CHECKPOINT).write_bytes(b"\x08\x00\x00\x00\x00\x00\x00\x00{broken}")
    with pytest.raises(InputError, match="cannot be read"):
        train(Line(), SETTINGS, tmp_path, Identity(), JobContext())


def test_a_training_that_diverges_says_so_and_keeps_no_such_weights(tmp_path):
    with pytest.raises(InputError, match="diverged"):
        train(Line(factor=float("inf")), SETTINGS, tmp_path, Identity(), JobContext())
    assert not (tmp_path / CHECKPOINT).exists()
