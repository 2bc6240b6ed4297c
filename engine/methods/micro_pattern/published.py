"""The published segmentation of fields, step by step, to compare with and to find contours that a judge learns from.

He et al. 2024, image segmentation methods: grey levels, Sobel x minus Sobel y, 9 x 9 mean, binarised at 90, contours,
the K largest, minimum-area rectangles. A ResNet-18, their contour detection model, judges the contours. How it is
trained and where it acts, the text does not say: here it looks at the largest contours and the K largest that it
accepts are kept, fewer where fewer are labels.
"""

import numpy as np
from numpy.typing import NDArray

from engine.methods.micro_pattern.frames import Quads
from engine.methods.micro_pattern.segmentation import COLUMNS, ROWS, Judging, upright

MEAN_PX = 9
LEVEL = 90  # of the smoothed gradient; what is not above becomes black
LABELS = COLUMNS * ROWS
JUDGED = 4  # times as many contours as labels are shown to the judge


def published_labels(
    pixels: NDArray[np.uint8], *, count: int = LABELS, judge: Judging | None = None
) -> Quads:  # fmt: skip
    """Return the rectangles that the published steps take for labels.

    Parameters
    ----------
    pixels : NDArray[np.uint8]
        (H, W, 3) RGB or (H, W) grey.
    count : int
        K: how many labels the field should show.
    judge : Judging, optional
        Which rectangles are labels; None: the ``count`` largest are, whatever they enclose.

    Returns
    -------
    NDArray[np.float64]
        (N, 4, 2) corners from the upper left clockwise, the largest contour first; N is ``count`` at most.
    """
    import cv2

    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY) if pixels.ndim == 3 else pixels
    grey = np.asarray(grey, dtype=np.uint8)
    if judge is None:
        return contour_rectangles(grey, count)
    found = contour_rectangles(grey, JUDGED * count)
    return found[judge(grey, found)][:count]


def contour_rectangles(grey: NDArray[np.uint8], count: int) -> Quads:
    """Return the minimum-area rectangles of the largest contours of (H, W) grey, (N, 4, 2), the largest first."""
    import cv2

    slope = cv2.subtract(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))
    smooth = cv2.blur(cv2.convertScaleAbs(slope), (MEAN_PX, MEAN_PX))
    _, edges = cv2.threshold(smooth, LEVEL, 255, cv2.THRESH_BINARY)
    outlines, _ = cv2.findContours(edges, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    largest = sorted(outlines, key=cv2.contourArea, reverse=True)[:count]
    quads: list[NDArray[np.float64]] = []
    for outline in largest:
        (x, y), (width, height), angle = cv2.minAreaRect(outline)
        quads.append(upright(x, y, width, height, angle))
    return np.array(quads).reshape(-1, 4, 2)
