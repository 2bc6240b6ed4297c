"""Levels: how raw pixel values become greys on the screen. Display only; no data is touched. No Qt."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

OPAQUE = np.uint32(0xFF000000)
AUTO_SHARE = 0.001  # the share of samples that automatic levels let clip at each end
BINS = 256


@dataclass(frozen=True)
class Levels:
    """Raw values ``low`` (black) and ``high`` (white), and the gamma between them (above 1 lightens mid greys)."""

    low: float
    high: float
    gamma: float = 1.0


@dataclass(frozen=True)
class Histogram:
    """Counts (256,) of raw samples over 0..top, all channels together; ``top`` is the format's largest value."""

    counts: NDArray[np.int64]
    top: int


def full_range(dtype: np.dtype[Any]) -> Levels:
    """Return the levels that show the whole range of uint8 or uint16 values."""
    return Levels(0.0, float(np.iinfo(dtype).max))


def histogram(pixels: NDArray[np.unsignedinteger[Any]]) -> Histogram:
    """Count the raw values of an image (H, W) or (H, W, 3), uint8 or uint16."""
    top = int(np.iinfo(pixels.dtype).max)
    shift = 0 if top == 255 else 8
    return Histogram(np.bincount((pixels >> shift).ravel(), minlength=BINS).astype(np.int64), top)


def automatic(pixels: NDArray[np.unsignedinteger[Any]]) -> Levels:
    """Return levels that let one sample in a thousand clip at each end."""
    low, high = np.quantile(pixels, [AUTO_SHARE, 1.0 - AUTO_SHARE])
    if high <= low:
        return full_range(pixels.dtype)
    return Levels(float(np.floor(low)), float(np.ceil(high)))


@lru_cache(maxsize=8)
def lookup(levels: Levels, top: int) -> NDArray[np.uint8]:
    """Return the grey (uint8) of every raw value 0..top as a read-only table."""
    values = np.arange(top + 1, dtype=np.float64)
    span = max(levels.high - levels.low, 1e-9)
    shares = np.clip((values - levels.low) / span, 0.0, 1.0) ** (1.0 / levels.gamma)
    table = np.rint(shares * 255.0).astype(np.uint8)
    table.setflags(write=False)
    return table


def displayed(pixels: NDArray[np.unsignedinteger[Any]], levels: Levels) -> NDArray[np.uint32]:
    """Return an image as (H, W) uint32 opaque 0xffRRGGBB, the levels applied to every channel.

    Parameters
    ----------
    pixels : (H, W) or (H, W, 3) RGB, uint8 or uint16
    """
    table = lookup(levels, int(np.iinfo(pixels.dtype).max))
    if pixels.ndim == 2 or pixels.shape[2] == 1:
        return _grey_words(levels, int(np.iinfo(pixels.dtype).max))[pixels.reshape(pixels.shape[:2])]
    bytes_ = np.empty((*pixels.shape[:2], 4), dtype=np.uint8)
    bytes_[..., 2::-1] = table[pixels]
    bytes_[..., 3] = 255
    return bytes_.view("<u4")[..., 0].astype(np.uint32, copy=False)


@lru_cache(maxsize=8)
def _grey_words(levels: Levels, top: int) -> NDArray[np.uint32]:
    return lookup(levels, top).astype(np.uint32) * np.uint32(0x010101) | OPAQUE
