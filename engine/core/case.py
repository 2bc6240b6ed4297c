"""Records of a case: actors, items, captures with their physical scale, opinions, events."""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from engine.core.records import Record

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Text = Annotated[str, StringConstraints(max_length=100_000)]
Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z]+-[0-9a-f]{16}$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Positive = Annotated[float, Field(gt=0)]


class Role(StrEnum):
    """What an actor does in the laboratory."""

    EXAMINER = "examiner"
    VERIFIER = "verifier"
    VALIDATOR = "validator"
    PRODUCER = "producer"
    ADMINISTRATOR = "administrator"


class Standing(StrEnum):
    """Whether an item's origin is in question or established."""

    QUESTIONED = "questioned"
    KNOWN = "known"


class Device(StrEnum):
    """The kind of device that made a capture."""

    SCANNER = "scanner"
    MICROSCOPE = "microscope"
    PHONE = "phone"
    UNKNOWN = "unknown"


class ScaleSource(StrEnum):
    """Where a physical scale comes from; shown wherever a micrometre is shown."""

    FILE_TAG = "file tag"
    ACTOR = "actor"
    CALIBRATION_TARGET = "calibration target"
    SIMULATION = "simulation"


class Actor(Record):
    """A named person with a role."""

    id: Identifier
    name: Name
    role: Role


class Scale(Record):
    """Micrometres per pixel along x and y, the source, and the relative standard uncertainty."""

    um_per_px_x: Positive
    um_per_px_y: Positive
    source: ScaleSource
    relative_uncertainty: Annotated[float, Field(ge=0, lt=1)]

    @property
    def um_per_px(self) -> float:
        """Geometric mean of the two axes, in micrometres per pixel."""
        return (self.um_per_px_x * self.um_per_px_y) ** 0.5


class Case(Record):
    """One commission: its items are examined and reported together."""

    id: Identifier
    title: Name
    reference: Text = ""
    customer: Text = ""
    note: Text = ""


class Item(Record):
    """A physical exhibit."""

    id: Identifier
    case_id: Identifier
    name: Name
    standing: Standing
    condition: Text = ""
    received: Text = ""
    simulated: bool = False


class Quality(Record):
    """Figures of a capture's technical quality.

    focus : variance of the Laplacian of the grey image scaled to 0..1, dimensionless, higher = sharper.
    clipped_low, clipped_high : share of samples at the darkest and the lightest value, 0..1.
    noise : robust standard deviation of the noise, in the share of full range, 0..1.
    """

    focus: float
    clipped_low: float
    clipped_high: float
    noise: float


class Capture(Record):
    """One image of an item: a page of a file, identified by the file's SHA-256 and the page number.

    width and height are in pixels after the EXIF orientation was applied; ``orientation`` is the EXIF value that was.
    """

    id: Identifier
    item_id: Identifier
    sha256: Sha256
    page: Annotated[int, Field(ge=0)]
    file_name: Text
    media_type: Text
    byte_size: Annotated[int, Field(ge=0)]
    width: Annotated[int, Field(gt=0)]
    height: Annotated[int, Field(gt=0)]
    channels: Annotated[int, Field(ge=1, le=3)]
    bit_depth: Annotated[int, Field(ge=1, le=16)]
    orientation: Annotated[int, Field(ge=1, le=8)] = 1
    icc_sha256: Sha256 | None = None
    device: Device
    scale: Scale | None = None
    quality: Quality
    simulated: bool = False


class Refusal(Record):
    """A file that could not be taken in, with the reason and what to do."""

    file_name: Text
    reason: Text
    remedy: Text = ""


class Opinion(Record):
    """What the examiner concluded, in the examiner's words."""

    id: Identifier
    case_id: Identifier
    text: Text
    finding_ids: tuple[Identifier, ...] = ()
    corrects: Identifier | None = None


class IssuedReport(Record):
    """A report as issued: its number, the hash of its PDF and of its manifest."""

    id: Identifier
    case_id: Identifier
    number: Name
    amends: Identifier | None = None
    pdf_sha256: Sha256
    manifest_sha256: Sha256
    head_sequence: int
    head_hash: Sha256


class Event(Record):
    """One line of the ledger: who did what, when, chained by hashes to everything before it."""

    sequence: Annotated[int, Field(ge=0)]
    time: Text
    actor_id: Text
    kind: Text
    payload: dict[str, Any]
    previous: Sha256
    hash: Sha256
