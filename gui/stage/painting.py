"""Draws arrays of colours through a plane transform, exactly and without false smoothness."""

import math

import numpy as np
from PySide6.QtCore import QPointF
from PySide6.QtGui import QImage, QPainter, QTransform

from engine.core.pixels import apply_matrix, resize_matrix
from gui.stage import geometry
from gui.stage.geometry import Array, Size
from gui.stage.layer import Words

ENLARGE_FROM = 4  # screen pixels per cell above which cells are repeated before Qt draws them
CENTRES = np.array([[1.0, 0.0, -0.5], [0.0, 1.0, -0.5], [0.0, 0.0, 1.0]])  # Qt's image corners to pixel centres


def as_transform(matrix: Array) -> QTransform:
    """Return a (3, 3) matrix on column vectors as Qt's transform on row vectors."""
    return QTransform(*(float(value) for value in matrix.T.ravel()))


def as_image(words: Words, *, opaque: bool) -> QImage:
    """Return an array (H, W) uint32 as an image that shares its memory; the caller keeps the array alive.

    The array may be a part of a C-contiguous one.
    """
    height, width = words.shape
    stride = words.strides[0]
    format_ = QImage.Format.Format_RGB32 if opaque else QImage.Format.Format_ARGB32_Premultiplied
    # Qt wants one flat buffer; rows of a part of an array lie a stride apart in it.
    extent = (height - 1) * (stride // words.itemsize) + width
    flat = np.lib.stride_tricks.as_strided(words, (extent,), (words.itemsize,), writeable=False)
    return QImage(flat.data, width, height, stride, format_)  # pyright: ignore[reportArgumentType, reportCallIssue] - the stub knows bytes only, Qt takes any buffer


def visible_cells(shape: tuple[int, int], matrix: Array, size: Size) -> tuple[int, int, int, int] | None:
    """Return left, top, right, bottom (ends excluded) of the cells a view can show; None where there are none.

    Parameters
    ----------
    shape : (H, W) of the array
    matrix : (3, 3) from the array's cell centres to the view
    size : of the view
    """
    height, width = shape
    inverse = np.linalg.inv(matrix)
    corners = np.array([[0.0, 0.0], [size[0], 0.0], [size[0], size[1]], [0.0, size[1]]])
    if not geometry.before_horizon(inverse, corners):
        return 0, 0, width, height
    places = apply_matrix(inverse, corners)
    low, high = np.floor(places.min(axis=0) - 0.5), np.ceil(places.max(axis=0) + 0.5) + 1
    left, top = max(int(low[0]), 0), max(int(low[1]), 0)
    right, bottom = min(int(high[0]), width), min(int(high[1]), height)
    return (left, top, right, bottom) if left < right and top < bottom else None


def draw_cells(
    painter: QPainter, words: Words, matrix: Array, size: Size, *, ratio: float = 1.0, opaque: bool = True
) -> None:
    """Draw an array of colours: cells stay sharp squares when enlarged, and are averaged when reduced.

    Parameters
    ----------
    words : (H, W) uint32
        0xffRRGGBB where ``opaque``, else premultiplied 0xAARRGGBB.
    matrix : (3, 3)
        From cell centres to the painter's coordinates.
    size, ratio
        The view's size in these coordinates, and the screen pixels per unit.
    """
    cells = visible_cells((words.shape[0], words.shape[1]), matrix, size)
    if cells is None:
        return
    left, top, right, bottom = cells
    part = words[top:bottom, left:right]
    matrix = matrix @ np.array([[1.0, 0.0, left], [0.0, 1.0, top], [0.0, 0.0, 1.0]])
    middle = geometry.map_point(np.linalg.inv(matrix), (size[0] / 2.0, size[1] / 2.0))
    magnification = geometry.local_scale(matrix, middle) * ratio
    if magnification >= ENLARGE_FROM:
        # Qt steps through an image in 1/65536 of its pixels: over a wide view that error, enlarged, would misplace
        # cells. Repeating them first leaves an enlargement below 2 to Qt.
        factor = min(math.floor(magnification), max(4096 // max(part.shape), 1))
        part = np.repeat(np.repeat(part, factor, axis=0), factor, axis=1)
        matrix = matrix @ np.linalg.inv(resize_matrix(factor, factor))
    painter.save()
    painter.setTransform(as_transform(matrix @ CENTRES), combine=True)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, magnification < 1.0)
    painter.drawImage(QPointF(0.0, 0.0), as_image(part, opaque=opaque))
    painter.restore()


def outline_path(width: int, height: int, matrix: Array) -> list[QPointF]:
    """Return the corners of an image in the view."""
    return [QPointF(float(x), float(y)) for x, y in apply_matrix(matrix, geometry.outline(width, height))]
