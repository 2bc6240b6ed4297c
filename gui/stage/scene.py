"""What is on the stage: captures, finding, mode and how each part is shown. No Qt."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np

from engine.core.case import Capture, Scale
from engine.core.colour_maps import NAMES
from engine.core.finding import Finding, Overlay
from engine.imaging.tiles import TileSource
from gui.stage import geometry
from gui.stage.colouring import OverlayStyle
from gui.stage.geometry import Array, Side
from gui.stage.layer import CaptureLayer
from gui.stage.linking import LinkedView, link_for
from gui.stage.nudge import Nudge
from gui.stage.overlay_colours import OverlayColours


class Mode(StrEnum):
    """The six ways to compare."""

    SIDE_BY_SIDE = "side by side"
    CURTAIN = "curtain"
    BLINK = "blink"
    OVERLAY = "overlay"
    DIFFERENCE = "difference"
    CHECKERBOARD = "checkerboard"


@dataclass(frozen=True)
class StageImage:
    """A capture to put on the stage: its record, the name of its item, and its tiles."""

    capture: Capture
    item_name: str
    source: TileSource


@dataclass
class Options:
    """The settings of the modes.

    curtain : where the edge stands, 0..1 of the width.
    blink_hz : changes per second.
    opacity : of the known capture in the overlay mode, 0..1.
    difference : the difference shown in the strongest colour, as a share of white.
    square : side of the checkerboard's squares in view pixels.
    """

    curtain: float = 0.5
    blink_hz: float = 2.0
    opacity: float = 0.5
    difference: float = 0.5
    square: int = 64


@dataclass
class Scene:
    """Everything the stage draws. ``arrived`` is called, from any thread, when there is more to draw.

    ``hints`` say what stands where a side has no capture. ``alone``: the questioned capture has the stage to itself.
    """

    arrived: Callable[[], None]
    view: LinkedView = field(default_factory=LinkedView)
    mode: Mode = Mode.SIDE_BY_SIDE
    options: Options = field(default_factory=Options)
    align: bool = True
    swapped: bool = False
    alone: bool = False
    blink_known: bool = False
    show_points: bool = True
    finding: Finding | None = None
    nudge: Nudge = field(default_factory=Nudge)
    images: dict[Side, StageImage] = field(default_factory=dict)
    layers: dict[Side, CaptureLayer] = field(default_factory=dict)
    styles: dict[str, OverlayStyle] = field(default_factory=dict)
    hints: dict[Side, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.colours = OverlayColours(self.arrived)
        self._ending: list[CaptureLayer] = []

    @property
    def complete(self) -> bool:
        """Whether both captures are there."""
        return len(self.images) == 2

    @property
    def sides(self) -> tuple[Side, ...]:
        """Who is shown, from the left."""
        if self.alone:
            return (Side.QUESTIONED,)
        return (Side.KNOWN, Side.QUESTIONED) if self.swapped else (Side.QUESTIONED, Side.KNOWN)

    def scale(self, side: Side) -> Scale | None:
        """Return the scale of a capture, if it has one."""
        image = self.images.get(side)
        return None if image is None else image.capture.scale

    @property
    def as_arrows(self) -> bool:
        """Whether displacements are shown as arrows."""
        overlays = self.finding.overlays if self.finding else ()
        return all(self.styles[overlay.key].arrows for overlay in overlays if is_displacement(overlay))

    def outline(self, side: Side) -> Array:
        """Return the (4, 2) corners of a capture in its pixels."""
        capture = self.images[side].capture
        return geometry.outline(capture.width, capture.height)

    def open(self, side: Side, image: StageImage | None) -> None:
        """Put a capture on a side, or take it away; nothing waits for the old one's thread."""
        old = self.layers.pop(side, None)
        if old is not None:
            old.stop()
            self._ending.append(old)
        self._ending = [layer for layer in self._ending if layer.alive]
        self.images.pop(side, None)
        if image is not None:
            self.images[side] = image
            self.layers[side] = CaptureLayer(image.source, self.arrived)
        self.set_finding(None)

    def update_capture(self, capture: Capture) -> bool:
        """Take over a newer record of a capture, as after a scale was set; return whether anything changed."""
        for side, image in self.images.items():
            if image.capture.id == capture.id and image.capture != capture:
                self.images[side] = replace(image, capture=capture)
                self.relink()
                return True
        return False

    def set_finding(self, finding: Finding | None) -> None:
        """Show a finding about the captures on the stage, or none.

        Raises
        ------
        ValueError
            The finding is about other captures.
        """
        if finding is not None:
            shown = {side: image.capture.id for side, image in self.images.items()}
            about = dict(zip(Side, finding.capture_ids[:2], strict=False))
            if any(shown.get(side) != capture_id for side, capture_id in about.items()):
                raise ValueError("the finding is about other captures than those on the stage")
        self.finding = finding
        self.nudge = Nudge()
        self.colours.clear()
        self.styles = {} if finding is None else default_styles(finding.overlays)
        self.relink()

    def relink(self) -> None:
        """Compute the link anew from the finding's transform and the nudge, or from the scales."""
        self.view.set_scales(self.scale(Side.QUESTIONED), self.scale(Side.KNOWN))
        if self.complete:
            transform = None if self.finding is None else self.finding.questioned_to_known
            questioned, known = (self.images[side].capture for side in Side)
            link = link_for(questioned, known, transform)
            if transform is not None and link.matrix is not None:
                link = replace(link, matrix=self.nudge.matrix @ link.matrix)
            self.view.link = link

    def side_of(self, overlay: Overlay) -> Side | None:
        """Return whose coordinates an overlay is in; None where that capture is not on the stage."""
        for side, image in self.images.items():
            if image.capture.id == overlay.capture_id:
                return side
        return None

    def overlays(self, side: Side, *, own: bool = False) -> list[tuple[Overlay, OverlayStyle, Array]]:
        """Return the visible overlays to draw on a side, each with its matrix from grid cells to that capture.

        ``own`` leaves out those of the other capture that are wanted on both panes.
        """
        found = []
        # A map over the map of differences would be read as one of them.
        shown = self.finding.overlays if self.finding and self.mode is not Mode.DIFFERENCE else ()
        for overlay in shown:
            style = self.styles[overlay.key]
            home = self.side_of(overlay)
            if not style.visible or overlay.raster is None or home is None:
                continue
            matrix = overlay.grid_to_capture.array()
            if home is side:
                found.append((overlay, style, matrix))
            elif style.both_panes and not own and self.view.mapping is not None:
                across = self.view.mapping if home is Side.QUESTIONED else np.linalg.inv(self.view.mapping)
                found.append((overlay, style, across @ matrix))
        return found

    def set_alone(self, alone: bool) -> None:
        """Give the questioned capture the stage to itself, or show it beside the known one; a finding goes."""
        self.alone = alone
        self.set_mode(Mode.SIDE_BY_SIDE)
        if alone:
            self.open(Side.KNOWN, None)
        else:
            self.set_finding(None)

    def set_mode(self, mode: Mode) -> None:
        """Choose how to compare; where both captures share one view they are always aligned."""
        self.mode = mode
        self.blink_known = False
        self.view.aligned = self.align or mode is not Mode.SIDE_BY_SIDE

    def set_align(self, align: bool) -> None:
        """Choose whether the known pane is turned to the questioned one's orientation."""
        self.align = align
        self.set_mode(self.mode)

    def moved_by(self, side: Side) -> tuple[Side, ...]:
        """Return the sides that a gesture on one moves: both where unlinked captures share one view."""
        together = self.mode is not Mode.SIDE_BY_SIDE and self.view.mapping is None
        return tuple(Side) if together else (side,)

    def fit_examined(self) -> None:
        """Show what both captures have in common; of one alone the part its finding maps; else whole captures."""
        mapping = self.view.mapping
        if not self.complete or mapping is None:
            for side in self.images:
                self.view.fit(side, self._mapped() if self.alone else self.outline(side))
            return
        known = geometry.apply_matrix(np.linalg.inv(mapping), self.outline(Side.KNOWN))
        questioned = self.outline(Side.QUESTIONED)
        low = np.maximum(known.min(axis=0), questioned.min(axis=0))
        high = np.minimum(known.max(axis=0), questioned.max(axis=0))
        box = np.array([low, (high[0], low[1]), high, (low[0], high[1])])
        self.view.fit(Side.QUESTIONED, box if (low < high).all() else questioned)

    def _mapped(self) -> Array:
        """Return the corners of what the finding's maps cover in the questioned capture, else the capture's own."""
        corners = [
            geometry.apply_matrix(
                overlay.grid_to_capture.array(), geometry.outline(*overlay.raster.values.shape[1::-1])
            )
            for overlay in (self.finding.overlays if self.finding else ())
            if overlay.raster is not None and self.side_of(overlay) is Side.QUESTIONED
        ]
        return np.concatenate(corners) if corners else self.outline(Side.QUESTIONED)

    def close(self) -> None:
        """Take everything away and join every thread."""
        for side in Side:
            self.open(side, None)
        for layer in self._ending:
            layer.close()
        self._ending.clear()
        self.colours.close()


def is_displacement(overlay: Overlay) -> bool:
    """Whether an overlay holds displacements, which can be shown as arrows."""
    return overlay.raster is not None and overlay.raster.values.ndim == 3


def default_styles(overlays: tuple[Overlay, ...]) -> dict[str, OverlayStyle]:
    """Return how overlays are first shown: the first map visible, in the range and colours the finding gives."""
    styles: dict[str, OverlayStyle] = {}
    for overlay in overlays:
        colour_map = overlay.colour_map if overlay.colour_map in NAMES else NAMES[0]
        visible = not any(style.visible for style in styles.values()) and overlay.raster is not None
        styles[overlay.key] = OverlayStyle(visible, 0.6, overlay.low, overlay.high, colour_map)
    return styles
