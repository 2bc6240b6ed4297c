"""What can be asked of a store. Every answer is read from the ledger again and checked against its hash."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from engine.core.case import Actor, Capture, Case, Event, IssuedReport, Item, Opinion, Refusal
from engine.core.errors import InputError, StoreError
from engine.core.finding import Finding, Raster
from engine.core.records import Record
from engine.store import ledger, segments
from engine.store.disk import RESTORE
from engine.store.evidence import SHA256
from engine.store.kinds import KINDS, Destruction, ScaleSet
from engine.store.ledger import Entry
from engine.store.projection import Projection
from engine.store.segments import Segment

R = TypeVar("R", bound=Record)


class Queries:
    """The reading half of a store: one generation of its ledger."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._projection = Projection()

    def events(self) -> tuple[Event, ...]:
        """Return every event in order."""
        return self._events(self._projection.entries())

    def case_events(self, case_id: str) -> tuple[Event, ...]:
        """Return the events of a case in order: its custody."""
        entries = self._projection.find("", case_id)
        return self._events(entry for entry in entries if entry.case_id == case_id)

    def actors(self) -> tuple[Actor, ...]:
        """Return the actors in the order they were added."""
        return self._all(Actor, "actor added")

    def actor(self, actor_id: str) -> Actor:
        """Return the actor; raises InputError where there is none."""
        return self._one(Actor, "actor added", actor_id)

    def cases(self) -> tuple[Case, ...]:
        """Return the cases in the order they were opened."""
        return self._all(Case, "case opened")

    def case(self, case_id: str) -> Case:
        """Return the case; raises InputError where there is none."""
        return self._one(Case, "case opened", case_id)

    def items(self, case_id: str) -> tuple[Item, ...]:
        """Return the items of a case."""
        return self._all(Item, "item added", case_id)

    def item(self, item_id: str) -> Item:
        """Return the item; raises InputError where there is none."""
        return self._one(Item, "item added", item_id)

    def captures(self, item_id: str) -> tuple[Capture, ...]:
        """Return the captures of an item, each with its present scale."""
        return tuple(self._scaled(capture) for capture in self._all(Capture, "capture taken in", item_id))

    def capture(self, capture_id: str) -> Capture:
        """Return the capture with its present scale; raises InputError where there is none."""
        return self._scaled(self._one(Capture, "capture taken in", capture_id))

    def findings(self, case_id: str) -> tuple[Finding, ...]:
        """Return the findings of a case, without the arrays of their overlays."""
        return self._all(Finding, "finding made", case_id)

    def finding(self, finding_id: str, *, with_rasters: bool = False) -> Finding:
        """Return the finding; ``with_rasters`` attaches the arrays of its overlays."""
        finding = self._one(Finding, "finding made", finding_id)
        if not with_rasters:
            return finding
        rasters = self.rasters(finding_id)
        overlays = tuple(
            overlay.with_raster(rasters[overlay.key]) if overlay.raster_sha256 else overlay
            for overlay in finding.overlays
        )
        return finding.model_copy(update={"overlays": overlays})

    def rasters(self, finding_id: str) -> dict[str, Raster]:
        """Return the arrays of a finding's overlays by overlay key, checked against the finding."""
        event = self.event_of("finding made", finding_id)
        finding = self._record(Finding, event)
        segment = segment_of(event)
        rasters = dict(segments.read(self.path / segments.FOLDER, segment).rasters) if segment else {}
        recorded = {overlay.key: overlay.raster_sha256 for overlay in finding.overlays if overlay.raster_sha256}
        if {key: raster.sha256 for key, raster in rasters.items()} != recorded:
            what = "The arrays are not those of the finding's overlays"
            raise StoreError(what, where=finding_id, remedy=RESTORE)
        return rasters

    def opinions(self, case_id: str) -> tuple[Opinion, ...]:
        """Return the opinions of a case, corrected ones included."""
        return self._all(Opinion, "opinion given", case_id)

    def reports(self, case_id: str) -> tuple[IssuedReport, ...]:
        """Return the reports issued for a case, amended ones included."""
        return self._all(IssuedReport, "report issued", case_id)

    def refusals(self, case_id: str) -> tuple[Refusal, ...]:
        """Return the files of a case that were refused."""
        return self._all(Refusal, "file refused", case_id)

    def destruction(self, sha256: str) -> Destruction | None:
        """Return by what order the bytes of that SHA-256 were destroyed, or None where they were not."""
        return next((record_of(event, Destruction) for event in self.destructions((sha256,))), None)

    def destructions(self, sha256: Iterable[str]) -> tuple[Event, ...]:
        """Return the events that destroyed any of these bytes."""
        return self._events(entry for key in sha256 for entry in self._projection.find("evidence destroyed", key))

    def _scaled(self, capture: Capture) -> Capture:
        entries = self._projection.find("scale set", capture.id)
        if not entries:
            return capture
        latest = self._record(ScaleSet, self._events(entries[-1:])[0])
        return capture.model_copy(update={"scale": latest.scale})

    def _events(self, entries: Iterable[Entry]) -> tuple[Event, ...]:
        return tuple(ledger.read_events(self.path / ledger.FILE, tuple(entries)))

    def event_of(self, kind: str, key: str) -> Event:
        """Return the event that made the record of that kind and identifier; raises InputError where there is none."""
        entry = self._projection.made(kind, key)
        if entry is None:
            raise InputError(f"There is no {kind.split()[0]} {key}", remedy="Check the identifier")
        return self._events((entry,))[0]

    def _one(self, record: type[R], kind: str, key: str) -> R:
        return self._record(record, self.event_of(kind, key))

    def _all(self, record: type[R], kind: str, key: str = "") -> tuple[R, ...]:
        return tuple(self._record(record, event) for event in self._events(self._projection.find(kind, key)))

    def _record(self, record: type[R], event: Event) -> R:
        return record_of(event, record)


def record_of(event: Event, record: type[R]) -> R:
    """Return the record that an event carries; raises StoreError where it is not one of its kind."""
    values: Any = event.payload.get("record")
    try:
        return record.from_json(values)
    except (ValidationError, ValueError) as error:
        raise _foreign(event, "does not carry the record of its kind") from error


def segment_of(event: Event) -> Segment | None:
    """Return the segment that an event names, if it names one; raises StoreError where that cannot be one."""
    stored = event.payload.get("segment")
    try:
        return None if stored is None else Segment.from_json(stored)
    except ValidationError as error:
        raise _foreign(event, "does not name its segment as a store does") from error


def evidence_of(event: Event) -> tuple[str, ...]:
    """Return the SHA-256 of the evidence that an event names; raises StoreError where these cannot be any."""
    named = event.payload.get("evidence", [])
    if not isinstance(named, list) or not all(isinstance(key, str) and SHA256.fullmatch(key) for key in named):
        raise _foreign(event, "does not name its evidence as a store does")
    return tuple(named)


def _foreign(event: Event, what: str) -> StoreError:
    remedy = "It was not written by Touchstone"
    return StoreError(f"Event {event.sequence} ({event.kind}) {what}", where=ledger.FILE, remedy=remedy)


def any_record_of(event: Event) -> Record:
    """Return the record that an event carries, of whatever kind; raises StoreError."""
    kind = KINDS.get(event.kind)
    if kind is None:
        what = f"Event {event.sequence} is of an unknown kind: {event.kind}"
        raise StoreError(what, where=ledger.FILE, remedy="Open the store with a newer Touchstone")
    return record_of(event, kind.record)
