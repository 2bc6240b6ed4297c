"""Physical scale from what a file says about itself or from what an actor states."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from engine.core.case import Scale, ScaleSource
from engine.core.errors import InputError

UM_PER_INCH = 25_400.0
UM_PER_CM = 10_000.0
UM_PER_METRE = 1_000_000.0

# Software writes these where it knows nothing: 72 (the screen of 1984, JFIF and Exif 2.3 table 4 default) and 96 dpi
# (Windows). Whole pixels per metre round them to 71.98 .. 72.01 and 95.99 .. 96.01.
DEFAULT_DPI = (72.0, 96.0)
DEFAULT_TOLERANCE = 0.02

# A tag states the nominal resolution. Optics and feed of the device are not measured by it; 1 % is our assumption
# until a calibration target is captured, and it is shown as such.
TAG_UNCERTAINTY = 0.01
ACTOR_UNCERTAINTY = 0.01

# Between an electron microscope and a camera 10 m away; a tag outside is a mistake.
UM_PER_PX_RANGE = (1e-4, 1e4)


@dataclass(frozen=True)
class Density:
    """Pixels per unit as a tag gives them.

    Parameters
    ----------
    name : str
        Which tag, for the notes.
    x, y : float
        Pixels per unit.
    um_per_unit : float or None
        Length of the unit in micrometres; None where the file names no unit.
    step : float
        Smallest difference the tag can express (1 for whole numbers), in pixels per unit; 0 for fractions.
    """

    name: str
    x: float
    y: float
    um_per_unit: float | None
    step: float = 0.0


def scale_of_tags(densities: Sequence[Density], orientation: int = 1) -> tuple[Scale | None, tuple[str, ...]]:
    """Return the scale that a file's tags give, or None, and the reasons as notes.

    A density without a unit, equal to a software default (72 or 96 dpi), or out of any physical range gives no scale.
    Two tags that give scales more than 1 % apart give none. Orientations 5..8 swap the axes.
    """
    notes: list[str] = []
    found: list[Scale] = []
    for density in densities:
        if density.um_per_unit is None and density.x == density.y <= 1:
            continue  # how formats say that nothing is known
        reason = _unusable(density)
        if reason:
            notes.append(f"{density.name} gives no scale: {reason}")
        else:
            found.append(_scale(density, swapped=orientation >= 5))
    if any(abs(math.log(other.um_per_px / found[0].um_per_px)) > TAG_UNCERTAINTY for other in found[1:]):
        notes.append("The file's tags contradict one another and give no scale")
        return None, tuple(notes)
    return (found[0] if found else None), tuple(notes)


def scale_of_dpi(dpi_x: float, dpi_y: float, relative_uncertainty: float = ACTOR_UNCERTAINTY) -> Scale:
    """Return the scale that an actor states in dots per inch; raises InputError where it cannot be one."""
    for dpi in (dpi_x, dpi_y):
        if not (math.isfinite(dpi) and dpi > 0):
            raise InputError("A resolution is a number above 0", remedy="Enter dots per inch.")
    return scale_of_actor(UM_PER_INCH / dpi_x, UM_PER_INCH / dpi_y, relative_uncertainty)


def scale_of_actor(um_per_px_x: float, um_per_px_y: float, relative_uncertainty: float = ACTOR_UNCERTAINTY) -> Scale:
    """Return the scale that an actor states in micrometres per pixel.

    Raises
    ------
    InputError
        A value is no number, or lies outside 0.0001 .. 10,000 um per pixel, or the uncertainty outside 0 .. 1.
    """
    low, high = UM_PER_PX_RANGE
    if not (low <= um_per_px_x <= high and low <= um_per_px_y <= high):
        raise InputError(f"A scale lies between {low:g} and {high:g} um per pixel", remedy="Enter um per pixel.")
    if not 0 <= relative_uncertainty < 1:
        raise InputError("A relative uncertainty lies between 0 and 1", remedy="Enter 0.01 for 1 %.")
    return Scale(
        um_per_px_x=um_per_px_x,
        um_per_px_y=um_per_px_y,
        source=ScaleSource.ACTOR,
        relative_uncertainty=relative_uncertainty,
    )


def _unusable(density: Density) -> str:
    low, high = UM_PER_PX_RANGE
    if density.um_per_unit is None:
        return "it names no unit"
    if not all(math.isfinite(v) and v > 0 for v in (density.x, density.y)):
        return "it is not a number above 0"
    dpi = [v * UM_PER_INCH / density.um_per_unit for v in (density.x, density.y)]
    for default in DEFAULT_DPI:
        if all(abs(v - default) <= DEFAULT_TOLERANCE for v in dpi):
            return f"{default:g} dpi is what software writes by default"
    if not all(low <= UM_PER_INCH / v <= high for v in dpi):
        return f"{dpi[0]:g} dpi is outside any physical range"
    return ""


def _scale(density: Density, *, swapped: bool) -> Scale:
    assert density.um_per_unit is not None
    x, y = density.um_per_unit / density.x, density.um_per_unit / density.y
    # A whole number stands for an interval one step wide: standard deviation step / sqrt(12).
    rounding = density.step / min(density.x, density.y) / math.sqrt(12)
    return Scale(
        um_per_px_x=y if swapped else x,
        um_per_px_y=x if swapped else y,
        source=ScaleSource.FILE_TAG,
        relative_uncertainty=min(math.hypot(TAG_UNCERTAINTY, rounding), 0.99),
    )
