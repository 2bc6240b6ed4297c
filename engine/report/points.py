"""How an operating point, what it says of a finding, a series and a library stand on the pages."""

from typing import Any

from engine.core.codes import SeriesFacts
from engine.core.finding import Finding
from engine.core.library import METHOD, label_name
from engine.core.operating import Rate, ScoreSet
from engine.report.content import ReportedLabel, ReportedLibrary, ReportedPoint
from engine.report.visible import hash_cell, moment, number, short

Rows = list[list[Any]]
MADE_BY = {METHOD: "etched by"}  # how what a domain calls its printer makes the pieces; the others print them


def classification_view(finding: Finding) -> dict[str, str] | None:
    """Return what an operating point says of the finding; None where none was asked."""
    said = finding.classification
    if said is None:
        return None
    if not said.within_domain:
        title = "Not classified"
    else:
        title = {True: "At or above the threshold", False: "Below the threshold", None: "Inconclusive"}[said.passes]
    return {"title": title, "reason": said.reason, "point": f"{said.operating_point} ({said.operating_point_id})"}


def point_rows(entry: ReportedPoint) -> Rows:
    """Return an operating point with its provenance, rates and domain."""
    point, domain = entry.point, entry.point.domain
    return [
        ["Operating point", point.id],
        ["Threshold", f"{point.score} \u2265 {number(point.threshold)} passes; {point.rule}"],
        ["Method", f"{point.method}, version {point.method_version}"],
        *([["Series, SHA-256", hash_cell(point.series_sha256)]] if point.series_sha256 else []),
        ["False accept rate", rate_text(point.far)],
        ["False reject rate", rate_text(point.frr)],
        ["Tuning", _scores_text(point.tuning)],
        ["Tuning data, SHA-256", hash_cell(point.tuning.data_sha256)],
        ["Test", f"{_scores_text(point.test)}; no object of the tuning among them"],
        ["Test data, SHA-256", hash_cell(point.test.data_sha256)],
        [
            "Domain",
            f"{'simulated' if domain.simulated else 'real'} captures by {domain.capture_device.value} "
            f"({domain.scanner}), {short(domain.dpi_low)} to {short(domain.dpi_high)} dpi, "
            f"{MADE_BY.get(point.method, 'printed by')} {domain.printer}"
            + (f", on {domain.material}" if domain.material else ""),
        ],
        ["Set by", f"{entry.approver.name} ({entry.approver.role.value}), {moment(entry.approved)}"],
    ]


def series_rows(facts: SeriesFacts) -> Rows:
    """Return what may be told of a series."""
    return [
        ["Parameters, SHA-256", hash_cell(facts.sha256)],
        [
            "Codes",
            f"QR version {facts.version}-{facts.error_level}, {facts.module_px} px a module, {facts.print_dpi} dpi",
        ],
        ["Scheme", f"{facts.scheme.value}; {facts.pattern_count or 'own'} patterns, {facts.black_px} px black each"],
    ]


def library_rows(entry: ReportedLibrary) -> Rows:
    """Return a library, and the labels of it that findings rank first."""
    library = entry.library
    return [
        ["Library", library.id],
        ["Labels", f"{entry.labels}, of which {entry.withdrawn} withdrawn" + (" (simulated)" * library.simulated)],
        *([["Note", library.note]] if library.note else []),
        *(row for label in entry.matched for row in _label_rows(label)),
    ]


def _label_rows(label: ReportedLabel) -> Rows:
    who = f"{label.enroller.name} ({label.enroller.role.value})"
    place = f"row {label.row + 1}, column {label.column + 1} of {label.field.file_name}"
    return [
        [label_name(label.number), f"{place}; enrolled by {who}, {moment(label.enrolled)}; batch {label.batch_id}"],
        [f"{label_name(label.number)}, field, SHA-256", hash_cell(label.field.sha256)],
    ]


def rate_text(rate: Rate) -> str:
    """Return a rate with what it was counted on and its interval."""
    low, high, level = (short(100 * share) for share in (rate.interval.low, rate.interval.high, rate.interval.level))
    objects = f" on {rate.objects} objects" if rate.objects is not None else ""
    return (
        f"{short(100 * rate.value)}\u00a0% ({rate.events} of {rate.trials}{objects}); {level}\u00a0% interval "
        f"{low} to {high}\u00a0% ({rate.interval.method})"
    )


def _scores_text(scores: ScoreSet) -> str:
    return f"{len(scores.genuine)} genuine and {len(scores.counterfeit)} counterfeit objects"
