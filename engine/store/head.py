"""HEAD: two slots that say how far the ledger is acknowledged.

Each slot is one line of JSON, padded with blanks to a slot of its own disk sector: count of events, offset of the
ledger's end, hash of the last event, and a check over these. They are written in turn, so a torn write spoils one
slot only and the other still names the state before.
"""

from dataclasses import asdict, dataclass
from json import loads
from pathlib import Path

from engine.core.errors import StoreError
from engine.core.records import canonical_json, sha256_hex
from engine.store.disk import Disk, overwrite, reading

SLOT = 4096  # bytes: the largest sector in common use, the unit that a power cut can spoil
FILE = "HEAD"
NO_HASH = "0" * 64


@dataclass(frozen=True, order=True)
class Head:
    """The acknowledged end of the ledger: how many events, at which byte, the last one's hash."""

    count: int
    offset: int
    hash: str

    @property
    def sequence(self) -> int:
        """Sequence number of the last acknowledged event; -1 before the first."""
        return self.count - 1

    def encode(self) -> bytes:
        """Return the slot's bytes."""
        values = asdict(self)
        text = canonical_json({**values, "check": sha256_hex(canonical_json(values))})
        return text.ljust(SLOT - 1) + b"\n"


GENESIS = Head(0, 0, NO_HASH)


def decode(slot: bytes) -> Head | None:
    """Return the slot's head, or None where not every byte is as it was written."""
    try:
        values = loads(slot)
        head = Head(values["count"], values["offset"], values["hash"])
        if type(head.count) is not int or type(head.offset) is not int or not isinstance(head.hash, str):
            return None
        if min(head.count, head.offset) < 0:
            return None
        return head if slot == head.encode() else None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


@dataclass(frozen=True)
class Slots:
    """What HEAD holds; ``whole`` is false where a slot is damaged or the file has another size."""

    newest: Head
    index: int
    whole: bool


def read_slots(path: Path) -> Slots:
    """Read HEAD; raises StoreError where no slot is left to trust."""
    if not path.exists():
        raise StoreError("HEAD is missing", where=str(path), remedy=REMEDY)
    with reading(path), path.open("rb") as file:
        data = file.read(2 * SLOT + 1)
    slots = [decode(data[:SLOT]), decode(data[SLOT : 2 * SLOT])]
    valid = [(head, index) for index, head in enumerate(slots) if head is not None]
    if not valid:
        raise StoreError("both slots of HEAD are damaged", where=str(path), remedy=REMEDY)
    newest, index = max(valid)
    return Slots(newest, index, whole=len(valid) == 2 and len(data) == 2 * SLOT)


def write_slot(disk: Disk, path: Path, index: int, head: Head) -> None:
    """Write a slot and sync it."""
    overwrite(disk, path, index * SLOT, head.encode())


REMEDY = "Rebuild the store: the ledger is checked to its end and HEAD written anew"
