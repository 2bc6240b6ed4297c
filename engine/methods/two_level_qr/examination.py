"""The method: reads a code, brings it to its original's pixel grid, and measures what is left of its patterns."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from engine.core.case import Capture
from engine.core.errors import ImagingError, InputError
from engine.core.finding import Caution, Direction, Finding, Overlay, Provenance, Raster, ScaleUsed, Score
from engine.core.method import Context, Inputs, MethodSettings, Pixels, SeriesParameters
from engine.core.pixels import Transform, TransformKind, resize_matrix
from engine.core.records import new_id
from engine.core.versions import versions
from engine.methods.two_level_qr.detection import Detection, detect
from engine.methods.two_level_qr.generation import Layout, layout
from engine.methods.two_level_qr.loss import Loss, LossPattern, levelled, pattern_of_loss
from engine.methods.two_level_qr.rectification import Reading, Rectified, read_codes, rectify
from engine.methods.two_level_qr.series import Series

MARGIN_PX = 4  # around the rectified code, beyond the reach of eq. (3)
RERUN = 1e-3  # interpolation and sums of float32, whose order depends on the processor
RERUN_DPI = 0.5
COARSE = 0.9  # capture pixels per original pixel, below which patterns are blurred by the capture itself


class Outcome(StrEnum):
    """What the examination came to."""

    MEASURED = "measured"
    NOT_READ = "no code read"
    OTHER_CODE = "another code"
    NO_SERIES = "code read, no series known"


class TwoLevelQrSettings(MethodSettings):
    """Options of the examination.

    reach_x_px, reach_y_px : how far eq. (3) looks for a module, in original pixels. The paper does not say; its
        run times with and without (1.8203 s and 0.0754 s, section 3.1) differ 24-fold, so it compared about 25 places.
    code_text : what the code says that is to be examined, where a capture shows several; empty: any.
    code_number : which of the codes that say so, counted from the top.
    """

    reach_x_px: int = Field(default=2, ge=0, le=6)
    reach_y_px: int = Field(default=2, ge=0, le=6)
    code_text: str = Field(default="", max_length=7_089)  # ISO/IEC 18004:2015, table 7: 40-L, digits
    code_number: int = Field(default=1, ge=1, le=1_000)


@dataclass(frozen=True, eq=False)
class ReadCapture:
    """A capture whose codes were read.

    Parameters
    ----------
    capture : Capture
        Its record.
    pixels : Pixels
        (H, W) grey or (H, W, 3) RGB.
    readings : tuple[Reading, ...]
        What ``read_codes`` found in them.
    """

    capture: Capture
    pixels: Pixels
    readings: tuple[Reading, ...]


class TwoLevelQr:
    """Measures how much of a series' patterns a printed code still shows."""

    key: ClassVar[str] = "two_level_qr"
    title: ClassVar[str] = "Two-level QR code: copy detection"
    citation: ClassVar[str] = (
        "Xie and Tan 2021, An Anti-Counterfeiting Architecture for Traceability System Based on Modified Two-Level "
        "Quick Response Codes, Electronics 10:320, equations (2) and (3)."
    )
    version: ClassVar[str] = "1"
    Settings: ClassVar[type[MethodSettings]] = TwoLevelQrSettings

    def examine(self, inputs: Inputs, settings: TwoLevelQrSettings, context: Context) -> Finding:
        """Examine the code that the questioned capture shows as a code of the given series; without one only read it.

        Raises
        ------
        InputError
            The references are not the parameters of a series.
        """
        series, questioned = _series(inputs), inputs.questioned
        pixels = questioned.pixels()
        context.check_cancelled()
        read = ReadCapture(questioned.capture, pixels, read_codes(pixels))
        context.check_cancelled()
        return self.examine_read(read, series, settings)

    def examine_read(self, read: ReadCapture, series: Series | None, settings: TwoLevelQrSettings) -> Finding:
        """Examine one code of a capture whose codes were read already; without a series nothing is measured."""
        wanted = [reading for reading in read.readings if settings.code_text in ("", reading.text)]
        if len(wanted) < settings.code_number:
            asked = " that says what was asked for" if settings.code_text and read.readings else ""
            text = f"No QR code{asked} can be read in the capture: it shows none, or too little of it, or too coarsely."
            caution = Caution(key="no code", text=text)
            return self._finding(read.capture, series, settings, Outcome.NOT_READ, [caution])
        reading = wanted[settings.code_number - 1]
        cautions = list(_reading_cautions(reading, read.readings))
        if series is None:
            cautions.append(Caution(key="no series", text="No series is known for the code, so nothing was measured."))
            return self._finding(read.capture, None, settings, Outcome.NO_SERIES, cautions)
        try:
            placed = _layout(reading, series)
            rectified = rectify(
                read.pixels, reading, placed, module_px=series.module_px,
                margin=MARGIN_PX + max(settings.reach_x_px, settings.reach_y_px),
            )  # fmt: skip
        except (ImagingError, InputError) as error:
            cautions.append(
                Caution(key="another code", text=f"Not a code of this series as it was issued: {error.what}.")
            )
            return self._finding(read.capture, series, settings, Outcome.OTHER_CODE, cautions)
        found, classes = _detected(rectified, placed, reading.text, series, settings)
        correlation = _on_modules(found.refined, placed)
        loss = pattern_of_loss(_on_modules(levelled(found.refined, classes), placed), seed=settings.seed)
        cautions += _measured_cautions(rectified, loss)
        overlays = _overlays(rectified, found, placed, series.module_px, read.capture.id)
        scores = (*_scores(found, correlation, loss), *_grid_scores(rectified, found, series))
        return self._finding(read.capture, series, settings, Outcome.MEASURED, cautions, scores, overlays)

    def _finding(
        self,
        capture: Capture,
        series: Series | None,
        settings: TwoLevelQrSettings,
        outcome: Outcome,
        cautions: list[Caution],
        scores: tuple[Score, ...] = (),
        overlays: tuple[Overlay, ...] = (),
    ) -> Finding:
        import cv2

        return Finding(
            id=new_id("finding"),
            method=self.key,
            title=self.title,
            capture_ids=(capture.id,),
            scales=(ScaleUsed(capture_id=capture.id, scale=capture.scale),),
            outcome=outcome.value,
            scores=scores,
            overlays=overlays,
            cautions=(*_standing_cautions(capture.simulated, series), *cautions),
            simulated=capture.simulated,
            provenance=Provenance(
                method=self.key,
                method_version=self.version,
                settings=settings.to_json(),
                input_sha256=(capture.sha256, *([series.sha256] if series else [])),
                seed=settings.seed,
                versions=versions("zxing-cpp"),
                threads=max(1, cv2.getNumThreads()),
            ),
        )


