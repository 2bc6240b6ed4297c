"""Small pictures of captures, read off the window's thread and kept for the session."""

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage, QPixmap

from engine.jobs import JobContext
from gui.session import Session

if TYPE_CHECKING:
    from engine.imaging.tiles import TileSource


KEPT = 64


class Pictures(QObject):
    """Hands out pictures by capture; ``ready`` names the capture whose picture has arrived.

    The last ``KEPT`` pictures are kept, an older one is read again when it is asked for.
    """

    ready = Signal(str)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._pixmaps: dict[str, QPixmap] = {}
        self._asked: set[str] = set()
        session.store_changed.connect(self._forget)

    def pixmap(self, capture_id: str) -> QPixmap | None:
        """Return the picture, at most 256 px a side; None while it is being read."""
        found = self._pixmaps.get(capture_id)
        store = self._session.store
        if found is None and store is not None and capture_id not in self._asked:
            self._asked.add(capture_id)

            def work(context: JobContext) -> QImage:
                from engine.workflows.captures import tile_source

                with tile_source(store, capture_id, context) as tiles:
                    return top_image(tiles)

            def done(image: QImage) -> None:
                if self._session.store is store:
                    if len(self._pixmaps) == KEPT:
                        del self._pixmaps[next(iter(self._pixmaps))]
                    self._pixmaps[capture_id] = QPixmap.fromImage(image)
                    self._asked.discard(capture_id)
                    self.ready.emit(capture_id)

            self._session.picture(work, done=done)
        return found

    def _forget(self) -> None:
        self._pixmaps.clear()
        self._asked.clear()


def top_image(source: "TileSource") -> QImage:
    """Return the last level of a pyramid, which fits into one tile, as an image; 16 bits become 8."""
    import numpy as np

    pixels: Any = source.tile(source.levels - 1, 0, 0)
    if pixels.dtype == np.uint16:
        pixels = (pixels >> 8).astype(np.uint8)
    pixels = np.ascontiguousarray(pixels)
    height, width = pixels.shape[:2]
    kind = QImage.Format.Format_Grayscale8 if pixels.ndim == 2 else QImage.Format.Format_RGB888
    return QImage(pixels.data, width, height, pixels.strides[0], kind).copy()
