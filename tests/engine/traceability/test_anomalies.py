"""What does not fit together in a history is told as an anomaly, and nothing else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.codes import (
    CodeCheck,
    LifeStep,
    RecordedCheck,
    RecordedStep,
    RegisterState,
    SealState,
    Stage,
)
from engine.core.errors import StoreError
from engine.traceability.anomalies import AnomalyRules, find_anomalies

ISSUED = "2026-03-01T08:00:00.000000Z"
ID = "0" * 16


def step(stage: str, time: str, place: str = "", recorded: str = "") -> RecordedStep:
    life = LifeStep(product_id=ID, stage=Stage(stage), time=f"2026-03-{time}Z", place=place)
    return RecordedStep(step=life, recorded=f"2026-03-{recorded or time}Z", actor_name="Head")


def check(time: str, place: str = "", image: int = 0, **seals: SealState) -> RecordedCheck:
    made = CodeCheck(
        id=f"check-{image:016x}",
        code_text=ID,
        register_state=RegisterState.ISSUED,
        outcome="",
        image_sha256=f"{image:064x}",
        place=place,
        **seals,
    )
    return RecordedCheck(check=made, recorded=f"2026-03-{time}Z", actor_name="Head")


def keys(steps=(), checks=(), rules=None) -> list[str]:
    found = find_anomalies(ISSUED, steps, checks, rules)
    assert all(anomaly.text.startswith("Anomaly: ") for anomaly in found)
    return [anomaly.key for anomaly in found]


LIFE = [
    step("production", "01T09:00:00", "Works"),
    step("packing", "01T12:00:00", "Works"),
    step("warehousing", "02T09:00:00", "North"),
    step("transport", "03T09:00:00", "Road"),
    step("warehousing", "04T09:00:00", "South"),
    step("retail", "05T09:00:00", "Shop"),
    step("consumption", "06T09:00:00"),
    step("disposal", "07T09:00:00"),
]


def test_a_whole_life_in_any_order_of_recording_is_no_anomaly() -> None:
    assert keys(LIFE, [check("05T12:00:00", "Shop")]) == []
    assert keys(LIFE[::-1]) == []
    assert keys() == []


def test_a_check_after_the_end_is_told_for_disposal_and_consumption() -> None:
    assert keys(LIFE, [check("08T12:00:00")]) == ["after disposal", "after consumption"]
    assert keys(LIFE[:-2], [check("08T12:00:00")]) == []
    assert keys(LIFE[:-1], [check("06T09:00:00")]) == []


def test_a_step_after_the_end_is_told_once_for_what_it_is() -> None:
    assert keys([*LIFE, step("retail", "09T09:00:00")]) == ["after disposal", "after consumption"]
    (anomaly,) = find_anomalies(
        ISSUED, [*LIFE[:-2], LIFE[-1], step("transport", "09T09:00:00")], [check("10T00:00:00")]
    )
    assert anomaly.text == (
        "Anomaly: 1 check and 1 step after the disposal recorded for 2026-03-07 09:00 UTC, "
        "the first on 2026-03-09 09:00 UTC"
    )


def test_a_product_is_consumed_and_disposed_of_once() -> None:
    assert keys([*LIFE, step("disposal", "08T09:00:00")]) == ["after disposal"]
    assert keys([*LIFE[:-1], step("consumption", "08T09:00:00")]) == ["after consumption"]


def test_steps_out_of_order_are_told() -> None:
    assert keys([step("retail", "02T09:00:00"), step("production", "03T09:00:00")]) == ["out of order"]
    assert keys([step("transport", "02T09:00:00"), step("warehousing", "03T09:00:00")]) == []


def test_a_step_before_the_id_was_issued_is_told() -> None:
    assert keys([step("production", "01T07:30:00")]) == ["before issue"]
    assert keys([step("production", "01T07:59:30")]) == []


def test_a_step_more_than_a_day_ahead_of_its_recording_is_told_in_words() -> None:
    ahead = step("retail", "05T09:00:00", recorded="04T08:59:59")
    assert keys([ahead]) == ["in the future"]
    assert keys([step("retail", "05T09:00:00", recorded="04T09:00:00")]) == []
    assert keys([step("retail", "05T09:00:00", recorded="09T09:00:00")]) == []
    (anomaly,) = find_anomalies(ISSUED, [ahead], [])
    assert anomaly.text == (
        "Anomaly: 1 step in the future when recorded, "
        "the first retail on 2026-03-05 09:00 UTC, recorded on 2026-03-04 08:59 UTC"
    )


def test_a_step_in_the_future_hides_no_other_anomaly() -> None:
    odd = [
        (step("disposal", "10T09:00:00", recorded="01T09:00:00"), [check("11T09:00:00")], "after disposal"),
        (step("production", "10T09:00:00", recorded="01T09:00:00"), [], "out of order"),
        (step("retail", "10T09:00:00", "Shop", "01T09:00:00"), [check("10T09:01:00", "Oslo")], "two places"),
    ]
    for ahead, checks, other in odd:
        assert keys([*LIFE[:-2], ahead], checks) == ["in the future", other]
    twice = [step("packing", f"{day}T09:00:00", recorded="01T09:00:00") for day in ("12", "11")]
    (anomaly,) = find_anomalies(ISSUED, twice, [])
    assert "2 steps in the future when recorded, the first packing on 2026-03-11" in anomaly.text


@given(st.data())
def test_when_a_step_was_recorded_changes_no_other_anomaly(data: st.DataObject) -> None:
    def drawn() -> RecordedStep:
        day, stage = data.draw(st.integers(1, 28)), data.draw(st.sampled_from(Stage))
        return step(stage, f"{day:02}T09:00:00", data.draw(st.sampled_from(["", "Works", "Shop"])))

    steps = [drawn() for _ in range(data.draw(st.integers(0, 6)))]
    checks = [
        check(f"{data.draw(st.integers(1, 28)):02}T09:30:00", "Oslo") for _ in range(data.draw(st.integers(0, 2)))
    ]
    early = [each.model_copy(update={"recorded": "2026-01-01T00:00:00Z"}) for each in steps]
    assert keys(early, checks) == ["in the future"] * bool(steps) + keys(steps, checks)


def test_two_places_in_too_short_a_time_are_told() -> None:
    near = [check("05T12:00:00", "Lisbon"), check("05T12:59:00", " lisbon "), check("05T13:10:00", "Oslo", 1)]
    assert keys((), near) == ["two places"]
    assert keys((), near, AnomalyRules(travel_minutes=11)) == []
    assert keys((), [check("05T12:00:00", "Lisbon"), check("05T12:01:00"), check("05T13:00:00", "Oslo")]) == []
    assert keys([step("retail", "05T12:30:00", "Shop")], [check("05T12:31:00", "Lisbon")]) == ["two places"]


def test_many_checks_count_images_not_repeats() -> None:
    many = [check(f"05T12:00:{at:02}", "", at) for at in range(10)]
    assert keys((), many) == ["many checks"]
    assert keys((), many[:9]) == []
    assert keys((), [check("05T12:00:00", "", 1)] * 30) == []


@pytest.mark.parametrize("seal", ["package", "sticker"])
def test_a_disturbed_seal_is_told(seal: str) -> None:
    assert keys((), [check("05T12:00:00", **{seal: SealState.DISTURBED})]) == [f"disturbed {seal}"]
    assert keys((), [check("05T12:00:00", **{seal: SealState.INTACT})]) == []


@pytest.mark.parametrize("time", ["yesterday", "2026-03-01T08:00:00", "T", "0001-01-01T00:00:00+14:00"])
def test_a_time_of_a_foreign_store_that_is_none_is_a_store_fault(time: str) -> None:
    with pytest.raises(StoreError, match="cannot be read"):
        find_anomalies(time, [], [])
