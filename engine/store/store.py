"""The store: a folder that holds everything, written by one process at a time and never silently."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from engine.core.case import Actor, Event, Role
from engine.core.codes import PassphraseChange
from engine.core.errors import InputError, StoreError
from engine.core.finding import Raster
from engine.core.records import Record, entered, new_id
from engine.jobs import JobContext
from engine.store import drafts, evidence, ledger, secrets, segments, writing
from engine.store.chain import Chain
from engine.store.disk import Disk, reading, storage_fault
from engine.store.folders import existing_folder, make_folder
from engine.store.head import Head
from engine.store.kinds import KINDS, SCHEMA, StoreCreated, folded, identifiers
from engine.store.lock import WriterLock, is_network_share
from engine.store.queries import any_record_of
from engine.store.queries_library import LibraryQueries

CACHE = "cache"
ADVICE = "Nothing acknowledged is lost. See to the disk and open the store again"
LOCAL = "Move the store to a disk of this computer"


class Store(LibraryQueries):
    """An open store; make one with ``create`` or ``open``. Safe to use from several threads.

    ``problems`` lists damage (a writable store has none), ``notes`` what was remarkable when it was opened.
    ``read_only_reason`` is empty while the store can be written.
    """

    def __init__(self, path: Path, disk: Disk, *, read_only_reason: str = "") -> None:
        super().__init__(path)
        self.read_only_reason = read_only_reason
        self._disk = disk
        self._lock = WriterLock(path)
        self._evidence = evidence.EvidenceFolder(path / evidence.FOLDER, disk)
        self._secrets = secrets.SecretsFolder(path / secrets.FOLDER, disk)
        self._drafts = drafts.Drafts(path / drafts.FOLDER, disk)
        self._chain = Chain(path, disk)
        with self._lock.held_if_possible():
            state = self._chain.read()
        self.problems = state.problems
        self.notes = state.notes
        self._projection.add(state.entries)
        first = self._projection.find("store created")
        if not first or first[0].sequence != 0:
            what = "The ledger does not begin with the making of the store"
            raise StoreError(what, where=str(path / ledger.FILE), remedy=ledger.RESTORE)
        created = self._events(first[:1])[0]
        if created.payload.get("schema") != SCHEMA:
            what = f"The store has schema {created.payload.get('schema')}, this program reads schema {SCHEMA}"
            raise StoreError(what, where=str(path), remedy="Use a newer Touchstone")
        self._created = self._record(StoreCreated, created)

    @classmethod
    def create(
        cls, path: Path, *, laboratory: str, location: str, administrator: str, disk: Disk | None = None
    ) -> Self:
        """Make a store with its first actor, an administrator, and open it.

        The folder must not exist, or be empty. It appears whole or not at all.
        """
        disk = disk or Disk()
        path = path.absolute()
        with reading(path):
            if path.exists() and (not path.is_dir() or any(path.iterdir())):
                raise InputError("There is something already", where=str(path), remedy="Choose a new folder")
            if not path.parent.is_dir():
                raise InputError("The folder to put the store in does not exist", where=str(path.parent))
        if is_network_share(path.parent):
            raise StoreError("A store cannot be written on a network share", where=str(path), remedy=LOCAL)
        actor = entered(Actor, id=new_id("actor"), name=administrator, role=Role.ADMINISTRATOR)
        created = entered(StoreCreated, laboratory=laboratory, location=location)
        try:
            make_folder(disk, path, ((actor.id, "store created", created), (actor.id, "actor added", actor)))
        except OSError as error:
            raise storage_fault(error, path, "No store was made") from error
        return cls.open(path, disk=disk)

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False, disk: Disk | None = None) -> Self:
        """Open a store and check its ledger to the end.

        Raises
        ------
        StoreError
            There is no store, it has another schema, or its ledger is damaged: a damaged store opens only with
            ``read_only``, shows what is undamaged and lists the damage in ``problems``.
        """
        path = existing_folder(path)
        reason = "It was opened for reading only" if read_only else ""
        if not reason and is_network_share(path):
            reason = f"It lies on a network share. {LOCAL}"
        store = cls(path, disk or Disk(), read_only_reason=reason)
        if store.problems and not read_only:
            where, what, remedy = store.problems[0]
            raise StoreError(what, where=f"{path.name}, {where}", remedy=remedy)
        return store

    def close(self) -> None:
        """Nothing is kept open between calls; a closed store only refuses to be written."""
        self.read_only_reason = self.read_only_reason or "It was closed"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def laboratory(self) -> str:
        """Name of the laboratory whose store it is."""
        return self._created.laboratory

    @property
    def location(self) -> str:
        """Where that laboratory is."""
        return self._created.location

    @property
    def read_only(self) -> bool:
        """Whether commits are refused; ``read_only_reason`` says why."""
        return bool(self.read_only_reason)

    @property
    def head(self) -> Head:
        """The acknowledged end of the ledger as this store knows it."""
        return self._chain.head

    def refresh(self) -> None:
        """Take in what other processes have committed since."""
        with self._lock.held_if_possible():
            self._catch_up()

    def commit(
        self,
        actor_id: str,
        kind: str,
        record: Record,
        *,
        case_id: str | None = None,
        rasters: Mapping[str, Raster] | None = None,
        tables: Mapping[str, segments.Table] | None = None,
        extra: dict[str, Any] | None = None,
    ) -> Event:
        """Append an event and return it once it is safe on the medium.

        Parameters
        ----------
        actor_id : str
            Who does it; must be an actor of the store.
        kind : str
            One of ``engine.store.kinds.KINDS``; the record must be of that kind.
        case_id : str, optional
            The case it belongs to; found from the record where the record or what it refers to names it.
        rasters : mapping of str to Raster, optional
            The arrays of a finding's overlays by overlay key; those attached to the overlays where it is None.
        tables : mapping of str to NDArray, optional
            The tables that the kind has, by name; empty ones may be left out.
        extra : dict, optional
            JSON values kept beside the record.

        Raises
        ------
        InputError
            Something does not fit: unknown actor, kind or reference, an identifier used before, missing evidence.
        StoreError
            The store is read-only, or became so just now: a full disk or a failing one.
        """
        with self._guarded(), self._lock.held():
            self._catch_up()
            payload = self._payload(actor_id, kind, record, case_id, extra)
            if arrays := writing.arrays_of(kind, record, rasters, tables):
                segment = segments.write(self._disk, self.path / segments.FOLDER, arrays)
                payload["segment"] = segment.to_json()
            for settled in self._chain.settle(self._evidence):
                self._projection.add((settled,))
            entry, event = self._chain.append(actor_id, kind, payload)
            self._projection.add((entry,))
            if kind == "evidence destroyed":
                self._evidence.remove(identifiers(record, "sha256")[0])
            elif isinstance(record, PassphraseChange):
                self._secrets.remove(record.replaced_sha256)
        return event

    def add_evidence(self, source: Path | bytes, suffix: str, context: JobContext | None = None) -> str:
        """Copy original bytes in and return their SHA-256 once they are safe; bytes that are there stay.

        Parameters
        ----------
        source : Path or bytes
            A file to read, or the bytes.
        suffix : str
            Such as ``.tif``; anything but a dot and 1 to 8 letters or digits becomes ``.bin``.
        context : JobContext, optional
            Cancels the copying; nothing is kept then.
        """
        with self._guarded():
            sha256 = self._evidence.add(source, suffix, context or JobContext())
        if self._projection.find("evidence destroyed", sha256):
            with self._guarded():
                self._evidence.remove(sha256)
            raise InputError("These bytes were destroyed by order and cannot be taken in again", where=sha256)
        return sha256

    def evidence(self, sha256: str, context: JobContext | None = None) -> Path:
        """Return the file of original bytes, whose hash was checked just now; raises StoreError or Cancelled."""
        destroyed = self.destruction(sha256)
        if destroyed is not None:
            raise StoreError(f"The original bytes were destroyed by order {destroyed.order}", where=sha256)
        return self._evidence.checked(sha256, context or JobContext())

    def add_secret(self, data: bytes) -> str:
        """Write sealed secrets and return their SHA-256 once they are safe; no export carries them."""
        with self._guarded():
            return self._secrets.add(data)

    def secret(self, sha256: str) -> bytes:
        """Return sealed secrets whose hash was checked just now; raises StoreError."""
        return self._secrets.read(sha256)

    def save_draft(self, key: str, values: dict[str, Any]) -> None:
        """Save work in progress under a key, in place of what was there; JSON values only."""
        with self._guarded(), self._lock.held():
            self._drafts.save(key, values)

    def draft(self, key: str) -> dict[str, Any] | None:
        """Return the draft of that key or None; raises StoreError where the drafts are damaged."""
        with self._lock.held_if_possible():
            return self._drafts.read(key)

    def discard_draft(self, key: str) -> None:
        """Forget a draft, if there is one."""
        with self._guarded(), self._lock.held():
            self._drafts.discard(key)

    def cache_folder(self, *names: str) -> Path:
        """Return a folder of the cache, which exists then; raises OSError where it cannot be made."""
        folder = self.path.joinpath(CACHE, *names)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def pyramid_path(self, sha256: str, page: int) -> Path:
        """Return where the tile pyramid of a page of evidence belongs in the cache; its folder exists."""
        return self.cache_folder("pyramids") / f"{sha256}-{page}.tiles"

    def discard_tiles(self, sha256: str) -> None:
        """Remove the tile pyramids of a piece of evidence from the cache; raises OSError."""
        for path in (self.path / CACHE / "pyramids").glob(f"{sha256}-*.tiles"):
            path.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[None]:
        """Refuse a read-only store, and make the store read-only after any fault of the disk or the ledger."""
        if self.read_only:
            raise StoreError(f"The store cannot be written. {self.read_only_reason}", where=str(self.path))
        try:
            yield
        except OSError as error:
            fault = storage_fault(error, self.path, ADVICE)
            self.read_only_reason = fault.what
            raise fault from error

    def _catch_up(self) -> None:
        """Take in what was committed since; any damage makes the store read-only. The caller holds the lock."""
        try:
            state = self._chain.read()
            self._projection.add(state.entries)
            if state.problems:
                where, what, remedy = state.problems[0]
                raise StoreError(what, where=where, remedy=remedy)
        except StoreError as error:
            self.read_only_reason = self.read_only_reason or error.what
            raise

    def _payload(
        self, actor_id: str, kind: str, record: Record, case_id: str | None, extra: dict[str, Any] | None
    ) -> dict[str, Any]:
        writing.check_record(self._projection, actor_id, kind, record)
        case_id = writing.case_of(self._projection, kind, record, case_id)
        payload = writing.payload_of(kind, record, case_id, extra)
        for names in KINDS[kind].unique:
            values = folded(record, names)
            within = identifiers(record, names[0])[0] if names[1:] else ""
            if any(folded(other, names) == values for other in self._all(KINDS[kind].record, kind, within)):
                (value,) = identifiers(record, names[-1])
                raise InputError(f"The {names[-1]} is used already", where=value, remedy="Try again with another")
        if run := KINDS[kind].run:
            before = self._projection.find(kind, identifiers(record, run[0])[0])[-1:]
            writing.check_run(kind, record, [any_record_of(event) for event in self._events(before)])
        present = [key for key in writing.mentioned(kind, record) if self._evidence.find(key)]
        for name in KINDS[kind].needs:
            for missing in set(identifiers(record, name)) - set(present):
                raise InputError("Its original bytes are not in the store", where=missing, remedy="Add them first")
        for name in KINDS[kind].secrets:
            for missing in (key for key in identifiers(record, name) if not self._secrets.present(key)):
                raise InputError("Its sealed secrets are not in the store", where=missing, remedy="Add them first")
        return {**payload, "evidence": present} if present else payload
