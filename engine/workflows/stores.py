"""Create, open, describe, check and move stores."""

from pathlib import Path

from pydantic import Field

from engine.core.case import Text
from engine.core.records import Record
from engine.jobs import JobContext
from engine.store import Store, Verification, backup, export_store, import_store, rebuild, verify


class StoreInfo(Record):
    """What a store holds, in numbers."""

    path: Text
    laboratory: Text
    location: Text
    events: int = Field(ge=0)
    head_hash: Text
    actors: int
    cases: int
    items: int
    captures: int
    findings: int
    reports: int


def create_store(folder: Path, *, laboratory: str, location: str = "", administrator: str) -> Store:
    """Create an empty store in a new folder; its first actor is the administrator."""
    return Store.create(folder, laboratory=laboratory, location=location, administrator=administrator)


def open_store(folder: Path, *, read_only: bool = False) -> Store:
    """Open an existing store."""
    return Store.open(folder, read_only=read_only)


def store_info(store: Store) -> StoreInfo:
    """Count what the store holds."""
    cases = store.cases()
    items = [item for case in cases for item in store.items(case.id)]
    return StoreInfo(
        path=str(store.path),
        laboratory=store.laboratory,
        location=store.location,
        events=store.head.count,
        head_hash=store.head.hash,
        actors=len(store.actors()),
        cases=len(cases),
        items=len(items),
        captures=sum(len(store.captures(item.id)) for item in items),
        findings=sum(len(store.findings(case.id)) for case in cases),
        reports=sum(len(store.reports(case.id)) for case in cases),
    )


def verify_store(folder: Path, context: JobContext) -> Verification:
    """Check every event, segment and evidence file against its hash; names what is damaged."""
    return verify(folder, context)


def rebuild_store(folder: Path, context: JobContext) -> tuple[str, ...]:
    """Make the cache anew, restore what the ledger can restore, and say what was done."""
    return rebuild(folder, context)


def export_to_zip(folder: Path, target: Path, context: JobContext) -> int:
    """Write the store as one zip with a manifest; return the number of its files."""
    return len(export_store(folder, target, context).members)


def import_from_zip(source: Path, folder: Path, context: JobContext) -> StoreInfo:
    """Unpack an exported store into a new folder and describe it; the file is treated as hostile."""
    with import_store(source, folder, context) as store:
        return store_info(store)


def backup_store(folder: Path, target: Path, context: JobContext) -> Path:
    """Copy the store, drafts included, into a new folder inside the target, check the copy and return it."""
    return backup(folder, target, context)
