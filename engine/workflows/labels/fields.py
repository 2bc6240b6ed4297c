"""Microscope fields: find their labels, cut them or patternless film out, and plan where to photograph."""

import csv
import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import ImagingError, InputError, JobError
from engine.core.method import Pixels
from engine.core.records import file_sha256
from engine.imaging.client import ImagingWorker, check_readable
from engine.jobs import JobContext
from engine.methods.micro_pattern.arrays import FIELD_LIMIT, stage_coordinates, virtual_corners
from engine.methods.micro_pattern.judge import shipped_judge
from engine.methods.micro_pattern.segmentation import COLUMNS, CROP_PX, ROWS, LabelState, Place, crop, segment

UNSAFE = re.compile(r"[^\w.-]+")
LEAST_SIDE, MOST_SIDE = 16, 4096  # pixels along a label that is cut out
DECODERS = 2  # processes that decode the next fields while the labels of one are sought
Finding = Callable[[NDArray[np.uint8]], tuple[tuple[Place, ...], str]]


@dataclass(frozen=True, eq=False)
class FieldRead:
    """A field's file: its hash where it could be read at all, and its pixels, or the reason why there are none."""

    path: Path
    sha256: str
    pixels: NDArray[np.uint8] | None
    reason: str = ""


@dataclass(frozen=True, eq=False)
class FieldReport:
    """What one field came to: its places, or the reason why there are none; and the files that were written.

    ``readable`` is False where the file could not be read at all.
    """

    file_name: str
    sha256: str
    places: tuple[Place, ...]
    reason: str
    readable: bool
    written: tuple[Path, ...] = ()

    @property
    def found(self) -> int:
        """How many labels were found."""
        return sum(place.state is LabelState.FOUND for place in self.places)

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain JSON values; corners are pixels (x, y) from the upper left clockwise."""
        places = [
            {
                "row": place.row,
                "column": place.column,
                "state": place.state.value,
                "corners": None if place.corners is None else np.round(place.corners, 2).tolist(),
            }
            for place in self.places
        ]
        return {
            "file": self.file_name,
            "sha256": self.sha256,
            "found": self.found,
            "places": places,
            "reason": self.reason,
            "readable": self.readable,
            "written": [str(path) for path in self.written],
        }


def read_fields(paths: Sequence[Path], context: JobContext) -> Iterator[FieldRead]:
    """Yield each file's pixels as (H, W) or (H, W, 3) of 8 bits, in order; the next ones are decoded meanwhile."""
    with ExitStack() as stack:
        workers = [stack.enter_context(ImagingWorker()) for _ in range(min(DECODERS, len(paths)))]
        pools = [stack.enter_context(ThreadPoolExecutor(1)) for _ in workers]  # a worker serves one thread
        stack.callback(_stop, pools, workers)
        ahead: deque[Future[FieldRead]] = deque()
        for path, pool, worker in zip(paths, cycle(pools), cycle(workers), strict=False):
            ahead.append(pool.submit(_read, path, worker, context))
            if len(ahead) > DECODERS:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def segment_fields(
    paths: Sequence[Path], *, columns: int = COLUMNS, rows: int = ROWS, out: Path | None = None, side: int = CROP_PX,
    context: JobContext,
) -> Iterator[FieldReport]:  # fmt: skip
    """Find the labels of each field, and with ``out`` write each as a PNG of ``side`` pixels; nothing is recorded.

    What is framed like a label and is none by the contour judge is named and not cut out; the judge is loaded into
    this process with the first field. A field that cannot be read is reported with its reason, and the others are done.
    """
    if columns < 1 or rows < 1 or columns * rows > FIELD_LIMIT:
        raise InputError(f"A field shows 1 to {FIELD_LIMIT} labels, not {columns} x {rows}")
    if not LEAST_SIDE <= side <= MOST_SIDE:
        raise InputError(f"A label is cut out with {LEAST_SIDE} to {MOST_SIDE} pixels a side, not {side}")

    def labels(pixels: NDArray[np.uint8]) -> tuple[tuple[Place, ...], str]:
        found = segment(pixels, columns=columns, rows=rows, judge=shipped_judge())
        return found.places, found.reason

    yield from _each(paths, labels, out, side, context)


