"""``train``: train a network; what was cancelled goes on when the same command is given again."""

import argparse
from pathlib import Path
from typing import Any

from engine.cli.output import Output
from engine.core.evaluations import Profile
from engine.jobs import JobContext
from engine.nn.cards import ModelCard

DESCRIPTION = """Train on simulated labels and write weights (safetensors) and a model card. quick takes about an hour
on two cores; full is the published network, for a machine with many cores. Ctrl+C stops it, the same command
goes on."""


def add_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the train command."""
    train = commands.add_parser("train", help="train a network on simulated pieces")
    methods = train.add_subparsers(dest="method", required=True, metavar="METHOD")
    labels = methods.add_parser(
        "micro-pattern", parents=[common], help="the network that embeds labels", description=DESCRIPTION
    )
    labels.add_argument("--profile", type=Profile, choices=list(Profile), default=Profile.QUICK)
    labels.add_argument("--loss", choices=("cosface", "arcface"), default="cosface", help="default: %(default)s")
    labels.add_argument("--steps", type=int, help="default: those of the profile")
    labels.add_argument("--labels", type=int, help="labels to train on; default: those of the profile")
    labels.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for weights and card")
    labels.set_defaults(run=_micro_pattern)
    judge = methods.add_parser("contour-judge", parents=[common], help="the network that tells frames from the rest")
    judge.add_argument("--profile", type=Profile, choices=list(Profile), default=Profile.QUICK)
    judge.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for weights and card")
    judge.set_defaults(run=_contour_judge)


def _micro_pattern(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    from engine.workflows.training.embedder import train_micro_pattern

    card = train_micro_pattern(
        options.out, profile=options.profile, loss=options.loss, steps=options.steps, labels=options.labels,
        context=context,
    )  # fmt: skip
    _tell(card, options.out, output)
    return 0


def _contour_judge(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    from engine.workflows.training.judge import train_contour_judge

    _tell(train_contour_judge(options.out, profile=options.profile, context=context), options.out, output)
    return 0


def _tell(card: ModelCard, out: Path, output: Output) -> None:
    lines = [f"{card.title}: weights {card.weights_sha256[:12]} in {out}"]
    lines += [f"  {figure.name}: {figure.value:g}{figure.unit}" for figure in card.figures]
    output.result({"card": card.to_json(), "written": str(out)}, *lines)
