"""The Library page with 100,000 labels: processor time of the window's thread for each frame while they are scrolled.

The labels are rows of a made-up library; their images come from a store of 960 labels through the page's own way, so
that reading, scaling and painting are all there. Beside it: filling, resizing, filtering, and reading a page of 60
images the first time and again. Offscreen; processor time, for other programs share the machine.
"""

import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

LABELS = 100_000
STORED, BATCH = 960, 240
FRAMES = 300
LIMIT_MS = 50.0
PAGE = 60


def milliseconds(work: Callable[[], Any]) -> float:
    """Return the processor time of the calling thread that something takes."""
    start = time.thread_time()
    work()
    return 1e3 * (time.thread_time() - start)


def spread(values: list[float]) -> dict[str, float]:
    """Return the median, the 95th percentile and the largest value."""
    median, high = np.percentile(values, [50, 95])
    return {"median_ms": round(float(median), 1), "p95_ms": round(float(high), 1), "max_ms": round(max(values), 1)}


def told(what: str, **values: object) -> None:
    """Print one result."""
    print(json.dumps({"benchmark": "library page", "what": what, "labels": LABELS, **values}))


def main() -> None:
    """Print one JSON object for each measurement."""
    from engine.workflows.stores import create_store
    from tests.gui.labels import filled_library

    with (
        tempfile.TemporaryDirectory() as folder,
        create_store(Path(folder) / "lab.touchstone", laboratory="Lab", administrator="Keeper") as store,
    ):
        library = filled_library(store, store.actors()[0], batches=STORED // BATCH, count=BATCH)
        images(store, library.id)
        filters(store, library.id)
        frames(store, library.id)


def images(store: Any, library_id: str) -> None:
    """Time reading pages of images from the store: first the segment is checked and parsed, then it is in memory."""
    from engine.workflows.labels.library import label_images

    numbers = list(range(1, PAGE + 1))
    first = milliseconds(lambda: label_images(store, library_id, numbers))
    again = [milliseconds(lambda: label_images(store, library_id, numbers)) for _ in range(20)]
    told("a page of 60 images", first_ms=round(first, 1), again=spread(again))


def filters(store: Any, library_id: str) -> None:
    """Time the filters over a table of as many labels."""
    from dataclasses import replace

    from engine.jobs import JobContext
    from engine.workflows.labels.shelf import LabelFilter, rows_left, shelf

    own = shelf(store, library_id, JobContext())
    times = LABELS // STORED + 1
    columns = {
        name: np.tile(getattr(own.table, name), times)[:LABELS]
        for name in ("classes", "probabilities", "batch", "field", "row", "column", "quality", "withdrawn")
    }
    large = replace(own, table=replace(own.table, numbers=np.arange(1, LABELS + 1), **columns))
    chosen = np.arange(1, LABELS, 7)
    for name, wanted in (
        ("number", LabelFilter(text="500-900")),
        ("field", LabelFilter(text="field-1-3")),
        ("class, batch and state", LabelFilter("", own.class_name(2), own.batches[1].id, "enrolled")),
        ("map", LabelFilter(numbers=chosen)),
    ):
        taken = [milliseconds(lambda wanted=wanted: rows_left(large, wanted)) for _ in range(10)]
        told(f"filter by {name}", **spread(taken), limit_ms=LIMIT_MS)


def frames(store: Any, library_id: str) -> None:
    """Time the frames of the gallery's view: filled, resized, scrolled by the wheel, dragged through."""
    from PySide6.QtCore import QObject

    from gui.pages.library.images import LabelImages
    from gui.pages.library.labels import Caption, LabelModel, label_view
    from gui.session import Session
    from gui.shell import theme
    from gui.shell.application import application

    app = application()
    theme.apply(app, theme.Scheme.LIGHT)
    session, owner = Session(), QObject()
    session._store = store
    made = LabelImages(session, owner)
    made.use(library_id)
    model = LabelModel(made)
    view = label_view("Labels", model)
    view.resize(1200, 800)
    view.show()
    app.processEvents()
    numbers = np.tile(np.arange(1, STORED + 1), LABELS // STORED + 1)[:LABELS]

    def frame(place: int) -> float:
        def draw() -> None:
            view.verticalScrollBar().setValue(place)
            view.viewport().repaint()
            app.processEvents()

        taken = milliseconds(draw)
        time.sleep(0.004)  # what reads the images has its turn
        return taken

    told("fill", ms=round(milliseconds(lambda: (model.show(numbers, _caption(Caption)), app.processEvents())), 1))
    told("resize", ms=round(milliseconds(lambda: (view.resize(1000, 800), app.processEvents())), 1))
    lowest = view.verticalScrollBar().maximum()
    told("frame by wheel", frames=FRAMES, **spread([frame(40 * k) for k in range(FRAMES)]), limit_ms=LIMIT_MS)
    dragged = [frame(k * lowest // FRAMES) for k in range(FRAMES)]
    told("frame when dragged", frames=FRAMES, **spread(dragged), limit_ms=LIMIT_MS)
    told("choose all", ms=round(milliseconds(view.selectAll), 1))
    view.close()
    session._store = None
    session.close()


def _caption(kind: Any) -> Callable[[int], Any]:
    return lambda row: kind("star" if row % 2 else "ring", row % 50 == 0)


if __name__ == "__main__":
    main()
