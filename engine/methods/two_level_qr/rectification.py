"""From a capture to the original's pixel grid: reading, then the module structure as a ruler."""

from dataclasses import dataclass
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import ImagingError
from engine.core.method import Pixels
from engine.core.pixels import Transform, TransformKind, apply_matrix, resize_matrix
from engine.methods.two_level_qr.generation import Layout
from engine.simulation.codes import FINDER_MODULES

Array = NDArray[np.float64]
Grey = NDArray[np.float32]
LEAST_PX = 21  # along the shorter side of an image; the smallest code has as many modules
SMALL_PX = 10_000_000  # a page at 300 dpi; of larger images only reduced ones are read for what is finer than a module


class Pass(NamedTuple):
    """One way to look for codes: the image reduced by ``factor``, its darks grown, blurred; in pixels of what is seen.

    Reducing and blurring let patterns vanish and modules stay. Growing the darks by a pixel all around closes
    scratches of up to two, which otherwise hide more modules than error correction can restore.
    """

    factor: float
    grown: bool = False
    sigma: float = 0.0


PASSES = (Pass(1), Pass(2, sigma=1.0), Pass(4, sigma=1.0), Pass(2, True, 1.0), Pass(4, True, 1.0))
SMALL_PASSES = (Pass(1, True, 1.0),)
LAST_PASS = Pass(0.5)  # where nothing was read: modules of about two pixels are told apart at twice the size
RULER_PX = 6  # pixels along a module where offsets are measured
RULER_BLUR = 0.3  # of a module: patterns and edge ripple vanish, module edges stay
TEXTURE_DARKNESS = 0.75  # of a printed pattern against a solid module; only its order of size matters
WINDOW_MODULES = 8
STEP_MODULES = 4
LEAST_AGREEMENT = 0.5  # correlation of a window with the expected modules, below which its offset is not used


@dataclass(frozen=True, eq=False)
class Reading:
    """A QR code that was read.

    Parameters
    ----------
    text : str
        What it says; text from outside, to be shown as plain text only.
    version, error_level
        1..40; L, M, Q or H.
    corners : NDArray[np.float64]
        (4, 2) capture pixels: the code's upper left, upper right, lower right and lower left corner.
    """

    text: str
    version: int
    error_level: str
    corners: Array


@dataclass(frozen=True, eq=False)
class Rectified:
    """A code on its original's pixel grid.

    Parameters
    ----------
    lightness : NDArray[np.float32]
        (n p + 2 margin, the same), 0..255, higher = lighter; white where the capture ends.
    margin : int
        Pixels around the code.
    to_capture : Transform
        Original pixel centres, counted from the code's upper left module, to capture pixels.
    agreement : float
        Mean correlation of module-sized structure with the code's modules, -1..1: about 0 where this is another code.
    capture_px : float
        Capture pixels along an original pixel, at the code's middle.
    residual_px : float
        Root mean square of the offsets left between structure and grid, in original pixels.
    """

    lightness: Grey
    margin: int
    to_capture: Transform
    agreement: float
    capture_px: float
    residual_px: float


def grey(pixels: Pixels) -> Grey:
    """Return lightness, (H, W) float32 in 0..255, of grey or RGB pixels of 8 or 16 bits."""
    import cv2

    values = pixels.astype(np.float32) * np.float32(255.0 / np.iinfo(pixels.dtype).max)
    if values.ndim == 3:
        values = np.asarray(cv2.cvtColor(values, cv2.COLOR_RGB2GRAY), dtype=np.float32)
    return values


def read_codes(pixels: Pixels) -> tuple[Reading, ...]:
    """Return every QR code that can be read, from the top down; codes are looked for in several ways."""
    lightness = _lightness(pixels)
    found: list[Reading] = []
    small = lightness.size <= SMALL_PX
    for way in PASSES + (SMALL_PASSES if small else ()):
        if min(lightness.shape) / way.factor >= LEAST_PX:
            _read(lightness, way, found)
    if not found and small and min(lightness.shape) >= LEAST_PX:
        _read(lightness, LAST_PASS, found)
    return tuple(sorted(found, key=lambda reading: tuple(reading.corners[:, ::-1].min(axis=0))))


