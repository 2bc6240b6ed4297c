"""A code that was checked: its record, what else was found, and how it is told."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from engine.core.case import Capture
from engine.core.codes import CodeCheck, RecordedCheck, RegisterState
from engine.core.finding import Finding
from engine.core.operating import OperatingPoint
from engine.core.records import new_id
from engine.traceability.anomalies import find_anomalies
from engine.workflows.codes.tracing import RegisterAnswer

NEWS = frozenset({"simulated", "several codes", "local loss", "coarse capture", "another code"})  # worth a warning


@dataclass(frozen=True)
class CheckedCode:
    """One code of an image that was checked.

    Parameters
    ----------
    check : CodeCheck
        The check, as it is recorded.
    answer : RegisterAnswer
        What the register said before this check, at ``asked`` (UTC).
    capture : Capture
        The image; its quality is that of the middle.
    finding : Finding or None
        Scores and maps; None where the register knows no series or the series is locked.
    point : OperatingPoint or None
        The operating point that holds for the finding.
    warnings : tuple[str, ...]
        What the reader must know, anomalies of the history among it.
    elapsed_ms : float
        From the request to the answer, for all codes of the image together.
    """

    check: CodeCheck
    answer: RegisterAnswer
    asked: str
    capture: Capture
    finding: Finding | None
    point: OperatingPoint | None
    warnings: tuple[str, ...]
    elapsed_ms: float

    def to_json(self) -> dict[str, Any]:
        """Return what ``qr check --json`` prints of the code."""
        check, answer = self.check, self.answer
        series = None if answer.series is None else answer.series.facts.name
        modules = None if self.finding is None or not self.finding.scores else self.finding.score("modules").value
        return {
            "id": answer.product_id or check.code_text,
            "register": {
                "state": answer.state.value,
                "asked": self.asked,
                "series": series,
                "issued": answer.issued_at or None,
                "data": dict(answer.data),
            },
            "indicator": check.indicator,
            "threshold": check.threshold,
            "operating_point": None if self.point is None else _told(self.point),
            "passes": check.passes,
            "modules": None if modules is None else int(modules),
            "pattern_of_loss": check.pattern_of_loss or None,
            "history": {
                "steps": [
                    {"time": each.step.time, "stage": each.step.stage.value, "place": each.step.place}
                    for each in answer.steps
                ],
                "checks": [
                    {"time": each.recorded, "outcome": each.check.outcome, "place": each.check.place}
                    for each in answer.checks
                ],
            },
            "warnings": list(self.warnings),
            "elapsed_ms": round(self.elapsed_ms, 1),
        }


def nothing_read(text: str) -> dict[str, Any]:
    """Return what ``qr check --json`` prints of an image in which no code was read."""
    keys = ("id", "register", "indicator", "threshold", "operating_point", "passes", "modules", "pattern_of_loss")
    return dict.fromkeys(keys) | {"history": {"steps": [], "checks": []}, "warnings": [text], "elapsed_ms": None}


def _told(point: OperatingPoint) -> dict[str, Any]:
    return {
        "id": point.id,
        "name": point.name,
        "far": point.far.to_json(),
        "frr": point.frr.to_json(),
        "domain": point.domain.to_json(),
    }


def new_check(
    text: str,
    answer: RegisterAnswer,
    finding: Finding | None,
    point: OperatingPoint | None,
    asked: str,
    laboratory: str,
    capture: Capture,
) -> CodeCheck:
    """Return the record of a check; ``asked`` is when the register answered (UTC)."""
    from engine.methods.two_level_qr.decision import pattern_of_loss_of

    said = None if finding is None else finding.classification
    if answer.state is RegisterState.NO_RECORD:
        outcome = register_text(answer, asked, laboratory)
    elif finding is None:
        outcome = "Not measured: the series is locked."
    elif said is not None:
        outcome = said.reason
    else:
        outcome = f"Investigative only ({finding.outcome}): the series has no operating point."
    return CodeCheck(
        id=new_id("check"),
        code_text=text,
        product_id=answer.product_id,
        series_id=None if answer.series is None else answer.series.id,
        register_state=answer.state,
        outcome=outcome,
        indicator=None if finding is None or not finding.scores else finding.score("indicator").value,
        threshold=None if point is None else point.threshold,
        operating_point_id=None if point is None else point.id,
        passes=None if said is None else said.passes,
        pattern_of_loss="" if finding is None else pattern_of_loss_of(finding),
        image_sha256=capture.sha256,
        simulated=capture.simulated,
    )


def register_text(answer: RegisterAnswer, asked: str, laboratory: str) -> str:
    """Return the register's answer in words."""
    where = f"in the register of {laboratory} on {asked[:10]}"
    if answer.series is None:
        return f"No record of this code {where}."
    named = f"{answer.product_id}, issued {answer.issued_at[:10]} in series {answer.series.facts.name}"
    voided = {RegisterState.VOIDED: "; it was voided", RegisterState.SERIES_VOIDED: "; its series was voided"}
    return f"{named}, has a record {where}{voided.get(answer.state, '')}."


def check_warnings(
    answer: RegisterAnswer, finding: Finding | None, present: RecordedCheck, alike: int
) -> Iterable[str]:
    """Yield what a reader of the check must know; the anomalies count this check in.

    ``alike`` is how many codes of the image say the same.
    """
    check = present.check
    if answer.state is not RegisterState.ISSUED:
        yield f"Register: {answer.state.value}."
    if finding is None and answer.series is not None:
        yield "The series is locked: its patterns were not compared."
    if finding is not None:
        said = finding.classification
        if said is None:
            yield check.outcome
        elif said.passes is None:
            yield said.reason
        yield from (caution.text for caution in finding.cautions if caution.key in NEWS)
    elif check.simulated:
        yield "The capture is simulated: the check says nothing about real items."
    if alike > 1:
        yield f"Anomaly: the image shows {alike} codes that say the same; each ID is printed once."
    yield from anomaly_texts(answer, present)


def anomaly_texts(answer: RegisterAnswer, present: RecordedCheck) -> tuple[str, ...]:
    """Return what looks odd in the history of an issued code, this check counted in."""
    if not answer.issued_at:
        return ()
    found = find_anomalies(answer.issued_at, answer.steps, (*answer.checks, present))
    return tuple(anomaly.text for anomaly in found)
