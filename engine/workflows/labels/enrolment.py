"""Enrol labels: cut them out of fields or take images of single ones, check them, embed them, record them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.core.case import Actor
from engine.core.errors import ImagingError, InputError, JobError, TouchstoneError
from engine.core.library import LABEL_PX, VECTOR_DIMENSIONS, Embedding, FieldUsed, LabelBatch, label_name
from engine.core.records import new_id
from engine.jobs import JobContext
from engine.store import Store
from engine.workflows.captures import plain_name
from engine.workflows.cases import require_role
from engine.workflows.labels.library import KEEPING, label_images
from engine.workflows.labels.library_index import searched_library
from engine.workflows.labels.library_state import library_state
from engine.workflows.labels.points import threshold_of
from engine.workflows.labels.recogniser import CutPage, ModelFacts, Recogniser, opened

if TYPE_CHECKING:
    from engine.methods.micro_pattern.segmentation import Place

BATCH_LABELS = 240  # in one segment of the store, 16 MiB; a field is never divided
UNCERTAIN = 0.5  # a class of less probability is told


@dataclass(frozen=True, eq=False)
class FieldEnrolled:
    """What one field, or one image of a single label, came to.

    Parameters
    ----------
    file_name, sha256 : str
        The file, and its bytes where it could be read.
    places : tuple[Place, ...]
        Every place of the array with its state; none where no array was seen.
    reason : str
        Why the field is refused; empty where its labels are enrolled.
    first_number : int or None
        Number of its first label; those that follow have the next ones. None where nothing was recorded.
    cautions : tuple[str, ...]
        What a person should look at, such as labels that may be enrolled already.
    """

    file_name: str
    sha256: str
    places: "tuple[Place, ...]"
    reason: str
    first_number: int | None = None
    cautions: tuple[str, ...] = ()

    @property
    def found(self) -> int:
        """How many labels were found."""
        return sum(place.state == "found" for place in self.places)

    def to_json(self) -> dict[str, Any]:
        """Return what the field came to as plain JSON values; rows and columns count from 1."""
        return {
            "file": self.file_name,
            "sha256": self.sha256,
            "found": self.found,
            "missing": [
                {"row": place.row + 1, "column": place.column + 1, "state": str(place.state)}
                for place in self.places
                if place.state != "found"
            ],
            "reason": self.reason,
            "first_number": self.first_number,
            "cautions": list(self.cautions),
        }


@dataclass(frozen=True, eq=False)
class EnrolReport:
    """What was enrolled, batch by batch, and what each field came to, in the order they were given."""

    batches: tuple[LabelBatch, ...]
    fields: tuple[FieldEnrolled, ...]

    @property
    def labels(self) -> int:
        """How many labels were enrolled."""
        return sum(batch.count for batch in self.batches)


def enrol_fields(
    store: Store,
    actor: Actor,
    library_id: str,
    paths: Sequence[Path],
    *,
    record: bool = True,
    recogniser: Recogniser | None = None,
    context: JobContext,
) -> EnrolReport:
    """Cut the labels of fields out and enrol them in a library, in batches of whole fields.

    A field that cannot be read, shows no array, or was enrolled before is refused with the reason, and the others go
    on; places without a label to enrol are named. Cancelling keeps the batches that were recorded until then.

    Parameters
    ----------
    record : bool
        False: the same report, and nothing is recorded.
    """
    library = library_state(store, library_id).library
    return _enrol(store, actor, library_id, paths, (library.columns, library.rows), record, recogniser, context)


def enrol_labels(
    store: Store,
    actor: Actor,
    library_id: str,
    paths: Sequence[Path],
    *,
    record: bool = True,
    recogniser: Recogniser | None = None,
    context: JobContext,
) -> EnrolReport:
    """Enrol labels from images of one label each, at any rotation; otherwise as ``enrol_fields``."""
    return _enrol(store, actor, library_id, paths, None, record, recogniser, context)


def reembed(
    store: Store, actor: Actor, library_id: str, *, recogniser: Recogniser | None = None, context: JobContext
) -> int:
    """Embed a library's labels with the present weights where that was not done, and return how many were.

    The labels and their earlier embeddings stay as they are. Cancelling keeps what was recorded until then.
    """
    require_role(actor, KEEPING, "embed labels")
    done = 0
    with opened(recogniser) as own:
        model = own.model(context)
        store.refresh()
        batches = store.label_batches(library_id)
        for number, batch in enumerate(batches):
            context.check_cancelled()
            keys = {batch.embedder_key, *(embedding.embedder_key for embedding in store.embeddings(batch.id))}
            if model.key in keys:
                continue
            part = context.part(number, len(batches), f"{label_name(batch.first_number)} and those that follow")
            embedded = own.embed(label_images(store, library_id, list(batch.numbers)), part)
            embedding = Embedding(
                id=new_id("embedding"), batch_id=batch.id, embedder_key=embedded.model.key, count=batch.count
            )
            tables = {"vectors": embedded.vectors, "classes": embedded.classes}
            store.commit(actor.id, "labels embedded", embedding, tables=tables)
            done += batch.count
    return done


def _enrol(
    store: Store,
    actor: Actor,
    library_id: str,
    paths: Sequence[Path],
    array: tuple[int, int] | None,
    record: bool,
    recogniser: Recogniser | None,
    context: JobContext,
) -> EnrolReport:
    require_role(actor, KEEPING, "enrol labels")
    if not paths:
        raise InputError("No file is named", remedy="Name the fields.")
    store.refresh()
    with opened(recogniser) as own:
        run = _Run(store, actor, library_id, own, record, context)
        for number, path in enumerate(paths):
            context.check_cancelled()
            run.take(path, array, context.part(number, len(paths), path.name))
        context.check_cancelled()
        run.commit()
    context.progress(len(paths), len(paths), "")
    return EnrolReport(tuple(run.batches), tuple(run.fields))


@dataclass(frozen=True, eq=False)
class _Taken:
    """A field whose labels wait to be enrolled: its place in the report, its file, and what was cut out of it."""

    place: int
    path: Path
    page: CutPage


class _Run:
    """One enrolment: takes field after field, and commits a batch whenever the next field would make it too large."""

    def __init__(
        self, store: Store, actor: Actor, library_id: str, recogniser: Recogniser, record: bool, context: JobContext
    ) -> None:
        self.batches: list[LabelBatch] = []
        self.fields: list[FieldEnrolled] = []
        self._store, self._actor, self._library_id = store, actor, library_id
        self._recogniser, self._record = recogniser, record
        self._waiting: list[_Taken] = []
        self._model = recogniser.model(context)
        self._alike = _Alike(store, library_id, recogniser, self._model, context)

    def take(self, path: Path, array: tuple[int, int] | None, context: JobContext) -> None:
        """Cut the labels of a field out and let them wait, or refuse it."""
        name = plain_name(path)
        try:
            page = self._recogniser.cut(path, 0, array=array, single=array is None, context=context)
        except (ImagingError, JobError) as error:
            self.fields.append(FieldEnrolled(name, "", (), _told(error)))
            return
        sha256 = page.facts.sha256
        reason = self._refused(page, name)
        if reason:
            self.fields.append(FieldEnrolled(name, sha256, page.places, reason))
            return
        if sum(len(taken.page.crops) for taken in self._waiting) + len(page.crops) > BATCH_LABELS:
            self.commit()
        cautions = (*_uncertain(page), *self._alike.cautions(page, name, context))
        self._waiting.append(_Taken(len(self.fields), path, page))
        self.fields.append(FieldEnrolled(name, sha256, page.places, "", cautions=cautions))

    def commit(self) -> None:
        """Record the labels that wait as one batch."""
        waiting, self._waiting = self._waiting, []
        if not self._record:
            return
        kept = [taken for taken in waiting if self._kept(taken)]
        if not kept:
            return
        self._store.refresh()
        state = library_state(self._store, self._library_id)
        first = state.count() + 1
        batch = LabelBatch(
            id=new_id("labels"),
            library_id=self._library_id,
            first_number=first,
            count=sum(len(taken.page.crops) for taken in kept),
            fields=tuple(self._used(taken) for taken in kept),
            embedder_key=self._model.key,
            classes=self._model.classes,
            simulated=state.library.simulated,
        )
        self._store.commit(self._actor.id, "labels enrolled", batch, tables=_tables([taken.page for taken in kept]))
        self.batches.append(batch)
        for taken in kept:
            self.fields[taken.place] = replace(self.fields[taken.place], first_number=first)
            first += len(taken.page.crops)

    def _kept(self, taken: _Taken) -> bool:
        """Make the field's bytes evidence; refuse the field where they are not those that were read."""
        field = self.fields[taken.place]
        try:
            if self._store.add_evidence(taken.path, taken.path.suffix) == field.sha256:
                return True
            reason = "The file changed while it was read. Enrol it again."
        except InputError as error:
            reason = _told(error)
        except FileNotFoundError:
            reason = "The file is gone. Enrol it again."
        self.fields[taken.place] = replace(field, reason=reason, cautions=())
        return False

    def _used(self, taken: _Taken) -> FieldUsed:
        field = self.fields[taken.place]
        return FieldUsed(
            file_name=field.file_name, sha256=field.sha256, found=field.found, reason=_missing(field.places)
        )

    def _refused(self, page: CutPage, name: str) -> str:
        """Return why the field cannot be enrolled; empty where it can."""
        sha256 = page.facts.sha256
        same = [field.file_name for field in self.fields if field.sha256 == sha256 and not field.reason]
        if same:
            return f"It holds the same bytes as {same[0]}, which comes before it."
        for batch in self._store.label_batches_of(self._library_id, sha256):
            first = batch.first_number
            for field in batch.fields:
                if field.sha256 == sha256:
                    return f"It was enrolled before: {label_name(first)} to {label_name(first + field.found - 1)}."
                first += field.found
        if page.facts.pages > 1:
            return f"The file holds {page.facts.pages} pages: save each field as a file of its own."
        if not len(page.crops):
            return page.facts.reason or f"No label can be cut out: {_missing(page.places)}."
        return ""