def _lightness(pixels: Pixels) -> NDArray[np.uint8]:
    """Return lightness in 8 bits: enough to read by, and for a whole page far quicker than ``grey``."""
    import cv2

    if pixels.dtype == np.uint16:
        pixels = np.asarray(cv2.convertScaleAbs(pixels, alpha=255.0 / 65535.0), dtype=np.uint8)
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY) if pixels.ndim == 3 else pixels, dtype=np.uint8)


def _read(lightness: NDArray[np.uint8], way: Pass, found: list[Reading]) -> None:
    """Read the image in one way; append what was not found before."""
    import cv2
    import zxingcpp

    size = (int(lightness.shape[1] / way.factor), int(lightness.shape[0] / way.factor))
    method = cv2.INTER_AREA if way.factor > 1 else cv2.INTER_CUBIC
    seen = lightness if way.factor == 1 else np.asarray(cv2.resize(lightness, size, interpolation=method))
    if way.grown:
        seen = np.asarray(cv2.erode(seen, np.ones((3, 3), dtype=np.uint8)))
    if way.sigma:
        seen = np.asarray(cv2.GaussianBlur(seen, (0, 0), way.sigma))
    back = np.linalg.inv(resize_matrix(size[0] / lightness.shape[1], size[1] / lightness.shape[0]))
    for code in zxingcpp.read_barcodes(seen, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCodeModel2)):
        at = code.position
        points = [(p.x, p.y) for p in (at.top_left, at.top_right, at.bottom_right, at.bottom_left)]
        corners = apply_matrix(back, np.array(points, dtype=np.float64))
        facts = cast("dict[str, str]", code.extra)
        # The same code seen otherwise: its centre lies within the one already found.
        if not any(_inside(corners.mean(axis=0), other.corners) for other in found):
            found.append(Reading(code.text, int(facts["Version"]), code.ec_level, corners))


