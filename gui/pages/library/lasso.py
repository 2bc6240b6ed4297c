"""A lasso: which points lie inside a line drawn by hand."""

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]


def inside(points: Points, outline: Points) -> NDArray[np.bool_]:
    """Return which of the points (N, 2) lie inside a closed outline (M, 2), by the even-odd rule."""
    if len(outline) < 3:
        return np.zeros(len(points), dtype=np.bool_)
    found = np.zeros(len(points), dtype=np.bool_)
    x, y = points[:, 0], points[:, 1]
    for (x0, y0), (x1, y1) in zip(outline, np.roll(outline, -1, axis=0), strict=True):
        if y0 == y1:  # a level edge is crossed by no level ray
            continue
        crosses = (y0 > y) != (y1 > y)
        found ^= crosses & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
    return found


def thinned(outline: Points, most: int = 200) -> Points:
    """Return at most that many corners of an outline, spread evenly along it."""
    if len(outline) <= most:
        return outline
    return outline[np.linspace(0, len(outline) - 1, most).astype(np.intp)]
