"""Margin softmax: identities as directions on a sphere, each pushed apart by a margin.

ArcFace: Deng, Guo, Xue and Zafeiriou 2019, Additive angular margin loss, eq. (4), which also combines the margins.
CosFace: Wang et al. 2018, Large margin cosine loss, eq. (4).
"""

import math
from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from engine.core.records import Record

# cos(m1 theta + m2) - m3. CosFace's values: the public code of He et al. 2024; ArcFace's: Deng et al.
MARGINS = {"cosface": (1.0, 0.0, 0.4), "arcface": (1.0, 0.5, 0.0)}
CLOSE = 1e-6  # cosines stay this far from 1: the angle's derivative has a pole there


class MarginSettings(Record):
    """Which loss, and its scale s."""

    loss: Literal["cosface", "arcface"] = "cosface"
    scale: Annotated[float, Field(gt=0, le=256)] = 64.0


class MarginSoftmax(nn.Module):
    """Cross-entropy over the cosines to each identity's direction, the right one lessened by the margin.

    Parameters
    ----------
    identities : int
        How many directions.
    embedding : int
        Values of an embedding.
    seed : int
        Of the first directions.
    """

    def __init__(self, identities: int, embedding: int, settings: MarginSettings, *, seed: int) -> None:
        super().__init__()
        random = torch.Generator().manual_seed(seed)
        self.weight = nn.Parameter(0.01 * torch.randn(identities, embedding, generator=random))
        self.settings = settings

    def forward(self, embeddings: Tensor, identities: Tensor, strength: float = 1.0) -> Tensor:
        """Return the mean loss of (N, embedding) embeddings of (N,) identities.

        ``strength`` scales the margins: they grow from nothing while training begins.
        """
        unit = nn.functional.normalize(embeddings.float())
        cosine = unit @ nn.functional.normalize(self.weight).T
        m1, m2, m3 = MARGINS[self.settings.loss]
        own = cosine.gather(1, identities[:, None]).clamp(CLOSE - 1, 1 - CLOSE)
        angle = torch.acos(own)
        moved = torch.cos(((1 + (m1 - 1) * strength) * angle + m2 * strength).clamp(max=math.pi)) - m3 * strength
        logits = self.settings.scale * cosine.scatter(1, identities[:, None], moved)
        return nn.functional.cross_entropy(logits, identities)
