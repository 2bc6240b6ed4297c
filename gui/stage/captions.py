"""The words on the stage: whose pane it is, how large and how sharp it is shown, what the link rests on. No Qt."""

import math

import numpy as np

from gui.stage import colouring, geometry
from gui.stage.geometry import Point, Side
from gui.stage.layer import Frame
from gui.stage.linking import LinkBasis
from gui.stage.nudge import residual_px
from gui.stage.scene import Mode, Scene

UM = "\N{MICRO SIGN}m"
DOT = " \N{MIDDLE DOT} "


def heading(scene: Scene, side: Side) -> str:
    """Return who is shown: standing, item, file, and whether it is simulated."""
    image = scene.images.get(side)
    if image is None:
        return f"{side.capitalize()}: no capture"
    parts = [f"{side.capitalize()}: {image.item_name}", image.capture.file_name]
    if image.capture.page:
        parts.append(f"page {image.capture.page + 1}")
    if image.capture.simulated:
        parts.append("simulated")
    return DOT.join(parts)


def footing(scene: Scene, side: Side, frame: Frame | None, ratio: float) -> str:
    """Return how a capture is shown: magnification, pyramid level, levels, what is still loading, what went wrong."""
    layer = scene.layers.get(side)
    if layer is None:
        return ""
    if layer.problem and frame is None:
        return layer.problem
    parts = [f"{colouring.number(100.0 * scene.view.zoom(side) * ratio)} %"]
    if frame is None:
        parts.append("out of view" if layer.histogram is not None else "loading")
        return DOT.join(parts)
    if frame.level:
        block = 2**frame.level
        parts.append(f"level {frame.level}: mean of {block} \N{MULTIPLICATION SIGN} {block} pixels")
    else:
        parts.append("full resolution")
    turn = colouring.number(round(_turn(scene, side), 1))
    if turn not in ("0", "-0"):
        parts.append(f"turned {turn}\N{DEGREE SIGN}")
    shown = layer.levels
    if (shown.low, shown.high, shown.gamma) != (0.0, _top(scene, side), 1.0):
        parts.append(f"levels {colouring.number(shown.low)} to {colouring.number(shown.high)}")
    if layer.problem:
        parts.append(layer.problem)
    elif frame.missing:
        parts.append(f"loading {frame.missing} tiles")
    return DOT.join(parts)


def _top(scene: Scene, side: Side) -> float:
    histogram = scene.layers[side].histogram
    return float(histogram.top) if histogram else 0.0


def _turn(scene: Scene, side: Side) -> float:
    return math.degrees(scene.view.camera(side).angle)


def link_statement(scene: Scene) -> str:
    """Return what the panes' link rests on, with the residual on the points of the finding."""
    if not scene.complete:
        return ""
    link = scene.view.link
    if not scene.view.linked and link.matrix is not None:
        return "Panes move on their own: the link is switched off"
    if link.basis is not LinkBasis.REGISTRATION:
        outcome = f" ({scene.finding.outcome})" if scene.finding and scene.finding.outcome else ""
        return link.statement + outcome
    residual = residual_text(scene)
    parts = [link.statement, *([residual] if residual else [])]
    dx, dy = scene.nudge.shift
    if (dx, dy) != (0.0, 0.0):
        moved = colouring.number((dx * dx + dy * dy) ** 0.5)
        parts.append(f"known capture nudged {moved} px on the screen, the finding is unchanged")
    return DOT.join(parts)


def residual_text(scene: Scene) -> str:
    """Return the residual of the registration as shown, nudge included; in micrometres where the known has a scale."""
    finding, matrix = scene.finding, scene.view.link.matrix
    if finding is None or matrix is None:
        return ""
    left = residual_px(finding.correspondences, matrix)
    if left is None:
        return ""
    held_out = any(point.held_out for point in finding.correspondences)
    points = "held-out points" if held_out else "points"
    scale = scene.scale(Side.KNOWN)
    if scale is None:
        return f"residual of this view {colouring.number(left)} known px (RMS) on {points}"
    return f"residual of this view {colouring.number(left * scale.um_per_px)} {UM} (RMS) on {points} ({scale.source})"


def pointer_text(scene: Scene, side: Side, point: Point) -> str:
    """Return where the pointer is, in pixels and micrometres, and what the overlays measured there."""
    image = scene.images.get(side)
    if image is None:
        return ""
    x, y = point
    inside = -0.5 <= x < image.capture.width - 0.5 and -0.5 <= y < image.capture.height - 0.5
    if not inside:
        return ""
    parts = [f"{side.capitalize()} x {x:.1f}, y {y:.1f} px"]
    scale = image.capture.scale
    if scale is not None:
        across, down = x * scale.um_per_px_x, y * scale.um_per_px_y
        parts.append(f"{colouring.number(across)}, {colouring.number(down)} {UM}")
    for overlay, _, matrix in scene.overlays(side):
        if overlay.raster is None:
            continue
        column, row = (round(value) for value in geometry.map_point(np.linalg.inv(matrix), point))
        values = overlay.raster.values
        if 0 <= column < values.shape[1] and 0 <= row < values.shape[0]:
            value = float(colouring.magnitudes(values[row : row + 1, column : column + 1])[0, 0])
            text = "no measurement" if math.isnan(value) else colouring.quantity(value, overlay.unit)
            parts.append(f"{overlay.title} {text}")
    return DOT.join(parts)


def mode_note(scene: Scene) -> str:
    """Return what the present mode shows, in a few words."""
    first, second = scene.sides
    options = scene.options
    match scene.mode:
        case Mode.CURTAIN:
            return f"{first.capitalize()} left of the edge, {second} right of it"
        case Mode.BLINK:
            now = "known" if scene.blink_known else "questioned"
            return f"Now {now}, {colouring.number(options.blink_hz)} changes a second"
        case Mode.OVERLAY:
            return f"Known at {round(options.opacity * 100)} % over questioned"
        case Mode.DIFFERENCE:
            return "Questioned minus known, greys as displayed; maps of the finding are hidden here"
        case Mode.CHECKERBOARD:
            return f"{first.capitalize()} and {second} in squares of {options.square} px"
        case _:
            return ""
