"""TIFF and BigTIFF: pages, tags, and pixels strip by strip or by rows of tiles."""

import hashlib
import logging
import re
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from engine.core.case import Scale
from engine.core.errors import ImagingError
from engine.core.method import Pixels
from engine.imaging.formats import (
    EXPORT,
    MAX_PAGES,
    SEND_AGAIN,
    TIFF,
    PageInfo,
    check_enough_bytes,
    check_size,
    reading,
)
from engine.imaging.scale import UM_PER_CM, UM_PER_INCH, Density, scale_of_tags
from engine.imaging.tiles import TILE

if TYPE_CHECKING:
    from tifffile import TiffFile, TiffPage

# Numbers of TIFF 6.0 (1992) and its supplements 1 and 2.
MIN_IS_WHITE, MIN_IS_BLACK, RGB, PALETTE, YCBCR = 0, 1, 2, 3, 6
PHOTOMETRICS = {
    MIN_IS_WHITE: "grey",
    MIN_IS_BLACK: "grey",
    RGB: "RGB",
    PALETTE: "palette",
    YCBCR: "YCbCr",
}
UNCOMPRESSED, LZW, JPEG, DEFLATE, OLD_DEFLATE, PACKBITS = 1, 5, 7, 8, 32946, 32773
# The most bytes that one stored byte can unpack to: LZW codes of 12 bits name strings of up to 3,839 bytes; deflate
# 1032 (RFC 1951); PackBits two bytes to 128. JPEG has no bound of that kind.
RATIOS = {UNCOMPRESSED: 1, LZW: 2560, DEFLATE: 1032, OLD_DEFLATE: 1032, PACKBITS: 64, JPEG: 1 << 40}
# Width, length, bits, photometric interpretation. (ImageJ leaves out the compression of uncompressed files.)
NEEDED_TAGS = (256, 257, 258, 262)
MAX_REMARKS = 5
MAX_TILE_PIXELS = 1 << 26
UNITS = {2: UM_PER_INCH, 3: UM_PER_CM}
IMAGEJ_UNITS = {"um": 1.0, "micron": 1.0, "microns": 1.0, "\\u00B5m": 1.0, "nm": 1e-3, "mm": 1e3, "cm": UM_PER_CM}
ALPHA_NOTE = "Channels beyond the colours (alpha) are left out; the colour samples are as stored"


def pages(path: Path) -> tuple[PageInfo, ...]:
    """Return the pages of a TIFF file, except reduced copies and masks; reads no pixels.

    A page's number is its place in the file's chain of directories, so numbers may have gaps.
    """
    import tifffile

    with reading(path), _remarks() as remarks:
        count = _count_pages(path)
        with tifffile.TiffFile(path) as file:
            full = [i for i in range(count) if not _page(file, i).subfiletype & 0b101]
            if not full:
                raise ImagingError("The TIFF file holds only reduced copies or masks", remedy=EXPORT)
            left_out = count - len(full)
            notes = (f"{left_out} reduced copies or masks of the file are left out",) if left_out else ()
            infos = [_info(_page(file, i), i, notes) for i in full]
    damage = tuple(f"Tags of the file are damaged: {remark}" for remark in remarks[:MAX_REMARKS])
    return tuple(info.model_copy(update={"notes": (*info.notes, *damage)}) for info in infos)


def bands(path: Path, info: PageInfo) -> Iterator[Pixels]:
    """Yield the rows from the top as stored: (h, W) or (h, W, 3), uint8 or uint16."""
    import tifffile

    with reading(path), _remarks(), tifffile.TiffFile(path) as file, path.open("rb") as data:
        page = _page(file, info.page)
        plain = page.compression == UNCOMPRESSED and not page.is_tiled and page.fillorder == 1
        rows = _plain_rows if plain and page.bitspersample in (8, 16) else _segments
        for samples in rows(page, data):
            yield _colours(page, samples)


