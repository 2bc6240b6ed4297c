"""What can be asked of a store about series of codes: their register, the life of the products, checks."""

import numpy as np
from numpy.typing import NDArray

from engine.core.case import Event
from engine.core.codes import CodeCheck, CodeSeries, CodesPrinted, IdBatch, LifeBatch, PassphraseChange, Voiding
from engine.core.errors import InputError, StoreError
from engine.core.operating import OperatingPoint
from engine.store import segments
from engine.store.disk import RESTORE
from engine.store.kinds import text_key
from engine.store.queries import Queries, any_record_of, segment_of
from engine.store.segments import Rows, Table
from engine.store.writing import tables_fit


class CodeQueries(Queries):
    """The part of a store's reading half that knows codes."""

    def code_series(self) -> tuple[CodeSeries, ...]:
        """Return the series in the order they were made."""
        return self._all(CodeSeries, "series made")

    def code_series_one(self, series_id: str) -> CodeSeries:
        """Return the series; raises InputError where there is none."""
        return self._one(CodeSeries, "series made", series_id)

    def sealed_sha256(self, series_id: str) -> str:
        """Return the SHA-256 of the sealed secrets of a series as they are now; raises InputError."""
        changes = self._all(PassphraseChange, "passphrase changed", series_id)
        return (changes[-1] if changes else self.code_series_one(series_id)).sealed_sha256

    def id_batches(self, series_id: str = "") -> tuple[IdBatch, ...]:
        """Return the batches of IDs of a series, or of all, in the order they were issued."""
        return self._all(IdBatch, "ids issued", series_id)

    def printings(self, key: str = "") -> tuple[CodesPrinted, ...]:
        """Return the printings of a series or of a batch of IDs, or all, in the order they were recorded."""
        return self._all(CodesPrinted, "codes printed", key)

    def life_batches(self) -> tuple[LifeBatch, ...]:
        """Return the batches of life-cycle steps in the order they were recorded."""
        return self._all(LifeBatch, "steps recorded")

    def voidings(self, series_id: str = "") -> tuple[Voiding, ...]:
        """Return the voidings in a series, or in all, in the order they were recorded."""
        return self._all(Voiding, "voided", series_id)

    def code_checks(self, text: str = "") -> tuple[CodeCheck, ...]:
        """Return the checks of codes with that product ID or that said that text; all where it is empty."""
        checks = self._all(CodeCheck, "code checked", text_key(text) if text else "")
        return tuple(check for check in checks if not text or text in (check.product_id, check.code_text))

    def operating_points(self, series_id: str = "") -> tuple[OperatingPoint, ...]:
        """Return the operating points of a series, or all, in the order they were set."""
        return self._all(OperatingPoint, "operating point set", series_id)

    def operating_point(self, point_id: str) -> OperatingPoint:
        """Return the operating point; raises InputError where there is none."""
        return self._one(OperatingPoint, "operating point set", point_id)

    def count(self, kind: str) -> int:
        """Return how many events of a kind there are, without reading them."""
        return len(self._projection.find(kind))

    def tables(self, kind: str, key: str) -> dict[str, Table]:
        """Return the tables beside the record of that kind and identifier by name; empty ones are left out.

        Raises
        ------
        InputError
            There is no such record.
        StoreError
            The segment is missing or damaged, or holds other tables than its kind has.
        """
        event = self.event_of(kind, key)
        segment = segment_of(event)
        found = segments.read(self.path / segments.FOLDER, segment) if segment else segments.Arrays()
        return _tables_of(event, found)

    def located_tables(self, kind: str, key: str, name: str) -> tuple[dict[str, Table], Rows]:
        """Return the tables as ``tables`` does, and where the rows of the one of that name lie in the segment."""
        event = self.event_of(kind, key)
        segment = segment_of(event)
        if segment is None:
            raise InputError("The record has no tables", where=key)
        found, rows = segments.read_located(self.path / segments.FOLDER, segment, name)
        return _tables_of(event, found), rows

    def rows(self, sha256: str, rows: Rows) -> NDArray[np.uint8]:
        """Return some rows of a table in the segment of that SHA-256, (N, bytes of a row); raises StoreError."""
        return segments.read_rows(self.path / segments.FOLDER, sha256, rows)


def _tables_of(event: Event, found: segments.Arrays) -> dict[str, Table]:
    tables = dict(found.tables)
    if not tables_fit(event.kind, any_record_of(event), {name: segments.form(table) for name, table in tables.items()}):
        where = f"event {event.sequence} ({event.kind})"
        raise StoreError("The tables are not those of its record", where=where, remedy=RESTORE)
    return tables
