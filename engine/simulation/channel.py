"""The print-scan-copy channel: what a flatbed scanner sees of a piece, and what a copier makes of it."""

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from engine.core.case import Device
from engine.core.pixels import Transform, TransformKind
from engine.core.records import Record
from engine.core.seeds import generator
from engine.simulation.codes import Design
from engine.simulation.noise import Floats, Grid, floats
from engine.simulation.printing import Print, PrintSettings, device_pitch_um

FINE_STEP_UM = 15.0  # a scanner pixel is integrated from samples at most this far apart
STRIP_PX = 1440  # rows of the finer grid rendered at a time


@dataclass(frozen=True, eq=False)
class View:
    """What a simulated device recorded, and where it truly was.

    Parameters
    ----------
    pixels : NDArray[np.uint8]
        (H, W) grey or (H, W, 3) RGB.
    to_sheet : Transform
        Pixel centres to micrometres in the piece's sheet frame; exact.
    um_per_px : float
        Nominal pitch, as a file tag would state it.
    device : Device
        The kind of device.
    """

    pixels: NDArray[np.uint8]
    to_sheet: Transform
    um_per_px: float
    device: Device


def true_transform(view: View, other: View) -> Transform:
    """Return the exact transform from the pixels of a view to those of another view of the same piece."""
    matrix = np.linalg.inv(other.to_sheet.array()) @ view.to_sheet.array()
    return Transform.from_array(TransformKind.AFFINE, matrix)


class ScannerSettings(Record):
    """A flatbed scanner. Values without a source are assumptions within the range of office devices."""

    dpi: Annotated[float, Field(ge=75, le=4800, description="pixels per inch; 600: Xie and Tan 2021, 3.1")] = 600
    blur_um: Annotated[float, Field(ge=0, le=200, description="Gaussian sigma of the optics")] = 22.0
    noise: Annotated[float, Field(ge=0, le=0.2, description="deviation at white, share of full range, linear")] = 0.006
    read_noise: Annotated[float, Field(ge=0, le=0.1, description="the same at black")] = 0.002
    gamma: Annotated[float, Field(ge=1, le=3, description="the file holds reflectance ** (1 / gamma)")] = 2.2
    skew_deg: Annotated[float, Field(ge=0, le=10, description="deviation of the placement on the glass")] = 0.3
    stretch: Annotated[float, Field(ge=0, le=0.02, description="deviation of the carriage's pitch")] = 0.0005
    unevenness: Annotated[float, Field(ge=0, le=0.5, description="fall of the light across the glass")] = 0.02
    margin_um: Annotated[float, Field(ge=0, le=20_000, description="scanned around the design")] = 1_000.0


class CopierSettings(Record):
    """A copier: scans, decides for every dot between black and white (Otsu), and prints.

    It scans no margin, so that the middle of a copy is the middle of the original to about a dot.
    """

    scanner: ScannerSettings = ScannerSettings(margin_um=0)
    printer: PrintSettings = PrintSettings()


def scan(piece: Print, settings: ScannerSettings | None = None, *, seed: int, rotation_deg: float = 0.0) -> View:
    """Scan a piece whole, with a margin.

    Parameters
    ----------
    seed : int
        Placement on the glass and sensor noise of this one scan; the piece keeps its own seed.
    rotation_deg : float
        How the piece was laid, clockwise as seen, before the random skew.

    Returns
    -------
    View
        Grey uint8 with the true transform to the sheet.
    """
    settings = settings or ScannerSettings()
    random = generator(seed, "scan")
    pitch = device_pitch_um(settings.dpi)
    angle = math.radians(rotation_deg + settings.skew_deg * float(random.standard_normal()))
    cosine, sine = math.cos(angle), math.sin(angle)
    width_um, height_um = piece.design.size_um
    reach_x = abs(cosine) * width_um + abs(sine) * height_um + 2 * settings.margin_um
    reach_y = abs(sine) * width_um + abs(cosine) * height_um + 2 * settings.margin_um
    width, height = math.ceil(reach_x / pitch), math.ceil(reach_y / pitch)
    stretch = 1 + settings.stretch * float(random.standard_normal())
    offset = random.uniform(-0.5, 0.5, 2)
    # Turning the piece clockwise turns the pixel axes anticlockwise in the sheet frame.
    glass = np.array([[pitch * cosine, pitch * stretch * sine], [-pitch * sine, pitch * stretch * cosine]])
    to_um = np.eye(3)
    to_um[:2, :2] = glass
    to_um[:2, 2] = np.array([width_um, height_um]) / 2 - glass @ (np.array([width - 1, height - 1]) / 2 + offset)
    linear = sensed(piece, Grid(height, width, to_um), blur_um=settings.blur_um, fine_um=FINE_STEP_UM)
    linear *= _lamp(linear.shape, settings.unevenness, random)
    noisy = with_sensor_noise(linear, settings.noise, settings.read_noise, random)
    pixels = np.rint(255 * noisy ** np.float32(1 / settings.gamma)).astype(np.uint8)
    return View(pixels, Transform.from_array(TransformKind.AFFINE, to_um), pitch, Device.SCANNER)


