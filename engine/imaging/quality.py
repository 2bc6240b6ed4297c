"""Figures of a capture's technical quality, gathered while its rows pass by: focus, clipping, noise."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.core.case import Quality
from engine.core.method import Pixels

# Immerkaer, Fast noise variance estimation, Computer Vision and Image Understanding 64 (1996), eq. (2) and (3): the
# difference of two Laplacians is blind to planes and edges along the axes; noise of deviation s leaves 6 s.
NOISE_MASK = ((1, -2, 1), (-2, 4, -2), (1, -2, 1))
NOISE_GAIN = 6.0
# The median of |x| of a normal distribution, in standard deviations.
NORMAL_MEDIAN = 0.6744897501960817
BINS = 1 << 16


class QualityMeter:
    """Measures an image that comes in bands of rows; the figures do not depend on how it was cut.

    Figures are of the grey image in its own bit depth (0.299 R + 0.587 G + 0.114 B, rounded). ``focus`` is the
    variance of the 4-neighbour Laplacian of the grey image in 0..1; ``noise`` is the median absolute response to
    Immerkaer's mask, so that structure, which is rare, does not count as noise. Both leave out the outermost pixels
    and are 0 for images under 3 x 3. Clipping counts samples of all channels.
    """

    def __init__(self) -> None:
        self._halo: NDArray[Any] | None = None
        self._samples = 0
        self._low = 0
        self._high = 0
        self._full = 255
        self._focus = _Focus()
        self._responses = np.zeros(BINS, dtype=np.int64)

    def add(self, band: Pixels) -> None:
        """Measure the next rows: (h, W) or (h, W, 3), uint8 or uint16."""
        import cv2

        self._full = int(np.iinfo(band.dtype).max)
        samples = np.ascontiguousarray(band).reshape(band.shape[0], -1)
        self._samples += samples.size
        self._low += samples.size - cv2.countNonZero(samples)
        self._high += samples.size - cv2.countNonZero(cv2.bitwise_not(samples))
        grey = samples if band.ndim == 2 else cv2.cvtColor(np.ascontiguousarray(band), cv2.COLOR_RGB2GRAY)
        if self._halo is not None:
            grey = np.concatenate([self._halo, grey])
        self._halo = grey[-2:].copy()
        if min(grey.shape) >= 3:
            self._measure(grey)

    def _measure(self, grey: NDArray[Any]) -> None:
        import cv2

        self._focus.add(grey)
        deep = grey.dtype == np.uint16
        depth = cv2.CV_32F if deep else cv2.CV_16S
        response = cv2.filter2D(grey, depth, np.array(NOISE_MASK, dtype=np.float32))[1:-1, 1:-1]
        # |response| reaches 8 times full range; an eighth of it fits the table for 16 bits too.
        share = np.abs(response) / 8 if deep else np.abs(response)
        self._responses += np.bincount(share.astype(np.uint16).ravel(), minlength=BINS)

    def result(self) -> Quality:
        """Return the figures of all rows so far."""
        noise = 0.0
        if self._focus.count:
            unit = 8.0 if self._full > 255 else 1.0
            noise = _median_of_bins(self._responses) * unit / (NORMAL_MEDIAN * NOISE_GAIN * self._full)
        samples = max(self._samples, 1)
        return Quality(
            focus=self._focus.value(self._full),
            clipped_low=self._low / samples,
            clipped_high=self._high / samples,
            noise=min(noise, 1.0),
        )


class _Focus:
    """Gathers the variance of the Laplacian of grey rows, each handed over with the two before it."""

    def __init__(self) -> None:
        self.count = 0
        self._sum = 0.0
        self._squares = 0.0

    def add(self, grey: NDArray[Any]) -> None:
        import cv2

        depth = cv2.CV_32F if grey.dtype == np.uint16 else cv2.CV_16S
        laplacian = cv2.Laplacian(grey, depth, ksize=1)[1:-1, 1:-1]
        mean, deviation = (float(v[0, 0]) for v in cv2.meanStdDev(laplacian))
        self.count += laplacian.size
        self._sum += laplacian.size * mean
        self._squares += laplacian.size * (deviation**2 + mean**2)

    def value(self, full: int) -> float:
        """Return the focus of all rows so far, of levels up to ``full``."""
        if not self.count:
            return 0.0
        return max(self._squares / self.count - (self._sum / self.count) ** 2, 0.0) / full**2


def measure_quality(pixels: Pixels) -> Quality:
    """Return the quality of a whole image: (H, W) or (H, W, 3), uint8 or uint16."""
    meter = QualityMeter()
    meter.add(pixels)
    return meter.result()


def measure_focus(grey: NDArray[np.uint8]) -> float:
    """Return ``Quality.focus`` of a grey image, (H, W) uint8, alone."""
    focus = _Focus()
    if min(grey.shape) >= 3:
        focus.add(grey)
    return focus.value(255)


def _median_of_bins(counts: NDArray[np.int64]) -> float:
    """Return the median of whole numbers from their counts, interpolated within its bin; 0 where most are 0.

    Each |x| = k > 0 stands for responses of k - 0.5 .. k + 0.5, and 0 for 0 .. 0.5.
    """
    total = np.cumsum(counts)
    half = total[-1] / 2
    bin_ = int(np.searchsorted(total, half))
    if bin_ == 0:
        return 0.0
    below = float(total[bin_ - 1])
    return bin_ - 0.5 + (half - below) / float(counts[bin_])
