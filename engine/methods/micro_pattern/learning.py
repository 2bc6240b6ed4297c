"""What is learnt of labels: embeddings that lie close for captures of one label, and the class of its glyph."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor, nn

from engine.core.records import Record
from engine.core.seeds import generator
from engine.methods.micro_pattern.augmentation import AugmentationSettings, batch
from engine.methods.micro_pattern.preparation import Preparing, prepared
from engine.nn.margin import MarginSettings, MarginSoftmax
from engine.nn.resnet import resnet
from engine.nn.shape import NetworkSettings

MARGIN_GROWS = 0.2  # share of the training over which the margin grows to its whole


class LearningSettings(Record):
    """Network, loss, preparation and augmentation of one training."""

    network: NetworkSettings
    margin: MarginSettings = Field(default_factory=MarginSettings)
    preparing: Preparing = "published"
    augmentation: AugmentationSettings = Field(default_factory=AugmentationSettings)
    batch: int = 128
    class_weight: float = 1.0
    seed: int = 0


@dataclass(frozen=True, eq=False)
class TrainingCrops:
    """Crops to learn from: (labels, captures, side, side) uint8 grey, may be a memory map, and each label's class."""

    crops: NDArray[np.uint8]
    classes: NDArray[np.int64]


class LabelTask:
    """Margin softmax over the labels' identities, and cross-entropy over their glyphs."""

    def __init__(self, settings: LearningSettings, data: TrainingCrops) -> None:
        self.settings, self.data = settings, data
        self.network = resnet(settings.network, seed=settings.seed)
        identities = len(data.crops) * settings.augmentation.identities
        margin = MarginSoftmax(identities, settings.network.embedding, settings.margin, seed=settings.seed + 1)
        self.margin = margin
        self.module = nn.ModuleDict({"network": self.network, "margin": margin})

    def loss(self, step: int, share: float) -> tuple[Tensor, dict[str, float]]:
        """Return the loss of the batch that belongs to the step."""
        own = self.settings
        random = generator(own.seed, "batch", step)
        count = own.augmentation.identities
        labels = random.integers(len(self.data.crops), size=own.batch)
        captures = random.integers(self.data.crops.shape[1], size=own.batch)
        poses = random.integers(count, size=own.batch)
        crops = np.stack([self.data.crops[label, capture] for label, capture in zip(labels, captures, strict=True)])
        variants = batch(crops, poses, own.augmentation, random)
        images = torch.from_numpy(prepared(variants, own.preparing, own.network.channels))
        embeddings, logits = self.network(images.contiguous(memory_format=torch.channels_last))
        identities = torch.from_numpy(labels * count + poses)
        identity_loss = self.margin(embeddings, identities, min(1.0, share / MARGIN_GROWS))
        assert logits is not None, "label networks classify"
        classes = torch.from_numpy(self.data.classes[labels])
        class_loss = nn.functional.cross_entropy(logits.float(), classes)
        right = float((logits.argmax(dim=1) == classes).float().mean())
        figures = {"identity": round(float(identity_loss.detach()), 4), "class_accuracy": round(right, 4)}
        return identity_loss + own.class_weight * class_loss, figures
