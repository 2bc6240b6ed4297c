"""The whole picture of the stage: panes, what surrounds them, and the strips above and below."""

from dataclasses import dataclass

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QFontMetrics, QPainter

from gui.shell import theme
from gui.shell.theme import GRID, Colours
from gui.stage import captions, furniture, geometry
from gui.stage.geometry import Point, Side, Size
from gui.stage.renderer import Renderer
from gui.stage.scene import Mode, Scene

GAP = 2.0


@dataclass(frozen=True)
class Pane:
    """Where a capture's pictures go; ``side`` leads the gestures in it."""

    side: Side
    rect: QRectF

    @property
    def size(self) -> Size:
        """Width and height."""
        return self.rect.width(), self.rect.height()


def strip_height(metrics: QFontMetrics) -> float:
    """Return the height of the strips with words above and below the pictures."""
    return float(metrics.height() + GRID)


class StagePicture:
    """Draws a scene with all that surrounds it."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.renderer = Renderer(scene)

    def paint(
        self, painter: QPainter, size: Size, panes: list[Pane], ratio: float, pointer: tuple[Side, Point] | None
    ) -> None:
        """Draw everything.

        Parameters
        ----------
        size, panes, ratio
            The whole size, where the panes are in it, and the screen pixels per unit.
        pointer : (Side, Point) or None
            The capture pixel under the pointer.
        """
        colours = theme.colours()
        painter.fillRect(QRectF(0.0, 0.0, *size), QColor(colours.stage))
        for pane in panes:
            painter.save()
            painter.setClipRect(pane.rect)
            painter.translate(pane.rect.topLeft())
            self._pane(painter, pane, ratio, colours)
            self._twin(painter, pane, pointer)
            painter.restore()
        self._strips(painter, size, ratio, colours)

    def _pane(self, painter: QPainter, pane: Pane, ratio: float, colours: Colours) -> None:
        scene = self.scene
        side = pane.side
        if scene.mode is not Mode.SIDE_BY_SIDE and scene.complete:
            side = Side.KNOWN if scene.blink_known else Side.QUESTIONED
            self.renderer.paint_together(painter, pane.size, ratio, QColor(colours.stage))
            if scene.mode is Mode.CURTAIN:
                x = scene.options.curtain * pane.rect.width()
                furniture.curtain_edge(painter, x, pane.rect.height(), colours.accent)
            furniture.note(painter, captions.mode_note(scene), pane.size)
            shown = self.renderer.remarks
        elif side in scene.images:
            self.renderer.paint_pane(painter, side, pane.size, ratio)
            shown = {side: self.renderer.remarks[side]}
        else:
            text = scene.hints.get(side) or f"Choose a {side} capture above."
            furniture.empty_pane(painter, text, pane.size, colours)
            return
        furniture.scale_bar(painter, scene, side, pane.size)
        furniture.colour_bars(painter, scene, shown, pane.size)

    def _twin(self, painter: QPainter, pane: Pane, pointer: tuple[Side, Point] | None) -> None:
        if pointer is None or self.scene.mode is not Mode.SIDE_BY_SIDE or pointer[0] is pane.side:
            return
        place = self.scene.view.across(*pointer)
        if place is not None:
            furniture.twin_pointer(painter, geometry.map_point(self.scene.view.matrix(pane.side), place))

    def _strips(self, painter: QPainter, size: Size, ratio: float, colours: Colours) -> None:
        height, sides = strip_height(painter.fontMetrics()), self.scene.sides
        width = (size[0] - GAP * (len(sides) - 1)) / len(sides)
        bottom = size[1] - height
        for y in (0.0, bottom):
            painter.fillRect(QRectF(0.0, y, size[0], height), QColor(colours.window))
        for place, side in enumerate(sides):
            x = place * (width + GAP)
            heading = captions.heading(self.scene, side)
            furniture.strip(painter, QRectF(x, 0.0, width, height), heading, colours, mark=getattr(colours, side))
            frame = self.renderer.frames.get(side) if side in self.scene.images else None
            text = captions.footing(self.scene, side, frame, ratio)
            furniture.strip(painter, QRectF(x, bottom, width, height), text, colours)
