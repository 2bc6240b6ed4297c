"""The child process that reads codes and measures them; it keeps a decoded image between the two requests.

``read``: the codes that a page shows. ``measure``: a finding for each code named, as a code of the series given. The
secrets of a series travel over the process's standard input only, and die with it.
"""

import base64
import contextlib
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from pydantic import PositiveInt

from engine.core.case import Capture, Device, Sha256, Text
from engine.core.errors import ImagingError, InputError, JobError
from engine.core.finding import Finding, Raster
from engine.core.method import Pixels
from engine.core.records import Record, file_sha256, new_id
from engine.imaging.decode import PageFacts
from engine.jobs import Child, JobContext, Limits, scratch_folder, serve

if TYPE_CHECKING:
    from engine.methods.two_level_qr.examination import TwoLevelQrSettings
    from engine.methods.two_level_qr.rectification import Reading
    from engine.methods.two_level_qr.series import Series

LIMITS = Limits(seconds=300.0, memory_bytes=16 << 30)
MODULE = "engine.workflows.codes.checker"
AROUND_PX = 1024  # of the page's middle, whose quality stands for the page's


class ReadCode(Record):
    """A code that was read: what it says (text from outside), and which of those that say so it is, from the top."""

    text: Text
    number: int


class ReadPage(Record):
    """A page whose codes were read; ``pages`` counts those of its file.

    ``facts.quality`` is that of the page's middle alone: a check needs an answer sooner than the figures of millions of
    pixels. ``held_ms`` is what an earlier request spent on decoding and reading the page; 0 where this one did.
    """

    sha256: Sha256
    pages: PositiveInt
    facts: PageFacts
    codes: tuple[ReadCode, ...]
    held_ms: float


@dataclass(frozen=True)
class Wanted:
    """A code to measure: the settings name it, the series is the one that it should belong to, if one is known."""

    settings: "TwoLevelQrSettings"
    series: "Series | None"


class CodeChecker:
    """Reads the codes of images and measures them in a child process, which serves all requests until it is closed.

    Use it as a context manager, from one thread. A second request about the same page of a file finds it decoded.
    """

    def __init__(self, limits: Limits = LIMITS) -> None:
        self._child = Child(MODULE, limits)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def read(self, path: Path, page: int, context: JobContext) -> ReadPage:
        """Return the codes that a page shows, from the top down.

        Raises
        ------
        ImagingError
            The file cannot be read as an image, or has no such page.
        JobError
            The file made the process crash or pass its limits.
        """
        reply = self._request({"do": "read"}, path, page, context)
        with _understood(path):
            return ReadPage.from_json(reply["page"])

    def measure(
        self, path: Path, capture: Capture, wanted: Sequence[Wanted], context: JobContext
    ) -> tuple[Finding, ...]:
        """Return a finding, with its rasters, for each code wanted of a page; raises what ``read`` raises."""
        from engine.methods.two_level_qr.sealing import to_bytes

        with scratch_folder() as folder:
            request = {
                "do": "measure",
                "capture": capture.to_json(),
                "folder": folder,
                "codes": [
                    {
                        "settings": each.settings.to_json(),
                        "series": base64.b64encode(to_bytes(each.series)).decode() if each.series else None,
                    }
                    for each in wanted
                ],
            }
            reply = self._request(request, path, capture.page, context)
            with _understood(path):
                findings = [Finding.from_json(finding) for finding in reply["findings"]]
                if len(findings) != len(wanted):
                    raise ValueError(f"{len(findings)} findings of {len(wanted)} codes")
                return tuple(_with_rasters(finding, folder, number) for number, finding in enumerate(findings))

    def close(self) -> None:
        """End the process."""
        self._child.close()

    def _request(self, values: dict[str, Any], path: Path, page: int, context: JobContext) -> dict[str, Any]:
        try:
            return self._child.request({**values, "path": str(path.resolve()), "page": page}, context)
        except JobError as error:
            raise JobError(error.what, where=error.where or path.name, remedy=error.remedy) from error


@contextlib.contextmanager
def opened(checker: CodeChecker | None) -> Iterator[CodeChecker]:
    """Yield the checker that is running already, or one for this piece of work."""
    if checker is not None:
        yield checker
        return
    with CodeChecker() as own:
        yield own


def read_file(
    checker: CodeChecker, path: Path, page: int, device: Device, simulated: bool, context: JobContext
) -> tuple[Capture, ReadPage]:
    """Read the codes of a file of no store, and describe it as a capture."""
    from engine.imaging.client import check_readable
    from engine.workflows.captures import describe  # loads the store, which the child has no use for

    check_readable(path, str(path))
    read = checker.read(path, page, context)
    item_id = new_id("item")
    capture = describe(
        path, page, read.facts, sha256=read.sha256, item_id=item_id, device=device, scale=None, simulated=simulated
    )
    return capture, read


def _with_rasters(finding: Finding, folder: str, number: int) -> Finding:
    import numpy as np

    overlays = tuple(
        overlay.with_raster(Raster(np.load(_raster(folder, number, place), allow_pickle=False)))
        for place, overlay in enumerate(finding.overlays)
    )
    return finding.model_copy(update={"overlays": overlays})


