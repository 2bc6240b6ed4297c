"""A capture's layer: sharp tiles off the window's thread, stand-ins meanwhile, bounded memory."""

import threading
import time

import numpy as np
import pytest

from engine.core.errors import ImagingError
from engine.core.pixels import apply_matrix
from engine.imaging.tiles import ArrayTiles
from gui.stage.geometry import Camera
from gui.stage.layer import CaptureLayer
from gui.stage.levels import Levels
from tests.gui.stage.samples import CountingTiles, gradient

SIZE = (500.0, 400.0)


@pytest.fixture
def opened():
    layers = []

    def open_(source, **options) -> CaptureLayer:
        layer = CaptureLayer(source, lambda: None, **options)
        layers.append(layer)
        return layer

    yield open_
    for layer in layers:
        layer.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "touchstone-tiles"]


def sharp(layer: CaptureLayer, matrix, size=SIZE):
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        frame = layer.frame(matrix, size)
        if frame is not None and frame.missing == 0:
            return frame
        time.sleep(0.002)
    raise AssertionError("not sharp in time")


def pixel_of(frame, x: float, y: float) -> int:
    column, row = apply_matrix(np.linalg.inv(frame.matrix), np.array([[x, y]]))[0]
    return int(frame.words[round(row), round(column)] & 0xFF)


def test_the_mosaic_holds_the_capture_at_its_place(opened):
    pixels = np.random.default_rng(1).integers(0, 256, (900, 1300), dtype=np.uint8)
    layer = opened(ArrayTiles(pixels))
    for centre in ((300.0, 300.0), (700.0, 450.0), (1290.0, 890.0)):
        frame = sharp(layer, Camera(centre, 1.0).matrix(SIZE))
        for x, y in ((centre[0] - 3, centre[1] - 5), centre):
            assert pixel_of(frame, x, y) == pixels[int(y), int(x)]


def test_a_coarser_picture_stands_in_until_the_tile_is_there(opened):
    source = CountingTiles(gradient(4000, 3000))
    layer = opened(source)
    sharp(layer, Camera((2000.0, 1500.0), 0.1).matrix(SIZE))
    source.gate.clear()
    matrix = Camera((2000.0, 1500.0), 1.0).matrix(SIZE)
    frame = layer.frame(matrix, SIZE)
    assert frame.level == 0 and frame.missing > 0
    assert pixel_of(frame, 2000, 1500) == pytest.approx(127, abs=6)
    source.gate.set()
    assert pixel_of(sharp(layer, matrix), 2000, 1500) == gradient(4000, 1)[0, 2000]


def test_zooming_out_shows_the_finer_tiles_until_the_coarser_are_there(opened):
    source = CountingTiles(np.random.default_rng(1).integers(0, 256, (2048, 2048), dtype=np.uint8))
    layer = opened(source)
    sharp(layer, Camera((1024.0, 1024.0), 0.25).matrix((512.0, 512.0)), (512.0, 512.0))
    sharp(layer, Camera((1024.0, 1024.0), 0.5).matrix((1024.0, 1024.0)), (1024.0, 1024.0))
    layer._cache.put = lambda key, tile: None
    kept = dict(layer._cache._values)
    for key in [key for key in kept if key.level == 2]:
        del layer._cache._values[key]
    frame = layer.frame(Camera((1024.0, 1024.0), 0.25).matrix((512.0, 512.0)), (512.0, 512.0))
    assert frame.level == 2 and frame.missing == 4
    words = layer._cache.get(next(key for key in kept if key == (1, 0, 0))).words
    assert frame.words[10, 20] == words[20, 40]


def test_panning_over_tiles_at_hand_decodes_nothing_again(opened):
    source = CountingTiles(gradient(3000, 3000))
    layer = opened(source)
    sharp(layer, Camera((1400.0, 1500.0), 1.0).matrix(SIZE))
    sharp(layer, Camera((1700.0, 1500.0), 1.0).matrix(SIZE))
    wait_until_idle(layer, source)
    for x in (*range(1400, 1700, 10), *range(1700, 1400, -10)):
        assert layer.frame(Camera((float(x), 1500.0), 1.0).matrix(SIZE), SIZE).missing == 0
    wait_until_idle(layer, source)
    assert len(set(source.read)) == len(source.read), "no tile is read twice"


def wait_until_idle(layer, source) -> None:
    while True:
        before = len(source.read)
        time.sleep(0.03)
        if len(source.read) == before and not layer._wanted and not layer._rim:
            return


def test_finished_tiles_stay_within_their_memory(opened):
    limit = 8 << 18
    layer = opened(CountingTiles(gradient(6000, 6000)), cache_bytes=limit)
    for x in range(300, 5700, 300):
        sharp(layer, Camera((float(x), 3000.0), 1.0).matrix(SIZE))
        assert layer._cache.nbytes <= limit
    assert layer.nbytes <= limit + 6 * 6 * 256 * 256 * 4


def test_a_view_larger_than_the_cache_is_sharp_and_then_quiet(opened):
    source = CountingTiles(gradient(3000, 3000))
    layer = opened(source, cache_bytes=4 << 18)
    matrix = Camera((1500.0, 1500.0), 1.0).matrix((1500.0, 1500.0))
    sharp(layer, matrix, (1500.0, 1500.0))
    wait_until_idle(layer, source)
    before = len(source.read)
    assert layer.frame(matrix, (1500.0, 1500.0)).missing == 0
    time.sleep(0.05)
    assert len(source.read) - before <= 40, "at most the rim is tried again"


def test_new_levels_change_every_pixel_in_view(opened):
    layer = opened(ArrayTiles(gradient(1000, 800)))
    matrix = Camera((500.0, 400.0), 1.0).matrix(SIZE)
    sharp(layer, matrix)
    layer.levels = Levels(100, 200)
    frame = sharp(layer, matrix)
    raw = float(gradient(1000, 1)[0, 600])
    assert pixel_of(frame, 600, 400) == round((raw - 100) * 2.55)


def test_16_bit_captures_open_with_automatic_levels(opened):
    pixels = (gradient(600, 600, np.uint16) // 16).astype(np.uint16)
    layer = opened(ArrayTiles(pixels))
    frame = sharp(layer, Camera((300.0, 300.0), 0.5).matrix(SIZE))
    assert layer.levels == layer.automatic
    assert layer.levels.high == pytest.approx(4095, abs=20)
    assert (frame.words & 0xFF).max() == 255


def test_an_unreadable_tile_is_named_and_the_others_are_shown(opened):
    class Damaged(ArrayTiles):
        def tile(self, level, column, row):
            if (level, column, row) == (0, 1, 1):
                raise ImagingError("A tile is damaged")
            return super().tile(level, column, row)

    layer = opened(Damaged(gradient(1000, 800)))
    matrix = Camera((500.0, 400.0), 1.0).matrix(SIZE)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        frame = layer.frame(matrix, SIZE)
        if frame is not None and frame.missing == 1 and layer.problem:
            break
        time.sleep(0.002)
    assert layer.problem == "A tile is damaged"
    assert frame.missing == 1


def test_a_capture_that_cannot_be_read_says_so_and_draws_nothing(opened):
    class Broken(ArrayTiles):
        def tile(self, level, column, row):
            raise ImagingError("The pyramid is damaged")

    layer = opened(Broken(gradient(1000, 800)))
    while not layer.problem:
        time.sleep(0.002)
    assert layer.frame(Camera().matrix(SIZE), SIZE) is None
