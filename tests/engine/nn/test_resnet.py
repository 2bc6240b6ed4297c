"""Residual networks: names, shapes, seeds."""

import pytest
import torch

from engine.nn.resnet import load_backbone, resnet
from engine.nn.shape import NetworkSettings

FULL = NetworkSettings(depth=50, classes=44)


def test_the_published_network_has_the_names_and_sizes_of_torchvisions():
    names = {name: tuple(value.shape) for name, value in resnet(FULL, seed=0).state_dict().items()}
    assert names["conv1.weight"] == (64, 3, 7, 7)
    assert names["layer1.0.downsample.0.weight"] == (256, 64, 1, 1)
    assert names["layer2.0.conv2.weight"] == (128, 128, 3, 3)
    assert names["layer3.5.bn3.running_var"] == (1024,)
    assert names["layer4.2.conv3.weight"] == (2048, 512, 1, 1)
    # torchvision's ResNet-50 without its last layer has 23,508,032 parameters.
    own = sum(value.numel() for name, value in resnet(FULL, seed=0).named_parameters() if "layer" in name)
    own += 64 * 3 * 49 + 2 * 64
    assert own == 23_508_032


@pytest.mark.parametrize(("head", "features"), [("pooled", 64), ("spatial", 64 * 9)])
def test_a_spatial_head_keeps_every_place_of_the_last_map(head, features):
    settings = NetworkSettings(depth=18, width=8, input_px=96, channels=1, head=head, embedding=16)
    network = resnet(settings, seed=0)
    assert network.fc.in_features == features
    embedding, logits = network.eval()(torch.zeros(2, 1, 96, 96))
    assert embedding.shape == (2, 16)
    assert logits is None


def test_the_seed_decides_the_weights():
    first, same, other = (resnet(FULL, seed=seed).conv1.weight for seed in (1, 1, 2))
    assert torch.equal(first, same)
    assert not torch.equal(first, other)


def test_imagenet_weights_of_a_user_are_taken_over_but_for_the_heads():
    source = resnet(FULL, seed=1).state_dict()
    foreign = {name: value for name, value in source.items() if not name.startswith(("fc", "bn.", "classifier"))}
    foreign |= {"fc.weight": torch.zeros(1000, 2048), "fc.bias": torch.zeros(1000)}
    network = resnet(FULL, seed=2)
    left = load_backbone(network, foreign)
    assert torch.equal(network.layer4[2].conv3.weight, source["layer4.2.conv3.weight"])
    assert {name.split(".")[0] for name in left} == {"fc", "bn", "classifier"}
