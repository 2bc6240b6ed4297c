"""Moving the known capture by hand over a registration, on the screen only, with undo. No Qt."""

import math
from dataclasses import dataclass, field

import numpy as np

from engine.core.finding import Correspondence
from engine.core.pixels import apply_matrix
from gui.stage.geometry import Array, Point


@dataclass
class Nudge:
    """A shift in known pixels that follows the registration; every step can be undone and done again."""

    steps: list[Point] = field(default_factory=list)
    undone: list[Point] = field(default_factory=list)

    @property
    def shift(self) -> Point:
        """The whole shift in known pixels."""
        return math.fsum(step[0] for step in self.steps), math.fsum(step[1] for step in self.steps)

    @property
    def matrix(self) -> Array:
        """The shift as a (3, 3) matrix on known pixels."""
        matrix = np.eye(3)
        matrix[:2, 2] = self.shift
        return matrix

    def move(self, step: Point) -> None:
        """Add a step."""
        self.steps.append(step)
        self.undone.clear()

    def undo(self) -> None:
        """Take the last step back, if there is one."""
        if self.steps:
            self.undone.append(self.steps.pop())

    def redo(self) -> None:
        """Do the step last taken back again, if there is one."""
        if self.undone:
            self.steps.append(self.undone.pop())


def residual_px(correspondences: tuple[Correspondence, ...], questioned_to_known: Array) -> float | None:
    """Return the root mean square distance, in known pixels, that a transform leaves between matched points.

    Held-out points alone count where there are any; None without points.
    """
    points = [c for c in correspondences if c.held_out] or list(correspondences)
    if not points:
        return None
    mapped = apply_matrix(questioned_to_known, np.array([c.questioned for c in points]))
    return float(np.sqrt(np.mean(np.sum((mapped - np.array([c.known for c in points])) ** 2, axis=1))))
