"""The vectors of a library as one raw file of the cache, and the index over them: its status, build and self-test."""

from enum import StrEnum
from pathlib import Path

import numpy as np

from engine.core.case import Text
from engine.core.errors import InputError, StoreError
from engine.core.operating import Rate
from engine.core.records import Record
from engine.jobs import JobContext
from engine.search.index import FLAT_BELOW
from engine.store import Store
from engine.workflows.labels.library_state import LibraryState, cache_folder, library_state
from engine.workflows.labels.recogniser import Recogniser, SearchedLibrary, opened
from engine.workflows.labels.rows import Columns, chain, made_rows
from engine.workflows.labels.searching import index_source, vectors_layout

UNIT = 1e-3  # how far an embedding's length may lie from 1


class IndexState(StrEnum):
    """How a library is searched."""

    EXACT = "every label is compared"
    READY = "ready"
    STALE = "older than the library"
    ABSENT = "not built"


class IndexStatus(Record):
    """How a library is searched now: without an index every label is compared, which takes longer and finds as much."""

    state: IndexState
    labels: int


class IndexInfo(Record):
    """An index as it was built: ``first`` lists are looked into, or ``probes``; sizes in bytes, time in seconds."""

    kind: Text
    count: int
    lists: int
    first: int
    probes: int
    code_bytes: int
    resident_bytes: int
    mapped_bytes: int
    seconds: float


class IndexTest(Record):
    """An index beside an exact search: how often it finds the same label first, and comes to the same decision."""

    recall: Rate
    decisions: Rate | None
    k: int


def index_status(store: Store, library_id: str, embedder_key: str) -> IndexStatus:
    """Return how a library is searched under a key, without opening its index."""
    state = library_state(store, library_id)
    count = state.count()
    if count < FLAT_BELOW:
        return IndexStatus(state=IndexState.EXACT, labels=count)
    made_from = index_source(_index_folder(store, state, embedder_key))
    if made_from is None:
        return IndexStatus(state=IndexState.ABSENT, labels=count)
    ready = made_from == _chain(state, embedder_key)[-1]
    return IndexStatus(state=IndexState.READY if ready else IndexState.STALE, labels=count)


def build_index(
    store: Store, library_id: str, *, recogniser: Recogniser | None = None, context: JobContext
) -> IndexInfo:
    """Build the index of a library under the weights of the program; the one before serves until then.

    Raises
    ------
    InputError
        The library has no labels, or they are embedded with other weights.
    """
    with opened(recogniser) as own:
        store.refresh()
        model = own.model(context)
        library = searched_library(store, library_id, model.key, context=context.part(0, 10))
        return IndexInfo.from_json(own.build_index(library, context.part(1, 2)))


def self_test(
    store: Store,
    library_id: str,
    *,
    sample: int = 1000,
    seed: int = 0,
    threshold: float | None = None,
    recogniser: Recogniser | None = None,
    context: JobContext,
) -> IndexTest:
    """Compare the index with an exact search for labels drawn from the library, blurred by noise."""
    with opened(recogniser) as own:
        store.refresh()
        model = own.model(context)
        library = searched_library(store, library_id, model.key, context=context)
        return IndexTest.from_json(own.self_test(library, sample, seed, threshold, context))


def searched_library(
    store: Store, library_id: str, embedder_key: str, *, sequence: int | None = None, context: JobContext
) -> SearchedLibrary:
    """Return what a search of a library needs; the file of its vectors is made where it is stale.

    Parameters
    ----------
    embedder_key : str
        Of the weights that queries are embedded with.
    sequence : int, optional
        Event up to which labels count; all where None.

    Raises
    ------
    InputError
        There is no label to search, or some are embedded with other weights alone.
    """
    state = library_state(store, library_id)
    needed = sum(sequence is None or at <= sequence for at in state.sequences)
    if not needed:
        remedy = "Enrol labels first."
        raise InputError("The library has no labels to search", where=state.library.name, remedy=remedy)
    sources = state.sources.get(embedder_key, ())
    if len(sources) < needed:
        what = f"Labels of the library are embedded with other weights, and cannot be compared with {embedder_key[:12]}"
        remedy = "Embed the library again: library embed on the command line, Embed again on the Library page."
        raise InputError(what, where=state.library.name, remedy=remedy)
    layout, made_from = vectors_layout(embedder_key), _chain(state, embedder_key)

    def read(number: int) -> Columns:
        source = sources[number]
        tables = store.tables(source.kind, source.key)
        vectors = tables["vectors"]
        if np.abs(np.linalg.norm(vectors, axis=1) - 1).max() > UNIT:
            remedy = "Do not trust it."
            raise StoreError("Embeddings are not of unit length", where=f"segments/{source.sha256}.h5", remedy=remedy)
        return {"vectors": vectors, "classes": tables["classes"] if "classes" in tables else tables["places"][:, 3]}

    count = sum(batch.count for batch in state.batches[: len(sources)])
    path = made_rows(cache_folder(store, library_id), layout, made_from, count, read, context)
    return SearchedLibrary(
        vectors=path,
        embedder_key=embedder_key,
        source=made_from[-1],
        count=state.count(sequence),
        withdrawn=tuple(number for number in state.withdrawn(sequence) if number <= count),
        index=_index_folder(store, state, embedder_key),
    )


def _chain(state: LibraryState, embedder_key: str) -> tuple[str, ...]:
    layout, sources = vectors_layout(embedder_key), state.sources.get(embedder_key, ())
    return chain([layout.name, state.library.id, embedder_key], [source.sha256 for source in sources])


def _index_folder(store: Store, state: LibraryState, embedder_key: str) -> Path:
    return cache_folder(store, state.library.id) / f"index-{embedder_key[:16]}"
