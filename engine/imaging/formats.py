"""What a file is and what it announces, before anything is decoded: format, pages, sizes, limits.

The content decides the format, never the name. Whatever a decoding library raises means that the file cannot be
read, and is reported with the file's name, the reason and a remedy.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Protocol

from pydantic import Field

from engine import MAX_PIXELS
from engine.core.case import Scale, Sha256, Text
from engine.core.errors import Cancelled, ImagingError, TouchstoneError
from engine.core.method import Pixels
from engine.core.records import Record

MAX_SIDE = 200_000
MAX_FILE_BYTES = 8 << 30
MAX_PAGES = 1_000

TIFF = "image/tiff"
PNG = "image/png"
JPEG = "image/jpeg"
BMP = "image/bmp"

SIGNATURES = (
    (b"II*\x00", TIFF),
    (b"MM\x00*", TIFF),
    (b"II+\x00", TIFF),
    (b"MM\x00+", TIFF),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"\xff\xd8\xff", JPEG),
    (b"BM", BMP),
)
STRANGERS = (
    (0, b"%PDF", "a PDF document"),
    (0, b"GIF8", "a GIF image"),
    (0, b"PK\x03\x04", "a ZIP archive"),
    (8, b"WEBP", "a WebP image"),
    (4, b"ftyp", "an HEIF or video file"),
    (0, b"\xff\x0a", "a JPEG XL image"),
    (0, b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 image"),
    (0, b"\x89HDF", "an HDF5 file"),
)
EXPORT = "Export it as TIFF, PNG, JPEG or BMP."
SEND_AGAIN = "Copy the file again from where it was made."


class PageInfo(Record):
    """What the headers of a page announce.

    ``width`` and ``height`` are those after the EXIF ``orientation`` was applied. ``channels`` is 1 (grey) or
    3 (RGB) as decoded; ``bit_depth`` is that of the file: pixels are uint16 where it is 16 and uint8 (full range)
    below. ``notes`` say what decoding leaves out or changes, and why a tag gives no scale.
    """

    page: Annotated[int, Field(ge=0)]
    media_type: Text
    width: Annotated[int, Field(gt=0, le=MAX_SIDE)]
    height: Annotated[int, Field(gt=0, le=MAX_SIDE)]
    channels: Annotated[int, Field(ge=1, le=3)]
    bit_depth: Annotated[int, Field(ge=1, le=16)]
    orientation: Annotated[int, Field(ge=1, le=8)] = 1
    icc_sha256: Sha256 | None = None
    tag_scale: Scale | None = None
    notes: tuple[Text, ...] = ()

    @property
    def stored_size(self) -> tuple[int, int]:
        """(width, height) as stored, before the orientation is applied."""
        return (self.height, self.width) if self.orientation >= 5 else (self.width, self.height)


class Format(Protocol):
    """A module that reads one kind of file."""

    def pages(self, path: Path) -> tuple[PageInfo, ...]:
        """Return what the headers announce; reads no pixels."""
        ...

    def bands(self, path: Path, info: PageInfo) -> Iterator[Pixels]:
        """Yield the page's rows from the top as stored: (h, W) or (h, W, 3), uint8 or uint16."""
        ...


def media_type(path: Path) -> str:
    """Return the media type that the first bytes of a file show.

    Raises
    ------
    ImagingError
        The file cannot be read, is empty, is too large, or is none of TIFF, PNG, JPEG and BMP.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(16)
    except OSError as error:
        reason = f"The file cannot be read ({error.strerror})"
        raise ImagingError(reason, where=path.name, remedy="Check the path and its permissions.") from error
    if size == 0:
        raise ImagingError("The file is empty", where=path.name, remedy=SEND_AGAIN)
    if size > MAX_FILE_BYTES:
        raise ImagingError(f"The file has {size:,} bytes, more than {MAX_FILE_BYTES:,}", where=path.name, remedy=EXPORT)
    for signature, kind in SIGNATURES:
        if start.startswith(signature):
            return kind
    for offset, signature, name in STRANGERS:
        if start[offset:].startswith(signature):
            raise ImagingError(f"The file is {name}", where=path.name, remedy=EXPORT)
    raise ImagingError("The file is no TIFF, PNG, JPEG or BMP image", where=path.name, remedy=EXPORT)


def check_size(width: int, height: int) -> None:
    """Raise ImagingError where an announced size is nothing, or more than may be decoded."""
    if width <= 0 or height <= 0:
        raise ImagingError(f"The image announces {width} x {height} pixels", remedy=SEND_AGAIN)
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        reason = f"The image announces {width:,} x {height:,} pixels, more than {MAX_SIDE:,} a side or {MAX_PIXELS:,}"
        raise ImagingError(reason, remedy="Capture a smaller area, or cut the file into parts.")


def check_enough_bytes(stored: int, needed: int, largest_ratio: int) -> None:
    """Raise ImagingError where ``stored`` bytes cannot unpack to ``needed`` at the codec's largest possible ratio."""
    if stored * largest_ratio < needed:
        reason = f"The file holds {stored:,} bytes of pixels, too few for the size it announces"
        raise ImagingError(reason, remedy=SEND_AGAIN)


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn whatever a decoding library raises into an ImagingError that names the file."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what a library merely remarks on does not stop the reading
            yield
    except ImagingError as error:
        raise ImagingError(error.what, where=error.where or path.name, remedy=error.remedy) from error
    except (TouchstoneError, Cancelled, MemoryError, GeneratorExit):
        raise
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise ImagingError(f"The file is damaged ({reason})", where=path.name, remedy=SEND_AGAIN) from error
