"""The projection of the ledger that queries ask: which events are about what.

It is made from the checked lines whenever a store is opened and lives in memory only: an index on disk would have to
be compared with the ledger before it could be trusted, which is the same work (docs/adr/store-projection.md).
"""

import threading
from collections.abc import Iterable

from engine.store.ledger import Entry


class Projection:
    """Entries by kind, and by kind and identifier; safe to read while another thread adds."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._found: dict[tuple[str, str], list[Entry]] = {}
        self._lock = threading.Lock()

    def add(self, entries: Iterable[Entry]) -> None:
        """Add what follows in the ledger."""
        with self._lock:
            for entry in entries:
                self._entries.append(entry)
                keys = dict.fromkeys((*entry.about, entry.case_id or ""))
                for key in keys:
                    if key:
                        self._found.setdefault((entry.kind, key), []).append(entry)
                        self._found.setdefault(("", key), []).append(entry)
                self._found.setdefault((entry.kind, ""), []).append(entry)

    def entries(self) -> tuple[Entry, ...]:
        """Return all entries in the ledger's order."""
        with self._lock:
            return tuple(self._entries)

    def find(self, kind: str = "", key: str = "") -> tuple[Entry, ...]:
        """Return the entries of a kind (any where empty) about an identifier (any where empty), in order."""
        if not kind and not key:
            return self.entries()
        with self._lock:
            return tuple(self._found.get((kind, key), ()))

    def made(self, kind: str, key: str) -> Entry | None:
        """Return the entry whose record of that kind has that identifier as its own."""
        for entry in self.find(kind, key):
            if entry.about[0] == key:
                return entry
        return None
