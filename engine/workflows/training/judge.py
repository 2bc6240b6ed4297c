"""Train the contour judge on simulated fields, in a child process that can be stopped."""

from pathlib import Path

from engine.core.evaluations import Profile
from engine.jobs import Child, JobContext, Limits
from engine.nn.cards import ModelCard, load_card
from engine.workflows.files import made_folder

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
        The folder cannot be written, or holds the checkpoint of another training.
    """
    request = {"out": str(made_folder(out)), "profile": profile.value}
    with Child(MODULE, LIMITS) as child:
        child.request(request, context)
    return load_card(out)