@contextmanager
def _remarks() -> Iterator[list[str]]:
    """Collect what tifffile logs about tags that it cannot read and therefore leaves out."""
    found: list[str] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(record.getMessage()[:200])

    logger, collector = logging.getLogger("tifffile"), Collector(logging.WARNING)
    propagate, logger.propagate = logger.propagate, False
    logger.addHandler(collector)
    try:
        yield found
    finally:
        logger.removeHandler(collector)
        logger.propagate = propagate


def _count_pages(path: Path) -> int:
    """Walk the chain of directories; raises ImagingError where it leaves the file, runs in a circle or is too long."""
    size = path.stat().st_size
    seen: set[int] = set()
    with path.open("rb") as file:
        head = file.read(16).ljust(16, b"\0")
        order = "<" if head[:2] == b"II" else ">"
        big = head[2:4] in (b"+\0", b"\0+")
        count_at, entry, offset_at = ("Q", 20, "Q") if big else ("H", 12, "I")
        offset = struct.unpack_from(order + offset_at, head, 8 if big else 4)[0]
        while offset:
            if offset in seen:
                raise ImagingError("The TIFF file's chain of pages runs in a circle", remedy=SEND_AGAIN)
            if len(seen) == MAX_PAGES:
                raise ImagingError(f"The TIFF file has more than {MAX_PAGES:,} pages", remedy="Split the file.")
            seen.add(offset)
            number = struct.unpack(order + count_at, _read(file, offset, struct.calcsize(order + count_at), size))[0]
            after = offset + struct.calcsize(order + count_at) + number * entry
            offset = struct.unpack(order + offset_at, _read(file, after, struct.calcsize(order + offset_at), size))[0]
    if not seen:
        raise ImagingError("The TIFF file has no pages", remedy=SEND_AGAIN)
    return len(seen)


def _read(file: BinaryIO, offset: int, size: int, file_size: int) -> bytes:
    if offset + size > file_size:
        raise ImagingError("The TIFF file is cut short", remedy=SEND_AGAIN)
    file.seek(offset)
    return file.read(size)


def _page(file: "TiffFile", number: int) -> "TiffPage":
    import tifffile

    page = file.pages[number]
    assert isinstance(page, tifffile.TiffPage)  # frames are made only when asked for
    return page


def _info(page: "TiffPage", number: int, notes: tuple[str, ...]) -> PageInfo:
    check_size(page.imagewidth, page.imagelength)
    # Defaults would stand in for what is lost and turn a damaged file into another image.
    lost = [code for code in NEEDED_TAGS if code not in page.tags]
    if lost or not {273, 324} & set(page.tags.keys()) or not {279, 325} & set(page.tags.keys()):
        raise ImagingError("The TIFF page lacks tags that it needs", remedy=SEND_AGAIN)
    _check_samples(page)
    _check_segments(page)
    if page.photometric == MIN_IS_WHITE:
        notes = (*notes, "Samples stored with 0 as white are inverted")
    if page.photometric == PALETTE:
        notes = (*notes, "The palette is resolved to RGB")
    channels = _colour_samples(page)
    if page.samplesperpixel > channels:
        notes = (*notes, ALPHA_NOTE)
    orientation = page.tags.valueof(274, 1)
    if not (isinstance(orientation, int) and 1 <= orientation <= 8):
        orientation, notes = 1, (*notes, "The orientation is outside 1..8 and is ignored")
    scale, scale_notes = _scale(page, orientation)
    profile = page.tags.valueof(34675)
    if profile is not None and not isinstance(profile, bytes):
        profile, notes = None, (*notes, "The colour profile is no profile and is ignored")
    size = (page.imagewidth, page.imagelength)
    width, height = size[::-1] if orientation >= 5 else size
    return PageInfo(
        page=number,
        media_type=TIFF,
        width=width,
        height=height,
        channels=3 if page.photometric == PALETTE else channels,
        bit_depth=8 if page.photometric == PALETTE else _bits(page),
        orientation=orientation,
        icc_sha256=hashlib.sha256(profile).hexdigest() if profile else None,
        tag_scale=scale,
        notes=(*notes, *scale_notes),
    )


def _bits(page: "TiffPage") -> int:
    bits = page.bitspersample
    return bits if isinstance(bits, int) else 0


