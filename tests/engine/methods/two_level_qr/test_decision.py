"""Operating points classify within their domain, and say nothing where they cannot know."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.core.case import Capture, Device
from engine.core.finding import Caution, Finding, Provenance, ScaleUsed, Score
from engine.core.operating import Domain, Interval, OperatingPoint, Rate, ScoreSet
from engine.methods.two_level_qr.decision import classify, decided, pattern_of_loss_of
from engine.methods.two_level_qr.examination import TwoLevelQrSettings
from tests.engine.methods.two_level_qr.samples import Held

SERIES = "5" * 64
THRESHOLD = 0.28
CAPTURE = Held(np.zeros((9, 9), dtype=np.uint8)).capture
INTERVAL = Interval(low=0.0, high=0.2, level=0.95, method="Clopper-Pearson")
SCORES = ScoreSet(genuine=(0.3, 0.34), counterfeit=(0.24, 0.25), data_sha256="d" * 64)
POINT = OperatingPoint(
    id="point-0000000000000001",
    name="Press 1",
    method="two_level_qr",
    method_version="1",
    settings=TwoLevelQrSettings().to_json(),
    series_id="series-0000000000000001",
    series_sha256=SERIES,
    score="indicator",
    threshold=THRESHOLD,
    rule="equation (5)",
    domain=Domain(
        simulated=True, capture_device=Device.SCANNER, scanner="A", printer="B", dpi_low=570, dpi_high=630
    ),
    tuning=SCORES,
    test=SCORES,
    far=Rate(events=0, trials=12, interval=INTERVAL),
    frr=Rate(events=0, trials=12, interval=INTERVAL),
)  # fmt: skip


def finding(indicator: float, elsewhere: float | None = None, *, dpi: float = 600.0, **changes) -> Finding:
    keys = ["investigative only", "uniform loss" if elsewhere is None else "local loss", *changes.pop("cautions", ())]
    values = {"indicator": indicator, "indicator_elsewhere": elsewhere or indicator, "resolution_dpi": dpi}
    settings = changes.pop("settings", TwoLevelQrSettings(code_text="TS-1", code_number=2, seed=3).to_json())
    made = Provenance(
        method="two_level_qr",
        method_version=changes.pop("version", "1"),
        settings=settings,
        input_sha256=("c" * 64, changes.pop("series", SERIES)),
        seed=3,
        versions={},
        threads=1,
    )
    found = Finding(
        id="finding-0000000000000001",
        method="two_level_qr",
        title="Code",
        capture_ids=(CAPTURE.id,),
        scales=(ScaleUsed(capture_id=CAPTURE.id, scale=None),),
        outcome="measured",
        scores=tuple(Score(key=key, title=key, value=value) for key, value in values.items()),
        cautions=tuple(Caution(key=key, text=key) for key in keys),
        simulated=True,
        provenance=made,
    )
    return found.model_copy(update=changes)


@given(st.floats(-1, 1))
@example(THRESHOLD)
def test_accepted_is_not_less_than_the_threshold(indicator):
    said = classify(finding(indicator), POINT, CAPTURE)
    assert said.within_domain
    assert said.passes is (indicator >= THRESHOLD)
    assert POINT.name in said.reason


def test_local_loss_makes_a_fail_inconclusive_only_where_the_rest_would_pass():
    assert classify(finding(0.25, 0.29), POINT, CAPTURE).passes is None
    assert classify(finding(0.25, 0.27), POINT, CAPTURE).passes is False
    assert classify(finding(0.29, 0.31), POINT, CAPTURE).passes is True


def test_a_coarse_capture_never_fails_but_may_pass():
    coarse = {"cautions": ("coarse capture",)}
    said = classify(finding(0.2, **coarse), POINT, CAPTURE)
    assert (said.passes, said.within_domain) == (None, True)
    assert "Inconclusive" in said.reason
    assert classify(finding(0.3, **coarse), POINT, CAPTURE).passes is True


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"dpi": 300.0}, "570 to 630 dpi, and this capture has 300 dpi"),
        ({"simulated": False}, "this one is real"),
        ({"version": "2"}, "version 1 of the method, not 2"),
        ({"settings": TwoLevelQrSettings(reach_x_px=3).to_json()}, "other settings"),
        ({"series": "6" * 64}, "another series"),
        ({"method": "capture_comparison"}, "of method two_level_qr"),
    ],
)
@pytest.mark.parametrize("indicator", [0.2, 0.4])
def test_outside_the_domain_nothing_is_said(changes, words, indicator):
    said = classify(finding(indicator, **changes), POINT, CAPTURE)
    assert (said.passes, said.within_domain) == (None, False)
    assert words in said.reason


def test_another_device_and_a_point_without_a_series_say_nothing():
    phone: Capture = CAPTURE.model_copy(update={"device": Device.PHONE})
    assert "captures by scanner, and this one is by phone" in classify(finding(0.4), POINT, phone).reason
    assert classify(finding(0.4), POINT.model_copy(update={"series_sha256": None}), CAPTURE).within_domain is False


def test_a_code_that_was_not_measured_is_neither_passed_nor_failed():
    said = classify(finding(0.4, outcome="no code read", scores=()), POINT, CAPTURE)
    assert (said.passes, said.within_domain) == (None, True)


def test_a_finding_stays_investigative_only_where_no_point_holds():
    def keys(found: Finding) -> set[str]:
        return {caution.key for caution in found.cautions}

    bare = finding(0.3)
    assert decided(bare, (), CAPTURE) is bare
    inside = decided(bare, (POINT,), CAPTURE)
    assert inside.classification is not None
    assert inside.classification.passes is True
    assert "investigative only" not in keys(inside)
    (assumed,) = (caution.text for caution in inside.cautions if caution.key == "devices assumed")
    assert "printed by B, captured with A" in assumed
    outside = decided(finding(0.3, dpi=300), (POINT,), CAPTURE)
    assert outside.classification is not None
    assert "investigative only" in keys(outside)
    assert "devices assumed" not in keys(outside)


def test_of_several_points_the_last_that_holds_counts():
    stricter = POINT.model_copy(update={"id": "point-0000000000000002", "threshold": 0.32})
    phones = POINT.domain.model_copy(update={"capture_device": Device.PHONE})
    foreign = stricter.model_copy(update={"id": "point-0000000000000003", "domain": phones})
    said = decided(finding(0.3), (POINT, stricter, foreign), CAPTURE).classification
    assert said is not None
    assert (said.operating_point_id, said.passes) == (stricter.id, False)


def test_the_pattern_of_loss_is_read_from_the_finding():
    assert pattern_of_loss_of(finding(0.3)) == "uniform"
    assert pattern_of_loss_of(finding(0.3, 0.4)) == "local"
    assert pattern_of_loss_of(finding(0.3, cautions=()).model_copy(update={"cautions": ()})) == ""