def cut_fields(
    paths: Sequence[Path], *, side: int, margin: int = 0, out: Path, context: JobContext
) -> Iterator[FieldReport]:  # fmt: skip
    """Cut patternless fields into squares on a grid and write each as a PNG."""

    def squares(pixels: NDArray[np.uint8]) -> tuple[tuple[Place, ...], str]:
        grid = virtual_corners(pixels.shape[1], pixels.shape[0], side=side, margin=margin)
        places = [
            Place(row, column, LabelState.FOUND, grid[row, column])
            for row in range(grid.shape[0])
            for column in range(grid.shape[1])
        ]
        return tuple(places), ""

    yield from _each(paths, squares, out, side, context)


def write_coordinates(
    out: Path, *, columns: int, rows: int, pitch_um: tuple[float, float],
    first_um: tuple[float, float] = (0.0, 0.0), angle_deg: float = 0.0,
) -> int:  # fmt: skip
    """Write the stage's positions as CSV (field, row, column, x_um, y_um; from 1) and return how many there are."""
    table = stage_coordinates(columns=columns, rows=rows, pitch_um=pitch_um, first_um=first_um, angle_deg=angle_deg)
    try:
        with out.open("x", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(("field", "row", "column", "x_um", "y_um"))
            for number, (row, column, x, y) in enumerate(table.tolist(), start=1):
                writer.writerow((number, int(row) + 1, int(column) + 1, f"{x:.3f}", f"{y:.3f}"))
    except FileExistsError as error:
        raise InputError("There is a file of that name already", where=str(out), remedy="Choose another.") from error
    except OSError as error:
        what = f"The coordinates could not be written ({error.strerror})"
        raise InputError(what, where=str(out), remedy="Choose another folder.") from error
    return len(table)


def _each(
    paths: Sequence[Path], work: Finding, out: Path | None, side: int, context: JobContext
) -> Iterator[FieldReport]:  # fmt: skip
    if not paths:
        raise InputError("No field is named", remedy="Name the files.")
    stems = [UNSAFE.sub("_", path.stem) for path in paths]
    if out is not None and len(set(stems)) < len(stems):
        raise InputError("Two fields have the same name", remedy="Rename one, or cut them into different folders.")
    for number, (field, stem) in enumerate(zip(read_fields(paths, context), stems, strict=True)):
        context.check_cancelled()
        context.progress(number, len(paths), field.path.name)
        if field.pixels is None:
            yield FieldReport(field.path.name, field.sha256, (), field.reason, readable=False)
            continue
        places, reason = work(field.pixels)
        written = _write(field.pixels, places, out, stem, side) if out is not None else ()
        yield FieldReport(field.path.name, field.sha256, places, reason, True, written)
    context.progress(len(paths), len(paths), "")


def _read(path: Path, worker: ImagingWorker, context: JobContext) -> FieldRead:
    sha256 = ""
    try:
        check_readable(path, "")
        sha256 = file_sha256(path)
        return FieldRead(path, sha256, _eight_bits(worker.read(path, 0, context)))
    except (ImagingError, JobError) as error:
        return FieldRead(path, sha256, None, f"{error.what}. {error.remedy}" if error.remedy else error.what)


def _stop(pools: Sequence[ThreadPoolExecutor], workers: Sequence[ImagingWorker]) -> None:
    """End what is still being decoded, which nobody waits for."""
    for pool in pools:
        pool.shutdown(wait=False, cancel_futures=True)
    for worker in workers:
        worker.close()


def _eight_bits(pixels: Pixels) -> NDArray[np.uint8]:
    if pixels.dtype == np.uint8:
        return np.asarray(pixels, dtype=np.uint8)
    return np.asarray(pixels >> 8, dtype=np.uint8)


def _write(pixels: NDArray[np.uint8], places: tuple[Place, ...], out: Path, stem: str, side: int) -> tuple[Path, ...]:
    from PIL import Image

    written: list[Path] = []
    try:
        out.mkdir(parents=True, exist_ok=True)
        for place in places:
            if place.state is LabelState.FOUND and place.corners is not None:
                path = out / f"{stem}-r{place.row + 1}c{place.column + 1}.png"
                with path.open("xb") as file:
                    Image.fromarray(crop(pixels, place.corners, side)).save(file, format="PNG")
                written.append(path)
    except FileExistsError as error:
        what = "A file of that name is there already"
        raise InputError(what, where=str(error.filename), remedy="Choose an empty folder.") from error
    except OSError as error:
        what = f"The labels could not be written ({error.strerror})"
        raise InputError(what, where=str(out), remedy="Choose another folder.") from error
    return tuple(written)
