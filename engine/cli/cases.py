"""``case new | list | show | opinion``."""

import argparse
from pathlib import Path
from typing import Any

from engine.cli.captures import capture_line
from engine.cli.lookup import find_actor, find_case
from engine.cli.opening import readable, writable
from engine.cli.output import Output
from engine.jobs import JobContext
from engine.workflows import cases, opinions


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
    opinion.add_argument("--text", required=True)
    opinion.add_argument("--finding", action="append", default=[], help="a finding it rests on; may be repeated")
    for action, run in ((new, _new), (listing, _list), (show, _show), (opinion, _opinion)):
        action.add_argument("folder", type=Path, metavar="DIR")
        action.set_defaults(run=run)
    for action in (show, opinion):
        action.add_argument("--case", required=True)

    for action in (new, opinion):
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
        lines += [f"    {capture_line(capture)}" for capture in overview.captures[item.id]]
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
            store, find_actor(store, options.actor), case.id, options.text, tuple(options.finding)
        )
    output.result(opinion.to_json(), f"Opinion recorded: {opinion.id}")
    return 0
