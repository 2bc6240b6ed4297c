"""What is known of one capture: picture and metadata."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from engine.core.case import Capture
from gui.shell.commands import CommandRegistry
from gui.shell.theme import GRID
from gui.widgets.buttons import CommandButton
from gui.widgets.pictures import Pictures
from gui.widgets.table import RowsTable
from gui.widgets.text import PlainLabel
from gui.widgets.units import byte_size, extent, quality_rows, scale_text

PICTURE = 24 * GRID


def metadata(capture: Capture) -> tuple[tuple[str, str], ...]:
    """Return all that is recorded of a capture as rows of title and value."""
    channels = "grey" if capture.channels == 1 else "RGB"
    rows = [
        ("File", capture.file_name),
        ("SHA-256", capture.sha256),
        ("Page", str(capture.page + 1)),
        ("Bytes", f"{capture.byte_size} ({byte_size(capture.byte_size)})"),
        ("Kind", capture.media_type),
        ("Device", capture.device.value),
        ("Size", extent(capture)),
        ("Scale", scale_text(capture.scale)),
        ("Colour", f"{channels}, {capture.bit_depth} bit"),
        ("Colour profile", f"ICC, SHA-256 {capture.icc_sha256}" if capture.icc_sha256 else "none"),
        ("Orientation", f"EXIF {capture.orientation}{', applied' if capture.orientation != 1 else ''}"),
        *quality_rows(capture.quality),
        ("Identifier", capture.id),
    ]
    if capture.simulated:
        rows.insert(1, ("Origin", "simulated"))
    return tuple(rows)


class CaptureDetails(QWidget):
    """Picture, metadata and what can be done with the capture's scale."""

    def __init__(self, commands: CommandRegistry, pictures: Pictures) -> None:
        super().__init__()
        self._pictures = pictures
        self._capture: Capture | None = None
        self._destroyed = False
        self.note = PlainLabel(meaning="muted", wrap=True)
        self.picture = QLabel()
        self.picture.setFixedSize(PICTURE, PICTURE)
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.picture.setAccessibleName("Picture of the capture")
        self.table = RowsTable("Metadata of the capture", ("", ""), headers_shown=False)
        buttons = QVBoxLayout()
        buttons.setSpacing(GRID)
        self.buttons = tuple(
            CommandButton(commands.action(key))
            for key in ("case.questioned", "case.known", "case.scale", "case.calibrate")
        )
        for button in self.buttons:
            buttons.addWidget(button)
        buttons.addStretch(1)
        head = QHBoxLayout()
        head.setSpacing(2 * GRID)
        head.addWidget(self.picture)
        head.addLayout(buttons)
        head.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, GRID, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(self.note)
        column.addLayout(head)
        column.addWidget(self.table, 1)
        pictures.ready.connect(self._picture_ready)
        self.show_capture(None)

    def show_capture(self, capture: Capture | None, destroyed: str = "") -> None:
        """Show a capture, or that its bytes were ``destroyed`` and by what order; None says what to do instead."""
        self._capture = capture
        self._destroyed = bool(destroyed)
        self.note.setText(destroyed or "Choose a capture on the left, or drop files on an item to take them in.")
        self.note.setVisible(capture is None or self._destroyed)
        self.table.setVisible(capture is not None)
        for widget in (self.picture, *self.buttons):
            widget.setVisible(capture is not None and not self._destroyed)
        self.table.rows.show(metadata(capture) if capture is not None else ())
        self._show_picture()

    def _picture_ready(self, capture_id: str) -> None:
        if self._capture is not None and self._capture.id == capture_id:
            self._show_picture()

    def _show_picture(self) -> None:
        shown = self._capture if not self._destroyed else None
        pixmap = self._pictures.pixmap(shown.id) if shown is not None else None
        if pixmap is None:
            self.picture.setPixmap(QPixmap())
            return
        ratio = self.devicePixelRatioF()
        side = round(PICTURE * ratio)
        scaled = pixmap.scaled(
            side, side, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
        scaled.setDevicePixelRatio(ratio)
        self.picture.setPixmap(scaled)
