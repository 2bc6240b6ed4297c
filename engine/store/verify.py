"""Checking a whole store: every event, record, file and array."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from engine.core.case import Event
from engine.core.codes import PassphraseChange
from engine.core.errors import StoreError
from engine.core.finding import Finding
from engine.core.records import Record
from engine.jobs import JobContext
from engine.store import drafts, evidence, ledger, secrets, segments
from engine.store import head as heads
from engine.store.disk import RESTORE, Disk, reading
from engine.store.folders import existing_folder
from engine.store.generation import Generation, read_generation
from engine.store.head import GENESIS, Head
from engine.store.kinds import KINDS, SCHEMA, Destruction, about, identifiers, next_number
from engine.store.ledger import Problem
from engine.store.lock import FILE as LOCK
from engine.store.lock import WriterLock
from engine.store.queries import any_record_of, evidence_of, segment_of
from engine.store.segments import Description, Segment
from engine.store.store import CACHE
from engine.store.writing import tables_fit

REBUILD = "Rebuild the store"
Describe = Callable[[Path, Segment], Description]


@dataclass(frozen=True)
class Verification:
    """What a check of a store found.

    ``events`` counts the events that HEAD acknowledges, ``problems`` names every damage, ``notes`` what is remarkable
    without being damage. ``left_out`` are those notes that tell of sealed secrets which are not there: an export leaves
    them out, and whether they should be here nobody can tell from the store.
    """

    head: Head
    events: int
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]
    left_out: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether no damage was found."""
        return not self.problems


def own_segment(folder: Path, segment: Segment) -> Description:
    """Return what a segment holds; raises StoreError."""
    return segments.describe(segments.read(folder, segment))


def verify(path: Path, context: JobContext, *, describe: Describe = own_segment) -> Verification:
    """Check everything in a store and change nothing.

    Parameters
    ----------
    path : Path
        The folder of the store.
    context : JobContext
        Told of each event and file.
    describe : callable
        Opens a segment; a foreign store's are opened in a child process.

    Raises
    ------
    StoreError
        There is no store, or a folder of it cannot be read at all.
    """
    path = existing_folder(path)
    try:
        with WriterLock(path).held_if_possible():
            state = read_generation(path)
    except StoreError as error:
        return Verification(GENESIS, 0, (Problem(error.where, error.what, error.remedy),), ())
    check = _Check(path, state, context, describe)
    check.events()
    check.files()
    notes = (*state.notes, *check.notes, *check.left_out)
    return Verification(state.head, state.head.count, tuple(check.problems), notes, tuple(check.left_out))