def _colour_samples(page: "TiffPage") -> int:
    return 3 if page.photometric in (RGB, YCBCR) else 1


def _check_samples(page: "TiffPage") -> None:
    bits = _bits(page)
    grey = page.photometric in (MIN_IS_WHITE, MIN_IS_BLACK, PALETTE)
    if page.photometric not in PHOTOMETRICS or (page.photometric == YCBCR and page.compression != JPEG):
        raise ImagingError(f"The TIFF page stores {_name(page.photometric)} colours", remedy="Export it as RGB.")
    if page.compression not in RATIOS:
        raise ImagingError(
            f"The TIFF page is compressed with {_name(page.compression)}",
            remedy="Save it uncompressed, or with LZW, deflate or JPEG compression.",
        )
    if page.sampleformat != 1 or bits not in ((1, 2, 4, 8, 16) if grey else (8, 16)):
        reason = f"The TIFF page stores samples of {page.bitspersample} bits, {_name(page.sampleformat)}"
        raise ImagingError(reason, remedy="Save it with 8 or 16 bits a sample, unsigned.")
    if page.samplesperpixel < _colour_samples(page) or page.imagedepth != 1:
        raise ImagingError("The TIFF page has too few samples or more than one layer", remedy=EXPORT)
    if page.photometric == PALETTE and (bits == 16 or np.size(page.tags.valueof(320)) != 3 << bits):
        raise ImagingError("The TIFF page has no fitting palette", remedy=SEND_AGAIN)


def _name(value: Any) -> str:
    return str(getattr(value, "name", value))


def _grid(page: "TiffPage") -> tuple[int, int, int]:
    """Return how many planes, rows and columns of segments (strips or tiles) make the page."""
    planes = page.samplesperpixel if page.planarconfig == 2 else 1
    if page.is_tiled:
        return planes, ceil(page.imagelength / page.tilelength), ceil(page.imagewidth / page.tilewidth)
    return planes, ceil(page.imagelength / page.rowsperstrip), 1


def _check_segments(page: "TiffPage") -> None:
    if page.is_tiled:
        area = page.tilewidth * page.tilelength
        if page.tilewidth <= 0 or page.tilelength <= 0 or area > MAX_TILE_PIXELS:
            raise ImagingError(f"The TIFF page has tiles of {page.tilewidth} x {page.tilelength} pixels", remedy=EXPORT)
    elif page.rowsperstrip <= 0:
        raise ImagingError("The TIFF page has strips without rows", remedy=SEND_AGAIN)
    planes, rows, columns = _grid(page)
    if not len(page.dataoffsets) == len(page.databytecounts) == planes * rows * columns:
        raise ImagingError("The TIFF page does not say where all its parts are", remedy=SEND_AGAIN)
    if min(page.dataoffsets) <= 0 or min(page.databytecounts) <= 0:
        raise ImagingError("Parts of the TIFF page are missing", remedy=SEND_AGAIN)
    row_bytes = (page.imagewidth * page.samplesperpixel * _bits(page) + 7) // 8
    check_enough_bytes(sum(page.databytecounts), row_bytes * page.imagelength, RATIOS[page.compression])


def _plain_rows(page: "TiffPage", data: BinaryIO) -> Iterator[NDArray[Any]]:
    """Yield the samples of uncompressed strips, at most 256 rows at once, however long the strips are."""
    size = data.seek(0, 2)
    planes, strips, _ = _grid(page)
    samples = page.samplesperpixel if planes == 1 else 1
    dtype = np.dtype(f"{page.parent.byteorder}u{_bits(page) // 8}")
    row_bytes = page.imagewidth * samples * dtype.itemsize
    for strip in range(strips):
        height = min(page.rowsperstrip, page.imagelength - strip * page.rowsperstrip)
        for top in range(0, height, TILE):
            count = min(TILE, height - top)
            parts = []
            for plane in range(planes):
                index = plane * strips + strip
                if page.databytecounts[index] < height * row_bytes:
                    raise ImagingError("A strip of the TIFF page is too short", remedy=SEND_AGAIN)
                raw = _read(data, page.dataoffsets[index] + top * row_bytes, count * row_bytes, size)
                parts.append(np.frombuffer(raw, dtype=dtype).reshape(count, page.imagewidth, samples))
            whole = parts[0] if planes == 1 else np.concatenate(parts, axis=2)
            yield whole.astype(dtype.newbyteorder("="), copy=False)


