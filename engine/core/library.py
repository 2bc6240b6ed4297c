"""Records of libraries: the known labels, the fields they were cut from, their embeddings, what was withdrawn.

A label is known by its library and its number, from 1 upwards in the order of enrolment.
"""

from typing import Annotated, Self

from pydantic import Field, model_validator

from engine.core.case import Identifier, Name, Sha256, Text
from engine.core.records import Record

LABEL_PX = 256  # a label's image is LABEL_PX x LABEL_PX grey pixels, its etched frame at the image's edge
VECTOR_DIMENSIONS = 256  # of an embedding, He et al. 2024
FIELD_LABELS = 200  # the most labels that one field shows
METHOD = "micro-pattern"  # of findings and operating points
SIMILARITY = "similarity"  # key of the score that operating points hold for: cosine of unit vectors, -1..1

Count = Annotated[int, Field(ge=1)]
Number = Annotated[int, Field(ge=1, lt=1 << 31)]
Side = Annotated[int, Field(ge=1, le=FIELD_LABELS)]


class Library(Record):
    """A library of known labels; its fields show arrays of ``columns`` x ``rows`` labels."""

    id: Identifier
    name: Name
    note: Text = ""
    columns: Side = 4
    rows: Side = 3
    simulated: bool = False

    @model_validator(mode="after")
    def _fields_show_so_many(self) -> Self:
        if self.columns * self.rows > FIELD_LABELS:
            raise ValueError(f"a field shows at most {FIELD_LABELS} labels")
        return self


class FieldUsed(Record):
    """A field that labels of a batch were cut from, or an image of a single one.

    ``sha256`` is its original bytes, which the store keeps. ``found`` labels were enrolled; ``reason`` names the places
    where there was none to enrol, and why.
    """

    file_name: Text
    sha256: Sha256
    found: Annotated[int, Field(ge=0, le=FIELD_LABELS)]
    reason: Text = ""


class LabelBatch(Record):
    """Labels enrolled at one time; images, places, quality and embeddings stand in the event's segment.

    The labels have the numbers from ``first_number`` on, field by field and row by row. ``embedder_key`` tells under
    which weights the embeddings were made: only those of one key are ever compared. ``classes`` are the names of the
    pattern classes that these weights know, in the order of their numbers; none are recorded in earlier batches.
    """

    id: Identifier
    library_id: Identifier
    first_number: Number
    count: Count
    fields: Annotated[tuple[FieldUsed, ...], Field(min_length=1, max_length=10_000)]
    embedder_key: Sha256
    classes: Annotated[tuple[Name, ...], Field(max_length=10_000)] = ()
    simulated: bool = False

    @model_validator(mode="after")
    def _fields_hold_the_labels(self) -> Self:
        if sum(field.found for field in self.fields) != self.count:
            raise ValueError("the fields of a batch hold as many labels as the batch counts")
        return self

    @property
    def field_sha256(self) -> tuple[str, ...]:
        """SHA-256 of the fields' original bytes, in their order."""
        return tuple(field.sha256 for field in self.fields)

    @property
    def numbers(self) -> range:
        """The numbers of its labels."""
        return range(self.first_number, self.first_number + self.count)


class Embedding(Record):
    """Embeddings of a batch's labels, made anew under other weights; they stand in the event's segment."""

    id: Identifier
    batch_id: Identifier
    embedder_key: Sha256
    count: Count


class Withdrawal(Record):
    """Labels that are left out of every search from now on."""

    id: Identifier
    library_id: Identifier
    numbers: Annotated[tuple[Number, ...], Field(min_length=1, max_length=100_000)]
    reason: Name


def label_name(number: int) -> str:
    """Return how a label's number is shown, such as ``No. 000123``."""
    return f"No. {number:06d}"


def label_number(name: str) -> int:
    """Return the number of a label from how it is shown; raises ValueError where the text is no such name."""
    number = int(name.removeprefix("No. "))
    if label_name(number) != name:
        raise ValueError(f"{name!r} is no label's name")
    return number
