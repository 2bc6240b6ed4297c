"""A library as it is looked through: its labels as columns, who enrolled them, and which of them a filter leaves."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.core.library import LabelBatch
from engine.jobs import JobContext
from engine.store import Store
from engine.workflows.labels.library import LabelTable, LibraryOverview, label_table, library_overview

UNKNOWN = "unknown"
ENROLLED, WITHDRAWN = "enrolled", "withdrawn"
STATES = ("", ENROLLED, WITHDRAWN)
NUMBERS = re.compile(r"(?:no\.?\s*)?(\d{1,10})(?:\s*(?:-|to|\N{EN DASH})\s*(\d{1,10}))?", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class Shelf:
    """A library with all that is shown of its labels.

    Parameters
    ----------
    overview : LibraryOverview
        What it comes to.
    table : LabelTable
        Its labels as columns; classes are places in ``class_names``.
    enrolled : Mapping[str, tuple[str, str]]
        When (UTC) and by whom, by batch.
    reasons : Mapping[int, str]
        Why labels were withdrawn, by number.
    class_names : tuple[str, ...]
        Of the pattern classes, as the weights had them that the labels were embedded with when they were enrolled.
    """

    overview: LibraryOverview
    table: LabelTable
    enrolled: Mapping[str, tuple[str, str]]
    reasons: Mapping[int, str]
    class_names: tuple[str, ...]

    @property
    def batches(self) -> tuple[LabelBatch, ...]:
        """The batches that the labels were enrolled in."""
        return self.table.batches

    def class_name(self, number: int) -> str:
        """Return the name of a pattern class."""
        return self.class_names[number] if 0 <= number < len(self.class_names) else UNKNOWN

    def file_name(self, row: int) -> str:
        """Return the name of the field that a label was cut from, text from outside."""
        return self.batches[self.table.batch[row]].fields[self.table.field[row]].file_name

    def row(self, number: int) -> int | None:
        """Return the row of a label; None where the library has none of that number."""
        return number - 1 if 1 <= number <= len(self.table) else None


@dataclass(frozen=True, eq=False)
class LabelFilter:
    """Which labels are wanted; what is empty lets all pass.

    Parameters
    ----------
    text : str
        A number, a range such as 100-200, or a part of a field's name, letter case aside.
    class_name, batch_id : str
        Of the pattern class and of the batch.
    state : str
        ``enrolled`` or ``withdrawn``.
    numbers : NDArray[np.int64], optional
        (N,) labels chosen on the map.
    """

    text: str = ""
    class_name: str = ""
    batch_id: str = ""
    state: str = ""
    numbers: NDArray[np.int64] | None = None

    @property
    def lets_all_pass(self) -> bool:
        """Whether nothing is filtered."""
        return not (self.text.strip() or self.class_name or self.batch_id or self.state) and self.numbers is None


def shelf(store: Store, library_id: str, context: JobContext) -> Shelf:
    """Return a library as it is looked through; raises InputError where there is none."""
    table = label_table(store, library_id, context)
    enrolled: dict[str, tuple[str, str]] = {}
    for batch in table.batches:
        event = store.event_of("labels enrolled", batch.id)
        enrolled[batch.id] = event.time, store.actor(event.actor_id).name
    withdrawals = store.withdrawals(library_id)
    reasons = {number: withdrawal.reason for _at, withdrawal in withdrawals for number in withdrawal.numbers}
    classes, names = _named_classes(table)
    return Shelf(library_overview(store, library_id), replace(table, classes=classes), enrolled, reasons, names)


def rows_left(shelf: Shelf, wanted: LabelFilter) -> NDArray[np.int64]:
    """Return the rows of the labels that a filter leaves, ascending."""
    table = shelf.table
    left = np.ones(len(table.numbers), dtype=np.bool_)
    if wanted.class_name:
        classes = [number for number, name in enumerate(shelf.class_names) if name == wanted.class_name]
        known = np.isin(table.classes, np.arange(len(shelf.class_names)))
        left &= ~known if wanted.class_name == UNKNOWN else np.isin(table.classes, classes)
    if wanted.batch_id:
        left &= np.isin(table.batch, [k for k, batch in enumerate(shelf.batches) if batch.id == wanted.batch_id])
    if wanted.state:
        left &= table.withdrawn == (wanted.state == WITHDRAWN)
    if wanted.numbers is not None:
        left &= np.isin(table.numbers, wanted.numbers)
    if wanted.text.strip():
        left &= _matching(shelf, wanted.text.strip())
    return np.flatnonzero(left)


def _named_classes(table: LabelTable) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """Return the classes of all labels as places in one list of names, -1 where a class has no name, and that list.

    Batches that were embedded with other weights may number their classes otherwise, and know others.
    """
    places: dict[str, int] = {}
    codes: dict[tuple[str, ...], NDArray[np.int32]] = {}
    found = np.full(len(table), -1, dtype=np.int32)
    for batch in table.batches:
        if batch.classes not in codes:
            own = [places.setdefault(name, len(places)) for name in batch.classes]
            codes[batch.classes] = np.array([*own, -1], dtype=np.int32)
        part = slice(batch.first_number - 1, batch.first_number - 1 + batch.count)
        classes, known = table.classes[part], codes[batch.classes]
        found[part] = known[np.where((classes >= 0) & (classes < len(batch.classes)), classes, -1)]
    return found, tuple(places)


def _matching(shelf: Shelf, text: str) -> NDArray[np.bool_]:
    """Return which labels have that number, or were cut from a field whose name has the text in it."""
    table = shelf.table
    fields = [
        (place, number)
        for place, batch in enumerate(shelf.batches)
        for number, field in enumerate(batch.fields)
        if text.casefold() in field.file_name.casefold()
    ]
    most = max((len(batch.fields) for batch in shelf.batches), default=1)
    code = table.batch.astype(np.int64) * most + table.field
    found = np.isin(code, [place * most + number for place, number in fields])
    if numbers := NUMBERS.fullmatch(text):
        low = int(numbers[1])
        high = int(numbers[2]) if numbers[2] else low
        found |= (table.numbers >= low) & (table.numbers <= high)
    return found
