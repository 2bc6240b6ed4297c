import threading
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.errors import Cancelled, ImagingError
from engine.core.seeds import generator
from engine.imaging.pyramid import PREFIX, PyramidHeader, PyramidTiles, build_pyramid, in_bands
from engine.imaging.tiles import TILE, ArrayTiles
from engine.jobs import JobContext

SHA = "ab" * 32


def header_of(pixels, page=0):
    return PyramidHeader.model_validate(
        {
            "sha256": SHA,
            "page": page,
            "width": pixels.shape[1],
            "height": pixels.shape[0],
            "channels": 1 if pixels.ndim == 2 else 3,
            "bits": 8 * pixels.dtype.itemsize,
        }
    )


def build(path, pixels, cuts=(), page=0, context=None):
    bands = np.split(pixels, sorted({c for c in cuts if 0 < c < pixels.shape[0]}))
    build_pyramid(path, header_of(pixels, page), bands, context or JobContext())


def all_places(source):
    for level in range(source.levels):
        width, height = source.level_size(level)
        for row in range(-(-height // TILE)):
            for column in range(-(-width // TILE)):
                yield level, column, row


@pytest.fixture
def tile_file(tmp_path):
    pixels = generator(3, "tile file").integers(0, 256, (600, 700, 3), dtype=np.uint8)
    build(tmp_path / "capture.tiles", pixels)
    return tmp_path / "capture.tiles"


@settings(max_examples=40, deadline=None)
@given(
    width=st.integers(1, 900),
    height=st.integers(1, 900),
    colour=st.booleans(),
    deep=st.booleans(),
    cuts=st.lists(st.integers(1, 900), max_size=5),
)
def test_every_tile_equals_that_of_the_array(tmp_path_factory, width, height, colour, deep, cuts):
    shape = (height, width, 3) if colour else (height, width)
    dtype = np.uint16 if deep else np.uint8
    pixels = generator(4, *shape).integers(0, np.iinfo(dtype).max, shape, dtype=dtype, endpoint=True)
    path = tmp_path_factory.mktemp("tiles") / "capture.tiles"
    build(path, pixels, cuts)
    expected = ArrayTiles(pixels)
    with PyramidTiles(path) as source:
        assert (source.width, source.height, source.channels) == (width, height, expected.channels)
        assert (source.dtype, source.levels) == (dtype, expected.levels)
        for place in all_places(source):
            np.testing.assert_array_equal(source.tile(*place), expected.tile(*place))
    assert [p.name for p in path.parent.iterdir()] == ["capture.tiles"]


@given(st.lists(st.integers(0, 700), max_size=8))
def test_bands_are_cut_and_joined_to_256_rows(heights):
    total = sum(heights)
    column = np.arange(total, dtype=np.uint16)[:, None]
    result = list(in_bands(np.split(column, np.cumsum(heights)[:-1]) if heights else []))
    assert [len(band) for band in result] == [TILE] * (total // TILE) + ([total % TILE] if total % TILE else [])
    if result:
        np.testing.assert_array_equal(np.concatenate(result), column)


def test_building_holds_only_a_few_bands_of_a_tall_image(tmp_path):
    import tracemalloc

    band = generator(5, "tall").integers(0, 256, (64, 512), dtype=np.uint8)
    header = PyramidHeader(sha256=SHA, page=0, width=512, height=64 * 2000, channels=1, bits=8)
    tracemalloc.start()
    build_pyramid(tmp_path / "tall.tiles", header, (band for _ in range(2000)), JobContext())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4e6 < 512 * 64 * 2000


def test_the_header_names_the_evidence_and_another_capture_is_refused(tile_file):
    with PyramidTiles(tile_file, sha256=SHA, page=0) as source:
        assert source.header.sha256 == SHA
    with pytest.raises(ImagingError, match="another capture"):
        PyramidTiles(tile_file, sha256="cd" * 32)
    with pytest.raises(ImagingError, match="another capture"):
        PyramidTiles(tile_file, page=1)


def test_a_missing_file_says_so(tmp_path):
    with pytest.raises(ImagingError, match="cannot be opened"):
        PyramidTiles(tmp_path / "absent.tiles")


def read_all(path):
    with PyramidTiles(path, sha256=SHA, page=0) as source:
        return [source.tile(*place).tobytes() for place in all_places(source)]


def test_no_mutation_is_shown_as_pixels(tile_file):
    """300 seeded mutations: every one is either reported or changes no pixel that is shown."""
    original = tile_file.read_bytes()
    truth = read_all(tile_file)
    rng = generator(6, "mutations")
    reported = 0
    for i in range(300):
        data = bytearray(original)
        kind = i % 4
        if kind == 0:
            place = int(rng.integers(0, len(data)))
            data[place] ^= 1 << int(rng.integers(0, 8))
        elif kind == 1:
            del data[int(rng.integers(0, len(data))) :]
        elif kind == 2:
            start = int(rng.integers(0, 8192))
            data[start : start + 16] = rng.bytes(16)
        else:
            data += rng.bytes(int(rng.integers(1, 5000)))
        tile_file.write_bytes(data)
        try:
            assert read_all(tile_file) == truth, f"mutation {i} changed pixels silently"
        except ImagingError:
            reported += 1
    assert reported >= 150  # the rest hit the padding between the tables and the tiles


def test_a_hostile_header_with_a_right_checksum_is_refused(tile_file):
    data = bytearray(tile_file.read_bytes())
    for text in (b"[" * 4096, b"{}", b'{"width": 1e99}', b"null", b'{"schema_version": 2}'):
        padded = text.ljust(4096)
        data[: PREFIX.size + 4096] = PREFIX.pack(b"TSTILES1", 4096, zlib.crc32(padded)) + padded
        tile_file.write_bytes(data)
        with pytest.raises(ImagingError):
            PyramidTiles(tile_file)
    big = PyramidHeader(sha256=SHA, page=0, width=1 << 20, height=1 << 20, channels=3, bits=16)
    padded = big.model_dump_json().encode().ljust(4096)
    data[: PREFIX.size + 4096] = PREFIX.pack(b"TSTILES1", 4096, zlib.crc32(padded)) + padded
    tile_file.write_bytes(data)
    with pytest.raises(ImagingError, match="cut short or too long"):
        PyramidTiles(tile_file)


def test_a_file_cut_short_while_open_is_an_error_not_a_crash(tile_file):
    with PyramidTiles(tile_file) as source:
        with tile_file.open("r+b") as file:
            file.truncate(10_000)
        with pytest.raises(ImagingError, match="cut short"):
            source.tile(0, 2, 2)


def test_a_closed_source_says_so(tile_file):
    source = PyramidTiles(tile_file)
    source.close()
    with pytest.raises(ImagingError, match="cannot be read"):
        source.tile(0, 0, 0)


def test_several_threads_may_read(tile_file):
    truth = read_all(tile_file)
    results = []
    with PyramidTiles(tile_file) as source:

        def work():
            results.extend([source.tile(*p).tobytes() for p in all_places(source)] == truth for _ in range(20))

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert results == [True] * 80


@pytest.mark.parametrize("shape", [(99, 50), (101, 50), (100, 49), (100, 50, 3)])
def test_bands_that_are_not_the_announced_image_leave_no_file(tmp_path, shape):
    header = header_of(np.zeros((100, 50), np.uint8))
    with pytest.raises(ImagingError):
        build_pyramid(tmp_path / "x.tiles", header, [np.zeros(shape, np.uint8)], JobContext())
    assert list(tmp_path.iterdir()) == []


def test_a_cancelled_build_leaves_the_former_file(tile_file):
    before = tile_file.read_bytes()
    context = JobContext()
    context.cancel()
    with pytest.raises(Cancelled):
        build(tile_file, np.zeros((600, 700, 3), np.uint8), context=context)
    assert tile_file.read_bytes() == before
    assert len(list(tile_file.parent.iterdir())) == 1
