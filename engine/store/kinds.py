"""The kinds of event, the record each carries, and what that record refers to."""

from dataclasses import dataclass, field
from typing import Annotated, NamedTuple

from pydantic import Field

from engine.core.case import (
    Actor,
    Capture,
    Case,
    Identifier,
    IssuedReport,
    Item,
    Name,
    Opinion,
    Refusal,
    Scale,
    Sha256,
    Text,
)
from engine.core.codes import CodeCheck, CodeSeries, CodesPrinted, IdBatch, LifeBatch, PassphraseChange, Voiding
from engine.core.finding import Finding
from engine.core.library import LABEL_PX, VECTOR_DIMENSIONS, Embedding, LabelBatch, Library, Withdrawal
from engine.core.operating import OperatingPoint
from engine.core.records import Record, sha256_hex

SCHEMA = 1
PROGRAM = "store"  # the actor of what the program did by itself


class StoreCreated(Record):
    """The first event of every store: whose it is."""

    laboratory: Name
    location: Text = ""


class ScaleSet(Record):
    """The physical scale of a capture, from now on."""

    capture_id: Identifier
    scale: Scale


class Destruction(Record):
    """Original bytes destroyed by order; the tombstone stays."""

    sha256: Sha256
    order: Name
    reason: Text = ""


class SetAside(Record):
    """Bytes found beyond HEAD: never acknowledged, kept as evidence, no longer in the ledger."""

    sha256: Sha256
    byte_size: Annotated[int, Field(gt=0)]


class HeadRestored(Record):
    """HEAD was damaged and written anew from the ledger; ``count`` events were there."""

    count: Annotated[int, Field(gt=0)]
    reason: Text


class Form(NamedTuple):
    """What a table looks like: its type, and along each axis a number, the field that gives it, or "" for any.

    A field gives its number, or how many entries it has. A table with nothing along an axis is not stored.
    """

    dtype: str
    axes: tuple[int | str, ...]

    def fits(self, record: Record, dtype: str | None, shape: tuple[int, ...]) -> bool:
        """Whether a table of that type and shape may stand beside the record; a type of None says there is none."""
        expected = tuple(_length(record, axis) for axis in self.axes)
        if dtype is None:
            return 0 in expected or None in expected
        known = len(shape) == len(expected) and all(
            length in (None, found) for length, found in zip(expected, shape, strict=True)
        )
        return known and dtype == self.dtype


def _length(record: Record, axis: int | str) -> int | None:
    if axis == "":
        return None
    value = axis if isinstance(axis, int) else getattr(record, axis)
    return value if isinstance(value, int) else len(value)


# Product IDs as 10 bytes each, and beside each a row of texts: numbers of texts in a pool, each ended by a zero byte.
IDS = Form("|u1", ("count", 10))
POOL = Form("|u1", ("",))
# Labels: grey images; field, row, column and class (-1: unknown); corners in the field; focus and class probability.
LABELS = {
    "crops": Form("|u1", ("count", LABEL_PX * LABEL_PX)),
    "places": Form("<i4", ("count", 4)),
    "corners": Form("<f4", ("count", 8)),
    "measures": Form("<f4", ("count", 2)),
}
VECTORS = Form("<f4", ("count", VECTOR_DIMENSIONS))


@dataclass(frozen=True)
class Kind:
    """What the store knows about one kind of event.

    ``identity`` is the field that names the record, ``refers`` maps fields that name other records to the kind that
    made those, ``needs`` and ``mentions`` are fields with SHA-256 of evidence that must, or may, be in the store.
    No two records share the value of a ``unique`` field, letter case aside; of several fields the first refers to the
    record within which the others are unique. ``run`` names the record within which records count things on from one
    another without a gap, the first number of each, and how many it counts. ``secrets`` are fields with SHA-256 of
    sealed secrets that must be in the store. Queries find the record also by the texts of its ``texts`` fields.
    ``tables`` are the arrays that its segment holds, by name.
    """

    record: type[Record]
    identity: str = "id"
    refers: dict[str, str] = field(default_factory=dict[str, str])
    unique: tuple[tuple[str, ...], ...] = ()
    run: tuple[str, str, str] | None = None
    needs: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    tables: dict[str, Form] = field(default_factory=dict[str, Form])


