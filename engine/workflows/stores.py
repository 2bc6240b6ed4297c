"""Create, open, describe, check and move stores."""

from pathlib import Path

from pydantic import Field

from engine.core.case import Text
from engine.core.records import Record
from engine.jobs import JobContext
from engine.store import transfer, verify
from engine.store.store import Store
from engine.store.verify import Verification


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
    return verify.verify(folder, context)


def rebuild_store(folder: Path) -> None:
    """Delete the cache and make it anew from ledger, segments and evidence."""
    verify.rebuild(folder)


def export_store(folder: Path, target: Path, context: JobContext) -> None:
    """Write the store as one zip with a manifest."""
    transfer.export_store(folder, target, context)


def import_store(source: Path, folder: Path, context: JobContext) -> None:
    """Unpack an exported store into a new folder; the file is treated as hostile."""
    transfer.import_store(source, folder, context)


def backup_store(folder: Path, target: Path, context: JobContext) -> None:
    """Copy what a backup folder lacks of the store."""
    transfer.backup(folder, target, context)
