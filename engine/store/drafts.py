"""Work in progress, outside the chain: all drafts in one small file that is kept twice.

Every save writes both copies, one after the other, with a number that grows. Whatever happens to one of them, the other
holds the last save.
"""

from json import loads
from pathlib import Path
from typing import Any

from engine.core.errors import InputError, StoreError
from engine.core.records import canonical_json, sha256_hex
from engine.store.disk import Disk, write_file

FOLDER = "drafts"
FILES = ("drafts.json", "drafts-copy.json")


class Drafts:
    """The drafts of one store; the caller holds the writer's lock."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        self._folder = folder
        self._disk = disk

    def read(self, key: str) -> dict[str, Any] | None:
        """Return the draft of that key or None; raises StoreError where both copies are damaged."""
        return self._newest()[1].get(key)

    def save(self, key: str, values: dict[str, Any]) -> None:
        """Save a draft in place of the one before; raises StoreError where both copies are damaged."""
        number, drafts = self._newest()
        self._write(number + 1, {**drafts, key: values})

    def discard(self, key: str) -> None:
        """Forget a draft, if there is one; where both copies are damaged, forget all."""
        if all(copy is None for copy in self._copies()):
            self._write(1, {})
            return
        number, drafts = self._newest()
        if key in drafts:
            self._write(number + 1, {name: values for name, values in drafts.items() if name != key})

    def damaged(self) -> tuple[str, ...]:
        """Return the names of the copies that are damaged or missing."""
        if not any((self._folder / name).exists() for name in FILES):
            return ()
        return tuple(name for name, copy in zip(FILES, self._copies(), strict=True) if copy is None)

    def _write(self, number: int, drafts: dict[str, Any]) -> None:
        values = {"drafts": drafts, "number": number}
        try:
            data = canonical_json({**values, "check": sha256_hex(canonical_json(values))})
        except (TypeError, ValueError) as error:
            raise InputError(f"The draft is no JSON: {error}") from error
        for name in FILES:
            write_file(self._disk, self._folder / name, (data,))

    def _newest(self) -> tuple[int, dict[str, Any]]:
        """Return number and drafts of the newest whole copy."""
        whole = [copy for copy in self._copies() if copy is not None]
        if not whole and self.damaged():
            what = "Both copies of the drafts are damaged"
            raise StoreError(what, where=str(self._folder), remedy="Discard the draft and write it again")
        return max(whole, key=lambda copy: copy[0], default=(0, {}))

    def _copies(self) -> tuple[tuple[int, dict[str, Any]] | None, ...]:
        return tuple(_read(self._folder / name) for name in FILES)


def _read(path: Path) -> tuple[int, dict[str, Any]] | None:
    """Return number and drafts of a copy, or None where not every byte is as it was written."""
    try:
        data = path.read_bytes()
        values = loads(data)
        check = values.pop("check")
        number, drafts = values["number"], values["drafts"]
        shaped = type(number) is int and all(isinstance(draft, dict) for draft in drafts.values())
        whole = (
            shaped
            and data == canonical_json({**values, "check": check})
            and check == sha256_hex(canonical_json(values))
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return (number, drafts) if whole else None
