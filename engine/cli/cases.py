"""``case new | list | show | opinion`` and ``intake``."""

import argparse
from pathlib import Path
from typing import Any

from engine.cli.lookup import find_actor, find_case, find_item
from engine.cli.opening import readable, writable
from engine.cli.output import Output
from engine.core.case import Actor, Capture, Case, Device, Item, Standing
from engine.core.errors import InputError
from engine.jobs import JobContext
from engine.workflows import captures, cases, opinions, stores

UM_PER_INCH = 25_400.0


def add_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the case and intake commands."""
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

    intake = commands.add_parser("intake", parents=[common], help="take files in as captures of an item")
    intake.add_argument("folder", type=Path, metavar="DIR")
    intake.add_argument("files", type=Path, nargs="+", metavar="FILE")
    intake.add_argument("--case", required=True)
    intake.add_argument("--item", required=True, help="identifier or name")
    intake.add_argument(
        "--standing", choices=[standing.value for standing in Standing], help="add the item with this standing if new"
    )
    intake.add_argument("--device", required=True, choices=[device.value for device in Device])
    scale = intake.add_mutually_exclusive_group()
    scale.add_argument("--dpi", type=float, help="scale in dots an inch; otherwise the file's tag counts")
    scale.add_argument("--um-per-px", type=float, help="scale in micrometres a pixel")
    intake.set_defaults(run=_intake)
    for action in (new, opinion, intake):
        action.add_argument("--actor", help="who is working")


def stated_scale(options: argparse.Namespace) -> tuple[float, float] | None:
    """Return the micrometres per pixel that --dpi or --um-per-px state, for both axes."""
    um_per_px = UM_PER_INCH / options.dpi if options.dpi else options.um_per_px
    if um_per_px is not None and not 0 < um_per_px < UM_PER_INCH:
        raise InputError("The scale must be positive and below an inch a pixel", remedy="Check --dpi or --um-per-px.")
    return None if um_per_px is None else (um_per_px, um_per_px)


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
        lines += [f"    {_capture_line(capture)}" for capture in overview.captures[item.id]]
    lines += [f"finding {finding.id}: {finding.title}: {finding.outcome}" for finding in overview.findings]
    for opinion in overview.opinions:
        lines += [f"opinion {opinion.id}", *(f"    {line}" for line in opinion.text.splitlines())]
    lines += [f"report {report.number}, PDF SHA-256 {report.pdf_sha256}" for report in overview.reports]
    lines += ["", *(f"{entry.event.time}  {entry.actor_name}: {entry.text}" for entry in timeline)]
    values = overview.to_json() | {"custody": [entry.to_json() for entry in timeline]}
    output.result(values, *lines)
    return 0


def _capture_line(capture: Capture) -> str:
    scale = "no scale" if capture.scale is None else f"{capture.scale.um_per_px:.4g} um/px ({capture.scale.source})"
    return f"{capture.id}  {capture.file_name}  {capture.width} x {capture.height} px, {scale}"


def _opinion(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    with writable(options.folder, output) as store:
        case = find_case(store, options.case)
        opinion = opinions.give_opinion(
            store, find_actor(store, options.actor), case.id, options.text, tuple(options.finding)
        )
    output.result(opinion.to_json(), f"Opinion recorded: {opinion.id}")
    return 0


def _intake(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    with writable(options.folder, output) as store:
        actor, case = find_actor(store, options.actor), find_case(store, options.case)
        report = captures.intake(
            store,
            actor,
            case.id,
            _item(store, actor, case, options).id,
            options.files,
            device=Device(options.device),
            um_per_px=stated_scale(options),
            context=context,
        )
    for capture in report.captures:
        output.result({"capture": capture.to_json()}, _capture_line(capture))
    for refusal in report.refusals:
        output.result(
            {"refusal": refusal.to_json()}, f"refused {refusal.file_name}: {refusal.reason}. {refusal.remedy}"
        )
    return 0


def _item(store: stores.Store, actor: Actor, case: Case, options: argparse.Namespace) -> Item:
    """Return the named item; with --standing a new one is added."""
    names = {name.casefold() for item in store.items(case.id) for name in (item.id, item.name)}
    if options.standing and options.item.casefold() not in names:
        return cases.add_item(store, actor, case.id, options.item, Standing(options.standing))
    return find_item(store, case, options.item)
