"""An operating point stands in a report with what it says of a finding, its provenance, rates and domain."""

import io
import json

import numpy as np
import pypdf
import pytest

from engine.core.case import Device
from engine.core.codes import Scheme, SeriesFacts
from engine.core.operating import Classification, Domain, Interval, OperatingPoint, Rate, ScoreSet
from engine.core.pixels import Transform, TransformKind
from engine.report.content import ReportedPoint
from engine.report.differences import compare_findings
from engine.report.figures import overlay_figure
from engine.report.manifest import ATTACHMENT
from engine.report.render import render_pdf
from engine.report.visible import collapsed
from tests.engine.report.conftest import EXAMINER

SERIES = SeriesFacts(
    name="Series 7", scheme=Scheme.UNIQUE, pattern_count=0, module_px=12, black_px=72, print_dpi=600, version=4,
    error_level="M", epsilon=None, sha256="5e" * 32,
)  # fmt: skip
POINT = OperatingPoint(
    id="point-0000000000000001",
    name="Press A, 2026",
    method="two_level_qr",
    method_version="1",
    settings={},
    series_sha256=SERIES.sha256,
    score="indicator",
    threshold=0.2791,
    rule="the middle of two means",
    domain=Domain(
        simulated=True, capture_device=Device.SCANNER, scanner="Scanner B", printer="Printer C", dpi_low=570,
        dpi_high=630, material="paper of 80 g",
    ),
    tuning=ScoreSet(genuine=(0.3, 0.31, 0.32), counterfeit=(0.2, 0.21), data_sha256="7a" * 32),
    test=ScoreSet(genuine=(0.3,) * 12, counterfeit=(0.2,) * 11, data_sha256="7b" * 32),
    far=Rate(
        events=1, trials=11, objects=11, interval=Interval(low=0.002, high=0.413, level=0.95, method="Clopper-Pearson")
    ),
    frr=Rate(events=0, trials=12, interval=Interval(low=0, high=0.265, level=0.95, method="Clopper-Pearson")),
)  # fmt: skip


def said(passes: bool | None, *, within: bool = True) -> Classification:
    return Classification(
        operating_point_id=POINT.id, operating_point=POINT.name, score="indicator", threshold=POINT.threshold,
        within_domain=within, passes=passes, reason="Indicator 0.301 >= threshold 0.279.",
    )  # fmt: skip


def classified(made, classification):
    entry = made.content.findings[0]
    finding = entry.finding.model_copy(update={"classification": classification})
    changes = {
        "findings": (entry.model_copy(update={"finding": finding}),),
        "points": (ReportedPoint(point=POINT, approver=EXAMINER, approved="2026-02-20T10:00:00Z"),),
        "series": (SERIES,),
    }
    return made.content.model_copy(update=changes)


@pytest.fixture(scope="module")
def printed(made):
    data = render_pdf(classified(made, said(True)), made.figures)
    return data, collapsed("".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages))


@pytest.mark.parametrize(
    "text",
    [
        "At or above the threshold Indicator 0.301 >= threshold 0.279. Operating point Press A, 2026",
        "indicator \u2265 0.2791 passes; the middle of two means",
        "False accept rate 9.09 % (1 of 11 on 11 objects); 95 % interval 0.2 to 41.3 % (Clopper-Pearson)",
        "False reject rate 0 % (0 of 12); 95 % interval 0 to 26.5 %",
        "Tuning 3 genuine and 2 counterfeit objects",
        "simulated captures by scanner (Scanner B), 570 to 630 dpi, printed by Printer C, on paper of 80 g",
        "Set by Examiner 1 (examiner), 2026-02-20 10:00:00 UTC",
        "Series 7 Parameters, SHA-256 " + "5e" * 32,
        "7b" * 32,
    ],
)
def test_the_pages_tell_what_the_point_says_and_what_it_rests_on(printed, text):
    assert collapsed(text) in printed[1]


def test_the_manifest_holds_point_and_series(printed):
    (attached,) = pypdf.PdfReader(io.BytesIO(printed[0])).attachments[ATTACHMENT]
    content = json.loads(attached)["content"]
    assert content["points"][0]["point"] == POINT.to_json()
    assert content["series"] == [SERIES.to_json()]


@pytest.mark.parametrize(
    ("classification", "title"),
    [
        (said(False), "Below the threshold"),
        (said(None), "Inconclusive"),
        (said(None, within=False), "Not classified"),
    ],
)
def test_each_answer_has_its_words(made, classification, title):
    pages = pypdf.PdfReader(io.BytesIO(render_pdf(classified(made, classification)))).pages
    assert collapsed(title) in collapsed("".join(page.extract_text() for page in pages))


def test_another_classification_is_a_difference_and_another_wording_is_none(made):
    def with_(classification):
        return made.finding.model_copy(update={"classification": classification})

    reworded = said(True).model_copy(update={"reason": "Indicator 0.302 >= threshold 0.279."})
    assert compare_findings(with_(said(True)), with_(reworded)) == ()
    for other in (said(None), None):
        assert [each.where for each in compare_findings(with_(said(True)), with_(other))] == ["classification"]


def test_an_overlay_on_a_small_part_of_a_capture_is_shown_with_its_surroundings(made):
    overlay = made.finding.overlays[0]
    rows, columns = overlay.raster.values.shape
    grid = Transform.from_array(TransformKind.AFFINE, np.array([[4.0, 0, 1000], [0, 4.0, 600]]))
    page = np.full((2000, 3000), 200, dtype=np.uint8)
    page[590:610] = 10
    placed = overlay.model_copy(update={"grid_to_capture": grid})
    (panel,) = overlay_figure("x", "", "", page, placed, None, close=True).panels
    aspect = panel.picture.width / panel.picture.height
    assert aspect == pytest.approx(columns / rows, rel=0.05)
    assert "part of the capture, from (" in panel.extent
    assert "whole capture" in overlay_figure("x", "", "", page, placed, None).panels[0].extent
    part = overlay_figure("x", "", "", page[500:800, 950:1250], placed, None, close=True)
    assert "whole capture" in part.panels[0].extent
