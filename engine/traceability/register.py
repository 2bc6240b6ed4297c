"""The register of a store: every ID that was issued, and the steps recorded of it. Built from the store when needed."""

import threading
import weakref
from collections.abc import Callable, Sequence
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from engine.core.codes import IdBatch, LifeBatch, LifeStep, RecordedStep, Voiding
from engine.core.errors import StoreError
from engine.store import Store
from engine.traceability.ids import IdBytes, from_written
from engine.traceability.index import IdIndex, Place
from engine.traceability.texts import TextRows
from engine.traceability.times import moment

STEP_COLUMNS = ("stage", "time", "place", "party", "note")
KINDS = ("ids issued", "steps recorded", "voided")  # that a register is built from
KEPT_BATCHES = 4  # whose texts stay in memory


class Register:
    """IDs and steps of a store, found by ID. Safe to use from several threads; ``of`` shares one for each store.

    It follows the store: what was committed through the store, or taken in by its ``refresh``, is found at once.
    """

    _shared: ClassVar["weakref.WeakKeyDictionary[Store, Register]"] = weakref.WeakKeyDictionary()
    _sharing: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, store: Store) -> None:
        # The store's registers are found through it, so one must not keep it alive.
        self._store = weakref.ref(store)
        self._lock = threading.Lock()
        self._known: tuple[int, ...] = ()
        self._batches: tuple[IdBatch, ...] = ()
        self._lives: tuple[LifeBatch, ...] = ()
        self._voidings: tuple[Voiding, ...] = ()
        self._issued = IdIndex()
        self._steps = IdIndex()
        self._texts: dict[str, TextRows] = {}

    @classmethod
    def of(cls, store: Store) -> Self:
        """Return the register of a store, the same for every caller."""
        with cls._sharing:
            found = cls._shared.get(store)
            if found is None:
                found = cls._shared[store] = cls(store)
        assert isinstance(found, cls)
        return found

    def find(self, product_id: str) -> tuple[IdBatch, int] | None:
        """Return the batch that an ID was issued in and its row there, or None where it never was."""
        with self._lock:
            self._catch_up()
            places = self._issued.find(from_written([product_id]))
            return (self._batches[places[0].batch], places[0].row) if places else None

    def series_of(self, ids: IdBytes) -> list[str | None]:
        """Return for each of many IDs, (N, 10) uint8, the series it was issued in, or None."""
        with self._lock:
            self._catch_up()
            series = [batch.series_id for batch in self._batches]
            return [series[number] if number >= 0 else None for number in self._issued.batch_of(ids).tolist()]

    def batches_of(self, ids: IdBytes) -> tuple[str, ...]:
        """Return the identifiers of the batches that issued IDs, (N, 10) uint8, come from, in the order of issue."""
        with self._lock:
            self._catch_up()
            return tuple(self._batches[number].id for number in np.unique(self._issued.batch_of(ids)) if number >= 0)

    def issued_before(self, ids: IdBytes) -> NDArray[np.bool_]:
        """Return for each of many IDs, (N, 10) uint8, whether the register holds it."""
        with self._lock:
            self._catch_up()
            return self._issued.batch_of(ids) >= 0

    def data(self, batch: IdBatch, row: int) -> dict[str, str]:
        """Return the variable data of a row of a batch, text by column."""
        if not batch.columns:
            return {}
        with self._lock:
            return dict(zip(batch.columns, self._rows("ids issued", batch.id, batch.count)[row], strict=True))

    def rows(self, batch: IdBatch) -> tuple[tuple[str, ...], ...]:
        """Return the variable data of a batch, a text for each of its columns, in the order of its IDs."""
        with self._lock:
            rows = self._rows("ids issued", batch.id, batch.count)
            return tuple(rows[at] for at in range(batch.count)) if batch.columns else ()

    def ids(self, batch: IdBatch) -> IdBytes:
        """Return the IDs of a batch in the order they were issued, (count, 10) uint8."""
        return _ids(self._open(), "ids issued", batch.id)

    def voidings(self, series_id: str, product_id: str = "") -> tuple[Voiding, ...]:
        """Return the voidings of a whole series, and those that name the ID."""
        with self._lock:
            self._catch_up()
            own = (voiding for voiding in self._voidings if voiding.series_id == series_id)
            return tuple(each for each in own if not each.product_ids or product_id in each.product_ids)

    def steps(self, product_id: str) -> tuple[RecordedStep, ...]:
        """Return what was recorded of an ID's life, in the order it was recorded; the steps' own times may differ."""
        with self._lock:
            self._catch_up()
            store, found, told = self._open(), list[RecordedStep](), dict[str, tuple[str, str]]()
            for place in self._steps.find(from_written([product_id])):
                batch = self._lives[place.batch]
                if batch.id not in told:
                    event = store.event_of("steps recorded", batch.id)
                    told[batch.id] = event.time, store.actor(event.actor_id).name
                recorded, name = told[batch.id]
                step = self._step(batch, place, product_id)
                found.append(RecordedStep(step=step, recorded=recorded, actor_name=name, source=batch.source))
        return tuple(found)

    def _step(self, batch: LifeBatch, place: Place, product_id: str) -> LifeStep:
        values = dict(zip(STEP_COLUMNS, self._rows("steps recorded", batch.id, batch.count)[place.row], strict=True))
        moment(values["time"])
        try:
            return LifeStep.model_validate({"product_id": product_id, **values})
        except ValidationError as error:
            where = f"{batch.id}, row {place.row + 1}"
            raise StoreError("A step is not as a store writes it", where=where) from error

    def _catch_up(self) -> None:
        """Take in the batches that the store knows and the register does not."""
        store = self._open()
        counts = tuple(store.count(kind) for kind in KINDS)
        if counts == self._known:
            return
        batches, lives = store.id_batches(), store.life_batches()
        _extend(self._issued, batches, lambda key: _ids(store, "ids issued", key))
        _extend(self._steps, lives, lambda key: _ids(store, "steps recorded", key))
        self._batches, self._lives, self._voidings, self._known = batches, lives, store.voidings(), counts

    def _rows(self, kind: str, key: str, count: int) -> TextRows:
        """Return the texts of a batch; those of the last few stay in memory."""
        rows = self._texts.pop(key, None) or TextRows(self._open().tables(kind, key), count, key)
        self._texts[key] = rows
        while len(self._texts) > KEPT_BATCHES:
            del self._texts[next(iter(self._texts))]
        return rows

    def _open(self) -> Store:
        store = self._store()
        assert store is not None, "the store of a register is gone"
        return store


def _extend(index: IdIndex, batches: Sequence[IdBatch] | Sequence[LifeBatch], read: Callable[[str], IdBytes]) -> None:
    fresh = [read(batch.id) for batch in batches[index.batches :]]
    if fresh:
        index.add(fresh)


def _ids(store: Store, kind: str, key: str) -> IdBytes:
    return store.tables(kind, key)["ids"].astype(np.uint8, copy=False)
