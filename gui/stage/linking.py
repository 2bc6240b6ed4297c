"""How two panes move together: one camera leads, the other view is always computed from the transform.

Nothing is accumulated: whatever the sequence of pans, zooms and turns, the known view follows from the questioned
camera and the transform alone, so linked views cannot drift.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from engine.core.case import Capture, Scale
from engine.core.pixels import Transform
from gui.stage import geometry
from gui.stage.geometry import Array, Camera, Point, Side, Size


class LinkBasis(StrEnum):
    """What the link of two panes rests on."""

    REGISTRATION = "registration"
    SCALES = "scales"
    NONE = "none"


@dataclass(frozen=True)
class Link:
    """The mapping from questioned to known pixels, what it rests on, and the sentence that says so."""

    basis: LinkBasis
    statement: str
    matrix: Array | None = None


def missing_scales(questioned: Scale | None, known: Scale | None) -> str:
    """Return the sentence naming which capture has no scale."""
    if questioned is None and known is None:
        return "neither capture has a scale"
    return "the questioned capture has no scale" if questioned is None else "the known capture has no scale"


def link_for(questioned: Capture, known: Capture, registration: Transform | None) -> Link:
    """Return the link between two captures: by registration, else by both scales, else none.

    ``registration`` takes questioned to known pixels. By scales alone, the middles of both captures are one place.
    """
    corners = geometry.outline(questioned.width, questioned.height)
    if registration is not None:
        matrix = registration.array()
        known_corners = geometry.outline(known.width, known.height)
        usable = geometry.before_horizon(matrix, corners)
        if usable and geometry.before_horizon(np.linalg.inv(matrix), known_corners):
            return Link(LinkBasis.REGISTRATION, "Linked by registration", matrix)
        return Link(LinkBasis.NONE, "Not linked: the registration cannot be used over the whole capture")
    if questioned.scale is None or known.scale is None:
        gap = missing_scales(questioned.scale, known.scale)
        return Link(LinkBasis.NONE, f"Not linked: no registration, and {gap}")
    here, there = middle(questioned), middle(known)
    factors = (
        questioned.scale.um_per_px_x / known.scale.um_per_px_x,
        questioned.scale.um_per_px_y / known.scale.um_per_px_y,
    )
    matrix = np.array(
        [
            [factors[0], 0.0, there[0] - factors[0] * here[0]],
            [0.0, factors[1], there[1] - factors[1] * here[1]],
            [0.0, 0.0, 1.0],
        ]
    )
    return Link(LinkBasis.SCALES, "Linked by scale only: sizes agree, places do not", matrix)


def middle(capture: Capture) -> Point:
    """Return the middle of a capture in its pixels."""
    return (capture.width - 1) / 2.0, (capture.height - 1) / 2.0


class LinkedView:
    """The cameras of both panes and the link between them.

    ``aligned`` turns the known view to the questioned one's orientation (and shape, for a homography). Without it
    the known capture stays upright; the middle of both panes is then the same place at the same physical size.
    """

    def __init__(self) -> None:
        self.size: Size = (1.0, 1.0)
        self.aligned = True
        self.linked = True
        self.link = Link(LinkBasis.NONE, "")
        self._cameras = {Side.QUESTIONED: Camera(), Side.KNOWN: Camera()}
        self._aspects = {Side.QUESTIONED: geometry.SQUARE, Side.KNOWN: geometry.SQUARE}
        self._ratio = 1.0

    @property
    def mapping(self) -> Array | None:
        """The (3, 3) matrix from questioned to known pixels while the panes are linked, else None."""
        return self.link.matrix if self.linked else None

    def set_scales(self, questioned: Scale | None, known: Scale | None) -> None:
        """Take the shape of both captures' pixels, and their relative size, from their scales."""
        self._aspects = {Side.QUESTIONED: geometry.aspect_of(questioned), Side.KNOWN: geometry.aspect_of(known)}
        self._ratio = 1.0 if known is None or questioned is None else known.um_per_px / questioned.um_per_px

    def set_linked(self, linked: bool) -> None:
        """Link or part the panes; parted panes start from what they show.

        Where only scales are known, linking takes what both panes show in the middle as one place.
        """
        if not linked and self.mapping is not None:
            self._cameras[Side.KNOWN] = self.camera(Side.KNOWN)
        if linked and not self.linked and self.link.basis is LinkBasis.SCALES:
            zoom = self._cameras[Side.QUESTIONED].zoom * self._ratio
            placed = replace(self._cameras[Side.KNOWN], zoom=zoom).matrix(self.size, self._aspects[Side.KNOWN])
            self.link = replace(self.link, matrix=np.linalg.inv(placed) @ self.matrix(Side.QUESTIONED))
        self.linked = linked

    def camera(self, side: Side) -> Camera:
        """Return the camera of a pane; for a linked known pane the one derived from the transform."""
        if side is Side.KNOWN and self.mapping is not None:
            return self._nearest_camera() if self.aligned else self._upright()
        return self._cameras[side]

    def matrix(self, side: Side) -> Array:
        """Return the (3, 3) matrix from a capture's pixels to its pane."""
        mapping = self.mapping
        if side is Side.KNOWN and mapping is not None:
            if self.aligned:
                return self.matrix(Side.QUESTIONED) @ np.linalg.inv(mapping)
            return self._upright().matrix(self.size, self._aspects[side])
        return self._cameras[side].matrix(self.size, self._aspects[side])

    def across(self, side: Side, point: Point) -> Point | None:
        """Return the place in the other capture of a point of this one; None while unlinked."""
        mapping = self.mapping
        if mapping is None:
            return None
        return geometry.map_point(mapping if side is Side.QUESTIONED else np.linalg.inv(mapping), point)

    def to_capture(self, side: Side, at: Point) -> Point:
        """Return the capture pixel under a view position."""
        return geometry.map_point(np.linalg.inv(self.matrix(side)), at)

    def zoom(self, side: Side) -> float:
        """Return the view pixels per capture pixel in the middle of a pane."""
        matrix = self.matrix(side)
        middle_point = geometry.map_point(np.linalg.inv(matrix), (self.size[0] / 2.0, self.size[1] / 2.0))
        return geometry.local_scale(matrix, middle_point)

    def pan(self, side: Side, delta: Point) -> None:
        """Move a pane's picture by view pixels."""
        leader = self._leader(side)
        self._lead(leader, geometry.panned(self.camera(leader), delta, self._aspects[leader]))

    def zoom_by(self, side: Side, factor: float, at: Point) -> None:
        """Zoom about a view position of a pane."""
        leader = self._leader(side)
        self._lead(leader, geometry.zoomed(self.camera(leader), factor, at, self.size, self._aspects[leader]))

    def rotate(self, side: Side, angle: float, at: Point) -> None:
        """Turn a pane's picture clockwise by radians about a view position."""
        leader = self._leader(side)
        self._lead(leader, geometry.rotated(self.camera(leader), angle, at, self.size, self._aspects[leader]))

    def centre_on(self, side: Side, point: Point) -> None:
        """Bring a capture pixel to the middle of its pane."""
        at = geometry.map_point(self.matrix(side), point)
        self.pan(side, (self.size[0] / 2.0 - at[0], self.size[1] / 2.0 - at[1]))

    def set_zoom(self, side: Side, zoom: float) -> None:
        """Set the view pixels per capture pixel in the middle of a pane."""
        self.zoom_by(side, zoom / self.zoom(side), (self.size[0] / 2.0, self.size[1] / 2.0))

    def upright(self) -> None:
        """Undo every turn, about the middle of the panes."""
        for side in Side:
            camera = self._cameras[side]
            self._cameras[side] = replace(camera, angle=0.0)

    def fit(self, side: Side, corners: Array) -> None:
        """Show all corners (N, 2), capture pixels of ``side``, in its pane."""
        mapping = self.mapping
        if side is Side.KNOWN and mapping is not None:
            if not self.aligned:
                angle = self._cameras[Side.KNOWN].angle
                self._lead(side, geometry.fitted(corners, self.size, angle, self._aspects[side]))
                return
            corners, side = geometry.apply_matrix(np.linalg.inv(mapping), corners), Side.QUESTIONED
        camera = self._cameras[side]
        self._cameras[side] = geometry.fitted(corners, self.size, camera.angle, self._aspects[side])

    def _leader(self, side: Side) -> Side:
        """Return whose camera a gesture in a pane moves: aligned views are one view, led by the questioned one."""
        return Side.QUESTIONED if self.mapping is not None and self.aligned else side

    def _lead(self, side: Side, camera: Camera) -> None:
        """Set the camera of a pane; a linked, unaligned known pane sets the questioned camera that yields it."""
        mapping = self.mapping
        if side is Side.QUESTIONED or mapping is None:
            self._cameras[side] = camera
            return
        inverse = np.linalg.inv(mapping)
        zoom = camera.zoom / geometry.local_scale(inverse, camera.centre)
        here = geometry.map_point(inverse, camera.centre)
        self._cameras[Side.QUESTIONED] = replace(self._cameras[Side.QUESTIONED], centre=here, zoom=zoom)
        self._cameras[Side.KNOWN] = replace(self._cameras[Side.KNOWN], angle=camera.angle)

    def _upright(self) -> Camera:
        """Return the known camera that shows the same middle at the same physical size, turned by its own angle."""
        mapping = self.mapping
        assert mapping is not None
        lead = self._cameras[Side.QUESTIONED]
        centre = geometry.map_point(mapping, lead.centre)
        zoom = lead.zoom * geometry.local_scale(np.linalg.inv(mapping), centre)
        return Camera(centre, zoom, self._cameras[Side.KNOWN].angle)

    def _nearest_camera(self) -> Camera:
        """Return the camera (without shear) nearest to the aligned known view, exact for a similarity."""
        matrix = self.matrix(Side.KNOWN)
        at = (self.size[0] / 2.0, self.size[1] / 2.0)
        centre = geometry.map_point(np.linalg.inv(matrix), at)
        linear = geometry.jacobian(matrix, centre) @ np.diag(1.0 / np.array(self._aspects[Side.KNOWN]))
        angle = float(np.arctan2(linear[1, 0] - linear[0, 1], linear[0, 0] + linear[1, 1]))
        return Camera(centre, geometry.local_scale(matrix, centre), angle)
