"""How copy detection depends on the strength of the channel, beside scores that need no method (baselines)."""

from collections.abc import Iterator, Mapping

import numpy as np

from engine.core.codes import Scheme
from engine.core.errors import TouchstoneError
from engine.core.evaluations import StrengthRow
from engine.core.method import Context, Pixels
from engine.core.seeds import generator
from engine.evaluation.curves import auc, roc, threshold_between_means
from engine.evaluation.rates import error_rates
from engine.methods.two_level_qr.detection import detect
from engine.methods.two_level_qr.generation import generate, layout
from engine.methods.two_level_qr.patterns import correlation
from engine.methods.two_level_qr.rectification import read_codes, rectify
from engine.methods.two_level_qr.series import Series
from engine.simulation import laser
from engine.simulation.channel import CopierSettings, ScannerSettings, copied, scan
from engine.simulation.printing import Print, PrintSettings
from engine.workflows.evaluation.code_protocol import MARGIN_PX, REACH, Scores, bench_series

FACTORS = (0.5, 0.75, 1.25, 1.5, 2.0)  # beside 1, on which the thresholds are set
# What a factor multiplies, in every printer and every scanner. All at twice their value stay within what the settings
# of the simulators allow, but for raggedness, which stops at its bound of 20 um.
PRINTER_PARTS = {
    "blur": ("spot_um", "scattering_um"),
    "dot gain": ("dot_gain_um",),
    "noise": ("dot_variation", "raggedness_um"),
}
SCANNER_PARTS = {"blur": ("blur_um",), "dot gain": (), "noise": ("noise", "read_noise")}
RAGGEDNESS_BOUND_UM = 20.0
Pair = dict[str, list[float]]


def strength_rows(scheme: Scheme, seed: int, codes: int, context: Context) -> Iterator[StrengthRow]:
    """Yield, for every property, factor and score, what became of thresholds set at factor 1.

    The thresholds are eq. (5) on every other code at factor 1; at factor 1 the others are tested, else all.
    """
    series = bench_series(seed, scheme)
    whole = 1 + len(PRINTER_PARTS) * len(FACTORS)
    first = _measured(series, seed, codes, "blur", 1.0)
    limits = {name: threshold_between_means(*(values[::2] for values in pair)) for name, pair in first.items()}
    rest = {name: (pair[0][1::2], pair[1][1::2]) for name, pair in first.items()}
    done = 1
    for parameter in PRINTER_PARTS:
        yield from _rows(scheme, seed, parameter, 1.0, rest, limits)
        for factor in FACTORS:
            context.check_cancelled()
            context.progress(done, whole, f"strength of the channel: {parameter} x {factor:g}")
            yield from _rows(scheme, seed, parameter, factor, _measured(series, seed, codes, parameter, factor), limits)
            done += 1


def code_measures(pixels: Pixels, series: Series, text: str) -> dict[str, float]:
    """Return the indicator of a code and what simpler scores say of it; higher = more genuine.

    ``refined`` and ``unrefined`` are the method's; ``pooled correlation`` is eq. (2) over all textured pixels at once,
    at the ideal places; ``absolute difference`` is minus the mean difference between these pixels, stretched to 0..1
    over the code's 5 to 95 % quantiles, and the ink.
    """
    reading = next((each for each in read_codes(pixels) if each.text == text), None)
    if reading is None:
        raise TouchstoneError("A simulated code was not read", where=text)
    placed, side = layout(text, series), series.module_px
    patterns, classes = series.textures(text, len(placed.places))
    rectified = rectify(pixels, reading, placed, module_px=side, margin=MARGIN_PX)
    corners = placed.places * side + MARGIN_PX
    found = detect(rectified.lightness, corners, patterns, classes, reach=REACH)
    windows = np.lib.stride_tricks.sliding_window_view(rectified.lightness, (side, side))
    seen = 255 - windows[corners[:, 0], corners[:, 1]].astype(np.float64)
    wanted = patterns[classes]
    light, dark = np.quantile(seen, (0.05, 0.95))
    stretched = np.clip((seen - light) / max(dark - light, 1.0), 0, 1)
    return {
        "refined": found.indicator,
        "unrefined": found.indicator_unrefined,
        "pooled correlation": correlation(wanted, seen),
        "absolute difference": -float(np.abs(stretched - wanted).mean()),
    }


def _measured(series: Series, seed: int, codes: int, parameter: str, factor: float) -> dict[str, tuple[Scores, Scores]]:
    """Return the scores of authentic codes and of plain copies under devices of that strength."""
    press, scanner = (
        stronger_printer(laser.M126_PRINTER, parameter, factor),
        stronger_scanner(laser.M126_SCANNER, parameter, factor),
    )
    copier = CopierSettings(
        scanner=stronger_scanner(laser.M377_COPIER.scanner, parameter, factor),
        printer=stronger_printer(laser.M377_COPIER.printer, parameter, factor),
    )
    found: tuple[Pair, Pair] = ({}, {})
    for code in range(codes):
        text = f"S{seed}-{code:06d}"
        number = int(generator(seed, "strength", code).integers(2**31))
        piece = Print(generate(series, text).design, number, settings=press)
        for k, which in enumerate((piece, copied(piece, settings=copier, seed=number + 1))):
            for name, value in code_measures(scan(which, scanner, seed=number + 10 + k).pixels, series, text).items():
                found[k].setdefault(name, []).append(value)
    return {name: (np.array(found[0][name]), np.array(found[1][name])) for name in found[0]}


def _rows(
    scheme: Scheme,
    seed: int,
    parameter: str,
    factor: float,
    measured: Mapping[str, tuple[Scores, Scores]],
    limits: Mapping[str, float],
) -> Iterator[StrengthRow]:
    for score, (authentic, copies) in measured.items():
        rates, curve = error_rates(authentic, copies, limits[score]), roc(authentic, copies)
        yield StrengthRow(
            seed=seed,
            scheme=scheme,
            parameter=parameter,
            factor=factor,
            score=score,
            codes=len(authentic),
            auc=auc(authentic, copies),
            value=limits[score],
            far=rates.far,
            frr=rates.frr,
            nacc_retuned=float(1 - (curve.far + curve.frr).min() / 2),
        )


def stronger_printer(printer: PrintSettings, parameter: str, factor: float) -> PrintSettings:
    """Return the printer with everything that makes up ``parameter`` multiplied."""
    stronger = {name: factor * getattr(printer, name) for name in PRINTER_PARTS[parameter]}
    if "raggedness_um" in stronger:
        stronger["raggedness_um"] = min(stronger["raggedness_um"], RAGGEDNESS_BOUND_UM)
    return printer.model_copy(update=stronger)


def stronger_scanner(scanner: ScannerSettings, parameter: str, factor: float) -> ScannerSettings:
    """Return the scanner with everything that makes up ``parameter`` multiplied."""
    return scanner.model_copy(update={name: factor * getattr(scanner, name) for name in SCANNER_PARTS[parameter]})
