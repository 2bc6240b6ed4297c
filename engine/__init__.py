"""Touchstone's engine: everything that computes, records or reports. No Qt below this line.

OpenCV reads its pixel limit from the environment when it is first imported, so the limit is set here, before any
module of ours can import it.
"""

import os

__version__ = "0.1.0"
MAX_PIXELS = 1_000_000_000

os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(MAX_PIXELS))