def _series(inputs: Inputs) -> Series | None:
    references = inputs.references
    if references is None:
        return None
    if not isinstance(references, SeriesParameters) or not isinstance(references.series, Series):
        raise InputError("A two-level QR code is examined against a series", remedy="Choose the series of the code.")
    return references.series


def _layout(reading: Reading, series: Series) -> Layout:
    if (reading.version, reading.error_level) != (series.version, series.error_level):
        raise InputError(
            f"it is of version {reading.version}-{reading.error_level}, "
            f"the series of version {series.version}-{series.error_level}"
        )
    if not reading.text:
        raise InputError("it says nothing")
    return layout(reading.text, series)


def _detected(
    rectified: Rectified, placed: Layout, text: str, series: Series, settings: TwoLevelQrSettings
) -> tuple[Detection, NDArray[np.intp]]:
    places = placed.places
    patterns, classes = series.textures(text, len(places))
    reach = settings.reach_x_px, settings.reach_y_px
    corners = places * series.module_px + rectified.margin
    return detect(rectified.lightness, corners, patterns, classes, reach=reach), classes


def _on_modules(values: NDArray[np.floating], placed: Layout) -> NDArray[np.float64]:
    """Return values of the textured modules, (N,) or (N, 2), on the grid of all modules; NaN elsewhere."""
    grid = np.full((*placed.textured.shape, *values.shape[1:]), np.nan)
    grid[placed.textured] = values
    return grid


def _score(key: str, title: str, value: float, unit: str = "", tolerance: float = RERUN) -> Score:
    direction = Direction.HIGHER_SAME if key.startswith("indicator") else Direction.DESCRIPTIVE
    return Score(key=key, title=title, value=value, unit=unit, direction=direction, tolerance=tolerance)


