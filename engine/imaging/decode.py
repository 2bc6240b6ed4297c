"""A page of a file becomes pixels: grey or RGB, uint8 or uint16, upright.

These functions parse foreign bytes. The program calls them in the child process of ``engine.imaging.client``.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import cast

import numpy as np
from numpy.lib.format import dtype_to_descr, write_array_header_1_0

from engine.core.case import Quality
from engine.core.errors import ImagingError
from engine.core.method import Context, Pixels
from engine.core.records import file_sha256
from engine.imaging import formats_plain, formats_tiff
from engine.imaging.formats import SEND_AGAIN, TIFF, Format, PageInfo, media_type
from engine.imaging.pyramid import PyramidHeader, build_pyramid
from engine.imaging.quality import QualityMeter
from engine.imaging.tiles import TILE


class PageFacts(PageInfo):
    """What a page announces and what its pixels show."""

    quality: Quality


def inspect(path: Path) -> tuple[PageInfo, ...]:
    """Return what the headers of every page of a file announce; reads no pixels.

    Raises
    ------
    ImagingError
        The file is of no known format, damaged, or beyond the limits.
    """
    return _format(path).pages(path)


def decode(path: Path, page: int = 0) -> Pixels:
    """Return a page: (H, W) grey or (H, W, 3) RGB, uint8 or uint16, full range, orientation applied.

    Raises
    ------
    ImagingError
        The file or the page cannot be read.
    """
    return decoded(path, page_info(path, page))


def decoded(path: Path, info: PageInfo) -> Pixels:
    """Return the page of a file whose headers were read already, as ``decode`` does."""
    return cast("Pixels", np.ascontiguousarray(orient(_collect(path, info), info.orientation)))


def decode_to_file(path: Path, page: int, target: Path) -> None:
    """Write a page as ``decode`` returns it to a NumPy file, holding as little of it in memory as its format allows."""
    info = page_info(path, page)
    shape = (info.height, info.width) if info.channels == 1 else (info.height, info.width, 3)
    with target.open("wb") as file:
        header = {"descr": dtype_to_descr(_dtype(info)), "fortran_order": False, "shape": shape}
        write_array_header_1_0(file, header)
        for band in _upright_bands(path, info):
            file.write(np.ascontiguousarray(band).data)


def prepare(path: Path, page: int, pyramid: Path, sha256: str | None, context: Context) -> PageFacts:
    """Decode a page once, and make its quality figures and its pyramid on the way.

    Parameters
    ----------
    path, page
        The file and its page.
    pyramid : Path
        The tile file to make.
    sha256 : str or None
        The file's hash where it is known already.
    context : Context
        Told the rows that are done.
    """
    info = page_info(path, page)
    header = PyramidHeader.model_validate(
        {
            "sha256": sha256 or file_sha256(path),
            "page": page,
            "width": info.width,
            "height": info.height,
            "channels": info.channels,
            "bits": 8 * _dtype(info).itemsize,
        }
    )
    meter = QualityMeter()
    build_pyramid(pyramid, header, _measured(_ahead(_upright_bands(path, info)), meter), context)
    return PageFacts(**dict(info), quality=meter.result())


def page_info(path: Path, page: int) -> PageInfo:
    """Return what the headers of one page announce; raises ImagingError where there is no such page."""
    return page_among(inspect(path), page, path.name)


def page_among(pages: Sequence[PageInfo], page: int, name: str) -> PageInfo:
    """Return one of the pages that ``inspect`` found in the file of that name; raises ImagingError."""
    for info in pages:
        if info.page == page:
            return info
    raise ImagingError(f"The file has no page {page + 1}", where=name)


def orient(pixels: Pixels, orientation: int) -> Pixels:
    """Return a view of the stored pixels turned upright (Exif 2.3, tag 274: 1 as stored .. 8 turn left)."""
    if orientation in (5, 7):
        pixels = np.swapaxes(pixels, 0, 1)  # mirrored at the falling diagonal
    turned = {1: pixels, 5: pixels, 2: pixels[:, ::-1], 4: pixels[::-1], 3: pixels[::-1, ::-1], 7: pixels[::-1, ::-1]}
    if orientation in turned:
        return turned[orientation]
    return cast("Pixels", np.rot90(pixels, {6: -1, 8: 1}[orientation]))


def _format(path: Path) -> Format:
    return formats_tiff if media_type(path) == TIFF else formats_plain


def _dtype(info: PageInfo) -> np.dtype[np.uint8] | np.dtype[np.uint16]:
    return np.dtype(np.uint16) if info.bit_depth > 8 else np.dtype(np.uint8)


def _stored_bands(path: Path, info: PageInfo) -> Iterator[Pixels]:
    """Yield the rows as stored, each band checked against what the headers announced."""
    width, height = info.stored_size
    after = (width,) if info.channels == 1 else (width, 3)
    rows = 0
    for band in _format(path).bands(path, info):
        rows += band.shape[0]
        if band.dtype != _dtype(info) or band.shape[1:] != after or rows > height:
            raise ImagingError("The pixels are not of the size or kind announced", where=path.name, remedy=SEND_AGAIN)
        yield band
    if rows != height:
        raise ImagingError(f"The file ends after {rows} of {height} rows", where=path.name, remedy=SEND_AGAIN)


def _collect(path: Path, info: PageInfo) -> Pixels:
    """Return the whole page as stored."""
    width, height = info.stored_size
    shape = (height, width) if info.channels == 1 else (height, width, 3)
    whole: Pixels | None = None
    top = 0
    for band in _stored_bands(path, info):
        if band.shape == shape:
            whole = band
            continue
        if whole is None:
            whole = cast("Pixels", np.empty(shape, dtype=_dtype(info)))
        whole[top : top + band.shape[0]] = band
        top += band.shape[0]
    assert whole is not None  # a page has rows
    return whole


def _upright_bands(path: Path, info: PageInfo) -> Iterator[Pixels]:
    """Yield upright rows; only a page that must be turned is held whole."""
    if info.orientation == 1:
        yield from _stored_bands(path, info)
        return
    upright = orient(_collect(path, info), info.orientation)
    for top in range(0, info.height, TILE):
        yield cast("Pixels", np.ascontiguousarray(upright[top : top + TILE]))


def _ahead(bands: Iterator[Pixels]) -> Iterator[Pixels]:
    """Decode the next band on a second thread while the caller stores the present one."""
    with ThreadPoolExecutor(1) as pool:
        following = pool.submit(next, bands, None)
        while (band := following.result()) is not None:
            following = pool.submit(next, bands, None)
            yield band


def _measured(bands: Iterator[Pixels], meter: QualityMeter) -> Iterator[Pixels]:
    for band in bands:
        meter.add(band)
        yield band
