"""A made-up case with everything a report can carry; all images are drawn here."""

from dataclasses import dataclass

import cv2
import numpy as np
import pytest

from engine.core.case import (
    Actor,
    Capture,
    Case,
    Device,
    Item,
    Opinion,
    Quality,
    Role,
    Scale,
    ScaleSource,
    Standing,
)
from engine.core.finding import (
    Caution,
    Correspondence,
    Direction,
    Finding,
    Overlay,
    Provenance,
    Raster,
    ScaleUsed,
    Score,
)
from engine.core.pixels import Transform, TransformKind
from engine.core.records import sha256_hex
from engine.core.seeds import generator
from engine.report.content import (
    ExaminedItem,
    Figure,
    MethodUsed,
    ReportContent,
    ReportedFinding,
    ReportedOpinion,
)
from engine.report.figures import evidence_figure, overlay_figure, pair_figure
from engine.report.render import render_pdf

SCANNER = Scale(um_per_px_x=42.333, um_per_px_y=42.333, source=ScaleSource.FILE_TAG, relative_uncertainty=0.01)
MICROSCOPE = Scale(
    um_per_px_x=10.02, um_per_px_y=10.02, source=ScaleSource.CALIBRATION_TARGET, relative_uncertainty=0.002
)
EXAMINER = Actor(id="actor-00000000000000a1", name="Examiner 1", role=Role.EXAMINER)
HEAD = sha256_hex(b"head")


@dataclass(frozen=True)
class Made:
    """A report ready to be rendered, and the finding's overlays as arrays."""

    content: ReportContent
    figures: tuple[Figure, ...]
    finding: Finding


