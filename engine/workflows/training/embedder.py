"""Training of networks: rendered, learnt, calibrated and given a card, in a child process that can be stopped.

A training that was cancelled goes on where it stood when it is started again with the same folder.
"""

from pathlib import Path
from typing import Any, Literal

from engine.core.errors import InputError
from engine.core.evaluations import Profile
from engine.jobs import Child, JobContext, Limits
from engine.nn.cards import ModelCard, load_card
from engine.workflows.files import made_folder

MODULE = "engine.workflows.training.embedder_worker"
LIMITS = Limits(seconds=14 * 24 * 3600.0, memory_bytes=64 << 30)
Loss = Literal["cosface", "arcface"]


def train_micro_pattern(
    out: Path, *, profile: Profile, loss: Loss = "cosface", steps: int | None = None, labels: int | None = None,
    context: JobContext,
) -> ModelCard:  # fmt: skip
    """Train the network of micro-pattern labels and write its weights and card into a folder.

    Parameters
    ----------
    out : Path
        Also keeps the rendered crops and the checkpoint in ``work``, which may be removed afterwards.
    profile : Profile
        QUICK: about an hour on two cores. FULL: the published network, for a machine with many cores.
    loss : str
        CosFace, as in the public code of He et al. 2024, or ArcFace, as in their text.
    steps, labels : int, optional
        Fewer or more than the profile has.

    Raises
    ------
    InputError
        The folder cannot be written or holds another training, or the numbers are none that anything is learnt from.
    """
    for name, number in (("steps", steps), ("labels", labels)):
        if number is not None and number < 1:
            raise InputError(f"A training has 1 or more {name}, not {number}", remedy="Leave it to the profile.")
    request = {
        "out": str(made_folder(out)), "profile": profile.value, "loss": loss, "steps": steps, "labels": labels,
    }  # fmt: skip
    return _trained(request, out, context)


def _trained(request: dict[str, Any], out: Path, context: JobContext) -> ModelCard:
    with Child(MODULE, LIMITS) as child:
        child.request(request, context)
    return load_card(out)
