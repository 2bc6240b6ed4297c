"""How the contour judge learns: labels and everything else in equal parts, turned and lit anew in every batch."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.core.evaluations import Profile
from engine.core.records import Record
from engine.core.seeds import generator
from engine.methods.micro_pattern.augmentation import posed
from engine.methods.micro_pattern.contours import TRAINING_SEEDS, ContourFields, Contours
from engine.methods.micro_pattern.judge import CLASSES, PREPARING
from engine.methods.micro_pattern.preparation import prepared
from engine.nn.resnet import resnet
from engine.nn.shape import NetworkSettings
from engine.nn.training import TrainingSettings

POSES = 8
GAIN = (0.6, 1.4)
NOISE = 4.0  # largest deviation, in grey levels


class JudgeLearning(Record):
    """Network and batches of one training."""

    network: NetworkSettings
    batch: int = 96
    seed: int = 0


class JudgeProfile(Record):
    """Which fields are simulated, what is learnt of their contours, and how."""

    fields: ContourFields
    learning: JudgeLearning
    training: TrainingSettings


# The text says ResNet-18 and no more. A frame is seen at 64 px, and an eighth of the channels tells it from the rest.
_NETWORK = NetworkSettings(
    depth=18, width=8, input_px=64, channels=1, head="pooled", embedding=16, classes=len(CLASSES)
)
QUICK = JudgeProfile(
    fields=ContourFields(first_seed=TRAINING_SEEDS, count=160),
    learning=JudgeLearning(network=_NETWORK),
    training=TrainingSettings(
        steps=3000, learning_rate=0.05, warm_up=100, bfloat16=False, checkpoint_steps=250, threads=1
    ),
)
FULL = JudgeProfile(
    fields=ContourFields(first_seed=TRAINING_SEEDS, count=2000),
    learning=JudgeLearning(network=_NETWORK),
    training=TrainingSettings(
        steps=20_000, learning_rate=0.05, warm_up=500, bfloat16=False, checkpoint_steps=1000, threads=2
    ),
)
PROFILES = {Profile.QUICK: QUICK, Profile.FULL: FULL}


class JudgeTask:
    """Cross-entropy over labels and other contours; of the others every kind is as frequent."""

    def __init__(self, settings: JudgeLearning, data: Contours) -> None:
        self.settings, self.data = settings, data
        self.network = resnet(settings.network, seed=settings.seed)
        labels = data.labels
        self._labels = np.flatnonzero(labels)
        self._others = [np.flatnonzero(data.kinds == kind) for kind in np.unique(data.kinds[~labels])]

    @property
    def module(self) -> nn.Module:
        """The network."""
        return self.network

    def loss(self, step: int, share: float) -> tuple[Tensor, dict[str, float]]:
        """Return the loss of the batch that belongs to the step."""
        random = generator(self.settings.seed, "contours", step)
        drawn = self._drawn(random)
        seen = np.stack([_varied(self.data.patches[k], random) for k in drawn])
        images = torch.from_numpy(prepared(seen, PREPARING, self.settings.network.channels))
        _, logits = self.network(images.contiguous(memory_format=torch.channels_last))
        assert logits is not None, "judges classify"
        truth = torch.from_numpy(self.data.labels[drawn].astype(np.int64))
        right = float((logits.argmax(dim=1) == truth).float().mean())
        return nn.functional.cross_entropy(logits.float(), truth), {"right": round(right, 4)}

    def _drawn(self, random: np.random.Generator) -> NDArray[np.int64]:
        half = self.settings.batch // 2
        kinds = random.integers(len(self._others), size=self.settings.batch - half)
        others = [int(random.choice(self._others[kind])) for kind in kinds]
        return np.concatenate([random.choice(self._labels, size=half), others]).astype(np.int64)


def _varied(patch: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    light = random.uniform(*GAIN) * posed(patch, int(random.integers(POSES))).astype(np.float32)
    light += NOISE * random.random() * random.standard_normal(light.shape, dtype=np.float32)
    return np.clip(np.rint(light), 0, 255).astype(np.uint8)
