"""The kinds of event, the record each carries, and what that record refers to."""

from dataclasses import dataclass, field
from typing import Annotated

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
from engine.core.finding import Finding
from engine.core.records import Record

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


@dataclass(frozen=True)
class Kind:
    """What the store knows about one kind of event.

    ``identity`` is the field that names the record, ``refers`` maps fields that name other records to the kind that
    made those, ``needs`` and ``mentions`` are fields with SHA-256 of evidence that must, or may, be in the store.
    No two records share the value of a ``unique`` field, letter case aside; of several fields the first refers to the
    record within which the others are unique.
    """

    record: type[Record]
    identity: str = "id"
    refers: dict[str, str] = field(default_factory=dict[str, str])
    unique: tuple[tuple[str, ...], ...] = ()
    needs: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()


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


def about(kind: str, record: Record) -> tuple[str, ...]:
    """Return the record's own identifier and those it refers to, each once."""
    names = [KINDS[kind].identity, *KINDS[kind].refers] if KINDS[kind].identity else [*KINDS[kind].refers]
    return tuple(dict.fromkeys(key for name in names for key in identifiers(record, name)))
