"""The words of a code's register entry and history on the Compare page."""

import pytest

from engine.core.codes import (
    CodeCheck,
    LifeStep,
    RecordedCheck,
    RecordedStep,
    RecordedVoiding,
    RegisterState,
    SealState,
    Stage,
    Voiding,
)
from engine.core.finding import Caution
from engine.core.operating import Classification
from engine.workflows.codes.tracing import RegisterAnswer
from gui.pages.compare.code_words import SHOWN_ENTRIES, history_lines, loss_text, register_text
from tests.gui.stage.samples import capture, finding

ID = "0123456789ABCDEF"
TIME = "2026-03-01T10:00:00Z"


def step(stage: Stage, time: str = TIME, place: str = "") -> RecordedStep:
    return RecordedStep(
        step=LifeStep(product_id=ID, stage=stage, time=time, place=place), recorded=time, actor_name="Producer"
    )


def check(number: int = 1, **more) -> RecordedCheck:
    made = CodeCheck(
        id=f"check-{number:016x}", code_text=ID, register_state=RegisterState.ISSUED, image_sha256="0" * 64,
        **{"outcome": "Inconclusive: too coarse.", **more},
    )  # fmt: skip
    return RecordedCheck(check=made, recorded=f"2026-03-02T10:00:{number % 60:02d}Z", actor_name="Examiner")


def answer(state=RegisterState.ISSUED, **more) -> RegisterAnswer:
    return RegisterAnswer(state=state, product_id=ID, issued_at=TIME, **more)


def test_steps_of_one_time_stay_as_they_were_recorded():
    steps = (step(Stage.PRODUCTION, place="Works"), step(Stage.PACKING), step(Stage.DISPOSAL))
    assert [line.partition("UTC  ")[2] for line in history_lines(answer(steps=steps))] == [
        "production, Works", "packing", "disposal"
    ]  # fmt: skip


def test_a_check_says_what_it_came_to_and_what_was_seen():
    checks = (
        check(1, passes=True, indicator=0.3456, place="Shop", package=SealState.DISTURBED, simulated=True),
        check(2, passes=False, indicator=0.2),
        check(3),
    )
    assert [line.partition("UTC  ")[2] for line in history_lines(answer(checks=checks))] == [
        "check: passed, indicator 0.346, Shop, package disturbed, simulated",
        "check: did not pass, indicator 0.200",
        "check: Inconclusive: too coarse",
    ]


def test_of_very_many_entries_the_last_ones_are_shown_and_the_rest_counted():
    lines = history_lines(answer(checks=tuple(check(number) for number in range(1, SHOWN_ENTRIES + 6))))
    assert lines[0] == "Earlier: 5, not shown" and len(lines) == SHOWN_ENTRIES + 1
    assert lines[-1].startswith(f"2026-03-02 10:00:{SHOWN_ENTRIES + 5}")


def test_voidings_stand_in_the_history_with_their_reason():
    made = Voiding(id=f"voiding-{1:016x}", series_id=f"series-{1:016x}", reason="Stolen labels")
    voided = RecordedVoiding(voiding=made, recorded=TIME, actor_name="Producer")
    assert history_lines(answer(voidings=(voided,)))[0].endswith("series voided: Stolen labels")


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (RegisterState.ISSUED, f"ID {ID}: issued, 2026-03-01 10:00:00 UTC."),
        (RegisterState.VOIDED, f"ID {ID}: issued, 2026-03-01 10:00:00 UTC. The ID is voided."),
        (RegisterState.SERIES_VOIDED, f"ID {ID}: issued, 2026-03-01 10:00:00 UTC. The series is voided."),
        (RegisterState.NO_RECORD, f"ID {ID}: no record in the register of this store."),
    ],
)
def test_the_register_is_quoted(state, words):
    assert register_text(answer(state)) == words


@pytest.mark.parametrize("kind", ["uniform", "local"])
@pytest.mark.parametrize("passes", [True, False, None])
def test_loss_is_told_beside_the_classification(kind, passes):
    said = Classification(
        operating_point_id=f"point-{1:016x}", operating_point="Press", score="indicator", threshold=0.3,
        passes=passes, reason="",
    )  # fmt: skip
    made = finding(capture(1, 9, 9), capture(2, 9, 9)).model_copy(
        update={"classification": said, "cautions": (Caution(key=f"{kind} loss", text="x"),)}
    )
    text = loss_text(made)
    assert ("consistent with a copy" in text) == (kind == "uniform" and passes is not True)
    assert ("damage" in text) == (kind == "local")
    assert loss_text(made.model_copy(update={"cautions": ()})) == ""
