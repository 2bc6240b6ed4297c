"""What a network is given of a label: its crop made smaller, light and shade taken out, turned where asked."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import InputError

CROP_PX = 256
VERSION = "1"  # part of an embedder's key: vectors of other versions are not compared
CONTRAST = 0.05  # sigma of the local mean, in sides: wider than grains, narrower than vignetting
DARKEST = 16.0  # grey levels added to the local mean: nothing is divided by almost nothing
SPAN = 2.0  # relative contrast is cut off here: dirt must not outweigh the film

Preparing = Literal["local contrast", "published"]
Crops = NDArray[np.uint8]
Floats = NDArray[np.float32]


def checked_crops(crops: NDArray[np.uint8]) -> Crops:
    """Return the crops if they are what every network here is made for; raises InputError."""
    if crops.dtype != np.uint8 or crops.ndim != 3 or crops.shape[1:] != (CROP_PX, CROP_PX):
        raise InputError(
            f"A label's crop is {CROP_PX} x {CROP_PX} grey levels of 8 bits, not {crops.dtype} {crops.shape}",
            remedy="Cut the labels out with 'field segment'.",
        )
    return crops


def reduced(crops: Crops, side: int) -> Crops:
    """Return (N, H, W) crops made (N, side, side) by averaging areas."""
    import cv2

    if crops.shape[1:] == (side, side):
        return crops
    small = [cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA) for crop in crops]
    return np.asarray(small, dtype=np.uint8).reshape(-1, side, side)


def prepared(crops: Crops, preparing: Preparing, channels: int) -> Floats:
    """Return what a network is given of (N, side, side) grey crops, (N, channels, side, side) float32.

    ``published``: (x - 0.5) / 0.5 of levels 0..1, as the public code of He et al. 2024 does. ``local contrast``: how
    much lighter or darker than its surroundings each place is, relative to them; free of exposure and vignetting.
    """
    import cv2

    if preparing == "published":
        values = crops.astype(np.float32) / 127.5 - 1
    else:
        values = np.empty(crops.shape, dtype=np.float32)
        sigma = CONTRAST * crops.shape[1]
        for number, crop in enumerate(crops):
            light = crop.astype(np.float32)
            mean = cv2.GaussianBlur(light, (0, 0), sigma)
            values[number] = np.clip(SPAN * (light - mean) / (mean + DARKEST), -SPAN, SPAN)
    return np.repeat(values[:, None], channels, axis=1)
