"""The real micrographs of random fractals in a circle, and computed distortions of them."""

import csv
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from engine.core.seeds import generator
from engine.imaging.decode import decode

Pixels = np.ndarray
Distortion = Callable[[Pixels, int], Pixels]


def micrographs(root: Path) -> list[Pixels]:
    """Read the captures that the list of labels names, (H, W, 3), in its order."""
    folder = root / "fractal-puf-subset"
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as lines:
        return [np.asarray(decode(folder / row["file"]), dtype=np.uint8) for row in csv.DictReader(lines)]


def rotated(pixels: Pixels, degrees: float) -> Pixels:
    """Turn a capture about its middle; what comes into view is black."""
    height, width = pixels.shape[:2]
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, 1.0)
    return np.asarray(cv2.warpAffine(pixels, matrix, (width, height), flags=cv2.INTER_LINEAR))


def brightened(pixels: Pixels, factor: float) -> Pixels:
    """Multiply the levels; what exceeds the range is cut."""
    return np.clip(np.rint(pixels * factor), 0, 255).astype(np.uint8)


def blurred(pixels: Pixels, sigma: float) -> Pixels:
    """Blur by a Gaussian of that many pixels."""
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma)) if sigma else pixels


def noisy(pixels: Pixels, deviation: float, seed: int) -> Pixels:
    """Add Gaussian noise of that many levels to every channel."""
    random = generator(seed, "noise of a micrograph")
    return np.clip(np.rint(pixels + deviation * random.standard_normal(pixels.shape)), 0, 255).astype(np.uint8)


def covered(pixels: Pixels, share: float, degrees: float, level: int) -> Pixels:
    """Cover a share of the capture's width, from the side that ``degrees`` names, with an even level."""
    height, width = pixels.shape[:2]
    y, x = np.mgrid[:height, :width]
    along = (x - width / 2) * np.cos(np.radians(degrees)) + (y - height / 2) * np.sin(np.radians(degrees))
    return np.where((along > (0.5 - share) * width)[..., None], level, pixels).astype(np.uint8)
