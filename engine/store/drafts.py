"""Work in progress, outside the chain: two files written in turn, each whole and checked.

Every save writes all drafts, with a number that grows, under the name whose turn it is. So one file always holds the
save before, and a missing or damaged file is noticed.
"""

from json import JSONDecodeError, loads
from pathlib import Path
from typing import Any

from engine.core.errors import StoreError
from engine.core.records import canonical_json, sha256_hex
from engine.store.disk import Disk, write_file

FOLDER = "drafts"
FILES = ("even.json", "odd.json")


class Drafts:
    """The drafts of one store; the caller holds the writer's lock for ``save`` and ``discard``."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        self._folder = folder
        self._disk = disk

    def read(self, key: str) -> dict[str, Any] | None:
        """Return the draft of that key or None; raises StoreError where a file is missing or damaged."""
        values = self._newest()[1].get(key)
        return values if isinstance(values, dict) else None

    def save(self, key: str, values: dict[str, Any]) -> None:
        """Save a draft in place of the one before; raises StoreError where a file is missing or damaged."""
        number, drafts = self._newest()
        self._write(number + 1, {**drafts, key: values})

    def discard(self, key: str) -> None:
        """Forget a draft, if there is one; a missing or damaged file is written anew from the other."""
        number, drafts = self._newest(trusting=True)
        if key in drafts or self.check():
            self._write(number + 1, {name: values for name, values in drafts.items() if name != key})

    def check(self) -> str:
        """Return what is wrong with the files, or nothing."""
        try:
            self._newest()
        except StoreError as error:
            return error.what
        return ""

    def _write(self, number: int, drafts: dict[str, Any]) -> None:
        values = {"drafts": drafts, "number": number}
        data = canonical_json({**values, "check": sha256_hex(canonical_json(values))})
        write_file(self._disk, self._folder / FILES[number % 2], (data,))
        if number == 1:
            self._write(2, drafts)

    def _newest(self, *, trusting: bool = False) -> tuple[int, dict[str, Any]]:
        """Return number and drafts of the newest whole file; ``trusting`` makes do with one of the two."""
        found = [self._read_file(parity) for parity in (0, 1)]
        whole = [item for item in found if item is not None]
        present = [name for name in FILES if (self._folder / name).exists()]
        number, drafts = max(whole, key=lambda item: item[0], default=(0, {}))
        in_turn = len(whole) == 2 and abs(whole[0][0] - whole[1][0]) == 1
        if present and not trusting and not in_turn and not (number == 1 and len(present) == 1):
            what = "A file of drafts is missing or damaged; the last autosave may be lost"
            raise StoreError(what, where=FOLDER, remedy="Discard the draft and write it again")
        return number, drafts

    def _read_file(self, parity: int) -> tuple[int, dict[str, Any]] | None:
        try:
            data = (self._folder / FILES[parity]).read_bytes()
            values = loads(data)
            check = values.pop("check")
            number, drafts = values["number"], values["drafts"]
            whole = data == canonical_json({**values, "check": check}) and check == sha256_hex(canonical_json(values))
        except (FileNotFoundError, JSONDecodeError, UnicodeDecodeError, KeyError, TypeError, AttributeError):
            return None
        return (number, drafts) if whole and number % 2 == parity else None
