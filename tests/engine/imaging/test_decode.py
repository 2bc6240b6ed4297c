import hashlib

import numpy as np
import pytest
import tifffile

from engine.core.errors import ImagingError
from engine.core.seeds import generator
from engine.imaging import decode as module
from engine.imaging import formats_tiff
from engine.imaging.decode import decode, decode_to_file, orient, page_info, prepare
from engine.imaging.pyramid import PyramidTiles
from engine.jobs import JobContext

PIXELS = generator(1, "decode").integers(0, 65536, (300, 90, 3), dtype=np.uint16)


@pytest.fixture
def capture(tmp_path):
    path = tmp_path / "capture.tif"
    tifffile.imwrite(path, PIXELS, photometric="rgb", rowsperstrip=64, compression="lzw")
    return path


def test_turning_and_turning_back_is_nothing():
    picture = PIXELS[:4, :3]
    back = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 8, 7: 7, 8: 6}
    seen = set()
    for orientation, other in back.items():
        turned = orient(picture, orientation)
        assert turned.shape[:2] == ((3, 4) if orientation >= 5 else (4, 3))
        np.testing.assert_array_equal(orient(turned, other), picture)
        seen.add(turned.tobytes())
    assert len(seen) == 8


def test_a_page_goes_to_a_numpy_file(capture, tmp_path):
    decode_to_file(capture, 0, tmp_path / "pixels.npy")
    result = np.load(tmp_path / "pixels.npy", allow_pickle=False)
    assert result.dtype == np.uint16
    np.testing.assert_array_equal(result, PIXELS)


def test_preparing_hashes_the_file_where_its_hash_is_not_known(capture, tmp_path):
    facts = prepare(capture, 0, tmp_path / "tiles", None, JobContext())
    assert facts.model_dump(exclude={"quality"}) == page_info(capture, 0).model_dump()
    with PyramidTiles(tmp_path / "tiles", sha256=hashlib.sha256(capture.read_bytes()).hexdigest(), page=0) as tiles:
        np.testing.assert_array_equal(tiles.tile(0, 0, 1), PIXELS[256:])


@pytest.mark.parametrize(
    "bands",
    [
        [PIXELS[:100]],
        [PIXELS, PIXELS[:1]],
        [PIXELS[:, :89]],
        [PIXELS[:, :, 0]],
        [PIXELS[:100].astype(np.uint8), PIXELS[100:]],
        [],
    ],
    ids=["short", "long", "narrow", "grey", "8 bit", "none"],
)
def test_bands_that_are_not_what_the_headers_announced_are_refused(capture, tmp_path, monkeypatch, bands):
    monkeypatch.setattr(formats_tiff, "bands", lambda path, info: iter(bands))
    for call in (
        lambda: decode(capture),
        lambda: decode_to_file(capture, 0, tmp_path / "pixels.npy"),
        lambda: prepare(capture, 0, tmp_path / "tiles", "ab" * 32, JobContext()),
    ):
        with pytest.raises(ImagingError, match=r"announced|ends after") as refused:
            call()
        assert refused.value.where == "capture.tif"
    assert not (tmp_path / "tiles").exists()


def test_an_error_on_the_decoding_thread_reaches_the_caller(capture, tmp_path, monkeypatch):
    def broken(path, info):
        yield PIXELS[:100]
        raise ImagingError("broken", where=path.name)

    monkeypatch.setattr(formats_tiff, "bands", broken)
    with pytest.raises(ImagingError, match="broken"):
        module.prepare(capture, 0, tmp_path / "tiles", "ab" * 32, JobContext())
