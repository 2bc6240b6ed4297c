"""The child process that examines captures with a method: decoding and heavy work stay out of the window's process.

Request: method key, settings, per capture its record and file, the series where one is the reference, and a folder for
rasters. The secrets of a series travel over the process's standard input only.
Reply: the finding as JSON; each overlay's array lies in the folder as ``<place among the overlays>.npy``.
"""

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.core.case import Capture
from engine.core.errors import ImagingError
from engine.core.finding import Finding, Raster
from engine.core.method import Inputs, KnownCaptures, MethodSettings, Pixels, SeriesParameters
from engine.jobs import Child, JobContext, Limits, scratch_folder, serve

if TYPE_CHECKING:
    from engine.methods.two_level_qr.series import Series

LIMITS = Limits(seconds=1800.0, memory_bytes=16 << 30)
MODULE = "engine.workflows.examiner"


@dataclass(frozen=True)
class CaptureFile:
    """A capture and the file that holds it."""

    capture: Capture
    path: Path


@dataclass(frozen=True)
class _FilePixels:
    capture: Capture
    path: Path

    def pixels(self) -> Pixels:
        from engine.imaging.decode import decode

        return decode(self.path, self.capture.page)


def examine(
    method_key: str,
    settings: MethodSettings,
    captures: tuple[CaptureFile, ...],
    context: JobContext,
    *,
    series: "Series | None" = None,
) -> Finding:
    """Examine the first capture against the others, or against a series, in a child process.

    The finding carries its rasters.
    """
    import numpy as np

    from engine.methods.two_level_qr.sealing import to_bytes

    with scratch_folder() as folder, Child(MODULE, LIMITS) as child:
        request = {
            "method": method_key,
            "settings": settings.to_json(),
            "captures": [{"record": file.capture.to_json(), "path": str(file.path)} for file in captures],
            "series": None if series is None else base64.b64encode(to_bytes(series)).decode(),
            "folder": folder,
        }
        finding = Finding.from_json(child.request(request, context)["finding"])
        overlays = tuple(
            overlay.with_raster(Raster(np.load(Path(folder) / f"{number}.npy", allow_pickle=False)))
            for number, overlay in enumerate(finding.overlays)
        )
    return finding.model_copy(update={"overlays": overlays})


def _answer(request: dict[str, Any], context: JobContext) -> dict[str, Any]:
    import numpy as np

    from engine.methods import method

    sources = []
    for entry in request["captures"]:
        capture, path = Capture.from_json(entry["record"]), Path(entry["path"])
        if not path.is_file():
            raise ImagingError("The file is gone", where=capture.file_name, remedy="Restore it and try again.")
        sources.append(_FilePixels(capture, path))
    chosen = method(request["method"])()
    references: KnownCaptures | SeriesParameters | None = KnownCaptures(tuple(sources[1:])) if sources[1:] else None
    if request["series"] is not None:
        from engine.methods.two_level_qr.sealing import from_bytes

        references = SeriesParameters(from_bytes(base64.b64decode(request["series"])))
    inputs = Inputs(questioned=sources[0], references=references)
    finding = chosen.examine(inputs, chosen.Settings.from_json(request["settings"]), context)
    for number, overlay in enumerate(finding.overlays):
        if overlay.raster is not None:
            np.save(Path(request["folder"]) / f"{number}.npy", overlay.raster.values, allow_pickle=False)
    return {"finding": finding.to_json()}


if __name__ == "__main__":
    serve(_answer)
