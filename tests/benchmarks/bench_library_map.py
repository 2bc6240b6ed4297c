"""The map of a library with 20,000 labels: processor time of the window's thread for each slot that draws it.

Measured on the plot of the Library page as a person uses it: the map is shown, zoomed with the wheel, moved, labels
are held by a lasso, the theme changes. Each slot is one turn of the window's loop. Offscreen; processor time, for other
programs share the machine.
"""

import json
import os
import time
from collections.abc import Callable
from typing import Any

import numpy as np

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

LABELS = 20_000
CLASSES = 44
FRAMES = 20
SEED = 1
LIMIT_MS = 50.0
SIZES = ((1100, 700), (2200, 1400))


def main() -> None:
    """Print one JSON object for each measurement."""
    from gui.shell import theme
    from gui.shell.application import application

    app = application()
    theme.apply(app, theme.Scheme.LIGHT)
    for width, height in SIZES:
        measure(app, width, height)


def measure(app: Any, width: int, height: int) -> None:
    """Time the slots of a map of one size."""
    from PySide6.QtCore import QEvent

    from gui.pages.library.plot import MapPlot
    from gui.shell import theme

    def told(what: str, slots: list[float]) -> None:
        values = {"slots": len(slots), "longest_ms": round(max(slots), 1), "all_ms": round(sum(slots), 1)}
        of = {"benchmark": "library map", "labels": LABELS, "size": f"{width} x {height}", "what": what}
        print(json.dumps({**of, **values, "limit_ms": LIMIT_MS}), flush=True)

    xy, names = made_map()
    plot = MapPlot(lambda _held: None, lambda _place: None, lambda _place: None)
    plot.resize(width, height)
    plot.show()
    spin(app)
    box = plot.getViewBox()
    told("shown", slots_of(app, lambda: plot.show_points(xy, names)))
    told("zoomed", frames(app, lambda k: box.scaleBy((0.9, 0.9) if k % 2 else (1.05, 1.05))))
    told("moved", frames(app, lambda k: box.translateBy(x=0.5 if k % 3 else -0.9)))
    told("fitted", slots_of(app, plot.fit))
    told("held by a lasso", slots_of(app, lambda: plot.mark(np.arange(LABELS) % 3 == 0)))
    told("zoomed with held labels", frames(app, lambda k: box.scaleBy((0.9, 0.9) if k % 2 else (1.1, 1.1))))
    told("dark theme", slots_of(app, lambda: theme.apply(app, theme.Scheme.DARK)))
    told("light theme", slots_of(app, lambda: theme.apply(app, theme.Scheme.LIGHT)))
    plot.close()
    plot.deleteLater()
    app.sendPostedEvents(plot, QEvent.Type.DeferredDelete)


def made_map() -> tuple[np.ndarray, tuple[tuple[str, float, float], ...]]:
    """Return points (N, 2) in groups, as t-SNE lays them out, and the name of each group at its middle."""
    from engine.core.seeds import generator

    random = generator(SEED, "bench library map")
    middles = random.uniform(-40, 40, (CLASSES, 2))
    group = random.integers(0, CLASSES, LABELS)
    xy = middles[group] + random.normal(0, 2.5, (LABELS, 2))
    return xy, tuple((f"class {k}", float(x), float(y)) for k, (x, y) in enumerate(middles))


def slots_of(app: Any, work: Callable[[], Any]) -> list[float]:
    """Return the milliseconds of each turn of the loop that something leads to, itself the first."""
    return [milliseconds(work), *spin(app)]


def frames(app: Any, step: Callable[[int], Any]) -> list[float]:
    """Return the milliseconds of the slots of some steps with a frame each."""
    return [slot for k in range(FRAMES) for slot in slots_of(app, lambda k=k: step(k))]


def spin(app: Any, turns: int = 12) -> list[float]:
    """Return the milliseconds of the next turns of the loop."""
    from PySide6.QtCore import QEventLoop

    def turn() -> None:
        app.processEvents(QEventLoop.ProcessEventsFlag.AllEvents)

    taken = []
    for _ in range(turns):
        taken.append(milliseconds(turn))
        time.sleep(0.003)
    return taken


def milliseconds(work: Callable[[], Any]) -> float:
    """Return the processor time of the calling thread that something takes."""
    start = time.thread_time()
    work()
    return 1e3 * (time.thread_time() - start)


if __name__ == "__main__":
    main()
