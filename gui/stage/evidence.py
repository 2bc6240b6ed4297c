"""Draws a finding's evidence over a capture: maps, arrows, matched points, regions."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from engine.core.colour_maps import lookup
from engine.core.finding import Finding, Overlay
from engine.core.pixels import apply_matrix, resize_matrix
from gui.stage import colouring, geometry, painting
from gui.stage.colouring import Arrows, OverlayStyle
from gui.stage.geometry import Array, Side, Size
from gui.stage.scene import Scene, is_displacement

MARK_RADIUS = 5.0
RESIDUAL_COLOURS = (255, 212, 169, 126)  # places in cividis, from no residual to the largest: yellow to grey
HALO = QColor(0, 0, 0, 170)
MARK = QColor(255, 255, 255)


def draw_overlays(
    painter: QPainter, scene: Scene, side: Side, size: Size, ratio: float, *, own: bool = False
) -> dict[str, str]:
    """Draw the visible overlays of a side; return by key a remark on how each had to be shown."""
    remarks = {}
    for overlay, style, matrix in scene.overlays(side, own=own):
        grid_to_view = scene.view.matrix(side) @ matrix
        if is_displacement(overlay) and style.arrows:
            remarks[overlay.key] = _draw_arrows(painter, overlay, style, grid_to_view, size)
        else:
            remarks[overlay.key] = _draw_map(painter, scene, overlay, style, grid_to_view, size, ratio)
    return remarks


def _draw_map(
    painter: QPainter, scene: Scene, overlay: Overlay, style: OverlayStyle, matrix: Array, size: Size, ratio: float
) -> str:
    assert overlay.raster is not None
    height, width = overlay.raster.values.shape[:2]
    cell = geometry.local_scale(matrix, (width / 2.0, height / 2.0)) * ratio
    made = scene.colours.get(overlay.raster, style, colouring.block_factor(cell))
    if made is None:
        return "being coloured"
    factor = made.recipe.factor
    blocks = matrix @ resize_matrix(factor, factor)
    painting.draw_cells(painter, made.words, blocks, size, ratio=ratio, opaque=False)
    return f"mean of {factor} \N{MULTIPLICATION SIGN} {factor} cells" if factor > 1 else ""


def _draw_arrows(painter: QPainter, overlay: Overlay, style: OverlayStyle, matrix: Array, size: Size) -> str:
    assert overlay.raster is not None
    capture_to_view = matrix @ np.linalg.inv(overlay.grid_to_capture.array())
    found = colouring.arrows(overlay.raster.values, matrix, capture_to_view, size, style.low, style.high)
    painter.save()
    painter.setOpacity(style.opacity)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    lines = arrow_lines(found)
    painter.setPen(QPen(HALO, 3.5))
    painter.drawLines([line for group in lines for line in group])
    for group, colour in zip(lines, colouring.arrow_colours(style.colour_map), strict=True):
        painter.setPen(QPen(QColor(*colour), 1.75))
        painter.drawLines(group)
    painter.restore()
    every = f", one in {found.every} \N{MULTIPLICATION SIGN} {found.every} cells" if found.every > 1 else ""
    return f"arrows {colouring.number(found.gain)} times enlarged{every}"


def arrow_lines(found: Arrows) -> list[list[QLineF]]:
    """Return the strokes of all arrows, grouped by colour: a shaft and two barbs each."""
    along = found.heads - found.tails
    length = np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-9)[:, None]
    unit = along / length * np.minimum(length * 0.4, 6.0)
    across = np.stack([-unit[:, 1], unit[:, 0]], axis=1) * 0.5
    barbs = (found.heads - unit + across, found.heads - unit - across)
    groups: list[list[QLineF]] = [[] for _ in range(colouring.ARROW_COLOURS)]
    for colour, tail, head, left, right in zip(
        found.colours.tolist(),
        found.tails.tolist(),
        found.heads.tolist(),
        *(barb.tolist() for barb in barbs),
        strict=True,
    ):
        groups[colour] += (QLineF(*tail, *head), QLineF(*head, *left), QLineF(*head, *right))
    return groups


def draw_regions(painter: QPainter, scene: Scene, side: Side) -> None:
    """Outline the finding's regions in a side's capture."""
    image = scene.images.get(side)
    if scene.finding is None or image is None:
        return
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for region in scene.finding.regions:
        if region.capture_id == image.capture.id:
            corners = apply_matrix(scene.view.matrix(side), np.array(region.polygon))
            shape = QPolygonF([QPointF(x, y) for x, y in corners.tolist()])
            for pen in (QPen(HALO, 3.5), QPen(MARK, 1.5)):
                painter.setPen(pen)
                painter.drawPolygon(shape)
    painter.restore()


def point_places(finding: Finding, side: Side, matrix: Array) -> Array:
    """Return the view positions (N, 2) of the matched points of a side."""
    points = [c.questioned if side is Side.QUESTIONED else c.known for c in finding.correspondences]
    return apply_matrix(matrix, np.array(points)) if points else np.zeros((0, 2))


def residual_steps(finding: Finding) -> NDArray[np.intp]:
    """Return which colour each matched point has, (N,): 0 for residuals near none, the last for the largest."""
    residuals = np.array([c.residual_px for c in finding.correspondences])
    largest = residuals.max(initial=0.0)
    if largest <= 0:
        return np.zeros(len(residuals), dtype=np.intp)
    return np.minimum((len(RESIDUAL_COLOURS) * residuals / largest).astype(np.intp), len(RESIDUAL_COLOURS) - 1)


def draw_points(painter: QPainter, scene: Scene, side: Side, size: Size) -> None:
    """Mark the matched points, coloured by residual: rings where they were fitted, squares where they were held out."""
    finding = scene.finding
    if finding is None or not scene.show_points:
        return
    places = point_places(finding, side, scene.view.matrix(side))
    steps = residual_steps(finding)
    within = (places > -MARK_RADIUS) & (places < np.array(size) + MARK_RADIUS)
    inside = within[:, 0] & within[:, 1]
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _mark(painter, finding, places, inside, QPen(HALO, 4.0))
    for step, place in enumerate(RESIDUAL_COLOURS):
        _mark(painter, finding, places, inside & (steps == step), QPen(QColor(*lookup("cividis")[place].tolist()), 2.0))
    painter.restore()


def _mark(painter: QPainter, finding: Finding, places: Array, which: NDArray[np.bool_], pen: QPen) -> None:
    painter.setPen(pen)
    for index in np.nonzero(which)[0].tolist():
        x, y = places[index].tolist()
        box = QRectF(x - MARK_RADIUS, y - MARK_RADIUS, 2 * MARK_RADIUS, 2 * MARK_RADIUS)
        if finding.correspondences[index].held_out:
            painter.drawRect(box)
        else:
            painter.drawEllipse(box)
