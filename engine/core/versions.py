"""The versions that a re-run of a finding needs to know."""

import platform
from functools import cache
from importlib import metadata

from engine import __version__

PACKAGES = ("numpy", "opencv-python-headless", "scipy")

# Reading what a package says of itself takes milliseconds, and it stays the same while the program runs.
_version = cache(metadata.version)


def versions(*more: str) -> dict[str, str]:
    """Return the versions of Touchstone, Python and the packages that findings depend on; ``more`` names others."""
    found = {"touchstone": __version__, "python": platform.python_version()}
    return found | {package: _version(package) for package in (*PACKAGES, *more)}
