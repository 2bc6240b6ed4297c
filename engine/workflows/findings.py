"""Examine captures with a method, in a case or on bare files, and load what was found."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from engine.core.case import Actor, Device, Scale
from engine.core.errors import InputError
from engine.core.finding import Finding
from engine.core.library import METHOD as IDENTIFICATION
from engine.core.method import MethodSettings
from engine.core.records import file_sha256, new_id
from engine.imaging.client import ImagingWorker, check_readable
from engine.jobs import JobContext, scratch_folder
from engine.store import Store
from engine.workflows.captures import describe
from engine.workflows.cases import EXAMINING, require_role
from engine.workflows.examiner import CaptureFile, examine

if TYPE_CHECKING:
    from engine.methods.two_level_qr.series import Series
    from engine.workflows.codes.series import Keyring
    from engine.workflows.labels.recogniser import Recogniser

COMPARISON = "capture_comparison"
REGISTER = "register"  # key of the caution that tells what the register answered
T = TypeVar("T")


def settings_model(method_key: str) -> type[MethodSettings]:
    """Return the settings model of a method, from which forms are generated."""
    from engine.methods import method

    return method(method_key).Settings


def stored_file(store: Store, capture_id: str, context: JobContext | None = None) -> CaptureFile:
    """Return a stored capture with its evidence file, verified just now."""
    capture = store.capture(capture_id)
    return CaptureFile(capture, store.evidence(capture.sha256, context))


def compare(
    store: Store,
    actor: Actor,
    case_id: str,
    questioned_id: str,
    known_id: str,
    *,
    settings: MethodSettings | None = None,
    context: JobContext,
) -> Finding:
    """Register a questioned capture with a known one, map their correlation, and record the finding."""
    require_role(actor, EXAMINING, "compare captures")
    if questioned_id == known_id:
        raise InputError("A capture cannot be compared with itself", remedy="Choose two captures.")
    files = (stored_file(store, questioned_id, context), stored_file(store, known_id, context))
    for file in files:
        if store.item(file.capture.item_id).case_id != case_id:
            raise InputError("The capture belongs to another case", where=file.capture.file_name)
    found = examine(COMPARISON, settings or settings_model(COMPARISON)(), files, context)
    finding = found.model_copy(update={"case_id": case_id})
    rasters = {overlay.key: overlay.raster for overlay in finding.overlays if overlay.raster is not None}
    store.commit(actor.id, "finding made", finding, case_id=case_id, rasters=rasters)
    return finding


def repeat(
    store: Store,
    finding: Finding,
    context: JobContext,
    keyring: "Keyring | None" = None,
    recogniser: "Recogniser | None" = None,
) -> Finding:
    """Examine a finding's inputs again with its settings and scales, and classify it again; nothing is recorded.

    What the register answered at the time is told again as it was recorded: no examination can give it anew. A label is
    sought among those that counted when the finding was made, by the recogniser if one is handed over.

    Raises
    ------
    SeriesLockedError
        The finding was made with a series that is not unlocked in the keyring.
    """
    if finding.method == IDENTIFICATION:
        from engine.workflows.labels.findings import repeat_identification

        return repeat_identification(store, finding, context, recogniser)
    used = {entry.capture_id: entry.scale for entry in finding.scales}
    files = []
    for capture_id in finding.capture_ids:
        file = stored_file(store, capture_id, context)
        capture = file.capture.model_copy(update={"scale": used.get(capture_id)})
        files.append(CaptureFile(capture, file.path))
    settings = settings_model(finding.method).from_json(finding.provenance.settings)
    again = examine(finding.method, settings, tuple(files), context, series=_series_of(store, finding, keyring))
    told = tuple(caution for caution in finding.cautions if caution.key == REGISTER)
    again = again.model_copy(update={"cautions": (*again.cautions, *told)})
    if finding.classification is None:
        return again
    from engine.methods.two_level_qr.decision import decided

    point = store.operating_point(finding.classification.operating_point_id)
    return decided(again, (point,), files[0].capture)


def _series_of(store: Store, finding: Finding, keyring: "Keyring | None") -> "Series | None":
    """Return the series that a finding was made with; None where it was made without one."""
    from engine.workflows.codes.series import Keyring

    made_with = [each for each in store.code_series() if each.facts.sha256 in finding.provenance.input_sha256]
    return (keyring or Keyring()).series(made_with[0].id) if made_with else None


def load_finding(store: Store, finding_id: str) -> Finding:
    """Return a recorded finding with the rasters of its overlays."""
    return store.finding(finding_id, with_rasters=True)


def compare_files(
    paths: Sequence[Path],
    *,
    settings: MethodSettings | None = None,
    scales: Sequence[Scale] = (),
    pages: Sequence[int] = (),
    context: JobContext,
) -> Iterator[Finding]:
    """Compare the first file with each of the others and yield each finding; nothing is recorded.

    ``scales`` and ``pages`` (from 0) hold one for each file, or one for all. Without a scale the file's tag counts; a
    file with several pages needs one named.
    """
    if len(paths) < 2:
        raise InputError("A comparison needs two files or more", remedy="Name a questioned and a known capture.")
    chosen = settings or settings_model(COMPARISON)()
    each = zip(paths, _for_each(paths, pages, "pages"), _for_each(paths, scales, "scales"), strict=True)
    questioned, *known = [_bare_capture(path, page, scale, context) for path, page, scale in each]
    for other in known:
        yield examine(COMPARISON, chosen, (questioned, other), context)


def _for_each(paths: Sequence[Path], given: Sequence[T], what: str) -> Sequence[T | None]:
    """Return what was given for each file: one each, one for all, or None."""
    if len(given) not in (0, 1, len(paths)):
        raise InputError(
            f"{len(given)} {what} are named for {len(paths)} files", remedy="Name one for all, or one each."
        )
    return given if len(given) == len(paths) else (given[0] if given else None,) * len(paths)


def _bare_capture(path: Path, page: int | None, scale: Scale | None, context: JobContext) -> CaptureFile:
    """Describe a page of a file that belongs to no store."""
    check_readable(path, str(path))
    sha256 = file_sha256(path, context.check_cancelled)
    with ImagingWorker() as worker, scratch_folder() as folder:
        held = [info.page for info in worker.inspect(path, context)]
        if page is None and len(held) > 1:
            listed = ", ".join(str(number + 1) for number in held[:20])
            raise InputError("The file has several pages", where=path.name, remedy=f"Name the page: {listed}.")
        page = held[0] if page is None else page
        facts = worker.prepare(path, page, Path(folder) / "pyramid", context, sha256=sha256)
    capture = describe(path, page, facts, sha256=sha256, item_id=new_id("item"), device=Device.UNKNOWN, scale=scale)
    return CaptureFile(capture, path)
