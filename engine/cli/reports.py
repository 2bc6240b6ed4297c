"""``report make`` and ``report verify``."""

import argparse
from pathlib import Path
from typing import Any

from engine.cli.lookup import find_actor, find_case, one
from engine.cli.opening import writable
from engine.cli.output import Output
from engine.core.records import entered
from engine.jobs import JobContext
from engine.workflows import reports, verification

NEGATIVE = 3


def add_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the report commands."""
    group = commands.add_parser("report", help="issue reports and verify them").add_subparsers(
        dest="action", required=True, metavar="ACTION"
    )
    make = group.add_parser("make", parents=[common], help="issue the report of a case as PDF/A-3")
    make.add_argument("folder", type=Path, metavar="DIR")
    make.add_argument("--case", required=True)
    make.add_argument("--out", type=Path, required=True, metavar="F.pdf")
    make.add_argument("--amends", help="number of the report that this one amends")
    make.add_argument("--reason", default="", help="why it is amended")
    make.add_argument("--deviations", default="", help="additions to, deviations or exclusions from the method")
    make.add_argument("--actor", help="who is working")
    make.set_defaults(run=_make)
    verify = group.add_parser(
        "verify", parents=[common], help="check a report; with its store also repeat its findings"
    )
    verify.add_argument("pdf", type=Path, metavar="F.pdf")
    verify.add_argument("--store", type=Path)
    verify.add_argument("--fail-on-negative", action="store_true", help="exit 3 where the report differs")
    verify.set_defaults(run=_verify)


def _make(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    with writable(options.folder, output) as store:
        case = find_case(store, options.case)
        amends = None
        if options.amends:
            issued = store.reports(case.id)
            amends = one(issued, options.amends, "report", lambda report: (report.id, report.number)).id
        report = reports.make_report(
            store,
            find_actor(store, options.actor),
            case.id,
            options.out,
            options=entered(reports.ReportOptions, amends=amends, reason=options.reason, deviations=options.deviations),
            context=context,
        )
    output.result(report.to_json(), f"Report {report.number} issued: {options.out}")
    return 0


def _verify(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    found = verification.verify_report(options.pdf, options.store, context)
    for difference in found.differences:
        text = f"{difference.where}: recorded {difference.recorded}, found {difference.found}"
        output.result({"difference": difference.to_json()}, text)
    repeated = (
        "findings not run again: no store named" if found.repeated is None else f"{found.repeated} findings run again"
    )
    summary = {"ok": found.ok, "number": found.number, "findings_repeated": found.repeated}
    output.result(summary, f"Report {found.number}: {len(found.differences)} differences; {repeated}")
    return NEGATIVE if options.fail_on_negative and not found.ok else 0
