"""Same design and same piece are told apart on simulated prints; real prints and copies by their centres."""

import cv2
import numpy as np
import pytest

from engine.core.seeds import generator
from engine.evaluation.curves import auc
from engine.imaging.identity import centre_correlation, same_design, same_piece
from engine.imaging.identity_shared import alignment_centres, shared_structure
from engine.imaging.registration import Outcome, register
from engine.imaging.registration_common import Common, common_frame
from engine.jobs import JobContext
from engine.simulation.channel import scan
from engine.simulation.codes import QrCode
from engine.simulation.printing import Print
from tests.benchmarks.cdp_captures import captures, scores
from tests.benchmarks.registration_fields import Field, fields


@pytest.fixture(scope="module")
def simulated_fields() -> list[Field]:
    return list(fields(3, 11))


def brought_together(field: Field, known) -> Common:
    found = register(field.view.pixels, known.pixels, um_per_px=field.um_per_px, context=JobContext())
    assert found.best is not None
    return common_frame(field.view.pixels, known.pixels, found.best, field.view.um_per_px)


def test_fields_are_found_on_their_scan_within_ten_micrometres(simulated_fields):
    for field in simulated_fields:
        found = register(field.view.pixels, field.same.pixels, um_per_px=field.um_per_px, context=JobContext())
        assert found.outcome is Outcome.REGISTERED
        assert field.corner_error_um(found.transform) <= 10


def test_fields_of_another_design_are_not_registered(simulated_fields):
    for field in simulated_fields:
        found = register(field.view.pixels, field.other.pixels, um_per_px=field.um_per_px, context=JobContext())
        assert found.outcome is not Outcome.REGISTERED


def test_two_prints_of_one_design_are_the_same_design_and_not_the_same_piece(simulated_fields):
    for field in simulated_fields:
        same, twin = brought_together(field, field.same), brought_together(field, field.twin)
        assert same_design(same).value > 0.75
        assert same_design(twin).value > 0.75
        assert same_piece(same).value > 0.6
        assert same_piece(twin).value < 0.2


def test_what_cannot_be_measured_is_none_with_the_reason(simulated_fields):
    common = brought_together(simulated_fields[0], simulated_fields[0].same)
    coarse = Common(common.questioned, common.known, common.seen, common.to_questioned, 1.0, 120.0)
    assert same_piece(coarse).value is None
    assert "resolution" in same_piece(coarse).caution
    apart = Common(common.questioned, common.known, common.seen & False, common.to_questioned, 1.0, None)
    for score in (same_design(apart), same_piece(apart)):
        assert score.value is None
        assert "overlap" in score.caution
    everything_shared = same_design(common, np.ones_like(common.seen))
    assert everything_shared.value is None
    assert "all such codes share" in everything_shared.caution


def test_a_codes_shared_structure_is_found_where_it_is():
    code = QrCode(payload="this payload fills its code: sixty-two bytes, and no padding", version=4)
    view = scan(Print(code.design(), seed=1), seed=2)
    shared = shared_structure(view.pixels)
    assert shared is not None
    assert abs(shared.module_px - 12) < 0.2
    to_px = np.linalg.inv(view.to_sheet.array())
    finders = code.finder_centres_um(508.0)
    alignment = np.array([[4 + 26.5, 4 + 26.5]]) * 508.0
    data = np.array([[4 + 15.5, 4 + 15.5], [4 + 20.5, 4 + 12.5]]) * 508.0
    points = np.vstack([finders, alignment, data])
    inside = shared.holds((np.c_[points, np.ones(len(points))] @ to_px.T)[:, :2])
    assert inside.tolist() == [True, True, True, True, False, False]
    mask = shared.mask(view.pixels.shape, np.eye(3))
    assert 0.2 < mask.mean() < 0.7


def test_no_code_no_shared_structure():
    noise = generator(1, "noise").integers(0, 256, (300, 300), dtype=np.uint8)
    assert shared_structure(noise) is None


@pytest.mark.parametrize(
    ("version", "centres"),
    [(1, []), (2, [6, 18]), (7, [6, 22, 38]), (14, [6, 26, 46, 66]), (32, [6, 34, 60, 86, 112, 138])],
)
def test_alignment_patterns_lie_where_the_standard_puts_them(version, centres):
    assert alignment_centres(version) == centres


def test_the_centre_correlates_in_spite_of_size_and_shift():
    noise = generator(3, "centre").standard_normal((500, 500)).astype(np.float32)
    image = cv2.GaussianBlur(noise, (0, 0), 3)
    image = np.clip(128 + 60 * image / image.std(), 0, 255).astype(np.uint8)
    moved = cv2.warpAffine(image, np.array([[1.3, 0.01, 4.0], [-0.01, 1.3, -3.0]]), (650, 650))
    assert centre_correlation(image, moved) > 0.97
    assert abs(centre_correlation(image, np.ascontiguousarray(moved[::-1]))) < 0.3
    assert centre_correlation(image, np.full((400, 400), 80, np.uint8)) is None


def test_real_copies_correlate_less_with_the_originals_than_originals_do(real_data):
    found = list(scores(captures(real_data / "cdp-qr-first-second-print", words=2)))
    originals = [value for capture, value in found if capture.original]
    copies = [value for capture, value in found if not capture.original]
    assert len(originals) >= 8
    assert len(copies) >= 8
    assert auc(originals, copies) >= 0.998


def test_the_padding_of_a_short_payload_is_shared_structure_too():
    full, short = "this payload fills its code: sixty-two bytes, and no padding", "TS-4711"
    areas = []
    for payload in (full, short):
        view = scan(Print(QrCode(payload=payload, version=4).design(), seed=1), seed=2)
        areas.append(shared_structure(view.pixels).mask(view.pixels.shape, np.eye(3)).mean())
    assert areas[1] > areas[0] + 0.1
