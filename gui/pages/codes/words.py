"""Series, operating points and the register's answers in words and rows."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from engine.core.codes import CodeCheck, RecordedCheck, RegisterState, SealState
from engine.core.operating import OperatingPoint, ScoreSet
from engine.workflows.codes.series import SeriesOverview
from engine.workflows.codes.tracing import RegisterAnswer
from gui.pages.codes.timeline import Entry, Kind
from gui.widgets.operating import rate_text
from gui.widgets.text import Meaning
from gui.widgets.units import count, time_text

if TYPE_CHECKING:
    from engine.workflows.codes.checked import CheckedCode

Rows = tuple[tuple[str, str], ...]
MM_PER_INCH = 25.4
BY_HAND = "entered by hand"
"""The source of a step that came from no file."""
STATES: dict[RegisterState, tuple[str, Meaning]] = {
    RegisterState.ISSUED: ("Issued", "text"),  # a copy of an issued code is issued too: no green here
    RegisterState.NO_RECORD: ("No record in this register", "fault"),
    RegisterState.VOIDED: ("Voided", "fault"),
    RegisterState.SERIES_VOIDED: ("Issued in a series that was voided", "fault"),
}
OUTCOMES: dict[bool | None, Meaning] = {True: "done", False: "fault", None: "caution"}


def series_rows(overview: SeriesOverview) -> Rows:
    """Return what may be told of a series as rows of title and value."""
    series, facts = overview.series, overview.series.facts
    modules = 17 + 4 * facts.version  # ISO/IEC 18004:2015, 6.3.1
    side = modules * facts.module_px / facts.print_dpi * MM_PER_INCH
    patterns = "one for every module" if facts.pattern_count == 0 else str(facts.pattern_count)
    margin = () if facts.epsilon is None else (("Least margin between patterns", f"{facts.epsilon:.3f}"),)
    return (
        ("State", "voided" if overview.series_voided else "in use"),
        ("IDs issued", f"{overview.issued:,}"),
        ("IDs voided", f"{overview.voided:,}"),
        ("Scheme", facts.scheme.value),
        ("Patterns", f"{patterns}, {facts.module_px} px a side, {facts.black_px} px black"),
        *margin,
        ("Printed at", f"{facts.print_dpi} dpi"),
        ("QR code", f"version {facts.version}-{facts.error_level}, {modules} modules, {side:.1f} mm a side"),
        ("A code says", f"{series.prefix}PRODUCT ID"),
        ("Parameters", f"SHA-256 {facts.sha256}"),
        ("Identifier", series.id),
    )


def point_rows(point: OperatingPoint, set_at: str, set_by: str) -> Rows:
    """Return an operating point with its provenance as rows of title and value."""
    tuning, test = point.tuning, point.test
    domain = point.domain
    return (
        ("Threshold", f"{point.threshold:.4f}; a code passes whose {point.score} is not below it"),
        ("Rule", point.rule),
        ("False acceptance", f"{rate_text(point.far)}, of copies not used for the threshold"),
        ("False rejection", f"{rate_text(point.frr)}, of genuine codes not used for the threshold"),
        ("Printer", domain.printer),
        ("Material", domain.material or "not stated"),
        ("Captured with", f"{domain.capture_device.value} {domain.scanner}"),
        ("Resolution", f"{domain.dpi_low:.0f} to {domain.dpi_high:.0f} dpi"),
        ("Origin", "simulated captures" if domain.simulated else "real captures"),
        ("Tuned on", scores_text(tuning)),
        ("Tested on", scores_text(test)),
        ("Method", f"{point.method}, version {point.method_version}"),
        ("Set", f"{time_text(set_at)} by {set_by}"),
        ("Tuning data", f"SHA-256 {tuning.data_sha256}"),
        ("Test data", f"SHA-256 {test.data_sha256}"),
    )


def scores_text(scores: ScoreSet) -> str:
    """Return how many codes were scored."""
    return f"{len(scores.genuine)} genuine, {len(scores.counterfeit)} copied"


def answer_rows(answer: RegisterAnswer) -> Rows:
    """Return what the register holds of an ID as rows of title and value."""
    rows = [("Product ID", answer.product_id or "none in this text")]
    if answer.series is not None and answer.batch is not None:
        note = f", {answer.batch.note}" if answer.batch.note else ""
        rows += [
            ("The code says", answer.code_text),
            ("Series", answer.series.name),
            ("Issued", time_text(answer.issued_at)),
            ("Batch", f"{count(answer.batch.count, 'ID')}{note}"),
            *answer.data.items(),
        ]
    return tuple(rows)


def entries_of(answer: RegisterAnswer) -> Iterable[Entry]:
    """Yield the life of a product: issued, steps, checks, voidings."""
    if answer.issued_at and answer.series is not None:
        yield Entry(Kind.ISSUED, answer.issued_at, f"in series {answer.series.name}")
    for each in answer.steps:
        step = each.step
        said = "; ".join(filter(None, (step.party, step.note, _source(each.source))))
        what = f"{step.stage.value} ({said})" if said else step.stage.value
        yield Entry(Kind.STEP, step.time, what, step.place, each.actor_name)
    for checked in answer.checks:
        yield Entry(Kind.CHECK, checked.recorded, check_text(checked.check), checked.check.place, checked.actor_name)
    for voided in answer.voidings:
        what = f"{'this ID' if voided.voiding.product_ids else 'the whole series'} ({voided.voiding.reason})"
        yield Entry(Kind.VOIDED, voided.recorded, what, "", voided.actor_name)


def _source(source: str) -> str:
    return source if source in ("", BY_HAND) else f"from {source}"


def check_text(check: CodeCheck) -> str:
    """Return what a check came to, in one line."""
    parts = [check.outcome.rstrip(".")]
    if check.indicator is not None:
        parts.append(indicator_text(check.indicator, check.threshold))
    if check.pattern_of_loss:
        parts.append(f"loss {check.pattern_of_loss}")
    for name, state in (("package", check.package), ("sticker", check.sticker)):
        if state is not SealState.NOT_RECORDED:
            parts.append(f"{name} {state.value}")
    if check.simulated:
        parts.append("simulated")
    return ", ".join(filter(None, parts))


def indicator_text(indicator: float, threshold: float | None) -> str:
    """Return an indicator beside the threshold that applies, if one does."""
    if threshold is None:
        return f"indicator {indicator:.3f}"
    sign = "\N{GREATER-THAN OR EQUAL TO}" if indicator >= threshold else "<"
    return f"indicator {indicator:.3f} {sign} threshold {threshold:.3f}"


def checked_row(code: "CheckedCode") -> tuple[str, str, str, str]:
    """Return a code that was checked as a row: what it says, the register, the indicator, the outcome."""
    check = code.check
    indicator = "not measured" if check.indicator is None else f"{check.indicator:.3f}"
    return check.code_text, check.register_state.value, indicator, check.outcome


def own_warnings(code: "CheckedCode", answer: RegisterAnswer) -> tuple[str, ...]:
    """Return what a check warns of beside its outcome and beside what the register, asked again, calls odd now."""
    from engine.workflows.codes.checked import anomaly_texts

    told = {code.check.outcome}
    if any(each.check.id == code.check.id for each in answer.checks):
        present = RecordedCheck(check=code.check, recorded=code.asked, actor_name="")
        told.update(anomaly_texts(code.answer, present))
    return tuple(text for text in code.warnings if text not in told)
