"""Issue and preview reports: gathers the records of a case, calls the report engine, records the issue."""

import contextlib
import errno
import itertools
import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

from engine.core.case import Actor, Identifier, IssuedReport, Item, Text
from engine.core.codes import SeriesFacts
from engine.core.errors import InputError, ReportError, StoreError
from engine.core.finding import Finding
from engine.core.library import METHOD as IDENTIFICATION
from engine.core.records import Record, new_id, sha256_hex, utc_now
from engine.jobs import JobContext
from engine.report.content import (
    Amendment,
    ExaminedItem,
    Figure,
    MethodUsed,
    ReportContent,
    ReportedFinding,
    ReportedOpinion,
    ReportedPoint,
)
from engine.store import Store, any_record_of
from engine.workflows.cases import EXAMINING, CaseOverview, case_overview, require_role
from engine.workflows.figures import report_figures
from engine.workflows.labels.reported_libraries import reported_libraries

TITLE = "Report of examination"


class ReportOptions(Record):
    """What the person says when a report is issued."""

    amends: Identifier | None = None
    reason: Text = ""
    deviations: Text = ""


def make_report(
    store: Store,
    actor: Actor,
    case_id: str,
    out: Path,
    *,
    options: ReportOptions | None = None,
    context: JobContext,
) -> IssuedReport:
    """Issue the report of a case: write the PDF, keep it as evidence, record its number and hashes.

    Raises
    ------
    InputError
        If the role may not issue, the case holds no capture, or the report to amend is not the one in force.
    ReportError
        If the file cannot be written; nothing is recorded then.
    StoreError
        If the issue cannot be recorded; no file is left then.
    """
    from engine.report.manifest import manifest
    from engine.report.render import render_report

    require_role(actor, EXAMINING, "issue reports")
    options = options or ReportOptions()
    store.refresh()
    content = report_content(store, actor, case_id, options)
    figures = report_figures(store, content, context)
    context.progress(1, 2, "Laying the pages out")
    attached = manifest(content, figures)
    pdf = render_report(content, figures, attached).pdf
    context.check_cancelled()
    with _placed(out, pdf, content.number):
        report = IssuedReport(
            id=new_id("report"),
            case_id=case_id,
            number=content.number,
            amends=options.amends,
            pdf_sha256=store.add_evidence(pdf, ".pdf"),
            manifest_sha256=sha256_hex(attached),
            head_sequence=content.head_sequence,
            head_hash=content.head_hash,
        )
        store.commit(actor.id, "report issued", report, case_id=case_id)
    return report


def save_report(store: Store, report: IssuedReport, out: Path, context: JobContext) -> None:
    """Write the PDF of an issued report out of the store; its bytes are those whose hash was recorded.

    Raises
    ------
    StoreError
        If its bytes are missing, damaged or destroyed.
    ReportError
        If the file cannot be written.
    """
    pdf = store.evidence(report.pdf_sha256, context).read_bytes()
    if sha256_hex(pdf) != report.pdf_sha256:
        remedy = "Verify the store"
        raise StoreError("The PDF of the report changed while it was read", where=report.number, remedy=remedy)
    with _placed(out, pdf, report.number):
        pass


def preview_report(
    store: Store, actor: Actor, case_id: str, *, options: ReportOptions | None = None, context: JobContext
) -> list[bytes]:
    """Return the report's pages as PNG; nothing is recorded."""
    from engine.report.render import render_pages

    content = report_content(store, actor, case_id, options or ReportOptions())
    figures: tuple[Figure, ...] = report_figures(store, content, context)
    context.progress(1, 2, "Laying the pages out")
    return render_pages(content, figures)


@contextlib.contextmanager
def _placed(out: Path, pdf: bytes, number: str) -> Iterator[None]:
    """Give the PDF its place once the report is recorded within; no unrecorded report may ever stand there."""
    partial = _write_beside(out, pdf)
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise
    try:
        partial.replace(out)
    except OSError as error:
        what = f"Report {number} was issued, but its file could not get its name ({error.strerror})"
        raise ReportError(what, where=str(partial), remedy="Rename the file yourself.") from error


def _write_beside(out: Path, pdf: bytes) -> Path:
    """Write the PDF under a name of its own in the folder of its place."""
    partial = out.absolute().parent / f".{uuid.uuid4().hex}.part"
    try:
        if out.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        with partial.open("xb") as file:
            file.write(pdf)
            os.fsync(file.fileno())
    except OSError as error:
        with contextlib.suppress(OSError):  # the first error is the one to tell
            partial.unlink()
        raise ReportError(
            f"The report could not be written ({error.strerror})", where=str(out), remedy="Choose another place."
        ) from error
    return partial


