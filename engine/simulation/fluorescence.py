"""Captures of films under a fluorescence microscope, and what happens to a label and to the optics between captures."""

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from engine.core.records import Record
from engine.core.seeds import generator
from engine.simulation.film import UM_PER_PX, Film
from engine.simulation.noise import Floats, floats

# Emission at 513 nm (He et al. 2024) through a long-pass filter, per channel R, G, B: an assumption.
TINT = (0.16, 1.0, 0.30)
OPTICS_UM = 0.5  # Gaussian sigma in focus: 513 nm at a numerical aperture of 0.25 to 0.3
GAMMA = 2.2
FULL_WELL = 0.6  # linear value of an untouched film at exposure 1, share of full range


class CaptureSettings(Record):
    """How much each effect does to a capture; a capture draws its own values from these. Lengths in micrometres.

    The published set-up states none of them: three strengths stand for a careful, a usual and a careless capture.
    """

    defocus_um: Annotated[float, Field(ge=0, le=10, description="largest Gaussian sigma of the defocus")] = 0.6
    exposure: Annotated[float, Field(ge=0, le=2, description="deviation of the exposure, natural logarithm")] = 0.12
    vignetting: Annotated[float, Field(ge=0, le=0.8, description="largest fall of the light to the corners")] = 0.15
    gradient: Annotated[float, Field(ge=0, le=0.8, description="largest rise of the light across the field")] = 0.10
    noise: Annotated[float, Field(ge=0, le=0.3, description="deviation at full range, share of it, linear")] = 0.02
    read_noise: Annotated[float, Field(ge=0, le=0.1, description="the same at black")] = 0.004
    bleaching: Annotated[float, Field(ge=0, le=0.9, description="largest loss of fluorescence since enrolment")] = 0.15
    dirt_per_mm2: Annotated[float, Field(ge=0, le=2000, description="particles on the label")] = 40.0
    dirt_um: Annotated[float, Field(ge=1, le=60, description="median radius of a particle")] = 4.0
    scratches_per_mm2: Annotated[float, Field(ge=0, le=500, description="scratches through the film")] = 10.0
    scratch_um: Annotated[float, Field(ge=0.5, le=30, description="median width of a scratch")] = 2.0


WEAK = CaptureSettings(
    defocus_um=0.3, exposure=0.06, vignetting=0.08, gradient=0.05, noise=0.01, read_noise=0.002, bleaching=0.05,
    dirt_per_mm2=10.0, scratches_per_mm2=2.0,
)  # fmt: skip
MIDDLE = CaptureSettings()
STRONG = CaptureSettings(
    defocus_um=1.3, exposure=0.3, vignetting=0.3, gradient=0.25, noise=0.04, read_noise=0.01, bleaching=0.4,
    dirt_per_mm2=150.0, dirt_um=6.0, scratches_per_mm2=40.0, scratch_um=3.0,
)  # fmt: skip
STRENGTHS = {"weak": WEAK, "middle": MIDDLE, "strong": STRONG}


