"""What looks odd in a product's history: pure functions over what was recorded; each is a reason to look closer."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Annotated, NamedTuple

from pydantic import Field

from engine.core.codes import Anomaly, RecordedCheck, RecordedStep, SealState, Stage
from engine.core.records import Record
from engine.traceability.times import moment

# Goods may go to and fro between warehouses, so warehousing and transport rank alike.
RANKS = {
    Stage.PRODUCTION: 0,
    Stage.PACKING: 1,
    Stage.WAREHOUSING: 2,
    Stage.TRANSPORT: 2,
    Stage.RETAIL: 3,
    Stage.CONSUMPTION: 4,
    Stage.DISPOSAL: 5,
}
ENDS = (Stage.DISPOSAL, Stage.CONSUMPTION)
MINUTE = timedelta(minutes=1)  # steps are often written down to the minute
DAY = timedelta(days=1)  # wrong clocks and time zones make less than this


class AnomalyRules(Record):
    """From where on something counts as odd: assumptions, to be set to what the trade is like.

    travel_minutes : two places within less than this are too far apart, whatever they are.
    many_checks : this many checks of different images are many.
    """

    travel_minutes: Annotated[float, Field(gt=0)] = 60.0
    many_checks: Annotated[int, Field(ge=2)] = 10


class _Sighting(NamedTuple):
    """The product was somewhere at some time, as a step or a check says."""

    time: datetime
    what: str
    place: str


def find_anomalies(
    issued: str,
    steps: Sequence[RecordedStep],
    checks: Sequence[RecordedCheck],
    rules: AnomalyRules | None = None,
) -> tuple[Anomaly, ...]:
    """Return what does not fit together in the history of one issued ID.

    Parameters
    ----------
    issued : str
        When the ID was issued, UTC, ISO 8601.
    steps, checks : sequence
        Everything recorded of the ID, in any order.
    """
    rules = rules or AnomalyRules()
    ordered = sorted((each.step for each in steps), key=lambda step: (moment(step.time), RANKS[step.stage]))
    timed = [(moment(step.time), step.stage) for step in ordered]
    sightings = [_Sighting(moment(step.time), f"{step.stage} step", step.place) for step in ordered]
    sightings += [_Sighting(moment(each.recorded), "check", each.check.place) for each in checks]
    sightings.sort(key=lambda sighting: sighting.time)
    return (
        *_in_the_future(steps),
        *_after_the_end(timed, sightings),
        *_out_of_order(timed, moment(issued)),
        *_two_places(sightings, timedelta(minutes=rules.travel_minutes)),
        *_many_checks(checks, rules.many_checks),
        *_disturbed(checks),
    )


def _shown(time: datetime) -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC")


def _in_the_future(steps: Sequence[RecordedStep]) -> Iterator[Anomaly]:
    """Yield steps that had not yet happened when they were recorded; they count for what else is odd all the same."""
    times = [(moment(each.step.time), moment(each.recorded), each.step.stage) for each in steps]
    ahead = sorted(each for each in times if each[0] - each[1] > DAY)
    if ahead:
        time, recorded, stage = ahead[0]
        text = f"Anomaly: {len(ahead)} step{'s' if len(ahead) > 1 else ''} in the future when recorded, "
        text += f"the first {stage} on {_shown(time)}, recorded on {_shown(recorded)}"
        yield Anomaly(key="in the future", text=text)


def _after_the_end(timed: list[tuple[datetime, Stage]], sightings: list[_Sighting]) -> Iterator[Anomaly]:
    """Yield what came after a disposal or a consumption."""
    for end in ENDS:
        ended = min((time for time, stage in timed if stage is end), default=None)
        if ended is None:
            continue
        fitting = f"{Stage.DISPOSAL} step" if end is Stage.CONSUMPTION else ""
        later = [each for each in sightings if each.time > ended and each.what != fitting]
        if later:
            text = f"Anomaly: {_count(later)} after the {end} recorded for {_shown(ended)}, "
            yield Anomaly(key=f"after {end}", text=text + f"the first on {_shown(later[0].time)}")


def _count(sightings: list[_Sighting]) -> str:
    checks = sum(each.what == "check" for each in sightings)
    parts = [(checks, "check"), (len(sightings) - checks, "step")]
    return " and ".join(f"{number} {word}{'s' if number > 1 else ''}" for number, word in parts if number)


def _out_of_order(timed: list[tuple[datetime, Stage]], issued: datetime) -> Iterator[Anomaly]:
    """Yield steps that stand before one that must come first, or before the ID existed."""
    for (earlier, first), (later, second) in pairwise(timed):
        if RANKS[second] < RANKS[first] and first not in ENDS:  # what follows an end is told as such
            text = f"Anomaly: {second} on {_shown(later)} follows {first} on {_shown(earlier)}"
            yield Anomaly(key="out of order", text=text)
    if timed and timed[0][0] < issued - MINUTE:
        text = f"Anomaly: {timed[0][1]} on {_shown(timed[0][0])}, before the ID was issued on {_shown(issued)}"
        yield Anomaly(key="before issue", text=text)


def _two_places(sightings: list[_Sighting], travel: timedelta) -> Iterator[Anomaly]:
    """Yield neighbours in time at two places with too little time between them."""
    placed = [each for each in sightings if each.place.strip()]
    for first, second in pairwise(placed):
        between = second.time - first.time
        if first.place.strip().casefold() != second.place.strip().casefold() and between < travel:
            minutes = int(between.total_seconds() // 60)
            text = f"Anomaly: {first.what} at {first.place.strip()} and {second.what} at {second.place.strip()} "
            yield Anomaly(key="two places", text=text + f"within {minutes} min, on {_shown(second.time)}")


def _many_checks(checks: Sequence[RecordedCheck], many: int) -> Iterator[Anomaly]:
    images = {each.check.image_sha256 for each in checks}
    if len(images) >= many:
        text = f"Anomaly: the code was checked in {len(images)} different images; one code may have many copies"
        yield Anomaly(key="many checks", text=text)


def _disturbed(checks: Sequence[RecordedCheck]) -> Iterator[Anomaly]:
    for name in ("package", "sticker"):
        found = [each for each in checks if getattr(each.check, name) is SealState.DISTURBED]
        if found:
            when = _shown(min(moment(each.recorded) for each in found))
            text = f"Anomaly: the {name} was found disturbed, first on {when}; it may have been used before"
            yield Anomaly(key=f"disturbed {name}", text=text)
