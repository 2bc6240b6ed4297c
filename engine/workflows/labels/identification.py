"""Identify a label: which of a library's labels a capture shows, how sure that is, and where the film agrees."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from engine.core.case import Capture, Device, Identifier
from engine.core.errors import ImagingError, InputError
from engine.core.library import Library
from engine.core.method import MethodSettings
from engine.core.records import new_id
from engine.imaging.client import check_readable
from engine.jobs import JobContext
from engine.store import Store
from engine.workflows.captures import describe
from engine.workflows.examiner import CaptureFile
from engine.workflows.findings import stored_file
from engine.workflows.labels.identified import Identification, LabelHit, cautions_of, facts_of
from engine.workflows.labels.library import label_images, locate_images
from engine.workflows.labels.library_index import searched_library
from engine.workflows.labels.library_state import library_state
from engine.workflows.labels.points import label_points
from engine.workflows.labels.recogniser import CutPage, Found, Recogniser, opened

HITS = 10
MOST_HITS = 100


class Wanted(MethodSettings):
    """What is searched for, and where: the settings of an identification.

    ``place`` is row and column, from 0, of the label in a field; None: each that the capture shows. Labels count that
    were enrolled, and not withdrawn, up to the event ``sequence``; None: all. ``classified``: only those of the
    questioned label's likely classes.
    """

    library_id: Identifier
    place: tuple[int, int] | None = None
    k: Annotated[int, Field(ge=1, le=MOST_HITS)] = HITS
    classified: bool = False
    sequence: int | None = None


def identify(
    store: Store,
    library_id: str,
    source: Path | Capture,
    *,
    page: int = 0,
    place: tuple[int, int] | None = None,
    k: int = HITS,
    classified: bool = False,
    device: Device = Device.MICROSCOPE,
    simulated: bool = False,
    recogniser: Recogniser | None = None,
    context: JobContext,
) -> Identification:
    """Find the labels of a library that are most like the one that a capture shows; nothing is recorded.

    Parameters
    ----------
    source : Path or Capture
        A file, of that page, device and origin; or a capture of the store.
    place : tuple[int, int], optional
        Row and column, from 0, of the label in a field; without it the capture must show one label.
    k : int
        How many labels of the library to find.
    classified : bool
        Whether to search only labels of the questioned one's likely classes.

    Raises
    ------
    InputError
        The capture shows no label, or several and no place was named; or the library cannot be searched.
    """
    wanted = Wanted(library_id=library_id, place=place, k=k, classified=classified)
    first, *others = _identified(store, source, wanted, (page, device, simulated), recogniser, context)
    if others:
        what = f"The capture shows {1 + len(others)} labels"
        raise InputError(what, where=first.capture.file_name, remedy="Name the row and the column of one.")
    return first


def identify_field(
    store: Store,
    library_id: str,
    source: Path | Capture,
    *,
    page: int = 0,
    k: int = HITS,
    classified: bool = False,
    device: Device = Device.MICROSCOPE,
    simulated: bool = False,
    recogniser: Recogniser | None = None,
    context: JobContext,
) -> tuple[Identification, ...]:
    """Identify every label that a capture shows, row by row; otherwise as ``identify``."""
    wanted = Wanted(library_id=library_id, k=k, classified=classified)
    return _identified(store, source, wanted, (page, device, simulated), recogniser, context)


def identified(
    store: Store, cut: CutPage, capture: Capture, wanted: Wanted, recogniser: Recogniser, context: JobContext
) -> tuple[Identification, ...]:
    """Search the labels that were cut from a capture, or the one at the place that is wanted."""
    from engine.methods.micro_pattern.decision import decided
    from engine.methods.micro_pattern.embedding import likely

    state, model = library_state(store, wanted.library_id), cut.facts.model
    sequence = store.head.sequence if wanted.sequence is None else wanted.sequence
    chosen = _chosen(cut, capture, wanted.place)
    library = searched_library(store, wanted.library_id, model.key, sequence=wanted.sequence, context=context)
    locate_images(store, wanted.library_id, context)
    found = recogniser.search(
        library,
        cut.vectors[chosen],
        wanted.k,
        classes=[np.flatnonzero(row).tolist() for row in likely(cut.probabilities[chosen])]
        if wanted.classified
        else None,
        exact=wanted.sequence is not None,
        context=context,
    )
    points, told = label_points(store, model.key, classified=wanted.classified), []
    for query, at in enumerate(chosen):
        context.check_cancelled()
        context.progress(query, len(chosen), "Matching the film")
        start = time.perf_counter()
        hits = _hits(store, wanted.library_id, cut.crops[at], found, query, recogniser, context)
        spent = {"search": found.milliseconds, "match": 1e3 * (time.perf_counter() - start)}
        one = replace(
            _questioned(cut, at, capture, wanted, state.library),
            searched=found.searched[query],
            sequence=sequence,
            hits=hits,
            kind=found.kind,
            milliseconds={**cut.facts.milliseconds, **spent},
        )
        facts = facts_of(one)
        said = None if facts is None else decided(facts, points)
        point = next((point for point in points if said and point.id == said.operating_point_id), None)
        one = replace(one, classification=said, point=point)
        told.append(replace(one, cautions=tuple(cautions_of(one))))
    return tuple(told)


def _questioned(cut: CutPage, at: int, capture: Capture, wanted: Wanted, library: Library) -> Identification:
    """Return what is known of a questioned label before it is searched."""
    place, model, likeliest = cut.found[at], cut.facts.model, int(cut.probabilities[at].argmax())
    alone = len(cut.places) == 1
    assert place.corners is not None
    return Identification(
        capture=capture,
        row=None if alone else place.row,
        column=None if alone else place.column,
        corners=place.corners,
        label=cut.crops[at],
        library=library,
        searched=0,
        sequence=0,
        pattern_class=likeliest,
        class_name=model.classes[likeliest],
        probability=float(cut.probabilities[at, likeliest]),
        k=wanted.k,
        classified=wanted.classified,
        hits=(),
        classification=None,
        point=None,
        cautions=(),
        kind="",
        milliseconds={},
        model=model,
    )


def _identified(
    store: Store,
    source: Path | Capture,
    wanted: Wanted,
    origin: tuple[int, Device, bool],
    recogniser: Recogniser | None,
    context: JobContext,
) -> tuple[Identification, ...]:
    store.refresh()
    library = library_state(store, wanted.library_id).library
    with opened(recogniser) as own:
        if isinstance(source, Capture):
            file = stored_file(store, source.id, context)
            cut = cut_capture(own, file, library, context.part(0, 2))
            return identified(store, cut, file.capture, wanted, own, context.part(1, 2))
        page, device, simulated = origin
        check_readable(source, str(source))
        cut = own.cut(source, page, array=(library.columns, library.rows), single=True, context=context.part(0, 2))
        facts = cut.facts
        capture = describe(
            source, page, facts.facts, sha256=facts.sha256, item_id=new_id("item"), device=device, scale=None,
            simulated=simulated,
        )  # fmt: skip
        return identified(store, cut, capture, wanted, own, context.part(1, 2))


def cut_capture(recogniser: Recogniser, file: CaptureFile, library: Library, context: JobContext) -> CutPage:
    """Cut the labels out of a capture of the store: one alone, or a field as the library's fields are."""
    array = (library.columns, library.rows)
    cut = recogniser.cut(file.path, file.capture.page, array=array, single=True, context=context)
    if cut.facts.sha256 != file.capture.sha256:
        raise ImagingError("The file is not the one of the capture", where=file.capture.file_name, remedy="Try again.")
    return cut


