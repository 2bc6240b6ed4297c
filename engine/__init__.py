"""Touchstone's engine: everything that computes, records or reports. No Qt below this line.

What must hold before any module of ours imports a library stands here. OpenCV reads its pixel limit from the
environment when it is first imported. OpenVINO tells its maker of every import, from a copy of the process that may
outlive it, and keeps an identifier of the person in their home; it goes without where that package is not to be had.
"""

import os
import sys
from typing import Any, cast

__version__ = "0.1.0"
MAX_PIXELS = 1_000_000_000

os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(MAX_PIXELS))
sys.modules["openvino_telemetry"] = cast("Any", None)  # to whoever imports it, it is not installed
