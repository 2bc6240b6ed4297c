"""A disk that fails at a chosen call, and stays failing where a medium would."""

import errno
import os
from pathlib import Path

from engine.store.disk import Disk


class FailingDisk(Disk):
    """Fails with ``code`` at call number ``at`` (counted over writes, syncs and names) and at every one after.

    A write that fails for want of room has written half of its bytes, as systems do.
    """

    def __init__(self, at: int, code: int, *, calls: tuple[str, ...] = ("open", "write", "sync", "name")) -> None:
        self.count = 0
        self._at = at
        self._code = code
        self._calls = calls

    def _call(self, what: str) -> bool:
        if what in self._calls:
            self.count += 1
        return what in self._calls and self.count > self._at

    def _fail(self) -> OSError:
        return OSError(self._code, os.strerror(self._code))

    def open(self, path: Path, *, new: bool = False) -> int:
        if not path.exists() and self._call("open"):
            raise self._fail()
        return super().open(path, new=new)

    def write(self, file: int, offset: int, data: bytes) -> None:
        if self._call("write"):
            if self._code == errno.ENOSPC:
                super().write(file, offset, data[: len(data) // 2])
            raise self._fail()
        super().write(file, offset, data)

    def sync(self, file: int) -> None:
        if self._call("sync"):
            raise self._fail()
        super().sync(file)

    def rename(self, source: Path, target: Path) -> None:
        if self._call("name"):
            raise self._fail()
        super().rename(source, target)

    def make_folder(self, path: Path) -> None:
        if self._call("name"):
            raise self._fail()
        super().make_folder(path)

    def sync_folder(self, path: Path) -> None:
        if self._call("sync"):
            raise self._fail()
        super().sync_folder(path)
