"""PNG, JPEG and BMP: one page a file, headers read with Pillow, pixels whole or in bands."""

import hashlib
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from engine.core.case import Scale
from engine.core.errors import ImagingError
from engine.core.method import Pixels
from engine.imaging.formats import (
    BMP,
    EXPORT,
    JPEG,
    PNG,
    SEND_AGAIN,
    PageInfo,
    check_enough_bytes,
    check_size,
    media_type,
    reading,
)
from engine.imaging.scale import UM_PER_CM, UM_PER_INCH, UM_PER_METRE, Density, scale_of_tags
from engine.imaging.tiles import TILE

if TYPE_CHECKING:
    from PIL.Image import Exif, Image

PILLOW_NAMES = {PNG: "PNG", JPEG: "JPEG", BMP: "BMP"}
# PNG specification (ISO/IEC 15948), table 11.1: allowed bit depths of each colour type, samples of each.
PNG_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
PNG_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
# RFC 1951: a deflate stream unpacks to at most 1032 times its size.
DEFLATE_RATIO = 1032
# Profiles of some cameras pass Pillow's 1 MiB for one unpacked chunk.
MAX_CHUNK = 16 << 20
JFIF_UNITS = {1: UM_PER_INCH, 2: UM_PER_CM}
EXIF_UNITS = {2: UM_PER_INCH, 3: UM_PER_CM}
ALPHA_NOTE = "The alpha channel is left out; the colour samples are as stored"
PALETTE_NOTE = "The palette is resolved to RGB"


def pages(path: Path) -> tuple[PageInfo, ...]:
    """Return the one page of a PNG, JPEG or BMP file; reads no pixels."""
    kind = media_type(path)
    with reading(path):
        if kind == PNG:
            _check_png(path)
        with _open(path, kind) as image:
            check_size(*image.size)
            channels, bit_depth, notes = _png_samples(path) if kind == PNG else _plain_samples(image, kind)
            if getattr(image, "n_frames", 1) > 1:
                notes = (*notes, "Only the first of several pictures is read")
            exif = _exif(path, image, kind)
            orientation, exif_notes = _orientation(exif)
            scale, scale_notes = _scale(image, exif, kind, orientation)
            profile = image.info.get("icc_profile")
            width, height = image.size[::-1] if orientation >= 5 else image.size
            return (
                PageInfo(
                    page=0,
                    media_type=kind,
                    width=width,
                    height=height,
                    channels=channels,
                    bit_depth=bit_depth,
                    orientation=orientation,
                    icc_sha256=hashlib.sha256(profile).hexdigest() if profile else None,
                    tag_scale=scale,
                    notes=(*notes, *exif_notes, *scale_notes),
                ),
            )


def bands(path: Path, info: PageInfo) -> Iterator[Pixels]:
    """Yield the rows from the top as stored: (h, W) or (h, W, 3), uint8 or uint16."""
    with reading(path):
        if info.media_type == PNG:
            yield _decode_png(path, info)
            return
        with _open(path, info.media_type) as image:
            image.load()
            mode = "L" if info.channels == 1 else "RGB"
            width, height = image.size
            for top in range(0, height, TILE):
                part = image.crop((0, top, width, min(top + TILE, height)))
                yield np.asarray(part if part.mode == mode else part.convert(mode))


def _open(path: Path, kind: str) -> "Image":
    from PIL import Image, PngImagePlugin

    Image.MAX_IMAGE_PIXELS = None  # our own limits, stated to the person, stand in its place
    PngImagePlugin.MAX_TEXT_CHUNK = MAX_CHUNK
    return Image.open(path, formats=(PILLOW_NAMES[kind],))


def _png_header(path: Path) -> tuple[int, int, int, int]:
    """Return width, height, bit depth and colour type."""
    with path.open("rb") as file:
        data = file.read(33)
    if len(data) < 33 or data[12:16] != b"IHDR":
        raise ImagingError("The PNG file has no header", remedy=SEND_AGAIN)
    width, height, depth, colour = struct.unpack(">IIBB", data[16:26])
    return width, height, depth, colour


def _check_png(path: Path) -> None:
    width, height, depth, colour = _png_header(path)
    check_size(width, height)
    if depth not in PNG_DEPTHS.get(colour, ()):
        raise ImagingError(f"The PNG file announces colour type {colour} with {depth} bits", remedy=SEND_AGAIN)
    row = 1 + (width * PNG_SAMPLES[colour] * depth + 7) // 8
    check_enough_bytes(path.stat().st_size, row * height, DEFLATE_RATIO)


