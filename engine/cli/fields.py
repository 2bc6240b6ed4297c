"""``field``: labels of microscope fields, patternless film, stage coordinates."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.cli.output import Output
from engine.jobs import JobContext
from engine.workflows.labels import fields
from engine.workflows.labels.fields import FieldReport

NOTHING_READ, NEGATIVE = 2, 3


def add_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the field command and its actions."""
    actions = commands.add_parser("field", help="cut microscope fields into labels; plan stage positions")
    actions = actions.add_subparsers(dest="action", required=True, metavar="ACTION")
    find = actions.add_parser("segment", parents=[common], help="find the etched labels of fields")
    find.add_argument("files", nargs="+", type=Path, metavar="FILE")
    find.add_argument("--columns", type=int, default=4, help="labels across (default: %(default)s)")
    find.add_argument("--rows", type=int, default=3, help="labels down (default: %(default)s)")
    find.add_argument("--side", type=int, default=256, help="pixels along a label cut out (default: %(default)s)")
    find.add_argument("--out", type=Path, help="write each label found into this folder")
    find.add_argument("--fail-on-negative", action="store_true", help="exit 3 where a label is missing")
    find.set_defaults(run=_segment)
    cut = actions.add_parser("cut", parents=[common], help="cut patternless film into squares on a grid")
    cut.add_argument("files", nargs="+", type=Path, metavar="FILE")
    cut.add_argument("--side", type=int, required=True, help="pixels along a square")
    cut.add_argument("--margin", type=int, default=0, help="pixels left out at the edges (default: %(default)s)")
    cut.add_argument("--out", type=Path, required=True, help="folder for the squares")
    cut.set_defaults(run=_cut)
    plan = actions.add_parser(
        "coordinates", parents=[common], help="write the stage's positions for an array of fields"
    )
    plan.add_argument("--columns", type=int, required=True, help="fields across")
    plan.add_argument("--rows", type=int, required=True, help="fields down")
    plan.add_argument("--pitch-um", type=float, nargs=2, required=True, metavar=("X", "Y"))
    plan.add_argument("--first-um", type=float, nargs=2, default=(0.0, 0.0), metavar=("X", "Y"))
    plan.add_argument("--angle-deg", type=float, default=0.0, help="rotation of the array on the stage")
    plan.add_argument("--out", type=Path, required=True, help="the CSV file")
    plan.set_defaults(run=_coordinates)


def _segment(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    reports = fields.segment_fields(
        options.files, columns=options.columns, rows=options.rows, out=options.out, side=options.side, context=context
    )
    whole, readable = _tell(reports, options.columns * options.rows, output)
    if not readable:
        return NOTHING_READ
    return NEGATIVE if options.fail_on_negative and not whole else 0


def _cut(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    reports = fields.cut_fields(
        options.files, side=options.side, margin=options.margin, out=options.out, context=context
    )
    return 0 if _tell(reports, None, output)[1] else NOTHING_READ


def _tell(reports: Iterator[FieldReport], expected: int | None, output: Output) -> tuple[bool, bool]:
    """Print each report as it comes; return whether every field was whole, and whether any could be read."""
    whole, readable = True, False
    for report in reports:
        whole &= not report.reason and (expected is None or report.found == expected)
        readable |= report.readable
        of = "" if expected is None else f" of {expected}"
        lines = [f"{report.file_name}: {report.reason or f'{report.found}{of} labels'}"]
        lines += [
            f"  row {place.row + 1}, column {place.column + 1}: {place.state.value}"
            for place in report.places
            if place.state != "found"
        ]
        output.result(report.to_json(), *lines)
    return whole, readable


def _coordinates(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    count = fields.write_coordinates(
        options.out, columns=options.columns, rows=options.rows, pitch_um=tuple(options.pitch_um),
        first_um=tuple(options.first_um), angle_deg=options.angle_deg,
    )  # fmt: skip
    many = f"; the published microscope takes {fields.FIELD_LIMIT} at most" if count > fields.FIELD_LIMIT else ""
    output.result({"fields": count, "written": str(options.out)}, f"{count} fields in {options.out}{many}")
    return 0