def _segments(page: "TiffPage", data: BinaryIO) -> Iterator[NDArray[Any]]:
    """Yield the samples of compressed strips, or of rows of tiles: (h, W, samples)."""
    size = data.seek(0, 2)
    planes, rows, columns = _grid(page)
    segment_rows = page.tilelength if page.is_tiled else page.rowsperstrip
    for row in range(rows):
        height = min(segment_rows, page.imagelength - row * segment_rows)
        band: NDArray[Any] | None = None
        for plane in range(planes):
            for column in range(columns):
                part = _segment(page, data, (plane * rows + row) * columns + column, size)
                if planes == columns == 1:
                    band = part
                    continue
                if band is None:
                    band = np.empty((height, page.imagewidth, page.samplesperpixel), dtype=part.dtype)
                left = column * page.tilewidth if page.is_tiled else 0
                target = band[:, left : left + part.shape[1]]
                stop = slice(None) if planes == 1 else slice(plane, plane + 1)
                target[:, :, stop] = part[:height, : target.shape[1]]
        assert band is not None
        yield band[:height, : page.imagewidth]


def _segment(page: "TiffPage", data: BinaryIO, index: int, size: int) -> NDArray[Any]:
    offset, count = page.dataoffsets[index], page.databytecounts[index]
    raw = _read(data, offset, count, size)
    if page.compression == JPEG and b"\xff\xd9" not in raw[-64:]:
        raise ImagingError(f"Part {index} of the TIFF page is cut short", remedy=SEND_AGAIN)
    decoded = page.decode(raw, index, jpegtables=page.jpegtables)[0]
    if decoded is None or decoded.shape[0] != 1:
        raise ImagingError(f"Part {index} of the TIFF page cannot be decoded", remedy=SEND_AGAIN)
    return decoded[0]


def _colours(page: "TiffPage", samples: NDArray[Any]) -> Pixels:
    """Turn (h, W, samples) as stored into grey or RGB, uint8 full range or uint16."""
    bits = _bits(page)
    if page.photometric == PALETTE:
        table = np.array(page.tags.valueof(320), dtype=np.uint16).reshape(3, 1 << bits).T
        # Palettes have 16-bit entries; some writers fill in 8-bit ones.
        table = (table >> 8 if table.max() > 255 else table).astype(np.uint8)
        return table[samples[:, :, 0]]
    pixels = samples[:, :, :3] if _colour_samples(page) == 3 else samples[:, :, 0]
    if bits < 8:
        pixels = pixels.astype(np.uint8) * np.uint8(255 // ((1 << bits) - 1))
    if page.photometric == MIN_IS_WHITE:
        pixels = np.iinfo(pixels.dtype).max - pixels
    return cast("Pixels", np.ascontiguousarray(pixels))


def _scale(page: "TiffPage", orientation: int) -> tuple[Scale | None, tuple[str, ...]]:
    x, y = (_rational(page.tags.valueof(code)) for code in (282, 283))
    if x is None or y is None:
        return None, ()
    unit = page.tags.valueof(296, 2)
    um_per_unit = UNITS.get(int(unit)) if isinstance(unit, int) else None
    if um_per_unit is None and page.description.startswith("ImageJ="):
        # ImageJ writes pixels per its own unit and names that in the description.
        named = re.search(r"^unit=(.{1,20})$", page.description, re.MULTILINE)
        um_per_unit = IMAGEJ_UNITS.get(named.group(1)) if named else None
    return scale_of_tags([Density("The TIFF resolution", x, y, um_per_unit)], orientation)


def _rational(value: Any) -> float | None:
    if isinstance(value, tuple) and len(value) == 2 and all(isinstance(v, int) for v in value):
        return value[0] / value[1] if value[1] else float("inf")
    return None
