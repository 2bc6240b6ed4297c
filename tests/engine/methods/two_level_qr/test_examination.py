"""The examination of a two-level QR code returns a complete finding, and none of the series' secrets."""

import logging

import cv2
import numpy as np
import pytest

from engine.core.codes import Scheme
from engine.core.errors import InputError
from engine.core.finding import Finding
from engine.core.method import Inputs, KnownCaptures, SeriesParameters
from engine.core.records import canonical_json
from engine.jobs import JobContext
from engine.methods import method
from engine.methods.two_level_qr.examination import Outcome, TwoLevelQr, TwoLevelQrSettings
from engine.methods.two_level_qr.generation import generate
from engine.simulation import laser
from engine.simulation.channel import copied, scan
from engine.simulation.printing import Print
from tests.engine.methods.two_level_qr.samples import KEY, TEXT, Held, blurred, series

KEYS = {"correlation", "displacement"}


def examined(pixels: np.ndarray, own=None, **options: object) -> Finding:
    inputs = Inputs(Held(pixels), SeriesParameters(own or series()))
    return TwoLevelQr().examine(inputs, TwoLevelQrSettings(**options), JobContext())


def printed(own, seed: int) -> Print:
    return Print(generate(own, TEXT).design, seed, settings=laser.M126_PRINTER)


def keys(finding: Finding) -> set[str]:
    return {caution.key for caution in finding.cautions}


@pytest.fixture(scope="module", params=Scheme)
def pair(request) -> tuple[Finding, Finding]:
    own = series(request.param)
    piece = printed(own, 3)
    copy = copied(piece, settings=laser.M377_COPIER, seed=4)
    return tuple(examined(scan(each, laser.M126_SCANNER, seed=5).pixels, own) for each in (piece, copy))


def test_the_table_leads_to_the_method():
    assert method("two_level_qr") is TwoLevelQr


def test_a_copy_keeps_less_than_its_original(pair):
    authentic, copy = pair
    assert authentic.outcome == copy.outcome == Outcome.MEASURED
    assert authentic.score("indicator").value > copy.score("indicator").value + 0.05
    for finding in pair:
        assert finding.score("indicator").value >= finding.score("indicator_unrefined").value
        assert finding.score("agreement").value > 0.8
        assert finding.score("lost_share").value == 0
        assert "uniform loss" in keys(finding)


def test_a_finding_has_overlays_on_the_modules_and_its_cautions(pair):
    finding = pair[0]
    assert {overlay.key for overlay in finding.overlays} == KEYS
    placed = generate(series(), TEXT).layout
    for overlay in finding.overlays:
        values = overlay.raster.values
        assert (np.isnan(values.reshape(25, 25, -1)[..., 0]) == ~placed.textured).all()
    # The scan has a margin of a millimetre around the quiet zone: the first module is centred 4.5 modules further in.
    corner = finding.overlays[0].grid_to_capture.apply(np.array([[0.0, 0.0]]))[0]
    assert corner == pytest.approx([1000 / 42.33 + 54, 1000 / 42.33 + 54], abs=4)
    assert {"scores never decide", "investigative only", "simulated", "series", "code text"} <= keys(finding)
    assert finding.simulated
    assert Finding.from_json(finding.to_json()).to_json() == finding.to_json()
    assert finding.provenance.versions["zxing-cpp"]


def test_a_repeated_examination_gives_the_same_finding():
    pixels = scan(printed(series(), 3), laser.M126_SCANNER, seed=5).pixels
    first, again = examined(pixels), examined(pixels)
    assert [score.value for score in first.scores] == [score.value for score in again.scores]
    assert [overlay.raster_sha256 for overlay in first.overlays] == [o.raster_sha256 for o in again.overlays]


def test_no_secret_is_in_a_finding_an_error_or_a_log(caplog):
    caplog.set_level(logging.DEBUG)
    for scheme in Scheme:
        own = series(scheme)
        code = generate(own, TEXT)
        patterns, classes = own.textures(TEXT, len(code.layout.places))
        finding = examined(blurred(code.ink), own)
        texts = canonical_json(finding.to_json()) + repr(finding).encode() + caplog.text.encode()
        texts += b"".join(overlay.raster.values.tobytes() for overlay in finding.overlays)
        with pytest.raises(InputError) as refused:
            TwoLevelQr().examine(Inputs(Held(blurred(code.ink)), KnownCaptures(())), TwoLevelQrSettings(), JobContext())
        texts += str(refused.value).encode()
        assert KEY not in texts
        assert KEY.hex().encode() not in texts
        for pattern in patterns[classes[:40]]:
            packed = np.packbits(pattern).tobytes()
            for form in (packed, packed.hex().encode(), pattern.tobytes(), pattern.astype("<f4").tobytes()):
                assert form not in texts


