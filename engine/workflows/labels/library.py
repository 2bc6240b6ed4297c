"""Libraries of known labels: make them, see what they hold, show their labels, withdraw labels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.core.case import Actor, Role, Text
from engine.core.errors import InputError, StoreError
from engine.core.library import FIELD_LABELS, LABEL_PX, FieldUsed, LabelBatch, Library, Withdrawal, label_name
from engine.core.records import Record, entered, new_id
from engine.jobs import JobContext
from engine.store import Rows, Store
from engine.workflows.cases import EXAMINING, require_role
from engine.workflows.labels.library_index import IndexStatus, index_status
from engine.workflows.labels.library_state import KEPT, LibraryState, Recent, cache_folder, library_state
from engine.workflows.labels.rows import Columns, Layout, RowsStaleError, chain, made_rows, open_rows, rows_path

KEEPING = EXAMINING | {Role.VALIDATOR, Role.PRODUCER}  # who may enrol and withdraw labels
# The last two columns tell where the image of a label lies in its segment, and the SHA-256 of its bytes.
TABLE = Layout("labels", (("places", "<i4", 4), ("measures", "<f4", 2), ("offsets", "<i8", 1), ("sha256", "|u1", 32)))


class LibraryOverview(Record):
    """What a library comes to; ``embedder_keys`` are those under which all of its labels can be compared.

    ``index`` tells how it is searched under the last of them.
    """

    library: Library
    labels: int
    withdrawn: int
    batches: tuple[LabelBatch, ...]
    embedder_keys: tuple[str, ...]
    index: IndexStatus


@dataclass(frozen=True, eq=False)
class LabelTable:
    """All labels of a library, withdrawn ones included: columns of N entries in the order of their numbers.

    Parameters
    ----------
    numbers : NDArray[np.int64]
        1 to N.
    classes : NDArray[np.int32]
        Pattern class at enrolment, a place in the classes of the network; -1 unknown.
    probabilities : NDArray[np.float32]
        Of that class, a softmax.
    batch : NDArray[np.int32]
        Places in ``batches``.
    field, row, column : NDArray[np.int32]
        Place in the batch's fields, and in the field's array, from 0.
    quality : NDArray[np.float32]
        Focus of the label's image, as ``Quality.focus``.
    withdrawn : NDArray[np.bool_]
        Whether searches leave the label out.
    batches : tuple[LabelBatch, ...]
        In the order of their numbers.
    """

    numbers: NDArray[np.int64]
    classes: NDArray[np.int32]
    probabilities: NDArray[np.float32]
    batch: NDArray[np.int32]
    field: NDArray[np.int32]
    row: NDArray[np.int32]
    column: NDArray[np.int32]
    quality: NDArray[np.float32]
    withdrawn: NDArray[np.bool_]
    batches: tuple[LabelBatch, ...]

    def __len__(self) -> int:
        return len(self.numbers)


class LabelDetails(Record):
    """All there is to know of one label; ``corners`` are those of its frame in the field, in pixels."""

    number: int
    batch: LabelBatch
    field: FieldUsed
    row: int
    column: int
    pattern_class: int
    probability: float
    quality: float
    corners: tuple[tuple[float, float], ...]
    enrolled: Text
    actor_name: Text
    withdrawn: Text


def make_library(
    store: Store, actor: Actor, name: str, *, note: str = "", columns: int = 4, rows: int = 3, simulated: bool = False
) -> Library:
    """Make a library; its fields show arrays of ``columns`` x ``rows`` labels."""
    require_role(actor, KEEPING, "make libraries")
    store.refresh()
    if columns * rows > FIELD_LABELS:
        what = f"A field shows at most {FIELD_LABELS} labels, not {columns} x {rows}"
        raise InputError(what, remedy="Enter fewer columns or rows.")
    if any(other.name.casefold() == name.strip().casefold() for other in store.libraries()):
        raise InputError("There is a library of that name already", where=name, remedy="Choose another name.")
    library = entered(
        Library, id=new_id("library"), name=name, note=note, columns=columns, rows=rows, simulated=simulated
    )
    store.commit(actor.id, "library made", library)
    return library


def overview(store: Store) -> tuple[LibraryOverview, ...]:
    """Return what each library comes to, in the order they were made."""
    return tuple(library_overview(store, library.id) for library in store.libraries())


def library_overview(store: Store, library_id: str) -> LibraryOverview:
    """Return what one library comes to; raises InputError where there is none."""
    state = library_state(store, library_id)
    return LibraryOverview(
        library=state.library,
        labels=state.count(),
        withdrawn=len(state.withdrawn()),
        batches=state.batches,
        embedder_keys=state.keys,
        index=index_status(store, library_id, state.keys[-1] if state.keys else ""),
    )


def withdraw(store: Store, actor: Actor, library_id: str, numbers: Sequence[int], reason: str) -> Withdrawal:
    """Leave labels out of every search from now on; findings made before keep the labels that counted then."""
    require_role(actor, KEEPING, "withdraw labels")
    store.refresh()
    state = library_state(store, library_id)
    wanted, gone = sorted(set(numbers)), set(state.withdrawn())
    for number in wanted:
        if not 1 <= number <= state.count():
            remedy = f"The library {state.library.name} has labels 1 to {state.count()}."
            raise InputError("There is no such label", where=label_name(number), remedy=remedy)
        if number in gone:
            raise InputError("The label is withdrawn already", where=label_name(number), remedy="Leave it out.")
    record = entered(Withdrawal, id=new_id("withdrawal"), library_id=library_id, numbers=wanted, reason=reason)
    store.commit(actor.id, "labels withdrawn", record)
    return record


def label_table(store: Store, library_id: str, context: JobContext | None = None) -> LabelTable:
    """Return the labels of a library as columns, from a file of the cache that is made where it is stale."""
    state = library_state(store, library_id)
    path = _made_table(store, state, context or JobContext())
    rows = open_rows(path, TABLE, _sources(state)[-1])
    # In memory, not mapped: whoever cut a mapped file short would end the window with it.
    places, measures = np.array(rows["places"]), np.array(rows["measures"])
    numbers = np.arange(1, state.count() + 1, dtype=np.int64)
    return LabelTable(
        numbers=numbers,
        classes=places[:, 3],
        probabilities=measures[:, 1],
        batch=np.repeat(np.arange(len(state.batches), dtype=np.int32), [batch.count for batch in state.batches]),
        field=places[:, 0],
        row=places[:, 1],
        column=places[:, 2],
        quality=measures[:, 0],
        withdrawn=np.isin(numbers, np.array(state.withdrawn(), dtype=np.int64)),
        batches=state.batches,
    )


def label_images(store: Store, library_id: str, numbers: Sequence[int] | NDArray[np.int64]) -> NDArray[np.uint8]:
    """Return labels' images as they were enrolled, (N, 256, 256) grey, in the order of the numbers.

    Where the cache tells where each of them lies, nothing but they are read; otherwise the segments of their batches.
    """
    state, wanted = library_state(store, library_id), np.array(numbers, dtype=np.int64)
    for number in wanted.tolist():
        if not 1 <= number <= state.count():
            raise InputError("There is no such label", where=label_name(number))
    images = np.empty((len(wanted), LABEL_PX**2), dtype=np.uint8)
    located = _located(store, state)
    batches = np.searchsorted(state.starts, wanted, side="right") - 1
    for at in np.unique(batches).tolist():
        own = batches == at
        if located is not None:
            part = Rows(LABEL_PX**2, located.offsets[wanted[own] - 1], located.sha256[wanted[own] - 1])
            images[own] = store.rows(state.enrolled[at], part)
        else:
            crops = store.tables("labels enrolled", state.batches[at].id)["crops"]
            images[own] = crops[wanted[own] - state.batches[at].first_number]
    return images.reshape(-1, LABEL_PX, LABEL_PX)


def locate_images(store: Store, library_id: str, context: JobContext) -> None:
    """See to it that the cache tells where each label's image lies: a few are then shown in a few milliseconds."""
    _made_table(store, library_state(store, library_id), context)