def print_pattern(size: int = 480, module: int = 12) -> np.ndarray:
    """Return a printed-code-like pattern, uint8 grey."""
    cells = generator(7, "pattern").random((size // module, size // module)) < 0.5
    ink = np.kron(cells, np.ones((module, module)))
    noise = generator(7, "noise").normal(0, 6, ink.shape)
    return np.clip(cv2.GaussianBlur(235 - 185 * ink, (0, 0), 1.6) + noise, 0, 255).astype(np.uint8)


def capture(number: int, item_id: str, pixels: np.ndarray, device: Device, scale: Scale | None, **more) -> Capture:
    return Capture(
        id=f"capture-{number:016x}",
        item_id=item_id,
        sha256=sha256_hex(pixels.tobytes()),
        page=0,
        file_name=f"{device.value}-{number}.tif",
        media_type="image/tiff",
        byte_size=pixels.nbytes,
        width=pixels.shape[1],
        height=pixels.shape[0],
        channels=1 if pixels.ndim == 2 else 3,
        bit_depth=8,
        device=device,
        scale=scale,
        quality=Quality(focus=0.0132, clipped_low=0.0004, clipped_high=0.0121, noise=0.0235),
        **more,
    )


def make_report(*, scaled: bool = True, simulated: bool = True) -> Made:
    """Return a report of one questioned and one known item."""
    questioned = cv2.cvtColor(print_pattern(), cv2.COLOR_GRAY2RGB)
    turn = cv2.getRotationMatrix2D((240, 240), 17, 3.2)
    turn[:, 2] += 180
    known = cv2.warpAffine(questioned, turn, (900, 800), borderValue=(225, 228, 230), flags=cv2.INTER_CUBIC)
    transform = Transform.from_array(TransformKind.SIMILARITY, turn)
    scales = (SCANNER, MICROSCOPE) if scaled else (None, None)
    items = (
        Item(
            id="item-0000000000000001",
            case_id="case-0000000000000001",
            name="Label Q1",
            standing=Standing.QUESTIONED,
            condition="Torn at the left edge, slightly soiled",
            received="2026-02-27",
            simulated=simulated,
        ),
        Item(
            id="item-0000000000000002",
            case_id="case-0000000000000001",
            name="Reference print K1",
            standing=Standing.KNOWN,
            condition="As new",
            received="2026-02-27",
            simulated=simulated,
        ),
    )
    captures = (
        capture(1, items[0].id, questioned, Device.SCANNER, scales[0], simulated=simulated),
        capture(2, items[1].id, known, Device.MICROSCOPE, scales[1], simulated=simulated),
    )
    finding = make_finding(captures, transform, simulated)
    content = make_content(items, captures, finding)
    names = ("Questioned: Label Q1", "Known: Reference print K1")
    figures = (
        pair_figure(
            "pair",
            "The area that both captures show, side by side in one frame.",
            names,
            questioned,
            known,
            scales,
            transform,
            correspondences=finding.correspondences,
            finding_id=finding.id,
        ),
        *(
            overlay_figure(
                overlay.key,
                f"{overlay.title} over the questioned capture.",
                names[0],
                questioned,
                overlay,
                scales[0],
                finding_id=finding.id,
            )
            for overlay in finding.overlays
        ),
        evidence_figure("known", "The known capture as it was taken in.", names[1], known, scales[1]),
    )
    return Made(content, figures, finding)


def make_finding(captures, transform, simulated) -> Finding:
    rng = generator(3, "finding")
    grid = Transform.from_array(TransformKind.AFFINE, np.array([[16.0, 0, 24], [0, 16, 24]]))
    rows, columns = np.mgrid[0:28, 0:28] / 28
    correlation = (0.95 - 0.5 * np.exp(-((rows - 0.3) ** 2 + (columns - 0.6) ** 2) / 0.02)).astype(np.float32)
    correlation[-4:, :6] = np.nan
    displacement = np.stack([np.sin(3 * rows) * 0.4, np.cos(3 * columns) * 0.4], axis=2).astype(np.float32)
    scaled = captures[0].scale is not None
    points = rng.uniform(60, 400, (40, 2))
    mapped = transform.apply(points)
    return Finding(
        id="finding-0000000000000001",
        case_id="case-0000000000000001",
        method="capture_comparison",
        title="Comparison of scanner-1.tif with microscope-2.tif",
        capture_ids=(captures[0].id, captures[1].id),
        scales=tuple(ScaleUsed(capture_id=c.id, scale=c.scale) for c in captures),
        outcome="registered",
        questioned_to_known=transform,
        scores=(
            Score(
                key="residual_px",
                title="Residual on held-out points",
                value=0.4127,
                unit="px",
                direction=Direction.LOWER_SAME,
                tolerance=0.01,
            ),
            Score(
                key="residual_um",
                title="Residual on held-out points, length",
                value=17.47 if scaled else None,
                unit="um",
                direction=Direction.LOWER_SAME,
                tolerance=0.5,
            ),
            Score(
                key="mean_correlation",
                title="Mean correlation",
                value=0.9134,
                direction=Direction.HIGHER_SAME,
                tolerance=0.001,
            ),
            Score(
                key="same_design", title="Same design", value=0.9871, direction=Direction.HIGHER_SAME, tolerance=0.001
            ),
            Score(
                key="same_piece", title="Same piece", value=-0.2135, direction=Direction.HIGHER_SAME, tolerance=0.001
            ),
            Score(key="held_out_points", title="Held-out points", value=20, unit="points"),
        ),
        overlays=(
            Overlay(
                key="correlation",
                title="Local correlation",
                capture_id=captures[0].id,
                grid_to_capture=grid,
                low=0.0,
                high=1.0,
                colour_map="cividis",
                raster=Raster(correlation),
            ),
            Overlay(
                key="displacement",
                title="Local displacement",
                capture_id=captures[0].id,
                grid_to_capture=grid,
                low=0.0,
                high=0.8,
                unit="px",
                colour_map="viridis",
                raster=Raster(displacement),
            ),
        ),
        correspondences=tuple(
            Correspondence(questioned=tuple(a), known=tuple(b), residual_px=0.3, held_out=bool(i % 2))
            for i, (a, b) in enumerate(zip(points.tolist(), mapped.tolist(), strict=True))
        ),
        cautions=(Caution(key="domain", text="Investigative only: the devices are outside the validated domain."),),
        simulated=simulated,
        provenance=Provenance(
            method="capture_comparison",
            method_version="1",
            settings={"window_px": 64, "step_px": 16, "refine": True, "seed": 0},
            input_sha256=tuple(c.sha256 for c in captures),
            seed=0,
            versions={"touchstone": "0.1.0", "numpy": "2.4.6", "opencv-python-headless": "5.0.0.93"},
            threads=2,
        ),
    )


def make_content(items, captures, finding) -> ReportContent:
    return ReportContent(
        laboratory="Central Label Laboratory",
        address="12 Assay Street, 1000 Touchton",
        location="Room 3, main building",
        number="TL-2026-0014",
        title="Report of examination",
        case=Case(
            id="case-0000000000000001",
            title="Suspected copies of a printed code",
            reference="Ref. 88/2026",
            customer="Customs Office North",
        ),
        methods=(
            MethodUsed(
                key="capture_comparison",
                title="Comparison of two captures",
                version="1",
                citation="Windowed normalised cross-correlation after registration; laboratory procedure LP-7.",
            ),
        ),
        items=(
            ExaminedItem(item=items[0], captures=(captures[0],)),
            ExaminedItem(item=items[1], captures=(captures[1],)),
        ),
        findings=(ReportedFinding(finding=finding, examiner=EXAMINER, made="2026-03-01T09:30:00.123456Z"),),
        opinions=(
            ReportedOpinion(
                opinion=Opinion(
                    id="opinion-0000000000000001",
                    case_id="case-0000000000000001",
                    text="The questioned label carries the same design as the reference print.\n\n"
                    "The scores do not support that both captures show one physical piece.",
                    finding_ids=(finding.id,),
                ),
                author=EXAMINER,
                given="2026-03-01T10:00:00.000000Z",
            ),
        ),
        examined=("2026-03-01T09:30:00.123456Z", "2026-03-01T10:00:00.000000Z"),
        issued="2026-03-02T08:15:30.500000Z",
        deviations="The left edge was not examined.",
        authoriser=EXAMINER,
        head_sequence=42,
        head_hash=HEAD,
    )


@pytest.fixture(scope="session")
def made() -> Made:
    """Return a rich report on simulated captures with known scales."""
    return make_report()


@pytest.fixture(scope="session")
def unscaled() -> Made:
    """Return the same report on captures that are not simulated and have no scale."""
    return make_report(scaled=False, simulated=False)


@pytest.fixture(scope="session")
def pdf(made) -> bytes:
    """Return the rich report as a PDF."""
    return render_pdf(made.content, made.figures)
