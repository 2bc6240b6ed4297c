"""The libraries behind the findings of a report: gathered for it, and compared with the store when it is verified."""

from collections.abc import Iterable

from engine.core.errors import TouchstoneError
from engine.core.finding import Finding
from engine.core.library import METHOD, label_name, label_number
from engine.core.records import hash_of
from engine.jobs import JobContext
from engine.report.content import ReportedLabel, ReportedLibrary
from engine.report.differences import ABSENT, Difference
from engine.store import Store
from engine.workflows.labels.candidates import library_of
from engine.workflows.labels.library import label_details, library_overview


def reported_libraries(store: Store, findings: Iterable[Finding]) -> tuple[ReportedLibrary, ...]:
    """Return the libraries that findings searched, each with the labels that these rank first."""
    first: dict[str, set[int]] = {}
    for finding in findings:
        if finding.method == METHOD:
            best = (label_number(match.reference) for match in finding.matches[:1])
            first.setdefault(library_of(finding), set()).update(best)
    return tuple(_reported(store, library_id, sorted(numbers)) for library_id, numbers in first.items())


def libraries_differ(store: Store, reported: Iterable[ReportedLibrary], context: JobContext) -> list[Difference]:
    """Compare the libraries of a report, their labels that it names and the fields of these with what a store holds."""
    held = {library.id: library for library in store.libraries()}
    found = []
    for entry in reported:
        own = held.get(entry.library.id)
        if own != entry.library:
            told = ABSENT if own is None else hash_of(own.to_json())
            where = f"library {entry.library.id}"
            found.append(Difference(where=where, recorded=hash_of(entry.library.to_json()), found=told))
            continue
        for label in entry.matched:
            found += _label_differs(store, entry.library.id, label, context)
    return found


def _label_differs(store: Store, library_id: str, label: ReportedLabel, context: JobContext) -> list[Difference]:
    where = f"{label_name(label.number)} of library {library_id}"
    try:
        own = _label(store, library_id, label.number)
        store.evidence(own.field.sha256, context)
    except TouchstoneError as error:
        return [Difference(where=where, recorded=label.field.sha256, found=error.what)]
    if own == label:
        return []
    return [Difference(where=where, recorded=hash_of(label.to_json()), found=hash_of(own.to_json()))]


def _reported(store: Store, library_id: str, numbers: list[int]) -> ReportedLibrary:
    overview = library_overview(store, library_id)
    return ReportedLibrary(
        library=overview.library,
        labels=overview.labels,
        withdrawn=overview.withdrawn,
        matched=tuple(_label(store, library_id, number) for number in numbers),
    )


def _label(store: Store, library_id: str, number: int) -> ReportedLabel:
    found = label_details(store, library_id, number)
    event = store.event_of("labels enrolled", found.batch.id)
    return ReportedLabel(
        number=number,
        batch_id=found.batch.id,
        field=found.field,
        row=found.row,
        column=found.column,
        enrolled=event.time,
        enroller=store.actor(event.actor_id),
    )
