"""Networks through OpenVINO against torch, at both precisions."""

import numpy as np
import pytest

from engine.core.errors import ModelError
from engine.nn.inference import Network, input_ranges
from engine.nn.shape import NetworkSettings

SMALL = NetworkSettings(depth=18, width=8, input_px=64, channels=1, head="spatial", embedding=16, classes=5)
DEEP = NetworkSettings(depth=50, width=8, input_px=64, channels=3, head="pooled", embedding=16, classes=0)


def trained_like(settings):
    """A network whose norms have statistics of their own, as training leaves them."""
    import torch

    from engine.nn.resnet import resnet

    network = resnet(settings, seed=1).eval()
    random = torch.Generator().manual_seed(2)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d | torch.nn.BatchNorm1d):
            module.running_mean.normal_(0, 0.2, generator=random)
            module.running_var.uniform_(0.5, 2.0, generator=random)
            torch.nn.init.uniform_(module.weight, 0.5, 1.0, generator=random)
            torch.nn.init.uniform_(module.bias, -0.2, 0.2, generator=random)
    weights = {name: value.numpy() for name, value in network.state_dict().items() if value.dtype == torch.float32}
    return network, weights


def images(settings, count=3):
    random = np.random.default_rng(4)
    return random.standard_normal((count, settings.channels, settings.input_px, settings.input_px), dtype=np.float32)


@pytest.mark.parametrize("settings", [SMALL, DEEP, SMALL.model_copy(update={"head": "pooled"})])
def test_the_compiled_network_computes_what_torch_computes(settings):
    import torch

    reference, weights = trained_like(settings)
    some = images(settings)
    with torch.no_grad():
        expected, logits = reference(torch.from_numpy(some))
    found, classes = Network(settings, weights)(some)
    np.testing.assert_allclose(found, expected.numpy(), atol=2e-4)
    assert (classes is None) == (logits is None)
    if logits is not None:
        np.testing.assert_allclose(classes, logits.numpy(), atol=2e-4)


def test_in_eight_bits_the_embedding_keeps_its_direction_but_is_not_the_same():
    _, weights = trained_like(SMALL)
    some = images(SMALL)
    exact, _ = Network(SMALL, weights)(some)
    rough, _ = Network(SMALL, weights, input_ranges(SMALL, weights, some))(some)
    cosine = (exact * rough).sum(axis=1) / np.linalg.norm(exact, axis=1) / np.linalg.norm(rough, axis=1)
    assert cosine.min() > 0.98
    assert np.abs(exact - rough).max() > 1e-4


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("count", [1, 4, 35])
def test_a_batch_gives_what_its_images_give_alone(count, threads):
    _, weights = trained_like(SMALL)
    some = images(SMALL, count)
    alone = Network(SMALL, weights, threads=1)
    each = [alone(image[None]) for image in some]
    together, logits = Network(SMALL, weights, threads=threads)(some)
    np.testing.assert_allclose(together, np.concatenate([vectors for vectors, _ in each]), atol=1e-5)
    np.testing.assert_allclose(logits, np.concatenate([own for _, own in each]), atol=1e-5)


def test_no_images_give_no_embeddings():
    _, weights = trained_like(SMALL)
    vectors, logits = Network(SMALL, weights)(images(SMALL, 0))
    assert vectors.shape == (0, 16) and logits.shape == (0, 5)


def test_every_convolution_has_a_range_above_nothing():
    _, weights = trained_like(SMALL)
    ranges = input_ranges(SMALL, weights, images(SMALL))
    convolutions = {name.removesuffix(".weight") for name, value in weights.items() if value.ndim == 4}
    assert set(ranges) == convolutions
    assert min(ranges.values()) > 0


def test_weights_that_lack_a_layer_are_refused_by_its_name():
    _, weights = trained_like(SMALL)
    del weights["layer2.0.conv1.weight"]
    with pytest.raises(ModelError, match=r"layer2\.0\.conv1\.weight"):
        Network(SMALL, weights)(images(SMALL))


def test_images_of_another_size_are_refused():
    _, weights = trained_like(SMALL)
    with pytest.raises(ModelError, match="1 x 64 x 64"):
        Network(SMALL, weights)(np.zeros((1, 1, 32, 32), dtype=np.float32))
