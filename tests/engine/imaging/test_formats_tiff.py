import struct

import numpy as np
import pytest
import tifffile
from PIL import Image

from engine.core.errors import ImagingError
from engine.core.seeds import generator
from engine.imaging.decode import decode, inspect

RGB8 = generator(1, "rgb8").integers(0, 256, (300, 211, 3), dtype=np.uint8)
RGB16 = generator(1, "rgb16").integers(0, 65536, (300, 211, 3), dtype=np.uint16)
GREY8 = RGB8[:, :, 0].copy()
GREY16 = RGB16[:, :, 0].copy()
SHORT, LONG, RATIONAL = 3, 4, 5


def tiff(tags, strips, *, order="<", chain=0):
    """Return the bytes of a one-page TIFF made by hand.

    ``tags`` maps numbers to (type, values); the strips follow one another and tag 273 points at them; ``chain`` is
    the offset of the next directory.
    """
    data = b"".join(strips)
    offsets, start = [], 8
    for strip in strips:
        offsets.append(start)
        start += len(strip)
    tags = {273: (LONG, offsets), 279: (LONG, [len(s) for s in strips]), **tags}
    directory = start + start % 2
    extra_at = directory + 2 + 12 * len(tags) + 4
    entries, extra = b"", b""
    for number in sorted(tags):
        kind, values = tags[number]
        packed = struct.pack(f"{order}{len(values)}{ {SHORT: 'H', LONG: 'I', RATIONAL: 'I'}[kind] }", *values)
        count = len(values) // (2 if kind == RATIONAL else 1)
        if len(packed) > 4:
            extra += b"\0" * (len(extra) % 2)
            value = struct.pack(order + "I", extra_at + len(extra))
            extra += packed
        else:
            value = packed.ljust(4, b"\0")
        entries += struct.pack(order + "HHI", number, kind, count) + value
    head = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(order + "I", directory)
    body = struct.pack(order + "H", len(tags)) + entries + struct.pack(order + "I", chain) + extra
    return head + data.ljust(directory - 8, b"\0") + body


def plain_tags(width, height, bits=8, photometric=1, **more):
    base = {256: width, 257: height, 258: bits, 259: 1, 262: photometric, 277: 1, 278: height}
    return {n: (LONG if n in (256, 257, 278) else SHORT, [v]) for n, v in base.items()} | more.get("tags", {})


def saved(tmp_path, pixels, **options):
    path = tmp_path / "capture.bin"  # the name says nothing about the format
    tifffile.imwrite(path, pixels, **options)
    return path


LAYOUTS = [
    {},
    {"rowsperstrip": 7},
    {"rowsperstrip": 300},
    {"tile": (64, 48)},
    {"bigtiff": True, "rowsperstrip": 64},
    {"byteorder": ">"},
    {"bigtiff": True, "byteorder": ">", "tile": (128, 128)},
]
CODECS = [{}, {"compression": "lzw"}, {"compression": "lzw", "predictor": True}, {"compression": "deflate"}]
CODECS += [{"compression": "adobe_deflate", "predictor": True}, {"compression": "packbits"}]


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("pixels", [RGB8, RGB16, GREY8, GREY16], ids=["rgb8", "rgb16", "grey8", "grey16"])
def test_lossless_flavours_come_back_exactly(tmp_path, pixels, codec):
    for layout in LAYOUTS:
        path = saved(tmp_path, pixels, photometric="rgb" if pixels.ndim == 3 else "minisblack", **codec, **layout)
        (info,) = inspect(path)
        assert (info.width, info.height, info.media_type) == (211, 300, "image/tiff")
        assert (info.channels, info.bit_depth) == (3 if pixels.ndim == 3 else 1, 8 * pixels.dtype.itemsize)
        assert info.notes == ()
        result = decode(path)
        assert result.dtype == pixels.dtype
        np.testing.assert_array_equal(result, pixels, str(layout))


@pytest.mark.parametrize("layout", [{"rowsperstrip": 50}, {"tile": (64, 48)}, {"rowsperstrip": 300}])
@pytest.mark.parametrize("codec", [{}, {"compression": "lzw", "predictor": True}])
@pytest.mark.parametrize("pixels", [RGB8, RGB16], ids=["8", "16"])
def test_planes_stored_apart_are_joined(tmp_path, pixels, codec, layout):
    planes = np.ascontiguousarray(np.moveaxis(pixels, 2, 0))
    path = saved(tmp_path, planes, photometric="rgb", planarconfig="separate", **codec, **layout)
    np.testing.assert_array_equal(decode(path), pixels)


