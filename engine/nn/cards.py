"""Model cards, and the weights they vouch for: safetensors parts that are joined here, and nothing else is read."""

from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from engine.core.case import Name, Sha256, Text
from engine.core.errors import ModelError
from engine.core.evaluations import Profile
from engine.core.records import Record, canonical_json, file_sha256, hash_of
from engine.nn.shape import NetworkSettings

CARD = "card.json"
PART_BYTES = 15_000_000  # a part stays below 16 MB
WEIGHTS_BYTES = 400_000_000  # more than that no card here has
CARD_BYTES = 4_000_000
Weights = dict[str, NDArray[np.float32]]


class WeightsPart(Record):
    """One file of weights, by its bytes."""

    file: Annotated[Name, Field(pattern=r"^[a-z0-9_-]+\.safetensors$")]
    sha256: Sha256
    byte_size: Annotated[int, Field(gt=0, le=PART_BYTES * 2)]


class CardFigure(Record):
    """A measured figure: what, how much, beside the paper's, and the command that measures it again."""

    name: Name
    value: float
    unit: Text = ""
    paper: Text = ""
    command: Text


class ModelCard(Record):
    """What a network is, what it was trained on, and how far to trust it.

    Parameters
    ----------
    preparing : str
        How its input is prepared; with ``preparation_version`` part of what vectors must share to be compared.
    precision : str
        ``float32``, or ``int8``: convolutions on 8-bit activations, 7-bit weights; the rest float32.
    ranges : dict[str, float]
        For int8, the largest input of each layer by its name.
    training, data : dict, str
        The settings of the training, and in words what it was trained on; ``data_sha256`` is the hash over the crops.
    simulated : bool
        Whether that was simulated; figures then hold for simulated captures alone.
    tolerance : float
        How far a similarity may differ between machines and from the torch reference.
    """

    key: Name
    title: Name
    method: Name
    profile: Profile
    network: NetworkSettings
    preparing: Name
    preparation_version: Name
    precision: Literal["float32", "int8"] = "float32"
    ranges: dict[str, float] = Field(default_factory=dict)
    classes: tuple[Name, ...]
    parts: tuple[WeightsPart, ...]
    training: dict[str, Any]
    data: Text
    data_sha256: Sha256
    simulated: bool
    seed: int
    versions: dict[str, str]
    tolerance: Annotated[float, Field(gt=0)]
    figures: tuple[CardFigure, ...] = ()

    @property
    def weights_sha256(self) -> str:
        """Hash over the hashes of all parts."""
        return hash_of([part.sha256 for part in self.parts])

    @property
    def comparable(self) -> str:
        """SHA-256 over all that vectors must share to be compared: weights, shape, preparation, precision."""
        parts = [self.weights_sha256, self.network.to_json(), self.preparing, self.preparation_version]
        return hash_of([*parts, self.precision, dict(sorted(self.ranges.items()))])


def save_weights(folder: Path, weights: Weights) -> tuple[WeightsPart, ...]:
    """Write weights as parts below 16 MB each and return what a card says of them."""
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("weights-*.safetensors"):
        old.unlink()
    groups: list[Weights] = [{}]
    size = 0
    for name, piece in _pieces(weights):
        if size + piece.nbytes > PART_BYTES:
            groups.append({})
            size = 0
        groups[-1][name] = piece
        size += piece.nbytes
    parts: list[WeightsPart] = []
    for number, group in enumerate(groups, start=1):
        path = folder / f"weights-{number}.safetensors"
        save_file(group, path)
        parts.append(WeightsPart(file=path.name, sha256=file_sha256(path), byte_size=path.stat().st_size))
    return tuple(parts)


def _pieces(weights: Weights) -> list[tuple[str, NDArray[np.float32]]]:
    """Return the weights by name, those larger than a part cut along their first axis: ``name#0``, ``name#1``, .."""
    pieces: list[tuple[str, NDArray[np.float32]]] = []
    for name in sorted(weights):
        value = np.ascontiguousarray(weights[name], dtype=np.float32)
        count = -(-value.nbytes // PART_BYTES)
        if count == 1:
            pieces.append((name, value))
        else:
            pieces += [
                (f"{name}#{k}", np.ascontiguousarray(part)) for k, part in enumerate(np.array_split(value, count))
            ]
    return pieces


def load_weights(folder: Path, card: ModelCard) -> Weights:
    """Return the weights that a card names, joined; raises ModelError where one byte of them differs."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    pieces: Weights = {}
    remedy = "Install the program anew, or name the folder of another model."
    if sum(part.byte_size for part in card.parts) > WEIGHTS_BYTES:
        raise ModelError("The card names more weights than any network here has", where=card.key, remedy=remedy)
    for part in card.parts:
        path = folder / part.file
        try:
            if path.stat().st_size != part.byte_size or file_sha256(path) != part.sha256:
                raise ModelError("The weights are not those of the card", where=part.file, remedy=remedy)
            pieces |= load(path.read_bytes())
        except (OSError, SafetensorError) as error:
            raise ModelError("The weights cannot be read", where=part.file, remedy=remedy) from error
    joined: dict[str, list[tuple[int, NDArray[np.float32]]]] = {}
    for name, value in pieces.items():
        whole, _, number = name.partition("#")
        joined.setdefault(whole, []).append((int(number or 0), np.asarray(value, dtype=np.float32)))
    return {
        name: values[0][1] if len(values) == 1 else np.concatenate([value for _, value in sorted(values, key=_number)])
        for name, values in joined.items()
    }


def _number(piece: tuple[int, NDArray[np.float32]]) -> int:
    return piece[0]


def load_card(folder: Path) -> ModelCard:
    """Return the card of a model's folder; raises ModelError that names the folder and what to do."""
    path = folder / CARD
    remedy = "Train it, or name the folder of another model."
    try:
        if path.stat().st_size > CARD_BYTES:
            raise ModelError("The model card is too large to be one", where=folder.name, remedy=remedy)
        return ModelCard.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ModelError("There is no model card", where=folder.name, remedy=remedy) from error
    except ValidationError as error:
        raise ModelError("The model card cannot be understood", where=folder.name, remedy=remedy) from error


def save_card(folder: Path, card: ModelCard) -> None:
    """Write the card, indented for those who read it."""
    import json

    text = json.dumps(json.loads(canonical_json(card.to_json())), indent=1, ensure_ascii=False)
    (folder / CARD).write_text(text + "\n", encoding="utf-8")
