"""Open the store that a command names, and tell what is remarkable or damaged in it."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from engine.cli.output import Output
from engine.core.errors import InputError, StoreError
from engine.workflows import stores
from engine.workflows.stores import Store


@contextlib.contextmanager
def writable(folder: Path, output: Output) -> Iterator[Store]:
    """Yield the store; raises StoreError where it is damaged."""
    with stores.open_store(folder) as store:
        _tell(store, output)
        yield store


@contextlib.contextmanager
def readable(folder: Path, output: Output) -> Iterator[Store]:
    """Yield the store for reading. Of a damaged one all that is undamaged can be shown, then StoreError is raised."""
    with stores.open_store(folder, read_only=True) as store:
        _tell(store, output)
        if not store.problems:
            yield store
            return
        for where, what, remedy in store.problems:
            output.error(StoreError(what, where=where, remedy=remedy))
        # What is asked for may be what is damaged: that it is not found would be the wrong answer.
        with contextlib.suppress(InputError):
            yield store
        what = "The store is damaged, so only what is undamaged could be shown"
        raise StoreError(what, where=str(folder), remedy=store.problems[0].remedy)


def _tell(store: Store, output: Output) -> None:
    for note in store.notes:
        output.note(note)