class _Alike:
    """Looks for labels that may be enrolled already: as alike as labels that an operating point calls the same."""

    def __init__(
        self, store: Store, library_id: str, recogniser: Recogniser, model: ModelFacts, context: JobContext
    ) -> None:
        self._recogniser = recogniser
        self._threshold = threshold_of(store, model.key)
        state = library_state(store, library_id)
        self._library = searched_library(store, library_id, model.key, context=context) if state.count() else None
        self._seen: list[tuple[str, NDArray[np.float32]]] = []

    def cautions(self, page: CutPage, name: str, context: JobContext) -> list[str]:
        """Return a caution for each label that is as alike as that to one of the library, or of a field before."""
        if self._threshold is None:
            return []
        vectors, told = page.vectors[:, 0], []
        best = np.full(len(vectors), -np.inf)
        names = [""] * len(vectors)
        if self._library is not None:
            found = self._recogniser.search(self._library, page.vectors, 1, context=context)
            best = np.where(found.numbers[:, 0] > 0, found.similarity[:, 0], -np.inf)
            names = [label_name(int(number)) for number in found.numbers[:, 0]]
        for other, theirs in self._seen:
            alike = (vectors @ theirs.T).max(axis=1)
            for place in np.flatnonzero(alike > best):
                best[place], names[place] = alike[place], f"a label of {other}"
        self._seen.append((name, vectors))
        for place, value, which in zip(page.found, best.tolist(), names, strict=True):
            if value >= self._threshold:
                told.append(f"{_where(place)}: already enrolled? Similarity {value:.3f} to {which}.")
        return told


