"""Designs to be printed: ordinary QR codes as module matrices and as binary rasters of known physical pitch."""

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from engine.core.errors import InputError
from engine.core.records import Record

UM_PER_INCH = 25_400.0
FINDER_MODULES = 7  # ISO/IEC 18004:2015, 6.3.3: a finder pattern is 7 x 7 modules


@dataclass(frozen=True, eq=False)
class Design:
    """A binary raster that a printer is given.

    Parameters
    ----------
    ink : NDArray[np.bool_]
        (H, W), True where black is wanted.
    um_per_px : float
        Pitch of the raster in micrometres.

    Notes
    -----
    Design positions are continuous micrometres, x right, y down, with the origin at the upper left *corner* of the
    raster: the centre of pixel (column, row) lies at ((column + 0.5) * um_per_px, (row + 0.5) * um_per_px).
    """

    ink: NDArray[np.bool_]
    um_per_px: float

    @property
    def size_um(self) -> tuple[float, float]:
        """Width and height in micrometres."""
        height, width = self.ink.shape
        return width * self.um_per_px, height * self.um_per_px

    def at_dpi(self, dpi: float) -> "Design":
        """Return the design on a device's dot grid: a dot is set where at least half of it is wanted black."""
        pitch = UM_PER_INCH / dpi
        if abs(pitch - self.um_per_px) < 1e-9 * pitch:
            return self
        part = 4  # 4 x 4 sample points a dot: the share of black is known to 1/16
        index: list[NDArray[np.intp]] = []
        for length in self.ink.shape:
            dots = max(1, round(length * self.um_per_px / pitch))
            centres = (np.arange(dots * part) + 0.5) * (pitch / part / self.um_per_px)
            index.append(np.minimum(centres.astype(np.intp), length - 1))
        fine = self.ink[np.ix_(*index)]
        share = fine.reshape(len(index[0]) // part, part, len(index[1]) // part, part).mean(axis=(1, 3))
        return Design(share >= 0.5, pitch)


class QrCode(Record):
    """An ordinary QR code: its payload, version, error correction level and quiet zone in modules."""

    payload: Annotated[str, Field(min_length=1, max_length=2953)]  # ISO/IEC 18004:2015, table 7: 40-L, byte mode
    version: Annotated[int, Field(ge=1, le=40)] = 4
    error_level: Literal["L", "M", "Q", "H"] = "M"
    quiet_modules: Annotated[int, Field(ge=0, le=16)] = 4  # ISO/IEC 18004:2015, 6.3.8: four modules

    def modules(self) -> NDArray[np.bool_]:
        """Return the modules without the quiet zone: (n, n), n = 17 + 4 * version, True = black.

        Raises
        ------
        InputError
            The payload does not fit the version and level.
        """
        import segno

        try:
            # boost_error would silently raise the level; the same record must always give the same code
            code = segno.make_qr(self.payload, version=self.version, error=self.error_level, boost_error=False)
        except segno.DataOverflowError as error:
            raise InputError(
                f"The payload does not fit a version {self.version}-{self.error_level} QR code",
                remedy="Choose a higher version or a shorter payload.",
            ) from error
        return np.array(code.matrix, dtype=np.bool_)

    def design(self, *, module_px: int = 12, um_per_px: float = UM_PER_INCH / 600) -> Design:
        """Return the code with its quiet zone as a raster.

        Parameters
        ----------
        module_px : int
            Raster pixels along a module; 12 as in Xie and Tan 2021, section 2.3.1.
        um_per_px : float
            Pitch of the raster; by default one dot of a 600-dpi printer (their section 3.1), hence 508 um a module.
        """
        modules = np.pad(self.modules(), self.quiet_modules)
        return Design(np.kron(modules, np.ones((module_px, module_px), dtype=np.bool_)), um_per_px)

    def finder_centres_um(self, module_um: float) -> NDArray[np.float64]:
        """Return the finder centres, upper left, upper right, lower left: (3, 2) design micrometres."""
        first = self.quiet_modules + FINDER_MODULES / 2
        last = self.quiet_modules + 17 + 4 * self.version - FINDER_MODULES / 2
        return module_um * np.array([[first, first], [last, first], [first, last]])
