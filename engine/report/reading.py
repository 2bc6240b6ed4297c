"""Open a report again: its manifest, the text of its pages and its pictures. The file may come from anyone."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import ReportError
from engine.core.records import sha256_hex
from engine.report.figures import pixels_sha256
from engine.report.manifest import ATTACHMENT

LARGEST_FILE = 512 << 20
LARGEST_MANIFEST = 64 << 20
MOST_PAGES = 2000
MOST_PICTURES = 500
LONGEST_PAGE = 1_000_000  # characters
MOST_PIXELS = 4096 * 4096
OTHER_FILE = "Choose the PDF as Touchstone issued it."


@dataclass(frozen=True)
class ReportFile:
    """A report read back.

    ``pages`` is the text of each page; ``pictures`` maps the hash of decoded pixels to the pixels, (H, W) or (H, W, 3)
    uint8; ``annotations`` counts things laid over the pages, of which a report has none.
    """

    data: bytes
    manifest_bytes: bytes
    pages: tuple[str, ...]
    pictures: dict[str, NDArray[np.uint8]]
    annotations: int

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """The attached manifest as plain JSON values; raises ReportError where it is not JSON."""
        try:
            values = json.loads(self.manifest_bytes.decode("utf-8"), parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            raise ReportError("The attached manifest is not JSON", where=ATTACHMENT, remedy=OTHER_FILE) from error
        if not isinstance(values, dict):
            raise ReportError("The attached manifest is not a JSON object", where=ATTACHMENT, remedy=OTHER_FILE)
        return values

    @property
    def manifest_sha256(self) -> str:
        """SHA-256 of the attached manifest."""
        return sha256_hex(self.manifest_bytes)

    @property
    def text(self) -> str:
        """The text of all pages."""
        return "\n".join(self.pages)


def read_pdf(path: Path) -> ReportFile:
    """Read a report back from its PDF.

    Raises
    ------
    ReportError
        If the file is no readable PDF, too large, or has not exactly one attachment, the manifest.
    """
    data = _bytes(path)
    try:
        return _read(data, path.name)
    except ReportError:
        raise
    # A hostile PDF can make the parser fail in any way at all; the person must hear of it by the file's name.
    except Exception as error:
        raise ReportError(
            f"The file cannot be read as a PDF ({type(error).__name__})", where=path.name, remedy=OTHER_FILE
        ) from error


def page_texts(data: bytes) -> tuple[str, ...]:
    """Return the text of each page of a PDF that we made."""
    import io

    import pypdf

    return tuple(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages)


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise ReportError(f"The file has over {LARGEST_FILE >> 20} MB", where=path.name, remedy=OTHER_FILE)
        data = path.read_bytes()
    except OSError as error:
        raise ReportError(f"The file cannot be opened ({error.strerror})", where=path.name) from error
    if not data.startswith(b"%PDF-"):
        raise ReportError("The file is not a PDF", where=path.name, remedy=OTHER_FILE)
    return data


def _read(data: bytes, name: str) -> ReportFile:
    import io

    import pypdf

    reader = pypdf.PdfReader(io.BytesIO(data))
    if reader.is_encrypted:
        raise ReportError("The PDF is encrypted", where=name, remedy=OTHER_FILE)
    if len(reader.pages) > MOST_PAGES:
        raise ReportError(f"The PDF has over {MOST_PAGES} pages", where=name, remedy=OTHER_FILE)
    attached = _manifest(reader, name)
    pages = tuple(page.extract_text() for page in reader.pages)
    if any(len(page) > LONGEST_PAGE for page in pages):
        raise ReportError("A page of the PDF has too much text", where=name, remedy=OTHER_FILE)
    pictures = {pixels_sha256(pixels): pixels for pixels in _pictures(reader, name)}
    return ReportFile(data, attached, pages, pictures, sum(len(page.get("/Annots", ())) for page in reader.pages))


def _manifest(reader: Any, name: str) -> bytes:
    found = [(title, data) for title, values in reader.attachments.items() for data in values]
    if not found:
        raise ReportError("The PDF has no manifest attached", where=name, remedy=OTHER_FILE)
    if len(found) > 1 or found[0][0] != ATTACHMENT:
        raise ReportError(f"The PDF's only attachment must be {ATTACHMENT}", where=name, remedy=OTHER_FILE)
    if len(found[0][1]) > LARGEST_MANIFEST:
        raise ReportError(f"The manifest has over {LARGEST_MANIFEST >> 20} MB", where=name, remedy=OTHER_FILE)
    return found[0][1]


def _pictures(reader: Any, name: str) -> Iterator[NDArray[np.uint8]]:
    """Yield the pixels of each picture as Typst writes them: 8 bits, grey or RGB, deflated."""
    seen: set[int] = set()
    for page in reader.pages:
        for entry in page["/Resources"].get("/XObject", {}).values():
            stream = entry.get_object()
            if stream.get("/Subtype") != "/Image" or id(stream) in seen:
                continue
            seen.add(id(stream))
            if len(seen) > MOST_PICTURES:
                raise ReportError(f"The PDF has over {MOST_PICTURES} pictures", where=name, remedy=OTHER_FILE)
            width, height = int(stream["/Width"]), int(stream["/Height"])
            if stream.get("/Filter") != "/FlateDecode" or not 0 < width * height <= MOST_PIXELS:
                raise ReportError("A picture is not as Touchstone writes it", where=name, remedy=OTHER_FILE)
            samples = np.frombuffer(stream.get_data(), dtype=np.uint8)
            shape = (height, width) if samples.size == width * height else (height, width, 3)
            yield samples.reshape(shape)


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")
