"""Series, codes and captures that the tests of two-level QR codes share."""

from functools import cache

import cv2
import numpy as np

from engine.core.case import Capture, Device, Quality
from engine.core.codes import Scheme
from engine.core.records import sha256_hex
from engine.methods.two_level_qr.patterns import PatternSearch
from engine.methods.two_level_qr.series import Series, make_series

KEY = bytes(range(100, 132))
TEXT = "TS-0001-7F3A"


@cache
def series(scheme: Scheme = Scheme.ORDERED, version: int = 2, key: bytes = KEY) -> Series:
    search = PatternSearch(candidates=12, trials=1)
    return make_series("Tests 1", key=key, scheme=scheme, search=search, version=version)


def blurred(ink: np.ndarray, sigma: float = 0.8) -> np.ndarray:
    """Return how a camera without noise sees a code: uint8, black on white."""
    return cv2.GaussianBlur(np.where(ink, 20, 235).astype(np.uint8), (0, 0), sigma)


class Held:
    """A capture whose pixels are held in memory."""

    def __init__(self, pixels: np.ndarray, simulated: bool = True) -> None:
        self._pixels = pixels
        self.capture = Capture(
            id=f"capture-{1:016x}",
            item_id=f"item-{1:016x}",
            sha256=sha256_hex(pixels.tobytes()),
            page=0,
            file_name="capture.png",
            media_type="image/png",
            byte_size=1,
            width=pixels.shape[1],
            height=pixels.shape[0],
            channels=1,
            bit_depth=8,
            device=Device.SCANNER,
            quality=Quality(focus=0.01, clipped_low=0, clipped_high=0, noise=0.01),
            simulated=simulated,
        )

    def pixels(self) -> np.ndarray:
        return self._pixels
