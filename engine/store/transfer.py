"""Taking a store elsewhere: export to one zip, import of a foreign one, backup. All check what they copy."""

import hashlib
import re
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from engine.core.case import Name, Sha256
from engine.core.errors import InputError, StoreError
from engine.core.records import Record, canonical_json
from engine.jobs import JobContext
from engine.store import drafts, evidence, ledger, secrets, segments
from engine.store import head as heads
from engine.store.disk import RESTORE, Disk, NewFile, storage_fault, write_file
from engine.store.folders import new_folder, remove_leftovers
from engine.store.foreign import SegmentWorker
from engine.store.kinds import SCHEMA, Destruction
from engine.store.ledger import Problem
from engine.store.lock import is_network_share
from engine.store.queries import evidence_of, record_of, segment_of
from engine.store.store import LOCAL, Store
from engine.store.verify import verify

MANIFEST = "manifest.json"
CHUNK = 1 << 20
GIB = 1 << 30
MANIFEST_LIMIT = 64 << 20
# What a foreign export may hold, by the member's name: bytes.
LIMITS = (
    (re.compile(r"HEAD"), 2 * heads.SLOT),
    (re.compile(r"ledger\.jsonl"), 4 * GIB),
    (re.compile(rf"segments/{segments.NAME.pattern}"), segments.LIMIT),
    (re.compile(rf"evidence/{evidence.NAME.pattern}"), 8 * GIB),
)
MEMBERS_LIMIT = 200_000
TOTAL_LIMIT = 512 * GIB
ADVICE = "The store itself is untouched; see to the disk and try again"


class Member(Record):
    """One file of an export."""

    name: Name
    byte_size: Annotated[int, Field(ge=0)]
    sha256: Sha256


class Manifest(Record):
    """What an export holds; its own integrity is anchored by HEAD's hash, which every report prints."""

    format: Literal["touchstone store"] = "touchstone store"
    schema_version: Annotated[int, Field(ge=1, le=SCHEMA)] = SCHEMA
    laboratory: Name
    head_count: Annotated[int, Field(gt=0)]
    head_hash: Sha256
    members: tuple[Member, ...]


def export_store(path: Path, target: Path, context: JobContext | None = None, *, disk: Disk | None = None) -> Manifest:
    """Write the store as one zip with a manifest; drafts, cache and the sealed secrets of series stay behind.

    Raises
    ------
    StoreError
        The store is damaged, or the disk full or failing; no zip is left then.
    """
    disk, context = disk or Disk(), context or JobContext()
    target = target.absolute()
    _free(target)
    store = _undamaged(path)
    try:
        remove_leftovers(disk, target.parent)
        with NewFile(disk, target.parent) as file:
            with zipfile.ZipFile(file, "w", allowZip64=True) as archive:
                members = tuple(_pack(archive, item, context) for item in _contents(store, context))
                manifest = Manifest(
                    laboratory=store.laboratory,
                    head_count=store.head.count,
                    head_hash=store.head.hash,
                    members=members,
                )
                archive.writestr(zipfile.ZipInfo(MANIFEST), canonical_json(manifest.to_json()))
            file.publish(target)
    except OSError as error:
        raise storage_fault(error, target, ADVICE) from error
    return manifest


def backup(path: Path, folder: Path, context: JobContext | None = None, *, disk: Disk | None = None) -> Path:
    """Copy the store, with drafts and secrets, into a new folder inside ``folder``, check the copy and return it."""
    disk, context = disk or Disk(), context or JobContext()
    if not folder.is_dir():
        raise InputError("The folder for backups does not exist", where=str(folder), remedy="Choose another")
    store = _undamaged(path)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    target = folder.absolute() / f"{path.absolute().stem}-{stamp}.touchstone"
    _free(target)
    try:
        with new_folder(disk, target) as copy:
            for name, chunks, expected in _contents(store, context):
                write_file(disk, copy / name, _checked(name, chunks, expected, context))
            for series in store.code_series():
                sha256 = store.sealed_sha256(series.id)
                name = f"{secrets.FOLDER}/{secrets.file_name(sha256)}"
                if (store.path / name).exists():  # what the copy lacks, its check tells
                    write_file(disk, copy / name, (store.secret(sha256),))
            for name in drafts.FILES:
                if (store.path / drafts.FOLDER / name).exists():
                    write_file(disk, copy / drafts.FOLDER / name, _read(store.path / drafts.FOLDER / name))
            _refuse(verify(copy, context).problems, "The copy cannot be kept")
    except OSError as error:
        raise storage_fault(error, target, ADVICE) from error
    return target


