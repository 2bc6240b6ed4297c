"""Same design and same piece are separate scores under their own names; the settings in use are recorded."""

import cv2
import numpy as np
import pytest

from engine.core.seeds import generator
from engine.methods.capture_comparison import ComparisonSettings
from tests.engine.methods.test_capture_comparison import Held, examined, texture

SIDE = 480


def piece(number: int) -> np.ndarray:
    """Return a print of one design: coarse blots, the same on all, and a fine structure of its own, (H, W) float."""
    blots = cv2.GaussianBlur(generator(1, "design").standard_normal((SIDE, SIDE)), (0, 0), 16.0)
    design = np.where(blots > 0, 170.0, 80.0)
    own = cv2.GaussianBlur(generator(number, "piece").standard_normal((SIDE, SIDE)), (0, 0), 1.0)
    return cv2.GaussianBlur(design, (0, 0), 1.2) + 6.0 * own / own.std()


def captured(print_: np.ndarray, number: int) -> np.ndarray:
    """Return a scan of a print: noise of its own, uint8."""
    return np.clip(print_ + generator(number, "scan").normal(0, 1.0, print_.shape), 0, 255).astype(np.uint8)


def test_two_prints_of_one_design_have_the_same_design_and_are_not_the_same_piece():
    questioned = Held(1, captured(piece(1), 1), 20.0)
    again = examined(questioned, Held(2, captured(piece(1), 2), 20.0))
    other = examined(questioned, Held(3, captured(piece(2), 3), 20.0))
    assert (again.outcome, other.outcome) == ("registered", "registered")
    assert again.score("same_design").value > 0.95
    assert other.score("same_design").value > 0.95
    assert again.score("same_piece").value > 0.8
    assert abs(other.score("same_piece").value) < 0.2


def test_the_settings_in_use_are_recorded_not_the_defaults():
    image = texture(5)
    options = {"window_px": 32, "step_px": 8, "seed": 7}
    found = examined(Held(1, image[:200, :200], 10.0), Held(2, image[20:220, 20:220], 10.0), **options)
    assert found.provenance.settings == ComparisonSettings(**options).to_json()
    assert found.provenance.settings["window_px"] == 32
    assert found.provenance.seed == 7


@pytest.mark.parametrize("which", [(True, False), (False, True)])
def test_one_simulated_capture_makes_the_finding_simulated(which):
    image = texture(6)
    sides = (image[:200, :200], image[20:220, 20:220])
    found = examined(
        *(Held(n, side, 10.0, simulated) for n, (side, simulated) in enumerate(zip(sides, which, strict=True)))
    )
    assert found.simulated