def rectify(
    pixels: Pixels, reading: Reading, layout: Layout, *, module_px: int, margin: int, all_modules: bool = True
) -> Rectified:
    """Bring a code to its original's pixel grid.

    Parameters
    ----------
    margin : int
        Original pixels kept around the code.
    all_modules : bool
        Whether module edges all over the code correct the grid (ours). Without, the three finder patterns alone place
        it, to whole pixels, like the reference decode algorithm of ISO/IEC 18004 (the paper's).

    Raises
    ------
    ImagingError
        The capture does not show the modules that the text calls for: another code, or too little of it.
    """
    window, origin = _around(reading.corners, pixels.shape)
    capture = grey(cast("Pixels", pixels[window]))
    count = len(layout.modules)
    ruler = _expected(layout)
    edge = count * RULER_PX - 0.5
    square = np.array([[-0.5, -0.5], [edge, -0.5], [edge, edge], [-0.5, edge]], dtype=np.float64)
    matrix = _four_points(square, reading.corners - origin)
    marks, windows = _marks(count), _windows(count)
    for search in (RULER_PX, RULER_PX // 2):
        matrix = _corrected(capture, matrix, ruler, marks, search)
    if all_modules:
        for search in (RULER_PX // 2, RULER_PX // 3):
            matrix = _corrected(capture, matrix, ruler, windows, search)
    else:
        matrix = _finders_alone(capture, matrix, ruler, marks[:3])
    offsets, agreement = _offsets(_ruled(capture, matrix, ruler), ruler, windows, RULER_PX // 2)
    used = agreement >= LEAST_AGREEMENT
    if used.sum() < 4 or float(np.median(agreement)) < LEAST_AGREEMENT:
        raise ImagingError("The capture does not show the modules of this code", remedy="Capture the whole code, flat.")
    residual = float(np.sqrt((offsets[used] ** 2).sum(axis=1).mean())) * module_px / RULER_PX
    to_ruler = resize_matrix(RULER_PX / module_px, RULER_PX / module_px)
    to_capture = matrix @ to_ruler
    side = count * module_px + 2 * margin
    shift = np.array([[1.0, 0, -margin], [0, 1.0, -margin], [0, 0, 1.0]])
    lightness = _warp(capture, to_capture @ shift, (side, side))
    moved = np.array([[1.0, 0, origin[0]], [0, 1.0, origin[1]], [0, 0, 1.0]])
    transform = Transform.from_array(TransformKind.HOMOGRAPHY, moved @ to_capture)
    pitch = _pitch(to_capture, (count * module_px, count * module_px))
    return Rectified(lightness, margin, transform, float(agreement.mean()), pitch, residual)


def _around(corners: Array, shape: tuple[int, ...]) -> tuple[tuple[slice, slice], Array]:
    """Return the part of the capture around a code and the x and y of its first pixel.

    Half a code wider on every side: the ruler's quiet zone lies within, however the code is turned or tilted.
    """
    low, high = corners.min(axis=0), corners.max(axis=0)
    reach = (high - low).max() / 2
    left, top = np.clip(np.floor(low - reach), 0, None).astype(int)
    right, bottom = np.ceil(high + reach).astype(int) + 1
    return (slice(top, min(bottom, shape[0])), slice(left, min(right, shape[1]))), np.array([left, top], dtype=float)


def _expected(layout: Layout) -> Grey:
    """Return the lightness that module-sized structure should show, with WINDOW_MODULES / 2 of quiet zone around."""
    darkness = np.where(layout.textured, TEXTURE_DARKNESS, layout.modules.astype(np.float64))
    wide = np.pad(darkness, WINDOW_MODULES // 2)
    return _smoothed((1 - np.kron(wide, np.ones((RULER_PX, RULER_PX)))).astype(np.float32))


def _smoothed(values: Grey) -> Grey:
    import cv2

    return np.asarray(cv2.GaussianBlur(values, (0, 0), RULER_BLUR * RULER_PX), dtype=np.float32)


def _marks(count: int) -> NDArray[np.intp]:
    """Return the first row and column of windows over the finder patterns and the lowest right alignment pattern.

    In modules of the padded ruler. Version 1 has no alignment pattern: its lower right corner serves.
    """
    pad = WINDOW_MODULES // 2
    last = count - FINDER_MODULES
    # An alignment pattern's centre lies 6.5 modules before the end (ISO/IEC 18004:2015, annex E); windows are 8 wide.
    lowest = count - 7 + pad - WINDOW_MODULES // 2
    return np.array([[pad, pad], [pad, last + pad - 1], [last + pad - 1, pad], [lowest, lowest]])


def _windows(count: int) -> NDArray[np.intp]:
    pad = WINDOW_MODULES // 2
    last = count + pad - WINDOW_MODULES
    starts = np.unique(np.append(np.arange(pad, last, STEP_MODULES), last))
    rows, columns = np.meshgrid(starts, starts, indexing="ij")
    return np.column_stack([rows.ravel(), columns.ravel()])


def _corrected(capture: Grey, matrix: Array, ruler: Grey, windows: NDArray[np.intp], search: int) -> Array:
    """Return the ruler-to-capture matrix after one round of offsets; unchanged where too few windows agree."""
    import cv2

    offsets, agreement = _offsets(_ruled(capture, matrix, ruler), ruler, windows, search)
    used = agreement >= LEAST_AGREEMENT
    if used.sum() < 4:
        return matrix
    centres = _centres(windows[used])
    moved = centres + offsets[used]
    # Windows that a scratch or a crease misled are outvoted; with the four marks alone the fit is exact.
    step, _ = cv2.findHomography(centres, moved, cv2.RANSAC, 0.1 * RULER_PX)
    if step is None:
        return matrix
    change = np.asarray(step, dtype=np.float64)
    edge = float(len(ruler) - WINDOW_MODULES * RULER_PX)
    ends = np.array([[0.0, 0.0], [edge, 0.0], [edge, edge], [0.0, edge]])
    with np.errstate(divide="ignore", invalid="ignore"):
        shifts = np.abs(apply_matrix(change, ends) - ends)
    # A fit that throws a corner further than windows can have moved is no correction; NaN fails this too.
    return matrix @ change if (shifts < 3 * RULER_PX).all() else matrix


def _finders_alone(capture: Grey, matrix: Array, ruler: Grey, finders: NDArray[np.intp]) -> Array:
    """Return the affine ruler-to-capture matrix through the three finder patterns, found to whole capture pixels.

    The alignment patterns are textured like all else, so the three finder patterns are all that a reader which knows
    no pattern measures. ISO/IEC 18004 counts whole pixels along lines through them.
    """
    import cv2

    offsets, _ = _offsets(_ruled(capture, matrix, ruler), ruler, finders, RULER_PX // 2)
    centres = _centres(finders)
    seen = np.rint(apply_matrix(matrix, centres + offsets))
    affine = np.eye(3)
    affine[:2] = cv2.getAffineTransform(centres.astype(np.float32), seen.astype(np.float32))
    return affine


def _centres(windows: NDArray[np.intp]) -> Array:
    """Return the centres of windows, (N, 2) x and y in ruler pixels from the code's corner pixel."""
    return windows[:, ::-1].astype(np.float64) * RULER_PX - 0.5


def _ruled(capture: Grey, matrix: Array, ruler: Grey) -> Grey:
    """Return the capture on the ruler's grid, its quiet zone included, smoothed like the ruler."""
    pad = WINDOW_MODULES // 2 * RULER_PX
    shift = np.array([[1.0, 0, -pad], [0, 1.0, -pad], [0, 0, 1.0]])
    return _smoothed(_warp(capture, matrix @ shift, ruler.shape))


def _offsets(seen: Grey, ruler: Grey, windows: NDArray[np.intp], search: int) -> tuple[Array, Array]:
    """Return how far each window's structure lies from its place, (N, 2) x and y, and how well it agrees there, (N,).

    In ruler pixels; a parabola through the best correlation and its neighbours gives fractions.
    """
    import cv2

    side = WINDOW_MODULES * RULER_PX
    offsets, agreement = np.zeros((len(windows), 2)), np.zeros(len(windows))
    for index, (top, left) in enumerate(windows * RULER_PX):
        part = seen[top - search : top + side + search, left - search : left + side + search]
        scores = np.asarray(
            cv2.matchTemplate(part, ruler[top : top + side, left : left + side], cv2.TM_CCOEFF_NORMED), dtype=np.float64
        )
        y, x = np.unravel_index(int(scores.argmax()), scores.shape)
        agreement[index] = scores[y, x]
        offsets[index] = x - search + _vertex(scores[y], int(x)), y - search + _vertex(scores[:, x], int(y))
    return offsets, agreement


def _vertex(line: Array, best: int) -> float:
    """Return where, -0.5..0.5 from its highest value, a line of values peaks; 0 at its ends."""
    if not 0 < best < len(line) - 1:
        return 0.0
    before, here, after = line[best - 1 : best + 2]
    bend = before - 2 * here + after
    return float((before - after) / (2 * bend)) if bend < 0 else 0.0


def _four_points(source: Array, target: Array) -> Array:
    import cv2

    matrix = cv2.getPerspectiveTransform(source.astype(np.float32), target.astype(np.float32))
    return np.asarray(matrix, dtype=np.float64)


def _inside(point: Array, polygon: Array) -> bool:
    import cv2

    return cv2.pointPolygonTest(polygon.astype(np.float32), (float(point[0]), float(point[1])), False) >= 0


def _warp(capture: Grey, to_capture: Array, shape: tuple[int, ...]) -> Grey:
    """Return the capture on a grid; a capture finer than the grid is averaged over the grid's pixels first."""
    import cv2

    factor = max(1, round(_pitch(to_capture, shape)))
    if factor > 1:
        size = (capture.shape[1] // factor, capture.shape[0] // factor)
        whole = capture[: size[1] * factor, : size[0] * factor]
        capture = np.asarray(cv2.resize(whole, size, interpolation=cv2.INTER_AREA), dtype=np.float32)
        to_capture = resize_matrix(1 / factor, 1 / factor) @ to_capture
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    size = (shape[1], shape[0])
    found = cv2.warpPerspective(capture, to_capture, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(found, dtype=np.float32)


def _pitch(to_capture: Array, shape: tuple[int, ...]) -> float:
    """Return how many capture pixels lie along a pixel of the grid, at the middle of a grid of this shape."""
    x, y = shape[1] / 2, shape[0] / 2
    here, right, below = apply_matrix(to_capture, np.array([[x, y], [x + 1, y], [x, y + 1]]))
    (a, b), (c, d) = right - here, below - here
    return float(abs(a * d - b * c) ** 0.5)
