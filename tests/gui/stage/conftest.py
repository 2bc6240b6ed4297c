"""A stage with two small captures, closed after each test."""

import threading
import time

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage, QPainter

from engine.imaging.tiles import ArrayTiles
from gui.stage.geometry import Side
from gui.stage.renderer import Renderer
from gui.stage.scene import Mode, Scene, StageImage
from tests.gui.stage.samples import BACKGROUND, capture, scale


class Bench:
    """A scene without a window, drawn into an image."""

    def __init__(self) -> None:
        self.scene = Scene(lambda: None)
        self.renderer = Renderer(self.scene)

    def open(self, questioned: np.ndarray, known: np.ndarray, um=(None, None), size=(200.0, 160.0)) -> None:
        for number, (side, pixels) in enumerate(zip(Side, (questioned, known), strict=True), start=1):
            record = capture(number, pixels.shape[1], pixels.shape[0], um[number - 1] and scale(um[number - 1]))
            self.scene.open(side, StageImage(record, side.value, ArrayTiles(pixels)))
        self.scene.view.size = size

    def captures(self):
        return [self.scene.images[side].capture for side in Side]

    def draw(self, side: Side | None = None, ratio: float = 1.0) -> np.ndarray:
        """Return the (H, W, 3) RGB picture once everything is sharp."""
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            loading = any(layer.histogram is None for layer in self.scene.layers.values())
            picture = self._once(side, ratio)
            frames = [f for s, f in self.renderer.frames.items() if side in (None, s)]
            colouring = any(
                "coloured" in text for remarks in self.renderer.remarks.values() for text in remarks.values()
            )
            if not loading and not colouring and all(frame is None or frame.missing == 0 for frame in frames):
                return picture
            time.sleep(0.002)
        raise AssertionError("not sharp in time")

    def _once(self, side: Side | None, ratio: float) -> np.ndarray:
        width, height = (round(length * ratio) for length in self.scene.view.size)
        image = QImage(width, height, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(ratio)
        image.fill(QColor(*BACKGROUND))
        painter = QPainter(image)
        if side is None:
            self.renderer.paint_together(painter, self.scene.view.size, ratio, QColor(*BACKGROUND))
        else:
            self.renderer.paint_pane(painter, side, self.scene.view.size, ratio)
        painter.end()
        words = np.frombuffer(image.constBits(), dtype=np.uint8).reshape(height, width, 4)
        return words[..., 2::-1].copy()

    def mode(self, mode: Mode) -> None:
        self.scene.set_mode(mode)


@pytest.fixture
def bench(qapp):
    bench = Bench()
    yield bench
    bench.scene.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("touchstone-")]
