"""Find the records that a command names: by identifier, or by a name that only one of them has."""

import os
import re
from collections.abc import Callable, Iterable
from typing import TypeVar

from engine.core.case import Actor, Capture, Case, IssuedReport, Item
from engine.core.codes import CodeSeries
from engine.core.errors import InputError
from engine.core.library import Library
from engine.workflows.stores import Store

ACTOR_VARIABLE = "TOUCHSTONE_ACTOR"
SHA256 = re.compile(r"[0-9a-f]{64}")
T = TypeVar("T")


def one(records: Iterable[T], wanted: str, kind: str, names: Callable[[T], tuple[str, ...]]) -> T:
    """Return the one record with that identifier or name; raises InputError where there is none or several."""
    everything = list(records)
    for exact in (lambda name: name == wanted, lambda name: name.casefold() == wanted.casefold()):
        hits = [record for record in everything if any(exact(name) for name in names(record))]
        if len(hits) == 1:
            return hits[0]
        if hits:
            raise InputError(f"Several records are the {kind} {wanted}", remedy="Name it by its identifier.")
    known = ", ".join(names(record)[-1] for record in everything[:10]) or "none"
    raise InputError(f"There is no such {kind}", where=wanted, remedy=f"There are: {known}.")


def find_case(store: Store, wanted: str) -> Case:
    """Return the case of that identifier, reference or title."""
    return one(store.cases(), wanted, "case", lambda case: (case.id, *filter(None, [case.reference]), case.title))


def find_item(store: Store, case: Case, wanted: str) -> Item:
    """Return the case's item of that identifier or name."""
    return one(store.items(case.id), wanted, "item", lambda item: (item.id, item.name))


def find_capture(store: Store, case: Case, wanted: str) -> Capture:
    """Return the case's capture of that identifier or file name."""
    captures = [capture for item in store.items(case.id) for capture in store.captures(item.id)]
    return one(captures, wanted, "capture", lambda capture: (capture.id, capture.file_name))


def find_report(issued: Iterable[IssuedReport], wanted: str) -> IssuedReport:
    """Return the issued report of that identifier or number."""
    return one(issued, wanted, "report", lambda report: (report.id, report.number))


def find_bytes(store: Store, wanted: str) -> str:
    """Return the SHA-256 of evidence, named by itself or by a capture's identifier or file name in any case."""
    if SHA256.fullmatch(wanted):
        return wanted
    names: dict[str, list[str]] = {}
    for item in (item for case in store.cases() for item in store.items(case.id)):
        for capture in store.captures(item.id):
            names.setdefault(capture.sha256, []).extend((capture.id, capture.file_name))
    return one(names, wanted, "capture", lambda sha256: tuple(names[sha256]))


def find_series(store: Store, wanted: str) -> CodeSeries:
    """Return the series of that identifier or name."""
    return one(store.code_series(), wanted, "series", lambda series: (series.id, series.facts.name))


def find_library(store: Store, wanted: str | None) -> Library:
    """Return the library of that identifier or name, or the store's only one."""
    libraries = store.libraries()
    if wanted:
        return one(libraries, wanted, "library", lambda library: (library.id, library.name))
    if len(libraries) == 1:
        return libraries[0]
    names = ", ".join(library.name for library in libraries) or "none"
    raise InputError("Which library?", remedy=f"Give --library. There are: {names}.")


def find_actor(store: Store, wanted: str | None) -> Actor:
    """Return the actor named on the command line or in TOUCHSTONE_ACTOR, or the store's only one."""
    wanted = wanted or os.environ.get(ACTOR_VARIABLE)
    actors = store.actors()
    if wanted:
        return one(actors, wanted, "actor", lambda actor: (actor.id, actor.name))
    if len(actors) == 1:
        return actors[0]
    names = ", ".join(actor.name for actor in actors)
    raise InputError("Who is working?", remedy=f"Give --actor, or set {ACTOR_VARIABLE}, to one of: {names}.")