@dataclass(frozen=True, eq=False)
class Placing:
    """Where a capture looks: ``to_film`` takes its pixel centres (x, y, 1) to ``Film.emission`` pixels, (2, 3)."""

    width: int
    height: int
    to_film: NDArray[np.float64]

    def in_capture(self, film_px: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return where points of the film, (N, 2) in emission pixels, lie in the capture, (N, 2) in its pixels."""
        inverse = np.linalg.inv(np.vstack([self.to_film, [0, 0, 1]]))
        return film_px @ inverse[:2, :2].T + inverse[:2, 2]


def placing(
    film: Film, *, width: int, height: int, um_per_px: float = UM_PER_PX, rotation_deg: float = 0.0,
    shift_um: tuple[float, float] = (0.0, 0.0),
) -> Placing:  # fmt: skip
    """Return the view of the film's middle, moved by ``shift_um``, under a rotation."""
    rows, columns = film.shape
    angle, scale = math.radians(rotation_deg), um_per_px / UM_PER_PX
    turn = scale * np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    middle = np.array([(columns - 1) / 2, (rows - 1) / 2]) + np.asarray(shift_um) / UM_PER_PX
    offset = middle - turn @ np.array([(width - 1) / 2, (height - 1) / 2])
    return Placing(width, height, np.column_stack([turn, offset]))


def fluorescence(film: Film, view: Placing, settings: CaptureSettings, *, seed: int) -> NDArray[np.uint8]:
    """Return a capture of the film, (H, W, 3) RGB uint8 with gamma 2.2; the seed is this capture's own.

    Dirt and scratches belong to the capture, not to the piece: what happened to the label since the last one.
    """
    import cv2

    random = generator(seed, "fluorescence")
    step = float(np.sqrt(abs(np.linalg.det(view.to_film[:, :2]))))  # film pixels a capture pixel
    worn = film.emission * _wear(film, settings, seed)
    sigma = math.hypot(OPTICS_UM, settings.defocus_um * random.random()) / UM_PER_PX
    sigma = math.hypot(sigma, 0.35 * step)  # and a pixel integrates over its area
    blurred = floats(cv2.GaussianBlur(worn, (0, 0), sigma))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    size = (view.width, view.height)
    light = floats(cv2.warpAffine(blurred, view.to_film, size, flags=flags, borderMode=cv2.BORDER_REFLECT_101))
    light = light * _illumination(view, settings, random)
    bleached = 1 - settings.bleaching * random.random()
    light *= FULL_WELL * bleached * math.exp(settings.exposure * random.standard_normal())
    return _sensed(light, settings, random)


def _sensed(light: Floats, settings: CaptureSettings, random: np.random.Generator) -> NDArray[np.uint8]:
    linear = light[:, :, None] * np.array(TINT, dtype=np.float32)
    variance = settings.noise**2 * linear + settings.read_noise**2
    linear += np.sqrt(variance) * random.standard_normal(linear.shape, dtype=np.float32)
    encoded = 255 * np.clip(linear, 0, 1) ** (1 / GAMMA)
    return np.rint(encoded).astype(np.uint8)


def _illumination(view: Placing, settings: CaptureSettings, random: np.random.Generator) -> Floats:
    """Return the excitation relative to the field's brightest place, falling to the corners and across."""
    y = np.linspace(-1, 1, view.height, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, view.width, dtype=np.float32)[None, :]
    fall = settings.vignetting * random.random()
    rise, angle = settings.gradient * random.random(), 2 * math.pi * random.random()
    across = np.float32(math.cos(angle)) * x + np.float32(math.sin(angle)) * y
    return floats((1 - fall * (x * x + y * y) / 2) * (1 + rise / 2 * across))


def _wear(film: Film, settings: CaptureSettings, seed: int) -> Floats:
    """Return what dirt and scratches leave of the emission, (H, W) float32 in 0..1."""
    import cv2

    random = generator(seed, "wear")
    rows, columns = film.shape
    area_mm2 = film.size_um[0] * film.size_um[1] / 1e6
    left = np.ones((rows, columns), dtype=np.float32)
    for _ in range(random.poisson(settings.dirt_per_mm2 * area_mm2)):
        centre = (int(random.integers(columns)), int(random.integers(rows)))
        radius = settings.dirt_um / UM_PER_PX * math.exp(0.5 * random.standard_normal())
        axes = (max(1, round(radius)), max(1, round(radius * (0.5 + 0.5 * random.random()))))
        shade = 0.5 * random.random()
        cv2.ellipse(left, centre, axes, 360 * random.random(), 0, 360, shade, thickness=-1)
    for _ in range(random.poisson(settings.scratches_per_mm2 * area_mm2)):
        start = random.random(2) * (columns, rows)
        length, angle = random.exponential(120.0) / UM_PER_PX, 2 * math.pi * random.random()
        end = start + length * np.array([math.cos(angle), math.sin(angle)])
        width = max(1, round(settings.scratch_um / UM_PER_PX * math.exp(0.4 * random.standard_normal())))
        points = [tuple(int(value) for value in point) for point in (start, end)]
        cv2.line(left, points[0], points[1], 0.15, thickness=width, lineType=cv2.LINE_AA)
    return floats(cv2.GaussianBlur(left, (0, 0), 0.8)) if left.min() < 1 else left
