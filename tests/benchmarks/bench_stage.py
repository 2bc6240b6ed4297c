"""How fast the stage opens, pans, zooms and sharpens a capture of 20,000 x 28,000 px; JSON lines.

Two panes of 780 x 820 px show the same pyramid, RGB, the right one turned by 12 degrees through a registration. All is
drawn by the processor (``offscreen`` or a virtual display). A frame is one movement, one full repaint of the stage and
the events that waited; ``own_p95_ms`` is the processor time of the window's thread alone, which other programs on the
machine do not lengthen. ``python -m tests.benchmarks.bench_stage [SCALE]`` sets the screen's scaling.
"""

import json
import math
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
if len(sys.argv) > 1:
    os.environ["QT_SCALE_FACTOR"] = sys.argv[1]

from PySide6.QtCore import QEventLoop
from PySide6.QtWidgets import QApplication

from engine.core.case import Capture, Device, Quality
from engine.core.pixels import Transform, TransformKind
from engine.imaging.pyramid import PyramidHeader, PyramidTiles, build_pyramid
from engine.jobs import JobContext
from gui.stage.canvas import StageCanvas
from gui.stage.geometry import Side
from gui.stage.linking import link_for
from gui.stage.scene import Mode, StageImage
from tests.benchmarks.bench_intake import WIDTH, rows

HEIGHT = 28_000
SHA = f"{1:064x}"
FRAMES = 120


def build(path: Path) -> float:
    """Make the pyramid; return the seconds it took."""
    started = time.perf_counter()
    header = PyramidHeader(sha256=SHA, page=0, width=WIDTH, height=HEIGHT, channels=3, bits=8)
    bands = (rows(top, min(top + 256, HEIGHT)) for top in range(0, HEIGHT, 256))
    build_pyramid(path, header, bands, JobContext())
    return time.perf_counter() - started


def capture(number: int) -> Capture:
    """Return a record for the pyramid."""
    return Capture(
        id=f"capture-{number:016x}",
        item_id=f"item-{number:016x}",
        sha256=SHA,
        page=0,
        file_name="large.tif",
        media_type="image/tiff",
        byte_size=1,
        width=WIDTH,
        height=HEIGHT,
        channels=3,
        bit_depth=8,
        device=Device.SCANNER,
        quality=Quality(focus=0, clipped_low=0, clipped_high=0, noise=0),
    )


def turned(degrees: float) -> Transform:
    """Return a registration that turns about the middle."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    x, y = WIDTH / 2.0, HEIGHT / 2.0
    matrix = np.array([[cos, -sin, x - cos * x + sin * y], [sin, cos, y - sin * x - cos * y], [0.0, 0.0, 1.0]])
    return Transform.from_array(TransformKind.SIMILARITY, matrix)


def open_stage(app: QApplication, canvas: StageCanvas, path: Path) -> None:
    """Put the pyramid on both sides and time the first view, coarse and sharp."""
    started = time.perf_counter()
    for number, side in enumerate(Side):
        canvas.scene.open(side, StageImage(capture(number), "large", PyramidTiles(path)))
    canvas.scene.view.link = link_for(capture(0), capture(1), turned(12.0))
    canvas.fitted = True
    canvas.refresh()
    first = until(app, canvas, lambda: all(canvas.picture.renderer.frames.get(side) for side in Side)) - started
    whole = until(app, canvas, lambda: sharp(canvas)) - started
    report("open", first_view_ms=first * 1e3, sharp_ms=whole * 1e3)


def sharp(canvas: StageCanvas) -> bool:
    """Whether no visible tile is missing."""
    frames = canvas.picture.renderer.frames
    return all((frame := frames.get(side)) is not None and frame.missing == 0 for side in Side)


def until(app: QApplication, canvas: StageCanvas, done: Callable[[], bool]) -> float:
    """Handle events until something is so; return when."""
    deadline = time.perf_counter() + 10.0
    while not done():
        app.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 5)
        if time.perf_counter() > deadline:
            raise TimeoutError("the stage did not become sharp within 10 s")
    return time.perf_counter()


def measure(app: QApplication, canvas: StageCanvas, what: str, move: Callable[[int], None]) -> None:
    """Move the view frame by frame; print the times of the frames, and the time to sharpness after it stops."""
    wall, own = [], []
    for number in range(FRAMES):
        started, started_own = time.perf_counter(), time.thread_time()
        move(number)
        canvas.repaint()
        app.processEvents()
        wall.append((time.perf_counter() - started) * 1e3)
        own.append((time.thread_time() - started_own) * 1e3)
    stopped = time.perf_counter()
    settled = until(app, canvas, lambda: sharp(canvas)) - stopped
    p50, p95, worst = (float(np.percentile(wall, share)) for share in (50, 95, 100))
    own_p95 = float(np.percentile(own, 95))
    report(what, p50_ms=p50, p95_ms=p95, max_ms=worst, own_p95_ms=own_p95, sharp_after_stop_ms=settled * 1e3)


def pan(canvas: StageCanvas, number: int) -> None:
    """Move the view by a fast drag's step: half of the frames there, half of them back."""
    canvas.move_view(Side.QUESTIONED, (-23.0, 11.0) if number < FRAMES // 2 else (23.0, -11.0))


def zoom_step(number: int) -> float:
    """Return the factor of a frame: half of them out, half back in."""
    return 0.93 if number < FRAMES // 2 else 1 / 0.93


def report(what: str, **values: float) -> None:
    """Print one line."""
    rounded = {key: round(value, 1) for key, value in values.items()}
    print(json.dumps({"benchmark": "stage", "what": what, **rounded}), flush=True)


def main() -> None:
    """Print all measurements."""
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.tiles"
        report("pyramid", seconds=build(path))
        canvas = StageCanvas()
        canvas.resize(1562, 868)
        canvas.show()
        app.processEvents()
        open_stage(app, canvas, path)
        centre = (canvas.panes()[0].size[0] / 2.0, canvas.panes()[0].size[1] / 2.0)
        zooms = {"overview": 0.0, "1:2": 0.5, "1:1": 1.0, "8:1": 8.0}
        for name, zoom in zooms.items():
            if zoom:
                canvas.scene.view.set_zoom(Side.QUESTIONED, zoom)
            canvas.refresh()
            measure(app, canvas, f"pan at {name}", lambda n: pan(canvas, n))
        measure(app, canvas, "zoom out and in", lambda n: canvas.zoom_view(Side.QUESTIONED, zoom_step(n), centre))
        canvas.scene.view.set_zoom(Side.QUESTIONED, 0.7)
        for mode in Mode:
            canvas.scene.set_mode(mode)
            canvas.refresh()
            canvas._blink.stop()
            measure(app, canvas, f"pan in {mode.value}", lambda n: pan(canvas, n))
        held = sum(layer.nbytes for layer in canvas.scene.layers.values()) / 1e6
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
        report("memory", tiles_mb=held, process_peak_mb=peak)
        canvas.close_scene()


if __name__ == "__main__":
    main()