def copied(piece: Print, times: int = 1, settings: CopierSettings | None = None, *, seed: int) -> Print:
    """Return the piece that copying makes: scanned, decided black or white, printed; ``times`` times over.

    The copy's sheet frame starts at the corner of the copier's scan.
    """
    settings = settings or CopierSettings()
    for _ in range(times):
        generation = piece.generation + 1
        seen = scan(piece, settings.scanner, seed=int(generator(seed, "copy", generation).integers(2**31)))
        piece = Print(Design(_black(seen.pixels), seen.um_per_px), seed, generation, settings.printer)
    return piece


def sensed(piece: Print, grid: Grid, *, blur_um: float, fine_um: float) -> Floats:
    """Return the light that pixels integrate: (H, W) float32 reflectance after optical blur and area sampling.

    Pixels wider than ``fine_um`` are integrated from a finer grid. Works strip by strip, in bounded memory.
    """
    import cv2

    part = max(1, math.ceil(grid.step_um / fine_um))
    sigma = blur_um * part / grid.step_um
    margin = math.ceil(3 * sigma / part) if sigma > 0.2 else 0
    result = np.empty((grid.height, grid.width), dtype=np.float32)
    # Fine pixel (i, j) lies at the coarse position ((i + 0.5) / part - 0.5, ...).
    to_coarse = np.array([[1 / part, 0, 0.5 / part - 0.5], [0, 1 / part, 0.5 / part - 0.5], [0, 0, 1]])
    strip = max(1, STRIP_PX // part)
    for top in range(0, grid.height, strip):
        rows = min(strip, grid.height - top)
        around = grid.block(top - margin, -margin, rows + 2 * margin, grid.width + 2 * margin)
        fine = piece.reflectance(Grid(around.height * part, around.width * part, around.to_um @ to_coarse))
        if margin:
            fine = floats(cv2.GaussianBlur(fine, (0, 0), sigma))
        if part > 1:
            fine = floats(cv2.resize(fine, (around.width, around.height), interpolation=cv2.INTER_AREA))
        result[top : top + rows] = fine[margin : margin + rows, margin : margin + grid.width]
    return result


def with_sensor_noise(linear: Floats, noise: float, read_noise: float, random: np.random.Generator) -> Floats:
    """Add noise whose variance grows linearly from ``read_noise``^2 at 0 to ``noise``^2 at 1; clipped to 0..1."""
    noisy = random.standard_normal(linear.shape, dtype=np.float32)
    noisy *= np.sqrt(np.clip(linear, 0, 1) * np.float32(max(noise**2 - read_noise**2, 0.0)) + np.float32(read_noise**2))
    noisy += linear
    return np.clip(noisy, 0.0, 1.0, out=noisy)


def _lamp(shape: tuple[int, ...], unevenness: float, random: np.random.Generator) -> Floats:
    """Light along the lamp: brightest somewhere in the middle, fallen by ``unevenness`` at the far end; (1, W)."""
    x = np.linspace(-1, 1, shape[1], dtype=np.float32)
    middle = float(random.uniform(-0.5, 0.5))
    return (1 - unevenness * ((x - middle) / (1 + abs(middle))) ** 2)[None, :].astype(np.float32)


def _black(pixels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    import cv2

    threshold, _ = cv2.threshold(pixels, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    return pixels <= threshold
