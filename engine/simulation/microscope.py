"""A camera microscope's view of part of a piece."""

import math
from typing import Annotated

import numpy as np
from pydantic import Field

from engine.core.case import Device
from engine.core.pixels import Transform, TransformKind
from engine.core.records import Record
from engine.core.seeds import generator
from engine.simulation.channel import View, sensed, with_sensor_noise
from engine.simulation.noise import Floats, Grid, floats
from engine.simulation.printing import Print

FINE_STEP_UM = 6.0  # a pixel is integrated from samples at most this far apart
PAPER_TINT = (1.0, 0.985, 0.955)  # plain paper under neutral light, relative to its brightest channel: assumption
TONER_TINT = (0.94, 0.96, 1.0)  # carbon black toner: assumption
SRGB_GAMMA = 2.2


class MicroscopeSettings(Record):
    """A camera microscope in reflected light. The default field is 3.84 mm x 2.88 mm (1920 x 1440 px at 2 um/px).

    Magnification enters as the pitch on the sheet: the sensor's pixel pitch divided by the magnification.
    """

    um_per_px: Annotated[float, Field(ge=0.2, le=50, description="pixel pitch on the sheet")] = 2.0
    width: Annotated[int, Field(ge=16, le=8192, description="pixels; 1920: He et al. 2024")] = 1920
    height: Annotated[int, Field(ge=16, le=8192, description="pixels; 1440: He et al. 2024")] = 1440
    optics_um: Annotated[float, Field(ge=0, le=20, description="Gaussian sigma of the lens in focus")] = 1.5
    defocus_um: Annotated[float, Field(ge=0, le=100, description="Gaussian sigma of the defocus")] = 1.5
    gradient: Annotated[float, Field(ge=0, le=0.8, description="rise of the light across the field")] = 0.12
    vignetting: Annotated[float, Field(ge=0, le=0.8, description="fall of the light to the corners")] = 0.15
    exposure: Annotated[float, Field(ge=0.2, le=2, description="linear value of a white of reflectance 1")] = 1.0
    white_balance: Annotated[float, Field(ge=0, le=0.3, description="relative deviation of a channel's gain")] = 0.03
    noise: Annotated[float, Field(ge=0, le=0.2, description="deviation at white, share of full range, linear")] = 0.012
    read_noise: Annotated[float, Field(ge=0, le=0.1, description="the same at black")] = 0.003

    @property
    def field_um(self) -> tuple[float, float]:
        """Width and height of the field on the sheet."""
        return self.width * self.um_per_px, self.height * self.um_per_px


def microscope(
    piece: Print,
    centre_um: tuple[float, float],
    settings: MicroscopeSettings | None = None,
    *,
    seed: int,
    rotation_deg: float = 0.0,
) -> View:
    """Look at part of a piece.

    Parameters
    ----------
    centre_um : tuple[float, float]
        Centre of the field in the sheet frame.
    seed : int
        Illumination, white balance and sensor noise of this one view; the piece keeps its own seed.
    rotation_deg : float
        How the piece lies under the microscope, clockwise as seen.

    Returns
    -------
    View
        RGB uint8 with the true transform to the sheet, a similarity.
    """
    settings = settings or MicroscopeSettings()
    random = generator(seed, "microscope")
    angle = math.radians(rotation_deg)
    cosine, sine = math.cos(angle), math.sin(angle)
    to_um = np.eye(3)
    # Turning the piece clockwise turns the pixel axes anticlockwise in the sheet frame.
    to_um[:2, :2] = settings.um_per_px * np.array([[cosine, sine], [-sine, cosine]])
    to_um[:2, 2] = np.array(centre_um) - to_um[:2, :2] @ [(settings.width - 1) / 2, (settings.height - 1) / 2]
    blur = math.hypot(settings.optics_um, settings.defocus_um)
    seen = sensed(piece, Grid(settings.height, settings.width, to_um), blur_um=blur, fine_um=FINE_STEP_UM)
    lit = seen * (settings.exposure * _illumination(settings, random))
    gains = (1 + settings.white_balance * random.standard_normal(3)).tolist()
    darkness = np.clip(1 - seen / piece.settings.paper_reflectance, 0, 1)
    pixels = np.empty((settings.height, settings.width, 3), dtype=np.uint8)
    for channel in range(3):
        tint = PAPER_TINT[channel] + (TONER_TINT[channel] - PAPER_TINT[channel]) * darkness
        noisy = with_sensor_noise(floats(lit * tint * gains[channel]), settings.noise, settings.read_noise, random)
        pixels[..., channel] = np.rint(255 * noisy ** np.float32(1 / SRGB_GAMMA))
    to_sheet = Transform.from_array(TransformKind.SIMILARITY, to_um)
    return View(pixels, to_sheet, settings.um_per_px, Device.MICROSCOPE)


def _illumination(settings: MicroscopeSettings, random: np.random.Generator) -> Floats:
    """Relative light over the field, 1 at its centre: a linear gradient times a radial fall, (H, W)."""
    direction = random.uniform(0, 2 * math.pi)
    longest = math.hypot(settings.width, settings.height)
    x, y = (
        ((np.arange(size) - (size - 1) / 2) * (2 / longest)).astype(np.float32)
        for size in (settings.width, settings.height)
    )
    slope = 1 + settings.gradient / 2 * (math.cos(direction) * x[None, :] + math.sin(direction) * y[:, None])
    return floats(slope * (1 - settings.vignetting * (x[None, :] ** 2 + y[:, None] ** 2)))