@pytest.mark.parametrize("layout", [{"rowsperstrip": 64}, {"tile": (128, 64)}])
def test_jpeg_in_tiff_is_close(tmp_path, layout):
    y, x = np.mgrid[0:256, 0:192]
    smooth = np.stack([x, y * 0.8, 255 - x], axis=-1).clip(0, 255).astype(np.uint8)
    for pixels, photometric in ((smooth, "rgb"), (smooth[:, :, 0], "minisblack")):
        compression = {"compression": "jpeg", "compressionargs": {"level": 95}}
        path = saved(tmp_path, pixels, photometric=photometric, **compression, **layout)
        assert np.abs(decode(path).astype(int) - pixels).max() <= 8


def test_jpeg_in_tiff_with_shared_tables_is_close(tmp_path):
    smooth = np.stack([np.add.outer(np.arange(300), np.arange(211)) // 3] * 3, axis=-1).astype(np.uint8)
    path = tmp_path / "tables.tif"
    Image.fromarray(smooth).save(path, compression="jpeg", quality=95)
    assert np.abs(decode(path).astype(int) - smooth).max() <= 8


def test_a_cut_jpeg_strip_is_refused(tmp_path):
    path = saved(tmp_path, RGB8, photometric="rgb", compression="jpeg", rowsperstrip=300)
    with tifffile.TiffFile(path) as file:
        end = file.pages[0].dataoffsets[0] + file.pages[0].databytecounts[0]
    data = bytearray(path.read_bytes())
    data[end - 3000 : end] = bytes(3000)
    path.write_bytes(data)
    with pytest.raises(ImagingError, match="cut short"):
        decode(path)


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
@pytest.mark.parametrize("white_is_zero", [False, True])
def test_few_bits_fill_the_range_and_zero_may_be_white(tmp_path, bits, white_is_zero):
    width, height = 16, 5
    values = generator(2, bits).integers(0, 1 << bits, (height, width)).astype(np.uint8)
    packed = np.packbits(np.unpackbits(values[:, :, None], axis=2)[:, :, 8 - bits :].reshape(height, -1), axis=1)
    path = tmp_path / "few.tif"
    path.write_bytes(tiff(plain_tags(width, height, bits, 0 if white_is_zero else 1), [packed.tobytes()]))
    (info,) = inspect(path)
    assert info.bit_depth == bits
    expected = values * (255 // ((1 << bits) - 1))
    np.testing.assert_array_equal(decode(path), 255 - expected if white_is_zero else expected)
    assert bool(info.notes) == white_is_zero


def test_white_is_zero_in_16_bits(tmp_path):
    path = saved(tmp_path, GREY16, photometric="miniswhite")
    np.testing.assert_array_equal(decode(path), 65535 - GREY16)


@pytest.mark.parametrize("wide", [True, False])
def test_a_palette_becomes_rgb(tmp_path, wide):
    colours = generator(3, "palette").integers(0, 256, (3, 256)).astype(np.uint16)
    path = saved(tmp_path, GREY8, photometric="palette", colormap=colours * 257 if wide else colours)
    (info,) = inspect(path)
    assert (info.channels, info.bit_depth) == (3, 8)
    assert "palette" in info.notes[0]
    np.testing.assert_array_equal(decode(path), colours.T.astype(np.uint8)[GREY8])


@pytest.mark.parametrize("kind", ["unassalpha", "assocalpha", "unspecified"])
def test_alpha_is_left_out_and_said_so(tmp_path, kind):
    alpha = generator(4, "alpha").integers(0, 256, (300, 211, 1), dtype=np.uint8)
    path = saved(tmp_path, np.concatenate([RGB8, alpha], axis=2), photometric="rgb", extrasamples=[kind])
    np.testing.assert_array_equal(decode(path), RGB8)
    assert "left out" in inspect(path)[0].notes[0]
    grey = np.stack([GREY8, alpha[:, :, 0]], axis=2)
    path = saved(tmp_path, grey, photometric="minisblack", extrasamples=[kind])
    np.testing.assert_array_equal(decode(path), GREY8)


def test_pages_have_numbers_and_reduced_copies_are_left_out(tmp_path):
    path = tmp_path / "pages.tif"
    with tifffile.TiffWriter(path) as writer:
        writer.write(RGB8, photometric="rgb")
        writer.write(RGB8[::4, ::4], photometric="rgb", subfiletype=1)
        writer.write(GREY16, photometric="minisblack", subfiletype=2)
    infos = inspect(path)
    assert [info.page for info in infos] == [0, 2]
    assert "1 reduced copies" in infos[0].notes[0]
    np.testing.assert_array_equal(decode(path, 2), GREY16)
    for absent in (1, 3):
        with pytest.raises(ImagingError, match=f"no page {absent + 1}"):
            decode(path, absent)


@pytest.mark.parametrize(
    ("resolution", "unit", "um"),
    [((600, 600), "inch", 42.3333), ((236.22, 236.22), "centimeter", 42.333), ((300, 600), "inch", (84.667, 42.333))],
)
def test_the_resolution_gives_the_scale(tmp_path, resolution, unit, um):
    (info,) = inspect(saved(tmp_path, GREY8, resolution=resolution, resolutionunit=unit))
    assert info.tag_scale is not None
    x, y = um if isinstance(um, tuple) else (um, um)
    assert info.tag_scale.um_per_px_x == pytest.approx(x, rel=1e-4)
    assert info.tag_scale.um_per_px_y == pytest.approx(y, rel=1e-4)


@pytest.mark.parametrize(("resolution", "unit"), [((72, 72), "inch"), ((96, 96), "inch"), ((600, 600), "none")])
def test_default_resolutions_give_none_and_say_why(tmp_path, resolution, unit):
    (info,) = inspect(saved(tmp_path, GREY8, resolution=resolution, resolutionunit=unit))
    assert info.tag_scale is None
    assert len(info.notes) == 1


def test_imagej_names_its_unit_in_the_description(tmp_path):
    path = saved(tmp_path, GREY16, imagej=True, resolution=(0.5, 0.5), metadata={"unit": "um"})
    scale = inspect(path)[0].tag_scale
    assert scale is not None and scale.um_per_px == pytest.approx(2.0)


def test_the_profile_is_known_by_its_hash(tmp_path):
    import hashlib

    path = saved(tmp_path, RGB8, photometric="rgb", iccprofile=b"profile" * 20)
    assert inspect(path)[0].icc_sha256 == hashlib.sha256(b"profile" * 20).hexdigest()


def test_a_profile_that_is_a_number_is_no_profile_and_takes_no_memory(tmp_path):
    path = saved(tmp_path, RGB8, photometric="rgb", extratags=[(34675, "I", 1, 4_000_000_000, True)])
    (info,) = inspect(path)
    assert info.icc_sha256 is None
    assert any("profile" in note for note in info.notes)


@pytest.mark.parametrize(
    ("pixels", "options", "reason"),
    [
        (RGB8.astype(np.float32), {"photometric": "rgb"}, "32 bits"),
        (GREY16.astype(np.int16), {"photometric": "minisblack"}, "INT"),
        (GREY16.astype(np.uint32), {"photometric": "minisblack"}, "32 bits"),
        (np.dstack([RGB8, GREY8]), {"photometric": "separated"}, "SEPARATED"),
        (RGB8, {"photometric": "cielab"}, "CIELAB"),
        (GREY8, {"compression": "zstd"}, "ZSTD"),
        (np.stack([GREY8] * 16), {"volumetric": True, "tile": (16, 64, 64)}, "more than one layer"),
    ],
    ids=["float", "signed", "32 bit", "CMYK", "Lab", "zstd", "volume"],
)
def test_what_is_not_supported_is_refused_by_name(tmp_path, pixels, options, reason):
    path = saved(tmp_path, pixels, **options)
    with pytest.raises(ImagingError, match=reason) as refused:
        inspect(path)
    assert refused.value.where == "capture.bin"
    assert refused.value.remedy


def hostile(name):
    """Return the bytes of a hand-made bad TIFF."""
    pixels = GREY8[:5, :16].tobytes()
    good = plain_tags(16, 5)
    directory = 8 + len(pixels)
    match name:
        case "cyclic chain":
            return tiff(good, [pixels], chain=directory)
        case "chain out of the file":
            return tiff(good, [pixels], chain=10**6)
        case "huge size":
            return tiff(good | {256: (LONG, [4_000_000_000]), 257: (LONG, [4_000_000_000])}, [pixels])
        case "too many pixels":
            return tiff(good | {256: (LONG, [100_000]), 257: (LONG, [100_000])}, [pixels])
        case "bomb":
            return tiff(good | {256: (LONG, [30_000]), 257: (LONG, [30_000]), 278: (LONG, [30_000])}, [pixels])
        case "deflate bomb":
            tags = {256: (LONG, [30_000]), 257: (LONG, [30_000]), 278: (LONG, [30_000]), 259: (SHORT, [8])}
            return tiff(good | tags, [pixels])
        case "no size":
            return tiff(good | {257: (LONG, [0])}, [pixels])
        case "strip out of the file":
            return tiff(good | {273: (LONG, [10**7])}, [pixels])
        case "missing strip":
            return tiff(good | {273: (LONG, [0])}, [pixels])
        case "short strip table":
            return tiff(good | {278: (LONG, [1])}, [pixels])
        case "huge tiles":
            tags = {322: (LONG, [1 << 20]), 323: (LONG, [1 << 20]), 324: (LONG, [8]), 325: (LONG, [80])}
            return tiff(good | tags, [pixels])
        case "palette too short":
            return tiff(good | {262: (SHORT, [3]), 320: (SHORT, [1] * 30)}, [pixels])
        case "broken deflate":
            return tiff(good | {259: (SHORT, [8])}, [pixels])
        case "no directory":
            return b"II*\0" + bytes(4)
        case "only a signature":
            return b"II*\0"
    raise AssertionError(name)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("cyclic chain", "circle"),
        ("chain out of the file", "cut short"),
        ("huge size", "announces 4,000,000,000"),
        ("too many pixels", "announces 100,000 x 100,000"),
        ("bomb", "too few"),
        ("deflate bomb", "too few"),
        ("no size", "announces 16 x 0"),
        ("strip out of the file", "cut short"),
        ("missing strip", "missing"),
        ("short strip table", "where all its parts are"),
        ("huge tiles", "tiles of 1048576"),
        ("palette too short", "no fitting palette"),
        ("broken deflate", "damaged"),
        ("no directory", "no pages"),
        ("only a signature", "no pages"),
    ],
)
def test_hostile_files_are_refused_with_the_reason(tmp_path, name, reason):
    path = tmp_path / "hostile.tif"
    path.write_bytes(hostile(name))
    with pytest.raises(ImagingError, match=reason) as refused:
        decode(path)
    assert refused.value.where == "hostile.tif"
    assert refused.value.remedy


@pytest.mark.parametrize("tag", [256, 257, 258, 262, 273, 279])
def test_a_page_without_a_tag_that_it_needs_is_refused(tmp_path, tag):
    tags = plain_tags(16, 5)
    lost = {tag: tags.get(tag, (LONG, [8]))}
    data = tiff(tags, [GREY8[:5, :16].tobytes()])
    entry = struct.pack("<HH", tag, lost[tag][0])
    path = tmp_path / "lost.tif"
    path.write_bytes(data.replace(entry, struct.pack("<HH", 60_000, 3)))
    with pytest.raises(ImagingError, match=r"lacks tags|announces"):
        decode(path)


def test_tags_that_cannot_be_read_are_noted(tmp_path, caplog):
    path = saved(tmp_path, GREY8, resolution=(600, 600), resolutionunit="inch")
    data = path.read_bytes()
    place = data.index(struct.pack("<HHI", 282, 5, 1))
    path.write_bytes(data[: place + 8] + b"\xff\xff\xff\x7f" + data[place + 12 :])
    (info,) = inspect(path)
    assert info.tag_scale is None
    assert "damaged" in info.notes[-1]
    assert not caplog.records


def test_too_many_pages_are_refused(tmp_path):
    path = tmp_path / "many.tif"
    with tifffile.TiffWriter(path) as writer:
        for _ in range(1001):
            writer.write(GREY8[:2, :2], photometric="minisblack", contiguous=False)
    with pytest.raises(ImagingError, match="more than 1,000 pages"):
        inspect(path)


@pytest.mark.parametrize("compression", [None, "lzw", "deflate", "packbits"])
@pytest.mark.parametrize("keep", [0.3, 0.7, 0.95])
def test_a_truncated_file_never_passes(tmp_path, compression, keep):
    path = tmp_path / "cut.tif"
    path.write_bytes(b"")
    tifffile.imwrite(path, RGB8, photometric="rgb", compression=compression, rowsperstrip=50)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    with pytest.raises(ImagingError):
        decode(path)
