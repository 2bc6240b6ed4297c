"""Puts captures on the stage: their tiles are opened off the window's thread."""

from collections.abc import Callable
from functools import partial

from engine.core.case import Capture
from engine.imaging.tiles import TileSource
from engine.jobs import JobContext
from gui.session import Session
from gui.stage.geometry import Side
from gui.stage.layer import Closing
from gui.stage.scene import StageImage
from gui.stage.stage import Stage


class CaptureOpener:
    """Opens captures for the sides of a stage; of several asked for in turn only the last one of a side is shown.

    ``opened`` is called when one has come onto the stage.
    """

    def __init__(self, session: Session, stage: Stage, opened: Callable[[], None]) -> None:
        self._session = session
        self._stage = stage
        self._then = opened
        self._opening: dict[Side, str] = {}

    @property
    def pending(self) -> bool:
        """Whether a capture is being opened."""
        return bool(self._opening)

    def forget(self, *sides: Side) -> None:
        """Show no more what is being opened for these sides."""
        for side in sides:
            self._opening.pop(side, None)

    def open(self, side: Side, found: tuple[str, Capture] | None) -> None:
        """Put a capture, with the name of its item, on a side; None clears the side."""
        store, capture_id = self._session.store, found[1].id if found else None
        image = self._stage.scene.images.get(side)
        if (image is not None and image.capture.id == capture_id) or self._opening.get(side, "") == capture_id:
            return
        self.forget(side)
        self._stage.show_image(side, None)
        if found is None or store is None or capture_id is None:
            self._stage.show_hint(side, "")
            return
        self._opening[side] = capture_id
        self._stage.show_hint(side, "Opening the capture\N{HORIZONTAL ELLIPSIS}")

        def work(context: JobContext) -> TileSource:
            from engine.workflows.captures import tile_source

            return tile_source(store, capture_id, context)

        self._session.picture(
            work, done=partial(self._opened, side, *found), failed=partial(self._not_opened, side, capture_id)
        )

    def _opened(self, side: Side, item_name: str, capture: Capture, source: TileSource) -> None:
        if self._opening.get(side) != capture.id:
            if isinstance(source, Closing):
                source.close()
            return
        self.forget(side)
        self._stage.show_hint(side, "")
        self._stage.show_image(side, StageImage(capture, item_name, source))
        self._then()

    def _not_opened(self, side: Side, capture_id: str, error: BaseException) -> None:
        if self._opening.get(side) == capture_id:
            self.forget(side)
            self._stage.show_hint(side, f"The capture cannot be opened. {error}")
