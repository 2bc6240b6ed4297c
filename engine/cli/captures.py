"""``item add``, ``intake`` and ``scale set | measure``."""

import argparse
from pathlib import Path
from typing import Any

from engine.cli.lookup import find_actor, find_capture, find_case, find_item
from engine.cli.opening import writable
from engine.cli.output import Output
from engine.core.case import Actor, Capture, Case, Device, Item, Scale, Standing
from engine.imaging.scale import ACTOR_UNCERTAINTY, scale_of_actor, scale_of_dpi
from engine.jobs import JobContext
from engine.workflows import captures, cases
from engine.workflows.stores import Store

NOTHING_TAKEN_IN = 2


def add_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the item, intake and scale commands."""
    standings = [standing.value for standing in Standing]
    group = commands.add_parser("item", help="the exhibits of a case").add_subparsers(
        dest="action", required=True, metavar="ACTION"
    )
    item = group.add_parser("add", parents=[common], help="add an exhibit to a case")
    item.add_argument("--name", required=True)
    item.add_argument("--standing", required=True, choices=standings)
    item.add_argument("--condition", default="", help="the condition it is in")
    item.add_argument("--received", default="", help="when, and from whom")
    item.add_argument("--simulated", action="store_true", help="its captures are simulated")

    intake = commands.add_parser("intake", parents=[common], help="take files in as captures of an item")
    intake.add_argument("--item", required=True, help="identifier or name")
    intake.add_argument("--standing", choices=standings, help="add the item with this standing if new")
    intake.add_argument("--device", required=True, choices=[device.value for device in Device])
    add_scale(intake, "otherwise the file's tag counts")

    group = commands.add_parser("scale", help="the physical scale of captures").add_subparsers(
        dest="action", required=True, metavar="ACTION"
    )
    stated = group.add_parser("set", parents=[common], help="state the scale of a capture")
    add_scale(stated, "of both axes", required=True)
    stated.add_argument(
        "--uncertainty", type=float, default=ACTOR_UNCERTAINTY, help="relative standard uncertainty (%(default)s)"
    )
    measured = group.add_parser("measure", parents=[common], help="measure it on a capture of a calibration target")
    measured.add_argument("--pitch-um", type=float, required=True, help="pitch of the target in micrometres")
    for action, run in ((item, _add_item), (intake, _intake), (stated, _set_scale), (measured, _measure)):
        action.add_argument("folder", type=Path, metavar="DIR")
        action.add_argument("--case", required=True)
        action.add_argument("--actor", help="who is working")
        action.set_defaults(run=run)
    intake.add_argument("files", type=Path, nargs="+", metavar="FILE")
    for action in (stated, measured):
        action.add_argument("--capture", required=True, help="identifier or file name")


def add_scale(command: argparse.ArgumentParser, hint: str, *, required: bool = False) -> None:
    """Add --dpi and --um-per-px."""
    scale = command.add_mutually_exclusive_group(required=required)
    scale.add_argument("--dpi", type=float, help=f"scale in dots an inch; {hint}")
    scale.add_argument("--um-per-px", type=float, help="scale in micrometres a pixel")


def stated_scale(options: argparse.Namespace, uncertainty: float = ACTOR_UNCERTAINTY) -> Scale | None:
    """Return the scale that --dpi or --um-per-px state; raises InputError where it cannot be one."""
    if options.dpi is not None:
        return scale_of_dpi(options.dpi, options.dpi, uncertainty)
    return None if options.um_per_px is None else scale_of_actor(options.um_per_px, options.um_per_px, uncertainty)


def um_per_px(options: argparse.Namespace) -> tuple[float, float] | None:
    """Return the stated scale as micrometres per pixel along x and y."""
    scale = stated_scale(options)
    return None if scale is None else (scale.um_per_px_x, scale.um_per_px_y)


def capture_line(capture: Capture) -> str:
    """Return a capture as one line of text."""
    scale = "no scale" if capture.scale is None else f"{capture.scale.um_per_px:.4g} um/px ({capture.scale.source})"
    page = f", page {capture.page + 1}" if capture.page else ""
    return f"{capture.id}  {capture.file_name}{page}  {capture.width} x {capture.height} px, {scale}"


def _add_item(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    with writable(options.folder, output) as store:
        item = cases.add_item(
            store,
            find_actor(store, options.actor),
            find_case(store, options.case).id,
            options.name,
            Standing(options.standing),
            condition=options.condition,
            received=options.received,
            simulated=options.simulated,
        )
    output.result(item.to_json(), f"Item added: {item.id}")
    return 0


def _intake(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    scale = um_per_px(options)
    with writable(options.folder, output) as store:
        actor, case = find_actor(store, options.actor), find_case(store, options.case)
        item = _item(store, actor, case, options)
        report = captures.intake(
            store,
            actor,
            case.id,
            item.id,
            options.files,
            device=Device(options.device),
            um_per_px=scale,
            context=context,
        )
    for capture in report.captures:
        output.result({"capture": capture.to_json()}, capture_line(capture))
    for refusal in report.refusals:
        output.result(
            {"refusal": refusal.to_json()}, f"refused {refusal.file_name}: {refusal.reason}. {refusal.remedy}"
        )
    return 0 if report.captures else NOTHING_TAKEN_IN


def _item(store: Store, actor: Actor, case: Case, options: argparse.Namespace) -> Item:
    """Return the named item; with --standing a new one is added."""
    names = {name.casefold() for item in store.items(case.id) for name in (item.id, item.name)}
    if options.standing and options.item.casefold() not in names:
        return cases.add_item(store, actor, case.id, options.item, Standing(options.standing))
    return find_item(store, case, options.item)


def _set_scale(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    scale = stated_scale(options, options.uncertainty)
    assert scale is not None  # the parser asks for one
    with writable(options.folder, output) as store:
        capture = find_capture(store, find_case(store, options.case), options.capture)
        changed = cases.set_scale(store, find_actor(store, options.actor), capture.id, scale)
    output.result(changed.to_json(), capture_line(changed))
    return 0


def _measure(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    with writable(options.folder, output) as store:
        capture = find_capture(store, find_case(store, options.case), options.capture)
        actor = find_actor(store, options.actor)
        changed = captures.calibrate(store, actor, capture.id, pitch_um=options.pitch_um, context=context)
    output.result(changed.to_json(), capture_line(changed))
    return 0
