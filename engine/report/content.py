"""What a report says: records put together by the workflow, and the pictures that go with them."""

from typing import Annotated

from pydantic import Field, StringConstraints

from engine.core.case import Actor, Capture, Case, Identifier, Item, Name, Opinion, Positive, Scale, Sha256, Text
from engine.core.codes import SeriesFacts
from engine.core.finding import Finding
from engine.core.library import FieldUsed, Library
from engine.core.operating import OperatingPoint
from engine.core.records import Record

# Printed on every page, so it has to fit a header.
ReportNumber = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
PixelCount = Annotated[int, Field(gt=0, le=8192)]


class MethodUsed(Record):
    """A method that made findings of this report, with the publication or standard behind it."""

    key: Name
    title: Name
    version: Name
    citation: Text


class ExaminedItem(Record):
    """An item with its captures, in the order they were taken in.

    ``destroyed`` names by SHA-256 the orders by which original bytes were destroyed.
    """

    item: Item
    captures: tuple[Capture, ...] = ()
    destroyed: dict[Sha256, Name] = Field(default_factory=dict)


class ReportedFinding(Record):
    """A finding with who made it and when (UTC, ISO 8601)."""

    finding: Finding
    examiner: Actor
    made: Text


class ReportedPoint(Record):
    """An operating point that a finding was classified by, with who set it and when (UTC, ISO 8601)."""

    point: OperatingPoint
    approver: Actor
    approved: Text


class ReportedLabel(Record):
    """A known label that a finding ranks first: where it was cut from, by whom it was enrolled and when (UTC).

    Row and column count from 0.
    """

    number: Annotated[int, Field(ge=1)]
    batch_id: Identifier
    field: FieldUsed
    row: Annotated[int, Field(ge=0)]
    column: Annotated[int, Field(ge=0)]
    enrolled: Text
    enroller: Actor


class ReportedLibrary(Record):
    """A library of known labels that findings searched, and of its labels those that they rank first.

    ``labels`` and ``withdrawn`` count as of the ledger's HEAD; how many were searched each finding tells itself.
    """

    library: Library
    labels: Annotated[int, Field(ge=0)]
    withdrawn: Annotated[int, Field(ge=0)]
    matched: tuple[ReportedLabel, ...] = ()


class ReportedOpinion(Record):
    """An opinion with its author and when it was given (UTC, ISO 8601)."""

    opinion: Opinion
    author: Actor
    given: Text


class Amendment(Record):
    """The report that this one amends, and why. ``count`` numbers the amendments of one report from 1."""

    count: Annotated[int, Field(ge=1)]
    number: ReportNumber
    issued: Text
    manifest_sha256: Sha256
    reason: Text


class ReportContent(Record):
    """All that a report states, pictures aside.

    ``issued`` and ``examined`` (first and last time of an examination) are UTC, ISO 8601. ``head_sequence`` and
    ``head_hash`` are the ledger's HEAD at the time of issue, which anchor it against being rolled back.
    ``deviations``, ``sampling`` and ``external`` are additions to, deviations or exclusions from the method, the
    sampling, and results from external providers; empty where there are none (ISO/IEC 17025:2017, 7.8.2.1).
    ``points``, ``series`` and ``libraries`` are those that the findings name; of a series only what may be told.
    """

    laboratory: Name
    address: Text = ""
    location: Text = ""
    number: ReportNumber
    title: Name
    amendment: Amendment | None = None
    case: Case
    methods: tuple[MethodUsed, ...]
    items: tuple[ExaminedItem, ...]
    findings: tuple[ReportedFinding, ...]
    points: tuple[ReportedPoint, ...] = ()
    series: tuple[SeriesFacts, ...] = ()
    libraries: tuple[ReportedLibrary, ...] = ()
    opinions: tuple[ReportedOpinion, ...]
    examined: tuple[Text, Text]
    issued: Text
    deviations: Text = ""
    sampling: Text = ""
    external: Text = ""
    authoriser: Actor
    head_sequence: Annotated[int, Field(ge=0)]
    head_hash: Sha256

    @property
    def simulated(self) -> bool:
        """Whether anything in the report comes from simulated captures."""
        captures = (capture for entry in self.items for capture in entry.captures)
        parts = [entry.item.simulated for entry in self.items]
        parts += [capture.simulated for capture in captures]
        parts += [entry.finding.simulated for entry in self.findings]
        parts += [entry.point.domain.simulated for entry in self.points]
        parts += [entry.library.simulated for entry in self.libraries]
        return any(parts)


class Picture(Record):
    """Pixels of a panel as a PNG file: 8-bit grey or RGB without transparency.

    ``pixels_sha256`` is over the decoded pixels (height, width, channels), so it can be checked from the PDF, where
    the PNG file itself no longer exists. The bytes are not part of the JSON form.
    """

    width: PixelCount
    height: PixelCount
    channels: Annotated[int, Field(ge=1, le=3)]
    pixels_sha256: Sha256
    png: bytes = Field(exclude=True, repr=False, default=b"")


class Panel(Record):
    """One picture of a figure, with what it shows and its physical scale.

    ``um_per_px`` is micrometres per pixel of the *picture* along x; None where no scale is known. ``extent`` says which
    part of which capture is shown and at what reduction or enlargement.
    """

    label: Text
    picture: Picture
    um_per_px: Positive | None = None
    scale: Scale | None = None
    extent: Text = ""


class ColourBar(Record):
    """How colours of an overlay are to be read; ``grid`` is (columns, rows) of the native grid."""

    title: Text
    low: float
    high: float
    unit: Text = ""
    colour_map: Name
    grid: tuple[int, int]
    cell_px: Positive
    opacity: Annotated[float, Field(gt=0, le=1)]


class Figure(Record):
    """One or two panels with a caption; ``finding_id`` places the figure beside a finding."""

    key: Name
    caption: Text
    panels: Annotated[tuple[Panel, ...], Field(min_length=1, max_length=2)]
    colour_bar: ColourBar | None = None
    finding_id: Text = ""