def report_content(store: Store, actor: Actor, case_id: str, options: ReportOptions) -> ReportContent:
    """Gather what the report of a case states; raises InputError where the case holds no capture."""
    overview = case_overview(store, case_id)
    if not overview.capture_ids():
        raise InputError("The case holds no captures", where=overview.case.title, remedy="Take captures in first.")
    signed = _signed(store, case_id)
    findings = tuple(
        ReportedFinding(finding=finding, examiner=by, made=time)
        for finding in overview.findings
        for by, time in (signed(finding.id),)
    )
    opinions = tuple(
        ReportedOpinion(opinion=opinion, author=by, given=time)
        for opinion in overview.opinions
        for by, time in (signed(opinion.id),)
    )
    points, series = _behind(store, overview.findings)
    libraries = reported_libraries(store, overview.findings)
    now = utc_now()
    amendment, number = _numbered(store, case_id, overview.reports, options)
    return ReportContent(
        laboratory=store.laboratory,
        location=store.location,
        number=number,
        title=TITLE,
        amendment=amendment,
        case=overview.case,
        methods=tuple(_method_used(key) for key in sorted({finding.method for finding in overview.findings})),
        items=tuple(_examined(item, overview) for item in overview.items),
        findings=findings,
        points=points,
        series=series,
        libraries=libraries,
        opinions=opinions,
        examined=(findings[0].made, findings[-1].made) if findings else (now, now),
        issued=now,
        deviations=options.deviations,
        authoriser=actor,
        head_sequence=store.head.count - 1,
        head_hash=store.head.hash,
    )


def _method_used(key: str) -> MethodUsed:
    from engine.methods import method, micro_pattern

    if key == IDENTIFICATION:  # examines a capture among the labels of a library, which no other method does
        return MethodUsed(
            key=key, title=micro_pattern.TITLE, version=micro_pattern.VERSION, citation=micro_pattern.CITATION
        )
    used = method(key)
    return MethodUsed(key=key, title=used.title, version=used.version, citation=used.citation)


def _examined(item: Item, overview: CaseOverview) -> ExaminedItem:
    captures = overview.captures[item.id]
    held = {capture.sha256 for capture in captures}
    gone = {sha256: each.order for sha256, each in overview.destroyed.items() if sha256 in held}
    return ExaminedItem(item=item, captures=captures, destroyed=gone)


def _signed(store: Store, case_id: str) -> Callable[[str], tuple[Actor, str]]:
    """Return a function that tells who made a record of the case, and when."""
    events = {getattr(any_record_of(event), "id", ""): event for event in store.case_events(case_id)}

    def signed(key: str) -> tuple[Actor, str]:
        if key not in events:
            remedy = "It was not written by Touchstone"
            raise StoreError("The record is not among the events of its case", where=key, remedy=remedy)
        return store.actor(events[key].actor_id), events[key].time

    return signed


def _behind(store: Store, findings: tuple[Finding, ...]) -> tuple[tuple[ReportedPoint, ...], tuple[SeriesFacts, ...]]:
    """Return the operating points and the series that findings rest on, in the order they were made."""
    named = {finding.classification.operating_point_id for finding in findings if finding.classification is not None}
    points = []
    for point in store.operating_points():
        if point.id in named:
            event = store.event_of("operating point set", point.id)
            points.append(ReportedPoint(point=point, approver=store.actor(event.actor_id), approved=event.time))
    inputs = {sha256 for finding in findings for sha256 in finding.provenance.input_sha256}
    series = tuple(each.facts for each in store.code_series() if each.facts.sha256 in inputs)
    return tuple(points), series


def _numbered(
    store: Store, case_id: str, issued: tuple[IssuedReport, ...], options: ReportOptions
) -> tuple[Amendment | None, str]:
    """Return the amendment, if it is one, and the number: case, running number, and /A with the amendment's count."""
    if options.amends is None:
        taken = {report.number for case in store.cases() for report in store.reports(case.id)}
        numbers = (f"TS-{case_id.removeprefix('case-')[:8].upper()}-{running:02d}" for running in itertools.count(1))
        return None, next(number for number in numbers if number not in taken)
    amended = next((report for report in issued if report.id == options.amends), None)
    if amended is None:
        raise InputError("The case has no such report", where=options.amends, remedy="Choose one of its reports.")
    later = next((report.number for report in issued if report.amends == amended.id), None)
    if later is not None:
        raise InputError("The report is amended already", where=amended.number, remedy=f"Amend {later} or a later one.")
    if not options.reason.strip():
        raise InputError("An amendment needs a reason", where=amended.number, remedy="Say what changed and why.")
    base = amended.number.partition("/A")[0]
    count = 1 + sum(report.number.startswith(f"{base}/A") for report in issued)
    amendment = Amendment(
        count=count,
        number=amended.number,
        issued=_signed(store, case_id)(amended.id)[1],
        manifest_sha256=amended.manifest_sha256,
        reason=options.reason,
    )
    return amendment, f"{base}/A{count}"
