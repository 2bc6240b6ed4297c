"""The real rectified captures of printed codes with a copy-detection pattern, and their scores."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from engine.imaging.identity import centre_correlation


@dataclass(frozen=True)
class CodeCapture:
    """One rectified capture: the word it carries, whether it is a first print, and its grey pixels."""

    word: str
    original: bool
    pixels: np.ndarray


def captures(folder: Path, words: int | None = None) -> list[CodeCapture]:
    """Read the captures of the first ``words`` words, in order of their names."""
    found = []
    for path in sorted(folder.glob("*_Print/*.png")):
        name = re.match(r"input_image_([a-z]+)", path.name)
        assert name is not None
        found.append(CodeCapture(name[1], path.parent.name == "First_Print", cv2.imread(str(path), 0)))
    kept = sorted({capture.word for capture in found})[:words]
    return [capture for capture in found if capture.word in kept]


def scores(group: list[CodeCapture]) -> Iterator[tuple[CodeCapture, float]]:
    """Yield each capture with its mean centre correlation with the *other* originals of its word."""
    for index, capture in enumerate(group):
        values = [
            centre_correlation(capture.pixels, other.pixels)
            for place, other in enumerate(group)
            if place != index and other.word == capture.word and other.original
        ]
        measured = [value for value in values if value is not None]
        if measured:
            yield capture, float(np.mean(measured))
