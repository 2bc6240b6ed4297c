"""Building anew what can be: the cache, a lost or damaged HEAD, a destruction or change of passphrase cut short."""

from pathlib import Path

from engine.core.codes import PassphraseChange
from engine.core.errors import StoreError
from engine.jobs import JobContext
from engine.store import evidence, ledger, secrets
from engine.store import head as heads
from engine.store.chain import Chain
from engine.store.disk import RESTORE, Disk, reading, storage_fault, write_file
from engine.store.evidence import EvidenceFolder
from engine.store.folders import FOLDERS, existing_folder, remove_leftovers
from engine.store.head import GENESIS
from engine.store.kinds import Destruction
from engine.store.ledger import Entry, Problem
from engine.store.lock import WriterLock
from engine.store.queries import record_of
from engine.store.secrets import SecretsFolder
from engine.store.store import CACHE, Store


def rebuild(path: Path, context: JobContext | None = None, *, disk: Disk | None = None) -> tuple[str, ...]:
    """Empty the cache, write a damaged HEAD anew, finish destructions and changes of passphrase; return what was done.

    Raises
    ------
    StoreError
        The ledger itself is damaged: that is restored from a backup, never cut off.
    Cancelled
        The context was cancelled; what was done until then stays done.
    """
    path = existing_folder(path)
    try:
        return _rebuild(path, context or JobContext(), disk or Disk())
    except OSError as error:
        raise storage_fault(error, path, "See to the disk and rebuild again") from error


def _rebuild(path: Path, context: JobContext, disk: Disk) -> tuple[str, ...]:
    done: list[str] = []
    context.progress(0, 4, "Checking HEAD")
    with WriterLock(path).held(), reading(path / ledger.FILE):
        reason = _head_damage(path)
        if reason:
            done.append(_restore_head(path, disk, reason))
    context.progress(1, 4, "Checking the ledger")
    store = Store.open(path, disk=disk)
    context.check_cancelled()
    context.progress(2, 4, "Emptying the cache")
    if (path / CACHE).is_dir():
        disk.discard_folder(path / CACHE)
        left = "; what is in use stayed" if (path / CACHE).is_dir() else ""
        done.append(f"The cache was emptied{left}; it fills again as it is needed")
    files = EvidenceFolder(path / evidence.FOLDER, disk)
    sealed = SecretsFolder(path / secrets.FOLDER, disk)
    context.progress(3, 4, "Looking for what was never finished")
    for event in store.events():
        context.check_cancelled()
        destroyed = record_of(event, Destruction).sha256 if event.kind == "evidence destroyed" else ""
        if files.find(destroyed):
            files.remove(destroyed)
            done.append(f"The destruction ordered in event {event.sequence} was finished")
        if event.kind == "passphrase changed" and _replace(store, sealed, record_of(event, PassphraseChange)):
            done.append(f"The change of passphrase in event {event.sequence} was finished")
    for folder in (path.parent, path, *(path / name for name in FOLDERS)):
        done += [f"{name}, which was never finished, was removed" for name in remove_leftovers(disk, folder)]
    return tuple(done)


def _replace(store: Store, sealed: SecretsFolder, change: PassphraseChange) -> bool:
    """Remove sealed secrets that count no longer, but never the last that are there; return whether they were there."""
    left = sealed.present(change.replaced_sha256) and sealed.present(store.sealed_sha256(change.series_id))
    if left:
        sealed.remove(change.replaced_sha256)
    return left


def _head_damage(path: Path) -> str:
    """Return what is wrong with HEAD that the ledger can mend, or nothing."""
    try:
        slots = heads.read_slots(path / heads.FILE)
    except StoreError as error:
        return error.what
    size = (path / ledger.FILE).stat().st_size
    whole = [item for item in ledger.scan(path / ledger.FILE, slots.newest, size) if isinstance(item, Entry)]
    if len(whole) > 1:
        return f"HEAD is older than the ledger: {len(whole)} whole events stand beyond it"
    return "" if slots.whole else "A slot of HEAD is damaged"


def _restore_head(path: Path, disk: Disk, reason: str) -> str:
    """Check the ledger to its last whole line, write HEAD for it and record that."""
    file = path / ledger.FILE
    found = list(ledger.scan(file, GENESIS, file.stat().st_size))
    # Without HEAD nobody can tell a damaged line from one that was never acknowledged, unless it is the very last and
    # was cut off while it was written.
    if found and isinstance(found[-1], Problem) and not _ends_with_newline(file):
        found.pop()
    damaged = [item for item in found if isinstance(item, Problem)]
    if damaged or not found:
        where, what, remedy = damaged[0] if damaged else Problem(ledger.FILE, "The ledger is empty", RESTORE)
        raise StoreError(what, where=f"{path.name}, {where}", remedy=remedy)
    last = found[-1]
    assert isinstance(last, Entry)
    write_file(disk, path / heads.FILE, (last.head.encode(), last.head.encode()))
    chain = Chain(path, disk)
    chain.read()
    for _ in chain.settle(EvidenceFolder(path / evidence.FOLDER, disk)):
        pass
    chain.record_restored_head(reason)
    return f"HEAD was written anew for {last.head.count} events: {reason}"


def _ends_with_newline(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, 2)
        return file.read(1) == b"\n"
