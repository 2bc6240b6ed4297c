"""The contour judge: a small ResNet-18 that says whether what a rectangle encloses is a label.

He et al. 2024 name a ResNet-18 as their contour detection model. Here it sees the rectangle with a margin around it:
the frame's lines stand where they must, with film on both sides, or it is no label.
"""

from functools import cache
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import ModelError
from engine.methods.micro_pattern.frames import Quads
from engine.methods.micro_pattern.preparation import Crops, Floats, prepared
from engine.nn.cards import ModelCard, Weights, load_card, load_weights
from engine.nn.inference import Network

METHOD = "contour-judge"
VERSION = "1"  # of how patches are cut; weights for another are refused
PREPARING = "local contrast"
SHIPPED = Path(__file__).resolve().parents[3] / "resources" / "models" / "contour_judge"
CLASSES = ("not a label", "label")
MARGIN = 1.2  # side of what the judge sees, in sides of the rectangle
AT_ONCE = 12  # rectangles of a field; the network is compiled for so many
ACCEPTED = 0.5  # probability from which on a rectangle is a label


class Judge:
    """Tells labels from everything else that a rectangle may enclose.

    Use ``shipped_judge`` for the weights that came with the program.
    """

    def __init__(self, card: ModelCard, weights: Weights) -> None:
        own = card.network
        fitting = (card.method, card.preparing, card.preparation_version) == (METHOD, PREPARING, VERSION)
        if not fitting or (own.channels, own.classes) != (1, len(CLASSES)):
            raise ModelError(
                "These weights are not a contour judge's, or are for another version of the program", where=card.key,
                remedy="Use the weights that came with the program, or train anew.",
            )  # fmt: skip
        self.card = card
        self._network = Network(own, weights, threads=1)

    @classmethod
    def load(cls, folder: Path = SHIPPED) -> Self:
        """Return the judge of a model's folder."""
        card = load_card(folder)
        return cls(card, load_weights(folder, card))

    def __call__(self, grey: NDArray[np.uint8], quads: Quads) -> NDArray[np.bool_]:
        """Return for each rectangle of (H, W) grey, (N, 4, 2) corners, whether it is a label's frame, (N,)."""
        return self.probabilities(patches(grey, quads, self.card.network.input_px)) >= ACCEPTED

    def probabilities(self, seen: Crops) -> Floats:
        """Return how probably each of (N, side, side) patches is a label, (N,) float32; a softmax, no posterior."""
        images = prepared(seen, PREPARING, 1)
        shown = np.zeros((-(-len(images) // AT_ONCE) * AT_ONCE, *images.shape[1:]), dtype=np.float32)
        shown[: len(images)] = images
        logits = np.zeros((len(shown), len(CLASSES)), dtype=np.float32)
        for start in range(0, len(shown), AT_ONCE):
            found = self._network(shown[start : start + AT_ONCE])[1]
            assert found is not None, "judges classify"
            logits[start : start + AT_ONCE] = found
        against = logits[: len(images), 0] - logits[: len(images), 1]
        return (1 / (1 + np.exp(np.clip(against, -60, 60)))).astype(np.float32)


@cache
def shipped_judge() -> Judge:
    """Return the judge that came with the program; it is loaded once in a process."""
    return Judge.load()


def patches(grey: NDArray[np.uint8], quads: Quads, side: int) -> Crops:
    """Return what the judge sees of each rectangle: it and a margin, upright, (N, side, side) uint8.

    Parameters
    ----------
    grey : NDArray[np.uint8]
        (H, W).
    quads : NDArray[np.float64]
        (N, 4, 2) corners in pixels (x, y), from the upper left clockwise; beyond the field its rim is repeated.
    """
    import cv2

    square = np.array([[0, 0], [side, 0], [side, side], [0, side]], dtype=np.float32) - 0.5
    smaller: dict[int, NDArray[np.uint8]] = {1: grey}
    seen = np.empty((len(quads), side, side), dtype=np.uint8)
    for number, quad in enumerate(quads):
        middle = quad.mean(axis=0)
        length = float(np.linalg.norm(np.roll(quad, -1, axis=0) - quad, axis=1).mean())
        step = min(max(1, int(MARGIN * length / side)), min(grey.shape))  # first made smaller: nothing is skipped
        if step not in smaller:
            small = cv2.resize(grey, None, fx=1 / step, fy=1 / step, interpolation=cv2.INTER_AREA)
            smaller[step] = np.asarray(small, dtype=np.uint8)
        corners = (middle + MARGIN * (quad - middle) + 0.5) / step - 0.5
        matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), square)
        seen[number] = cv2.warpPerspective(
            smaller[step], matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
    return seen
