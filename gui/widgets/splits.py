"""Parts beside or below one another whose shares a person can change; none can be pushed out of sight."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QWidget

from gui.shell.theme import GRID


def side_by_side(*parts: QWidget, shares: Sequence[int]) -> QSplitter:
    """Return parts beside one another; of a wider window each takes its share."""
    return _split(Qt.Orientation.Horizontal, parts, shares, 2 * GRID)


def stacked(*parts: QWidget, shares: Sequence[int]) -> QSplitter:
    """Return parts below one another; of a higher window each takes its share."""
    return _split(Qt.Orientation.Vertical, parts, shares, GRID)


def _split(orientation: Qt.Orientation, parts: Sequence[QWidget], shares: Sequence[int], handle: int) -> QSplitter:
    splitter = QSplitter(orientation)
    for place, (part, share) in enumerate(zip(parts, shares, strict=True)):
        splitter.addWidget(part)
        splitter.setStretchFactor(place, share)
    splitter.setChildrenCollapsible(False)
    splitter.setHandleWidth(handle)
    return splitter
