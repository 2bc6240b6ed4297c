"""What is known of a code in words: its operating point, its pattern of loss, its register entry and history. No Qt."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.core.codes import RecordedCheck, RecordedStep, RegisterState, SealState
from engine.core.finding import Finding
from engine.core.operating import OperatingPoint
from gui.widgets.operating import domain_text, rate_text
from gui.widgets.units import time_text

if TYPE_CHECKING:
    from engine.workflows.codes.tracing import RegisterAnswer

SHOWN_ENTRIES = 20
CHECKED = {True: "passed", False: "did not pass"}
LOSS_WORDS = {
    ("local", True): "Loss: local, consistent with damage there. The code passes all the same.",
    ("local", False): "Loss: local, consistent with damage there; the indicator is low elsewhere too.",
    ("local", None): "Loss: local, consistent with damage there.",
    ("uniform", True): "Loss: none that stands out in any place.",
    ("uniform", False): "Loss: uniform, consistent with a copy.",
    ("uniform", None): "Loss: uniform; where the indicator is low, that is consistent with a copy.",
}


def loss_text(finding: Finding) -> str:
    """Return whether correlation was lost evenly or in one place; empty where nothing was measured."""
    keys = {caution.key for caution in finding.cautions}
    kind = next((kind for kind in ("local", "uniform") if f"{kind} loss" in keys), "")
    passes = None if finding.classification is None else finding.classification.passes
    return LOSS_WORDS.get((kind, passes), "")


def point_lines(point: OperatingPoint, actor_name: str, time: str) -> tuple[str, ...]:
    """Return an operating point's threshold, rates, domain and provenance, a sentence each."""
    tuning, test = point.tuning, point.test
    return (
        f"{point.name}: accepted from {point.score} {point.threshold:.4f} on ({point.rule}).",
        f"Copies accepted: {rate_text(point.far)}. Genuine codes refused: {rate_text(point.frr)}.",
        f"Tuned on {len(tuning.genuine)} genuine codes and {count_copies(len(tuning.counterfeit))}, tested on "
        f"{len(test.genuine)} and {len(test.counterfeit)} others.",
        f"Holds for {domain_text(point.domain)}.",
        f"Set by {actor_name}, {time_text(time)}. Data {point.tuning.data_sha256[:12]}, {point.test.data_sha256[:12]}.",
    )


def count_copies(number: int) -> str:
    """Return a number of copies in words."""
    return "1 copy" if number == 1 else f"{number} copies"


def register_text(answer: "RegisterAnswer") -> str:
    """Return what the register says of an ID."""
    if answer.state is RegisterState.NO_RECORD:
        asked = f"ID {answer.product_id}" if answer.product_id else "What the code says"
        return f"{asked}: no record in the register of this store."
    series = "" if answer.series is None else f" in series {answer.series.facts.name}"
    text = f"ID {answer.product_id}: issued{series}, {time_text(answer.issued_at)}."
    if answer.state is RegisterState.SERIES_VOIDED:
        return f"{text} The series is voided."
    return f"{text} The ID is voided." if answer.state is RegisterState.VOIDED else text


def data_text(answer: "RegisterAnswer") -> str:
    """Return the variable data of an ID, a line for each column."""
    return "\n".join(f"{name}: {value}" for name, value in answer.data.items())


def history_lines(answer: "RegisterAnswer") -> tuple[str, ...]:
    """Return steps, checks and voidings in the order of their times; of very many the last ones."""
    entries = [*map(_step, answer.steps), *map(_check, answer.checks), *_voidings(answer)]
    entries.sort(key=lambda entry: entry[0])  # what has one time stays as it was recorded
    lines = [f"{time_text(time)}  {text}" for time, text in entries]
    if len(lines) <= SHOWN_ENTRIES:
        return tuple(lines)
    return (f"Earlier: {len(lines) - SHOWN_ENTRIES}, not shown", *lines[-SHOWN_ENTRIES:])


def _step(recorded: RecordedStep) -> tuple[str, str]:
    step = recorded.step
    return step.time, ", ".join(filter(None, (step.stage.value, step.place, step.party)))


def _check(recorded: RecordedCheck) -> tuple[str, str]:
    check = recorded.check
    outcome = check.outcome.rstrip(".") if check.passes is None else CHECKED[check.passes]
    indicator = "" if check.indicator is None else f"indicator {check.indicator:.3f}"
    seals = (f"{name} {seal.value}" for name, seal in (("package", check.package), ("sticker", check.sticker))
             if seal is not SealState.NOT_RECORDED)  # fmt: skip
    simulated = "simulated" if check.simulated else ""
    return recorded.recorded, ", ".join(filter(None, (f"check: {outcome}", indicator, check.place, *seals, simulated)))


def _voidings(answer: "RegisterAnswer") -> Iterator[tuple[str, str]]:
    for recorded in answer.voidings:
        what = "ID voided" if recorded.voiding.product_ids else "series voided"
        yield recorded.recorded, f"{what}: {recorded.voiding.reason}"
