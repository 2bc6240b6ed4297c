"""Verify a report: against itself, against the store it came from, and by running its findings again."""

from pathlib import Path

from engine.core.case import Identifier, Text
from engine.core.errors import SeriesLockedError, StoreError, TouchstoneError
from engine.core.finding import Finding
from engine.core.records import Record, hash_of
from engine.jobs import JobContext
from engine.report.content import ReportContent
from engine.report.differences import ABSENT, Difference, compare_findings
from engine.store import Store
from engine.workflows.codes.series import Keyring
from engine.workflows.findings import repeat
from engine.workflows.labels.recogniser import Recogniser
from engine.workflows.labels.recogniser import opened as recognising
from engine.workflows.labels.reported_libraries import libraries_differ
from engine.workflows.report_reader import ReadReport, read_report


class NotRepeated(Record):
    """A finding that was not run again, and why: neither agreement nor difference. The series is the locked one."""

    finding_id: Identifier
    why: Text
    series_id: Identifier
    series_name: Text


class ReportVerification(Record):
    """What a verification found. ``repeated`` findings were run again; None where no store was named.

    ``not_repeated`` findings were not, though a store was named: the series they need is locked.
    """

    number: Text
    differences: tuple[Difference, ...]
    repeated: int | None
    not_repeated: tuple[NotRepeated, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing that was looked at differs."""
        return not self.differences


def verify_report(
    pdf: Path, folder: Path | None, context: JobContext, *, keyring: Keyring | None = None
) -> ReportVerification:
    """Check a report's PDF and manifest; with its store also its records, and run its findings again.

    Findings about codes are run again where ``keyring`` has their series unlocked, and named where it has not.

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
    repeated, locked = None, list[NotRepeated]()
    number = "" if report.content is None else report.content.number
    if folder is not None:
        with Store.open(folder, read_only=True) as store:
            differences += [
                Difference(where=f"store, {where}", recorded="undamaged", found=what)
                for where, what, _ in store.problems
            ]
            differences += _against_store(report, store, context)
            if report.content is not None:
                with recognising(None) as recogniser:  # its process starts with the first label, and serves all of them
                    repeated, found, locked = _repeat_all(report.content, store, context, keyring, recogniser)
                differences += found
    context.progress(1, 1, "")
    return ReportVerification(
        number=number, differences=tuple(differences), repeated=repeated, not_repeated=tuple(locked)
    )


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
    found += _points_and_series(content, store)
    found += libraries_differ(store, content.libraries, context)
    opinions = {opinion.id: opinion for opinion in store.opinions(content.case.id)}
    for given in content.opinions:
        opinion = opinions.get(given.opinion.id)
        found += _unequal(
            f"opinion {given.opinion.id}", given.opinion.text, ABSENT if opinion is None else opinion.text
        )
    return found


def _points_and_series(content: ReportContent, store: Store) -> list[Difference]:
    """Compare the operating points and the series with those that the store holds."""
    found = []
    points = {point.id: point for point in store.operating_points()}
    for entry in content.points:
        held = points.get(entry.point.id)
        stored = ABSENT if held is None else hash_of(held.to_json())
        found += _unequal(f"operating point {entry.point.id}", hash_of(entry.point.to_json()), stored)
    held_series = {series.facts.sha256: series.facts for series in store.code_series()}
    for facts in content.series:
        same = held_series.get(facts.sha256) == facts
        found += _unequal(f"series {facts.name}", facts.sha256, facts.sha256 if same else ABSENT)
    return found


def _unequal(where: str, recorded: str, found: str) -> list[Difference]:
    return [] if recorded == found else [Difference(where=where, recorded=recorded, found=found)]


def _evidence(store: Store, sha256: str, name: str, context: JobContext) -> list[Difference]:
    try:
        store.evidence(sha256, context)
    except StoreError as error:
        return [Difference(where=f"evidence {name}", recorded=sha256, found=error.what)]
    return []


def _repeat_all(
    content: ReportContent, store: Store, context: JobContext, keyring: Keyring | None, recogniser: Recogniser
) -> tuple[int, list[Difference], list[NotRepeated]]:
    """Run the report's findings again on the stored evidence and compare them with the recorded ones."""
    repeated, found, locked = 0, list[Difference](), list[NotRepeated]()
    for number, entry in enumerate(content.findings):
        context.check_cancelled()
        context.progress(number, len(content.findings), f"Running finding {number + 1} again")
        where = f"finding {entry.finding.id}"
        try:
            recorded = _with_rasters(store, entry.finding)
            again = repeat(store, recorded, context, keyring, recogniser)
        except SeriesLockedError as error:
            locked.append(_locked(store, entry.finding.id, error.series_id))
            continue
        except TouchstoneError as error:
            found.append(Difference(where=where, recorded="can be run again", found=str(error)))
            continue
        repeated += 1
        found += [
            difference.model_copy(update={"where": f"{where}, {difference.where}"})
            for difference in compare_findings(recorded, again)
        ]
    return repeated, found, locked


def _locked(store: Store, finding_id: str, series_id: str) -> NotRepeated:
    name = store.code_series_one(series_id).facts.name
    return NotRepeated(finding_id=finding_id, why="not re-run: series locked", series_id=series_id, series_name=name)


def _with_rasters(store: Store, reported: Finding) -> Finding:
    """Return the reported finding carrying the stored rasters of its overlays."""
    rasters = store.rasters(reported.id)
    overlays = tuple(
        overlay.with_raster(rasters[overlay.key]) if overlay.key in rasters else overlay
        for overlay in reported.overlays
    )
    return reported.model_copy(update={"overlays": overlays})
