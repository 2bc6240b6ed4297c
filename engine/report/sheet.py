"""Print sheets of codes, PDF or PNG, at exact physical size. They show patterns and are as secret as those.

Everything lies on the codes' own dot grid, and so does the page: it is as many whole dots wide and high as come nearest
to its paper. Typst draws what stands around the codes; the codes are put in afterwards, pixel for pixel, and pass
through no file on the way.
"""

import io
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from engine.core.errors import InputError
from engine.core.method import Context
from engine.core.records import Record, canonical_json
from engine.report.template import SHEET_TEMPLATE, fonts
from engine.report.visible import visible

if TYPE_CHECKING:
    from pypdf import PageObject, PdfWriter

Ink = NDArray[np.bool_]  # (n, n) original pixels with the quiet zone, True = black; a secret
MM_PER_INCH = 25.4
POINTS_PER_INCH = 72
HEAD_MM = 9.0  # the lines at the top of a page
FOOT_MM = 24.0  # the calibration square, 20 mm, and its distance to the codes
LINE_MM = 2.1  # a line of text below a code
CAPTION_MM = 4.7  # the ID, what is printed below it, and their distance to the code
CAPTION_GAP_MM = 0.5
SQUARE_MM = 20.0
MARK_MM = 1.2  # a crop mark
# Programs that print take a further row of dots where an image ends exactly on a dot's edge, and stretch it. So it ends
# a thousandth of a dot before: 0.04 um at 600 dpi.
INSET_DOTS = 0.001
PREVIEW_PPI = 110
NOTES = (
    "The square is 20 mm wide. Print at 100 %, without fitting to the page, and measure it before using the sheet.",
    "Secret: the codes show the patterns of their series. Keep the sheet locked away until it is used up.",
)


class Paper(StrEnum):
    """Sizes of paper."""

    A4 = "A4"
    LETTER = "Letter"

    @property
    def size_mm(self) -> tuple[float, float]:
        """Width and height: ISO 216; ANSI/ASME Y14.1."""
        return (210.0, 297.0) if self is Paper.A4 else (215.9, 279.4)


class SheetSettings(Record):
    """How codes are laid out.

    margin_mm : left free at every edge of the paper; printers do not reach it.
    gap_mm : between a code with its caption and the next; crop marks stand in it.
    """

    paper: Paper = Paper.A4
    margin_mm: Annotated[float, Field(ge=5, le=50)] = 10.0
    gap_mm: Annotated[float, Field(ge=3, le=50)] = 4.0


@dataclass(frozen=True)
class SheetLayout:
    """Where codes stand on a page; all lengths in dots.

    Parameters
    ----------
    dpi : int
        Dots per inch, those of the codes' original pixels.
    width, height, margin : int
        Of the page.
    side : int
        Along a code with its quiet zone.
    places : tuple of (int, int)
        Upper left dot, x and y, of each code, row by row.
    """

    dpi: int
    width: int
    height: int
    margin: int
    side: int
    places: tuple[tuple[int, int], ...]

    @property
    def per_page(self) -> int:
        """Codes on a full page."""
        return len(self.places)


@dataclass(frozen=True)
class SheetText:
    """What stands on every page: the series and its public hash, and which page of how many the first one is."""

    series: str
    sha256: str
    first_page: int = 1
    pages: int = 1


def sheet_layout(side: int, dpi: int, settings: SheetSettings) -> SheetLayout:
    """Return where codes of ``side`` dots stand on a page, centred.

    Raises
    ------
    InputError
        Not one code fits the paper.
    """
    width, height = (_dots(length, dpi) for length in settings.paper.size_mm)
    margin, gap = _dots(settings.margin_mm, dpi), _dots(settings.gap_mm, dpi)
    across, down = side + gap, side + gap + _dots(CAPTION_MM, dpi)
    top = margin + _dots(HEAD_MM, dpi) + gap
    columns = (width - 2 * margin - gap) // across
    rows = (height - top - margin - _dots(FOOT_MM, dpi)) // down
    if columns < 1 or rows < 1:
        raise InputError(
            f"A code of {side * MM_PER_INCH / dpi:.1f} mm does not fit {settings.paper} paper",
            remedy="Take larger paper or a series of a lower QR version.",
        )
    left = (width - columns * across + gap) // 2
    places = tuple((left + column * across, top + row * down) for row in range(rows) for column in range(columns))
    return SheetLayout(dpi, width, height, margin, side, places)


