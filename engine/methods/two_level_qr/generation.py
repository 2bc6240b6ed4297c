"""Codes of a series: an ordinary QR code whose black modules outside the finder patterns carry the series' patterns."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.methods.two_level_qr.series import Series
from engine.simulation.codes import FINDER_MODULES, UM_PER_INCH, Design, QrCode

QUIET_MODULES = 4  # ISO/IEC 18004:2015, 6.3.8


@dataclass(frozen=True, eq=False)
class Layout:
    """Where a code's modules are; no secret, every reader sees it.

    Parameters
    ----------
    modules : NDArray[np.bool_]
        (n, n) without the quiet zone, True = black.
    textured : NDArray[np.bool_]
        (n, n), True where a pattern replaces the module: black and outside the three finder patterns.
    """

    modules: NDArray[np.bool_]
    textured: NDArray[np.bool_]

    @property
    def places(self) -> NDArray[np.intp]:
        """Row and column of every textured module, (N, 2), row by row."""
        return np.argwhere(self.textured)


@dataclass(frozen=True, eq=False)
class Code:
    """A code as its producer prints it; ``ink`` shows the patterns and is as secret as they are.

    Parameters
    ----------
    text : str
        What any reader reads.
    layout : Layout
        Its modules.
    ink : NDArray[np.bool_]
        (H, W) original pixels with the quiet zone, True = black.
    print_dpi : int
        Dots per inch of ``ink``.
    """

    text: str
    layout: Layout
    ink: NDArray[np.bool_] = field(repr=False)
    print_dpi: int

    @property
    def design(self) -> Design:
        """The code as a raster of known pitch."""
        return Design(self.ink, UM_PER_INCH / self.print_dpi)


def layout(text: str, series: Series) -> Layout:
    """Return the modules of the code that says ``text`` in this series.

    Raises
    ------
    InputError
        The text does not fit the series' QR version and error correction level.
    """
    code = QrCode(payload=text, version=series.version, error_level=series.error_level)
    modules = code.modules()
    textured = modules.copy()
    textured[:FINDER_MODULES, :FINDER_MODULES] = False
    textured[:FINDER_MODULES, -FINDER_MODULES:] = False
    textured[-FINDER_MODULES:, :FINDER_MODULES] = False
    return Layout(modules, textured)


def generate(series: Series, text: str) -> Code:
    """Return the code of this series that says ``text`` (figure 7)."""
    placed = layout(text, series)
    side = series.module_px
    blocks = np.broadcast_to(placed.modules[:, :, None, None], (*placed.modules.shape, side, side)).copy()
    places = placed.places
    patterns, classes = series.textures(text, len(places))
    blocks[places[:, 0], places[:, 1]] = patterns[classes]
    ink = blocks.swapaxes(1, 2).reshape(side * len(blocks), side * len(blocks))
    return Code(text, placed, np.pad(ink, QUIET_MODULES * side), series.print_dpi)
