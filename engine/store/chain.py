"""The growing end of the ledger: the one place that appends events and moves HEAD."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.core.case import Event
from engine.core.errors import InputError
from engine.core.records import utc_now
from engine.jobs import JobContext
from engine.store import head as heads
from engine.store import ledger
from engine.store.disk import Disk, overwrite
from engine.store.evidence import EvidenceFolder
from engine.store.generation import Generation, read_generation
from engine.store.head import GENESIS, Head
from engine.store.kinds import PROGRAM, HeadRestored, SetAside
from engine.store.ledger import Entry
from engine.store.writing import payload_of


class Chain:
    """HEAD and the ledger's end as one process knows them. The caller holds the writer's lock."""

    def __init__(self, path: Path, disk: Disk) -> None:
        self.head = GENESIS
        self._path = path
        self._disk = disk
        self._state: Generation | None = None
        self._slot = 0

    def read(self) -> Generation:
        """Read what was committed since the last call; the first call reads everything."""
        state = read_generation(self._path, self.head)
        self.head, self._slot, self._state = state.head, state.slots.index, state
        return state

    def append(self, actor_id: str, kind: str, payload: dict[str, Any]) -> tuple[Entry, Event]:
        """Write the line, then HEAD, each synced; only then is the event acknowledged."""
        line, entry = next_line(self.head, actor_id, kind, payload)
        event = ledger.parse(line, entry, self._path / ledger.FILE)
        overwrite(self._disk, self._path / ledger.FILE, self.head.offset, line, cut=True)
        heads.write_slot(self._disk, self._path / heads.FILE, 1 - self._slot, entry.head)
        self._slot = 1 - self._slot
        self.head = entry.head
        return entry, event

    def settle(self, evidence: EvidenceFolder) -> Iterator[Entry]:
        """Put right what a crash left, a damaged slot of HEAD or bytes beyond HEAD; yield what records it."""
        assert self._state is not None
        state, self._state = self._state, None
        beyond = self._beyond(state.beyond, evidence) if state.beyond else None
        if state.unsaved_head:
            self._slot = 1 - self._slot
            heads.write_slot(self._disk, self._path / heads.FILE, self._slot, self.head)
            yield self.record_restored_head("One of its two slots was damaged")
        if beyond is not None:
            payload = {**payload_of("bytes set aside", beyond), "evidence": [beyond.sha256]}
            yield self.append(PROGRAM, "bytes set aside", payload)[0]

    def record_restored_head(self, reason: str) -> Entry:
        """Record that HEAD was written anew."""
        restored = HeadRestored(count=self.head.count, reason=reason)
        return self.append(PROGRAM, "head restored", payload_of("head restored", restored))[0]

    def _beyond(self, size: int, evidence: EvidenceFolder) -> SetAside:
        """Keep the bytes beyond HEAD as evidence before the next line takes their place."""
        with (self._path / ledger.FILE).open("rb") as file:
            file.seek(self.head.offset)
            return SetAside(sha256=evidence.add(file.read(), ".bin", JobContext()), byte_size=size)


def next_line(head: Head, actor_id: str, kind: str, payload: dict[str, Any]) -> tuple[bytes, Entry]:
    """Return the line that follows a head, and its entry."""
    line = ledger.encode(head, time=utc_now(), actor_id=actor_id, kind=kind, payload=payload)
    if len(line) > ledger.LINE_LIMIT:
        raise InputError(f"The event is too large: {len(line)} bytes", remedy="Arrays belong into overlays")
    entry = ledger.entry_of(line, head)
    assert isinstance(entry, Entry), entry
    return line, entry
