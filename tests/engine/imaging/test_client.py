import hashlib
import io
import struct
import zlib
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from engine.core.errors import Cancelled, ImagingError, JobError
from engine.core.seeds import generator
from engine.imaging import client
from engine.imaging.client import ImagingWorker, check_readable
from engine.imaging.decode import decode
from engine.imaging.pyramid import PyramidTiles
from engine.imaging.quality import measure_quality
from engine.imaging.tiles import ArrayTiles
from engine.jobs import JobContext, Limits

PIXELS = generator(1, "client").integers(0, 256, (330, 280, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def worker():
    with ImagingWorker(Limits(seconds=60, memory_bytes=4 << 30)) as worker:
        yield worker


@pytest.fixture
def capture(tmp_path):
    path = tmp_path / "capture.tif"
    tifffile.imwrite(path, PIXELS, photometric="rgb", compression="lzw", resolution=(1200, 1200))
    return path


@pytest.fixture
def large(tmp_path):
    """Return an uncompressed TIFF of 800 million pixels that must be turned; a hole, it takes no room on the disk."""
    path = tmp_path / "large.tif"
    tifffile.memmap(path, shape=(20_000, 40_000), dtype="uint8", extratags=[(274, "H", 1, 3, True)])
    return path


def encoded(kind, pixels=PIXELS):
    buffer = io.BytesIO()
    match kind:
        case "tiff":
            tifffile.imwrite(buffer, pixels, photometric="rgb")
        case "tiff lzw" | "tiff deflate" | "tiff jpeg":
            tifffile.imwrite(buffer, pixels, photometric="rgb", compression=kind.split()[1], rowsperstrip=64)
        case "tiff tiled":
            tifffile.imwrite(buffer, pixels, photometric="rgb", compression="lzw", tile=(128, 128), bigtiff=True)
        case "png 16":
            return imagecodecs.png_encode(pixels.astype(np.uint16) * 257)
        case _:
            Image.fromarray(pixels).save(buffer, kind)
    return buffer.getvalue()


KINDS = ("tiff", "tiff lzw", "tiff deflate", "tiff jpeg", "tiff tiled", "png", "png 16", "jpeg", "bmp")


def test_a_page_is_prepared_in_one_go(worker, capture, tmp_path):
    target = tmp_path / "cache" / "capture.tiles"
    seen = []
    facts = worker.prepare(capture, 0, target, JobContext(lambda done, total, text: seen.append((done, total))))
    assert (facts.width, facts.height, facts.channels, facts.bit_depth) == (280, 330, 3, 8)
    assert facts.tag_scale is not None and facts.tag_scale.um_per_px == pytest.approx(21.1667, abs=1e-3)
    assert facts.quality == measure_quality(PIXELS)
    assert seen == [(256, 330), (330, 330)]
    expected = ArrayTiles(PIXELS)
    sha256 = hashlib.sha256(capture.read_bytes()).hexdigest()
    with PyramidTiles(target, sha256=sha256, page=0) as tiles:
        for place in [(0, 0, 0), (0, 1, 1), (1, 0, 0)]:
            np.testing.assert_array_equal(tiles.tile(*place), expected.tile(*place))
    assert [p.name for p in target.parent.iterdir()] == ["capture.tiles"]


@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_the_tiles_are_upright_like_the_pixels(worker, tmp_path, orientation):
    path = tmp_path / "turned.png"
    exif = Image.Exif()
    exif[274] = orientation
    Image.fromarray(PIXELS).save(path, exif=exif.tobytes())
    worker.prepare(path, 0, tmp_path / "tiles")
    pixels = worker.read(path)
    np.testing.assert_array_equal(pixels, decode(path))
    with PyramidTiles(tmp_path / "tiles") as tiles:
        np.testing.assert_array_equal(tiles.tile(0, 0, 1), ArrayTiles(pixels).tile(0, 0, 1))


@pytest.mark.parametrize("kind", KINDS)
def test_reading_through_the_process_is_decoding(worker, tmp_path, kind):
    path = tmp_path / "capture"
    path.write_bytes(encoded(kind))
    pixels = worker.read(path)
    np.testing.assert_array_equal(pixels, decode(path))
    (info,) = worker.inspect(path)
    assert pixels.shape == (info.height, info.width, 3)


def test_a_known_hash_is_taken_over(worker, capture, tmp_path):
    worker.prepare(capture, 0, tmp_path / "tiles", sha256="ab" * 32)
    with PyramidTiles(tmp_path / "tiles", sha256="ab" * 32) as tiles:
        assert tiles.levels >= 1
    with pytest.raises(ImagingError):
        PyramidTiles(tmp_path / "tiles", sha256="cd" * 32)


def test_an_absent_page_and_an_absent_file_are_refused(worker, capture, tmp_path):
    with pytest.raises(ImagingError, match="no page 2"):  # people count from 1
        worker.read(capture, 1)
    with pytest.raises(ImagingError, match="cannot be read"):
        worker.inspect(tmp_path / "absent.tif")


def test_a_refused_file_leaves_nothing_and_keeps_the_former_tiles(worker, tmp_path):
    target = tmp_path / "cache" / "tiles"
    (tmp_path / "good.png").write_bytes(encoded("png"))
    worker.prepare(tmp_path / "good.png", 0, target)
    before = target.read_bytes()
    (tmp_path / "cut.png").write_bytes(encoded("png")[:5000])
    with pytest.raises(ImagingError):
        worker.prepare(tmp_path / "cut.png", 0, target)
    assert target.read_bytes() == before
    assert [p.name for p in target.parent.iterdir()] == ["tiles"]


def test_cancel_leaves_nothing(capture, tmp_path):
    context = JobContext(lambda *values: context.cancel())
    with ImagingWorker() as worker, pytest.raises(Cancelled):
        for _ in range(50):  # the reply may win the race against the cancel
            worker.prepare(capture, 0, tmp_path / "cache" / "tiles", context)
    assert {p.name for p in (tmp_path / "cache").iterdir()} <= {"tiles"}


def test_the_memory_limit_is_an_error_and_the_next_file_is_read(large, capture):
    with ImagingWorker(Limits(seconds=60, memory_bytes=700 << 20)) as worker:
        with pytest.raises(JobError, match="more memory") as failed:
            worker.read(large)
        assert failed.value.where == "large.tif"
        np.testing.assert_array_equal(worker.read(capture), PIXELS)


def test_the_time_limit_is_an_error_that_names_the_file(large):
    with ImagingWorker(Limits(seconds=0.3)) as worker, pytest.raises(JobError, match=r"large\.tif: .*longer"):
        worker.read(large)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_named(worker, capture, tmp_path, monkeypatch):
    class Folder:
        def __enter__(self):
            (tmp_path / "scratch").mkdir()
            (tmp_path / "scratch" / "pixels.npy").symlink_to("/dev/full")
            return str(tmp_path / "scratch")

        def __exit__(self, *error):
            pass

    monkeypatch.setattr(client, "scratch_folder", Folder)
    with pytest.raises(JobError, match="disk is full"):
        worker.read(capture)


@pytest.mark.parametrize("reply", [{}, {"pages": [{"page": -1}]}, {"pages": 5}, {"facts": {"width": "x"}}])
def test_a_nonsense_reply_is_an_error(monkeypatch, tmp_path, reply):
    monkeypatch.setattr(client.Child, "request", lambda self, values, context: reply)
    with ImagingWorker() as worker:
        for call in (
            lambda: worker.inspect(Path("x.png")),
            lambda: worker.prepare(Path("x.png"), 0, tmp_path / "tiles"),
            lambda: worker.read(Path("x.png")),
        ):
            with pytest.raises(JobError, match="nonsense"):
                call()
    assert list(tmp_path.iterdir()) == []


def bad_files():
    """Return name -> (bytes, part of the reason) of the bad files of a batch."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0))
    bomb += chunk(b"IDAT", zlib.compress(bytes(10 << 20), 9)) + chunk(b"IEND", b"")
    cyclic = bytearray(encoded("tiff"))
    first = struct.unpack_from("<I", cyclic, 4)[0]
    count = struct.unpack_from("<H", cyclic, first)[0]
    struct.pack_into("<I", cyclic, first + 2 + 12 * count, first)
    return {
        "truncated.png": (encoded("png")[:20_000], "damaged"),
        "truncated.tif": (encoded("tiff")[:20_000], "cut short"),
        "truncated.jpg": (encoded("jpeg")[:9_000], "damaged"),
        "bomb.png": (bomb, "announces 50,000 x 50,000"),
        "wrong magic.tif": (b"\0" + encoded("tiff")[1:], "no TIFF, PNG, JPEG or BMP"),
        "letter.png": (b"Dear colleague, please find enclosed", "no TIFF, PNG, JPEG or BMP"),
        "nothing.bmp": (b"", "empty"),
        "cyclic.tif": (bytes(cyclic), "circle"),
        "document.jpg": (b"%PDF-1.7 ...", "a PDF document"),
    }


def test_a_batch_of_200_names_each_bad_file_and_takes_the_others(worker, tmp_path):
    bad = bad_files()
    good = [f"good {i:03}" for i in range(200 - len(bad))]
    for i, name in enumerate(good):
        (tmp_path / name).write_bytes(encoded(KINDS[i % len(KINDS)], PIXELS[: 20 + i % 50, :64]))
    for name, (data, _) in bad.items():
        (tmp_path / name).write_bytes(data)
    taken, refused = [], {}
    for path in sorted(tmp_path.iterdir()):
        try:
            for info in worker.inspect(path):
                worker.prepare(path, info.page, tmp_path / "cache" / "tiles")
            taken.append(path.name)
        except (ImagingError, JobError) as error:
            refused[error.where] = error
    assert taken == good
    assert set(refused) == set(bad)
    for name, (_, reason) in bad.items():
        assert reason in refused[name].what
        assert refused[name].remedy


def mutated(data, rng):
    """Return the bytes with one seeded fault of a random kind."""
    data = bytearray(data)
    match int(rng.integers(0, 5)):
        case 0:
            for place in rng.integers(0, len(data), 3):
                data[place] ^= 1 << int(rng.integers(0, 8))
        case 1:
            del data[int(rng.integers(1, len(data))) :]
        case 2:  # the headers are where the damage is worst
            place = int(rng.integers(0, min(200, len(data) - 8)))
            data[place : place + 4] = rng.choice([0, 1, 255, 2**15, 2**31 - 1, 2**32 - 1]).astype("<u4").tobytes()
        case 3:
            start, size = int(rng.integers(0, len(data))), int(rng.integers(1, 400))
            data[start : start + size] = rng.bytes(size)
        case _:  # the directory of a TIFF stands at its end
            place = max(len(data) - int(rng.integers(4, 300)), 0)
            data[place : place + 4] = rng.bytes(4)
    return bytes(data)


def fuzz(worker, folder, count, seed):
    small = PIXELS[:60, :70]
    sources = [encoded(kind, small) for kind in KINDS]
    refused = 0
    for i in range(count):
        rng = generator(seed, "fuzz", i)
        path = folder / f"fuzz {i}"
        path.write_bytes(mutated(sources[i % len(sources)], rng))
        try:
            pages = worker.inspect(path)
            pixels = worker.read(path, pages[0].page)
            assert pixels.shape[:2] == (pages[0].height, pages[0].width)
            worker.prepare(path, pages[0].page, folder / "tiles")
        except (ImagingError, JobError) as error:
            assert error.where == path.name, i
            refused += 1
        path.unlink()
    return refused


def test_no_mutation_of_a_file_does_more_than_be_refused(worker, tmp_path):
    assert 100 < fuzz(worker, tmp_path, 300, seed=1) < 300


@pytest.mark.long
def test_none_of_5000_mutations_does_more_than_be_refused(worker, tmp_path):
    assert 2000 < fuzz(worker, tmp_path, 5000, seed=2) < 5000


def test_the_real_images_are_read(worker, real_data, tmp_path):
    files = sorted(p for p in real_data.rglob("*") if p.suffix.lower() in (".png", ".tif", ".jpg", ".bmp"))
    assert files
    for path in files[:: max(len(files) // 60, 1)]:
        for info in worker.inspect(path):
            facts = worker.prepare(path, info.page, tmp_path / "tiles")
            assert facts.quality.focus > 0, path.name


@pytest.mark.long
def test_every_real_image_is_read(worker, real_data, tmp_path):
    files = [p for p in real_data.rglob("*") if p.suffix.lower() in (".png", ".tif", ".jpg", ".bmp")]
    for path in files:
        for info in worker.inspect(path):
            pixels = worker.read(path, info.page)
            assert pixels.shape[:2] == (info.height, info.width), path.name


def test_a_file_that_cannot_be_read_is_named_before_it_is_opened(capture, monkeypatch):
    check_readable(capture, "here")
    for path, what in ((capture.parent, "no such file"), (capture / "in", "no such file"), (Path("gone"), "no such")):
        with pytest.raises(ImagingError, match=f"^here: There is {what}"):
            check_readable(path, "here")

    def denied(path, *_):
        raise PermissionError(13, "Permission denied", str(path))

    for call in ("is_file", "open"):  # a folder that may not be looked into, a file that may not be read
        with monkeypatch.context() as patched:
            patched.setattr(Path, call, denied)
            with pytest.raises(ImagingError, match=r"^here: The file cannot be read \(Permission denied\)"):
                check_readable(capture, "here")
