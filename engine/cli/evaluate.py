"""``evaluate``: how a method does on simulated pieces of known origin, beside its paper's figures."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.cli import evaluate_labels
from engine.cli.output import Output
from engine.core.codes import Scheme
from engine.core.errors import InputError
from engine.core.evaluations import Evaluation, Profile
from engine.jobs import JobContext
from engine.workflows.files import made_folder

DESCRIPTION = """Two-level QR codes, simulated: authentic codes and plain copies as in Xie and Tan 2021, then attackers
who sharpen, average, restore and reprint. Every attack is judged by thresholds set on plain copies. quick is a smoke
test (some minutes); full is the published set-up (hours), whose figures may be quoted."""


def add_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the evaluate command."""
    evaluate = commands.add_parser("evaluate", help="evaluate a method on simulated pieces, beside its paper")
    methods = evaluate.add_subparsers(dest="method", required=True, metavar="METHOD")
    evaluate_labels.add_command(methods, common)
    codes = methods.add_parser(
        "two-level-qr", parents=[common], help="copy detection of two-level QR codes", description=DESCRIPTION
    )
    codes.add_argument("--profile", type=Profile, choices=list(Profile), default=Profile.QUICK)
    codes.add_argument("--seeds", type=int, nargs="+", help="default: those of the profile")
    codes.add_argument("--schemes", type=Scheme, choices=list(Scheme), nargs="+", default=list(Scheme))
    codes.add_argument("--codes", type=int, help="authentic codes, and as many plain copies, for each seed")
    codes.add_argument("--attack-codes", type=int, help="counterfeits of each attack, for each seed and scheme")
    codes.add_argument("--attacks", nargs="*", metavar="ATTACK", help="keys of attacks; none named: no attack")
    codes.add_argument("--no-strengths", action="store_true", help="leave out the curves against channel strength")
    codes.add_argument(
        "--combine", type=Path, nargs="+", metavar="DIR", help="evaluate nothing: pool what runs wrote with --out"
    )
    codes.add_argument("--out", type=Path, metavar="DIR", help="write tables (CSV), figures (SVG) and the record")
    codes.set_defaults(run=_two_level_qr)


def _two_level_qr(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    from engine.workflows.evaluation.code_files import write_evaluation

    if options.out:
        made_folder(options.out)
    found = _evaluated(options, context)
    # First of all: hours of work must not be lost where whoever reads the lines goes away.
    written = write_evaluation(found, options.out) if options.out else ()
    if output.as_json:
        for name in ("summary", "cuts", "strengths", "forged_ids"):
            for row in getattr(found, name):
                output.result({name: row.to_json()})
    else:
        output.result({}, *_lines(found))
    for path in written:
        output.result({"written": str(path)}, f"written {path}")
    return 0


def _evaluated(options: argparse.Namespace, context: JobContext) -> Evaluation:
    from engine.workflows.evaluation import two_level_qr
    from engine.workflows.evaluation.code_files import read_scores

    if options.combine:
        return two_level_qr.combined(read_scores(options.combine))
    if options.codes is not None and options.codes < 4:
        raise InputError("Thresholds need at least 4 codes", remedy="Raise --codes.")
    if options.attack_codes is not None and options.attack_codes < 1:
        raise InputError("An attack needs at least one counterfeit", remedy="Raise --attack-codes.")
    return two_level_qr.evaluate_two_level_qr(
        profile=options.profile,
        seeds=options.seeds,
        codes=options.codes,
        attack_codes=options.attack_codes,
        schemes=options.schemes,
        attacks=options.attacks,
        strengths=not options.no_strengths,
        context=context,
    )


def _lines(found: Evaluation) -> Iterator[str]:
    from engine.workflows.evaluation.code_files import attack_lines, cut_lines, table_1_lines
    from engine.workflows.evaluation.code_protocol import EDGES_REFINED, FINDERS_REFINED

    yield "Simulated. FAR, FRR and NACC in per cent: mean (least to largest over seeds)"
    yield from table_1_lines(found.summary)
    yield "Deviation of the indicators cut by refinement:"
    yield from cut_lines(found.cuts)
    for title, placement in (("the paper's placement", FINDERS_REFINED), ("ours", EDGES_REFINED)):
        for threshold in ("split", "strict", "band"):
            yield f"All attacks, {title}, with refinement, threshold {threshold}:"
            yield from attack_lines(found.summary, placement, threshold)
    for row in found.forged_ids:
        yield f"Made-up IDs in a register of {row.issued}: {row.found.events} of {row.found.trials}"
