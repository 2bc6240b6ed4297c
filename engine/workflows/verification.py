"""Verify a report: against itself, against the store it came from, and by running its findings again."""

from pathlib import Path

from engine.core.case import Text
from engine.core.errors import StoreError, TouchstoneError
from engine.core.finding import Finding
from engine.core.records import Record, hash_of
from engine.jobs import JobContext
from engine.report.content import ReportContent
from engine.report.differences import ABSENT, Difference, compare_findings
from engine.store import Store
from engine.workflows.findings import repeat
from engine.workflows.report_reader import ReadReport, read_report


class ReportVerification(Record):
    """What a verification found. ``repeated`` findings were run again; None where no store was named."""

    number: Text
    differences: tuple[Difference, ...]
    repeated: int | None

    @property
    def ok(self) -> bool:
        """Whether nothing differs."""
        return not self.differences


def verify_report(pdf: Path, folder: Path | None, context: JobContext) -> ReportVerification:
    """Check a report's PDF and manifest; with its store also its records, and run its findings again.

    Raises
    ------
    ReportError
        If the file is no report at all.
    StoreError
        If the store cannot be opened.
    """
    context.progress(0, 1, "Reading the report")
    report = read_report(pdf, context)
    differences = list(report.differences)
    repeated = None
    number = "" if report.content is None else report.content.number
    if folder is not None:
        with Store.open(folder, read_only=True) as store:
            differences += [
                Difference(where=f"store, {where}", recorded="undamaged", found=what)
                for where, what, _ in store.problems
            ]
            differences += _against_store(report, store, context)
            if report.content is not None:
                repeated, found = _repeat_all(report.content, store, context)
                differences += found
    context.progress(1, 1, "")
    return ReportVerification(number=number, differences=tuple(differences), repeated=repeated)


def _against_store(report: ReadReport, store: Store, context: JobContext) -> list[Difference]:
    """Compare the PDF's hash, HEAD and every record with what the store holds."""
    if report.content is None:
        return []
    content = report.content
    issued = {entry.number: entry for case in store.cases() for entry in store.reports(case.id)}
    entry = issued.get(content.number)
    if entry is None:
        return [Difference(where="store", recorded=f"report {content.number}", found="no such report was issued here")]
    found = [
        *_unequal("PDF SHA-256", entry.pdf_sha256, report.pdf_sha256),
        *_unequal("manifest SHA-256", entry.manifest_sha256, report.manifest_sha256),
    ]
    events = store.events()
    at_head = events[content.head_sequence].hash if content.head_sequence < len(events) else ABSENT
    found += _unequal(f"ledger, event {content.head_sequence}", content.head_hash, at_head)
    for item in content.items:
        for capture in item.captures:
            found += _evidence(store, capture.sha256, capture.file_name, context)
    recorded = {finding.id: finding for finding in store.findings(content.case.id)}
    for reported in content.findings:
        finding = recorded.get(reported.finding.id)
        stored = ABSENT if finding is None else hash_of(finding.to_json())
        found += _unequal(f"finding {reported.finding.id}", hash_of(reported.finding.to_json()), stored)
    opinions = {opinion.id: opinion for opinion in store.opinions(content.case.id)}
    for given in content.opinions:
        opinion = opinions.get(given.opinion.id)
        found += _unequal(
            f"opinion {given.opinion.id}", given.opinion.text, ABSENT if opinion is None else opinion.text
        )
    return found


def _unequal(where: str, recorded: str, found: str) -> list[Difference]:
    return [] if recorded == found else [Difference(where=where, recorded=recorded, found=found)]


def _evidence(store: Store, sha256: str, name: str, context: JobContext) -> list[Difference]:
    try:
        store.evidence(sha256, context)
    except StoreError as error:
        return [Difference(where=f"evidence {name}", recorded=sha256, found=error.what)]
    return []


def _repeat_all(content: ReportContent, store: Store, context: JobContext) -> tuple[int, list[Difference]]:
    """Run the report's findings again on the stored evidence and compare them with the recorded ones."""
    repeated, found = 0, []
    for number, entry in enumerate(content.findings):
        context.check_cancelled()
        context.progress(number, len(content.findings), f"Running finding {number + 1} again")
        where = f"finding {entry.finding.id}"
        try:
            recorded = _with_rasters(store, entry.finding)
            again = repeat(store, recorded, context)
        except TouchstoneError as error:
            found.append(Difference(where=where, recorded="can be run again", found=str(error)))
            continue
        repeated += 1
        found += [
            difference.model_copy(update={"where": f"{where}, {difference.where}"})
            for difference in compare_findings(recorded, again)
        ]
    return repeated, found


def _with_rasters(store: Store, reported: Finding) -> Finding:
    """Return the reported finding carrying the stored rasters of its overlays."""
    rasters = store.rasters(reported.id)
    overlays = tuple(
        overlay.with_raster(rasters[overlay.key]) if overlay.key in rasters else overlay
        for overlay in reported.overlays
    )
    return reported.model_copy(update={"overlays": overlays})
