"""Check codes against the register and their series' operating point; examine them in a case."""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.core.case import Actor, Capture, Device
from engine.core.codes import CodeCheck, CodeSeries, RecordedCheck, SealState
from engine.core.errors import InputError
from engine.core.finding import Caution, Finding
from engine.core.operating import OperatingPoint
from engine.core.records import entered, utc_now
from engine.jobs import JobContext
from engine.store import Store
from engine.workflows.cases import EXAMINING, require_role
from engine.workflows.codes.checked import CheckedCode, anomaly_texts, check_warnings, new_check, register_text
from engine.workflows.codes.checker import CodeChecker, ReadPage, Wanted, opened, read_file
from engine.workflows.codes.series import Keyring
from engine.workflows.codes.tracing import RegisterAnswer, query
from engine.workflows.findings import REGISTER, stored_file

if TYPE_CHECKING:
    from engine.methods.two_level_qr.examination import TwoLevelQrSettings


def locked_series(
    store: Store, keyring: Keyring, path: Path, *, page: int = 0, checker: CodeChecker, context: JobContext
) -> tuple[CodeSeries, ...]:
    """Return the locked series of the codes that an image shows; the checker keeps the image for the check itself."""
    answers = (query(store, code.text) for code in checker.read(path, page, context).codes)
    series = {answer.series.id: answer.series for answer in answers if answer.series is not None}
    return tuple(each for key, each in series.items() if not keyring.is_unlocked(key))


def check_image(
    store: Store,
    actor: Actor,
    keyring: Keyring,
    path: Path,
    *,
    page: int = 0,
    device: Device = Device.SCANNER,
    simulated: bool = False,
    place: str = "",
    package: SealState = SealState.NOT_RECORDED,
    sticker: SealState = SealState.NOT_RECORDED,
    record: bool = True,
    checker: CodeChecker | None = None,
    context: JobContext,
) -> tuple[CheckedCode, ...]:
    """Check every code that an image shows, from the top down; none where no code can be read.

    Parameters
    ----------
    device, simulated
        What made the image: an operating point holds for its own devices only.
    place, package, sticker
        Where the check was made, and how the package and the sticker were found.
    record : bool
        Whether the checks are recorded, and so stand in the history of the products.
    checker : CodeChecker, optional
        A process that is running already. Raises what its ``read`` raises.
    """
    start = time.perf_counter()
    store.refresh()
    with opened(checker) as own:
        capture, read = read_file(own, path, page, device, simulated, context.part(0, 2))
        asked, answers = utc_now(), [query(store, code.text) for code in read.codes]
        findings = _measured(own, path, capture, read, answers, keyring, context.part(1, 2))
    checked = []
    for code, answer, measured in zip(read.codes, answers, findings, strict=True):
        finding, point = (None, None) if measured is None else _decided(store, answer, measured, capture)
        check = new_check(code.text, answer, finding, point, asked, store.laboratory, capture)
        check = entered(CodeCheck, **{**dict(check), "place": place, "package": package, "sticker": sticker})
        if record:
            store.commit(actor.id, "code checked", check)
        present = RecordedCheck(check=check, recorded=asked, actor_name=actor.name)
        alike = sum(other.text == code.text for other in read.codes)
        warnings = tuple(check_warnings(answer, finding, present, alike))
        checked.append(CheckedCode(check, answer, asked, capture, finding, point, warnings, 0.0))
    elapsed = 1e3 * (time.perf_counter() - start) + read.held_ms
    return tuple(replace(each, elapsed_ms=elapsed) for each in checked)