def sheet_pdf(
    inks: Iterable[Ink], captions: Sequence[str], layout: SheetLayout, text: SheetText, context: Context
) -> bytes:
    """Return sheets as PDF; each code is an image of one bit a pixel, stored without loss and placed on whole dots.

    A printer of the layout's dpi prints every original pixel as one dot; one of a multiple of it, as a square of dots.

    Parameters
    ----------
    inks, captions
        One for each code, in the order of the places; inks are taken one by one and not kept.
    """
    import pypdf

    writer = pypdf.PdfWriter(io.BytesIO(_furniture(captions, layout, text, "pdf")[0]))
    writer.create_viewer_preferences().print_scaling = "/None"
    source = iter(inks)
    for number, page in enumerate(writer.pages):
        context.check_cancelled()
        context.progress(number, len(writer.pages), "Sheets")
        _put(writer, page, itertools.islice(source, layout.per_page), layout)
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def sheet_png(
    inks: Iterable[Ink], captions: Sequence[str], layout: SheetLayout, text: SheetText, *, repeat: int = 1
) -> bytes:
    """Return one page, filled or not, as a black and white PNG of ``repeat`` times the dpi: dots repeated both ways."""
    from PIL import Image

    (furniture,) = _furniture(captions, layout, text, "png", layout.dpi)
    with Image.open(io.BytesIO(furniture)) as image:
        page = np.asarray(image.convert("L")) < 128
    page = page[: layout.height, : layout.width].copy()
    for ink, (x, y) in zip(inks, layout.places, strict=False):
        page[y : y + layout.side, x : x + layout.side] = _checked(ink, layout)
    return ink_png(page, layout.dpi, repeat=repeat)


def sheet_preview(
    inks: Iterable[Ink], captions: Sequence[str], layout: SheetLayout, text: SheetText, *, ppi: int = PREVIEW_PPI
) -> bytes:
    """Return a page as a grey PNG for the screen, too coarse to show patterns."""
    import cv2
    from PIL import Image

    (furniture,) = _furniture(captions, layout, text, "png", ppi)
    with Image.open(io.BytesIO(furniture)) as image:
        page = np.array(image.convert("L"))
    part = ppi / layout.dpi
    side = max(1, int(layout.side * part))
    for ink, (x, y) in zip(inks, layout.places, strict=False):
        lightness = np.where(_checked(ink, layout), 0, 255).astype(np.uint8)
        left, top = round(x * part), round(y * part)
        page[top : top + side, left : left + side] = cv2.resize(lightness, (side, side), interpolation=cv2.INTER_AREA)
    buffer = io.BytesIO()
    Image.fromarray(page).save(buffer, "PNG")
    return buffer.getvalue()


def ink_png(ink: Ink, dpi: int, *, repeat: int = 1) -> bytes:
    """Return black and white pixels, (H, W) with True = black, as a PNG of one bit a pixel and ``repeat`` times dpi."""
    from PIL import Image

    packed = np.packbits(~ink.repeat(repeat, axis=0).repeat(repeat, axis=1), axis=1)
    image = Image.frombytes("1", (ink.shape[1] * repeat, ink.shape[0] * repeat), packed.tobytes())
    buffer = io.BytesIO()
    image.save(buffer, "PNG", dpi=(dpi * repeat, dpi * repeat))
    return buffer.getvalue()


