"""``qr make`` and ``qr sheet``: write the codes of issued IDs, one alone or many on sheets."""

import argparse
from pathlib import Path
from typing import Any

from engine.cli.lookup import find_actor, find_series
from engine.cli.opening import writable
from engine.cli.output import Output
from engine.cli.passphrases import add_passphrase, unlocked
from engine.core.errors import InputError
from engine.jobs import JobContext
from engine.workflows.codes import sheets, tracing
from engine.workflows.codes.sheets import SheetReport
from engine.workflows.tables import read_table

SECRET = "Secret: whoever has this can print authentic codes."  # noqa: S105 - a warning, not a password
KINDS = {".pdf": "pdf", ".png": "png"}


def add_actions(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the commands that print."""
    make = commands.add_parser("make", parents=[common], help="write the code of one issued ID as PNG")
    make.add_argument("folder", type=Path, metavar="DIR")
    make.add_argument("id", metavar="ID", help="a product ID")
    make.set_defaults(run=_make)
    sheet = commands.add_parser(
        "sheet",
        parents=[common],
        help="issue IDs and write sheets of their codes as PDF or PNG",
        description="Sheets have crop marks, the IDs below the codes and a square of 20 mm to check the size by.",
    )
    sheet.add_argument("folder", type=Path, metavar="DIR")
    sheet.add_argument("--series", required=True, help="name or identifier")
    which = sheet.add_mutually_exclusive_group(required=True)
    which.add_argument("--count", type=int, help="how many IDs to issue")
    which.add_argument("--csv", type=Path, metavar="FILE", help="variable data: one ID is issued for each row")
    which.add_argument("--batch", help="print a batch of IDs issued before")
    sheet.add_argument("--caption", metavar="COLUMN", help="a column of --csv to print below each code, after its ID")
    sheet.add_argument("--note", default="", help="kept with the batch")
    sheet.add_argument("--paper", default="A4", choices=["A4", "Letter"])
    sheet.set_defaults(run=_sheet)
    for command in (make, sheet):
        command.add_argument("--out", type=Path, required=True, metavar="FILE")
        command.add_argument("--dpi", type=int, help="of a PNG: the series' own (default) or a multiple")
        command.add_argument("--actor", help="the producer or administrator who prints")
        add_passphrase(command)


def _make(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    if options.out.suffix.lower() != ".png":
        raise InputError("One code is written as PNG", where=str(options.out), remedy="Give --out a name in .png.")
    with writable(options.folder, output) as store:
        actor = find_actor(store, options.actor)
        answer = tracing.query(store, options.id, typed=True)
        if answer.series is None or answer.product_id is None:
            raise InputError("The register has no such ID", where=options.id[:100], remedy="Check the ID.")
        keyring = unlocked(store, answer.series, options)
        sheets.make_code(
            store, actor, keyring, answer.series.id, answer.product_id, out=options.out, dpi=options.dpi,
            context=context,
        )  # fmt: skip
    output.result(
        {"id": answer.product_id, "file": str(options.out), "secret": True},
        f"{answer.product_id}: {options.out}",
        SECRET,
    )
    return 0


def _sheet(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    kind = KINDS.get(options.out.suffix.lower())
    if kind is None:
        raise InputError("Sheets are written as PDF or PNG", where=str(options.out), remedy="Name a .pdf or .png file.")
    if options.caption and options.csv is None:
        raise InputError("--caption names a column of --csv", remedy="Give --csv, or leave it out.")
    layout: dict[str, Any] = {"out": options.out, "kind": kind, "paper": options.paper, "dpi": options.dpi}
    if options.batch is not None:
        with writable(options.folder, output) as store:
            series = find_series(store, options.series)
            actor = find_actor(store, options.actor)
            issued = tracing.issued_batch(store, options.batch)
            keyring = unlocked(store, series, options)
            report = sheets.make_sheets(store, actor, keyring, series.id, issued.product_ids, **layout, context=context)
    else:
        rows = None if options.csv is None else read_table(options.csv)
        with writable(options.folder, output) as store:
            series = find_series(store, options.series)
            actor = find_actor(store, options.actor)
            keyring = unlocked(store, series, options)
            issued, report = sheets.issue_and_print(
                store, actor, keyring, series.id, count=options.count, rows=rows, caption=options.caption,
                note=options.note, **layout, context=context,
            )  # fmt: skip
    _tell(issued.batch.id, report, output)
    return 0


def _tell(batch_id: str, report: SheetReport, output: Output) -> None:
    values = {
        "batch": batch_id, "files": [str(file) for file in report.files], "codes": report.codes,
        "pages": report.pages, "per_page": report.per_page, "secret": True,
    }  # fmt: skip
    counted = f"Batch {batch_id}: {report.codes} codes on {report.pages} pages"
    output.result(values, counted, *(str(file) for file in report.files), SECRET)
