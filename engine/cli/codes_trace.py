"""``qr trace``: ask the register about an ID, record what became of products, void IDs or a series."""

import argparse
from pathlib import Path
from typing import Any

from engine.cli.lookup import find_actor, find_series
from engine.cli.opening import readable, writable
from engine.cli.output import Output
from engine.core.codes import Stage, Voiding
from engine.core.errors import InputError
from engine.core.records import utc_now
from engine.jobs import JobContext
from engine.workflows.codes import tracing
from engine.workflows.codes.tracing import RegisterAnswer
from engine.workflows.stores import Store


def add_actions(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the trace command."""
    trace = commands.add_parser(
        "trace",
        parents=[common],
        help="what the register says about an ID; record steps; void",
        description="Without --record, --csv or --void the register is asked about each ID.",
    )
    trace.add_argument("folder", type=Path, metavar="DIR")
    trace.add_argument("ids", nargs="*", metavar="ID", help="a product ID, or what a code says")
    action = trace.add_mutually_exclusive_group()
    action.add_argument("--record", choices=[stage.value for stage in Stage], help="record a step of each ID's life")
    action.add_argument("--csv", type=Path, metavar="FILE", help="record steps: id, stage, time, place, party, note")
    action.add_argument("--void", metavar="REASON", help="void each ID, or without one the whole --series")
    trace.add_argument("--series", help="the series to void as a whole")
    trace.add_argument("--time", help="of the step, ISO 8601 with its zone (default: now)")
    trace.add_argument("--place", default="", help="of the step")
    trace.add_argument("--party", default="", help="who says so")
    trace.add_argument("--note", default="", help="of the step")
    trace.add_argument("--actor", help="who is working")
    trace.set_defaults(run=_trace)


def _trace(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    if options.series and (not options.void or options.ids):
        raise InputError("--series names what --void voids as a whole", remedy="Give --void REASON and no ID.")
    if options.csv is not None and options.ids:
        raise InputError("The IDs of --csv stand in its file", remedy="Leave them out.")
    if options.csv is None and not options.ids and not options.series:
        raise InputError("No ID was given", remedy="Name one or several IDs.")
    if options.record is not None or options.csv is not None:
        return _record(options, output)
    if options.void is not None:
        return _void(options, output)
    with readable(options.folder, output) as store:
        for text in options.ids:
            context.check_cancelled()
            answer = tracing.query(store, text, typed=True)
            output.result(answer.to_json(), *_lines(text, answer))
    return 0


def _record(options: argparse.Namespace, output: Output) -> int:
    with writable(options.folder, output) as store:
        actor = find_actor(store, options.actor)
        if options.csv is not None:
            steps, source = tracing.read_steps(options.csv), options.csv.name
        else:
            time, source = options.time or utc_now(), "entered"
            steps = tuple(
                tracing.life_step(
                    _issued(store, text)[0], options.record, time, options.place, options.party, options.note
                )
                for text in options.ids
            )
        batch = tracing.record_steps(store, actor, steps, source)
    output.result(batch.to_json(), f"{batch.count} steps recorded: {batch.id}")
    return 0


def _void(options: argparse.Namespace, output: Output) -> int:
    with writable(options.folder, output) as store:
        actor = find_actor(store, options.actor)
        found = [_issued(store, text) for text in options.ids]
        series = {series_id for _, series_id in found} or {find_series(store, options.series).id}
        if len(series) > 1:
            raise InputError("The IDs belong to several series", remedy="Void those of one series at a time.")
        voiding = tracing.void(store, actor, series.pop(), [product_id for product_id, _ in found], options.void)
    output.result(voiding.to_json(), _voided(voiding))
    return 0


def _voided(voiding: Voiding) -> str:
    what = f"{len(voiding.product_ids)} IDs" if voiding.product_ids else "The whole series"
    return f"{what} voided: {voiding.reason}"


def _issued(store: Store, text: str) -> tuple[str, str]:
    """Return the ID in a text and its series; raises InputError where the register does not know it."""
    answer = tracing.query(store, text, typed=True)
    if answer.product_id is None or answer.series is None:
        raise InputError("The register has no such ID", where=text[:100], remedy="Check the ID.")
    return answer.product_id, answer.series.id


def _lines(text: str, answer: RegisterAnswer) -> list[str]:
    lines = [f"{answer.product_id or text}: {answer.state}"]
    if answer.series is not None:
        lines.append(f"series {answer.series.facts.name}, issued {answer.issued_at}")
        lines += [f"{name}: {value}" for name, value in answer.data.items()]
    for each in answer.voidings:
        lines.append(f"voided {each.recorded} by {each.actor_name}: {each.voiding.reason}")
    for each in sorted(answer.steps, key=lambda each: each.step.time):
        where = ", ".join(filter(None, [each.step.place, each.step.party, each.step.note]))
        lines.append(f"{each.step.time}  {each.step.stage}  {where}".rstrip())
    lines += [f"{each.recorded}  checked: {each.check.outcome}" for each in answer.checks]
    return [*lines, *(anomaly.text for anomaly in answer.anomalies)]
