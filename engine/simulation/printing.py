"""Electrophotographic printing: a design becomes a physical piece with a fine structure of its own."""

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from engine.core.pixels import apply_matrix
from engine.core.records import Record
from engine.core.seeds import generator
from engine.simulation.codes import UM_PER_INCH, Design
from engine.simulation.noise import Floats, Grid, Name, NoiseField, floats, scattered_points, stamp_discs, white_lattice

RAGGED_SCALES_UM = (4.0, 12.0, 40.0)  # a toner particle (5-10 um across), a clump, a dot: assumption
RAGGED_SHARES = (0.35, 0.40, 0.25)  # of the variance, per scale: assumption
FIBRE_SIGMA_UM = (110.0, 15.0)  # along and across a visible stretch of fibre; fibres are 20-40 um wide: assumption
FIBRE_DIRECTIONS = 5
FORMATION_SIGMA_UM = 1_200.0  # cloudiness of the sheet
BANDING_SIGMA_UM = 350.0  # along the feed: gear and scan-line jitter of a few dots' period: assumption
DISTORTION_SIGMA_UM = 4_000.0
SPECK_HALO_UM = 60.0  # satellites fall near inked areas: assumption
SPECK_BACKGROUND = 0.03  # share of them that falls anywhere
SPECK_RADIUS_SPREAD = 0.4  # standard deviation of the logarithm of the radius
FIELD_STEP_UM = 80.0  # the displacement of the ink is sampled this finely, then interpolated
EXPOSURE_STEP_UM = 10.6  # and the exposure this finely: below the spot's sigma / 1.5
BLOCK_PX = 1536  # a region is rendered in blocks of this side, so that memory stays bounded
MIN_SOFTNESS = 1e-3


class PrintSettings(Record):
    """The printer and the paper. Lengths in micrometres on the sheet, reflectances 0..1.

    Values without a source are assumptions, chosen so that renderings look like office laser prints on plain paper.
    """

    dpi: Annotated[float, Field(ge=150, le=4800, description="device dots per inch; 600: Xie and Tan 2021, 3.1")] = 600
    spot_um: Annotated[
        float, Field(ge=5, le=80, description="Gaussian sigma of laser spot and development; 600-dpi spots: 15-30 um")
    ] = 20.0
    dot_gain_um: Annotated[float, Field(ge=-40, le=60, description="mean outward shift of an edge")] = 8.0
    dot_gain_spread_um: Annotated[float, Field(ge=0, le=20, description="its deviation between pieces")] = 1.5
    edge_softness_um: Annotated[float, Field(ge=0, le=20, description="Gaussian sigma across an edge")] = 2.0
    raggedness_um: Annotated[
        float, Field(ge=0, le=20, description="deviation of an edge from straight (raggedness as ISO/IEC 24790)")
    ] = 6.0
    dot_variation: Annotated[float, Field(ge=0, le=0.5, description="relative deviation of a dot's charge")] = 0.08
    missing_dots: Annotated[float, Field(ge=0, le=0.1, description="probability that a dot is not written")] = 0.001
    specks_per_mm2: Annotated[float, Field(ge=0, le=1000, description="satellite toner where ink surrounds it")] = 120.0
    pinholes_per_mm2: Annotated[float, Field(ge=0, le=200, description="holes in solid ink")] = 6.0
    speck_radius_um: Annotated[float, Field(ge=1, le=40, description="median radius of specks and pinholes")] = 4.5
    skew_deg: Annotated[float, Field(ge=0, le=5, description="deviation of the sheet's skew between pieces")] = 0.1
    scale_error: Annotated[float, Field(ge=0, le=0.02, description="deviation of the size between pieces")] = 0.0005
    banding_um: Annotated[float, Field(ge=0, le=40, description="deviation of lines along the feed (y)")] = 4.0
    distortion_um: Annotated[float, Field(ge=0, le=100, description="smooth local displacement, per axis")] = 10.0
    paper_reflectance: Annotated[float, Field(ge=0.3, le=1, description="plain office paper: 0.8-0.9")] = 0.85
    paper_texture: Annotated[float, Field(ge=0, le=0.2, description="relative deviation by fibres, cloudiness")] = 0.025
    toner_reflectance: Annotated[float, Field(ge=0.005, le=0.3, description="solid black, density 1.2-1.5")] = 0.045
    toner_mottle: Annotated[float, Field(ge=0, le=0.5, description="relative deviation of the solid's density")] = 0.12
    scattering_um: Annotated[
        float,
        Field(
            ge=0, le=200, description="Gaussian sigma of light spread in paper (optical dot gain, Yule-Nielsen 1951)"
        ),
    ] = 30.0

    def without_fine_structure(self) -> "PrintSettings":
        """Return the same printer with every random fine structure off; geometry, gain and blur stay."""
        quiet = ("raggedness_um", "dot_variation", "missing_dots", "specks_per_mm2", "pinholes_per_mm2")
        return self.model_copy(update=dict.fromkeys((*quiet, "paper_texture", "toner_mottle"), 0.0))