def _scores(found: Detection, correlation: NDArray[np.float64], loss: Loss) -> Iterable[Score]:
    kept = correlation[~np.isnan(correlation) & ~loss.lost]
    yield _score("indicator", "Authenticity indicator: mean correlation, refined", found.indicator)
    yield _score("indicator_unrefined", "The same at the ideal places", found.indicator_unrefined)
    yield _score("indicator_elsewhere", "Indicator outside local loss", float(kept.mean()))
    yield _score("lost_share", "Share of the modules in local loss", loss.share)
    yield _score("modules", "Modules measured", float(len(found.refined)))


def _grid_scores(rectified: Rectified, found: Detection, series: Series) -> Iterable[Score]:
    moved = float(np.sqrt((found.displacement.astype(np.float64) ** 2).sum(axis=1).mean()))
    dpi = rectified.capture_px * series.print_dpi
    yield _score("displacement_px", "Displacement of the modules, root mean square", moved, "original px")
    yield _score("residual_px", "Module edges against the grid, root mean square", rectified.residual_px, "original px")
    yield _score("agreement", "Correlation with the code's modules", rectified.agreement)
    yield _score("resolution_dpi", "Resolution of the capture, measured on the code", dpi, "dpi", RERUN_DPI)


def _overlays(
    rectified: Rectified, found: Detection, placed: Layout, side: int, capture_id: str
) -> tuple[Overlay, ...]:
    # Module (column, row) is centred on original pixel (side * column + (side - 1) / 2, ...).
    to_capture = rectified.to_capture.array() @ np.linalg.inv(resize_matrix(1 / side, 1 / side))
    grid = Transform.from_array(TransformKind.HOMOGRAPHY, to_capture)
    ideal = placed.places[:, ::-1] * float(side) + (side - 1) / 2
    moved = rectified.to_capture.apply(ideal + found.displacement) - rectified.to_capture.apply(ideal)
    longest = float(np.hypot(moved[:, 0], moved[:, 1]).max())
    return (
        Overlay(
            key="correlation",
            title="Correlation of the modules",
            capture_id=capture_id,
            grid_to_capture=grid,
            low=0.0,
            high=0.6,
            colour_map="cividis",
            meaning="Correlation of each module with its original pattern at its refined place. Empty: no pattern.",
            raster=Raster(_on_modules(found.refined, placed)),
        ),
        Overlay(
            key="displacement",
            title="Displacement of the modules",
            capture_id=capture_id,
            grid_to_capture=grid,
            low=0.0,
            high=max(longest, 1e-3),
            unit="px",
            colour_map="viridis",
            meaning="Where each module's pattern lies against the code's grid. Empty: no pattern.",
            raster=Raster(_on_modules(moved, placed)),
        ),
    )


def _standing_cautions(simulated: bool, series: Series | None) -> Iterable[Caution]:
    yield Caution(key="scores never decide", text="Scores describe the code; the examiner concludes.")
    text = "Investigative only: no operating point validated for these devices and materials was applied."
    yield Caution(key="investigative only", text=text)
    if series is not None:
        yield Caution(key="series", text=f"Series {series.name}, parameters {series.sha256}.")
    if simulated:
        yield Caution(key="simulated", text="The capture is simulated: the finding says nothing about real items.")


def _reading_cautions(reading: Reading, readings: tuple[Reading, ...]) -> Iterable[Caution]:
    yield Caution(key="code text", text=f"The code says: {reading.text}")
    if len(readings) > 1:
        text = f"The capture shows {len(readings)} codes; this finding is about one of them."
        yield Caution(key="several codes", text=text)


def _measured_cautions(rectified: Rectified, loss: Loss) -> Iterable[Caution]:
    if loss.pattern is LossPattern.LOCAL:
        text = (
            f"Correlation is lost locally, in {loss.share:.0%} of the modules (p = {loss.probability:.3f}): consistent "
            "with damage or a distorted print there. It lowers the indicator; see also the indicator outside the loss."
        )
    else:
        text = (
            "No place of the code stands out: a low indicator would be consistent with a copy rather than with damage."
        )
    yield Caution(key=f"{loss.pattern.value} loss", text=text)
    if rectified.capture_px < COARSE:
        text = (
            f"The capture has {rectified.capture_px:.2f} pixels for each pixel of the original: it blurs the patterns, "
            "and the indicator is low for that reason too. Scan at the print's resolution."
        )
        yield Caution(key="coarse capture", text=text)
