"""The training loop that every trained method shares: seeded, cancellable, resumed from where it was stopped.

What happens in a step depends on the settings and the step's number alone, never on what was drawn before; a resumed
run therefore goes on as if it had not been stopped.
"""

import json
import math
import os
import time
from pathlib import Path
from typing import Annotated, Protocol

import torch
from pydantic import Field
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from engine.core.errors import InputError
from engine.core.method import Context
from engine.core.records import Record, hash_of

CHECKPOINT, HISTORY = "checkpoint.safetensors", "history.jsonl"
MOMENTUM = "momentum."  # before the names of the optimiser's buffers in a checkpoint


class TrainingSettings(Record):
    """How to train: stochastic gradient descent, warm-up, then a cosine down to nothing.

    Momentum 0.9 and weight decay 1e-4 are those of the public code of He et al. 2024.
    """

    steps: Annotated[int, Field(ge=1)]
    learning_rate: Annotated[float, Field(gt=0)] = 0.05
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.9
    weight_decay: Annotated[float, Field(ge=0)] = 1e-4
    warm_up: Annotated[int, Field(ge=0)] = 500
    largest_gradient: Annotated[float, Field(gt=0)] = 5.0
    bfloat16: bool = True
    checkpoint_steps: Annotated[int, Field(ge=1)] = 500
    threads: Annotated[int, Field(ge=1)] = 2
    seed: int = 0


class Task(Protocol):
    """What is trained: a module with everything that has weights, and its loss in a step."""

    @property
    def module(self) -> nn.Module:
        """The network together with the weights of its losses."""
        ...

    def loss(self, step: int, share: float) -> tuple[Tensor, dict[str, float]]:
        """Return the loss of step ``step``, ``share`` (0..1) of the way, and figures to keep beside it."""
        ...


def train(task: Task, settings: TrainingSettings, folder: Path, identity: Record, context: Context) -> None:
    """Train until the last step, from the folder's checkpoint where there is one.

    Parameters
    ----------
    folder : Path
        Keeps the checkpoint and the history, one JSON object every ten steps. Cancelling leaves both.
    identity : Record
        What else the training depends on; a checkpoint of another is refused with InputError.
    """
    torch.set_num_threads(settings.threads)
    torch.use_deterministic_algorithms(True)
    key = hash_of([settings.to_json(), identity.to_json()])
    optimiser = torch.optim.SGD(
        task.module.parameters(), settings.learning_rate, settings.momentum, weight_decay=settings.weight_decay
    )
    folder.mkdir(parents=True, exist_ok=True)
    first = _resume(folder / CHECKPOINT, key, task.module, optimiser)
    _forget_history(folder / HISTORY, first)
    began, running = time.monotonic(), 0.0
    task.module.train()
    for step in range(first, settings.steps):
        context.check_cancelled()
        for group in optimiser.param_groups:
            group["lr"] = settings.learning_rate * _rate(step, settings)
        with torch.autocast("cpu", torch.bfloat16, enabled=settings.bfloat16):
            loss, figures = task.loss(step, step / settings.steps)
        value = float(loss.detach())
        if not math.isfinite(value):
            raise InputError(f"Training diverged at step {step}", remedy="Lower the learning rate and start anew.")
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(task.module.parameters(), settings.largest_gradient)
        optimiser.step()
        done = step + 1
        running = value if step == first else 0.98 * running + 0.02 * value
        if done % 10 == 0 or done == settings.steps:
            context.progress(done, settings.steps, f"step {done}, loss {running:.3f}")
            seconds = round(time.monotonic() - began, 1)
            _note(folder / HISTORY, {"step": done, "seconds": seconds, "loss": round(running, 5), **figures})
        if done % settings.checkpoint_steps == 0 or done == settings.steps:
            _save(folder / CHECKPOINT, key, done, task.module, optimiser)


def _rate(step: int, settings: TrainingSettings) -> float:
    """Return the learning rate of a step as a share of the largest."""
    if step < settings.warm_up:
        return (step + 1) / settings.warm_up
    left = max(settings.steps - settings.warm_up, 1)
    return 0.5 * (1 + math.cos(math.pi * (step - settings.warm_up) / left))


def _save(path: Path, key: str, step: int, module: nn.Module, optimiser: torch.optim.SGD) -> None:
    tensors = {name: value.detach().contiguous() for name, value in module.state_dict().items()}
    for name, parameter in module.named_parameters():
        buffer = optimiser.state.get(parameter, {}).get("momentum_buffer")
        if buffer is not None:
            tensors[MOMENTUM + name] = buffer.contiguous()
    partial = path.with_suffix(".partial")
    save_file(tensors, partial, metadata={"key": key, "step": str(step)})
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    partial.replace(path)


def _resume(path: Path, key: str, module: nn.Module, optimiser: torch.optim.SGD) -> int:
    """Take over a checkpoint and return the step to go on with; 0 where there is none."""
    if not path.exists():
        return 0
    remedy = "Choose another folder, or remove the checkpoint."
    try:
        with safe_open(path, "pt") as file:
            facts = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
    except (SafetensorError, OSError) as error:
        raise InputError("The checkpoint cannot be read", where=path.name, remedy=remedy) from error
    if facts.get("key") != key:
        raise InputError("The checkpoint is of another training", where=path.name, remedy=remedy)
    module.load_state_dict({name: value for name, value in tensors.items() if not name.startswith(MOMENTUM)})
    for name, parameter in module.named_parameters():
        if MOMENTUM + name in tensors:
            optimiser.state[parameter]["momentum_buffer"] = tensors[MOMENTUM + name]
    return int(facts["step"])


def _note(path: Path, entry: dict[str, float]) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(entry) + "\n")


def _forget_history(path: Path, step: int) -> None:
    """Keep the history up to a step: what was done after the checkpoint is done again."""
    if path.exists():
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if json.loads(line)["step"] <= step]
        path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
