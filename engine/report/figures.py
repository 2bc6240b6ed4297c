"""Pictures of a report from pixels and overlays. Only draws: every number comes with the records."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.core.case import Scale
from engine.core.colour_maps import lookup
from engine.core.errors import ReportError
from engine.core.finding import Correspondence, Overlay
from engine.core.method import Pixels
from engine.core.pixels import Transform, apply_matrix, resize_matrix
from engine.core.records import canonical_json, sha256_hex
from engine.report.content import ColourBar, Figure, Panel, Picture

LONGEST = 1100  # px of a picture that stands alone: about 260 a printed inch, and files stay sendable
LONGEST_OF_PAIR = 900
AROUND = 0.15  # of an overlay's size, shown around it
SMALL = 550  # px; smaller captures are enlarged under an overlay, so that its cells and arrows stay crisp
OPACITY = 0.6
PAPER = 235.0  # grey level where a capture has no pixels
ARROWS = 22  # at most so many along the longer side
ARROW_COLOUR = (20, 24, 30)
FITTED_COLOUR, HELD_OUT_COLOUR = (0, 114, 178), (230, 120, 0)  # blue and orange, apart for colour-blind readers
Image = NDArray[np.uint8]


def picture(image: Image) -> Picture:
    """Return 8-bit grey (H, W) or RGB (H, W, 3) pixels as a picture with its PNG bytes."""
    import cv2

    image = np.ascontiguousarray(image)
    stored = image if image.ndim == 2 else image[..., ::-1]
    done, encoded = cv2.imencode(".png", stored)
    if not done:
        raise ReportError("A picture cannot be encoded")
    return Picture(
        width=image.shape[1],
        height=image.shape[0],
        channels=1 if image.ndim == 2 else 3,
        pixels_sha256=pixels_sha256(image),
        png=encoded.tobytes(),
    )


def pixels_sha256(image: Image) -> str:
    """Return the SHA-256 over the shape and the bytes of a (H, W) or (H, W, 3) uint8 image."""
    return sha256_hex(canonical_json(list(image.shape)) + np.ascontiguousarray(image).tobytes())


def evidence_figure(
    key: str, caption: str, label: str, pixels: Pixels, scale: Scale | None, *, finding_id: str = ""
) -> Figure:
    """Return a figure of one whole capture, reduced to what a page can show.

    Parameters
    ----------
    pixels : array
        (H, W) grey or (H, W, 3) RGB, uint8 or uint16.
    scale : Scale or None
        Scale of the capture; without one no scale bar is drawn.
    """
    image, factor = _reduced(_eight_bit(pixels), LONGEST)
    panel = _panel(label, image, scale, factor, _whole(pixels, image))
    return Figure(key=key, caption=caption, panels=(panel,), finding_id=finding_id)


def overlay_figure(
    key: str,
    caption: str,
    label: str,
    pixels: Pixels,
    overlay: Overlay,
    scale: Scale | None,
    *,
    opacity: float = OPACITY,
    close: bool = False,
    finding_id: str = "",
) -> Figure:
    """Return a figure of an overlay on its capture in grey, cell by cell on the overlay's native grid.

    A raster of displacements (H, W, 2) is coloured by length, with arrows for the direction. ``close`` shows the
    overlay with its surroundings only, where these are less than half of the capture.

    Raises
    ------
    ReportError
        If the overlay carries no raster.
    """
    if overlay.raster is None:
        raise ReportError("An overlay of the report has no raster", where=overlay.key)
    values = overlay.raster.values
    part, (left, top) = pixels, (0, 0)
    if close:
        part, (left, top) = _surroundings(pixels, overlay.grid_to_capture, values.shape)
    longest = max(part.shape[:2])
    image, factor = _resized(_eight_bit(part), LONGEST // longest if longest < SMALL else min(1.0, LONGEST / longest))
    shift = np.array([[1.0, 0.0, -left], [0.0, 1.0, -top], [0.0, 0.0, 1.0]])
    to_picture = resize_matrix(*factor) @ shift @ overlay.grid_to_capture.array()
    magnitude = values if values.ndim == 2 else np.linalg.norm(values, axis=2)
    low = overlay.low if values.ndim == 2 else max(overlay.low, 0.0)
    drawn = _blended(image, magnitude, to_picture, (low, overlay.high), overlay.colour_map, opacity)
    extent = _whole(part, image) + ", in grey under the overlay"
    if part.shape != pixels.shape:
        extent = extent.replace("whole capture", f"part of the capture, from ({left}, {top})", 1)
    if values.ndim == 3:
        enlarged = _draw_arrows(drawn, values, to_picture, factor)
        extent += f"; arrows point along the displacement, {enlarged:.3g} times its length" if enlarged else ""
    panel = _panel(label, drawn, scale, factor, extent)
    bar = _colour_bar(overlay, values.shape, low, opacity)
    return Figure(key=key, caption=caption, panels=(panel,), colour_bar=bar, finding_id=finding_id)


def _colour_bar(overlay: Overlay, shape: tuple[int, ...], low: float, opacity: float) -> ColourBar:
    linear = overlay.grid_to_capture.array()[:2, :2]
    return ColourBar(
        title=overlay.title,
        low=low,
        high=overlay.high,
        unit=overlay.unit,
        colour_map=overlay.colour_map,
        grid=(shape[1], shape[0]),
        cell_px=float(np.sqrt(abs(np.linalg.det(linear)))),
        opacity=opacity,
    )


def pair_figure(
    key: str,
    caption: str,
    labels: tuple[str, str],
    questioned: Pixels,
    known: Pixels,
    scales: tuple[Scale | None, Scale | None],
    questioned_to_known: Transform | None,
    *,
    correspondences: tuple[Correspondence, ...] = (),
    finding_id: str = "",
) -> Figure:
    """Return a figure of two captures side by side.

    With a transform both panels show the area they share, the known capture resampled onto the questioned one, with
    the corresponding points marked; without one each shows the whole capture at a scale of its own.
    """
    images = (_eight_bit(questioned), _eight_bit(known))
    box = _shared_box(images, questioned_to_known)
    if box is None or questioned_to_known is None:
        panels = []
        for label, image, scale in zip(labels, images, scales, strict=True):
            small, factor = _reduced(image, LONGEST_OF_PAIR)
            panels.append(_panel(label, small, scale, factor, _whole(image, small) + ", not registered"))
        return Figure(key=key, caption=caption, panels=tuple(panels), finding_id=finding_id)
    return Figure(
        key=key,
        caption=caption,
        panels=_registered_panels(labels, images, scales[0], questioned_to_known, box, correspondences),
        finding_id=finding_id,
    )


def _registered_panels(
    labels: tuple[str, str],
    images: tuple[Image, Image],
    scale: Scale | None,
    questioned_to_known: Transform,
    box: tuple[int, int, int, int],
    correspondences: tuple[Correspondence, ...],
) -> tuple[Panel, Panel]:
    """Return both panels in the frame of the questioned capture, cropped to ``box`` (left, top, right, bottom)."""
    left, top, right, bottom = box
    crop = np.ascontiguousarray(images[0][top:bottom, left:right])
    shown, factor = _resized(crop, LONGEST_OF_PAIR / max(crop.shape[:2]))
    shift = np.array([[1.0, 0.0, -left], [0.0, 1.0, -top], [0.0, 0.0, 1.0]])
    to_picture = resize_matrix(*factor) @ shift
    known_to_picture = to_picture @ np.linalg.inv(questioned_to_known.array())
    warped = _warped(images[1], known_to_picture, (shown.shape[1], shown.shape[0]))
    note = ""
    if correspondences:
        shown = _marked(
            shown, apply_matrix(to_picture, np.array([c.questioned for c in correspondences])), correspondences
        )
        warped = _marked(
            warped, apply_matrix(known_to_picture, np.array([c.known for c in correspondences])), correspondences
        )
        note = "; circles are corresponding points, blue fitted, orange held out"
    size = f"{right - left} \u00d7 {bottom - top} px from ({left}, {top})"
    first = _panel(labels[0], shown, scale, factor, f"shared area, {size}, shown at {factor[0]:.3g} : 1{note}")
    second = _panel(labels[1], warped, scale, factor, f"shared area, resampled onto the questioned capture{note}")
    return first, second


def _panel(label: str, image: Image, scale: Scale | None, factor: tuple[float, float], extent: str) -> Panel:
    um_per_px = scale.um_per_px_x / factor[0] if scale else None
    return Panel(label=label, picture=picture(image), um_per_px=um_per_px, scale=scale, extent=extent)


def _surroundings(pixels: Pixels, grid_to_capture: Transform, grid: tuple[int, ...]) -> tuple[Pixels, tuple[int, int]]:
    """Return the part of the capture around a grid of (rows, columns), and its left upper corner; or all of it."""
    rows, columns = grid[0] - 0.5, grid[1] - 0.5
    corners = grid_to_capture.apply(np.array([(-0.5, -0.5), (columns, -0.5), (columns, rows), (-0.5, rows)]))
    around = AROUND * (corners.max(axis=0) - corners.min(axis=0))
    limit = np.array(pixels.shape[1::-1])
    left, top = np.clip(np.floor(corners.min(axis=0) - around), 0, limit).astype(int)
    right, bottom = np.clip(np.ceil(corners.max(axis=0) + around) + 1, 0, limit).astype(int)
    if not 0 < (right - left) * (bottom - top) < limit.prod() / 2:
        return pixels, (0, 0)
    return pixels[top:bottom, left:right], (int(left), int(top))


def _whole(pixels: NDArray[Any], image: Image) -> str:
    size = f"{pixels.shape[1]} \u00d7 {pixels.shape[0]} px"
    if image.shape[:2] == pixels.shape[:2]:
        return f"whole capture, {size}"
    change = "reduced" if image.shape[1] < pixels.shape[1] else "enlarged"
    return f"whole capture of {size}, {change} to {image.shape[1]} \u00d7 {image.shape[0]} px"


def _eight_bit(pixels: Pixels) -> Image:
    """Return pixels for paper: 16-bit values over the full range, nothing stretched."""
    if pixels.dtype == np.uint16:
        return ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)
    return pixels.astype(np.uint8, copy=False)


def _reduced(image: Image, longest: int) -> tuple[Image, tuple[float, float]]:
    """Return the image with no side over ``longest``, and new size over old size along x and y."""
    return _resized(image, min(1.0, longest / max(image.shape[:2])))


def _resized(image: Image, factor: float) -> tuple[Image, tuple[float, float]]:
    """Return the image at about ``factor`` times its size: averaged when smaller, pixels kept square when larger."""
    import cv2

    height, width = image.shape[:2]
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    if size == (width, height):
        return image, (1.0, 1.0)
    way = cv2.INTER_AREA if factor < 1 else cv2.INTER_NEAREST
    return cv2.resize(image, size, interpolation=way).astype(np.uint8), (size[0] / width, size[1] / height)


def _blended(
    image: Image,
    values: NDArray[np.floating[Any]],
    grid_to_picture: NDArray[np.float64],
    limits: tuple[float, float],
    colour_map: str,
    opacity: float,
) -> Image:
    import cv2

    grey = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    size = (image.shape[1], image.shape[0])
    laid = cv2.warpPerspective(
        np.ascontiguousarray(values, dtype=np.float32),
        grid_to_picture,
        size,
        flags=cv2.INTER_NEAREST,
        borderValue=[np.nan],
    )
    measured = np.isfinite(laid)
    span = max(limits[1] - limits[0], 1e-30)  # where the range is empty, values are below or above it
    places = np.clip((np.where(measured, laid, limits[0]).astype(np.float64) - limits[0]) / span, 0.0, 1.0) * 255
    colours = lookup(colour_map)[places.round().astype(np.uint8)]
    base = np.repeat(grey[..., None], 3, axis=2).astype(np.float32)
    mixed = (1 - opacity) * base + opacity * colours.astype(np.float32)
    return np.where(measured[..., None], mixed, base).round().astype(np.uint8)


def _draw_arrows(
    image: Image, values: NDArray[np.float32], grid_to_picture: NDArray[np.float64], factor: tuple[float, float]
) -> float:
    """Draw displacement arrows into the image; return how many times longer than true they are, 0 without any."""
    import cv2

    step = max(1, -(-max(values.shape[:2]) // ARROWS))
    rows, columns = (np.arange(step // 2, size, step) for size in values.shape[:2])
    grid = np.stack(np.meshgrid(columns, rows), axis=-1).reshape(-1, 2)
    moves = values[grid[:, 1], grid[:, 0]].astype(np.float64) * np.array(factor)
    usable = np.isfinite(moves).all(axis=1)
    if not usable.any() or float(np.abs(moves[usable]).max()) == 0.0:
        return 0.0
    spacing = step * float(np.sqrt(abs(np.linalg.det(grid_to_picture[:2, :2]))))
    enlarged = 0.9 * spacing / float(np.linalg.norm(moves[usable], axis=1).max())
    starts = apply_matrix(grid_to_picture, grid[usable].astype(np.float64))
    ends = starts + enlarged * moves[usable]
    for start, end in zip(starts.round().astype(int), ends.round().astype(int), strict=True):
        first, last = (int(start[0]), int(start[1])), (int(end[0]), int(end[1]))
        cv2.arrowedLine(image, first, last, ARROW_COLOUR, 2, cv2.LINE_AA, tipLength=0.3)
    return enlarged


def _shared_box(images: tuple[Image, Image], transform: Transform | None) -> tuple[int, int, int, int] | None:
    """Return the bounding box, in questioned pixels, of the area both captures show; None where there is none."""
    if transform is None:
        return None
    height, width = images[1].shape[:2]
    corners = np.array([(0, 0), (width - 1, 0), (width - 1, height - 1), (0, height - 1)], dtype=np.float64)
    mapped = apply_matrix(np.linalg.inv(transform.array()), corners)
    if not np.isfinite(mapped).all():
        return None
    limit = np.array([images[0].shape[1], images[0].shape[0]])
    low = np.clip(np.floor(mapped.min(axis=0)), 0, limit).astype(int)
    high = np.clip(np.ceil(mapped.max(axis=0)) + 1, 0, limit).astype(int)
    if (high - low).min() < 2:
        return None
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])


def _warped(image: Image, matrix: NDArray[np.float64], size: tuple[int, int]) -> Image:
    """Return the image mapped by ``matrix`` (pixels to picture), averaged first where it is made smaller."""
    import cv2

    steps = apply_matrix(matrix, np.array([[0, 0], [1, 0], [0, 1]]) + np.array(image.shape[1::-1]) / 2)
    reduction = float(np.sqrt(abs(np.linalg.det(steps[1:] - steps[0]))))
    if reduction < 1:
        image, factor = _resized(image, reduction)
        matrix = matrix @ np.linalg.inv(resize_matrix(*factor))
    border = [PAPER] * 3
    return cv2.warpPerspective(image, matrix, size, flags=cv2.INTER_LINEAR, borderValue=border).astype(np.uint8)


def _marked(image: Image, points: NDArray[np.float64], correspondences: tuple[Correspondence, ...]) -> Image:
    import cv2

    canvas = cv2.cvtColor(image, cv2.COLOR_GRAY2RGB) if image.ndim == 2 else image.copy()
    for (x, y), correspondence in zip(points, correspondences, strict=True):
        colour = HELD_OUT_COLOUR if correspondence.held_out else FITTED_COLOUR
        if 0 <= x < canvas.shape[1] and 0 <= y < canvas.shape[0]:
            cv2.circle(canvas, (round(float(x)), round(float(y))), 7, colour, 2, cv2.LINE_AA)
    return canvas.astype(np.uint8)
