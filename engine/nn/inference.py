"""Networks run through OpenVINO at the precision that the model card fixes; torch stays the reference.

The graph is put together from the weights here: no file of a graph is read, and torch is not loaded.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import ModelError
from engine.nn.cards import Weights
from engine.nn.shape import BLOCKS, NetworkSettings

if TYPE_CHECKING:
    from openvino import AsyncInferQueue, InferRequest

EPSILON = 1e-5  # of batch norms, as torch has it
ACTIVATION_LEVELS = 256
WEIGHT_LEVELS = 255
HEADROOM = 2.0  # weights use half of their 8 bits: sums of products never saturate on processors without VNNI
# Images of one request: a network for so many is hardly quicker by the image than one for fewer.
LARGEST_REQUEST = 16
Floats = NDArray[np.float32]
Node = Any


class Network:
    """A compiled residual network.

    Each processor core runs images of its own: cores that share one image wait for one another at every layer.

    Parameters
    ----------
    settings : NetworkSettings
        Its shape.
    weights : Weights
        By torchvision's names.
    ranges : Mapping[str, float], optional
        The largest input of each convolution by name: the network then runs in int8; None: in float32.
    threads : int
        Processor cores to use.
    """

    def __init__(
        self,
        settings: NetworkSettings,
        weights: Weights,
        ranges: Mapping[str, float] | None = None,
        *,
        threads: int = 2,
    ) -> None:
        import openvino

        self.settings = settings
        self._core = openvino.Core()
        self._options = {
            "INFERENCE_PRECISION_HINT": "f32",
            "NUM_STREAMS": str(threads),
            "INFERENCE_NUM_THREADS": str(threads),
            "PERFORMANCE_HINT": "LATENCY",
            # Pinned, the first network of every process is tied to the same core: they wait for one another.
            "ENABLE_CPU_PINNING": "NO",
        }
        self._graph = _Graph(settings, weights, ranges)
        self._streams = threads
        self._queues: dict[int, AsyncInferQueue] = {}

    def __call__(self, images: Floats) -> tuple[Floats, Floats | None]:
        """Return embeddings, (N, embedding), not normalised, and class logits, (N, classes) or None.

        ``images`` is (N, channels, input_px, input_px) float32.
        """
        own = self.settings
        if images.shape[1:] != (own.channels, own.input_px, own.input_px):
            raise ModelError(
                f"The network takes {own.channels} x {own.input_px} x {own.input_px}, not {images.shape[1:]}"
            )
        images = np.ascontiguousarray(images, dtype=np.float32)
        embedding = np.empty((len(images), own.embedding), dtype=np.float32)
        logits = np.empty((len(images), own.classes), dtype=np.float32)
        size = max(1, min(LARGEST_REQUEST, -(-len(images) // self._streams)))
        asked: list[AsyncInferQueue] = []
        for start in range(0, len(images), size):
            part = slice(start, start + size)
            asked.append(self._queue(len(images[part])))
            asked[-1].start_async({0: images[part]}, (embedding[part], logits[part]), share_inputs=True)
        for queue in dict.fromkeys(asked):
            queue.wait_all()
        return embedding, logits if own.classes else None

    def _queue(self, count: int) -> "AsyncInferQueue":
        """Return what runs requests of that many images: fixed shapes run quicker than open ones."""
        import openvino

        if count not in self._queues:
            if len(self._queues) >= 8:
                self._queues.pop(next(iter(self._queues)))
            compiled = self._core.compile_model(self._graph.model(count), "CPU", self._options)
            self._queues[count] = openvino.AsyncInferQueue(compiled, self._streams)
            self._queues[count].set_callback(_keep)
        return self._queues[count]


def _keep(request: "InferRequest", places: tuple[Floats, ...]) -> None:
    """Copy what a request came to, its outputs in their order, to where they are wanted."""
    for tensor, place in zip(request.output_tensors, places, strict=False):
        place[...] = tensor.data


def input_ranges(
    settings: NetworkSettings, weights: Weights, images: Floats, share: float = 0.9999
) -> dict[str, float]:
    """Return the value that ``share`` of each convolution's input stays below in size, by the convolution's name.

    Parameters
    ----------
    images : NDArray[np.float32]
        (N, channels, input_px, input_px) of the kind that the network will see.
    """
    import openvino

    taps: dict[str, Node] = {}
    graph = _Graph(settings, weights, None, taps)
    model = graph.model(len(images))
    outputs = [*model.outputs]
    model.add_outputs([node.output(0) for node in taps.values()])
    compiled = openvino.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    results = compiled(np.ascontiguousarray(images, dtype=np.float32))
    return {name: float(np.quantile(np.abs(results[len(outputs) + number]), share)) for number, name in enumerate(taps)}


class _Graph:
    """Puts OpenVINO's graph of a network together."""

    def __init__(
        self, settings: NetworkSettings, weights: Weights, ranges: Mapping[str, float] | None,
        taps: dict[str, Node] | None = None,
    ) -> None:  # fmt: skip
        self._settings, self._weights, self._ranges, self._taps = settings, weights, ranges, taps

    def model(self, count: int) -> Any:
        """Return the graph for ``count`` images."""
        import openvino
        from openvino import opset13 as ops

        own = self._settings
        image = ops.parameter([count, own.channels, own.input_px, own.input_px], np.float32, name="image")
        x: Node = ops.relu(self._convolved(image, "conv1", "bn1", 2, 3, signed=True))
        x = ops.max_pool(x, [2, 2], [1, 1], [1, 1], [1, 1], [3, 3]).output(0)
        block = self._basic if own.depth == 18 else self._bottleneck
        for stage, blocks in enumerate(BLOCKS[own.depth]):
            for number in range(blocks):
                x = block(x, f"layer{stage + 1}.{number}", 2 if stage and not number else 1)
        pooled = ops.reshape(ops.reduce_mean(x, [2, 3], keep_dims=False), [count, own.last_channels], False)
        flat = pooled
        if own.head == "spatial":
            flat = ops.reshape(x, [count, own.last_channels * own.last_side**2], False)
        scale, shift = self._norm("bn")
        weight, bias = self._array("fc.weight") * scale[:, None], self._array("fc.bias") * scale + shift
        results = [self._linear(flat, weight, bias)]
        if own.classes:
            hidden = ops.relu(self._linear(pooled, *self._pair("classifier.0")))
            results.append(self._linear(hidden, *self._pair("classifier.2")))
        model: Any = openvino.Model
        return model(results, [image], "resnet")

    def _basic(self, x: Node, name: str, stride: int) -> Node:
        from openvino import opset13 as ops

        y = ops.relu(self._convolved(x, f"{name}.conv1", f"{name}.bn1", stride, 1))
        y = self._convolved(y, f"{name}.conv2", f"{name}.bn2", 1, 1)
        return ops.relu(ops.add(y, self._shortcut(x, name, stride)))

    def _bottleneck(self, x: Node, name: str, stride: int) -> Node:
        from openvino import opset13 as ops

        y = ops.relu(self._convolved(x, f"{name}.conv1", f"{name}.bn1", 1, 0))
        y = ops.relu(self._convolved(y, f"{name}.conv2", f"{name}.bn2", stride, 1))
        y = self._convolved(y, f"{name}.conv3", f"{name}.bn3", 1, 0)
        return ops.relu(ops.add(y, self._shortcut(x, name, stride)))

    def _shortcut(self, x: Node, name: str, stride: int) -> Node:
        if f"{name}.downsample.0.weight" not in self._weights:
            return x
        return self._convolved(x, f"{name}.downsample.0", f"{name}.downsample.1", stride, 0)

    def _convolved(self, x: Node, name: str, norm: str, stride: int, padding: int, *, signed: bool = False) -> Node:
        """Return the convolution with its norm folded in; quantised where ranges are known."""
        from openvino import opset13 as ops

        scale, shift = self._norm(norm)
        kernel = self._array(f"{name}.weight") * scale[:, None, None, None]
        if self._taps is not None:
            x = self._taps[name] = ops.abs(x) if signed else ops.relu(x)
            x = x if not signed else x.input_value(0)
        weight: Node = ops.constant(kernel.astype(np.float32))
        if self._ranges is not None:
            x = _activation(x, float(self._ranges[name]), signed)
            weight = _quantised(kernel)
        y = ops.convolution(x, weight, [stride] * 2, [padding] * 2, [padding] * 2, [1, 1])
        return ops.add(y, ops.constant(shift.reshape(1, -1, 1, 1).astype(np.float32)))

    def _linear(self, x: Node, weight: Floats, bias: Floats) -> Node:
        from openvino import opset13 as ops

        product = ops.matmul(x, ops.constant(weight.astype(np.float32)), False, True)
        return ops.add(product, ops.constant(bias.reshape(1, -1).astype(np.float32)))

    def _norm(self, name: str) -> tuple[Floats, Floats]:
        """Return what a batch norm multiplies by and adds."""
        mean, variance = self._array(f"{name}.running_mean"), self._array(f"{name}.running_var")
        scale = self._array(f"{name}.weight") / np.sqrt(variance + EPSILON)
        shift = self._array(f"{name}.bias") - mean * scale
        return scale.astype(np.float32), shift.astype(np.float32)

    def _pair(self, name: str) -> tuple[Floats, Floats]:
        return self._array(f"{name}.weight"), self._array(f"{name}.bias")

    def _array(self, name: str) -> Floats:
        try:
            return self._weights[name]
        except KeyError as error:
            raise ModelError("The weights lack a part of the network", where=name, remedy="Train it anew.") from error


def _activation(x: Node, high: float, signed: bool) -> Node:
    from openvino import opset13 as ops

    # Zero must be one of the levels: borders are padded with it.
    low = -high * 128 / 127 if signed else 0.0
    bounds = [np.float32(low), np.float32(high)] * 2
    return ops.fake_quantize(x, *bounds, levels=ACTIVATION_LEVELS)


def _quantised(kernel: Floats) -> Node:
    from openvino import opset13 as ops

    high = (HEADROOM * np.maximum(np.abs(kernel).max(axis=(1, 2, 3), keepdims=True), 1e-12)).astype(np.float32)
    weight = ops.constant(kernel.astype(np.float32))
    return ops.fake_quantize(weight, -high, high, -high, high, levels=WEIGHT_LEVELS)
