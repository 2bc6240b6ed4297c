"""Bytes to pixels safely: formats, physical scale, quality, pyramids, registration, correlation.

OpenCV reads its pixel limit from the environment when it is first imported, so the limit is set here, before any
module of this package can import it.
"""

import os

MAX_PIXELS = 1_000_000_000

os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(MAX_PIXELS))
