"""The versions that a re-run of a finding needs to know."""

import platform
from importlib import metadata

from engine import __version__

PACKAGES = ("numpy", "opencv-python-headless", "scipy")


def versions() -> dict[str, str]:
    """Return the versions of Touchstone, Python and the packages that findings depend on."""
    found = {"touchstone": __version__, "python": platform.python_version()}
    for package in PACKAGES:
        found[package] = metadata.version(package)
    return found
