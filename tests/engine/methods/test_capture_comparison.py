"""The comparison of two captures returns a complete finding, whatever the outcome."""

import cv2
import numpy as np
import pytest

from engine.core.case import Capture, Device, Quality, Scale, ScaleSource
from engine.core.errors import InputError
from engine.core.finding import Finding
from engine.core.method import Inputs, KnownCaptures
from engine.core.records import sha256_hex
from engine.core.seeds import generator
from engine.jobs import JobContext
from engine.methods import METHODS, method
from engine.methods.capture_comparison import CaptureComparison, ComparisonSettings


class Held:
    """A capture whose pixels are held in memory."""

    def __init__(self, number: int, pixels: np.ndarray, um_per_px: float | None, simulated: bool = False) -> None:
        self._pixels = pixels
        scale = None
        if um_per_px is not None:
            scale = Scale(
                um_per_px_x=um_per_px, um_per_px_y=um_per_px, source=ScaleSource.ACTOR, relative_uncertainty=0.01
            )
        self.capture = Capture(
            id=f"capture-{number:016x}",
            item_id=f"item-{number:016x}",
            sha256=sha256_hex(pixels.tobytes()),
            page=0,
            file_name="capture.png",
            media_type="image/png",
            byte_size=1,
            width=pixels.shape[1],
            height=pixels.shape[0],
            channels=1,
            bit_depth=8,
            device=Device.SCANNER,
            scale=scale,
            quality=Quality(focus=0.01, clipped_low=0, clipped_high=0, noise=0.01),
            simulated=simulated,
        )

    def pixels(self) -> np.ndarray:
        return self._pixels


def texture(seed: int) -> np.ndarray:
    noise = generator(seed, "texture").standard_normal((300, 300)).astype(np.float32)
    image = sum(cv2.GaussianBlur(noise, (0, 0), sigma) * sigma for sigma in (1.5, 4.0))
    return np.clip(128 + 60 * image / image.std(), 0, 255).astype(np.uint8)


def examined(questioned: Held, known: Held, **options: object) -> Finding:
    inputs = Inputs(questioned, KnownCaptures((known,)))
    return CaptureComparison().examine(inputs, ComparisonSettings(**options), JobContext())


@pytest.fixture(scope="module")
def shifted() -> Finding:
    image = texture(1)
    return examined(Held(1, image[:260, :260], 10.0), Held(2, image[20:280, 30:290], 10.0, simulated=True))


def test_the_table_leads_to_the_method():
    assert METHODS["capture_comparison"] == "engine.methods.capture_comparison:CaptureComparison"
    assert method("capture_comparison") is CaptureComparison
    with pytest.raises(InputError, match="no method"):
        method("other")


def test_a_shifted_capture_is_registered_with_overlays_and_points(shifted):
    assert shifted.outcome == "registered"
    matrix = shifted.questioned_to_known.array()
    assert np.abs(matrix[:2, 2] - [-30, -20]).max() < 0.1
    assert shifted.score("mean_correlation").value > 0.98
    assert shifted.score("residual_um").value == pytest.approx(10 * shifted.score("residual_px").value)
    assert {overlay.key for overlay in shifted.overlays} == {"correlation", "displacement"}
    assert all(overlay.capture_id == shifted.capture_ids[0] and overlay.raster for overlay in shifted.overlays)
    assert any(point.held_out for point in shifted.correspondences)


def test_the_map_lies_where_both_captures_show_something(shifted):
    overlay = next(overlay for overlay in shifted.overlays if overlay.key == "correlation")
    values = overlay.raster.values
    first = overlay.grid_to_capture.apply(np.array([[0.0, 0.0]]))[0]
    last = overlay.grid_to_capture.apply(np.array([[values.shape[1] - 1, values.shape[0] - 1]]))[0]
    assert first.min() >= 15
    assert last.max() <= 260


def test_a_finding_carries_its_provenance_and_its_cautions(shifted):
    provenance = shifted.provenance
    assert provenance.method == "capture_comparison"
    assert provenance.settings == ComparisonSettings().to_json()
    assert len(provenance.input_sha256) == 2
    assert {"numpy", "opencv-python-headless", "scipy"} <= set(provenance.versions)
    keys = {caution.key for caution in shifted.cautions}
    assert {"scores never decide", "simulated"} <= keys
    assert shifted.simulated
    assert Finding.from_json(shifted.to_json()).to_json() == shifted.to_json()


def test_unlike_captures_give_a_finding_without_transform_or_identity_scores():
    found = examined(Held(1, texture(2), None), Held(2, texture(3), None))
    assert found.outcome == "not registrable"
    assert found.questioned_to_known is None
    assert found.overlays == ()
    assert found.correspondences == ()
    assert found.score("same_design").value is None
    assert found.score("same_piece").value is None
    assert {"unknown scale questioned", "same design not measured", "same piece not measured"} <= {
        caution.key for caution in found.cautions
    }


def test_a_repeated_examination_gives_the_same_scores_and_rasters(shifted):
    image = texture(1)
    again = examined(Held(1, image[:260, :260], 10.0), Held(2, image[20:280, 30:290], 10.0, simulated=True))
    for first, second in zip(shifted.scores, again.scores, strict=True):
        assert (first.value is None) == (second.value is None)
        assert first.value is None or abs(first.value - second.value) <= first.tolerance
    assert [overlay.raster_sha256 for overlay in again.overlays] == [o.raster_sha256 for o in shifted.overlays]


def test_one_known_capture_and_a_fitting_window_are_asked_for():
    source = Held(1, texture(4), 10.0)
    with pytest.raises(InputError, match="exactly one"):
        CaptureComparison().examine(Inputs(source), ComparisonSettings(), JobContext())
    with pytest.raises(InputError, match="multiple"):
        examined(source, source, window_px=64, step_px=24)
