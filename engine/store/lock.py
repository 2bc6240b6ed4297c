"""The writer's lock: one writer at a time among all processes, held for one commit."""

import contextlib
import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from engine.core.errors import StoreError
from engine.store.disk import reading

FILE = "lock"
PATIENCE = 10.0  # seconds
POLL = 0.002  # seconds
NETWORK_TYPES = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "fuse.sshfs", "fuse.rclone"})


class WriterLock:
    """An advisory lock on a file of our own; the system releases it when its holder dies."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._thread = threading.Lock()

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock; raises StoreError where another process does not release it in time."""
        with self._thread:
            file = self._acquire()
            try:
                yield
            finally:
                os.close(file)

    @contextlib.contextmanager
    def held_if_possible(self) -> Iterator[None]:
        """Hold the lock, or go on without it where the medium cannot be written, so that nobody else writes either."""
        if not self._path.exists() and not os.access(self._path.parent, os.W_OK):
            yield
            return
        with self.held():
            yield

    def _acquire(self) -> int:
        deadline = time.monotonic() + PATIENCE
        while True:
            file = self._open()
            if _try_lock(file) and self._is_current(file):
                return file
            os.close(file)
            if time.monotonic() > deadline:
                what = "Another process has been writing to the store for too long"
                raise StoreError(what, where=str(self._path), remedy="Close the other window or command and try again")
            time.sleep(POLL)

    def _open(self) -> int:
        flags = getattr(os, "O_CLOEXEC", 0)
        try:
            return os.open(self._path, os.O_RDWR | os.O_CREAT | flags, 0o644)
        except OSError:
            with reading(self._path):
                return os.open(self._path, os.O_RDONLY | flags)

    def _is_current(self, file: int) -> bool:
        """Whether the locked file still has its name: somebody may have removed it in between."""
        try:
            return os.path.samestat(os.fstat(file), self._path.stat())
        except FileNotFoundError:
            return False


def _try_lock(file: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def is_network_share(path: Path, mounts: Path = Path("/proc/self/mounts")) -> bool:
    """Whether the folder lies on a network share, whose locks and fsync cannot be relied on."""
    path = path.resolve()
    if sys.platform == "win32":
        import ctypes

        return ctypes.windll.kernel32.GetDriveTypeW(path.anchor) == 4  # DRIVE_REMOTE, winbase.h
    if not mounts.exists():
        return False
    best, kind = -1, ""
    for line in mounts.read_text(encoding="utf-8", errors="replace").splitlines():
        fields = line.split()
        point = Path(fields[1].replace("\\040", " "))
        if path.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), fields[2]
    return kind in NETWORK_TYPES