def examine_codes(
    store: Store,
    actor: Actor,
    case_id: str,
    capture_id: str,
    keyring: Keyring,
    *,
    settings: "TwoLevelQrSettings | None" = None,
    checker: CodeChecker | None = None,
    context: JobContext,
) -> tuple[Finding, ...]:
    """Examine every code that a capture of a case shows, and record a finding and a check of each.

    The register leads to the series, and the last operating point that holds classifies. A code that the register does
    not know, and a capture without any code that can be read, give a finding that says so.

    Raises
    ------
    SeriesLockedError
        The series of a code is locked; nothing was recorded.
    """
    from engine.methods.two_level_qr.examination import TwoLevelQrSettings

    require_role(actor, EXAMINING, "examine codes")
    store.refresh()
    file = stored_file(store, capture_id, context)
    capture = file.capture
    if store.item(capture.item_id).case_id != case_id:
        raise InputError("The capture belongs to another case", where=capture.file_name)
    settings = settings or TwoLevelQrSettings()
    with opened(checker) as own:
        read = own.read(file.path, capture.page, context.part(0, 2))
        codes = [code for code in read.codes if settings.code_text in ("", code.text)]
        asked, answers = utc_now(), [query(store, code.text) for code in codes]
        wanted = [
            Wanted(
                settings.model_copy(update={"code_text": code.text, "code_number": code.number}),
                None if answer.series is None else keyring.series(answer.series.id),
            )
            for code, answer in zip(codes, answers, strict=True)
        ]
        found = own.measure(file.path, capture, wanted or [Wanted(settings, None)], context.part(1, 2))
    context.check_cancelled()
    if not codes:
        return (_recorded(store, actor, case_id, found[0]),)
    return tuple(
        _examined(store, actor, case_id, capture, code.text, answer, asked, measured)
        for code, answer, measured in zip(codes, answers, found, strict=True)
    )


def _examined(
    store: Store,
    actor: Actor,
    case_id: str,
    capture: Capture,
    text: str,
    answer: RegisterAnswer,
    asked: str,
    measured: Finding,
) -> Finding:
    """Classify one code of a case, and record its finding and its check."""
    finding, point = _decided(store, answer, measured, capture)
    check = new_check(text, answer, finding, point, asked, store.laboratory, capture)
    odd = anomaly_texts(answer, RecordedCheck(check=check, recorded=asked, actor_name=actor.name))
    told = Caution(key=REGISTER, text=" ".join([register_text(answer, asked, store.laboratory), *odd]))
    finding = _recorded(store, actor, case_id, finding.model_copy(update={"cautions": (*finding.cautions, told)}))
    store.commit(actor.id, "code checked", check.model_copy(update={"finding_id": finding.id}), case_id=case_id)
    return finding


def _measured(
    checker: CodeChecker,
    path: Path,
    capture: Capture,
    read: ReadPage,
    answers: Sequence[RegisterAnswer],
    keyring: Keyring,
    context: JobContext,
) -> list[Finding | None]:
    """Return a finding for each code whose series is known and unlocked, None for the others."""
    from engine.methods.two_level_qr.examination import TwoLevelQrSettings

    wanted: dict[int, Wanted] = {}
    for place, (code, answer) in enumerate(zip(read.codes, answers, strict=True)):
        if answer.series is not None and keyring.is_unlocked(answer.series.id):
            settings = TwoLevelQrSettings(code_text=code.text, code_number=code.number)
            wanted[place] = Wanted(settings, keyring.series(answer.series.id))
    found = checker.measure(path, capture, tuple(wanted.values()), context) if wanted else ()
    by_place = dict(zip(wanted, found, strict=True))
    return [by_place.get(place) for place in range(len(read.codes))]


def _decided(
    store: Store, answer: RegisterAnswer, finding: Finding, capture: Capture
) -> tuple[Finding, OperatingPoint | None]:
    """Return the finding with its classification, and the operating point if one holds."""
    from engine.methods.two_level_qr.decision import decided

    if answer.series is None:
        return finding, None
    points = store.operating_points(answer.series.id)
    finding = decided(finding, points, capture)
    said = finding.classification
    if said is None or not said.within_domain:
        return finding, None
    return finding, next(point for point in points if point.id == said.operating_point_id)


def _recorded(store: Store, actor: Actor, case_id: str, found: Finding) -> Finding:
    finding = found.model_copy(update={"case_id": case_id})
    rasters = {overlay.key: overlay.raster for overlay in finding.overlays if overlay.raster is not None}
    store.commit(actor.id, "finding made", finding, case_id=case_id, rasters=rasters)
    return finding
