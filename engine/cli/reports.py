"""``report make | verify | list | save``."""

import argparse
import contextlib
import itertools
from pathlib import Path
from typing import Any

from engine.cli.lookup import find_actor, find_case, find_report
from engine.cli.opening import readable, writable
from engine.cli.output import Output
from engine.cli.passphrases import add_passphrase, given_passphrases
from engine.core.errors import InputError, StoreError
from engine.core.records import entered
from engine.jobs import JobContext
from engine.workflows import reports, stores, verification
from engine.workflows.codes.series import Keyring

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
    add_passphrase(verify)
    verify.add_argument("--fail-on-negative", action="store_true", help="exit 3 where the report differs")
    verify.set_defaults(run=_verify)
    listing = group.add_parser("list", parents=[common], help="list the reports issued for a case")
    listing.add_argument("folder", type=Path, metavar="DIR")
    listing.add_argument("--case", required=True)
    listing.set_defaults(run=_list)
    save = group.add_parser("save", parents=[common], help="write the PDF of an issued report out of the store")
    save.add_argument("folder", type=Path, metavar="DIR")
    save.add_argument("report", metavar="REPORT", help="number or identifier")
    save.add_argument("--out", type=Path, required=True, metavar="F.pdf")
    save.set_defaults(run=_save)


def _make(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    with writable(options.folder, output) as store:
        case = find_case(store, options.case)
        amends = None
        if options.amends:
            amends = find_report(store.reports(case.id), options.amends).id
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
    keyring = _keyring(options) if options.store else None
    found = verification.verify_report(options.pdf, options.store, context, keyring=keyring)
    for difference in found.differences:
        text = f"{difference.where}: recorded {difference.recorded}, found {difference.found}"
        output.result({"difference": difference.to_json()}, text)
    repeated = (
        "findings not run again: no store named" if found.repeated is None else f"{found.repeated} findings run again"
    )
    for each in found.not_repeated:
        output.result({"not_repeated": each.to_json()}, f"finding {each.finding_id}: {each.why}")
    summary = {
        "ok": found.ok,
        "number": found.number,
        "findings_repeated": found.repeated,
        "findings_not_repeated": len(found.not_repeated),
    }
    output.result(summary, f"Report {found.number}: {len(found.differences)} differences; {repeated}")
    return NEGATIVE if options.fail_on_negative and not found.ok else 0


def _keyring(options: argparse.Namespace) -> Keyring:
    """Return the series of the store that the given passphrases open; nobody is asked for one."""
    keyring = Keyring()
    given = given_passphrases(options)
    if given:
        with stores.open_store(options.store, read_only=True) as store:
            for series, secret in itertools.product(store.code_series(), given):
                # Another series may have another passphrase, and exports leave secrets out: what stays locked is told
                # as not run again.
                with contextlib.suppress(InputError, StoreError):
                    keyring.unlock(store, series.id, secret)
    return keyring


def _list(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    with readable(options.folder, output) as store:
        issued = store.reports(find_case(store, options.case).id)
        amended = {report.amends: report.number for report in issued if report.amends}
        for report in issued:
            force = f"amended by {amended[report.id]}" if report.id in amended else "in force"
            line = f"{report.number}  {force}  PDF SHA-256 {report.pdf_sha256}  {report.id}"
            output.result({**report.to_json(), "amended_by": amended.get(report.id)}, line)
    return 0


def _save(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    with readable(options.folder, output) as store:
        report = find_report([report for case in store.cases() for report in store.reports(case.id)], options.report)
        reports.save_report(store, report, options.out, context)
    values = {"saved": str(options.out), "number": report.number, "pdf_sha256": report.pdf_sha256}
    output.result(values, f"Report {report.number} saved: {options.out}, SHA-256 {report.pdf_sha256}")
    return 0
