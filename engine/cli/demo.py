"""``demo``: the demonstration store and its report, without a window."""

import argparse
from pathlib import Path
from typing import Any

from engine.cli.output import Output
from engine.core.case import Role
from engine.jobs import JobContext
from engine.workflows import opinions, reports
from engine.workflows.demo.case import demo_store

OPINION = (
    "Demonstration text. The fragment Q1 registers with the reference print K1; the label Q2 shows the same design. "
    "The code Q3 lies above the threshold of its press and Q4 below it, whose product was recorded as disposed of. "
    "The film of the label Q5 was found again in a label of the library, that of Q6 in none. "
    "The scores are given with the findings; no conclusion is drawn from simulated captures."
)


def add_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the demo command."""
    command = commands.add_parser(
        "demo", parents=[common], help="make the demonstration store, or use it, and issue its report"
    )
    command.add_argument("folder", type=Path, nargs="?", metavar="DIR", help="default: demonstration.touchstone here")
    command.add_argument("--out", type=Path, default=Path("demo-report.pdf"), help="the report (default: %(default)s)")
    command.set_defaults(run=_demo)


def _demo(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    folder = options.folder or Path("demonstration.touchstone")
    with demo_store(folder, context) as store:
        case = store.cases()[0]
        examiner = next(actor for actor in store.actors() if actor.role is Role.EXAMINER)
        finding_ids = tuple(finding.id for finding in store.findings(case.id))
        if not store.opinions(case.id):
            opinions.give_opinion(store, examiner, case.id, OPINION, finding_ids)
        issued = reports.make_report(store, examiner, case.id, options.out, context=context)
    values = {"store": str(folder), "report": str(options.out), "number": issued.number}
    output.result(values, f"Store {folder}, report {issued.number} in {options.out}")
    return 0
