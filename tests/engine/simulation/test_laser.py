"""The calibrated printers and scanners stay as they were frozen, within the ranges that are stated for them."""

import pytest

from engine.core.records import hash_of
from engine.simulation import laser

FROZEN = "49cfaca08f63b5623ce6af7ac8b253dc1fb5d678175a4e7da4860edcc2c5d645"
SPOT, GAIN, RAGGED, SCATTERING, VARIATION, DISTORTION = (15, 40), (0, 25), (3, 15), (30, 60), (0.05, 0.2), (5, 50)


def test_the_settings_are_the_frozen_ones():
    settings = (laser.M126_PRINTER, laser.M126_SCANNER, laser.M377_PRINTER, laser.M377_SCANNER, laser.M377_COPIER)
    assert hash_of([each.to_json() for each in settings]) == FROZEN


@pytest.mark.parametrize("printer", [laser.M126_PRINTER, laser.M377_PRINTER])
def test_the_printers_lie_in_their_ranges(printer):
    for value, (low, high) in (
        (printer.spot_um, SPOT),
        (printer.dot_gain_um, GAIN),
        (printer.raggedness_um, RAGGED),
        (printer.scattering_um, SCATTERING),
        (printer.dot_variation, VARIATION),
        (printer.distortion_um, DISTORTION),
    ):
        assert low <= value <= high


@pytest.mark.parametrize("scanner", [laser.M126_SCANNER, laser.M377_SCANNER, laser.M377_COPIER.scanner])
def test_the_scanners_lie_in_their_range(scanner):
    assert 20 <= scanner.blur_um <= 45
    assert scanner.dpi == 600
