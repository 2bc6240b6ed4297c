"""Comparison of two captures: registration, correlation map, local displacement, same design, same piece.

A general examination, no published method: it shows where and how far two captures agree, and decides nothing.
"""

from collections.abc import Iterable
from typing import ClassVar

import cv2
import numpy as np
from pydantic import Field

from engine.core.errors import ImagingError, InputError
from engine.core.finding import Caution, Direction, Finding, Overlay, Provenance, Raster, ScaleUsed, Score
from engine.core.method import Context, Inputs, KnownCaptures, MethodSettings, Pixels, PixelSource
from engine.core.pixels import Transform, TransformKind
from engine.core.records import new_id
from engine.core.versions import versions
from engine.imaging.correlation import CorrelationMap, correlation_map
from engine.imaging.identity import IdentityScore, same_design, same_piece
from engine.imaging.identity_shared import shared_structure
from engine.imaging.refine import Array, Mask
from engine.imaging.registration import Registration, RegistrationSettings, register
from engine.imaging.registration_common import Common, common_frame

LOW_FOCUS = 2e-4  # variance of the Laplacian: below, edges are wider than the structure that is compared
RERUN = 1e-3  # scores are sums of many float32 products, whose order depends on the threads


class ComparisonSettings(MethodSettings):
    """Options of a comparison.

    registration : how captures are brought together.
    window_px : side of a correlation window, in pixels of the coarser capture; smaller overlaps get smaller windows.
    step_px : distance of neighbouring windows, same unit.
    search_px : largest local displacement looked for, same unit.
    """

    registration: RegistrationSettings = RegistrationSettings()
    window_px: int = Field(default=64, ge=16, le=512, multiple_of=16)
    step_px: int = Field(default=16, ge=4, le=512, multiple_of=4)
    search_px: int = Field(default=8, ge=0, le=32)


class CaptureComparison:
    """Registers a questioned capture with a known one and maps how far they agree."""

    key: ClassVar[str] = "capture_comparison"
    title: ClassVar[str] = "Comparison of two captures"
    citation: ClassVar[str] = (
        "General examination. Registration: Lowe 2004 (keypoints), Baker and Matthews 2004 (refinement); "
        "maps: normalised cross-correlation, Lewis 1995."
    )
    version: ClassVar[str] = "1"
    Settings: ClassVar[type[MethodSettings]] = ComparisonSettings

    def examine(self, inputs: Inputs, settings: ComparisonSettings, context: Context) -> Finding:
        """Compare the questioned capture with the one known capture of the inputs.

        Raises
        ------
        InputError
            The references are not exactly one known capture, or a window is not a multiple of the step.
        """
        questioned, known = inputs.questioned, _only_known(inputs)
        if settings.window_px % settings.step_px:
            raise InputError("The window must be a multiple of the step", remedy="For example 64 and 16.")
        pixels = questioned.pixels(), known.pixels()
        captures = questioned.capture, known.capture
        scales = tuple(None if capture.scale is None else capture.scale.um_per_px for capture in captures)
        both = (scales[0], scales[1]) if scales[0] is not None and scales[1] is not None else None
        found = register(*pixels, um_per_px=both, settings=settings.registration, context=context)
        context.check_cancelled()
        common = None if found.transform is None else common_frame(*pixels, found.transform, scales[0])
        mapped = None if common is None else _mapped(common, settings)
        identity = _identity(found, common, pixels)
        return Finding(
            id=new_id("finding"),
            method=self.key,
            title=self.title,
            capture_ids=(captures[0].id, captures[1].id),
            scales=tuple(ScaleUsed(capture_id=capture.id, scale=capture.scale) for capture in captures),
            outcome=found.outcome.value,
            questioned_to_known=found.transform,
            scores=tuple(_scores(found, common, mapped, identity)),
            overlays=() if common is None or mapped is None else _overlays(common, mapped, captures[0].id),
            correspondences=found.correspondences,
            cautions=tuple(_cautions(questioned, known, found, mapped, identity)),
            simulated=any(capture.simulated for capture in captures),
            provenance=self._provenance(captures[0].sha256, captures[1].sha256, settings),
        )

    def _provenance(self, questioned: str, known: str, settings: ComparisonSettings) -> Provenance:
        return Provenance(
            method=self.key,
            method_version=self.version,
            settings=settings.to_json(),
            input_sha256=(questioned, known),
            seed=settings.seed,
            versions=versions(),
            threads=max(1, cv2.getNumThreads()),
        )


