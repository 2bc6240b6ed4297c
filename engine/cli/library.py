"""``library``: enrol the labels of fields, see what libraries hold, index and withdraw labels."""

import argparse
from pathlib import Path
from typing import Any

from engine.cli import library_identify
from engine.cli.lookup import find_actor, find_library
from engine.cli.opening import readable, writable
from engine.cli.output import Output
from engine.core.errors import InputError
from engine.core.library import label_name
from engine.jobs import JobContext
from engine.workflows.labels import enrolment, library, library_index
from engine.workflows.labels.enrolment import FieldEnrolled
from engine.workflows.labels.library import LibraryOverview

NOTHING_ENROLLED, NEGATIVE = 2, 3


def add_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the library command and its actions."""
    actions = commands.add_parser("library", help="enrol micro-pattern labels, and find them again")
    actions = actions.add_subparsers(dest="action", required=True, metavar="ACTION")
    make = actions.add_parser("make", parents=[common], help="make a library")
    make.add_argument("--name", required=True)
    make.add_argument("--note", default="")
    make.add_argument("--columns", type=int, default=4, help="labels across a field (default: %(default)s)")
    make.add_argument("--rows", type=int, default=3, help="labels down a field (default: %(default)s)")
    make.add_argument("--simulated", action="store_true", help="its labels are simulated")
    listing = actions.add_parser("list", parents=[common], help="list the libraries")
    info = actions.add_parser("info", parents=[common], help="show a library: labels, batches, weights, index")
    enrol = actions.add_parser(
        "enrol",
        parents=[common],
        help="cut the labels of fields out and enrol them",
        description="A line for each file. One that cannot be read, shows no label or was enrolled before is refused, "
        "and the others are enrolled; the exit code is 2 where nothing was.",
    )
    enrol.add_argument("--single", action="store_true", help="each file shows one label, at any rotation")
    enrol.add_argument("--dry-run", action="store_true", help="tell what would be enrolled, and record nothing")
    enrol.add_argument("--fail-on-negative", action="store_true", help="exit 3 where a file or a label is left out")
    index = actions.add_parser("index", parents=[common], help="build the index of a library's labels")
    index.add_argument("--self-test", type=int, metavar="N", help="compare it with an exact search for N labels")
    index.add_argument("--seed", type=int, default=0, help="of the labels drawn for the test (default: 0)")
    embed = actions.add_parser("embed", parents=[common], help="embed a library anew with the program's weights")
    withdraw = actions.add_parser("withdraw", parents=[common], help="leave labels out of every search from now on")
    withdraw.add_argument("--reason", required=True)
    identify = library_identify.add_action(actions, common)
    runs = ((make, _make), (listing, _list), (info, _info), (enrol, _enrol), (index, _index), (embed, _embed))
    for action, run in (*runs, (withdraw, _withdraw), (identify, library_identify.identify)):
        action.add_argument("folder", type=Path, metavar="DIR")
        action.set_defaults(run=run)
        if action not in (make, listing):
            action.add_argument("--library", help="name or identifier; may be left out where there is one only")
        if action not in (listing, info, index):
            action.add_argument("--actor", help="who is working")
    for action in (enrol, identify):
        action.add_argument("files", nargs="+", type=Path, metavar="FILE")
    withdraw.add_argument("numbers", nargs="+", type=int, metavar="NUMBER")


def _make(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    with writable(options.folder, output) as store:
        made = library.make_library(
            store,
            find_actor(store, options.actor),
            options.name,
            note=options.note,
            columns=options.columns,
            rows=options.rows,
            simulated=options.simulated,
        )
    output.result(made.to_json(), f"Library made: {made.name}  {made.id}")
    return 0


def _list(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    with readable(options.folder, output) as store:
        for seen in library.overview(store):
            output.result(seen.to_json(), f"{seen.library.id}  {seen.labels:8} labels  {seen.library.name}")
    return 0


def _info(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    with readable(options.folder, output) as store:
        seen = library.library_overview(store, find_library(store, options.library).id)
    output.result(seen.to_json(), *_lines(seen))
    return 0


def _lines(seen: LibraryOverview) -> list[str]:
    own = seen.library
    return [
        f"{own.name}  {own.id}" + ("  [simulated]" if own.simulated else ""),
        f"  {seen.labels} labels, {seen.withdrawn} withdrawn; fields of {own.columns} x {own.rows}",
        f"  embedded with: {', '.join(key[:12] for key in seen.embedder_keys) or 'nothing that all labels share'}",
        f"  index: {seen.index.state}",
        *(
            f"  {label_name(batch.first_number)} to {label_name(batch.first_number + batch.count - 1)}: "
            f"{len(batch.fields)} files from {batch.fields[0].file_name}"
            for batch in seen.batches
        ),
    ]


def _enrol(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    enrol = enrolment.enrol_labels if options.single else enrolment.enrol_fields
    with writable(options.folder, output) as store:
        report = enrol(
            store,
            find_actor(store, options.actor),
            find_library(store, options.library).id,
            options.files,
            record=not options.dry_run,
            context=context,
        )
    for field in report.fields:
        output.result(field.to_json(), *_told(field))
    taken = [field for field in report.fields if not field.reason]
    labels = sum(field.found for field in taken)
    verb = "would be enrolled" if options.dry_run else "enrolled"
    total = {"labels": labels, "files": len(taken), "of": len(report.fields), "recorded": not options.dry_run}
    output.result(total, f"{labels} labels of {len(taken)} files {verb}, {len(report.fields) - len(taken)} refused")
    if not taken:
        return NOTHING_ENROLLED
    whole = len(taken) == len(report.fields) and all(field.found == len(field.places) for field in taken)
    return NEGATIVE if options.fail_on_negative and not whole else 0


def _told(field: FieldEnrolled) -> list[str]:
    if field.reason:
        return [f"{field.file_name}: refused: {field.reason}"]
    first = field.first_number
    numbers = "" if first is None else f": {label_name(first)} to {label_name(first + field.found - 1)}"
    return [
        f"{field.file_name}: {field.found} labels{numbers}",
        *(f"  row {each['row']}, column {each['column']}: {each['state']}" for each in field.to_json()["missing"]),
        *(f"  caution: {caution}" for caution in field.cautions),
    ]


def _index(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    if options.self_test is not None and options.self_test < 1:
        raise InputError(
            f"A self-test takes 1 label or more, not {options.self_test}", remedy="Give another --self-test."
        )
    with readable(options.folder, output) as store:
        own = find_library(store, options.library)
        built = library_index.build_index(store, own.id, context=context)
        line = f"{built.kind} index of {built.count} labels, {built.resident_bytes >> 20} MiB, {built.seconds:.1f} s"
        output.result(built.to_json(), line)
        if options.self_test:
            test = library_index.self_test(store, own.id, sample=options.self_test, seed=options.seed, context=context)
            recall = f"{test.recall.events} of {test.recall.trials} found first, as by an exact search"
            output.result(test.to_json(), f"  self-test: {recall}")
    return 0


def _embed(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    with writable(options.folder, output) as store:
        own = find_library(store, options.library)
        count = enrolment.reembed(store, find_actor(store, options.actor), own.id, context=context)
    output.result({"library": own.id, "embedded": count}, f"{count} labels embedded")
    return 0


def _withdraw(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    with writable(options.folder, output) as store:
        own, actor = find_library(store, options.library), find_actor(store, options.actor)
        done = library.withdraw(store, actor, own.id, options.numbers, options.reason)
    output.result(done.to_json(), f"{len(done.numbers)} labels withdrawn from {own.name}: {done.reason}")
    return 0
