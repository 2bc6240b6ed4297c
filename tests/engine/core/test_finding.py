"""Findings and their parts: what is refused, and that an overlay carries only the array it recorded."""

import numpy as np
import pytest
from pydantic import ValidationError

from engine.core.finding import Finding, Overlay, Provenance, Raster, Score
from engine.core.pixels import Transform

CAPTURE = "capture-0123456789abcdef"
PROVENANCE = Provenance(
    method="m", method_version="1", settings={}, input_sha256=("0" * 64,), seed=0, versions={}, threads=1
)


def finding(**parts: object) -> Finding:
    return Finding(
        id="finding-0123456789abcdef", method="m", title="M", capture_ids=(CAPTURE,), scales=(),
        provenance=PROVENANCE, **parts,
    )  # fmt: skip


def overlay(values: np.ndarray) -> Overlay:
    return Overlay(
        key="map", title="Map", capture_id=CAPTURE, grid_to_capture=Transform.identity(), low=0.0, high=1.0,
        raster=Raster(values),
    )  # fmt: skip


def test_a_score_is_named_once():
    score = Score(key="a", title="A", value=1.0)
    assert finding(scores=(score,)).score("a") == score
    with pytest.raises(ValidationError, match="once"):
        finding(scores=(score, score))


def test_an_overlay_is_named_once():
    part = overlay(np.zeros((2, 2)))
    with pytest.raises(ValidationError, match="once"):
        finding(overlays=(part, part))


def test_a_score_is_never_infinite():
    with pytest.raises(ValidationError):
        Score(key="a", title="A", value=float("inf"))


def test_an_overlay_takes_back_its_own_array_only():
    made = overlay(np.arange(6.0).reshape(2, 3))
    read = Overlay.from_json(made.to_json())
    assert read.raster is None
    assert read.with_raster(Raster(np.arange(6.0).reshape(2, 3))) == made
    with pytest.raises(ValueError, match="not the recorded one"):
        read.with_raster(Raster(np.arange(6.0).reshape(3, 2)))


def test_a_raster_cannot_be_changed_afterwards():
    values = np.zeros((2, 2))
    raster = Raster(values)
    values[0, 0] = 1.0
    assert raster.values[0, 0] == 0.0
    with pytest.raises(ValueError, match="read-only"):
        raster.values[0, 0] = 1.0


def test_an_unknown_field_of_a_foreign_record_is_refused():
    with pytest.raises(ValidationError):
        Score.from_json({"key": "a", "title": "A", "value": 1.0, "extra": 1})
