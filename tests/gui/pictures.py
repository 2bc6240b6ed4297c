"""Small images of made-up codes."""

from pathlib import Path

import numpy as np
import tifffile
from PIL import Image

from engine.core.seeds import generator


def write_code(path: Path, *, seed: int, dpi: int | None = None, cells: int = 25, side: int = 12) -> None:
    """Write a field of random black and white cells with some noise; TIFF may carry its scale."""
    random = generator(seed, "gui test code")
    cells_on = random.integers(0, 2, (cells, cells)).astype(np.uint8)
    pixels = np.kron(cells_on, np.ones((side, side), np.uint8)) * 190 + random.integers(20, 60, (cells * side,) * 2)
    pixels = pixels.astype(np.uint8)
    if path.suffix == ".png":
        Image.fromarray(pixels).save(path)
    elif dpi is None:
        tifffile.imwrite(path, pixels)
    else:
        tifffile.imwrite(path, pixels, resolution=(dpi / 2.54, dpi / 2.54), resolutionunit="CENTIMETER")
