"""How much of a simulated piece's fine structure a view shows, and how much of its design a copy keeps."""

import cv2
import numpy as np

from engine.core.seeds import generator
from engine.simulation.channel import ScannerSettings, scan
from engine.simulation.codes import Design
from engine.simulation.microscope import MicroscopeSettings, microscope
from engine.simulation.printing import Print

PITCH_UM = 25_400 / 600  # fine structures are compared on one grid of the sheet, that of a 600-dpi scanner
FRAME_PX = 24


def smooth_twin(piece: Print) -> Print:
    """Return the piece with the same geometry and no fine structure."""
    return Print(piece.design, piece.seed, piece.generation, piece.settings.without_fine_structure())


def in_scan(piece: Print, seed: int, settings: ScannerSettings | None = None) -> np.ndarray:
    """Return the piece's fine structure as a scan shows it, (H, W) on the sheet's grid."""
    settings = settings or ScannerSettings()
    noiseless = settings.model_copy(update={"noise": 0.0, "read_noise": 0.0})
    view = scan(piece, settings, seed=seed)
    difference = view.pixels.astype(np.float32) - scan(smooth_twin(piece), noiseless, seed=seed).pixels
    return _on_sheet(difference, view.to_sheet.array(), piece)


def in_microscope(piece: Print, seed: int, centre_um: tuple[float, float], rotation_deg: float) -> np.ndarray:
    """Return the same from a microscope's field, blurred to a scanner's sharpness; NaN outside the field."""
    settings = MicroscopeSettings(gradient=0, vignetting=0, white_balance=0, width=1200, height=900)
    noiseless = settings.model_copy(update={"noise": 0.0, "read_noise": 0.0})
    view = microscope(piece, centre_um, settings, seed=seed, rotation_deg=rotation_deg)
    twin = microscope(smooth_twin(piece), centre_um, noiseless, seed=seed, rotation_deg=rotation_deg)
    difference = (view.pixels.astype(np.float32) - twin.pixels).mean(axis=2)
    # a scanner pixel is a box of 42.3 um, deviation 12.2 um, after optics of 22 um
    blurred = cv2.GaussianBlur(difference, (0, 0), np.hypot(22, PITCH_UM / 12**0.5) / view.um_per_px)
    return _on_sheet(blurred, view.to_sheet.array(), piece)


def correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Return the correlation where both are known."""
    known = np.isfinite(one) & np.isfinite(other)
    return float(np.corrcoef(one[known], other[known])[0, 1])


def dense_design() -> Design:
    """Return cells of two dots, about as fine as copy detection patterns, in a frame that helps to align."""
    cells = generator(1, "cells").random((60, 60)) < 0.5
    ink = np.pad(np.kron(cells, np.ones((2, 2), bool)), FRAME_PX)
    ink[8:-8, 8:16] = ink[8:-8, -16:-8] = ink[8:16, 8:-8] = True
    return Design(ink, PITCH_UM)


def likeness(piece: Print, seed: int, design: Design) -> float:
    """Return the correlation of a scan's cells with those of the dense design, aligned by an affine transform."""
    pixels = scan(piece, ScannerSettings(margin_um=0), seed=seed).pixels.astype(np.float32)
    wanted = cv2.GaussianBlur(np.where(design.ink, 0, 255).astype(np.float32), (0, 0), 0.7)
    start = np.eye(2, 3, dtype=np.float32)
    start[:, 2] = (np.array(pixels.shape[::-1]) - design.ink.shape[::-1]) / 2
    ends = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 200, 1e-6)
    _, matrix = cv2.findTransformECC(wanted, pixels, start, cv2.MOTION_AFFINE, ends)
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    seen = cv2.warpAffine(pixels, matrix, design.ink.shape[::-1], flags=flags)
    return correlation(seen[FRAME_PX:-FRAME_PX, FRAME_PX:-FRAME_PX], wanted[FRAME_PX:-FRAME_PX, FRAME_PX:-FRAME_PX])


def _on_sheet(values: np.ndarray, to_sheet: np.ndarray, piece: Print) -> np.ndarray:
    width, height = (round(length / PITCH_UM) for length in piece.design.size_um)
    matrix = np.linalg.inv(to_sheet) @ np.diag([PITCH_UM, PITCH_UM, 1])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(values, matrix[:2], (width, height), flags=flags, borderValue=np.nan)