@dataclass(frozen=True, eq=False)
class Print:
    """One physical piece: the same seed and generation are the same piece, wherever and however finely it is looked at.

    Parameters
    ----------
    design : Design
        What the printer was given.
    seed, generation : int
        Which piece this is; ``generation`` counts how often the design was scanned and printed again (0: original).
    settings : PrintSettings
        The printer and the paper.

    Notes
    -----
    Positions on the sheet are micrometres in the *sheet frame*: the design's frame as a perfect printer would have
    put it. Skew, size error, banding and distortion move the ink within that frame; ``to_sheet`` says where it went.
    """

    design: Design
    seed: int
    generation: int = 0
    settings: PrintSettings = field(default_factory=PrintSettings)

    def reflectance(self, grid: Grid) -> Floats:
        """Return the reflectance of the sheet at the grid's pixel centres, (H, W) float32 in 0..1.

        Structure finer than the grid enters by its mean; a device that integrates over a larger pixel must average.
        """
        result = np.empty((grid.height, grid.width), dtype=np.float32)
        margin = math.ceil(3 * self.settings.scattering_um / grid.step_um)
        for top in range(0, grid.height, BLOCK_PX):
            for left in range(0, grid.width, BLOCK_PX):
                height, width = min(BLOCK_PX, grid.height - top), min(BLOCK_PX, grid.width - left)
                around = grid.block(top - margin, left - margin, height + 2 * margin, width + 2 * margin)
                block = self._reflectance_block(around)
                result[top : top + height, left : left + width] = block[
                    margin : margin + height, margin : margin + width
                ]
        return result

    def ink(self, grid: Grid) -> Floats:
        """Return the share of each pixel that toner covers, (H, W) float32 in 0..1."""
        return self._ink(grid, self._ragged_fields(grid))

    def to_design(self, sheet_um: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the design positions, (N, 2), that were printed at these places of the sheet, (N, 2)."""
        points = np.asarray(sheet_um, dtype=np.float64)
        # A point is a grid of one pixel, as wide as the displacement is sampled elsewhere.
        linear = np.diag([FIELD_STEP_UM, FIELD_STEP_UM, 1.0])
        moved: list[Floats] = []
        for x, y in points:
            linear[:2, 2] = x, y
            moved.append(self._displacement(Grid(1, 1, linear.copy()))[0, 0])
        return apply_matrix(self._placement, points) + np.reshape(np.array(moved, dtype=np.float64), (-1, 2))

    def to_sheet(self, design_um: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return where on the sheet, (N, 2), the printer put these design positions, (N, 2)."""
        wanted = np.asarray(design_um, dtype=np.float64)
        sheet = wanted.copy()
        for _ in range(8):  # contracts by the displacement's slope, at most some per cent a step
            sheet += wanted - self.to_design(sheet)
        return sheet

    def _names(self, what: Name) -> tuple[Name, ...]:
        return ("print", self.generation, what)

    @cached_property
    def _dots(self) -> Design:
        return self.design.at_dpi(self.settings.dpi)

    @cached_property
    def _placement(self) -> NDArray[np.float64]:
        """Sheet to design, without the local displacement: this piece's skew and size about the design's centre."""
        random = generator(self.seed, *self._names("placement"))
        angle = math.radians(self.settings.skew_deg) * random.standard_normal()
        scale_x, scale_y = 1 + self.settings.scale_error * random.standard_normal(2)
        width, height = self.design.size_um
        centre = np.array([[1, 0, width / 2], [0, 1, height / 2], [0, 0, 1]])
        cosine, sine = math.cos(angle), math.sin(angle)
        linear = np.array([[scale_x * cosine, -scale_x * sine, 0], [scale_y * sine, scale_y * cosine, 0], [0, 0, 1]])
        return centre @ linear @ np.linalg.inv(centre)

    @cached_property
    def _gain_um(self) -> float:
        deviation = float(generator(self.seed, *self._names("gain")).standard_normal())
        return self.settings.dot_gain_um + self.settings.dot_gain_spread_um * deviation

    def _field(self, what: Name, along: float, across: float, angle: float = 0.0) -> NoiseField:
        return NoiseField(self.seed, self._names(what), (along, across), angle)

    def _displacement(self, grid: Grid) -> Floats:
        """Design minus sheet position beyond the placement: (H, W, 2) micrometres."""
        moved = np.zeros((grid.height, grid.width, 2), dtype=np.float32)
        if self.settings.distortion_um:
            for axis in (0, 1):
                smooth = self._field(f"distortion {axis}", DISTORTION_SIGMA_UM, DISTORTION_SIGMA_UM)
                moved[..., axis] = self.settings.distortion_um * smooth.render(grid)
        if self.settings.banding_um:
            # The whole line moves: structure endless along x.
            lines = self._field("banding", 1e6, BANDING_SIGMA_UM)
            moved[..., 1] += self.settings.banding_um * lines.render(grid)
        return moved

    def _design_positions(self, grid: Grid) -> Floats:
        """Design positions in micrometres at the grid's pixel centres, (H, W, 2)."""
        factor = max(1, int(FIELD_STEP_UM / grid.step_um))
        coarse = grid.coarse(factor)
        x, y = np.meshgrid(np.arange(coarse.width), np.arange(coarse.height))
        sheet = apply_matrix(self._placement @ coarse.to_um, np.column_stack([x.ravel(), y.ravel()]).astype(np.float64))
        placed = sheet.reshape(coarse.height, coarse.width, 2).astype(np.float32)
        return grid.refine(placed + self._displacement(coarse), factor)

    def _charges(self, top: int, left: int, height: int, width: int) -> Floats:
        """Charge of the device dots from (top, left): 0 no toner wanted, about 1 toner wanted; (height, width)."""
        ink = self._dots.ink
        charges = np.zeros((height, width), dtype=np.float32)
        y0, y1 = max(top, 0), min(top + height, ink.shape[0])
        x0, x1 = max(left, 0), min(left + width, ink.shape[1])
        if y0 < y1 and x0 < x1:
            charges[y0 - top : y1 - top, x0 - left : x1 - left] = ink[y0:y1, x0:x1]
        if self.settings.dot_variation:
            noise = white_lattice(self.seed, self._names("charge"), top, left, height, width)
            charges *= 1 + self.settings.dot_variation * noise
        if self.settings.missing_dots:
            from scipy.special import ndtri

            mark = white_lattice(self.seed, self._names("missing"), top, left, height, width)
            charges[mark < ndtri(self.settings.missing_dots)] = 0.0
        return charges

    def _exposure(self, grid: Grid) -> Floats:
        """Charge blurred by the spot at the grid's pixel centres, (H, W); 1 inside solids, 0.5 at their edges."""
        import cv2

        positions = self._design_positions(grid)
        pitch = self._dots.um_per_px
        reach = math.ceil(4 * self.settings.spot_um / pitch) + 2
        left, right, top, bottom = (
            round(float(edge) / pitch)
            for axis in (0, 1)
            for edge in (positions[..., axis].min(), positions[..., axis].max())
        )
        left, top = left - reach, top - reach
        part = max(1, math.ceil(pitch / EXPOSURE_STEP_UM))
        charges = self._charges(top, left, bottom + reach - top, right + reach - left)
        fine = np.repeat(np.repeat(charges, part, axis=0), part, axis=1)
        blurred = cv2.GaussianBlur(fine, (0, 0), self.settings.spot_um * part / pitch)
        # Rows of x and y side by side: subtracting a pair from every pixel would take five times as long.
        place = positions.reshape(grid.height, -1) * np.float32(1 / pitch)
        place -= np.tile(np.array([left, top], dtype=np.float32), grid.width)
        place *= np.float32(part)
        place -= np.float32(0.5)
        place = place.reshape(positions.shape)
        empty = np.empty(0, dtype=np.float32)  # remap takes x and y in one array of two channels
        return floats(cv2.remap(blurred, place, empty, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE))

    def _ragged_fields(self, grid: Grid) -> list[tuple[float, Floats | None]]:
        """Share of the variance and values of each scale of toner noise; None where the grid is too coarse for it."""
        fields: list[tuple[float, Floats | None]] = []
        for scale, share in zip(RAGGED_SCALES_UM, RAGGED_SHARES, strict=True):
            field_ = self._field(f"ragged {scale:g}", scale, scale)
            fields.append((share, field_.render(grid) if grid.resolves(scale) else None))
        return fields

    def _ink(self, grid: Grid, ragged: list[tuple[float, Floats | None]]) -> Floats:
        from scipy.special import ndtr

        settings = self.settings
        exposure = self._exposure(grid)
        # A straight edge has exposure ndtr(x / spot), x inwards: toner sticks from -gain on, with this slope per um.
        threshold = float(ndtr(-self._gain_um / settings.spot_um))
        slope = math.exp(-0.5 * (self._gain_um / settings.spot_um) ** 2) / (math.sqrt(2 * math.pi) * settings.spot_um)
        # What the grid cannot resolve widens the edge instead: its expectation over a Gaussian is again an ndtr.
        variance = settings.edge_softness_um**2 + grid.step_um**2 / 12
        for share, values in ragged:
            if values is None:
                variance += share * settings.raggedness_um**2
            elif settings.raggedness_um:
                exposure += np.float32(math.sqrt(share) * settings.raggedness_um * slope) * values
        softness = max(slope * math.sqrt(variance), MIN_SOFTNESS)
        exposure -= np.float32(threshold)
        exposure *= np.float32(1 / softness)
        ink = floats(ndtr(exposure, out=exposure))
        return self._with_specks(ink, grid)

    def _with_specks(self, ink: Floats, grid: Grid) -> Floats:
        bounds = grid.bounds_um()
        for what, density in (("specks", self.settings.specks_per_mm2), ("pinholes", self.settings.pinholes_per_mm2)):
            if not density:
                continue
            points = scattered_points(self.seed, self._names(what), density, bounds)
            if what == "specks":
                points = points[points[:, 3] < self._settling(points[:, :2])]
            radius = self.settings.speck_radius_um * np.exp(SPECK_RADIUS_SPREAD * points[:, 2])
            cover = stamp_discs(grid, points[:, :2], radius)
            ink = ink + (1 - ink) * cover if what == "specks" else ink * (1 - cover)
        return floats(ink)

    @cached_property
    def _halo(self) -> Floats:
        import cv2

        wide = SPECK_HALO_UM / self._dots.um_per_px
        reach = math.ceil(3 * wide)
        padded = np.pad(self._dots.ink.astype(np.float32), reach)
        return floats(cv2.GaussianBlur(padded, (0, 0), wide))

    def _settling(self, sheet_um: NDArray[np.float64]) -> Floats:
        """Probability that a satellite settles at a place of the sheet, (N,)."""
        reach = math.ceil(3 * SPECK_HALO_UM / self._dots.um_per_px)
        place = apply_matrix(self._placement, sheet_um) / self._dots.um_per_px
        column = np.clip(place[:, 0].astype(int) + reach, 0, self._halo.shape[1] - 1)
        row = np.clip(place[:, 1].astype(int) + reach, 0, self._halo.shape[0] - 1)
        return SPECK_BACKGROUND + self._halo[row, column] ** 2

    def _paper(self, grid: Grid) -> Floats:
        paper = np.full((grid.height, grid.width), self.settings.paper_reflectance, dtype=np.float32)
        if not self.settings.paper_texture:
            return paper
        along, across = FIBRE_SIGMA_UM
        turned = float(generator(self.seed, *self._names("fibres")).uniform(0, math.pi))
        angles = [turned + math.pi * k / FIBRE_DIRECTIONS for k in range(FIBRE_DIRECTIONS)]
        fields = [self._field(f"fibres {k}", along, across, angle) for k, angle in enumerate(angles)]
        fields.append(self._field("formation", FORMATION_SIGMA_UM, FORMATION_SIGMA_UM))
        seen = [texture.render(grid) for texture in fields if grid.resolves(min(texture.sigma_um))]
        weight = self.settings.paper_texture * self.settings.paper_reflectance / math.sqrt(len(fields))
        for values in seen:
            paper += np.float32(weight) * values
        return np.clip(paper, 0.0, 1.0, out=paper)

    def _reflectance_block(self, grid: Grid) -> Floats:
        settings = self.settings
        ragged = self._ragged_fields(grid)
        ink = self._ink(grid, ragged)
        # Light passes the toner twice, hence the square root.
        through = np.float32(math.sqrt(settings.toner_reflectance / settings.paper_reflectance))
        mottle = next((values for _, values in reversed(ragged) if values is not None), None)
        solid = through if mottle is None else through * (1 + np.float32(settings.toner_mottle / 2) * mottle)
        transmittance = 1 - ink * (1 - solid)
        sigma = settings.scattering_um / grid.step_um
        entered = transmittance if sigma < 0.3 else _wide_blur(transmittance, sigma)
        return floats(np.clip(self._paper(grid) * transmittance * entered, 0.0, 1.0))


def _wide_blur(values: Floats, sigma: float) -> Floats:
    """Gaussian blur; done on a reduced image where sigma is many pixels."""
    import cv2

    factor = int(sigma / 3)
    if factor < 2:
        return floats(cv2.GaussianBlur(values, (0, 0), sigma))
    size = (-(-values.shape[1] // factor), -(-values.shape[0] // factor))
    padded = cv2.copyMakeBorder(
        values, 0, size[1] * factor - values.shape[0], 0, size[0] * factor - values.shape[1], cv2.BORDER_REPLICATE
    )
    small = cv2.GaussianBlur(cv2.resize(padded, size, interpolation=cv2.INTER_AREA), (0, 0), sigma / factor)
    fine = cv2.resize(small, (padded.shape[1], padded.shape[0]), interpolation=cv2.INTER_LINEAR)
    return floats(fine[: values.shape[0], : values.shape[1]])


def device_pitch_um(dpi: float) -> float:
    """Return the pitch of a device of that many dots per inch, in micrometres."""
    return UM_PER_INCH / dpi
