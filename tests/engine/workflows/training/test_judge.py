"""A judge is trained, measured and given its card; a training that was stopped goes on."""

import numpy as np
import pytest

from engine.core.errors import Cancelled
from engine.core.evaluations import Profile
from engine.jobs import JobContext
from engine.methods.micro_pattern.contours import KINDS, TRAINING_SEEDS, ContourFields, Contours
from engine.methods.micro_pattern.judge import Judge
from engine.methods.micro_pattern.judge_learning import JudgeLearning, JudgeProfile
from engine.nn.cards import load_card
from engine.nn.shape import NetworkSettings
from engine.nn.training import TrainingSettings
from engine.workflows.training import judge_worker
from engine.workflows.training.judge_worker import WORK, confusion, rendered, train_judge

TINY = JudgeProfile(
    fields=ContourFields(first_seed=TRAINING_SEEDS, count=2, captures=1, side=32),
    learning=JudgeLearning(
        network=NetworkSettings(depth=18, width=8, input_px=32, channels=1, head="pooled", embedding=8, classes=2),
        batch=16,
    ),
    training=TrainingSettings(steps=12, warm_up=2, bfloat16=False, checkpoint_steps=5, threads=1),
)


def quick_contours(seed, captures, side):
    """Return contours without a film: simulating one takes a second."""
    random = np.random.default_rng(seed)
    kinds = np.arange(40 * captures, dtype=np.int8) % len(KINDS)
    return Contours(random.integers(0, 255, (len(kinds), side, side), dtype=np.uint8), kinds)


def test_a_stopped_training_goes_on_and_ends_with_a_card_of_counts(tmp_path, monkeypatch):
    monkeypatch.setattr(judge_worker, "field_contours", quick_contours)

    def stop(done: float, total: float, text: str) -> None:
        if text == "learning" and done > 1:
            context.cancel()

    context = JobContext(stop)
    with pytest.raises(Cancelled):
        train_judge(tmp_path, TINY, Profile.QUICK, context, tested=1)
    assert (tmp_path / WORK / "checkpoint.safetensors").exists()
    assert not (tmp_path / "card.json").exists()
    card = train_judge(tmp_path, TINY, Profile.QUICK, JobContext(), tested=1)
    steps = [line for line in (tmp_path / WORK / "history.jsonl").read_text().splitlines() if line]
    assert len(steps) == 2  # steps 10 and 12, each once
    assert load_card(tmp_path) == card and card.simulated
    judge = Judge.load(tmp_path)
    counts = confusion(judge, rendered(TINY.fields, JobContext()))
    labels = next(figure for figure in card.figures if figure.name.endswith(": label"))
    assert labels.name.startswith("accepted of ") and 0 <= labels.value <= int(labels.name.split()[2].rstrip(","))
    assert [total for _, total in counts.values()] == [10] * len(KINDS)
    assert "10 labels and 70 other contours of 2 simulated films" in card.data