def _tables(pages: list[CutPage]) -> dict[str, Any]:
    places, corners, measures = [], [], []
    for field, page in enumerate(pages):
        for place, probabilities, focus in zip(page.found, page.probabilities, page.focus, strict=True):
            likeliest = int(probabilities.argmax())
            assert place.corners is not None
            places.append((field, place.row, place.column, likeliest))
            corners.append(place.corners.ravel())
            measures.append((focus, probabilities[likeliest]))
    crops = np.concatenate([page.crops for page in pages])
    return {
        "crops": crops.reshape(len(crops), LABEL_PX * LABEL_PX),
        "places": np.array(places, dtype="<i4"),
        "corners": np.array(corners, dtype="<f4"),
        "measures": np.array(measures, dtype="<f4"),
        "vectors": np.concatenate([page.vectors[:, 0] for page in pages]).reshape(len(crops), VECTOR_DIMENSIONS),
    }


def _uncertain(page: CutPage) -> list[str]:
    doubtful = np.flatnonzero(page.probabilities.max(axis=1) < UNCERTAIN)
    if not len(doubtful):
        return []
    places = "; ".join(_where(page.found[number]) for number in doubtful)
    return [f"The pattern class of {len(doubtful)} labels is uncertain: {places}."]


def _missing(places: "Sequence[Place]") -> str:
    return "; ".join(f"{_where(place)}: {place.state.value}" for place in places if place.state != "found")


def _where(place: "Place") -> str:
    return f"row {place.row + 1}, column {place.column + 1}"


def _told(error: TouchstoneError) -> str:
    return f"{error.what}. {error.remedy}" if error.remedy else error.what
