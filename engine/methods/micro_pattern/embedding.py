"""Embeddings of labels: the same label, captured again, lies close; any other, of the same glyph too, lies far.

He et al. 2024, Recognition of labels: a residual network trained with a margin softmax, features of the image and of
its mirror image added, as their public code does. The pose comes from the etched frame; only a quarter turn is open.
"""

from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import ModelError
from engine.methods.micro_pattern.preparation import VERSION, Floats, Preparing, checked_crops, prepared, reduced
from engine.nn.cards import ModelCard, Weights, load_card, load_weights
from engine.nn.inference import Network

METHOD = "micro-pattern"
SHIPPED = Path(__file__).resolve().parents[3] / "resources" / "models" / "micro_pattern_quick"
TURNS = 4
# Of 1,000 simulated tuning labels 5 were enrolled under another class than the likeliest one of a fresh capture, and
# none under one less likely than a tenth: a hundredth leaves room, and 2.4 of 44 classes are searched on average.
LIKELY = 0.01


class Embedder:
    """Turns label crops into unit vectors and class probabilities.

    Crops are (N, 256, 256) uint8 grey in the frame's pose, as ``segmentation.crop`` cuts them.
    """

    def __init__(self, card: ModelCard, weights: Weights, *, threads: int = 2) -> None:
        preparing: Preparing = "published" if card.preparing == "published" else "local contrast"
        if card.method != METHOD or card.preparation_version != VERSION or card.preparing != preparing:
            raise ModelError(
                "These weights are for something else, or for another version of the program", where=card.key,
                remedy="Use the weights that came with the program, or train anew.",
            )  # fmt: skip
        self.card = card
        self._preparing: Preparing = preparing
        self._network = Network(
            card.network, weights, card.ranges if card.precision == "int8" else None, threads=threads
        )

    @classmethod
    def load(cls, folder: Path | None = None, *, threads: int = 2) -> Self:
        """Return the embedder of a model's folder; of the weights that came with the program where it is None."""
        chosen = folder or SHIPPED
        card = load_card(chosen)
        return cls(card, load_weights(chosen, card), threads=threads)

    @property
    def key(self) -> str:
        """SHA-256 over all that vectors must share to be compared."""
        return self.card.comparable

    @property
    def tolerance(self) -> float:
        """How far a similarity may differ in a re-run."""
        return self.card.tolerance

    def embed(self, crops: NDArray[np.uint8]) -> Floats:
        """Return one vector for each crop as it lies, (N, 256) float32 of unit length."""
        images = self._prepared(crops)
        return self._summed(np.stack([images, images[..., ::-1]], axis=1))[0]

    def embed_turns(self, crops: NDArray[np.uint8]) -> Floats:
        """Return the vectors of each crop at its four quarter turns, (N, 4, 256) float32 of unit length.

        Turn k is ``np.rot90(crop, k)``, counter-clockwise.
        """
        return self.describe(crops)[0]

    def classify(self, crops: NDArray[np.uint8]) -> Floats:
        """Return the probability of each class, (N, classes) float32; a softmax, not a posterior probability."""
        return self.describe(crops)[1]

    def describe(self, crops: NDArray[np.uint8]) -> tuple[Floats, Floats]:
        """Return vectors at the four turns, (N, 4, 256), and class probabilities, (N, classes), in one pass."""
        images = self._prepared(crops)
        turned = np.stack([np.rot90(images, turn, axes=(2, 3)) for turn in range(TURNS)], axis=1)
        pairs = np.stack([turned, turned[..., ::-1]], axis=2)
        vectors, logits = self._summed(pairs.reshape(-1, *pairs.shape[2:]))
        mean = logits.reshape(len(images), TURNS, -1).mean(axis=1)
        weight = np.exp(mean - mean.max(axis=1, keepdims=True))
        probabilities = weight / weight.sum(axis=1, keepdims=True)
        return vectors.reshape(len(images), TURNS, -1), probabilities.astype(np.float32)

    def _prepared(self, crops: NDArray[np.uint8]) -> Floats:
        own = self.card.network
        return prepared(reduced(checked_crops(crops), own.input_px), self._preparing, own.channels)

    def _summed(self, pairs: Floats) -> tuple[Floats, Floats]:
        """Return unit vectors, (P, 256), and class logits, (P, classes), of (P, 2, C, side, side): image and mirror."""
        own = self.card.network
        images = pairs.reshape(-1, *pairs.shape[2:])
        vectors, logits = self._network(images)
        if logits is None:
            logits = np.empty((len(images), 0), dtype=np.float32)
        summed = vectors.reshape(-1, 2, own.embedding).sum(axis=1)
        length = np.maximum(np.linalg.norm(summed, axis=1, keepdims=True), 1e-12)
        return summed / length, logits.reshape(-1, 2, own.classes).mean(axis=1)


def likely(probabilities: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return which classes a label may be of: (N, C) by (N, C) probabilities; at least one where they add up to one."""
    return np.asarray(probabilities >= LIKELY)
