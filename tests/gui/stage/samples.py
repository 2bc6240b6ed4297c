"""Captures and tile sources for the tests of the stage."""

import threading

import numpy as np

from engine.core.case import Capture, Device, Quality, Scale, ScaleSource
from engine.core.finding import Finding, Overlay, Provenance, Raster, ScaleUsed
from engine.core.pixels import Transform, TransformKind
from engine.imaging.tiles import ArrayTiles

BACKGROUND = (0, 0, 255)


def scale(um_per_px_x: float, um_per_px_y: float | None = None) -> Scale:
    return Scale(
        um_per_px_x=um_per_px_x,
        um_per_px_y=um_per_px_y or um_per_px_x,
        source=ScaleSource.CALIBRATION_TARGET,
        relative_uncertainty=0.01,
    )


def capture(
    number: int, width: int, height: int, um: Scale | None = None, *, bits: int = 8, simulated=False
) -> Capture:
    return Capture(
        id=f"capture-{number:016x}",
        item_id=f"item-{number:016x}",
        sha256=f"{number:064x}",
        page=0,
        file_name=f"capture {number}.png",
        media_type="image/png",
        byte_size=1,
        width=width,
        height=height,
        channels=1,
        bit_depth=bits,
        device=Device.SCANNER,
        scale=um,
        quality=Quality(focus=0, clipped_low=0, clipped_high=0, noise=0),
        simulated=simulated,
    )


class CountingTiles(ArrayTiles):
    """Counts the tiles read, and can hold them back."""

    def __init__(self, pixels) -> None:
        super().__init__(pixels)
        self.read: list[tuple[int, int, int]] = []
        self.gate = threading.Event()
        self.gate.set()

    def tile(self, level, column, row):
        self.gate.wait(10)
        self.read.append((level, column, row))
        return super().tile(level, column, row)


def gradient(width: int, height: int, dtype=np.uint8) -> np.ndarray:
    top = np.iinfo(dtype).max
    across = np.linspace(0, top, width)[None, :]
    return np.broadcast_to(across, (height, width)).astype(dtype)


def overlay(key: str, capture_id: str, values, matrix, low: float, high: float, **more) -> Overlay:
    return Overlay(
        key=key,
        title=key.capitalize(),
        capture_id=capture_id,
        grid_to_capture=Transform.from_array(TransformKind.AFFINE, np.asarray(matrix, dtype=float)),
        low=low,
        high=high,
        raster=Raster(np.asarray(values, dtype=np.float32)),
        **more,
    )


def finding(questioned: Capture, known: Capture, matrix=None, **more) -> Finding:
    transform = None if matrix is None else Transform.from_array(TransformKind.HOMOGRAPHY, np.asarray(matrix))
    return Finding(
        **{
            "id": f"finding-{1:016x}",
            "method": "capture_comparison",
            "title": "Capture comparison",
            "capture_ids": (questioned.id, known.id),
            "scales": tuple(ScaleUsed(capture_id=one.id, scale=one.scale) for one in (questioned, known)),
            "outcome": "registered" if matrix is not None else "not registrable",
            "questioned_to_known": transform,
            "provenance": Provenance(
                method="capture_comparison",
                method_version="1",
                settings={},
                input_sha256=(questioned.sha256, known.sha256),
                seed=0,
                versions={},
                threads=1,
            ),
            **more,
        }
    )
