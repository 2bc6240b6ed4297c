"""Margin softmax against the formulas, term by term."""

import math

import numpy as np
import pytest
import torch

from engine.nn.margin import MARGINS, MarginSettings, MarginSoftmax


def reference(embeddings, directions, identities, scale, margins):
    """The loss of Deng et al. 2019, eq. (4), one embedding after another."""
    m1, m2, m3 = margins
    total = 0.0
    for embedding, identity in zip(embeddings, identities, strict=True):
        logits = []
        for number, direction in enumerate(directions):
            cosine = float(embedding @ direction / np.linalg.norm(embedding) / np.linalg.norm(direction))
            if number == identity:
                cosine = math.cos(min(m1 * math.acos(cosine) + m2, math.pi)) - m3
            logits.append(scale * cosine)
        top = max(logits)
        total += top + math.log(sum(math.exp(value - top) for value in logits)) - logits[identity]
    return total / len(embeddings)


@pytest.mark.parametrize("loss", ["cosface", "arcface"])
@pytest.mark.parametrize("strength", [0.0, 1.0])
def test_the_loss_is_that_of_the_formula(loss, strength):
    random = np.random.default_rng(3)
    embeddings = random.standard_normal((6, 12))
    identities = np.array([0, 1, 2, 3, 4, 4])
    settings = MarginSettings(loss=loss, scale=16.0)
    softmax = MarginSoftmax(5, 12, settings, seed=1)
    m1, m2, m3 = MARGINS[loss]
    margins = (1 + (m1 - 1) * strength, m2 * strength, m3 * strength)
    found = softmax(torch.from_numpy(embeddings), torch.from_numpy(identities), strength)
    directions = softmax.weight.detach().numpy().astype(np.float64)
    assert float(found.detach()) == pytest.approx(
        reference(embeddings, directions, identities, 16.0, margins), rel=1e-4
    )


def test_an_embedding_on_its_own_direction_still_has_a_gradient():
    softmax = MarginSoftmax(3, 4, MarginSettings(loss="arcface"), seed=1)
    embedding = softmax.weight.detach()[:1].clone().requires_grad_()
    softmax(embedding, torch.tensor([0])).backward()
    assert torch.isfinite(embedding.grad).all()