def _only_known(inputs: Inputs) -> PixelSource:
    if not isinstance(inputs.references, KnownCaptures) or len(inputs.references.sources) != 1:
        raise InputError("A comparison needs exactly one known capture", remedy="Choose one known capture.")
    return inputs.references.sources[0]


def _mapped(common: Common, settings: ComparisonSettings) -> CorrelationMap | None:
    """Return the correlation map, its windows at most a third of the frame; None where even that is too small."""
    enlarged = 1.0 / common.pixel if common.pixel < 1 else 1.0
    step = max(4, int(settings.step_px * enlarged) // 4 * 4)
    windows = settings.window_px // settings.step_px
    while step > 4 and windows * step > min(common.seen.shape) / 3:
        step -= 4
    try:
        return correlation_map(
            common.questioned, common.known, window=windows * step, step=step, search=settings.search_px,
            seen=common.seen,
        )  # fmt: skip
    except ImagingError:
        return None


def _identity(
    found: Registration, common: Common | None, pixels: tuple[Pixels, Pixels]
) -> tuple[IdentityScore, IdentityScore]:
    """Return same design and same piece; neither can be measured without a registration."""
    if common is None or found.transform is None:
        missing = IdentityScore(None, "Without a registration the captures cannot be compared place by place.")
        return missing, missing
    return same_design(common, _shared(common, found.transform, pixels)), same_piece(common)


def _shared(common: Common, transform: Transform, pixels: tuple[Pixels, Pixels]) -> Mask | None:
    """Return what the symbology shares on the common frame, from whichever capture shows a whole code."""
    shape = common.seen.shape
    to_known: Array = transform.array() @ common.to_questioned
    for capture, to_capture in zip(pixels, (common.to_questioned, to_known), strict=True):
        shared = shared_structure(capture)
        if shared is not None:
            return shared.mask(shape, to_capture)
    return None


def _scores(
    found: Registration,
    common: Common | None,
    mapped: CorrelationMap | None,
    identity: tuple[IdentityScore, IdentityScore],
) -> Iterable[Score]:
    def score(key: str, title: str, value: float | None, unit: str = "", direction: Direction | None = None) -> Score:
        return Score(
            key=key,
            title=title,
            value=value,
            unit=unit,
            direction=direction or Direction.DESCRIPTIVE,
            tolerance=RERUN * max(1.0, abs(value or 0.0)),
        )

    evidence = found.evidence
    mean = None
    if mapped is not None and not np.isnan(mapped.correlation).all():
        mean = float(np.nanmean(mapped.correlation))
    yield score(
        "residual_px", "RMS residual of the held-out points that agree", found.residual_px, "px", Direction.LOWER_SAME
    )
    yield score(
        "residual_um", "RMS residual of the held-out points that agree", found.residual_um, "um", Direction.LOWER_SAME
    )
    median = evidence.get("held_out_median_px")
    yield score("held_out_median_px", "Median residual of all held-out points", median, "px", Direction.LOWER_SAME)
    yield score("held_out_points", "Held-out points that agree", evidence.get("held_out_points"))
    yield score("held_out_agreement", "Share of the held-out points that agree", evidence.get("held_out_agreement"))
    yield score("overlap", "Share of the questioned capture in the known one", common.overlap if common else None)
    yield score("mean_correlation", "Mean local correlation", mean, "", Direction.HIGHER_SAME)
    yield score("same_design", "Same design: correlation of shapes", identity[0].value, "", Direction.HIGHER_SAME)
    piece = "Same piece: correlation of fine structure in flat areas"
    yield score("same_piece", piece, identity[1].value, "", Direction.HIGHER_SAME)
    yield score("agreement", "Share of textured blocks that agree", evidence.get("agreement"))
    yield score("margin", "Margin over the second-best placement (Fisher z)", evidence.get("margin"))
    yield score("rival_correlation", "Correlation at the second-best placement", evidence.get("rival_correlation"))
    yield score("keypoint_inliers", "Keypoints that support the placement", evidence.get("keypoint_inliers"))


def _overlays(common: Common, mapped: CorrelationMap, capture_id: str) -> tuple[Overlay, ...]:
    to_capture = common.to_questioned @ mapped.grid_to_a.array()
    grid = Transform.from_array(TransformKind.AFFINE, to_capture)
    # Displacements are measured in frame pixels; the frame is only scaled against the capture, not turned.
    scale = np.array([common.to_questioned[0, 0], common.to_questioned[1, 1]], dtype=np.float32)
    moved = mapped.displacement * scale
    lengths = np.hypot(moved[..., 0], moved[..., 1])
    longest = float(np.nanmax(lengths)) if not np.isnan(lengths).all() else 0.0
    window = f"windows of {mapped.window} x {mapped.window} frame pixels every {mapped.step}"
    return (
        Overlay(
            key="correlation",
            title="Local correlation",
            capture_id=capture_id,
            grid_to_capture=grid,
            low=-1.0,
            high=1.0,
            colour_map="diverging",
            meaning=f"Normalised cross-correlation at the best local displacement, {window}. Empty: no texture.",
            raster=Raster(mapped.correlation),
        ),
        Overlay(
            key="displacement",
            title="Local displacement",
            capture_id=capture_id,
            grid_to_capture=grid,
            low=0.0,
            high=max(longest, 1e-3),
            unit="px",
            colour_map="viridis",
            meaning=f"Where the known capture's structure lies beyond the plane registration, {window}.",
            raster=Raster(moved),
        ),
    )


def _cautions(
    questioned: PixelSource,
    known: PixelSource,
    found: Registration,
    mapped: CorrelationMap | None,
    identity: tuple[IdentityScore, IdentityScore],
) -> Iterable[Caution]:
    yield Caution(key="scores never decide", text="Scores describe agreement; the examiner concludes.")
    if found.outcome != "registered":
        yield Caution(key="registration", text=found.reason)
    for name, source in (("questioned", questioned), ("known", known)):
        capture = source.capture
        if capture.scale is None:
            text = f"The scale of the {name} capture is unknown: no micrometres, and the ratio of scales is estimated."
            yield Caution(key=f"unknown scale {name}", text=text)
        if capture.quality.focus < LOW_FOCUS:
            yield Caution(key=f"low focus {name}", text=f"The {name} capture is out of focus; fine structure is lost.")
    if any(source.capture.simulated for source in (questioned, known)):
        yield Caution(key="simulated", text="A capture is simulated: the finding says nothing about real items.")
    if found.outcome == "registered":
        if found.evidence["point_spread"] < 0.6:
            text = "The points that agree cover part of the overlap; elsewhere the transform is extrapolated."
            yield Caution(key="extrapolation", text=text)
        if found.bent:
            text = "The captures differ by a smooth distortion; residuals are after a displacement field, see its map."
            yield Caution(key="distortion", text=text)
        if mapped is None:
            yield Caution(key="no map", text="The overlap is too small for a correlation map.")
    for key, score in (("same design", identity[0]), ("same piece", identity[1])):
        if score.value is None:
            yield Caution(key=f"{key} not measured", text=score.caution)
