"""Original bytes, named by their SHA-256; checked before anything else sees them."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from engine.core.errors import InputError, StoreError
from engine.core.records import file_sha256
from engine.jobs import JobContext
from engine.store.disk import RESTORE, Disk, NewFile, reading

FOLDER = "evidence"
CHUNK = 1 << 20
SUFFIX = re.compile(r"\.[a-z0-9]{1,8}")
SHA256 = re.compile(r"[0-9a-f]{64}")
NAME = re.compile(r"[0-9a-f]{64}\.[a-z0-9]{1,8}")


def stored_sha256(path: Path, context: JobContext) -> str:
    """Return the SHA-256 of a file of the store; raises StoreError where it cannot be read, and Cancelled."""
    with reading(path):
        return file_sha256(path, context.check_cancelled)


class EvidenceFolder:
    """The folder of original bytes."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        self._folder = folder
        self._disk = disk

    def add(self, source: Path | bytes, suffix: str, context: JobContext) -> str:
        """Copy the bytes in and return their SHA-256 once they are safe; bytes that are there stay."""
        suffix = suffix.lower()
        digest = hashlib.sha256()
        with NewFile(self._disk, self._folder) as file:
            for chunk in _chunks(source):
                context.check_cancelled()
                digest.update(chunk)
                file.write(chunk)
            sha256 = digest.hexdigest()
            present = self.find(sha256)
            if present is not None and stored_sha256(present, context) == sha256:
                self._disk.sync_folder(self._folder)  # it may have got its name just before a crash
                return sha256
            name = sha256 + (suffix if SUFFIX.fullmatch(suffix) else ".bin")
            file.publish(present or self._folder / name)
        return sha256

    def find(self, sha256: str) -> Path | None:
        """Return the file of that name, unchecked, or None."""
        if not SHA256.fullmatch(sha256):
            return None
        return next((path for path in self._folder.glob(f"{sha256}.*") if NAME.fullmatch(path.name)), None)

    def checked(self, sha256: str, context: JobContext) -> Path:
        """Return the file after its bytes were found to be the ones taken in; raises StoreError."""
        path = self.find(sha256)
        if path is None:
            raise StoreError("The original bytes are missing", where=f"{FOLDER}/{sha256}", remedy=RESTORE)
        if stored_sha256(path, context) != sha256:
            what = "The original bytes are damaged: their hash is not the one taken in"
            raise StoreError(what, where=f"{FOLDER}/{path.name}", remedy=RESTORE)
        return path

    def remove(self, sha256: str) -> None:
        """Remove the file, if it is there, for good."""
        path = self.find(sha256)
        if path is not None:
            self._disk.remove(path)
        self._disk.sync_folder(self._folder)


def _chunks(source: Path | bytes) -> Iterator[bytes]:
    if isinstance(source, bytes):
        yield source
        return
    try:
        with source.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk
    except OSError as error:
        what = f"The file cannot be read: {error.strerror}"
        raise InputError(what, where=str(source), remedy="Check the medium it lies on") from error
