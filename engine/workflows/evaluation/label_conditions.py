"""Under what conditions simulated labels are captured: the three strengths, one effect made stronger, and damage.

Damage is drawn until it covers a share of the label, so that curves can be drawn against that share; how dark particles
and scratches are, and how large, is what ``engine.simulation.fluorescence`` has for careless captures.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from engine.core.errors import InputError
from engine.core.seeds import generator
from engine.simulation.film import UM_PER_PX, Film
from engine.simulation.fluorescence import MIDDLE, STRENGTHS, STRONG, CaptureSettings
from engine.simulation.noise import Floats, floats

SHARES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)  # of a label's area, covered or scratched
FACTORS = (0.5, 1.0, 1.5, 2.0, 3.0)  # times the middle strength
EFFECTS = {"defocus": ("defocus_um",), "noise": ("noise", "read_noise"), "bleaching": ("bleaching",)}
UNWORN = MIDDLE.model_copy(update={"dirt_per_mm2": 0.0, "scratches_per_mm2": 0.0})
SCRATCH_LEFT = 0.15  # of the emission
MOST_MARKS = 20_000  # particles or scratches: far more than any share takes
Mark = Callable[[np.random.Generator, Floats], None]


@dataclass(frozen=True)
class Condition:
    """How labels are captured.

    Parameters
    ----------
    name : str
        Of files and rows.
    parameter : str
        What is varied: ``strength``, an effect or a kind of damage.
    level : float
        The factor on the middle strength, or the damaged share of the label; 1 for the three strengths.
    settings : CaptureSettings
        Of every capture.
    """

    name: str
    parameter: str
    level: float
    settings: CaptureSettings

    def worn(self, film: Film, seed: int) -> Film:
        """Return the film as it is when captured: damaged where this is what is varied."""
        if self.parameter not in DAMAGES or self.level == 0:
            return film
        left = _damage(film, self.parameter, self.level, seed)
        return DamagedFilm(film.seed, film.size_um, film.labels, film.settings, before=film, left=left)


@dataclass(frozen=True, eq=False)
class DamagedFilm(Film):
    """A film with what damage leaves of its emission, (H, W) float32 in 0..1."""

    before: Film | None = None
    left: Floats = field(default_factory=lambda: np.ones((1, 1), dtype=np.float32))

    @cached_property
    def emission(self) -> Floats:
        """Fluorescence of the damaged film, as ``Film.emission``."""
        assert self.before is not None
        return self.before.emission * self.left


def condition(name: str) -> Condition:
    """Return a condition by its name; raises InputError where there is none of that name."""
    if name not in CONDITIONS:
        raise InputError(f"There is no condition {name}", remedy=f"Choose one of: {', '.join(CONDITIONS)}.")
    return CONDITIONS[name]


def _damage(film: Film, kind: str, share: float, seed: int) -> Floats:
    """Return what is left of the emission, (H, W) in 0..1, where marks cover ``share`` of the label's square."""
    import cv2

    random = generator(seed, "damage", kind)
    left = np.ones(film.shape, dtype=np.float32)
    rim = round((min(film.size_um) - film.settings.frame_um) / 2 / UM_PER_PX)
    label = left[rim:-rim, rim:-rim]  # labels stand in the middle of their film
    for _ in range(MOST_MARKS):
        if float((label < 1).mean()) >= share:
            break
        DAMAGES[kind](random, left)
    return floats(cv2.GaussianBlur(left, (0, 0), 0.8))


def _particle(random: np.random.Generator, left: Floats) -> None:
    import cv2

    rows, columns = left.shape
    radius = STRONG.dirt_um / UM_PER_PX * math.exp(0.5 * random.standard_normal())
    axes = (max(1, round(radius)), max(1, round(radius * (0.5 + 0.5 * random.random()))))
    centre = (int(random.integers(columns)), int(random.integers(rows)))
    cv2.ellipse(left, centre, axes, 360 * random.random(), 0, 360, (0.5 * random.random(),), thickness=-1)


def _scratch(random: np.random.Generator, left: Floats) -> None:
    import cv2

    rows, columns = left.shape
    start = random.random(2) * (columns, rows)
    length, angle = random.exponential(120.0) / UM_PER_PX, 2 * math.pi * random.random()
    end = start + length * np.array([math.cos(angle), math.sin(angle)])
    width = max(1, round(STRONG.scratch_um / UM_PER_PX * math.exp(0.4 * random.standard_normal())))
    first, last = ((int(point[0]), int(point[1])) for point in (start, end))
    cv2.line(left, first, last, (SCRATCH_LEFT,), thickness=width)


def _stronger(effect: str, factor: float) -> CaptureSettings:
    return MIDDLE.model_copy(update={name: factor * getattr(MIDDLE, name) for name in EFFECTS[effect]})


DAMAGES: dict[str, Mark] = {"dirty": _particle, "scratched": _scratch}
CONDITIONS = {
    each.name: each
    for each in (
        *(Condition(name, "strength", 1.0, settings) for name, settings in STRENGTHS.items()),
        *(Condition(f"{kind} {share:.1f}", kind, share, UNWORN) for kind in DAMAGES for share in SHARES),
        *(
            Condition(f"{name} x{factor:g}", name, factor, _stronger(name, factor))
            for name in EFFECTS
            for factor in FACTORS
        ),
    )
}