def _check_chunks(data: bytes) -> None:
    """Raise ImagingError unless every chunk is whole: decoders stop reading before they have checked the last one."""
    view, place, kind = memoryview(data), 8, b""
    while kind != b"IEND":
        head = data[place : place + 8]
        size, kind = int.from_bytes(head[:4], "big"), head[4:]
        checksum = data[place + 8 + size : place + 12 + size]
        if len(checksum) < 4:
            raise ImagingError("The PNG file is cut short", remedy=SEND_AGAIN)
        if zlib.crc32(view[place + 4 : place + 8 + size]) != int.from_bytes(checksum, "big"):
            raise ImagingError("The PNG file is damaged: a checksum does not fit", remedy=SEND_AGAIN)
        place += 12 + size


def _png_samples(path: Path) -> tuple[int, int, tuple[str, ...]]:
    depth, colour = _png_header(path)[2:]
    notes = (ALPHA_NOTE,) if colour in (4, 6) else (PALETTE_NOTE,) if colour == 3 else ()
    return (3 if colour in (2, 3, 6) else 1), (8 if colour == 3 else depth), notes


def _decode_png(path: Path, info: PageInfo) -> Pixels:
    import imagecodecs

    data = path.read_bytes()
    _check_chunks(data)
    pixels: Any = imagecodecs.png_decode(data)
    if pixels.ndim == 3 and pixels.shape[2] in (2, 4):  # the alpha of the file, or that of its transparent colour
        pixels = pixels[:, :, 0] if pixels.shape[2] == 2 else pixels[:, :, :3]
    return cast("Pixels", pixels)


def _plain_samples(image: "Image", kind: str) -> tuple[int, int, tuple[str, ...]]:
    if kind == JPEG:
        if image.mode not in ("L", "RGB"):
            # Turning inks into colours needs the press's profile; a guess would invent colours.
            raise ImagingError(f"The JPEG file stores {image.mode} colours", remedy="Export it as RGB.")
        return (1 if image.mode == "L" else 3), 8, ()
    if image.mode == "1":
        return 1, 1, ()
    if image.mode == "L":
        return 1, 8, ()
    if image.mode not in ("P", "RGB", "RGBA"):
        raise ImagingError(f"The BMP file stores {image.mode} samples", remedy=EXPORT)
    return 3, 8, {"P": (PALETTE_NOTE,), "RGBA": (ALPHA_NOTE,)}.get(image.mode, ())


def _exif(path: Path, image: "Image", kind: str) -> "Exif":
    """Return the Exif tags; those of a PNG file, which Pillow decodes for them, without its pixels where possible."""
    from PIL import Image

    return Image.Image.getexif(image) if kind == PNG and not _tells_after_pixels(path) else image.getexif()


def _tells_after_pixels(path: Path) -> bool:
    """Return whether a PNG file may have Exif tags behind its pixels, or is too damaged to tell."""
    place, pixels = 8, False
    with path.open("rb") as file:
        while True:
            file.seek(place)
            head = file.read(8)
            kind = head[4:]
            if len(head) < 8 or (pixels and kind in (b"eXIf", b"tEXt", b"zTXt", b"iTXt")):
                return True
            if kind == b"IEND":
                return False
            pixels = pixels or kind == b"IDAT"
            place += 12 + int.from_bytes(head[:4], "big")


def _orientation(exif: "Exif") -> tuple[int, tuple[str, ...]]:
    value = exif.get(0x0112, 1)
    if isinstance(value, int) and 1 <= value <= 8:
        return value, ()
    return 1, ("The EXIF orientation is outside 1..8 and is ignored",)


def _scale(image: "Image", exif: "Exif", kind: str, orientation: int) -> tuple[Scale | None, tuple[str, ...]]:
    densities: list[Density] = []
    if kind == JPEG and "jfif_density" in image.info:
        x, y = image.info["jfif_density"]
        unit = JFIF_UNITS.get(image.info.get("jfif_unit", 0))
        densities.append(Density("The JFIF density", float(x), float(y), unit, step=1))
    elif kind == PNG and "dpi" in image.info:
        # Pillow turns the whole pixels per metre of pHYs into dpi.
        x, y = (round(float(v) / 0.0254) for v in image.info["dpi"])
        densities.append(Density("The pHYs chunk", x, y, UM_PER_METRE, step=1))
    elif kind == PNG and "aspect" in image.info:
        densities.append(Density("The pHYs chunk", 1.0, 1.0, None))
    elif kind == BMP and any(image.info.get("dpi", (0, 0))):
        x, y = (round(float(v) * 39.3701) for v in image.info["dpi"])
        densities.append(Density("The BMP resolution", x, y, UM_PER_METRE, step=1))
    if 0x011A in exif and 0x011B in exif:
        unit = EXIF_UNITS.get(exif.get(0x0128, 2))
        densities.append(Density("The EXIF resolution", float(exif[0x011A]), float(exif[0x011B]), unit))
    return scale_of_tags(densities, orientation)
