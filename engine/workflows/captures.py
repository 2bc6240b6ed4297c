"""Take captures in, give them a scale, and read their pixels and tiles."""

import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.core.case import Actor, Capture, Device, Item, Refusal, Scale, Sha256
from engine.core.errors import ImagingError, InputError, JobError
from engine.core.method import Pixels
from engine.core.records import Record, file_sha256, new_id
from engine.imaging.client import ImagingWorker
from engine.imaging.decode import PageFacts
from engine.imaging.pyramid import PyramidTiles
from engine.imaging.scale import scale_of_actor
from engine.jobs import JobContext
from engine.store import Store
from engine.workflows.cases import EXAMINING, require_role, set_scale


class IntakeReport(Record):
    """What was taken in and what was refused, file by file."""

    captures: tuple[Capture, ...]
    refusals: tuple[Refusal, ...]


def intake(
    store: Store,
    actor: Actor,
    case_id: str,
    item_id: str,
    files: Sequence[Path],
    *,
    device: Device,
    um_per_px: tuple[float, float] | None = None,
    context: JobContext,
) -> IntakeReport:
    """Take files in as captures of an item, one event a capture.

    A file that cannot be read is recorded by name with the reason, and the others go on. Cancelling keeps what
    was taken in so far; no half-record stays.
    """
    require_role(actor, EXAMINING, "take captures in")
    item = store.item(item_id)
    if item.case_id != case_id:
        raise InputError("The item belongs to another case", where=item.name, remedy="Choose an item of this case.")
    scale = None if um_per_px is None else scale_of_actor(*um_per_px)
    captures: list[Capture] = []
    refusals: list[Refusal] = []
    with ImagingWorker() as worker:
        for number, path in enumerate(files):
            context.check_cancelled()
            context.progress(number, len(files), path.name)
            part = context.part(number, len(files), path.name)
            try:
                taken = _take_in(store, worker, path, item, device, scale, part)
            except (ImagingError, InputError, JobError, OSError) as error:
                refusal = _refusal(path, error)
                store.commit(actor.id, "file refused", refusal, case_id=case_id)
                refusals.append(refusal)
                continue
            for capture in taken:
                store.commit(actor.id, "capture taken in", capture, case_id=case_id)
            captures.extend(taken)
    context.progress(len(files), len(files), "")
    return IntakeReport(captures=tuple(captures), refusals=tuple(refusals))


def _refusal(path: Path, error: Exception) -> Refusal:
    if isinstance(error, OSError):
        reason = error.strerror or str(error)
        return Refusal(file_name=plain_name(path), reason=reason, remedy="Check the path and its rights.")
    assert isinstance(error, ImagingError | InputError | JobError)
    return Refusal(file_name=plain_name(path), reason=error.what, remedy=error.remedy)


def _take_in(
    store: Store,
    worker: ImagingWorker,
    path: Path,
    item: Item,
    device: Device,
    scale: Scale | None,
    context: JobContext,
) -> list[Capture]:
    """Decode every page of a file, then make its bytes evidence; nothing is recorded where a page fails."""
    before = _state(path)
    sha256 = file_sha256(path, context.check_cancelled)
    if any(capture.sha256 == sha256 for capture in store.captures(item.id)):
        raise InputError("This file is a capture of the item already", where=path.name, remedy="Nothing to do.")
    pages = worker.inspect(path, context)
    captures = []
    for number, page in enumerate(pages):
        part = context.part(number, len(pages))
        facts = worker.prepare(path, page.page, store.pyramid_path(sha256, page.page), part, sha256=sha256)
        captures.append(
            describe(
                path,
                page.page,
                facts,
                sha256=sha256,
                item_id=item.id,
                device=device,
                scale=scale,
                simulated=item.simulated,
            )
        )
    if store.add_evidence(path, path.suffix, context) != sha256 or _state(path) != before:
        raise ImagingError("The file changed while it was read", where=path.name, remedy="Take it in again.")
    return captures


def _state(path: Path) -> tuple[int, ...]:
    """Return what differs once a file was written to or replaced, even if it has its old bytes again at the end."""
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise ImagingError("This is no file", where=path.name, remedy="Name a file that holds an image.")
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def describe(
    path: Path,
    page: int,
    facts: PageFacts,
    *,
    sha256: Sha256,
    item_id: str,
    device: Device,
    scale: Scale | None,
    simulated: bool = False,
) -> Capture:
    """Return the record of a page; a scale given by an actor goes before the file's tag."""
    return Capture(
        id=new_id("capture"),
        item_id=item_id,
        sha256=sha256,
        page=page,
        file_name=plain_name(path),
        media_type=facts.media_type,
        byte_size=path.stat().st_size,
        width=facts.width,
        height=facts.height,
        channels=facts.channels,
        bit_depth=facts.bit_depth,
        orientation=facts.orientation,
        icc_sha256=facts.icc_sha256,
        device=device,
        scale=scale or facts.tag_scale,
        quality=facts.quality,
        simulated=simulated,
    )


def plain_name(path: Path) -> str:
    """Return a file's name as text that can be recorded: bytes that are no UTF-8 become question marks."""
    return path.name.encode("utf-8", "replace").decode("utf-8")


@dataclass(frozen=True)
class StoredPixels:
    """A PixelSource over a stored capture; the evidence is verified before it is decoded, in a child process."""

    store: Store
    capture: Capture

    def pixels(self) -> Pixels:
        """Return the whole image."""
        with ImagingWorker() as worker:
            return worker.read(self.store.evidence(self.capture.sha256), self.capture.page)


def pixel_source(store: Store, capture_id: str) -> StoredPixels:
    """Return the capture's pixels, to be read when needed."""
    return StoredPixels(store, store.capture(capture_id))


def tile_source(store: Store, capture_id: str, context: JobContext) -> PyramidTiles:
    """Return the capture's tiles, to be closed after use; made again where the cache lacks them or is damaged.

    Raises
    ------
    StoreError
        If its original bytes are missing, damaged or destroyed by order.
    """
    capture = store.capture(capture_id)
    if store.destruction(capture.sha256) is not None:
        store.evidence(capture.sha256)  # says by what order; tiles that outlived the bytes are not shown
    path = _tiles_path(store, capture)
    try:
        return PyramidTiles(path, sha256=capture.sha256, page=capture.page)
    except ImagingError:
        with ImagingWorker() as worker:
            worker.prepare(store.evidence(capture.sha256, context), capture.page, path, context, sha256=capture.sha256)
        return PyramidTiles(path, sha256=capture.sha256, page=capture.page)


def _tiles_path(store: Store, capture: Capture) -> Path:
    """Return where the capture's tiles belong: the store's cache, or the person's where that cannot be written."""
    try:
        return store.pyramid_path(capture.sha256, capture.page)
    except OSError:
        import platformdirs

        folder = platformdirs.user_cache_path("touchstone", appauthor=False, ensure_exists=True)
        return folder / f"{capture.sha256}-{capture.page}.tiles"


def calibrate(store: Store, actor: Actor, capture_id: str, *, pitch_um: float, context: JobContext) -> Capture:
    """Measure the scale on a capture of a calibration target of known pitch and record it for that capture."""
    from engine.imaging.calibration import calibrate as measure

    context.progress(0, 1, "Measuring the calibration target")
    found = measure(pixel_source(store, capture_id).pixels(), pitch_um=pitch_um, context=context)
    return set_scale(store, actor, capture_id, found.scale)
