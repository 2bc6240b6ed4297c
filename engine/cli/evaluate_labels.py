"""``evaluate micro-pattern``: recognition of simulated labels that no network was trained on."""

import argparse
from pathlib import Path
from typing import Any

from engine.cli.output import Output
from engine.core.evaluations import Profile
from engine.jobs import JobContext
from engine.workflows.files import made_folder

DESCRIPTION = """Micro-pattern labels, simulated: labels that no network was trained on, each enrolled by one vector,
questioned in fresh captures at any rotation beside fakes of the same glyphs. The right label must come first and pass
a threshold that other labels set; baselines stand beside it. quick is a smoke test; full is the set-up whose figures
may be quoted (hours of rendering: name a --cache and an interrupted run goes on)."""


def add_command(methods: Any, common: argparse.ArgumentParser) -> None:
    """Add ``evaluate micro-pattern``."""
    labels = methods.add_parser(
        "micro-pattern", parents=[common], help="recognition of micro-pattern labels", description=DESCRIPTION
    )
    labels.add_argument("--profile", type=Profile, choices=list(Profile), default=Profile.QUICK)
    labels.add_argument("--labels", type=int, help="labels that are enrolled; all are questioned at middle strength")
    labels.add_argument("--fakes", type=int, help="fakes that are questioned at middle strength")
    labels.add_argument("--beside", type=int, help="labels that are questioned at weak and strong")
    labels.add_argument("--tuning", type=int, help="other labels, which set the thresholds")
    labels.add_argument("--curves", type=int, help="labels questioned under damage and stronger effects; 0: none")
    labels.add_argument("--weights", type=Path, metavar="DIR", help="weights with their card; default: those shipped")
    labels.add_argument("--only", choices=("network", "baselines"), help="leave the other out")
    labels.add_argument("--cache", type=Path, metavar="DIR", help="keep captures and vectors here, and use them again")
    labels.add_argument("--out", type=Path, metavar="DIR", help="write tables (CSV), figures (SVG) and the record")
    labels.set_defaults(run=_micro_pattern)


def _micro_pattern(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    from dataclasses import replace

    from engine.workflows.evaluation.label_baselines import BASELINES
    from engine.workflows.evaluation.label_files import label_lines, write_label_evaluation
    from engine.workflows.evaluation.micro_pattern import SIZES, evaluate_micro_pattern, load_embedder

    for folder in filter(None, (options.out, options.cache)):
        made_folder(folder)
    given = {name: getattr(options, name) for name in ("labels", "fakes", "beside", "tuning", "curves")}
    sizes = replace(SIZES[options.profile], **{name: value for name, value in given.items() if value is not None})
    found = evaluate_micro_pattern(
        profile=options.profile,
        sizes=sizes,
        embedder=None if options.only == "baselines" else load_embedder(options.weights),
        baselines=() if options.only == "network" else BASELINES,
        cache=options.cache,
        context=context,
    )
    # First of all: hours of work must not be lost where whoever reads the lines goes away.
    written = write_label_evaluation(found, options.out) if options.out else ()
    if output.as_json:
        for name in ("thresholds", "rows", "curves"):
            for row in getattr(found.record, name):
                output.result({name: row.to_json()})
    else:
        output.result({}, *label_lines(found.record))
    for path in written:
        output.result({"written": str(path)}, f"written {path}")
    return 0
