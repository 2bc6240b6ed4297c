"""``qr series make | list | show | passphrase``."""

import argparse
from pathlib import Path
from typing import Any, get_args

from engine.cli.lookup import find_actor, find_series
from engine.cli.opening import readable, writable
from engine.cli.output import Output
from engine.cli.passphrases import add_new_passphrase, add_passphrase, new_passphrase, passphrase
from engine.core.codes import ErrorLevel, Scheme
from engine.jobs import JobContext
from engine.workflows.codes import series as workflow
from engine.workflows.codes.series import SeriesOverview


def add_actions(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the series commands."""
    group = commands.add_parser("series", help="make, list and show series of codes").add_subparsers(
        dest="series_action", required=True, metavar="ACTION"
    )
    make = group.add_parser("make", parents=[common], help="search the patterns of a new series and seal them")
    make.add_argument("--name", required=True)
    make.add_argument("--scheme", default=Scheme.UNIQUE.value, choices=[scheme.value for scheme in Scheme])
    make.add_argument("--patterns", type=int, default=3, help="how many, where modules share them (default: 3)")
    make.add_argument("--print-dpi", type=int, default=600, help="dots per inch of the patterns' pixels (default: 600)")
    make.add_argument("--version", type=int, default=4, help="of the QR codes, 1 to 40 (default: 4)")
    make.add_argument("--error-level", default="M", choices=get_args(ErrorLevel))
    make.add_argument("--prefix", default="", help="what a code says before its product ID")
    make.add_argument("--actor", help="the producer or administrator who makes it")
    add_passphrase(make)
    listing = group.add_parser("list", parents=[common], help="list the series")
    show = group.add_parser("show", parents=[common], help="show a series: facts, IDs issued and voided, thresholds")
    change = group.add_parser(
        "passphrase",
        parents=[common],
        help="change the passphrase of a series",
        description="From then on the new passphrase opens the series, the former none but backups made before.",
    )
    change.add_argument("--actor", help="the producer or administrator who changes it")
    add_passphrase(change)
    add_new_passphrase(change)
    for action in (show, change):
        action.add_argument("--series", required=True, help="name or identifier")
    for action, run in ((make, _make), (listing, _list), (show, _show), (change, _change_passphrase)):
        action.add_argument("folder", type=Path, metavar="DIR")
        action.set_defaults(run=run)


def _make(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    with writable(options.folder, output) as store:
        actor = find_actor(store, options.actor)
        made = workflow.make_series(
            store,
            actor,
            options.name,
            scheme=Scheme(options.scheme),
            passphrase=passphrase(options, options.name, new=True),
            pattern_count=options.patterns,
            print_dpi=options.print_dpi,
            version=options.version,
            error_level=options.error_level,
            prefix=options.prefix,
            context=context,
        )
    output.result(made.to_json(), f"Series made: {made.facts.name}  {made.id}")
    return 0


def _list(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    with readable(options.folder, output) as store:
        for overview in workflow.series_overview(store):
            facts, state = overview.series.facts, "voided" if overview.series_voided else "in force"
            line = f"{overview.series.id}  {facts.scheme:8}  {overview.issued:8} issued  {state:8}  {facts.name}"
            output.result(overview.to_json(), line)
    return 0


def _show(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    with readable(options.folder, output) as store:
        series = find_series(store, options.series)
        overview = next(each for each in workflow.series_overview(store) if each.series.id == series.id)
    output.result(overview.to_json(), *_lines(overview))
    return 0


def _change_passphrase(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    with writable(options.folder, output) as store:
        actor, series = find_actor(store, options.actor), find_series(store, options.series)
        name = series.facts.name
        former, new = passphrase(options, name), new_passphrase(options, name)
        change = workflow.change_passphrase(store, actor, series.id, former, new, context=context)
    output.result(change.to_json(), f"Passphrase changed: {name}  {change.id}")
    return 0


def _lines(overview: SeriesOverview) -> list[str]:
    series, facts = overview.series, overview.series.facts
    patterns = "a pattern of its own for every module" if facts.scheme is Scheme.UNIQUE else f"{facts.pattern_count}"
    voided = "the whole series" if overview.series_voided else str(overview.voided)
    lines = [
        f"{facts.name}  {series.id}",
        f"scheme: {facts.scheme}; patterns: {patterns}, {facts.module_px} px wide",
        f"codes: QR version {facts.version}-{facts.error_level}, printed at {facts.print_dpi} dpi",
        f"prefix: {series.prefix or 'none'}",
        f"SHA-256: {facts.sha256}",
        f"IDs issued: {overview.issued}; voided: {voided}",
    ]
    for point in overview.points:
        rates = f"FAR {point.far.events}/{point.far.trials}, FRR {point.frr.events}/{point.frr.trials}"
        kind = "simulated" if point.domain.simulated else f"{point.domain.printer}, {point.domain.scanner}"
        lines.append(f"operating point {point.name}: {point.score} >= {point.threshold:.4g}; {rates}; {kind}")
    return lines
