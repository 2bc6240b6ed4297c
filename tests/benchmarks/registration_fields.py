"""Simulated fields of a microscope on printed codes, with the scans they belong to and the exact truth.

Payloads fill their codes. A short payload is followed by padding, which two codes with the same mask have in common
module by module: a field there shows the same structure in both, and no method could tell the designs apart.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.core.pixels import Transform, apply_matrix
from engine.core.seeds import generator
from engine.simulation.channel import View, scan, true_transform
from engine.simulation.codes import QrCode
from engine.simulation.microscope import microscope
from engine.simulation.printing import Print

FIELDS_PER_PIECE = 5
PAYLOAD = 62  # bytes that a version 4-M code holds (ISO/IEC 18004:2015, table 7)
LETTERS = np.array(list("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"))


@dataclass(frozen=True)
class Field:
    """A microscope field, the scan of its piece, of another piece of the design, and of another design."""

    view: View
    same: View
    twin: View
    other: View
    piece: int

    @property
    def truth(self) -> Transform:
        return true_transform(self.view, self.same)

    @property
    def um_per_px(self) -> tuple[float, float]:
        return self.view.um_per_px, self.same.um_per_px

    def corner_error_um(self, found: Transform) -> float:
        """Return the largest error at the field's corners, in micrometres."""
        height, width = self.view.pixels.shape[:2]
        corners = np.array([[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]], dtype=float)
        away = found.apply(corners) - apply_matrix(self.truth.array(), corners)
        return float(np.hypot(*away.T).max()) * self.same.um_per_px


def payload(seed: int, *names: str | int, length: int = PAYLOAD) -> str:
    """Return a random payload of that many letters."""
    return "".join(generator(seed, "payload", *names).choice(LETTERS, length))


def fields(count: int, seed: int, *, length: int = PAYLOAD) -> Iterator[Field]:
    """Yield fields whose centres lie anywhere on the code, at any rotation; every fifth is on a new piece."""
    random = generator(seed, "fields")
    same = twin = other = piece = None
    for number in range(count):
        code = number // FIELDS_PER_PIECE
        design = QrCode(payload=payload(seed, "design", code, length=length), version=4).design()
        if number % FIELDS_PER_PIECE == 0:
            seeds = [int(value) for value in random.integers(2**31, size=6)]
            foreign = QrCode(payload=payload(seed, "foreign", code, length=length), version=4).design()
            piece = Print(design, seed=seeds[0])
            same = scan(piece, seed=seeds[1])
            twin = scan(Print(design, seed=seeds[2]), seed=seeds[3])
            other = scan(Print(foreign, seed=seeds[4]), seed=seeds[5])
        assert piece is not None and same is not None and twin is not None and other is not None
        quiet = 4 * 508.0
        centre = tuple(float(random.uniform(quiet, side - quiet)) for side in design.size_um)
        view = microscope(piece, centre, seed=int(random.integers(2**31)), rotation_deg=float(random.uniform(0, 360)))
        yield Field(view, same, twin, other, code)
