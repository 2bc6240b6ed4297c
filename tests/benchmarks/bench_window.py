"""Seconds from the start of the process to the first paint of the window, and what was loaded by then; opening a store.

Of opening a store with a case the longest slots of the window's thread are given: processor time between two turns of
its event loop, in which nothing a person does is answered, until every page stands.

Each start is a process of its own; the first one warms the file cache and is not counted. Runs on the platform that
QT_QPA_PLATFORM names (offscreen where it names none); where Xvfb is installed, on a display of its own as well.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RUNS = 7
LIMIT_SECONDS = 1.0
SLOT_LIMIT_MS = 50.0
FORBIDDEN = ("torch", "faiss", "openvino", "lir", "h5py", "cv2", "scipy", "pyqtgraph", "tifffile", "typst")

SCRIPT = """
import json, sys, time
from pathlib import Path

def since_start():
    if sys.platform != "linux":
        return time.process_time()
    import os
    ticks = float(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
    uptime = float(Path("/proc/uptime").read_text().split()[0])
    return uptime - ticks / os.sysconf("SC_CLK_TCK")

from PySide6.QtCore import QTimer
from gui.session import Session
from gui.shell import theme
from gui.shell.application import application
from gui.shell.settings import WindowSettings
from gui.shell.window import MainWindow

class Measured(MainWindow):
    painted = 0.0
    def paintEvent(self, event):
        super().paintEvent(event)
        if not Measured.painted:
            Measured.painted = since_start()
            QTimer.singleShot(0, app.quit)

app = application()
settings = WindowSettings(Path(sys.argv[1]))
theme.apply(app, settings.scheme)
session = Session()
window = Measured(session, settings)
window.show()
app.exec()
loaded = sorted({name.partition(".")[0] for name in sys.modules} & set(sys.argv[2].split(",")))
session.close()
print(json.dumps({"seconds": Measured.painted, "cpu_seconds": time.process_time(), "loaded": loaded}))
"""


OPENING = """
import json, sys, time
from pathlib import Path
from PySide6.QtCore import QTimer
from engine.workflows.cases import open_case
from engine.workflows.stores import create_store
from gui.pages import PAGES
from gui.session import Session
from gui.shell import theme
from gui.shell.application import application
from gui.shell.settings import WindowSettings
from gui.shell.window import MainWindow

folder = Path(sys.argv[1]).parent / "store.touchstone"
with create_store(folder, laboratory="Laboratory", administrator="Administrator") as store:
    open_case(store, store.actors()[0], "Case")
app = application()
settings = WindowSettings(Path(sys.argv[1]))
theme.apply(app, settings.scheme)
session = Session()
window = MainWindow(session, settings)
window.show()
for _ in range(20):
    app.processEvents()
slots, last = [], time.thread_time()

def beat():
    global last
    slots.append(1e3 * (time.thread_time() - last))
    if session.settled and window.stack.count() > len(PAGES):
        app.quit()
    last = time.thread_time()

timer = QTimer()
timer.timeout.connect(beat)
timer.start(0)
window.stores.open_folder(folder)
app.exec()
timer.stop()
session.close()
print(json.dumps({"slots_ms": sorted(slots, reverse=True)[:3]}))
"""


def slots() -> dict[str, object]:
    """Open a store ``RUNS`` times and return its longest slots."""
    runs = [start("offscreen", script=OPENING)["slots_ms"] for _ in range(RUNS)]
    longest = [max(map(float, run)) for run in runs if isinstance(run, list)]
    return {
        "benchmark": "open a store",
        "runs": RUNS,
        "longest_slot_ms_median": round(statistics.median(longest), 1),
        "longest_slot_ms_max": round(max(longest), 1),
        "limit_ms": SLOT_LIMIT_MS,
    }


def start(platform: str, prefix: tuple[str, ...] = (), script: str = SCRIPT) -> dict[str, object]:
    """Start the window once and return what it measured."""
    environment = dict(os.environ, QT_QPA_PLATFORM=platform)
    with tempfile.TemporaryDirectory() as folder:
        command = [*prefix, sys.executable, "-c", script, str(Path(folder) / "window.ini"), ",".join(FORBIDDEN)]
        run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return json.loads(run.stdout.splitlines()[-1])


def measure(platform: str, prefix: tuple[str, ...] = ()) -> dict[str, object]:
    """Return median and extremes over the starts that count."""
    start(platform, prefix)
    runs = [start(platform, prefix) for _ in range(RUNS)]
    seconds = [float(str(run["seconds"])) for run in runs]
    return {
        "benchmark": "window visible",
        "platform": platform,
        "runs": RUNS,
        "seconds_median": round(statistics.median(seconds), 3),
        "seconds_max": round(max(seconds), 3),
        "cpu_seconds_median": round(statistics.median(float(str(run["cpu_seconds"])) for run in runs), 3),
        "limit": LIMIT_SECONDS,
        "loaded": runs[-1]["loaded"],
    }


def main() -> None:
    """Print one JSON object per platform, and one for opening a store."""
    print(json.dumps(measure(os.environ.get("QT_QPA_PLATFORM", "offscreen"))))
    if shutil.which("xvfb-run"):
        print(json.dumps(measure("xcb", ("xvfb-run", "-a", "-s", "-screen 0 1920x1200x24"))))
    print(json.dumps(slots()))


if __name__ == "__main__":
    main()