def import_store(source: Path, target: Path, context: JobContext | None = None, *, disk: Disk | None = None) -> Store:
    """Unpack an export from anywhere into a new folder, check all of it, and open it.

    The zip is taken as hostile: only members of a store's own names and sizes, in the manifest and of its hashes;
    segments are opened in a child process and may reach for no other file or filter.

    Raises
    ------
    InputError
        It is no export, or ``target`` exists.
    StoreError
        Something in it is damaged or not as a store writes it; nothing is left of it then.
    """
    disk, context = disk or Disk(), context or JobContext()
    target = target.absolute()
    _free(target)
    if not source.is_file():
        raise InputError("There is no such file", where=str(source))
    if is_network_share(target.parent):
        raise StoreError("A store cannot be written on a network share", where=str(target), remedy=LOCAL)
    try:
        with zipfile.ZipFile(source) as archive, new_folder(disk, target) as folder, SegmentWorker() as worker:
            manifest = _manifest(archive, source, target.parent)
            for number, member in enumerate(manifest.members):
                context.check_cancelled()
                context.progress(number, len(manifest.members), member.name)
                write_file(disk, folder / member.name, _unpack(archive, member, context))
            found = verify(folder, context, describe=worker.describe)
            _refuse(found.problems, "The export is damaged")
            notes = [note for note in found.notes if note not in found.left_out]
            if notes or (found.head.count, found.head.hash) != (manifest.head_count, manifest.head_hash):
                note = notes[0] if notes else "HEAD is not the manifest's"
                raise StoreError(f"The export is not as a store is exported: {note}", where=source.name)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError, zlib.error) as error:
        raise InputError(f"This is no export of a store: {error}", where=str(source)) from error
    except OSError as error:
        raise storage_fault(error, target, ADVICE) from error
    return Store.open(target, disk=disk)


def _undamaged(path: Path) -> Store:
    store = Store.open(path, read_only=True)
    _refuse(store.problems, path.name)
    return store


def _refuse(problems: tuple[Problem, ...], where: str) -> None:
    if problems:
        place, what, remedy = problems[0]
        raise StoreError(what, where=f"{where}, {place}", remedy=remedy)


def _free(target: Path) -> None:
    if target.exists():
        raise InputError("There is something already", where=str(target), remedy="Choose another name")
    if not target.parent.is_dir():
        raise InputError("The folder to write to does not exist", where=str(target.parent), remedy="Choose another")


Content = tuple[str, Iterator[bytes], str | None]


def _contents(store: Store, context: JobContext) -> Iterator[Content]:
    """Yield name, bytes and expected SHA-256 of what makes up one generation of a store."""
    yield ledger.FILE, _read(store.path / ledger.FILE, store.head.offset), None
    yield heads.FILE, iter((store.head.encode(), store.head.encode())), None
    events = store.events()
    destroyed = {record_of(event, Destruction).sha256 for event in events if event.kind == "evidence destroyed"}
    named = dict.fromkeys(sha256 for event in events for sha256 in evidence_of(event))
    found = (segment_of(event) for event in events)
    stored = dict.fromkeys(segment.sha256 for segment in found if segment is not None)
    files = [(evidence.FOLDER, sha256) for sha256 in named if sha256 not in destroyed]
    files += [(segments.FOLDER, sha256) for sha256 in stored]
    for number, (folder, sha256) in enumerate(files):
        context.check_cancelled()
        context.progress(number, len(files), f"{folder}/{sha256[:16]}")
        path = next((store.path / folder).glob(f"{sha256}.*"), None)
        if path is None:
            raise StoreError("The file is missing", where=f"{folder}/{sha256}", remedy=RESTORE)
        yield f"{folder}/{path.name}", _read(path), sha256