class _Check:
    """One check of one store, and what it has found so far."""

    def __init__(self, path: Path, state: Generation, context: JobContext, describe: Describe) -> None:
        self.problems = list(state.problems)
        self.notes: list[str] = []
        self.left_out: list[str] = []
        self._path = path
        self._entries = state.entries
        self._context = context
        self._describe = describe
        self._evidence: dict[str, str] = {}  # SHA-256 -> the event that names it
        self._segments: set[str] = set()
        self._secrets: dict[str, str] = {}  # SHA-256 -> the event that names it
        self._replaced: dict[str, str] = {}  # SHA-256 -> the event by which these sealed secrets count no longer
        self._destroyed: set[str] = set()
        self._counted: dict[str, int] = {}  # identifier -> the number from which the next record within it counts

    def events(self) -> None:
        """Check that every event carries its record, its keys and its segment."""
        for number, entry in enumerate(self._entries):
            self._context.check_cancelled()
            self._context.progress(number, len(self._entries), f"Event {entry.sequence}")
            try:
                event = ledger.read_event(self._path / ledger.FILE, entry)
                record = any_record_of(event)
                self._keys(event, record)
                self._note_files(event, record)
                self._segment(event, record)
                self._run(event, record)
            except StoreError as error:
                self._add(f"event {entry.sequence} ({entry.kind})", error)

    def files(self) -> None:
        """Check that the files are there, whole, and named by events."""
        folder = self._path / evidence.FOLDER
        present = {
            path.name.partition(".")[0]: path for path in _children(folder) if evidence.NAME.fullmatch(path.name)
        }
        for number, sha256 in enumerate(sorted(set(self._evidence) | set(present))):
            self._context.check_cancelled()
            self._context.progress(number, len(present), f"File {sha256[:16]}")
            self._evidence_file(sha256, present.get(sha256))
        for path in _children(self._path / segments.FOLDER):
            if path.name not in self._segments and path.suffix == ".h5":
                self.notes.append(f"{segments.FOLDER}/{path.name}: no event names this segment")
        self._sealed_files()
        damaged = drafts.Drafts(self._path / drafts.FOLDER, Disk()).damaged()
        if len(damaged) == len(drafts.FILES):
            what = "Both copies of the drafts are damaged"
            self.problems.append(Problem(drafts.FOLDER, what, "Discard the draft and write it again"))
        else:
            remark = "damaged or missing; the other copy is whole and the next save writes both"
            self.notes += [f"{drafts.FOLDER}/{name}: {remark}" for name in damaged]
        self._strangers()

    def _keys(self, event: Event, record: Record) -> None:
        """Compare the keys that queries use with the record they stand for."""
        if event.payload.get("schema") != SCHEMA:
            raise StoreError(f"It has schema {event.payload.get('schema')}, this program reads schema {SCHEMA}")
        own = identifiers(record, "id" if event.kind == "case opened" else "case_id")
        case = event.payload["case_id"]
        if event.payload["about"] != list(about(event.kind, record)) or (own and own != (case,)):
            raise StoreError("Its keys are not those of its record", remedy="It was not written by Touchstone")

    def _note_files(self, event: Event, record: Record) -> None:
        named = evidence_of(event)
        needed = [key for name in KINDS[event.kind].needs for key in identifiers(record, name)]
        if not set(needed) <= set(named):
            raise StoreError("It does not name the files its record needs", remedy="It was not written by Touchstone")
        for sha256 in named:
            self._evidence.setdefault(sha256, f"event {event.sequence} ({event.kind})")
        if isinstance(record, Destruction):
            self._destroyed.add(record.sha256)
        for name in KINDS[event.kind].secrets:
            for sha256 in identifiers(record, name):
                self._secrets.setdefault(sha256, f"event {event.sequence} ({event.kind})")
        if isinstance(record, PassphraseChange):
            if self._secrets.pop(record.replaced_sha256, None) is None:
                what = "It replaces sealed secrets that no event named, or that were replaced before"
                raise StoreError(what, remedy="It was not written by Touchstone")
            self._replaced[record.replaced_sha256] = f"event {event.sequence} ({event.kind})"

    def _segment(self, event: Event, record: Record) -> None:
        overlays = record.overlays if isinstance(record, Finding) else ()
        named = {overlay.key: overlay.raster_sha256 for overlay in overlays if overlay.raster_sha256}
        segment = segment_of(event)
        if segment is not None:
            self._segments.add(segment.name)
        found = Description() if segment is None else self._describe(self._path / segments.FOLDER, segment)
        if found.rasters != named:
            raise StoreError("The arrays are not those of its overlays", remedy=RESTORE)
        if not tables_fit(event.kind, record, found.tables):
            raise StoreError("The tables are not those of its record", remedy=RESTORE)

    def _run(self, event: Event, record: Record) -> None:
        run = KINDS[event.kind].run
        if run is None:
            return
        (within,) = identifiers(record, run[0])
        expected = self._counted.get(within, 1)
        self._counted[within] = next_number(event.kind, record)
        if getattr(record, run[1]) != expected:
            what = f"It counts from {getattr(record, run[1])}, where {expected} is the next number"
            raise StoreError(what, remedy="It was not written by Touchstone")

    def _evidence_file(self, sha256: str, path: Path | None) -> None:
        where = f"{evidence.FOLDER}/{path.name if path else sha256}"
        named_by = self._evidence.get(sha256)
        if sha256 in self._destroyed:
            if path is not None:
                self.problems.append(Problem(where, "It was destroyed by order and is still there", REBUILD))
        elif path is None:
            self.problems.append(Problem(where, f"The original bytes that {named_by} names are missing", RESTORE))
        elif damage := _damage(path, sha256, self._context):
            what = f"The original bytes {damage} ({named_by or 'no event names them'})"
            self.problems.append(Problem(where, what, RESTORE))
        elif named_by is None:
            self.notes.append(f"{where}: no event names these bytes")

    def _sealed_files(self) -> None:
        """Check the sealed secrets; a missing one is told, but no damage: exports leave all of them out."""
        folder = self._path / secrets.FOLDER
        sealed = secrets.SecretsFolder(folder, Disk())
        for sha256, named_by in sorted(self._secrets.items()):
            where = f"{secrets.FOLDER}/{secrets.file_name(sha256)}"
            if not sealed.present(sha256):
                what = f"the sealed secrets that {named_by} names are not here, left out by an export or lost"
                self.left_out.append(f"{where}: {what}; its codes can be neither made nor measured")
                continue
            try:
                sealed.read(sha256)
            except StoreError as error:
                self.problems.append(Problem(where, f"{error.what} ({named_by})", error.remedy))
        for sha256, replaced_by in sorted(self._replaced.items()):
            if sealed.present(sha256):
                where = f"{secrets.FOLDER}/{secrets.file_name(sha256)}"
                what = f"{replaced_by} replaced these sealed secrets, and they are still there"
                self.problems.append(Problem(where, what, REBUILD))
        for path in _children(folder):
            known = {*self._secrets, *self._replaced}
            if secrets.NAME.fullmatch(path.name) and path.name.partition(".")[0] not in known:
                self.notes.append(f"{secrets.FOLDER}/{path.name}: no event names these sealed secrets")

    def _strangers(self) -> None:
        """Note what does not belong into a store, files that were never finished among it."""
        known = {ledger.FILE, heads.FILE, LOCK, CACHE, drafts.FOLDER, evidence.FOLDER, segments.FOLDER, secrets.FOLDER}
        inside = {folder.FOLDER: folder.NAME.fullmatch for folder in (evidence, segments, secrets)}
        found = [path.name for path in _children(self._path) if path.name not in known]
        for folder, belongs in inside.items():
            found += [f"{folder}/{path.name}" for path in _children(self._path / folder) if not belongs(path.name)]
        found += [
            f"{drafts.FOLDER}/{path.name}"
            for path in _children(self._path / drafts.FOLDER)
            if path.name not in drafts.FILES
        ]
        self.notes += [f"{name}: does not belong to the store" for name in found]

    def _add(self, where: str, error: StoreError) -> None:
        place = f"{where}, {error.where}" if error.where else where
        self.problems.append(Problem(place, error.what, error.remedy))


def _damage(path: Path, sha256: str, context: JobContext) -> str:
    try:
        return "" if evidence.stored_sha256(path, context) == sha256 else "are damaged"
    except StoreError as error:
        return f"cannot be read: {error.what}"


def _children(folder: Path) -> list[Path]:
    with reading(folder):
        return sorted(folder.iterdir()) if folder.is_dir() else []
