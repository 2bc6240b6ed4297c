"""Residual networks for embedding and classification, with the parameter names of torchvision's ResNet.

He, Zhang, Ren and Sun 2016, Deep residual learning for image recognition; depths 18 and 50 of its table 1.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from engine.nn.shape import BLOCKS, EXPANSION, NetworkSettings


class BasicBlock(nn.Module):
    """Two 3 x 3 convolutions beside a shortcut."""

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = _shortcut(channels, width, stride)

    def forward(self, x: Tensor) -> Tensor:
        """Return the block's output, (N, width, H / stride, W / stride)."""
        y = torch.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return torch.relu(y + (x if self.downsample is None else self.downsample(x)))


class Bottleneck(nn.Module):
    """1 x 1, 3 x 3 and 1 x 1 convolutions beside a shortcut; the stride is the middle one's."""

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, 4 * width, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * width)
        self.downsample = _shortcut(channels, 4 * width, stride)

    def forward(self, x: Tensor) -> Tensor:
        """Return the block's output, (N, 4 width, H / stride, W / stride)."""
        y = torch.relu(self.bn1(self.conv1(x)))
        y = torch.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return torch.relu(y + (x if self.downsample is None else self.downsample(x)))


def _shortcut(channels: int, out: int, stride: int) -> nn.Sequential | None:
    if stride == 1 and channels == out:
        return None
    return nn.Sequential(nn.Conv2d(channels, out, 1, stride, bias=False), nn.BatchNorm2d(out))


class ResNet(nn.Module):
    """A residual network with an embedding head, and beside it a classifying one.

    ``conv1`` to ``layer4`` are named as torchvision names them. ``fc`` and ``bn`` make the embedding; ``classifier`` is
    a perceptron with one hidden layer on the pooled last map.
    """

    def __init__(self, settings: NetworkSettings) -> None:
        super().__init__()
        self.settings = settings
        block = BasicBlock if settings.depth == 18 else Bottleneck
        width, expansion = settings.width, EXPANSION[settings.depth]
        self.conv1 = nn.Conv2d(settings.channels, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        channels = width
        for stage, count in enumerate(BLOCKS[settings.depth]):
            out = width << stage
            blocks = [block(channels, out, 2 if stage else 1)]
            channels = out * expansion
            blocks += [block(channels, out, 1) for _ in range(count - 1)]
            self.add_module(f"layer{stage + 1}", nn.Sequential(*blocks))
        features = channels * (settings.last_side**2 if settings.head == "spatial" else 1)
        self.fc = nn.Linear(features, settings.embedding)
        self.bn = nn.BatchNorm1d(settings.embedding)
        hidden = settings.embedding
        self.classifier = (
            nn.Sequential(nn.Linear(channels, hidden), nn.ReLU(), nn.Linear(hidden, settings.classes))
            if settings.classes
            else None
        )

    def last_map(self, x: Tensor) -> Tensor:
        """Return the last map, (N, ``last_channels``, ``last_side``, ``last_side``)."""
        x = torch.relu(self.bn1(self.conv1(x)))
        x = nn.functional.max_pool2d(x, 3, 2, 1)
        for stage in range(1, 5):
            x = self.get_submodule(f"layer{stage}")(x)
        return x

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return the embedding, (N, embedding), not normalised, and the class logits, (N, classes) or None.

        ``x`` is (N, channels, input_px, input_px) float32.
        """
        features = self.last_map(x)
        pooled = features.mean(dim=(2, 3))
        flat = features.flatten(1) if self.settings.head == "spatial" else pooled
        embedding = self.bn(self.fc(flat))
        return embedding, None if self.classifier is None else self.classifier(pooled)


def resnet(settings: NetworkSettings, *, seed: int) -> ResNet:
    """Return a network with weights drawn from the seed: He normal for convolutions, the last norm of a block zero."""
    random = torch.Generator().manual_seed(seed)
    network = ResNet(settings)
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu", generator=random)
        elif isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, 0.0, module.in_features**-0.5, generator=random)
            nn.init.zeros_(module.bias)
        elif isinstance(module, nn.BatchNorm2d) and name.endswith("bn3" if settings.depth == 50 else "bn2"):
            nn.init.zeros_(module.weight)
    return network


def load_backbone(network: ResNet, weights: Mapping[str, Tensor]) -> tuple[str, ...]:
    """Take over the convolutions and norms of a torchvision ResNet, and return the names left as they were.

    Weights of another shape are left out, and so is ``fc``, which there classifies.
    """
    own = network.state_dict()
    fitting = {
        name: value
        for name, value in weights.items()
        if name in own and own[name].shape == value.shape and not name.startswith(("fc.", "bn.", "classifier."))
    }
    network.load_state_dict({**own, **fitting})
    return tuple(name for name in own if name not in fitting)
