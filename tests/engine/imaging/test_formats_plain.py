import hashlib
import io
import struct
import zlib

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from engine.core.errors import ImagingError
from engine.core.seeds import generator
from engine.imaging.decode import decode, inspect

RGB8 = generator(1, "rgb8").integers(0, 256, (120, 77, 3), dtype=np.uint8)
RGB16 = generator(1, "rgb16").integers(0, 65536, (120, 77, 3), dtype=np.uint16)
GREY8, GREY16 = RGB8[:, :, 0].copy(), RGB16[:, :, 0].copy()
ALPHA8 = generator(2, "alpha").integers(0, 256, (120, 77, 1), dtype=np.uint8)
Y, X = np.mgrid[0:120, 0:77]
SMOOTH = np.stack([X * 3, Y * 2, 255 - X * 3], axis=-1).clip(0, 255).astype(np.uint8)


def saved(tmp_path, image, kind, **options):
    path = tmp_path / "capture.dat"
    image.save(path, kind, **options)
    return path


def written(tmp_path, data):
    path = tmp_path / "capture.dat"
    path.write_bytes(data)
    return path


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, depth=8, colour=0, data=None, extra=b""):
    """Return the bytes of a PNG made by hand; ``data`` are the unfiltered rows."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(data or b""))
    return b"\x89PNG\r\n\x1a\n" + head + extra + body + chunk(b"IEND", b"")


@pytest.mark.parametrize("pixels", [RGB8, RGB16, GREY8, GREY16], ids=["rgb8", "rgb16", "grey8", "grey16"])
def test_png_comes_back_exactly(tmp_path, pixels):
    path = written(tmp_path, imagecodecs.png_encode(pixels))
    (info,) = inspect(path)
    assert (info.width, info.height, info.media_type) == (77, 120, "image/png")
    assert (info.channels, info.bit_depth) == (3 if pixels.ndim == 3 else 1, 8 * pixels.dtype.itemsize)
    result = decode(path)
    assert result.dtype == pixels.dtype
    np.testing.assert_array_equal(result, pixels)


@pytest.mark.parametrize("deep", [False, True])
def test_png_alpha_is_left_out_and_said_so(tmp_path, deep):
    for colour in (RGB16 if deep else RGB8, (GREY16 if deep else GREY8)[:, :, None]):
        alpha = ALPHA8.astype(colour.dtype)
        path = written(tmp_path, imagecodecs.png_encode(np.concatenate([colour, alpha], axis=2)))
        np.testing.assert_array_equal(decode(path), colour.squeeze())
        assert "alpha" in inspect(path)[0].notes[0]


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_png_of_few_bits_fills_the_range(tmp_path, depth):
    values = generator(3, depth).integers(0, 1 << depth, (5, 16)).astype(np.uint8)
    packed = np.packbits(np.unpackbits(values[:, :, None], axis=2)[:, :, 8 - depth :].reshape(5, -1), axis=1)
    path = written(tmp_path, png(16, 5, depth, 0, b"".join(b"\0" + row.tobytes() for row in packed)))
    assert inspect(path)[0].bit_depth == depth
    np.testing.assert_array_equal(decode(path), values * (255 // ((1 << depth) - 1)))


@pytest.mark.parametrize("colours", [2, 16, 200])
@pytest.mark.parametrize("transparent", [False, True])
def test_png_palette_becomes_rgb(tmp_path, colours, transparent):
    image = Image.fromarray(RGB8).quantize(colours)
    path = saved(tmp_path, image, "PNG", **({"transparency": 1} if transparent else {}))
    (info,) = inspect(path)
    assert (info.channels, info.bit_depth) == (3, 8)
    np.testing.assert_array_equal(decode(path), np.asarray(image.convert("RGB")))


def test_a_transparent_colour_of_png_changes_no_pixel(tmp_path):
    path = saved(tmp_path, Image.fromarray(GREY8), "PNG", transparency=7)
    np.testing.assert_array_equal(decode(path), GREY8)


@pytest.mark.parametrize("grey", [False, True])
def test_jpeg_is_close(tmp_path, grey):
    pixels = SMOOTH[:, :, 0] if grey else SMOOTH
    path = saved(tmp_path, Image.fromarray(pixels), "JPEG", quality=95)
    (info,) = inspect(path)
    assert (info.channels, info.bit_depth, info.media_type) == (1 if grey else 3, 8, "image/jpeg")
    assert np.abs(decode(path).astype(int) - pixels).max() <= 8


def test_a_tall_jpeg_is_read_in_bands(tmp_path):
    tall = np.repeat(np.arange(700, dtype=np.uint16)[:, None] // 3, 40, axis=1).astype(np.uint8)
    path = saved(tmp_path, Image.fromarray(tall), "JPEG", quality=100)
    assert np.abs(decode(path).astype(int) - tall).max() <= 2


def test_cmyk_jpeg_is_refused_with_a_remedy(tmp_path):
    path = saved(tmp_path, Image.fromarray(RGB8).convert("CMYK"), "JPEG")
    with pytest.raises(ImagingError, match="CMYK") as refused:
        inspect(path)
    assert "RGB" in refused.value.remedy


@pytest.mark.parametrize(
    ("image", "channels", "bit_depth"),
    [
        (Image.fromarray(RGB8), 3, 8),
        (Image.fromarray(GREY8), 1, 8),
        (Image.fromarray(GREY8 > 100), 1, 1),
        (Image.fromarray(RGB8).quantize(9), 3, 8),
        (Image.fromarray(np.dstack([RGB8, ALPHA8])), 3, 8),
    ],
    ids=["rgb", "grey", "1 bit", "palette", "alpha"],
)
def test_bmp_comes_back_exactly(tmp_path, image, channels, bit_depth):
    path = saved(tmp_path, image, "BMP")
    (info,) = inspect(path)
    assert (info.channels, info.bit_depth, info.media_type) == (channels, bit_depth, "image/bmp")
    np.testing.assert_array_equal(decode(path), np.asarray(image.convert("RGB" if channels == 3 else "L")))


def test_a_bmp_may_be_stored_from_the_top(tmp_path):
    data = bytearray(saved(tmp_path, Image.fromarray(RGB8), "BMP").read_bytes())
    data[22:26] = struct.pack("<i", -120)
    np.testing.assert_array_equal(decode(written(tmp_path, bytes(data))), RGB8[::-1])


def turned(upright, orientation):
    """Return what a camera stores so that the orientation's meaning (Exif 2.3, tag 274) gives the upright image.

    Each line says where the stored row 0 and column 0 lie in the upright image.
    """
    height, width = upright.shape[:2]
    swapped = orientation >= 5
    stored = np.zeros((width, height, *upright.shape[2:]) if swapped else upright.shape, upright.dtype)
    for row in range(stored.shape[0]):
        for column in range(stored.shape[1]):
            y, x = {
                1: (row, column),  # row 0 top, column 0 left
                2: (row, width - 1 - column),  # top, right
                3: (height - 1 - row, width - 1 - column),  # bottom, right
                4: (height - 1 - row, column),  # bottom, left
                5: (column, row),  # left, top
                6: (column, width - 1 - row),  # right, top
                7: (height - 1 - column, width - 1 - row),  # right, bottom
                8: (height - 1 - column, row),  # left, bottom
            }[orientation]
            stored[row, column] = upright[y, x]
    return stored


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
def test_the_orientation_is_applied_once(tmp_path, orientation, kind):
    upright = np.zeros((40, 24, 3), np.uint8)
    upright[:8, :8] = (255, 0, 0)
    upright[:8, -8:] = (0, 255, 0)
    upright[-8:, :8] = (0, 0, 255)
    stored = turned(upright, orientation)
    exif = Image.Exif()
    exif[274] = orientation
    exif[282], exif[283], exif[296] = 300.0, 600.0, 2
    options = {"tiffinfo": exif} if kind == "TIFF" else {"exif": exif.tobytes()}
    if kind == "JPEG":
        options |= {"quality": 100, "subsampling": 0}
    path = saved(tmp_path, Image.fromarray(stored), kind, **options)
    (info,) = inspect(path)
    assert (info.width, info.height, info.orientation) == (24, 40, orientation)
    assert np.abs(decode(path).astype(int) - upright).max() <= (6 if kind == "JPEG" else 0)
    scale = info.tag_scale
    assert scale is not None
    ratio = scale.um_per_px_x / scale.um_per_px_y
    assert ratio == pytest.approx(0.5 if orientation >= 5 else 2.0)


def test_an_orientation_behind_the_pixels_of_a_png_is_applied_too(tmp_path):
    exif = Image.Exif()
    exif[274] = 6
    data = png(77, 120, data=b"\0" * 78 * 120)
    end = data.index(b"IEND") - 4
    path = written(tmp_path, data[:end] + chunk(b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0")) + data[end:])
    (info,) = inspect(path)
    assert (info.orientation, info.width, info.height) == (6, 120, 77)


def test_the_facts_of_a_png_are_told_without_its_pixels(tmp_path):
    data = png(77, 120, data=b"\0" * 78 * 120)
    place = data.index(b"IDAT") + 4
    spoilt = data[:place] + b"\xff" * 8 + data[place + 8 :]
    (info,) = inspect(written(tmp_path, spoilt))
    assert (info.width, info.height) == (77, 120)
    with pytest.raises(ImagingError):
        decode(written(tmp_path, spoilt))


def test_an_orientation_out_of_range_is_ignored_and_said_so(tmp_path):
    exif = Image.Exif()
    exif[274] = 9
    (info,) = inspect(saved(tmp_path, Image.fromarray(RGB8), "JPEG", exif=exif.tobytes()))
    assert info.orientation == 1
    assert any("orientation" in note for note in info.notes)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP"])
@pytest.mark.parametrize("dpi", [300, 600, 1200])
def test_the_resolution_gives_the_scale(tmp_path, kind, dpi):
    scale = inspect(saved(tmp_path, Image.fromarray(RGB8), kind, dpi=(dpi, dpi)))[0].tag_scale
    assert scale is not None
    assert scale.um_per_px_x == scale.um_per_px_y == pytest.approx(25400 / dpi, rel=1e-4)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP"])
@pytest.mark.parametrize("dpi", [72, 96])
def test_default_resolutions_give_none_and_say_why(tmp_path, kind, dpi):
    (info,) = inspect(saved(tmp_path, Image.fromarray(RGB8), kind, dpi=(dpi, dpi)))
    assert info.tag_scale is None
    assert "default" in info.notes[0]


def test_jfif_in_centimetres_and_without_unit(tmp_path):
    data = bytearray(saved(tmp_path, Image.fromarray(RGB8), "JPEG", dpi=(236, 236)).read_bytes())
    place = data.index(b"JFIF\0") + 7
    data[place] = 2
    scale = inspect(written(tmp_path, bytes(data)))[0].tag_scale
    assert scale is not None and scale.um_per_px == pytest.approx(10_000 / 236)
    data[place] = 0
    (info,) = inspect(written(tmp_path, bytes(data)))
    assert info.tag_scale is None and "names no unit" in info.notes[0]


@pytest.mark.parametrize("pixels", [RGB8, GREY16], ids=["rgb8", "grey16"])
def test_no_flipped_bit_in_the_pixels_of_a_png_passes(tmp_path, pixels):
    data = bytearray(imagecodecs.png_encode(pixels))
    for place in generator(9, "flips").integers(data.index(b"IDAT") + 4, len(data) - 16, 40):
        data[place] ^= 16
        with pytest.raises(ImagingError):
            decode(written(tmp_path, bytes(data)))
        data[place] ^= 16


def test_phys_without_unit_gives_no_scale(tmp_path):
    extra = chunk(b"pHYs", struct.pack(">IIB", 4, 4, 0))
    (info,) = inspect(written(tmp_path, png(2, 2, data=bytes(6), extra=extra)))
    assert info.tag_scale is None


def test_the_profile_is_known_by_its_hash(tmp_path):
    for kind in ("PNG", "JPEG"):
        (info,) = inspect(saved(tmp_path, Image.fromarray(RGB8), kind, icc_profile=b"profile" * 30))
        assert info.icc_sha256 == hashlib.sha256(b"profile" * 30).hexdigest()
    (info,) = inspect(saved(tmp_path, Image.fromarray(RGB8), "PNG", icc_profile=bytes(5 << 20)))
    assert info.icc_sha256 == hashlib.sha256(bytes(5 << 20)).hexdigest()


HOSTILE = [
    (png(2**31 - 1, 2**31 - 1), "announces 2,147,483,647"),
    (png(40_000, 40_000, data=bytes(1000)), "announces 40,000 x 40,000"),
    (png(30_000, 30_000, data=bytes(1000)), "too few"),
    (png(0, 5), "announces 0 x 5"),
    (png(5, 5, depth=3), "3 bits"),
    (png(5, 5, colour=5), "colour type 5"),
    (png(5, 5, data=bytes(7)), "damaged"),
    (png(5, 5, data=bytes(30))[:-12], "cut short"),
    (png(5, 5, data=bytes(30), extra=chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(200 << 20)))), "damaged"),
    (b"\x89PNG\r\n\x1a\n", "no header"),
    (b"\xff\xd8\xff\xe0", "damaged"),
    (b"\xff\xd8\xff" + bytes(500), "damaged"),
    (b"BM" + bytes(100), "damaged"),
    (b"BM" + struct.pack("<IIIIiiHHIIiiII", 0, 0, 54, 40, 10**6, 10**6, 1, 24, 0, 0, 0, 0, 0, 0), "announces"),
    (b"BM" + struct.pack("<IIIIiiHHIIiiII", 0, 0, 54, 40, 20_000, 20_000, 1, 24, 0, 0, 0, 0, 0, 0), "damaged"),
]


@pytest.mark.parametrize(("data", "reason"), HOSTILE)
def test_hostile_files_are_refused_with_the_reason(tmp_path, data, reason):
    path = written(tmp_path, data)
    with pytest.raises(ImagingError, match=reason) as refused:
        decode(path)
    assert refused.value.where == "capture.dat"
    assert refused.value.remedy


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP"])
@pytest.mark.parametrize("keep", [0.3, 0.6, 0.9])
def test_a_truncated_file_never_passes(tmp_path, kind, keep):
    buffer = io.BytesIO()
    Image.fromarray(RGB8).save(buffer, kind)
    data = buffer.getvalue()
    with pytest.raises(ImagingError):
        decode(written(tmp_path, data[: int(len(data) * keep)]))
