"""The child process that trains: renders the crops, learns, finds the ranges for int8, measures, writes the card."""

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.core.evaluations import Profile
from engine.core.records import entered, hash_of
from engine.core.versions import versions
from engine.jobs import JobContext, serve
from engine.methods.micro_pattern.embedding import METHOD, Embedder
from engine.methods.micro_pattern.preparation import VERSION, prepared
from engine.methods.micro_pattern.rendering import DEVELOPMENT_SEEDS, Rendering, glyph_of, label_crops
from engine.nn.cards import CardFigure, ModelCard, Weights, load_weights, save_card, save_weights
from engine.nn.inference import input_ranges
from engine.nn.training import CHECKPOINT, TrainingSettings, train
from engine.simulation.glyphs import GLYPHS

if TYPE_CHECKING:
    from engine.methods.micro_pattern.profiles import TrainingProfile

WORK, CROPS, RENDERED = "work", "crops.npy", "rendered.txt"
DEVELOPMENT = Rendering(first_seed=DEVELOPMENT_SEEDS, count=300, captures=6)  # labels that are never trained on
CALIBRATION = 64  # crops from which the ranges for int8 are taken
# Between machines an int8 network differs by single levels where a sum is rounded the other way.
TOLERANCE = 2e-3


def _answer(request: dict[str, Any], context: JobContext) -> dict[str, Any]:
    from engine.methods.micro_pattern.learning import LabelTask, TrainingCrops
    from engine.methods.micro_pattern.profiles import PROFILES

    out, profile = Path(request["out"]), Profile(request["profile"])
    chosen = _altered(PROFILES[profile], request)
    work = out / WORK
    crops = rendered_crops(work, chosen.rendering, context.part(0, 10, "rendering labels"))
    first = chosen.rendering.first_seed
    classes = np.array([glyph_of(first + k) for k in range(len(crops))], dtype=np.int64)
    task = LabelTask(chosen.learning, TrainingCrops(crops, classes))
    train(task, chosen.training, work, chosen.learning, _Spread(context))
    finish(out, profile, chosen, crops, context.part(9, 10, "measuring"))
    return {}


class _Spread(JobContext):
    """Training as the larger part of the whole: its progress counts from the first tenth to the ninth."""

    def __init__(self, whole: JobContext) -> None:
        super().__init__(lambda done, total, text: whole.progress(1 + 8 * done / total, 10, text))
        self._whole = whole

    def check_cancelled(self) -> None:
        """Raise Cancelled where somebody asked the whole to stop."""
        self._whole.check_cancelled()


