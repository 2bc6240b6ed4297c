"""``case new | list | show | opinion | destroy``."""

import argparse
from pathlib import Path
from typing import Any

from engine.cli.captures import capture_line
from engine.cli.lookup import find_actor, find_bytes, find_case
from engine.cli.opening import readable, writable
from engine.cli.output import Output
from engine.core.errors import InputError
from engine.jobs import JobContext
from engine.workflows import cases, destruction, opinions

LONGEST = 400_000  # bytes: more than the longest text that can be recorded


def add_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the case commands."""
    group = commands.add_parser("case", help="open, list and show cases; give opinions").add_subparsers(
        dest="action", required=True, metavar="ACTION"
    )
    new = group.add_parser("new", parents=[common], help="open a case")
    new.add_argument("--title", required=True)
    new.add_argument("--reference", default="")
    new.add_argument("--customer", default="")
    new.add_argument("--note", default="")
    listing = group.add_parser("list", parents=[common], help="list the cases")
    show = group.add_parser("show", parents=[common], help="show what a case holds and its custody timeline")
    opinion = group.add_parser("opinion", parents=[common], help="record an opinion; it corrects the one before")
    words = opinion.add_mutually_exclusive_group(required=True)
    words.add_argument("--text")
    words.add_argument("--file", type=Path, metavar="F", help="read the text from this UTF-8 file")
    opinion.add_argument("--finding", action="append", default=[], help="a finding it rests on; may be repeated")
    destroy = group.add_parser("destroy", parents=[common], help="destroy original bytes by order, for good")
    actions = ((new, _new), (listing, _list), (show, _show), (opinion, _opinion), (destroy, _destroy))
    for action, run in actions:
        action.add_argument("folder", type=Path, metavar="DIR")
        action.set_defaults(run=run)
    destroy.add_argument("bytes", metavar="SHA256|CAPTURE", help="their SHA-256, or a capture of them")
    destroy.add_argument("--order", required=True, help="the order by which they are destroyed")
    destroy.add_argument("--reason", default="")
    for action in (show, opinion):
        action.add_argument("--case", required=True)

    for action in (new, opinion, destroy):
        action.add_argument("--actor", help="who is working")


def _new(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    with writable(options.folder, output) as store:
        case = cases.open_case(
            store,
            find_actor(store, options.actor),
            options.title,
            reference=options.reference,
            customer=options.customer,
            note=options.note,
        )
    output.result(case.to_json(), f"Case opened: {case.id}")
    return 0


def _list(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    with readable(options.folder, output) as store:
        for case in store.cases():
            output.result(case.to_json(), f"{case.id}  {case.reference or '-':12}  {case.title}")
    return 0


def _show(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    with readable(options.folder, output) as store:
        overview = cases.case_overview(store, find_case(store, options.case).id)
        timeline = cases.custody(store, overview.case.id)
    lines = [f"{overview.case.title}  {overview.case.reference}".rstrip(), ""]
    for item in overview.items:
        lines.append(f"{item.standing} item {item.name}  {item.id}")
        for capture in overview.captures[item.id]:
            gone = overview.destroyed.get(capture.sha256)
            lines.append(f"    {capture_line(capture)}" + (f", destroyed by order {gone.order}" if gone else ""))
    lines += [f"finding {finding.id}: {finding.title}: {finding.outcome}" for finding in overview.findings]
    for opinion in overview.opinions:
        lines += [f"opinion {opinion.id}", *(f"    {line}" for line in opinion.text.splitlines())]
    lines += [f"report {report.number}, PDF SHA-256 {report.pdf_sha256}" for report in overview.reports]
    lines += ["", *(f"{entry.event.time}  {entry.actor_name}: {entry.text}" for entry in timeline)]
    values = overview.to_json() | {"custody": [entry.to_json() for entry in timeline]}
    output.result(values, *lines)
    return 0


def _opinion(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    with writable(options.folder, output) as store:
        case = find_case(store, options.case)
        opinion = opinions.give_opinion(
            store, find_actor(store, options.actor), case.id, _text(options), tuple(options.finding)
        )
    output.result(opinion.to_json(), f"Opinion recorded: {opinion.id}")
    return 0


def _text(options: argparse.Namespace) -> str:
    """Return the opinion as given, or as it stands in a file of at most ``LONGEST`` bytes."""
    if options.file is None:
        return options.text
    try:
        with options.file.open("rb") as file:
            data = file.read(LONGEST + 1)
        if len(data) > LONGEST:
            raise InputError("The opinion is too long", where=str(options.file), remedy="Shorten it.")
        return data.decode("utf-8-sig")
    except OSError as error:
        what = f"The opinion cannot be read ({error.strerror})"
        raise InputError(what, where=str(options.file), remedy="Check the name.") from error
    except UnicodeDecodeError as error:
        raise InputError("The opinion is no UTF-8 text", where=str(options.file), remedy="Save it as UTF-8.") from error


def _destroy(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    with writable(options.folder, output) as store:
        sha256 = find_bytes(store, options.bytes)
        actor = find_actor(store, options.actor)
        found = destruction.destroy(store, actor, sha256, order=options.order, reason=options.reason)
    output.result(found.to_json(), f"Destroyed by order {found.order}: {found.sha256}")
    return 0
