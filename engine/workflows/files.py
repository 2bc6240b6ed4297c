"""Folders that people name, and a finding as files: its JSON, each overlay as an array and as a picture."""

import tempfile
from pathlib import Path

import numpy as np

from engine.core.colour_maps import lookup
from engine.core.errors import InputError
from engine.core.finding import Finding, Overlay
from engine.core.records import canonical_json


def made_folder(path: Path) -> Path:
    """Return the absolute path of a folder, made where it is missing, into which files can be written.

    Work of hours asks for it before it begins. Raises InputError.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            return path.resolve()
    except OSError as error:
        what = f"Nothing can be written into this folder ({error.strerror})"
        raise InputError(what, where=str(path), remedy="Choose another.") from error


def write_finding(finding: Finding, folder: Path) -> tuple[Path, ...]:
    """Write ``<finding id>.json`` and, per overlay, ``.npy`` (float32, NaN where unmeasured) and ``.png``.

    The picture has one pixel a grid cell; cells without a measurement are transparent.
    """
    from PIL import Image

    try:
        folder.mkdir(parents=True, exist_ok=True)
        record = folder / f"{finding.id}.json"
        record.write_bytes(canonical_json(finding.to_json()) + b"\n")
        written = [record]
        for overlay in finding.overlays:
            if overlay.raster is None:
                continue
            array = folder / f"{finding.id}-{overlay.key}.npy"
            np.save(array, overlay.raster.values, allow_pickle=False)
            picture = array.with_suffix(".png")
            Image.fromarray(_coloured(overlay)).save(picture)
            written += [array, picture]
    except OSError as error:
        raise InputError(
            f"The finding could not be written ({error.strerror})", where=str(folder), remedy="Choose another folder."
        ) from error
    return tuple(written)


def _coloured(overlay: Overlay) -> np.ndarray:
    """Return the overlay as (H, W, 4) uint8 RGBA; displacements are shown by their length."""
    assert overlay.raster is not None
    values = overlay.raster.values
    if values.ndim == 3:
        values = np.hypot(values[..., 0], values[..., 1])
    measured = np.isfinite(values)
    span = max(overlay.high - overlay.low, 1e-12)
    level = np.clip((np.where(measured, values, overlay.low) - overlay.low) / span, 0.0, 1.0)
    colours = lookup(overlay.colour_map)[np.rint(level * 255).astype(np.intp)]
    return np.dstack([colours, np.where(measured, 255, 0).astype(np.uint8)])
