"""Embeddings of labels with the weights that came with the program."""

import numpy as np
import pytest

from engine.core.errors import InputError, ModelError
from engine.methods.micro_pattern.embedding import SHIPPED, Embedder
from engine.methods.micro_pattern.rendering import DEVELOPMENT_SEEDS, glyph_of, label_crops
from engine.nn.cards import load_card, load_weights

LABELS = range(DEVELOPMENT_SEEDS, DEVELOPMENT_SEEDS + 12)  # films that no network was trained on


@pytest.fixture(scope="module")
def embedder():
    return Embedder.load(threads=1)


@pytest.fixture(scope="module")
def crops():
    """Two captures each of twelve labels: (12, 2, 256, 256)."""
    return np.stack([label_crops(seed, 2) for seed in LABELS])


def test_a_label_captured_again_is_nearer_than_any_other(embedder, crops):
    first, second = embedder.embed(crops[:, 0]), embedder.embed(crops[:, 1])
    similarity = second @ first.T
    assert (similarity.argmax(axis=1) == np.arange(len(LABELS))).all()
    others = similarity[~np.eye(len(LABELS), dtype=bool)]
    assert np.diag(similarity).min() > others.max()


def test_another_film_with_the_same_glyph_stays_away(embedder, crops):
    glyphs = [glyph_of(seed) for seed in range(DEVELOPMENT_SEEDS, DEVELOPMENT_SEEDS + 400)]
    seed, twin = next(
        (a, b) for a in range(400) for b in range(a + 1, 400) if glyphs[a] == glyphs[b]
    )  # fmt: skip
    own = np.concatenate([label_crops(DEVELOPMENT_SEEDS + seed, 2), label_crops(DEVELOPMENT_SEEDS + twin, 1)])
    vectors = embedder.embed(own)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.15


def test_vectors_have_unit_length_and_do_not_depend_on_the_batch(embedder, crops):
    together = embedder.embed(crops[:3, 0])
    assert together.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    alone = np.concatenate([embedder.embed(crop[None]) for crop in crops[:3, 0]])
    assert (together * alone).sum(axis=1).min() > 1 - embedder.tolerance


def test_a_turned_label_is_found_at_the_turn_that_brings_it_back(embedder, crops):
    enrolled = embedder.embed(crops[:1, 0])[0]
    for turn in range(4):
        turned = np.ascontiguousarray(np.rot90(crops[0, 1], -turn))
        at = embedder.embed_turns(turned[None])[0] @ enrolled
        assert int(at.argmax()) == turn
        assert at[turn] > np.delete(at, turn).max() + 0.1


def test_mirror_images_are_summed(embedder, crops):
    mirrored = np.ascontiguousarray(crops[:2, 0, :, ::-1])
    assert (embedder.embed(crops[:2, 0]) * embedder.embed(mirrored)).sum(axis=1).min() > 1 - embedder.tolerance


def test_classes_are_those_of_the_glyphs_whatever_the_turn(embedder, crops):
    right = 0
    for turn in range(4):
        turned = np.ascontiguousarray(np.rot90(crops[:, 1], turn, axes=(1, 2)))
        probabilities = embedder.classify(turned)
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
        right += sum(
            int(found) == glyph_of(seed) for found, seed in zip(probabilities.argmax(axis=1), LABELS, strict=True)
        )
    assert right >= 4 * len(LABELS) - 2


def test_the_shipped_precision_agrees_with_float32(embedder, crops):
    card = load_card(SHIPPED)
    exact = Embedder(card.model_copy(update={"precision": "float32"}), load_weights(SHIPPED, card), threads=1)
    cosine = (embedder.embed(crops[:, 0]) * exact.embed(crops[:, 0])).sum(axis=1)
    assert cosine.min() > 0.99
    assert exact.key != embedder.key


def test_float32_agrees_with_torch(crops):
    import torch

    from engine.methods.micro_pattern.preparation import prepared, reduced
    from engine.nn.resnet import resnet

    card = load_card(SHIPPED)
    weights = load_weights(SHIPPED, card)
    reference = resnet(card.network, seed=0).eval()
    reference.load_state_dict({name: torch.from_numpy(value) for name, value in weights.items()}, strict=False)
    images = prepared(reduced(crops[:3, 0], card.network.input_px), "local contrast", card.network.channels)
    with torch.no_grad():
        summed = reference(torch.from_numpy(images))[0] + reference(torch.from_numpy(images[..., ::-1].copy()))[0]
    expected = torch.nn.functional.normalize(summed).numpy()
    exact = Embedder(card.model_copy(update={"precision": "float32"}), weights, threads=1)
    np.testing.assert_allclose(exact.embed(crops[:3, 0]), expected, atol=1e-4)


def test_crops_of_another_shape_are_refused(embedder):
    with pytest.raises(InputError, match="256 x 256 grey levels"):
        embedder.embed(np.zeros((1, 128, 128), dtype=np.uint8))


def test_weights_of_another_method_are_refused():
    card = load_card(SHIPPED).model_copy(update={"method": "printed-logo"})
    with pytest.raises(ModelError, match="for something else"):
        Embedder(card, {})
