"""Captures of damaged codes, of no code, and of codes that are not the series' get an answer that is clear and safe."""

import cv2
import numpy as np
import pytest

from engine.core.finding import Finding
from engine.core.method import Inputs, SeriesParameters
from engine.core.operating import Classification
from engine.core.seeds import generator
from engine.jobs import JobContext
from engine.methods.two_level_qr.decision import classify
from engine.methods.two_level_qr.examination import Outcome, TwoLevelQr, TwoLevelQrSettings
from engine.methods.two_level_qr.generation import generate
from engine.simulation import laser
from engine.simulation.channel import copied, scan
from engine.simulation.codes import QrCode
from engine.simulation.printing import Print
from tests.benchmarks.bench_qr_robustness import jpeg, leaning, scratched, torn
from tests.engine.methods.two_level_qr.samples import TEXT, Held, blurred, series
from tests.engine.methods.two_level_qr.test_decision import POINT

OWN = series(version=4)


def decided(pixels: np.ndarray) -> tuple[Finding, Classification]:
    finding = TwoLevelQr().examine(Inputs(Held(pixels), SeriesParameters(OWN)), TwoLevelQrSettings(), JobContext())
    point = POINT.model_copy(update={"series_sha256": OWN.sha256, "threshold": 0.28})
    return finding, classify(finding, point, Held(pixels).capture)


@pytest.fixture(scope="module")
def scans() -> dict[str, np.ndarray]:
    """Return scans of an authentic code and of its copy; ``fine`` ones have twice the resolution."""
    piece = Print(generate(OWN, TEXT).design, 3, settings=laser.M126_PRINTER)
    pieces = {"authentic": piece, "copy": copied(piece, settings=laser.M377_COPIER, seed=4)}
    fine = laser.M126_SCANNER.model_copy(update={"dpi": 1200})
    found = {name: scan(each, laser.M126_SCANNER, seed=5).pixels for name, each in pieces.items()}
    return found | {f"fine {name}": scan(each, fine, seed=6).pixels for name, each in pieces.items()}


@pytest.mark.parametrize(
    "damage",
    [
        lambda pixels: pixels,
        lambda pixels: jpeg(pixels, 60),
        lambda pixels: torn(pixels, 1 / 3, lowest=True),
        lambda pixels: torn(pixels, 1 / 5, lowest=False),
        lambda pixels: scratched(pixels, 1),
        lambda pixels: np.ascontiguousarray(np.rot90(pixels)),
    ],
    ids=["plain", "JPEG", "torn", "torn finder", "scratched", "turned"],
)
def test_an_authentic_code_never_fails_and_a_copy_never_passes(scans, damage):
    assert decided(damage(scans["authentic"]))[1].passes in (True, None)
    assert decided(damage(scans["copy"]))[1].passes in (False, None)


def test_undamaged_codes_are_told_apart_and_so_are_leaning_ones(scans):
    for pixels, passes in ((scans["authentic"], True), (scans["copy"], False)):
        assert decided(pixels)[1].passes is passes
        assert decided(jpeg(pixels, 60))[1].passes is passes
    assert decided(leaning(scans["fine authentic"], 15, 70))[1].passes is True
    assert decided(leaning(scans["fine copy"], 15, 70))[1].passes is False


@pytest.mark.parametrize("seed", range(4))
def test_codes_are_read_through_scratches_over_a_fifth_of_their_modules(scans, seed):
    for name, wrong in (("authentic", False), ("copy", True)):
        finding, said = decided(scratched(scans[name], seed))
        assert finding.outcome == Outcome.MEASURED
        assert said.passes is not wrong


def test_another_resolution_than_the_points_is_outside_its_domain(scans):
    said = decided(scans["fine copy"])[1]
    assert (said.within_domain, said.passes) == (False, None)
    assert "dpi" in said.reason


def test_a_blank_page_and_half_a_code_are_neither_passed_nor_failed(scans):
    half = np.ascontiguousarray(scans["authentic"][:, : len(scans["authentic"]) // 2])
    for pixels in (np.full((600, 600), 235, dtype=np.uint8), half):
        finding, said = decided(pixels)
        assert finding.outcome == Outcome.NOT_READ
        assert said.passes is None
        assert "no code read" in said.reason


def test_any_other_qr_code_is_named_as_another_code():
    design = QrCode(payload="https://example.org/", version=3).design()
    finding, said = decided(blurred(design.ink))
    assert finding.outcome == Outcome.OTHER_CODE
    assert said.passes is None
    assert "another code" in said.reason


def test_an_ordinary_code_with_the_text_of_one_of_the_series_fails():
    modules = generate(OWN, TEXT).layout.modules
    ink = np.pad(np.kron(modules, np.ones((12, 12), dtype=bool)), 48)
    noisy = cv2.add(blurred(ink), generator(0, "paper").integers(0, 9, ink.shape, dtype=np.uint8))
    finding, said = decided(noisy)
    assert finding.outcome == Outcome.MEASURED
    assert said.passes is False
