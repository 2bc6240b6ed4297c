"""Images of labels for painting: read off the window's thread, what is in sight first, the last ones kept."""

from collections import OrderedDict
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QImage

from engine.jobs import JobContext
from gui.session import AnyStore, Session

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PAGE = 60
"""Labels that are read at a time."""
KEPT_BYTES = 96 << 20
Key = tuple[int, int]
"""Number of a label, and the side of its image in pixels of the screen."""


class LabelImages(QObject):
    """Hands out images of labels of one library; ``arrived`` comes when there are new ones, ``failed`` with the reason.

    Whoever paints asks again for what is still in sight when something has arrived: of what was scrolled past nothing
    is read.
    """

    arrived = Signal()
    failed = Signal(str)

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._library_id = ""
        self._kept: OrderedDict[Key, QImage] = OrderedDict()
        self._bytes = 0
        self._wanted: dict[Key, None] = {}
        self._unreadable: set[int] = set()
        self._reading = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._read)

    def use(self, library_id: str) -> None:
        """Hand out images of another library; forget those of the one before, and what could not be read."""
        if library_id != self._library_id:
            self._kept.clear()
            self._bytes = 0
        self._library_id = library_id
        self._wanted.clear()
        self._unreadable.clear()

    def image(self, number: int, side: int) -> QImage | None:
        """Return the image of a label, ``side`` pixels wide and high; None while it is being read."""
        found = self._kept.get((number, side))
        if found is not None:
            self._kept.move_to_end((number, side))
        elif number not in self._unreadable and self._library_id:
            self._wanted[(number, side)] = None
            if not self._reading:
                self._timer.start()
        return found

    def unreadable(self, number: int) -> bool:
        """Whether the image of a label could not be read."""
        return number in self._unreadable

    def _read(self) -> None:
        store = self._session.store
        if store is None or self._reading or not self._wanted:
            return
        side = next(reversed(self._wanted))[1]  # of what was asked for last
        numbers = [number for number, wanted in self._wanted if wanted == side][-PAGE:]
        self._wanted.clear()
        self._reading = True
        library_id = self._library_id
        self._session.picture(
            partial(_images, store, library_id, numbers, side),
            done=partial(self._arrive, store, library_id, side),
            failed=partial(self._fail, library_id, numbers),
        )

    def _arrive(self, store: AnyStore, library_id: str, side: int, images: dict[int, QImage]) -> None:
        self._reading = False
        if self._session.store is store and library_id == self._library_id:
            for number, image in images.items():
                self._kept[(number, side)] = image
                self._bytes += image.sizeInBytes()
            while self._bytes > KEPT_BYTES:
                _key, oldest = self._kept.popitem(last=False)
                self._bytes -= oldest.sizeInBytes()
        self.arrived.emit()

    def _fail(self, library_id: str, numbers: list[int], error: BaseException) -> None:
        self._reading = False
        if library_id == self._library_id:
            self._unreadable.update(numbers)
            self.failed.emit(str(error))
        self.arrived.emit()


def grey_image(pixels: "NDArray[np.uint8]", side: int = 0) -> QImage:
    """Return (H, W) grey pixels as an image of its own memory, ``side`` pixels wide and high; 0: as it is."""
    height, width = pixels.shape
    rows = pixels if pixels.flags.c_contiguous else pixels.copy()
    image = QImage(rows.data, width, height, width, QImage.Format.Format_Grayscale8)
    if side in (0, width):
        return image.copy()
    mode = Qt.TransformationMode.SmoothTransformation
    small = image.scaled(side, side, Qt.AspectRatioMode.IgnoreAspectRatio, mode)
    return small.convertToFormat(QImage.Format.Format_Grayscale8)


def _images(store: AnyStore, library_id: str, numbers: list[int], side: int, context: JobContext) -> dict[int, QImage]:
    from engine.workflows.labels.library import label_images

    pixels = label_images(store, library_id, numbers)
    return {number: grey_image(own, side) for number, own in zip(numbers, pixels, strict=True)}
