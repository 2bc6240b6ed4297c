"""Operating points for the identification of labels: those that ship with the weights, and the laboratory's own."""

from functools import cache
from pathlib import Path

from pydantic import ValidationError

from engine.core.errors import ModelError
from engine.core.library import METHOD, SIMILARITY
from engine.core.operating import OperatingPoint
from engine.store import Store

MODELS = Path(__file__).parents[3] / "resources" / "models"
FILES = "operating_point*.json"


def label_points(store: Store, embedder_key: str, *, classified: bool) -> tuple[OperatingPoint, ...]:
    """Return the operating points for similarities of that key's vectors: those shipped, then those of the store.

    The ones for searches of all labels, or of likely classes where ``classified``, come after the others.
    """
    found = [
        point
        for point in (*_shipped(), *store.operating_points())
        if (point.method, point.score, point.settings.get("embedder_key")) == (METHOD, SIMILARITY, embedder_key)
    ]
    return tuple(sorted(found, key=lambda point: bool(point.settings.get("classified", False)) == classified))


def threshold_of(store: Store, embedder_key: str) -> float | None:
    """Return the threshold for all labels that was set last, in whatever domain; None where there is none."""
    points = label_points(store, embedder_key, classified=False)
    return points[-1].threshold if points else None


@cache
def _shipped() -> tuple[OperatingPoint, ...]:
    return tuple(_read(path) for path in sorted(MODELS.glob(f"*/{FILES}")))


def _read(path: Path) -> OperatingPoint:
    try:
        return OperatingPoint.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        remedy = "Install the program anew."
        raise ModelError("An operating point cannot be read", where=path.parent.name, remedy=remedy) from error
