"""Find the system libraries that Qt needs and this machine lacks; install them where permitted, else name them.

Run with the environment's Python after the dependencies are installed. Other systems than Debian's kin bring
these libraries along; there, and where nothing is missing, it does nothing.
"""

import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

# The Debian package of each shared library that Qt's xcb and offscreen plugins have been seen to lack.
DEBIAN_PACKAGES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxcb.so.1": "libxcb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxkbcommon.so.0": "libxkbcommon0",
}
NEEDED = (
    "plugins/platforms/libqxcb.so",
    "plugins/platforms/libqoffscreen.so",
    "plugins/imageformats/libqsvg.so",
    "lib/libQt6Widgets.so.6",
    "lib/libQt6Svg.so.6",
    "lib/libQt6OpenGLWidgets.so.6",
)


def missing_libraries(qt: Path) -> list[str]:
    """Return the sonames that the dynamic linker cannot find for the parts of Qt we use."""
    missing: set[str] = set()
    for part in NEEDED:
        report = subprocess.run(["ldd", str(qt / part)], capture_output=True, text=True, check=False).stdout
        missing.update(re.findall(r"^\s*(\S+) => not found", report, re.MULTILINE))
    return sorted(missing)


def packages_for(libraries: list[str]) -> list[str]:
    """Return the Debian packages that hold the libraries; an unknown library keeps its own name."""
    return sorted({DEBIAN_PACKAGES.get(name, name) for name in libraries})


def main() -> int:
    """Check, install where permitted, and say in one line what is left to do."""
    spec = find_spec("PySide6")
    if not sys.platform.startswith("linux") or shutil.which("ldd") is None or spec is None or spec.origin is None:
        return 0
    qt = Path(spec.origin).parent / "Qt"
    libraries = missing_libraries(qt)
    if not libraries:
        return 0
    packages = packages_for(libraries)
    command = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("Installing system libraries for the window:", " ".join(packages))
        quiet = {"stdout": subprocess.DEVNULL, "check": False}
        subprocess.run(["apt-get", "update", "-q"], **quiet)
        subprocess.run(command, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, **quiet)
        libraries = missing_libraries(qt)
    if libraries:
        print(f"The window needs {', '.join(libraries)}. Install them with: sudo {' '.join(command)}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
