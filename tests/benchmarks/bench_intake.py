"""How long a 20,000 x 28,000 capture takes to be prepared, and how much memory: one JSON object per line.

Each flavour of TIFF is made, prepared in the imaging worker and compared, tile by tile, with what was written.
Name flavours on the command line to run only those.
"""

import hashlib
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import tifffile
from numpy.typing import NDArray

from engine.core.seeds import generator
from engine.imaging.client import ImagingWorker
from engine.imaging.pyramid import PyramidTiles
from engine.imaging.tiles import TILE

WIDTH, HEIGHT = 20_000, 28_000
FLAVOURS: dict[str, dict[str, Any]] = {
    "striped LZW": {"compression": "lzw", "predictor": True, "rowsperstrip": 32},
    "striped deflate": {"compression": "deflate", "predictor": True, "rowsperstrip": 32},
    "striped uncompressed": {"rowsperstrip": 32},
    "one strip, uncompressed": {"rowsperstrip": HEIGHT},
    "tiled LZW": {"compression": "lzw", "predictor": True, "tile": (256, 256)},
    "tiled deflate": {"compression": "deflate", "predictor": True, "tile": (256, 256)},
    "tiled JPEG": {"compression": "jpeg", "tile": (512, 512)},
}


STRIP, SHIFT = 32, 17


@cache
def _parts() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    size = (STRIP, WIDTH + SHIFT * (HEIGHT // STRIP + 1), 3)
    noise = generator(7, "bench intake noise").normal(0, 2, size).astype(np.float32)
    modules = generator(7, "bench intake modules").integers(0, 2, (HEIGHT // 24 + 1, WIDTH // 24 + 1, 1))
    return noise, (modules * 150 + 50).astype(np.float32)


def rows(top: int, bottom: int) -> NDArray[np.uint8]:
    """Return rows of a print-like page: modules of 24 px, and noise of deviation 2, shifted after every 32 rows."""
    noise, modules = _parts()
    y = np.arange(top, bottom)
    page = np.repeat(modules[np.ix_(y // 24, np.arange(WIDTH) // 24)], 3, axis=2)
    for strip in range(top // STRIP, (bottom - 1) // STRIP + 1):
        mine = y // STRIP == strip
        page[mine] += noise[y[mine] % STRIP, SHIFT * strip : SHIFT * strip + WIDTH]
    return np.clip(page, 0, 255).astype(np.uint8)


def encoded_strips(compression: str) -> Iterator[bytes]:
    """Yield the compressed strips of the page, horizontally differenced."""
    encode = {"lzw": imagecodecs.lzw_encode, "deflate": imagecodecs.zlib_encode}[compression]
    for top in range(0, HEIGHT, STRIP):
        strip = rows(top, min(top + STRIP, HEIGHT))
        yield encode(imagecodecs.delta_encode(strip, axis=-2).tobytes())


def tiles(side: int) -> Iterator[NDArray[np.uint8]]:
    """Yield the tiles of the page, padded to full size."""
    for top in range(0, HEIGHT, side):
        padded = np.zeros((side, -(-WIDTH // side) * side, 3), dtype=np.uint8)
        part = rows(top, min(top + side, HEIGHT))
        padded[: part.shape[0], :WIDTH] = part
        for left in range(0, padded.shape[1], side):
            yield np.ascontiguousarray(padded[:, left : left + side])


def write(path: Path, options: dict[str, Any]) -> None:
    """Make the file."""
    data: Any
    if "tile" in options:
        data = tiles(options["tile"][0])
    elif "compression" in options:
        data = encoded_strips(options["compression"])
    else:
        shape = (HEIGHT, WIDTH, 3)
        page = tifffile.memmap(path, shape=shape, dtype="uint8", photometric="rgb", bigtiff=True, **options)
        for top in range(0, HEIGHT, STRIP):
            page[top : top + STRIP] = rows(top, min(top + STRIP, HEIGHT))
        page.flush()
        return
    with tifffile.TiffWriter(path, bigtiff=True) as writer:
        writer.write(data, shape=(HEIGHT, WIDTH, 3), dtype="uint8", photometric="rgb", resolution=(600, 600), **options)


def cost_of_the_child() -> tuple[int, float]:
    """Return the largest resident memory in MB, and the processor seconds, of the running child process so far."""
    (child,) = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    status = Path(f"/proc/{child}/status").read_text()
    times = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[11:13]
    peak = int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) // 1000
    return peak, sum(map(int, times)) / os.sysconf("SC_CLK_TCK")


def measure(name: str, folder: Path) -> dict[str, Any]:
    """Prepare one flavour and return the figures."""
    source, target = folder / "capture.tif", folder / "capture.tiles"
    write(source, FLAVOURS[name])
    started = time.perf_counter()
    with source.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    hashed = time.perf_counter()
    with ImagingWorker() as worker:
        facts = worker.prepare(source, 0, target, sha256=sha256)
        done = time.perf_counter()
        peak, processor = cost_of_the_child()
    with PyramidTiles(target, sha256=sha256) as pyramid:
        last = (pyramid.level_size(0)[1] - 1) // TILE
        for row in (0, 1, last):
            part = rows(row * TILE, min((row + 1) * TILE, HEIGHT))
            for column in (0, 40, (WIDTH - 1) // TILE):
                want = part[:, column * TILE : (column + 1) * TILE].astype(int)
                worst = np.abs(pyramid.tile(0, column, row).astype(int) - want).max()
                assert worst <= (60 if "JPEG" in name else 0), (name, row, column, worst)
    return {
        "benchmark": "intake",
        "capture": f"{WIDTH} x {HEIGHT} RGB, {name}",
        "file_mb": round(source.stat().st_size / 1e6),
        "tiles_mb": round(target.stat().st_size / 1e6),
        "hash_s": round(hashed - started, 2),
        "prepare_s": round(done - hashed, 2),
        "processor_s": round(processor, 2),
        "peak_rss_mb": peak,
        "focus": facts.quality.focus,
        "noise": facts.quality.noise,
    }


def main() -> None:
    """Run the named flavours, or all."""
    for name in sys.argv[1:] or FLAVOURS:
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(measure(name, Path(folder))), flush=True)


if __name__ == "__main__":
    main()
