"""What a commit checks and builds before anything is written: references, case, payload, arrays."""

from collections.abc import Mapping, Sequence
from typing import Any

from engine.core.errors import InputError
from engine.core.finding import Finding, Raster
from engine.core.records import Record, canonical_json
from engine.store import segments
from engine.store.kinds import KINDS, OWN, SCHEMA, about, identifiers, next_number
from engine.store.projection import Projection


def check_record(projection: Projection, actor_id: str, kind: str, record: Record) -> None:
    """Raise InputError unless actor, kind, record and everything the record refers to fit."""
    if kind in OWN:
        raise InputError(f"Only the store itself writes {kind!r}")
    if kind not in KINDS:
        raise InputError(f"There is no kind of event {kind!r}")
    shape = KINDS[kind]
    if type(record) is not shape.record:
        raise InputError(f"{kind!r} takes a record {shape.record.__name__}, not {type(record).__name__}")
    if projection.made("actor added", actor_id) is None:
        raise InputError(f"There is no actor {actor_id}", remedy="Add the actor first")
    if shape.identity:
        (key,) = identifiers(record, shape.identity)
        if projection.made(kind, key) is not None:
            raise InputError(f"{key} is there already", remedy="Correct it by an event that names it")
    for name, made_by in shape.refers.items():
        for key in identifiers(record, name):
            if projection.made(made_by, key) is None:
                raise InputError(f"There is no {made_by.split()[0]} {key}", remedy="Check the identifier")


def check_run(kind: str, record: Record, before: Sequence[Record]) -> None:
    """Raise InputError unless the record counts on from the last one before it, or from 1 where there is none."""
    run = KINDS[kind].run
    expected = next_number(kind, before[-1]) if before else 1
    if run is not None and getattr(record, run[1]) != expected:
        what = f"The next number is {expected}, not {getattr(record, run[1])}: others were added meanwhile"
        raise InputError(what, where=kind, remedy="Try again")


def case_of(projection: Projection, kind: str, record: Record, case_id: str | None) -> str | None:
    """Return the case an event belongs to: as given, or as the record or what it refers to says."""
    own = identifiers(record, "id" if kind == "case opened" else "case_id")
    found = set(own)
    for name, made_by in KINDS[kind].refers.items():
        entries = [projection.made(made_by, key) for key in identifiers(record, name)]
        found |= {entry.case_id for entry in entries if entry is not None and entry.case_id}
    if case_id is not None:
        found.add(case_id)
    if len(found) > 1:
        raise InputError("The record and what it refers to belong to different cases", where=", ".join(sorted(found)))
    case = found.pop() if found else None
    if case is not None and kind != "case opened" and projection.made("case opened", case) is None:
        raise InputError(f"There is no case {case}", remedy="Check the identifier")
    return case


def payload_of(
    kind: str, record: Record, case_id: str | None = None, extra: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Return the payload of an event, without evidence and segment."""
    payload = {"about": list(about(kind, record)), "case_id": case_id, "record": record.to_json(), "schema": SCHEMA}
    if extra is None:
        return payload
    try:
        canonical_json(extra)
    except (TypeError, ValueError) as error:
        raise InputError(f"What is kept beside the record is no JSON: {error}") from error
    return {**payload, "extra": extra}


def mentioned(kind: str, record: Record) -> list[str]:
    """Return the SHA-256 of files that the record needs or mentions, each once."""
    names = (*KINDS[kind].needs, *KINDS[kind].mentions)
    return list(dict.fromkeys(key for name in names for key in identifiers(record, name)))


def arrays_of(
    kind: str, record: Record, rasters: Mapping[str, Raster] | None, tables: Mapping[str, segments.Table] | None
) -> segments.Arrays:
    """Return what the event's segment holds; raises InputError where that does not belong to the record."""
    return segments.Arrays(rasters_of(record, rasters), tables_of(kind, record, tables))


def rasters_of(record: Record, given: Mapping[str, Raster] | None) -> dict[str, Raster]:
    """Return the arrays to store; raises InputError where they are not those the record names."""
    overlays = record.overlays if isinstance(record, Finding) else ()
    if given is None:
        given = {overlay.key: overlay.raster for overlay in overlays if overlay.raster is not None}
    named = {overlay.key: overlay.raster_sha256 for overlay in overlays if overlay.raster_sha256 is not None}
    if {key: raster.sha256 for key, raster in given.items()} != named:
        raise InputError("The arrays are not those that the record's overlays name")
    return dict(given)


def tables_of(kind: str, record: Record, given: Mapping[str, segments.Table] | None) -> dict[str, segments.Table]:
    """Return the tables to store, empty ones left out; raises InputError where they are not those of the kind."""
    tables = {name: table for name, table in (given or {}).items() if table.size}
    if not tables_fit(kind, record, {name: segments.form(table) for name, table in tables.items()}):
        raise InputError(f"The tables are not those of {kind!r}")
    return tables


def tables_fit(kind: str, record: Record, forms: Mapping[str, str]) -> bool:
    """Whether tables of those forms (see ``segments.form``) are those that belong beside the record."""
    expected = KINDS[kind].tables
    if not set(forms) <= set(expected):
        return False
    for name, shape in expected.items():
        dtype, *lengths = forms[name].split() if name in forms else (None,)
        if not shape.fits(record, dtype, tuple(int(length) for length in lengths)):
            return False
    return True
