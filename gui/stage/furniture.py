"""What surrounds the pictures on the stage: strips with words, scale bars, colour bars, the pointer's twin."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from engine.core.colour_maps import lookup
from gui.shell.theme import GRID, Colours
from gui.stage import colouring
from gui.stage.colouring import OverlayStyle
from gui.stage.geometry import Point, Side, Size
from gui.stage.scene import Mode, Scene

PLATE = QColor(16, 18, 22, 205)
INK = QColor(255, 255, 255)
BAR_WIDTH = 20.0 * GRID
BAR_HEIGHT = 10.0
CROSS = 9.0


def strip(painter: QPainter, rect: QRectF, text: str, colours: Colours, *, mark: str = "") -> None:
    """Draw a line of words on the window's own colours; ``mark`` is the colour of a block before them."""
    painter.fillRect(rect, QColor(colours.window))
    left = rect.left() + GRID
    if mark:
        painter.fillRect(QRectF(left, rect.center().y() - 5.0, 4.0, 10.0), QColor(mark))
        left += 1.5 * GRID
    room = QRectF(left, rect.top(), rect.right() - GRID - left, rect.height())
    painter.setPen(QColor(colours.text))
    shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, int(room.width()))
    painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)


def scale_bar(painter: QPainter, scene: Scene, side: Side, size: Size) -> None:
    """Draw the scale bar in the lower left corner of a pane."""
    scale = scene.scale(side)
    source = "" if scale is None else scale.source.value
    um_per_px = None if scale is None else scale.um_per_px
    bar = colouring.scale_bar(scene.view.zoom(side), um_per_px, source, min(size[0] / 3.0, BAR_WIDTH))
    metrics = painter.fontMetrics()
    width = max(bar.pixels, float(metrics.horizontalAdvance(bar.text)))
    height = metrics.height() + 1.5 * GRID
    plate = QRectF(GRID, size[1] - GRID - height - GRID, width + 2 * GRID, height + GRID)
    _plate(painter, plate)
    painter.setPen(INK)
    painter.drawText(QPointF(plate.left() + GRID, plate.top() + metrics.ascent() + GRID / 2), bar.text)
    y = plate.bottom() - GRID
    painter.setPen(QPen(INK, 2.0))
    painter.drawLine(QPointF(plate.left() + GRID, y), QPointF(plate.left() + GRID + bar.pixels, y))
    for x in (plate.left() + GRID, plate.left() + GRID + bar.pixels):
        painter.drawLine(QPointF(x, y - 4.0), QPointF(x, y + 4.0))


def colour_bars(painter: QPainter, scene: Scene, shown: dict[Side, dict[str, str]], size: Size) -> None:
    """Draw a colour bar for every map a pane shows, from its lower right corner upwards.

    ``shown`` holds, by side and key of the overlay, a remark on how the overlay had to be drawn.
    """
    bottom = size[1] - GRID
    if scene.mode is Mode.DIFFERENCE and scene.complete:
        span = 100.0 * scene.options.difference
        style = OverlayStyle(True, 1.0, -span, span, "diverging")
        title = "Questioned minus known (% of white, as displayed)"
        bottom = colour_bar(painter, QPointF(size[0] - GRID, bottom), title, style, "")
    for overlay in scene.finding.overlays if scene.finding else ():
        remark = next((remarks[overlay.key] for remarks in shown.values() if overlay.key in remarks), None)
        if remark is not None:
            title = overlay.title + (f" ({colouring.unit_text(overlay.unit)})" if overlay.unit else "")
            corner = QPointF(size[0] - GRID, bottom)
            bottom = colour_bar(painter, corner, title, scene.styles[overlay.key], remark)


def colour_bar(painter: QPainter, corner: QPointF, title: str, style: OverlayStyle, remark: str) -> float:
    """Draw a colour bar with its lower right corner given; return where the next one above may end."""
    metrics = painter.fontMetrics()
    lines = [title, *([remark] if remark else [])]
    width = max(BAR_WIDTH, *(float(metrics.horizontalAdvance(line)) for line in lines))
    height = metrics.height() * (len(lines) + 1) + BAR_HEIGHT + 1.5 * GRID
    plate = QRectF(corner.x() - width - 2 * GRID, corner.y() - height, width + 2 * GRID, height)
    _plate(painter, plate)
    painter.setPen(INK)
    left, y = plate.left() + GRID, plate.top() + GRID / 2
    for line in lines:
        painter.drawText(QPointF(left, y + metrics.ascent()), line)
        y += metrics.height()
    bar = QRectF(left, y + 2.0, width, BAR_HEIGHT)
    painter.drawImage(bar, colour_strip(style.colour_map))
    numbers = QRectF(left, bar.bottom() + 2.0, width, metrics.height())
    values = (style.low, (style.low + style.high) / 2.0, style.high)
    places = (Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignHCenter, Qt.AlignmentFlag.AlignRight)
    for value, place in zip(values, places, strict=True):
        painter.drawText(numbers, place | Qt.AlignmentFlag.AlignTop, colouring.number(value))
    return plate.top() - GRID / 2


def colour_strip(colour_map: str) -> QImage:
    """Return a colour map as an image of 256 x 1 pixels."""
    table = lookup(colour_map)
    return QImage(table.tobytes(), 256, 1, 768, QImage.Format.Format_RGB888).copy()


def twin_pointer(painter: QPainter, at: Point) -> None:
    """Mark the place in this pane that the pointer is at in the other one."""
    x, y = at
    for pen in (QPen(PLATE, 3.5), QPen(INK, 1.25)):
        painter.setPen(pen)
        painter.drawLine(QPointF(x - CROSS, y), QPointF(x + CROSS, y))
        painter.drawLine(QPointF(x, y - CROSS), QPointF(x, y + CROSS))


def curtain_edge(painter: QPainter, x: float, height: float, colour: str) -> None:
    """Draw the edge of the curtain with a grip in its middle."""
    painter.setPen(QPen(PLATE, 3.0))
    painter.drawLine(QPointF(x, 0.0), QPointF(x, height))
    painter.setPen(QPen(INK, 1.0))
    painter.drawLine(QPointF(x, 0.0), QPointF(x, height))
    painter.setBrush(QColor(colour))
    painter.setPen(QPen(INK, 1.0))
    painter.drawRoundedRect(QRectF(x - 4.0, height / 2.0 - 2.0 * GRID, 8.0, 4.0 * GRID), 3.0, 3.0)


def note(painter: QPainter, text: str, size: Size) -> None:
    """Say on a plate at the upper left what the mode shows."""
    if not text:
        return
    metrics = painter.fontMetrics()
    plate = QRectF(GRID, GRID, metrics.horizontalAdvance(text) + 2.0 * GRID, metrics.height() + GRID)
    if plate.width() <= size[0] - 2 * GRID:
        _plate(painter, plate)
        painter.setPen(INK)
        painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, text)


def empty_pane(painter: QPainter, text: str, size: Size, colours: Colours) -> None:
    """Say what to do where a pane has no capture."""
    painter.setPen(QColor(colours.muted))
    room = QRectF(GRID, 0.0, max(size[0] - 2 * GRID, 1.0), size[1])
    painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, text)


def _plate(painter: QPainter, rect: QRectF) -> None:
    painter.save()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(PLATE)
    painter.drawRoundedRect(rect, 3.0, 3.0)
    painter.restore()
