"""Reading the state of a store: HEAD and the ledger up to it, and what lies beyond it."""

from dataclasses import dataclass
from pathlib import Path

from engine.core.errors import StoreError
from engine.store import head as heads
from engine.store import ledger
from engine.store.disk import RESTORE, reading
from engine.store.head import GENESIS, Head, Slots
from engine.store.ledger import Entry, Problem


@dataclass(frozen=True)
class Generation:
    """One acknowledged state: its head, the checked entries since ``since``, what is damaged, what is remarkable.

    ``beyond`` counts the bytes after the head, which were never acknowledged. ``unsaved_head`` says that the head was
    found in the ledger while its slot of HEAD is damaged, so the next writer writes that slot first.
    """

    head: Head
    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]
    slots: Slots
    beyond: int
    unsaved_head: bool


def read_generation(folder: Path, since: Head = GENESIS) -> Generation:
    """Read and check what was acknowledged since a head; the caller holds the writer's lock, if there can be one."""
    slots = heads.read_slots(folder / heads.FILE)
    path = folder / ledger.FILE
    with reading(path):
        size = path.stat().st_size
    head = slots.newest
    adopted = not slots.whole and head.count == since.count - 1
    if adopted:
        head = since  # its slot was damaged since; that it was acknowledged is known
    if head.count < since.count or (head.count == since.count and head != since):
        what = "HEAD was put back to an earlier state while the store was open"
        raise StoreError(what, where=str(folder / heads.FILE), remedy=RESTORE)
    found = list(ledger.scan(path, since, min(head.offset, size)))
    entries = [item for item in found if isinstance(item, Entry)]
    problems = [item for item in found if isinstance(item, Problem)]
    problems += _end_problems(entries, since, head, size)
    tail = _whole_beyond(path, head, size)
    notes: list[str] = []
    if not slots.whole and not adopted and len(tail) == 1:
        # Its slot may have been damaged after it was acknowledged: keeping it can lose nothing.
        adopted = True
        entries.append(tail[0])
        head = tail[0].head
        notes.append(f"One slot of HEAD is damaged; event {head.sequence} stands whole in the ledger and is kept")
    elif len(tail) > 1:
        what = f"HEAD is older than the ledger: {len(tail)} whole events stand beyond it"
        problems.append(Problem(heads.FILE, what, heads.REMEDY))
    elif not slots.whole:
        notes.append("One slot of HEAD is damaged; the other is whole and agrees with the ledger")
    beyond = max(0, size - head.offset)
    if beyond:
        notes.append(f"{beyond} bytes beyond HEAD were never acknowledged; the next commit sets them aside")
    return Generation(head, tuple(entries), tuple(problems), tuple(notes), slots, beyond, adopted)


def _end_problems(entries: list[Entry], since: Head, head: Head, size: int) -> list[Problem]:
    """Compare where the ledger ended with where HEAD says it ends."""
    if size < head.offset:
        what = f"The ledger is cut off: {head.offset - size} bytes that were acknowledged are missing"
        return [Problem(ledger.FILE, what, RESTORE)]
    end = entries[-1].head if entries else since
    if end != head:
        what = f"The ledger does not end as HEAD says: event {head.sequence} with hash {head.hash} is not there"
        return [Problem(ledger.FILE, what, RESTORE)]
    return []


def _whole_beyond(path: Path, head: Head, size: int) -> list[Entry]:
    """Return the whole, rightly chained events that stand beyond the head."""
    whole = []
    for item in ledger.scan(path, head, size):
        if isinstance(item, Problem):
            break
        whole.append(item)
    return whole