def test_another_series_scores_like_no_pattern_at_all(pair):
    pixels = scan(printed(series(), 3), laser.M126_SCANNER, seed=5).pixels
    wrong = examined(pixels, series(key=bytes(32)))
    right = examined(pixels)
    assert wrong.outcome == Outcome.MEASURED
    assert wrong.score("indicator").value < right.score("indicator").value - 0.1


def test_a_scratch_is_told_as_local_loss():
    own = series(version=4)
    pixels = scan(Print(generate(own, TEXT).design, 6, settings=laser.M126_PRINTER), laser.M126_SCANNER, seed=7).pixels
    side = len(pixels)
    cv2.line(pixels, (round(0.45 * side), round(0.5 * side)), (round(0.82 * side), round(0.6 * side)), 190, 24)
    found = examined(pixels, own)
    assert found.outcome == Outcome.MEASURED
    assert "local loss" in keys(found)
    assert 0.01 < found.score("lost_share").value < 0.4
    assert found.score("indicator_elsewhere").value > found.score("indicator").value + 0.002


def test_a_coarse_capture_is_told():
    pixels = scan(printed(series(), 3), laser.M126_SCANNER.model_copy(update={"dpi": 300.0}), seed=5).pixels
    assert "coarse capture" in keys(examined(pixels))


@pytest.mark.parametrize("part", [slice(0, 0), slice(0, 200)])
def test_a_blank_page_and_half_a_code_say_that_nothing_was_read(part):
    page = np.full((500, 500), 235, dtype=np.uint8)
    ink = blurred(generate(series(), TEXT).ink)[part]
    page[: len(ink), : ink.shape[1]] = ink
    found = examined(page)
    assert found.outcome == Outcome.NOT_READ
    assert found.scores == found.overlays == ()
    assert "no code" in keys(found)


def test_a_code_of_another_version_is_another_code():
    found = examined(blurred(generate(series(version=4), TEXT).ink))
    assert found.outcome == Outcome.OTHER_CODE
    text = next(caution.text for caution in found.cautions if caution.key == "another code")
    assert "version 4-M" in text
    assert "version 2-M" in text


def test_one_of_several_codes_is_chosen_by_what_it_says():
    own = series()
    sheet = np.vstack([blurred(generate(own, text).ink) for text in (TEXT, "TS-0002")])
    chosen = examined(sheet, code_text="TS-0002")
    assert "The code says: TS-0002" in [caution.text for caution in chosen.cautions]
    assert "several codes" in keys(chosen)
    assert "The code says: " + TEXT in [caution.text for caution in examined(sheet).cautions]
    assert examined(sheet, code_text="TS-0003").outcome == Outcome.NOT_READ


def test_without_a_series_a_code_is_read_and_nothing_measured():
    inputs = Inputs(Held(blurred(generate(series(), TEXT).ink)))
    found = TwoLevelQr().examine(inputs, TwoLevelQrSettings(), JobContext())
    assert found.outcome == Outcome.NO_SERIES
    assert found.scores == found.overlays == ()
    assert "The code says: " + TEXT in [caution.text for caution in found.cautions]
    assert found.provenance.input_sha256 == (inputs.questioned.capture.sha256,)


def test_two_codes_that_say_the_same_are_told_apart_by_their_number():
    code = blurred(generate(series(), TEXT).ink)
    sheet = np.vstack([code, cv2.GaussianBlur(code, (0, 0), 1.5)])
    sharp, soft = (examined(sheet, code_text=TEXT, code_number=number) for number in (1, 2))
    assert sharp.score("indicator").value > soft.score("indicator").value + 0.05
    assert examined(sheet, code_text=TEXT, code_number=3).outcome == Outcome.NOT_READ


def test_the_resolution_is_measured_on_the_code():
    code = blurred(generate(series(), TEXT).ink)
    half = cv2.resize(code, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    assert examined(code).score("resolution_dpi").value == pytest.approx(600, abs=3)
    assert examined(half).score("resolution_dpi").value == pytest.approx(300, abs=3)
