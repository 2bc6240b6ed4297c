"""What is said of an identified label: found, not found, inconclusive; nothing outside a point's domain."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.case import Device
from engine.methods.micro_pattern.decision import AGREES, COARSE_PX, Identified, answer, classify, decided
from tests.engine.workflows.labels.label_samples import FakeEmbedder, make_point

FOUND = Identified(
    number=7, similarity=0.9, agreeing=60, tried=80, agreement=0.75, searched=500, classified=False,
    embedder_key=FakeEmbedder().key, simulated=True, library_simulated=True, device=Device.MICROSCOPE,
    side_px=380.0, dpi=None,
)  # fmt: skip
POINT = make_point(FakeEmbedder(), 0.7)


def test_found_not_found_and_what_disagrees() -> None:
    assert answer(FOUND, 0.7, "X")[0] is True
    assert answer(replace(FOUND, similarity=0.7), 0.7, "X")[0] is True
    assert answer(replace(FOUND, similarity=0.69), 0.7, "X")[0] is None
    assert answer(replace(FOUND, agreement=0.24, agreeing=19), 0.7, "X")[0] is None
    missed = replace(FOUND, similarity=0.2, agreement=0.02, agreeing=2)
    passes, text = answer(missed, 0.7, "X")
    assert passes is False
    assert text.startswith(
        "Not found among 500 labels: similarity 0.2000 < threshold 0.7000 of operating point X; 2 of 80"
    )
    passes, text = answer(replace(missed, side_px=COARSE_PX - 1), 0.7, "X")
    assert passes is None and "159 px wide" in text
    assert answer(replace(missed, side_px=COARSE_PX), 0.7, "X")[0] is False


@given(st.floats(-1, 1), st.floats(-1, 1), st.floats(0, 1), st.floats(1, 1000))
def test_the_answer_follows_both_stages(similarity: float, threshold: float, agreement: float, side_px: float) -> None:
    found = replace(FOUND, similarity=similarity, agreement=agreement, side_px=side_px)
    above, agrees = similarity >= threshold, agreement >= AGREES
    expected = above if above == agrees and (above or side_px >= COARSE_PX) else None
    assert answer(found, threshold, "X")[0] is expected


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"simulated": False, "library_simulated": False}, "this one is real"),
        ({"library_simulated": False}, "one is simulated and the other is not"),
        ({"device": Device.SCANNER}, "this one is by scanner"),
        ({"classified": True}, "holds for searches of all labels"),
        ({"embedder_key": "0" * 64}, "other weights"),
        ({"dpi": 3e6}, "this capture has 3000000 dpi"),
    ],
)
def test_outside_the_domain_nothing_is_said(changes: dict, why: str) -> None:
    said = classify(replace(FOUND, **changes), POINT)
    assert (said.within_domain, said.passes) == (False, None)
    assert why in said.reason
    assert classify(FOUND, POINT).within_domain
    assert classify(replace(FOUND, dpi=50_800.0), POINT).passes is True


def test_points_of_other_methods_and_scores_do_not_hold() -> None:
    for changes in ({"method": "two_level_qr"}, {"score": "indicator"}):
        assert "it is a point of method" in classify(FOUND, POINT.model_copy(update=changes)).reason


def test_the_last_point_that_holds_decides() -> None:
    strict, real = make_point(FakeEmbedder(), 0.95), make_point(FakeEmbedder(), 0.1, simulated=False)
    assert decided(FOUND, ()) is None
    said = decided(FOUND, (POINT, strict, real))
    assert said is not None and said.operating_point_id == strict.id
    said = decided(FOUND, (real,))
    assert said is not None and not said.within_domain