def label_details(store: Store, library_id: str, number: int) -> LabelDetails:
    """Return all there is to know of a label; raises InputError where there is none of that number."""
    state = library_state(store, library_id)
    if not 1 <= number <= state.count():
        raise InputError("There is no such label", where=label_name(number))
    batch = state.batches[state.batch_of(number)]
    event = store.event_of("labels enrolled", batch.id)
    tables = _tables(store, batch)
    at = number - batch.first_number
    field, row, column, pattern_class = map(int, tables["places"][at])
    quality, probability = map(float, tables["measures"][at])
    reasons = [withdrawal.reason for _, withdrawal in state.withdrawals if number in withdrawal.numbers]
    return LabelDetails(
        number=number,
        batch=batch,
        field=batch.fields[field],
        row=row,
        column=column,
        pattern_class=pattern_class,
        probability=probability,
        quality=quality,
        corners=tuple((float(x), float(y)) for x, y in tables["corners"][at].reshape(4, 2)),
        enrolled=event.time,
        actor_name=store.actor(event.actor_id).name,
        withdrawn=reasons[0] if reasons else "",
    )


def _sources(state: LibraryState) -> tuple[str, ...]:
    return chain([TABLE.name, state.library.id], state.enrolled)


def _made_table(store: Store, state: LibraryState, context: JobContext) -> Path:
    """Return the file of the cache with the columns of all labels, made where it is stale."""

    def read(number: int) -> Columns:
        batch = state.batches[number]
        tables, rows = store.located_tables("labels enrolled", batch.id, "crops")
        _check_places(tables, batch)
        return {
            **{name: tables[name] for name in ("places", "measures")},
            "offsets": rows.offsets,
            "sha256": rows.sha256,
        }

    return made_rows(cache_folder(store, state.library.id), TABLE, _sources(state), state.count(), read, context)


_LOCATED: Recent[tuple[Path, str], tuple[LibraryState, Rows]] = Recent(KEPT)


def _located(store: Store, state: LibraryState) -> Rows | None:
    """Return where the images of all labels lie in their segments; None where the cache does not tell."""
    key = store.path, state.library.id
    known = _LOCATED.get(key)
    if known is None or known[0] is not state:
        source = _sources(state)[-1]
        try:
            rows = open_rows(rows_path(cache_folder(store, state.library.id), TABLE, source), TABLE, source)
        except RowsStaleError:
            return None
        known = state, Rows(LABEL_PX**2, np.array(rows["offsets"]), np.array(rows["sha256"]))
        _LOCATED.put(key, known)
    return known[1]


def _tables(store: Store, batch: LabelBatch) -> Mapping[str, NDArray[Any]]:
    """Return what stands beside a batch; raises StoreError where its labels have places that no field has."""
    tables = store.tables("labels enrolled", batch.id)
    _check_places(tables, batch)
    return tables


def _check_places(tables: Mapping[str, NDArray[Any]], batch: LabelBatch) -> None:
    places = tables["places"]
    expected = np.repeat(np.arange(len(batch.fields)), [field.found for field in batch.fields])
    inside = (places[:, 1:3] >= 0).all() and (places[:, 1:3] < FIELD_LABELS).all() and (places[:, 3] >= -1).all()
    if not inside or not np.array_equal(places[:, 0], expected):
        remedy = "It was not written by Touchstone."
        raise StoreError("Labels have places that their fields have not", where=batch.id, remedy=remedy)
