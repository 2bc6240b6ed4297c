import os

import pytest

from engine import MAX_PIXELS
from engine.core.errors import Cancelled, ImagingError, InputError
from engine.imaging.formats import MAX_FILE_BYTES, check_size, media_type, reading


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (b"II*\0", "image/tiff"),
        (b"MM\0*", "image/tiff"),
        (b"II+\0", "image/tiff"),
        (b"MM\0+", "image/tiff"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff\xe1", "image/jpeg"),
        (b"BM", "image/bmp"),
    ],
)
def test_the_content_decides_not_the_name(tmp_path, start, kind):
    path = tmp_path / "picture.gif"
    path.write_bytes(start + bytes(20))
    assert media_type(path) == kind


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"%PDF-1.7", "a PDF document"),
        (b"GIF89a", "a GIF image"),
        (b"PK\x03\x04", "a ZIP archive"),
        (b"RIFF\0\0\0\0WEBP", "a WebP image"),
        (b"\0\0\0\x18ftypheic", "an HEIF"),
        (b"Dear colleague, ", "no TIFF, PNG, JPEG or BMP"),
        (b"\x89", "no TIFF, PNG, JPEG or BMP"),
    ],
)
def test_a_stranger_is_refused_by_name_and_reason(tmp_path, data, reason):
    path = tmp_path / "picture.tif"
    path.write_bytes(data)
    with pytest.raises(ImagingError, match=reason) as refused:
        media_type(path)
    assert refused.value.where == "picture.tif"
    assert refused.value.remedy


def test_a_file_that_is_absent_or_a_folder_is_refused(tmp_path):
    for path in (tmp_path / "absent.png", tmp_path):
        with pytest.raises(ImagingError, match="cannot be read"):
            media_type(path)


def test_a_file_too_large_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "large.png"
    path.write_bytes(b"")
    os.truncate(path, MAX_FILE_BYTES + 1)  # a hole: takes no room on the disk
    with pytest.raises(ImagingError, match="more than 8,589,934,592"):
        media_type(path)


def test_sizes_up_to_the_limits_pass():
    check_size(1, 1)
    check_size(200_000, MAX_PIXELS // 200_000)
    for width, height in ((200_001, 1), (1, 200_001), (31_623, 31_623), (0, 1), (1, 0), (-1, 5)):
        with pytest.raises(ImagingError):
            check_size(width, height)


def test_a_library_error_becomes_a_named_one_and_ours_pass(tmp_path):
    path = tmp_path / "x.png"
    with pytest.raises(ImagingError, match=r"x\.png: The file is damaged \(RecursionError: deep\)"), reading(path):
        raise RecursionError("deep")
    with pytest.raises(ImagingError, match=r"x\.png: too big"), reading(path):
        raise ImagingError("too big")
    for ours in (Cancelled(), InputError("no"), MemoryError()):
        with pytest.raises(type(ours)), reading(path):
            raise ours


def test_opencv_has_our_pixel_limit():
    assert os.environ["OPENCV_IO_MAX_IMAGE_PIXELS"] == str(MAX_PIXELS)
