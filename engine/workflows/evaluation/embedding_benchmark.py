"""How long a label's embedding takes through the inference runtime, beside torch as it stands, in the same run."""

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from engine.core.benchmarks import EmbeddingBenchmark, Times
from engine.core.method import Context
from engine.methods.micro_pattern.embedding import SHIPPED, Embedder
from engine.methods.micro_pattern.preparation import Preparing, prepared, reduced
from engine.methods.micro_pattern.rendering import DEVELOPMENT_SEEDS, label_crops
from engine.nn.cards import ModelCard, Weights, load_card, load_weights
from engine.nn.inference import input_ranges

CROPS = 8  # different labels, in turn
WARM_UP = 3


def benchmark_embedding(*, repeats: int, threads: int, context: Context) -> tuple[EmbeddingBenchmark, ...]:
    """Measure the network that came with the program, and the published one with weights drawn at random."""
    crops = np.concatenate([label_crops(DEVELOPMENT_SEEDS + number, 1) for number in range(CROPS)])
    card = load_card(SHIPPED)
    found: list[EmbeddingBenchmark] = []
    cases = ((card, load_weights(SHIPPED, card), True), (*_published(card, crops), False))
    for number, (own, weights, trained) in enumerate(cases):
        context.check_cancelled()
        context.progress(number, len(cases), own.title)
        found.append(_measured(own, weights, trained, crops, repeats, threads))
    return tuple(found)


def _published(card: ModelCard, crops: NDArray[np.uint8]) -> tuple[ModelCard, Weights]:
    """Return the published network's card with random weights, and the ranges that they need in int8."""
    import torch

    from engine.methods.micro_pattern.profiles import FULL
    from engine.nn.resnet import resnet

    learning = FULL.learning
    state = resnet(learning.network, seed=0).state_dict()
    weights = {name: value.numpy() for name, value in state.items() if value.dtype == torch.float32}
    images = prepared(crops[:2], learning.preparing, learning.network.channels)
    ranges = input_ranges(learning.network, weights, images)
    changes = {"network": learning.network, "preparing": learning.preparing, "ranges": ranges}
    return card.model_copy(update={"title": "ResNet-50 at 256 px, as published", **changes}), weights


def _measured(
    card: ModelCard, weights: Weights, trained: bool, crops: NDArray[np.uint8], repeats: int, threads: int
) -> EmbeddingBenchmark:
    exact, rough = (
        Embedder(card.model_copy(update={"precision": precision}), weights, threads=threads)
        for precision in ("float32", "int8")
    )
    ways: dict[str, Callable[[NDArray[np.uint8]], object]] = {
        "eager": _eager(card, weights, threads),
        "float32": exact.embed,
        "int8": rough.embed,
        "four_turns": rough.embed_turns,
    }
    times = {name: _timed(way, crops, repeats) for name, way in ways.items()}
    return EmbeddingBenchmark(
        network=card.title, trained=trained, threads=threads, eager=times["eager"], float32=times["float32"],
        int8=times["int8"], four_turns=times["four_turns"],
    )  # fmt: skip


def _eager(card: ModelCard, weights: Weights, threads: int) -> Callable[[NDArray[np.uint8]], object]:
    """Return what embeds with torch as it stands."""
    import torch

    from engine.nn.resnet import resnet

    torch.set_num_threads(threads)
    network = resnet(card.network, seed=0).eval()
    network.load_state_dict({name: torch.from_numpy(value) for name, value in weights.items()}, strict=False)
    preparing: Preparing = "published" if card.preparing == "published" else "local contrast"

    def embed(crops: NDArray[np.uint8]) -> object:
        images = prepared(reduced(crops, card.network.input_px), preparing, card.network.channels)
        with torch.inference_mode():
            embeddings, _ = network(torch.from_numpy(np.concatenate([images, images[..., ::-1]])))
            return torch.nn.functional.normalize(embeddings.sum(dim=0), dim=0)

    return embed


def _timed(way: Callable[[NDArray[np.uint8]], object], crops: NDArray[np.uint8], repeats: int) -> Times:
    times = []
    for number in range(-WARM_UP, repeats):
        crop = crops[number % len(crops)][None]
        start = time.perf_counter()
        way(crop)
        if number >= 0:
            times.append((time.perf_counter() - start) * 1000)
    median, high = np.percentile(times, [50, 95])
    return Times(queries=repeats, median=float(median), high=float(high))