def _altered(profile: "TrainingProfile", request: dict[str, Any]) -> "TrainingProfile":
    """Return the profile with the loss, steps and number of labels that were asked for."""
    margin = profile.learning.margin.model_copy(update={"loss": request["loss"]})
    rendering, training = profile.rendering, profile.training
    if request["labels"] is not None:
        rendering = entered(Rendering, **{**rendering.model_dump(), "count": request["labels"]})
    if request["steps"] is not None:
        fewer = {"steps": request["steps"], "warm_up": min(training.warm_up, request["steps"] // 10)}
        training = entered(TrainingSettings, **{**training.model_dump(), **fewer})
    learning = profile.learning.model_copy(update={"margin": margin})
    return profile.model_copy(update={"rendering": rendering, "training": training, "learning": learning})


def rendered_crops(work: Path, rendering: Rendering, context: JobContext) -> NDArray[np.uint8]:
    """Return (labels, captures, side, side) crops as a read-only memory map, rendered as far as they are not yet."""
    work.mkdir(parents=True, exist_ok=True)
    path, marker, key = work / CROPS, work / RENDERED, hash_of(rendering.to_json())
    shape = (rendering.count, rendering.captures, rendering.side, rendering.side)
    done = 0
    if marker.exists() and path.exists():
        known, _, number = marker.read_text(encoding="utf-8").partition(" ")
        done = int(number) if known == key else 0
    mode = "r+" if done else "w+"
    crops = np.lib.format.open_memmap(path, mode=mode, dtype=np.uint8, shape=shape)
    for number in range(done, rendering.count):
        context.check_cancelled()
        context.progress(number, rendering.count, "rendering labels")
        crops[number] = label_crops(rendering.first_seed + number, rendering.captures, rendering.side)
        if number % 50 == 49 or number + 1 == rendering.count:
            crops.flush()
            marker.write_text(f"{key} {number + 1}", encoding="utf-8")
    del crops
    return np.load(path, mmap_mode="r", allow_pickle=False)


def finish(
    out: Path, profile: Profile, chosen: "TrainingProfile", crops: NDArray[np.uint8], context: JobContext
) -> ModelCard:
    """Write weights and card of what the folder's checkpoint holds, and measure them on labels never trained on."""
    weights = _network_weights(out / WORK / CHECKPOINT)
    learning = chosen.learning
    some = np.ascontiguousarray(crops[:CALIBRATION, 0])
    ranges = input_ranges(learning.network, weights, prepared(some, learning.preparing, learning.network.channels))
    digest = hashlib.sha256()
    for label in crops:
        digest.update(label.tobytes())
    card = ModelCard(
        key=f"micro_pattern_{profile.value}", title=f"Micro-pattern labels, profile {profile.value}", method=METHOD,
        profile=profile, network=learning.network, preparing=learning.preparing, preparation_version=VERSION,
        precision="int8", ranges=ranges, classes=GLYPHS, parts=save_weights(out, weights),
        training={**chosen.model_dump(mode="json")},
        data=f"{crops.shape[0]} simulated labels, {crops.shape[1]} captures each at weak, middle and strong effects",
        data_sha256=digest.hexdigest(), simulated=True, seed=learning.seed, versions=versions("torch", "openvino"),
        tolerance=TOLERANCE,
    )  # fmt: skip
    card = card.model_copy(update={"figures": _figures(card, load_weights(out, card), context)})
    save_card(out, card)
    return card


def _network_weights(checkpoint: Path) -> Weights:
    from safetensors import safe_open

    prefix = "network."
    with safe_open(checkpoint, "np") as file:
        names = [name for name in file.keys() if name.startswith(prefix)]  # noqa: SIM118 - no mapping
        tensors = {name.removeprefix(prefix): file.get_tensor(name) for name in names}
    return {name: value for name, value in tensors.items() if value.dtype == np.float32}


def _figures(card: ModelCard, weights: Weights, context: JobContext) -> tuple[CardFigure, ...]:
    """Measure how well labels never trained on are told apart, in the card's precision and in float32."""
    own = DEVELOPMENT
    crops = np.stack([_rendered(own, number, context) for number in range(own.count)])
    command = f"train micro-pattern --profile {card.profile.value}"
    figures: list[CardFigure] = []
    vectors = {}
    for precision in ("float32", "int8"):
        context.check_cancelled()
        embedder = Embedder(card.model_copy(update={"precision": precision}), weights)
        found = embedder.embed(crops.reshape(-1, *crops.shape[2:])).reshape(own.count, own.captures, -1)
        vectors[precision] = found
        right, genuine, others = _told_apart(found)
        for name, value in (("rank-1", right), ("least genuine", genuine), ("largest other", others)):
            title = f"{name}, {own.count} labels, {own.captures - 1} queries each, {precision}, simulated"
            figures.append(CardFigure(name=title, value=round(value, 5), command=command))
    alike = (vectors["float32"] * vectors["int8"]).sum(axis=-1)
    figures.append(
        CardFigure(name="least cosine of int8 and float32 vectors", value=round(float(alike.min()), 5), command=command)
    )
    return tuple(figures)


def _rendered(own: Rendering, number: int, context: JobContext) -> NDArray[np.uint8]:
    context.check_cancelled()
    context.progress(number, own.count)
    return label_crops(own.first_seed + number, own.captures)


def _told_apart(vectors: NDArray[np.float32]) -> tuple[float, float, float]:
    """Return the share of right first places, and the least genuine and the largest other similarity."""
    library, queries = vectors[:, 0], vectors[:, 1:]
    similarity = np.einsum("lqe,me->lqm", queries, library)
    own = np.take_along_axis(similarity, np.arange(len(library))[:, None, None], axis=2)[..., 0]
    others = similarity.copy()
    others[np.arange(len(library)), :, np.arange(len(library))] = -np.inf
    best = others.max(axis=2)
    return float((own > best).mean()), float(own.min()), float(best.max())


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "2")
    serve(_answer)