KINDS: dict[str, Kind] = {
    "store created": Kind(StoreCreated, identity=""),
    "actor added": Kind(Actor, unique=(("name",),)),
    "case opened": Kind(Case),
    "item added": Kind(Item, refers={"case_id": "case opened"}, unique=(("case_id", "name"),)),
    "capture taken in": Kind(Capture, refers={"item_id": "item added"}, needs=("sha256",), mentions=("icc_sha256",)),
    "file refused": Kind(Refusal, identity=""),
    "scale set": Kind(ScaleSet, identity="", refers={"capture_id": "capture taken in"}),
    "finding made": Kind(Finding, refers={"case_id": "case opened", "capture_ids": "capture taken in"}),
    "opinion given": Kind(
        Opinion,
        refers={"case_id": "case opened", "finding_ids": "finding made", "corrects": "opinion given"},
    ),
    "report issued": Kind(
        IssuedReport,
        refers={"case_id": "case opened", "amends": "report issued"},
        unique=(("number",),),
        mentions=("pdf_sha256", "manifest_sha256"),
    ),
    "series made": Kind(CodeSeries, unique=(("name",),), secrets=("sealed_sha256",)),
    "passphrase changed": Kind(
        PassphraseChange,
        refers={"series_id": "series made"},
        unique=(("replaced_sha256",),),
        secrets=("sealed_sha256",),
    ),
    "ids issued": Kind(
        IdBatch,
        refers={"series_id": "series made"},
        tables={"ids": IDS, "cells": Form("<i4", ("count", "columns")), "pool": POOL},
    ),
    "codes printed": Kind(CodesPrinted, refers={"series_id": "series made", "batch_ids": "ids issued"}),
    "steps recorded": Kind(LifeBatch, tables={"ids": IDS, "cells": Form("<i4", ("count", 5)), "pool": POOL}),
    "code checked": Kind(
        CodeCheck,
        refers={
            "series_id": "series made",
            "operating_point_id": "operating point set",
            "finding_id": "finding made",
        },
        texts=("product_id", "code_text"),
    ),
    "voided": Kind(Voiding, refers={"series_id": "series made"}),
    "operating point set": Kind(OperatingPoint, refers={"series_id": "series made"}),
    "library made": Kind(Library, unique=(("name",),)),
    "labels enrolled": Kind(
        LabelBatch,
        refers={"library_id": "library made"},
        run=("library_id", "first_number", "count"),
        needs=("field_sha256",),
        texts=("field_sha256",),
        tables={**LABELS, "vectors": VECTORS},
    ),
    "labels embedded": Kind(
        Embedding,
        refers={"batch_id": "labels enrolled"},
        tables={"classes": Form("<i4", ("count",)), "vectors": VECTORS},
    ),
    "labels withdrawn": Kind(Withdrawal, refers={"library_id": "library made"}),
    "evidence destroyed": Kind(Destruction, identity="sha256", needs=("sha256",)),
    "bytes set aside": Kind(SetAside, identity="", needs=("sha256",)),
    "head restored": Kind(HeadRestored, identity=""),
}
OWN = frozenset({"store created", "bytes set aside", "head restored"})  # only the store itself writes these


def identifiers(record: Record, name: str) -> tuple[str, ...]:
    """Return what a field of the record names: none, one or several identifiers."""
    value = getattr(record, name, None)
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)


def folded(record: Record, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the values of fields with their letter case put aside, for comparing what must be unique."""
    return tuple(value.casefold() for name in names for value in identifiers(record, name))


def next_number(kind: str, record: Record) -> int:
    """Return the number from which the next record of a kind that counts on must count."""
    run = KINDS[kind].run
    assert run is not None
    return int(getattr(record, run[1])) + int(getattr(record, run[2]))


def about(kind: str, record: Record) -> tuple[str, ...]:
    """Return the record's own identifier, those it refers to, and the keys of its texts, each once."""
    names = [KINDS[kind].identity, *KINDS[kind].refers] if KINDS[kind].identity else [*KINDS[kind].refers]
    keys = [key for name in names for key in identifiers(record, name)]
    keys += [text_key(text) for name in KINDS[kind].texts for text in identifiers(record, name)]
    return tuple(dict.fromkeys(keys))


def text_key(text: str) -> str:
    """Return the key by which a text of any letters is found in the ledger."""
    return f"text-{sha256_hex(text.encode())[:32]}"
