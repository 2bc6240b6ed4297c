"""Operating points: thresholds with all that tells how far to trust them, and what they say of a finding."""

from typing import Annotated, Any

from pydantic import Field

from engine.core.case import Device, Identifier, Name, Sha256, Text
from engine.core.records import Record

Dpi = Annotated[float, Field(gt=0)]


class Interval(Record):
    """A two-sided confidence interval, its level and how it was made."""

    low: float
    high: float
    level: Annotated[float, Field(gt=0, lt=1)]
    method: str


class Rate(Record):
    """How often something happened: ``events`` of ``trials``, on ``objects`` physical objects where these are known."""

    events: Annotated[int, Field(ge=0)]
    trials: Annotated[int, Field(ge=1)]
    objects: int | None = None
    interval: Interval

    @property
    def value(self) -> float:
        """Events per trial, 0..1."""
        return self.events / self.trials


class ScoreSet(Record):
    """Scores of known origin, one per physical object, and the hash over the images they were measured in."""

    genuine: tuple[float, ...]
    counterfeit: tuple[float, ...]
    data_sha256: Sha256


class Domain(Record):
    """Where an operating point holds: the devices and materials it was measured on. Nothing follows outside it."""

    simulated: bool
    capture_device: Device
    scanner: Name
    printer: Name
    material: Text = ""
    dpi_low: Dpi
    dpi_high: Dpi


class OperatingPoint(Record):
    """A threshold with its provenance; who approved it, and when, is told by its event.

    The threshold comes from ``tuning`` by ``rule``; ``far`` and ``frr`` are measured on ``test``, which shares no
    physical object with it. Accepted is score >= threshold. ``series_sha256`` is the hash over the parameters of the
    series that it holds for.
    """

    id: Identifier
    name: Name
    method: Name
    method_version: Name
    settings: dict[str, Any]
    series_id: Identifier | None = None
    series_sha256: Sha256 | None = None
    score: Name
    threshold: float
    rule: Text
    domain: Domain
    tuning: ScoreSet
    test: ScoreSet
    far: Rate
    frr: Rate


class Classification(Record):
    """What an operating point says of a score; ``passes`` is None where it says nothing, and ``reason`` tells why.

    ``within_domain`` is False where the point does not hold for the finding at all, so that it stays investigative;
    within the domain ``passes`` is None where the finding is inconclusive.
    """

    operating_point_id: Identifier
    operating_point: Name
    score: Name
    threshold: float
    within_domain: bool = True
    passes: bool | None
    reason: Text
