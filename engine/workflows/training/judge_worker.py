"""The child process that trains the contour judge: simulates fields, learns, measures, writes weights and card."""

import hashlib
import os
from pathlib import Path
from typing import Any

import numpy as np

from engine.core.evaluations import Profile
from engine.core.versions import versions
from engine.jobs import JobContext, serve
from engine.methods.micro_pattern.contours import (
    KINDS,
    TEST_SEEDS,
    ContourFields,
    ContourKind,
    Contours,
    field_contours,
    joined,
)
from engine.methods.micro_pattern.judge import ACCEPTED, CLASSES, METHOD, PREPARING, VERSION, Judge
from engine.methods.micro_pattern.judge_learning import PROFILES, JudgeProfile, JudgeTask
from engine.nn.cards import CardFigure, ModelCard, Weights, save_card, save_weights
from engine.nn.training import train

WORK = "work"
TEST_FIELDS = 40
TOLERANCE = 1e-3  # of a probability, between machines


def _answer(request: dict[str, Any], context: JobContext) -> dict[str, Any]:
    profile = Profile(request["profile"])
    train_judge(Path(request["out"]), PROFILES[profile], profile, context)
    return {}


def train_judge(
    out: Path, chosen: JudgeProfile, profile: Profile, context: JobContext, *, tested: int = TEST_FIELDS
) -> ModelCard:
    """Train by ``chosen``, measure on ``tested`` films never trained on, and write weights and card."""
    data = rendered(chosen.fields, context.part(0, 3, "simulating fields"))
    task = JudgeTask(chosen.learning, data)
    train(task, chosen.training, out / WORK, chosen, context.part(1, 3, "learning"))
    weights = _weights(task)
    labels = int(data.labels.sum())
    own = chosen.fields
    card = ModelCard(
        key=f"contour_judge_{profile.value}", title=f"Contour judge, profile {profile.value}", method=METHOD,
        profile=profile, network=chosen.learning.network, preparing=PREPARING, preparation_version=VERSION,
        classes=CLASSES, parts=save_weights(out, weights), training=chosen.model_dump(mode="json"),
        data=f"{labels} labels and {len(data.kinds) - labels} other contours of {own.count} simulated films, captured "
        f"{own.captures} times each at weak, middle and strong effects",
        data_sha256=hashlib.sha256(data.patches.tobytes() + data.kinds.tobytes()).hexdigest(), simulated=True,
        seed=chosen.learning.seed, versions=versions("torch", "openvino"), tolerance=TOLERANCE,
    )  # fmt: skip
    fields = own.model_copy(update={"first_seed": TEST_SEEDS, "count": tested})
    seen = rendered(fields, context.part(2, 3, "simulating fields to measure on"))
    card = card.model_copy(update={"figures": _figures(Judge(card, weights), seen, profile)})
    save_card(out, card)
    return card


def rendered(fields: ContourFields, context: JobContext) -> Contours:
    """Return the contours of simulated fields."""
    parts: list[Contours] = []
    for number in range(fields.count):
        context.check_cancelled()
        context.progress(number, fields.count)
        parts.append(field_contours(fields.first_seed + number, fields.captures, fields.side))
    return joined(parts)


def confusion(judge: Judge, contours: Contours) -> dict[ContourKind, tuple[int, int]]:
    """Return for each kind of contour how many the judge takes for labels, of how many."""
    accepted = judge.probabilities(contours.patches) >= ACCEPTED
    of_kind = [contours.kinds == number for number in range(len(KINDS))]
    return {kind: (int(accepted[own].sum()), int(own.sum())) for kind, own in zip(KINDS, of_kind, strict=True)}


def _weights(task: JudgeTask) -> Weights:
    floats = {name: value for name, value in task.network.state_dict().items() if value.is_floating_point()}
    return {name: np.asarray(value.detach().numpy(), dtype=np.float32) for name, value in floats.items()}


def _figures(judge: Judge, tested: Contours, profile: Profile) -> tuple[CardFigure, ...]:
    command = f"train contour-judge --profile {profile.value}"
    figures: list[CardFigure] = []
    for kind, (accepted, total) in confusion(judge, tested).items():
        label = kind is ContourKind.LABEL
        if total:
            name = f"{'accepted' if label else 'refused'} of {total}, simulated: {kind.value}"
            value = accepted if label else total - accepted
            figures.append(CardFigure(name=name, value=value, unit="contours", command=command))
    return tuple(figures)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "2")
    serve(_answer)