def _dots(millimetres: float, dpi: int) -> int:
    return round(millimetres / MM_PER_INCH * dpi)


def _checked(ink: Ink, layout: SheetLayout) -> Ink:
    if ink.shape != (layout.side, layout.side):
        raise InputError("The codes of a sheet are of one size", remedy="Print each series on sheets of its own.")
    return ink


def _put(writer: "PdfWriter", page: "PageObject", inks: Iterable[Ink], layout: SheetLayout) -> None:
    """Add codes to a page, each as an image of its own."""
    from pypdf.generic import ContentStream, DecodedStreamObject, DictionaryObject, NameObject, NumberObject

    images = DictionaryObject()
    contents = page.get_contents()
    drawn = [b"q", contents.get_data() if contents is not None else b"", b"Q"]
    point = POINTS_PER_INCH / layout.dpi
    for index, (ink, (x, y)) in enumerate(zip(inks, layout.places, strict=False)):
        image = DecodedStreamObject()
        image.set_data(np.packbits(~_checked(ink, layout), axis=1).tobytes())
        for key, name in (("/Type", "/XObject"), ("/Subtype", "/Image"), ("/ColorSpace", "/DeviceGray")):
            image[NameObject(key)] = NameObject(name)
        for key, number in (("/Width", layout.side), ("/Height", layout.side), ("/BitsPerComponent", 1)):
            image[NameObject(key)] = NumberObject(number)
        images[NameObject(f"/Code{index}")] = writer._add_object(image.flate_encode())
        # PDF counts from the lower left corner; the image is the unit square.
        left, low = x + INSET_DOTS, layout.height - y - layout.side + INSET_DOTS
        side, left, low = (value * point for value in (layout.side - 2 * INSET_DOTS, left, low))
        drawn.append(f"q {side:.6f} 0 0 {side:.6f} {left:.6f} {low:.6f} cm /Code{index} Do Q".encode())
    resources: Any = page[NameObject("/Resources")]
    resources[NameObject("/XObject")] = images
    stream = ContentStream(None, writer)
    stream.set_data(b"\n".join(drawn))
    page.replace_contents(stream)


def _furniture(
    captions: Sequence[str], layout: SheetLayout, text: SheetText, kind: Literal["pdf", "png"], ppi: float | None = None
) -> list[bytes]:
    """Return the pages without the codes: one PDF, or one PNG a page."""
    import typst

    pages = [captions[start : start + layout.per_page] for start in range(0, len(captions), layout.per_page)]
    view = {
        "dpi": layout.dpi, "width": layout.width, "height": layout.height, "margin": layout.margin,
        "side": layout.side, "caption": layout.side + _dots(CAPTION_GAP_MM, layout.dpi),
        "cut": layout.side + _dots(CAPTION_MM, layout.dpi), "mark": _dots(MARK_MM, layout.dpi),
        "line": _dots(LINE_MM, layout.dpi),
        "square": layout.height - layout.margin - _dots(SQUARE_MM, layout.dpi),
        "title": visible(f"Series {text.series}"), "parameters": f"Parameters {text.sha256}", "notes": NOTES,
        "pages": [
            {
                "number": f"Sheet {text.first_page + index} of {text.pages}",
                "codes": f"{len(page)} codes, {layout.dpi} dpi",
                "cells": [
                    {"x": x, "y": y, "lines": [visible(line) for line in caption.split("\n")[:2]]}
                    for caption, (x, y) in zip(page, layout.places, strict=False)
                ],
            }
            for index, page in enumerate(pages)
        ],
    }  # fmt: skip
    files: Any = {"main.typ": SHEET_TEMPLATE.read_bytes(), "sheet.json": canonical_json(view)}
    made: Any = typst.Compiler(files, font_paths=fonts()).compile(
        format=kind, ppi=ppi, timestamp=datetime.now(UTC).replace(microsecond=0)
    )
    return made if isinstance(made, list) else [made]