def _chosen(cut: CutPage, capture: Capture, place: tuple[int, int] | None) -> list[int]:
    """Return which of the labels that were cut out are wanted."""
    found = [(each.row, each.column) for each in cut.found]
    if place is None or len(cut.places) == 1:
        if found:
            return list(range(len(found)))
        states = {each.state.value for each in cut.places}
        reason = cut.facts.reason or f"No label can be cut out: {', '.join(sorted(states))}"
        remedy = "Capture the whole label, in focus."
        raise InputError(reason, where=capture.file_name, remedy=remedy)
    if place in found:
        return [found.index(place)]
    state = next((each.state.value for each in cut.places if (each.row, each.column) == place), "no such place")
    where = f"{capture.file_name}, row {place[0] + 1}, column {place[1] + 1}"
    raise InputError(f"No label can be cut out: {state}", where=where, remedy="Name another place.")


def _hits(
    store: Store, library_id: str, label: NDArray[np.uint8], found: Found, query: int, recogniser: Recogniser,
    context: JobContext,
) -> tuple[LabelHit, ...]:  # fmt: skip
    kept = found.numbers[query] > 0
    numbers, turns = found.numbers[query][kept], found.turns[query][kept]
    if not len(numbers):
        return ()
    matches = recogniser.match(label, label_images(store, library_id, numbers), turns.tolist(), context)
    return tuple(
        LabelHit(int(number), float(similarity), int(turn), int(pattern_class), matched)
        for number, similarity, turn, pattern_class, matched in zip(
            numbers, found.similarity[query][kept], turns, found.classes[query][kept], matches, strict=True
        )
    )
