"""The one place of the store that writes, syncs and renames; tests put a failing or a recording disk in its stead.

POSIX promises little: a written file is safe once it was fsynced, its name once its folder was. Every durable step of
the store is built from the primitives of ``Disk`` in that order and nothing else changes files.
"""

import contextlib
import errno
import os
import shutil
import sys
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path

from engine.core.errors import StoreError

PART = ".part"
RESTORE = "Keep this folder as it is, and restore the store from a backup"

FULL = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)})
FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


def storage_fault(error: OSError, path: Path, remedy: str) -> StoreError:
    """Return the clear form of a system's error."""
    if error.errno in FULL:
        return StoreError("The disk is full", where=str(path), remedy=remedy)
    if error.errno in FORBIDDEN:
        what = f"The system does not allow this: {error.strerror}"
        return StoreError(what, where=str(path), remedy="See to the rights to the folder, or ask whoever keeps it")
    return StoreError(f"The disk reports a fault: {error.strerror or error}", where=str(path), remedy=remedy)


@contextlib.contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn the system's errors in reading a file of the store into a StoreError that names it."""
    try:
        yield
    except FileNotFoundError:
        raise StoreError("A file of the store is missing", where=str(path), remedy=RESTORE) from None
    except OSError as error:
        raise storage_fault(error, path, RESTORE) from error


class Disk:
    """The primitives, each one system call's worth; all raise OSError and none retries."""

    def open(self, path: Path, *, new: bool = False) -> int:
        """Open for writing, creating the file where it is missing; ``new`` refuses one that exists."""
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
        return os.open(path, flags | (os.O_EXCL if new else 0), 0o644)

    def write(self, file: int, offset: int, data: bytes) -> None:
        """Write all of the data at the offset."""
        os.lseek(file, offset, os.SEEK_SET)
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(file, rest) :]

    def truncate(self, file: int, size: int) -> None:
        """Cut the file to that size."""
        os.ftruncate(file, size)

    def sync(self, file: int) -> None:
        """Return once the file's bytes are on the medium."""
        if sys.platform == "darwin":
            import fcntl

            fcntl.fcntl(file, fcntl.F_FULLFSYNC)  # there a plain fsync stops at the drive's cache
        else:
            os.fsync(file)

    def close(self, file: int) -> None:
        """Close the file; says nothing about its bytes being safe."""
        os.close(file)

    def rename(self, source: Path, target: Path) -> None:
        """Give the file another name, atomically, in place of what had it."""
        source.replace(target)

    def remove(self, path: Path) -> None:
        """Remove the file."""
        path.unlink()

    def make_folder(self, path: Path) -> None:
        """Make the folder; one that exists is an error."""
        path.mkdir()

    def remove_folder(self, path: Path) -> None:
        """Remove the empty folder."""
        path.rmdir()

    def discard_folder(self, path: Path) -> None:
        """Remove a folder that was never finished, as far as that is possible."""
        shutil.rmtree(path, ignore_errors=True)

    def sync_folder(self, path: Path) -> None:
        """Return once the names in the folder are on the medium; Windows offers no such call and journals them."""
        if sys.platform == "win32":
            return
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


class NewFile:
    """A file under a temporary name that becomes durable under its own name, or never existed.

    Use it as a context manager: an error inside removes what was written. ``publish`` ends it.
    """

    def __init__(self, disk: Disk, folder: Path) -> None:
        self.size = 0
        self._disk = disk
        self._path = folder / f".{uuid.uuid4().hex}{PART}"
        self._file: int | None = disk.open(self._path, new=True)
        self._published = False

    def __enter__(self) -> "NewFile":
        return self

    def __exit__(self, *_: object) -> None:
        if self._published:
            return
        self.close()
        # The error that brought us here is the one to tell; a leftover part is removed by rebuild.
        with contextlib.suppress(OSError):
            self._disk.remove(self._path)

    def write(self, data: bytes) -> int:
        """Append bytes and return their number, as a file does."""
        assert self._file is not None
        self._disk.write(self._file, self.size, data)
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        """Do nothing: every write goes straight to the system. Files have the method, so zipfile calls it."""

    def publish(self, target: Path) -> None:
        """Sync the bytes, take the target's name and sync the folder, in that order."""
        assert self._file is not None
        self._disk.sync(self._file)
        self.close()
        self._disk.rename(self._path, target)
        self._published = True
        self._disk.sync_folder(target.parent)

    def close(self) -> None:
        """Close the file, if it is open; ``publish`` and the end of the block do it."""
        file, self._file = self._file, None
        if file is not None:
            self._disk.close(file)


def write_file(disk: Disk, target: Path, chunks: Iterable[bytes]) -> None:
    """Write a whole file so that after a crash it is either complete under its name or not there."""
    with NewFile(disk, target.parent) as file:
        for chunk in chunks:
            file.write(chunk)
        file.publish(target)


def overwrite(disk: Disk, path: Path, offset: int, data: bytes, *, cut: bool = False) -> None:
    """Write bytes in place and sync them; ``cut`` drops whatever the file held beyond the offset."""
    file = disk.open(path)
    try:
        if cut and os.fstat(file).st_size > offset:
            disk.truncate(file, offset)
        disk.write(file, offset, data)
        disk.sync(file)
    finally:
        disk.close(file)
