"""Train the contour judge on simulated fields, in a child process that can be stopped."""

from pathlib import Path

from engine.core.errors import InputError
from engine.core.evaluations import Profile
from engine.jobs import Child, JobContext, Limits
from engine.nn.cards import ModelCard, load_card

MODULE = "engine.workflows.training.judge_worker"
LIMITS = Limits(seconds=7 * 24 * 3600.0, memory_bytes=32 << 30)


def train_contour_judge(out: Path, *, profile: Profile = Profile.QUICK, context: JobContext) -> ModelCard:
    """Train the judge, measure it on contours of films it never saw, and write weights and card into a folder.

    Parameters
    ----------
    out : Path
        The model's folder, made where it is not there. Also keeps the checkpoint in ``work``, from which a training
        that was cancelled goes on, and which may be removed afterwards.
    profile : Profile
        QUICK: about ten minutes on one core. FULL: more films and steps.

    Raises
    ------
    InputError
        The folder cannot be made, or holds the checkpoint of another training.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        what = f"The folder cannot be made ({error.strerror})"
        raise InputError(what, where=str(out), remedy="Choose another.") from error
    with Child(MODULE, LIMITS) as child:
        child.request({"out": str(out.resolve()), "profile": profile.value}, context)
    return load_card(out)
