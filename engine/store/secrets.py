"""Sealed secrets of series, named by their SHA-256: never exported, copied by backups, checked before use.

The store knows them as bytes: whoever holds the passphrase opens them, and the store never does.
"""

import re
from pathlib import Path

from engine.core.errors import InputError, StoreError
from engine.core.records import sha256_hex
from engine.store.disk import RESTORE, Disk, reading, write_file

FOLDER = "secrets"
LIMIT = 1 << 20  # bytes of one file
NAME = re.compile(r"[0-9a-f]{64}\.sealed")
PUT_BACK = f"Put the file back from a backup, into the folder {FOLDER} of the store"


def file_name(sha256: str) -> str:
    """Return the name of a file of that SHA-256."""
    return f"{sha256}.sealed"


class SecretsFolder:
    """The folder of sealed secrets; stores made before there were any lack it until the first is added."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        self._folder = folder
        self._disk = disk

    def add(self, data: bytes) -> str:
        """Write the bytes and return their SHA-256 once they are safe; a damaged file of that name is replaced."""
        if not 0 < len(data) <= LIMIT:
            raise InputError(f"Sealed secrets have 1 to {LIMIT} bytes, not {len(data)}")
        if not self._folder.is_dir():
            self._disk.make_folder(self._folder)
            self._disk.sync_folder(self._folder.parent)
        sha256 = sha256_hex(data)
        write_file(self._disk, self._folder / file_name(sha256), (data,))
        return sha256

    def present(self, sha256: str) -> bool:
        """Whether there is a file of that name, unchecked."""
        return (self._folder / file_name(sha256)).is_file()

    def read(self, sha256: str) -> bytes:
        """Return the bytes if they are the recorded ones; raises StoreError."""
        where = f"{FOLDER}/{file_name(sha256)}"
        if not self.present(sha256):
            what = "The sealed secrets are not in this store: an export left them out, or they were lost"
            raise StoreError(what, where=where, remedy=PUT_BACK)
        path = self._folder / file_name(sha256)
        with reading(path), path.open("rb") as file:
            data = file.read(LIMIT + 1)
        if sha256_hex(data) != sha256:
            what = "The sealed secrets are damaged: their hash is not the recorded one"
            raise StoreError(what, where=where, remedy=RESTORE)
        return data

    def remove(self, sha256: str) -> None:
        """Remove the file, if it is there, for good."""
        if self.present(sha256):
            self._disk.remove(self._folder / file_name(sha256))
        self._disk.sync_folder(self._folder)
