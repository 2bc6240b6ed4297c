"""How fast a viewer gets its tiles: opening a pyramid and reading tiles, raw file against HDF5; JSON lines.

The capture is 20,000 x 7,000 RGB (a quarter of the largest planned one; neither figure depends on the height beyond
the table of checksums). HDF5 stands for the rejected alternative: gzip-4 with shuffle and fletcher32, and none.
"""

import json
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from engine.core.seeds import generator
from engine.imaging.pyramid import PyramidHeader, PyramidTiles, build_pyramid
from engine.imaging.tiles import TILE
from engine.jobs import JobContext
from tests.benchmarks.bench_intake import WIDTH, rows

HEIGHT = 7_000
READS = 2_000


def percentile(seconds: list[float], share: float) -> float:
    """Return a percentile in milliseconds."""
    return round(float(np.percentile(seconds, share)) * 1e3, 3)


def opening(path: Path) -> list[float]:
    """Time the opening of the file."""
    taken = []
    for _ in range(50):
        started = time.perf_counter()
        PyramidTiles(path).close()
        taken.append(time.perf_counter() - started)
    return taken


def reads(tile: Callable[[int, int], Any], threads: int = 1) -> list[float]:
    """Time single random tiles of level 0, from one or several threads at once."""
    taken: list[float] = []

    def work(thread: int) -> None:
        rng = generator(1, "reads", thread)
        for _ in range(READS // threads):
            column, row = int(rng.integers(0, WIDTH // TILE)), int(rng.integers(0, HEIGHT // TILE))
            started = time.perf_counter()
            tile(column, row)
            taken.append(time.perf_counter() - started)

    workers = [threading.Thread(target=work, args=(i,)) for i in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return taken


def report(name: str, taken: list[float], **more: Any) -> None:
    """Print one line."""
    figures = {"p50_ms": percentile(taken, 50), "p95_ms": percentile(taken, 95), "max_ms": percentile(taken, 100)}
    print(json.dumps({"benchmark": "tiles", "what": name, **figures, **more}), flush=True)


def write_hdf5(path: Path, **options: Any) -> None:
    """Write level 0 as an HDF5 data set chunked by tile."""
    with h5py.File(path, "w") as file:
        chunks = (TILE, TILE, 3)
        data = file.create_dataset("0", shape=(HEIGHT, WIDTH, 3), dtype="u1", chunks=chunks, **options)
        for top in range(0, HEIGHT, TILE):
            data[top : top + TILE] = rows(top, min(top + TILE, HEIGHT))


def main() -> None:
    """Print opening and reading times."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "capture.tiles"
        header = PyramidHeader(sha256="ab" * 32, page=0, width=WIDTH, height=HEIGHT, channels=3, bits=8)
        bands = (rows(top, min(top + TILE, HEIGHT)) for top in range(0, HEIGHT, TILE))
        build_pyramid(path, header, bands, JobContext())
        report("raw file, open", opening(path))
        with PyramidTiles(path) as tiles:
            for threads in (1, 2):
                taken = reads(lambda column, row: tiles.tile(0, column, row), threads)
                report(f"raw file, tile, {threads} threads", taken, file_mb=round(path.stat().st_size / 1e6))
        for name, options in (
            ("HDF5 gzip-4 shuffle fletcher32", {"compression": 4, "shuffle": True, "fletcher32": True}),
            ("HDF5 uncompressed fletcher32", {"fletcher32": True}),
        ):
            other = Path(folder) / "capture.h5"
            write_hdf5(other, **options)
            with h5py.File(other, "r", rdcc_nbytes=0) as file:
                data: Any = file["0"]
                for threads in (1, 2):
                    taken = reads(
                        lambda column, row, data=data: data[
                            row * TILE : (row + 1) * TILE, column * TILE : (column + 1) * TILE
                        ],
                        threads,
                    )
                    report(f"{name}, tile, {threads} threads", taken, file_mb=round(other.stat().st_size / 1e6))


if __name__ == "__main__":
    main()
