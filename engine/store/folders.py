"""Making whole store folders: complete under a temporary name, then renamed."""

import contextlib
import re
import stat
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

from engine.core.errors import StoreError
from engine.core.records import Record
from engine.store import drafts, evidence, ledger, secrets, segments
from engine.store import head as heads
from engine.store.chain import next_line
from engine.store.disk import PART, Disk, reading, write_file
from engine.store.head import GENESIS
from engine.store.lock import FILE as LOCK
from engine.store.writing import payload_of

FOLDERS = (drafts.FOLDER, evidence.FOLDER, secrets.FOLDER, segments.FOLDER)
STALE = 3600.0  # seconds without a write after which what was never finished is nobody's
UNFINISHED = re.compile(rf"\.(?:.+-)?[0-9a-f]{{32}}{re.escape(PART)}")


def existing_folder(path: Path) -> Path:
    """Return the absolute path of a store's folder; raises StoreError where there is no store."""
    path = path.absolute()
    with reading(path):
        found = (path / ledger.FILE).exists() or (path / heads.FILE).exists()
    if not found:
        raise StoreError("There is no store", where=str(path), remedy="Create one, or choose another folder")
    return path


@contextlib.contextmanager
def new_folder(disk: Disk, path: Path) -> Iterator[Path]:
    """Yield a fresh store folder to fill; at the end it gets its name, after an error it is removed.

    What a crash left unfinished beside it is removed too.

    Files in it are the caller's to sync; the names in its folders are synced here.
    """
    folder = path.with_name(f".{path.name}-{uuid.uuid4().hex}{PART}")
    remove_leftovers(disk, path.parent)
    try:
        disk.make_folder(folder)
        for name in FOLDERS:
            disk.make_folder(folder / name)
        yield folder
        disk.sync_folder(folder)
        if path.exists():
            disk.remove_folder(path)
        disk.rename(folder, path)
    except BaseException:
        disk.discard_folder(folder)
        raise
    disk.sync_folder(path.parent)


def remove_leftovers(disk: Disk, folder: Path) -> tuple[str, ...]:
    """Remove the files and stores in a folder that a crash left unfinished an hour ago or more; return their names."""
    found = [path for path in sorted(folder.glob(f".*{PART}")) if _abandoned(path)]
    for path in found:
        if path.is_dir():
            disk.discard_folder(path)
        else:
            with contextlib.suppress(FileNotFoundError):  # another process does the same
                disk.remove(path)
    return tuple(path.name for path in found if not path.exists())


def _abandoned(path: Path) -> bool:
    """Whether it bears a temporary name of ours, holds nothing but what a store holds, and nobody writes it."""
    if not UNFINISHED.fullmatch(path.name):
        return False
    try:
        if stat.S_ISDIR(path.lstat().st_mode):
            inside = {*FOLDERS, ledger.FILE, heads.FILE, LOCK}
            if not all(child.name in inside or UNFINISHED.fullmatch(child.name) for child in path.iterdir()):
                return False
        elif not stat.S_ISREG(path.lstat().st_mode):
            return False
        return time.time() - max(each.lstat().st_mtime for each in (path, *path.rglob("*"))) > STALE
    except OSError:
        return False  # it is being finished or removed just now, or is not ours to look into


def make_folder(disk: Disk, path: Path, first: tuple[tuple[str, str, Record], ...]) -> None:
    """Make a store with its first events: actor, kind and record of each."""
    head, lines = GENESIS, list[bytes]()
    for actor_id, kind, record in first:
        line, entry = next_line(head, actor_id, kind, payload_of(kind, record))
        lines.append(line)
        head = entry.head
    with new_folder(disk, path) as folder:
        write_file(disk, folder / ledger.FILE, lines)
        write_file(disk, folder / heads.FILE, (head.encode(), head.encode()))
