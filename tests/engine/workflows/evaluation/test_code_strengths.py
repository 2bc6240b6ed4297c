"""Curves against the strength of the channel, and the baselines beside the method."""

import pytest

from engine.core.codes import Scheme
from engine.core.errors import Cancelled
from engine.jobs import JobContext
from engine.simulation import laser
from engine.simulation.channel import ScannerSettings, scan
from engine.simulation.printing import PrintSettings
from engine.workflows.evaluation import code_strengths
from engine.workflows.evaluation.code_protocol import PLACEMENTS, authentic_piece, bench_series, indicators
from engine.workflows.evaluation.code_strengths import (
    FACTORS,
    PRINTER_PARTS,
    code_measures,
    strength_rows,
    stronger_printer,
    stronger_scanner,
)


@pytest.mark.parametrize("parameter", PRINTER_PARTS)
@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize("printer", [laser.M126_PRINTER, laser.M377_PRINTER])
def test_stronger_devices_stay_within_what_the_simulator_allows(printer, parameter, factor):
    changed = stronger_printer(printer, parameter, factor)
    assert PrintSettings.model_validate(changed.model_dump()) == changed
    assert changed != printer
    scanner = stronger_scanner(laser.M126_SCANNER, parameter, factor)
    assert ScannerSettings.model_validate(scanner.model_dump()) == scanner


def test_the_indicators_are_those_of_the_protocol_and_the_baselines_are_plainer():
    series, text = bench_series(3, Scheme.UNIQUE), "S3-000000"
    pixels = scan(authentic_piece(series, text, 17), laser.M126_SCANNER, seed=4).pixels
    found, known = code_measures(pixels, series, text), indicators(pixels, series, text)
    assert known is not None
    assert found["refined"] == known[PLACEMENTS.index("edges refined")]
    assert found["unrefined"] == known[PLACEMENTS.index("edges")]
    other = code_measures(pixels, bench_series(4, Scheme.UNIQUE), text)
    assert -1 < found["absolute difference"] < 0 < found["pooled correlation"] < 1
    assert all(other[name] < found[name] for name in found)


def test_thresholds_of_the_calibrated_devices_are_carried_over(monkeypatch):
    monkeypatch.setattr(code_strengths, "FACTORS", (2.0,))
    monkeypatch.setattr(code_strengths, "PRINTER_PARTS", {"blur": PRINTER_PARTS["blur"]})
    rows = list(strength_rows(Scheme.UNIQUE, 1, 2, JobContext()))
    assert [(row.factor, row.codes) for row in rows] == [(1.0, 1)] * 4 + [(2.0, 2)] * 4
    assert len({(row.score, row.value) for row in rows}) == 4
    refined = [row for row in rows if row.score == "refined"]
    # Twice the blur takes what the threshold asks for; the copies, printed through the same blur, lose as well.
    assert (refined[0].frr.value, refined[1].frr.value) == (0.0, 1.0)
    assert refined[1].far.value == 0.0


def test_curves_can_be_cancelled(monkeypatch):
    monkeypatch.setattr(code_strengths, "_measured", lambda *given: {"refined": ([1.0, 1.0], [0.0, 0.0])})
    context = JobContext()
    context.cancel()
    with pytest.raises(Cancelled):
        list(strength_rows(Scheme.UNIQUE, 1, 2, context))
