"""Arrays of labels: where the stage goes for each field, and labels cut on a grid from patternless film."""

import math

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import InputError

FIELD_LIMIT = 200  # the automatic microscope of He et al. 2024 takes no more positions
COUNT_LIMIT = 100_000


def stage_coordinates(
    *, columns: int, rows: int, pitch_um: tuple[float, float], first_um: tuple[float, float] = (0.0, 0.0),
    angle_deg: float = 0.0,
) -> NDArray[np.float64]:  # fmt: skip
    """Return where the stage goes for each field of an array, to and fro so that it travels least.

    Parameters
    ----------
    columns, rows : int
        Fields across and down.
    pitch_um : tuple[float, float]
        Distance between neighbouring fields across and down, in micrometres: known from the drawing of the array.
    first_um : tuple[float, float]
        Stage position of the first field, the upper left one, in micrometres.
    angle_deg : float
        Rotation of the array on the stage, from x towards y.

    Returns
    -------
    NDArray[np.float64]
        (rows * columns, 4) row, column, x and y.
    """
    if columns < 1 or rows < 1 or columns * rows > COUNT_LIMIT:
        raise InputError(f"An array has 1 to {COUNT_LIMIT} fields, not {columns} x {rows}")
    if not all(math.isfinite(value) for value in (*pitch_um, *first_um, angle_deg)) or min(pitch_um) <= 0:
        raise InputError("Pitches are lengths above 0, positions and angles finite", remedy="Check the numbers.")
    row, column = np.divmod(np.arange(rows * columns), columns)
    column = np.where(row % 2 == 1, columns - 1 - column, column)
    angle = math.radians(angle_deg)
    across, down = column * pitch_um[0], row * pitch_um[1]
    x = first_um[0] + across * math.cos(angle) - down * math.sin(angle)
    y = first_um[1] + across * math.sin(angle) + down * math.cos(angle)
    return np.column_stack([row, column, x, y])


def virtual_corners(width: int, height: int, *, side: int, margin: int = 0) -> NDArray[np.float64]:
    """Return the squares that a patternless field is cut into (figure 6), row by row.

    Parameters
    ----------
    width, height : int
        The field, in pixels.
    side : int
        Pixels along a square; the grid stands in the field's middle.
    margin : int
        Pixels left out at the field's edges.

    Returns
    -------
    NDArray[np.float64]
        (rows, columns, 4, 2) corners in pixels (x, y), from the upper left clockwise.
    """
    columns, rows = (width - 2 * margin) // max(side, 1), (height - 2 * margin) // max(side, 1)
    if side < 16 or margin < 0 or columns < 1 or rows < 1:
        raise InputError(
            f"A field of {width} x {height} px cannot be cut into squares of {side} px with a margin of {margin} px",
            remedy="Choose a smaller square, of 16 px at least, or a smaller margin.",
        )
    left, top = (width - columns * side) // 2, (height - rows * side) // 2
    grid = np.stack(np.meshgrid(left + side * np.arange(columns), top + side * np.arange(rows)), axis=-1)
    square = np.array([[0, 0], [side, 0], [side, side], [0, side]])
    return np.asarray(grid[:, :, None, :] + square - 0.5, dtype=np.float64)
