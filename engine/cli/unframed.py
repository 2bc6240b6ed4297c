"""``unframed``: labels without an etched frame, known by their outline or by the pattern in a disc."""

import argparse
from pathlib import Path
from typing import Any

from engine.cli.output import Output
from engine.jobs import JobContext
from engine.workflows.labels.unframed import Shape, UnframedAnswer, find_unframed

NOTHING_READ = 2


def add_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command and its action."""
    actions = commands.add_parser("unframed", help="find labels without an etched frame among known captures")
    actions = actions.add_subparsers(dest="action", required=True, metavar="ACTION")
    find = actions.add_parser("find", parents=[common], help="rank known captures by how alike they are")
    find.add_argument("files", nargs="+", type=Path, metavar="FILE", help="questioned captures, one label in each")
    find.add_argument("--known", nargs="+", type=Path, required=True, metavar="FILE", help="known captures")
    find.add_argument(
        "--shape", choices=[shape.value for shape in Shape], required=True,
        help="flake: a single outline on even ground; disc: a pattern that fills a circle",
    )  # fmt: skip
    find.add_argument("--hits", type=int, default=5, help="known captures to name for each (default: %(default)s)")
    find.set_defaults(run=_find)


def _find(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    compared = False
    answers = find_unframed(Shape(options.shape), options.known, options.files, k=options.hits, context=context)
    for answer in answers:
        compared |= not answer.known and not answer.reason
        output.result(answer.to_json(), *_lines(answer))
    output.note("investigative only: no operating point holds for labels without a frame")
    return 0 if compared else NOTHING_READ


def _lines(answer: UnframedAnswer) -> list[str]:
    if answer.reason:
        return [f"{answer.file_name}: {'not used as a known label: ' if answer.known else ''}{answer.reason}"]
    return [
        f"{answer.file_name}:",
        *(
            f"  {rank}. {hit.file_name}  score {hit.score:.3f}, size ratio {hit.size_ratio:.3f}"
            + ("" if hit.contrast_apart is None else f", contrast apart {hit.contrast_apart:.3f}")
            for rank, hit in enumerate(answer.hits, start=1)
        ),
        *(f"  caution: {caution}" for caution in answer.cautions),
    ]
