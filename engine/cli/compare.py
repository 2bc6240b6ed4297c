"""``compare``: captures side by side, on bare files or, with ``--store``, recorded in a case."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.cli.lookup import find_actor, find_capture, find_case
from engine.cli.opening import writable
from engine.cli.output import Output
from engine.cli.settings import add_settings, list_settings, settings_of
from engine.core.errors import InputError
from engine.core.finding import Finding
from engine.core.method import MethodSettings
from engine.imaging.scale import ACTOR_UNCERTAINTY, scale_of_actor, scale_of_dpi
from engine.jobs import JobContext
from engine.workflows import files, findings

NEGATIVE = 3


def add_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the compare command."""
    compare = commands.add_parser(
        "compare",
        parents=[common],
        help="register a questioned capture with known ones and map their correlation",
        description="Files, or with --store captures of the case by identifier or file name; the first is questioned.",
    )
    compare.add_argument("captures", nargs="*", metavar="CAPTURE")
    compare.add_argument(
        "--page",
        type=int,
        action="append",
        default=[],
        help="page of bare files, from 1: once for all, or once for each",
    )
    compare.add_argument("--out", type=Path, help="write findings and overlays into this folder")
    compare.add_argument("--store", type=Path, help="record the findings in this store")
    compare.add_argument("--case", help="the case in that store")
    compare.add_argument("--actor", help="who is working")
    compare.add_argument("--fail-on-negative", action="store_true", help="exit 3 where captures do not register")
    scale = compare.add_mutually_exclusive_group()
    each = "of bare files, whose tags count otherwise: once for all, or once for each"
    scale.add_argument("--dpi", type=float, action="append", default=[], help=f"scale in dots an inch; {each}")
    scale.add_argument("--um-per-px", type=float, action="append", default=[], help="scale in micrometres a pixel")
    add_settings(compare)
    compare.set_defaults(run=_compare)


def _compare(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    if options.list_settings:
        list_settings(findings.settings_model(findings.COMPARISON), output)
        return 0
    negative = False
    for finding in _in_store(options, output, context) if options.store else _on_files(options, context):
        negative |= finding.outcome != "registered"
        output.result({"finding": finding.to_json()}, *describe(finding))
        if options.out:
            for path in files.write_finding(finding, options.out):
                output.result({"written": str(path)}, f"  written {path}")
    return NEGATIVE if negative and options.fail_on_negative else 0


def _on_files(options: argparse.Namespace, context: JobContext) -> Iterator[Finding]:
    if options.case:
        raise InputError("A case needs its store", where=options.case, remedy="Add --store DIR.")
    paths = [Path(name) for name in options.captures]
    pages = [page - 1 for page in options.page]
    scales = [scale_of_dpi(dpi, dpi, ACTOR_UNCERTAINTY) for dpi in options.dpi]
    scales += [scale_of_actor(pitch, pitch) for pitch in options.um_per_px]
    yield from findings.compare_files(paths, settings=_settings(options), scales=scales, pages=pages, context=context)


def _settings(options: argparse.Namespace) -> MethodSettings:
    return settings_of(findings.settings_model(findings.COMPARISON), options.set)


def _in_store(options: argparse.Namespace, output: Output, context: JobContext) -> Iterator[Finding]:
    """Yield each finding once it is recorded: those before an error or Ctrl+C stand in the store."""
    if not options.case:
        raise InputError("A store needs a case", remedy="Add --case.")
    if options.dpi or options.um_per_px or options.page:
        what = "Captures in a store have their page and scale already"
        raise InputError(what, remedy="Leave --page, --dpi and --um-per-px out.")
    settings = _settings(options)
    with writable(options.store, output) as store:
        actor, case = find_actor(store, options.actor), find_case(store, options.case)
        questioned, *known = [find_capture(store, case, name).id for name in options.captures]
        if not known:
            raise InputError("A comparison needs two captures", remedy="Name a questioned and a known capture.")
        for other in known:
            yield findings.compare(store, actor, case.id, questioned, other, settings=settings, context=context)


def describe(finding: Finding) -> list[str]:
    """Return a finding as a few lines of text."""
    lines = [f"{finding.title}: {finding.outcome}" + ("  [simulated]" if finding.simulated else "")]
    for score in finding.scores:
        value = "not measured" if score.value is None else f"{score.value:.4g} {score.unit}".rstrip()
        lines.append(f"  {score.title}: {value} ({score.direction})")
    return [*lines, *(f"  caution: {caution.text}" for caution in finding.cautions)]
