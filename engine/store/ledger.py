"""The ledger: one event a line, each chained by its hash to everything before it.

A line is canonical JSON. Its hash covers the line's text before ``,"hash":"``; ``previous`` is the hash of the line
before. The keys a query needs stand at the line's beginning, so that opening a store hashes every line but parses none.
"""

import re
from collections.abc import Iterator
from json import loads
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from engine.core.case import Event
from engine.core.errors import StoreError
from engine.core.records import canonical_json, sha256_hex
from engine.store.disk import RESTORE, reading
from engine.store.head import Head

FILE = "ledger.jsonl"
LINE_LIMIT = 64 << 20  # bytes of one event; arrays belong into segments
_PREFIX = re.compile(
    rb'\{"actor_id":"([a-z0-9-]+)","kind":"([a-z ]+)","payload":\{"about":\[("[a-z0-9-]+"(?:,"[a-z0-9-]+")*)?\],'
    rb'"case_id":(?:null|"([a-z0-9-]+)"),'
)
_SUFFIX = re.compile(
    rb',"previous":"([0-9a-f]{64})","sequence":([0-9]{1,15}),"time":"[0-9TZ:.-]+","hash":"([0-9a-f]{64})"\}\n\Z'
)
_SUFFIX_LENGTH = 320  # bytes that hold any suffix
_HASH_LENGTH = len(',"hash":""}\n') + 64


class Problem(NamedTuple):
    """Damage that was found: where, what, and what to do."""

    where: str
    what: str
    remedy: str


class Entry(NamedTuple):
    """Where an event stands in the ledger, and the keys it is found by.

    ``about`` holds the identifiers of the record and of the records it refers to.
    """

    sequence: int
    offset: int
    length: int
    hash: str
    kind: str
    about: tuple[str, ...]
    case_id: str | None

    @property
    def head(self) -> Head:
        """The head of a ledger that ends with this event."""
        return Head(self.sequence + 1, self.offset + self.length, self.hash)


def encode(head: Head, *, time: str, actor_id: str, kind: str, payload: dict[str, Any]) -> bytes:
    """Return the line of the event that follows ``head``; the payload begins with ``about`` and ``case_id``."""
    values = {"actor_id": actor_id, "kind": kind, "payload": payload}
    text = canonical_json({**values, "previous": head.hash, "sequence": head.count, "time": time})[:-1]
    return text + _ending(sha256_hex(text))


def _ending(digest: str) -> bytes:
    """Return what follows the text that the hash covers."""
    return f',"hash":"{digest}"}}\n'.encode()


def entry_of(line: bytes, after: Head) -> Entry | str:
    """Return the entry of a line that stands right after ``after``, or what is wrong with it.

    An ``after`` without a hash (the line before was damaged) leaves the link to it unchecked.
    """
    prefix, suffix = _PREFIX.match(line), _SUFFIX.search(line, max(0, len(line) - _SUFFIX_LENGTH))
    if prefix is None or suffix is None:
        return "is damaged: this is no line of a ledger"
    digest = sha256_hex(memoryview(line)[:-_HASH_LENGTH])
    if suffix[3].decode() != digest:
        return "is damaged: its hash does not fit its text"
    if int(suffix[2]) != after.count:
        return f"is not where it belongs: event {int(suffix[2])} stands in its place"
    if after.hash and suffix[1].decode() != after.hash:
        return "is not chained to the event before it"
    about = tuple(prefix[3].decode()[1:-1].split('","')) if prefix[3] else ()
    case_id = prefix[4].decode() if prefix[4] else None
    return Entry(after.count, after.offset, len(line), digest, prefix[2].decode(), about, case_id)


def scan(path: Path, after: Head, end: int) -> Iterator[Entry | Problem]:
    """Check every line from ``after`` to byte ``end``; a damaged line gives a Problem and the check goes on."""
    head = after
    with reading(path), path.open("rb") as file:
        file.seek(head.offset)
        while head.offset < end:
            line, length = _line(file, end - head.offset)
            if not length:
                break
            found = entry_of(line, head)
            if isinstance(found, Entry):
                head = found.head
                yield found
                continue
            yield Problem(f"{FILE}, event {head.count}, byte {head.offset}", f"Event {head.count} {found}", RESTORE)
            count, digest = _claims(line) or (head.count, "")
            head = Head(count + 1, head.offset + length, digest)


def _claims(line: bytes) -> tuple[int, str] | None:
    """Return sequence and hash of a line that is whole by itself: one missing line is one problem, not a thousand."""
    suffix = _SUFFIX.search(line, max(0, len(line) - _SUFFIX_LENGTH))
    if suffix is None or suffix[3].decode() != sha256_hex(memoryview(line)[:-_HASH_LENGTH]):
        return None
    return int(suffix[2]), suffix[3].decode()


def _line(file: BinaryIO, limit: int) -> tuple[bytes, int]:
    """Return the next line and its length in the file; of one that is too long only the beginning."""
    line = file.readline(min(limit, LINE_LIMIT))
    length = len(line)
    while line and length < limit and not line.endswith(b"\n"):
        more = file.readline(min(limit - length, LINE_LIMIT))
        length += len(more)
        if not more or more.endswith(b"\n"):
            break
    return line, length


def read_event(path: Path, entry: Entry) -> Event:
    """Read one event again and check it against its entry; raises StoreError naming it."""
    return read_events(path, (entry,))[0]


def read_events(path: Path, entries: tuple[Entry, ...]) -> list[Event]:
    """Read events again, each checked against its entry; raises StoreError naming the damaged one."""
    events = []
    with reading(path), path.open("rb") as file:
        for entry in entries:
            file.seek(entry.offset)
            line = file.read(entry.length)
            text, ending = memoryview(line)[:-_HASH_LENGTH], line[-_HASH_LENGTH:]
            if sha256_hex(text) != entry.hash or ending != _ending(entry.hash):
                what = f"Event {entry.sequence} is damaged: it is no longer what it was when the store was opened"
                raise StoreError(what, where=f"{path}, byte {entry.offset}", remedy=RESTORE)
            events.append(parse(line, entry, path))
    return events


def parse(line: bytes, entry: Entry, path: Path) -> Event:
    """Return the event of a line whose hash was checked; raises StoreError."""
    try:
        return Event.model_validate(loads(line))
    except (ValueError, RecursionError) as error:
        what = f"Event {entry.sequence} cannot be read, though its hash fits"
        raise StoreError(
            what, where=f"{path}, byte {entry.offset}", remedy="It was not written by Touchstone"
        ) from error
