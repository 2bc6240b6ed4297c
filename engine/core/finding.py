"""What a method returns: scores, overlays, regions, matches, correspondences, warnings, provenance."""

from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, Field, model_validator

from engine.core.case import Identifier, Name, Scale, Sha256, Text
from engine.core.operating import Classification
from engine.core.pixels import Transform
from engine.core.records import Record, canonical_json, sha256_hex

Point = tuple[float, float]


class Direction(StrEnum):
    """What a higher score means."""

    HIGHER_SAME = "higher = more alike"
    LOWER_SAME = "lower = more alike"
    DESCRIPTIVE = "descriptive"


class Score(Record):
    """A number with a name, a unit and a direction. Scores never decide.

    ``value`` is None where the score could not be measured; a warning then says why.
    ``tolerance`` is the largest absolute difference that a re-run may show.
    """

    key: Name
    title: Name
    value: float | None
    unit: Text = ""
    direction: Direction = Direction.DESCRIPTIVE
    tolerance: Annotated[float, Field(ge=0)] = 1e-6


class Raster:
    """A read-only float32 array of an overlay: (H, W), or (H, W, 2) for displacements (dx, dy) in capture pixels.

    NaN marks cells without a measurement.
    """

    def __init__(self, values: NDArray[np.floating[Any]]) -> None:
        array = np.array(values, dtype="<f4", order="C", copy=True)
        if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] != 2) or array.size == 0:
            raise ValueError(f"a raster is (H, W) or (H, W, 2) and not empty, not {array.shape}")
        array.setflags(write=False)
        self.values: NDArray[np.float32] = array

    @cached_property
    def sha256(self) -> str:
        """SHA-256 over the shape and the little-endian float32 bytes."""
        return sha256_hex(canonical_json(list(self.values.shape)) + self.values.tobytes())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Raster) and self.sha256 == other.sha256

    def __hash__(self) -> int:
        return hash(self.sha256)


class Overlay(Record):
    """A map in a capture's coordinates, on its native grid.

    ``grid_to_capture`` takes grid cell centres (column, row) to capture pixels (x, y).
    ``low`` and ``high`` bound the colour scale; ``colour_map`` is ``cividis``, ``viridis`` or ``diverging``.
    ``raster`` is not part of the JSON form; its hash is.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    key: Name
    title: Name
    capture_id: Identifier
    grid_to_capture: Transform
    low: float
    high: float
    unit: Text = ""
    colour_map: Name = "cividis"
    meaning: Text = ""
    raster_sha256: Sha256 | None = None
    raster: Raster | None = Field(default=None, exclude=True, repr=False)

    @model_validator(mode="before")
    @classmethod
    def _record_the_hash(cls, values: Any) -> Any:
        if isinstance(values, dict) and values.get("raster") is not None and values.get("raster_sha256") is None:
            return {**values, "raster_sha256": values["raster"].sha256}
        return values

    def with_raster(self, raster: Raster) -> Self:
        """Return the overlay carrying its array; raises ValueError where the array is not the recorded one."""
        if raster.sha256 != self.raster_sha256:
            raise ValueError(f"overlay {self.key}: the array is not the recorded one")
        return self.model_copy(update={"raster": raster})


class Region(Record):
    """A polygon in a capture's pixels with its scores (a block, a module, a label)."""

    key: Name
    capture_id: Identifier
    polygon: tuple[Point, ...]
    scores: tuple[Score, ...] = ()


class Match(Record):
    """A ranked hit: what was found and how alike it is."""

    rank: Annotated[int, Field(ge=1)]
    reference: Name
    scores: tuple[Score, ...]


class Correspondence(Record):
    """The same physical point in the questioned and the known capture, in pixels of each.

    ``residual_um`` (or ``residual_px``, known pixels, where no scale is known) is the distance left after
    registration; ``held_out`` points took no part in fitting the transform. ``reference`` names the ranked match whose
    image ``known`` is in; None where that is the known capture.
    """

    questioned: Point
    known: Point
    residual_px: float
    residual_um: float | None = None
    held_out: bool = False
    reference: Name | None = None


class Caution(Record):
    """Something the reader of a finding must know, e.g. outside the validated domain."""

    key: Name
    text: Text


class ScaleUsed(Record):
    """The scale of a capture at the time of the finding; later re-scaling does not change it."""

    capture_id: Identifier
    scale: Scale | None


class Provenance(Record):
    """All that a re-run needs: method, version, settings, inputs, weights, precision, seed, versions, threads."""

    method: Name
    method_version: Name
    settings: dict[str, Any]
    input_sha256: tuple[Sha256, ...]
    weights_sha256: Sha256 | None = None
    precision: Text = "float32"
    seed: int
    versions: dict[str, str]
    threads: Annotated[int, Field(ge=1)]


class Finding(Record):
    """What a method found in its inputs. ``capture_ids[0]`` is the questioned capture."""

    id: Identifier
    case_id: Identifier | None = None
    method: Name
    title: Name
    capture_ids: tuple[Identifier, ...]
    scales: tuple[ScaleUsed, ...]
    outcome: Text = ""
    classification: Classification | None = None
    questioned_to_known: Transform | None = None
    scores: tuple[Score, ...] = ()
    overlays: tuple[Overlay, ...] = ()
    regions: tuple[Region, ...] = ()
    matches: tuple[Match, ...] = ()
    correspondences: tuple[Correspondence, ...] = ()
    cautions: tuple[Caution, ...] = ()
    simulated: bool = False
    provenance: Provenance

    @model_validator(mode="after")
    def _keys_are_unique(self) -> Self:
        for entries in (self.scores, self.overlays):
            keys = [entry.key for entry in entries]
            if len(set(keys)) != len(keys):
                raise ValueError(f"a finding names each score and overlay once, not {keys}")
        return self

    def score(self, key: str) -> Score:
        """Return the score of that key; raises KeyError."""
        for score in self.scores:
            if score.key == key:
                return score
        raise KeyError(key)