@contextlib.contextmanager
def _understood(path: Path) -> Iterator[None]:
    """Turn a reply that is not what it should be into a JobError: a process that a file broke may send anything."""
    try:
        yield
    except (ValueError, KeyError, TypeError, OSError, EOFError) as error:
        what = f"The code checker answered nonsense ({type(error).__name__})"
        raise JobError(what, where=path.name, remedy="Check the image again.") from error


def _raster(folder: str, number: int, place: int) -> Path:
    return Path(folder) / f"{number}-{place}.npy"


@dataclass(frozen=True, eq=False)
class _Held:
    """A decoded page, and what tells whether its file is still the one that was decoded."""

    state: tuple[object, ...]
    sha256: str
    pages: int
    facts: PageFacts
    pixels: Pixels
    readings: "tuple[Reading, ...]"
    spent_ms: float


class _Answers:
    """The child's side: answers requests, and holds the last page."""

    def __init__(self) -> None:
        self._held: _Held | None = None

    def answer(self, request: dict[str, Any], context: JobContext) -> dict[str, Any]:
        path, page = Path(request["path"]), int(request["page"])
        match request["do"]:
            case "read":
                before = self._held
                held = self._page(path, page, context)
                return {"page": _told(held, held.spent_ms if held is before else 0.0).to_json()}
            case "measure":
                return {"findings": _measured(self._page(path, page, context), request, context)}
            case other:
                raise InputError(f"The code checker does not know {other!r}")

    def _page(self, path: Path, page: int, context: JobContext) -> _Held:
        state = _state(path, page)
        if self._held is None or self._held.state != state:
            self._held = None  # the old page's memory is needed for the new one
            self._held = _decoded(path, page, context)
        return self._held


def _state(path: Path, page: int) -> tuple[object, ...]:
    """Return what differs once the file was written to or replaced."""
    try:
        found = path.stat()
    except OSError as error:
        raise ImagingError(
            f"The file cannot be read ({error.strerror})", where=path.name, remedy="Check the name."
        ) from error
    return path, page, found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _decoded(path: Path, page: int, context: JobContext) -> _Held:
    from engine.imaging.decode import decode, inspect, page_info
    from engine.imaging.quality import measure_quality
    from engine.methods.two_level_qr.rectification import read_codes

    start, state = time.perf_counter(), _state(path, page)
    with ThreadPoolExecutor(1) as pool:
        hashing = pool.submit(file_sha256, path)
        pages, info = len(inspect(path)), page_info(path, page)
        context.progress(0, 1, "Decoding")
        pixels = decode(path, page)
        context.progress(0.3, 1, "Reading the codes")
        readings = read_codes(pixels)
        sha256 = hashing.result()
    if _state(path, page) != state:
        raise ImagingError("The file changed while it was read", where=path.name, remedy="Check it again.")
    top, left = (max(0, length // 2 - AROUND_PX // 2) for length in pixels.shape[:2])
    quality = measure_quality(pixels[top : top + AROUND_PX, left : left + AROUND_PX])
    facts = PageFacts(**dict(info), quality=quality)
    return _Held(state, sha256, pages, facts, pixels, readings, 1e3 * (time.perf_counter() - start))


def _told(held: _Held, held_ms: float) -> ReadPage:
    counts: dict[str, int] = {}
    codes = []
    for reading in held.readings:
        counts[reading.text] = counts.get(reading.text, 0) + 1
        codes.append(ReadCode(text=reading.text, number=counts[reading.text]))
    return ReadPage(sha256=held.sha256, pages=held.pages, facts=held.facts, codes=tuple(codes), held_ms=held_ms)


def _measured(held: _Held, request: dict[str, Any], context: JobContext) -> list[dict[str, Any]]:
    import numpy as np

    from engine.methods.two_level_qr.examination import ReadCapture, TwoLevelQr, TwoLevelQrSettings
    from engine.methods.two_level_qr.sealing import from_bytes

    capture = Capture.from_json(request["capture"])
    if capture.sha256 != held.sha256:
        raise ImagingError("The file is not the one that was read", where=capture.file_name, remedy="Check it again.")
    read = ReadCapture(capture, held.pixels, held.readings)
    findings = []
    for number, entry in enumerate(request["codes"]):
        context.progress(number, len(request["codes"]), "Measuring the codes")
        series = from_bytes(base64.b64decode(entry["series"])) if entry["series"] else None
        finding = TwoLevelQr().examine_read(read, series, TwoLevelQrSettings.from_json(entry["settings"]))
        for place, overlay in enumerate(finding.overlays):
            if overlay.raster is not None:
                np.save(_raster(request["folder"], number, place), overlay.raster.values, allow_pickle=False)
        findings.append(finding.to_json())
    return findings


def main() -> None:
    """Serve until standard input closes."""
    serve(_Answers().answer)


if __name__ == "__main__":
    main()