def _read(path: Path, size: int | None = None) -> Iterator[bytes]:
    """Yield the file's bytes, or its first ``size`` bytes."""
    left = path.stat().st_size if size is None else size
    with path.open("rb") as file:
        while left and (chunk := file.read(min(CHUNK, left))):
            left -= len(chunk)
            yield chunk


def _checked(name: str, chunks: Iterator[bytes], expected: str | None, context: JobContext) -> Iterator[bytes]:
    """Pass the bytes on, until cancelled; raise StoreError at their end unless they have the expected SHA-256."""
    digest = hashlib.sha256()
    for chunk in chunks:
        context.check_cancelled()
        digest.update(chunk)
        yield chunk
    if expected not in (None, digest.hexdigest()):
        raise StoreError("The file is damaged: its hash is not the recorded one", where=name, remedy=RESTORE)


def _pack(archive: zipfile.ZipFile, content: Content, context: JobContext) -> Member:
    name, chunks, expected = content
    digest, size = hashlib.sha256(), 0
    info = zipfile.ZipInfo(name)  # a fixed date: equal stores give equal exports
    info.compress_type = zipfile.ZIP_DEFLATED if name == ledger.FILE else zipfile.ZIP_STORED
    with archive.open(info, "w", force_zip64=True) as file:
        for chunk in _checked(name, chunks, expected, context):
            digest.update(chunk)
            size += len(chunk)
            file.write(chunk)
    return Member(name=name, byte_size=size, sha256=digest.hexdigest())


def _manifest(archive: zipfile.ZipFile, source: Path, folder: Path) -> Manifest:
    """Return the manifest after the zip's directory was compared with it and with what a store may hold."""
    found = {info.filename: info for info in archive.infolist()}
    first = found.pop(MANIFEST, None)
    if first is None or first.file_size > MANIFEST_LIMIT:
        raise InputError("This is no export of a store: it has no manifest", where=str(source))
    try:
        manifest = Manifest.model_validate_json(archive.read(MANIFEST))
    except ValidationError as error:
        raise InputError("This is no export of a store: its manifest cannot be read", where=str(source)) from error
    sizes = {member.name: member.byte_size for member in manifest.members}
    listed = len(archive.infolist()) == len(found) + 1 and len(sizes) == len(manifest.members)
    if not listed or sizes != {name: info.file_size for name, info in found.items()}:
        raise InputError("What the zip holds is not what its manifest lists", where=str(source))
    for name, info in found.items():
        limit = next((size for pattern, size in LIMITS if pattern.fullmatch(name)), None)
        if limit is None or info.flag_bits & 1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise InputError("The zip holds something that no export holds", where=f"{source.name}, {name!r}")
        if info.file_size > limit:
            raise InputError("A file of the export is too large", where=f"{source.name}, {name}")
    total = sum(sizes.values())
    if len(sizes) > MEMBERS_LIMIT or total > min(TOTAL_LIMIT, shutil.disk_usage(folder).free):
        raise InputError(f"The export would take {total / GIB:.1f} GiB, more than there is room for", where=str(source))
    return manifest


def _unpack(archive: zipfile.ZipFile, member: Member, context: JobContext) -> Iterator[bytes]:
    """Yield a member's bytes, never more than it claims; its hash must be the manifest's."""
    with archive.open(member.name) as file:
        yield from _checked(member.name, iter(lambda: file.read(CHUNK), b""), member.sha256, context)
