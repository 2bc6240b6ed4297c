"""The print-scan-copy channel (simulated): seconds, memory, and how far pieces and copies can be told apart.

Prints one JSON object a line: first times, then curves against the strength of the fine structure, the scanner's blur
and noise, then how much copies keep of a dense design. ``same`` is the correlation of one piece's fine structure in
two scans, ``different`` that of two pieces, ``devices`` that of one piece under scanner and microscope.
"""

import json
import resource
import time

import numpy as np

from engine.simulation.channel import ScannerSettings, copied, scan
from engine.simulation.codes import QrCode
from engine.simulation.microscope import microscope
from engine.simulation.printing import Print, PrintSettings
from tests.benchmarks.fine_structure import correlation, dense_design, in_microscope, in_scan, likeness

DESIGN = QrCode(payload="TS-0001", version=1, quiet_modules=2).design(module_px=6)
PIECES = 4
FINE = (
    "raggedness_um",
    "dot_variation",
    "missing_dots",
    "specks_per_mm2",
    "pinholes_per_mm2",
    "paper_texture",
    "toner_mottle",
)


def main() -> None:
    """Print all measurements."""
    _times()
    for strength in (0.0, 0.25, 0.5, 1.0, 1.5):
        values = {name: getattr(PrintSettings(), name) * strength for name in FINE}
        _line("fine structure", strength, printer=PrintSettings().model_copy(update=values))
    for blur in (10.0, 22.0, 40.0, 80.0):
        _line("scanner blur um", blur, scanner=ScannerSettings(blur_um=blur))
    for noise in (0.0, 0.006, 0.02, 0.06):
        _line("scanner noise", noise, scanner=ScannerSettings(noise=noise))
    design = dense_design()
    for times in (0, 1, 2, 3, 4):
        alike = [
            likeness(copied(Print(design, seed), times, seed=100 + seed), 200 + seed, design) for seed in range(PIECES)
        ]
        _print(simulated=True, parameter="copies", value=times, pieces=PIECES, design=round(float(np.mean(alike)), 3))


def _times() -> None:
    design = QrCode(payload="TS-0001", version=4).design()
    piece = Print(design, seed=1)
    for what, work in (
        ("scan 600 dpi, 20.8 mm code", lambda seed: scan(piece, seed=seed)),
        ("microscope 1920 x 1440 px", lambda seed: microscope(piece, (9000.0, 7000.0), seed=seed, rotation_deg=37.0)),
    ):
        seconds, cpu = [], []
        for seed in range(6):
            start, start_cpu = time.perf_counter(), time.process_time()
            work(seed)
            seconds.append(time.perf_counter() - start)
            cpu.append(time.process_time() - start_cpu)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        wall_s, cpu_s = (round(float(np.median(values)), 3) for values in (seconds, cpu))
        _print(measure=what, median_s=wall_s, median_cpu_s=cpu_s, peak_mb=round(peak))


def _line(
    parameter: str, value: float, *, printer: PrintSettings | None = None, scanner: ScannerSettings | None = None
) -> None:
    pieces = [Print(DESIGN, seed=seed, settings=printer or PrintSettings()) for seed in range(PIECES)]
    first = [in_scan(piece, 10 + k, scanner) for k, piece in enumerate(pieces)]
    again = [in_scan(piece, 20 + k, scanner) for k, piece in enumerate(pieces)]
    middle = (DESIGN.size_um[0] / 2, DESIGN.size_um[1] / 2)
    close = [in_microscope(piece, 30 + k, middle, 50.0 * k) for k, piece in enumerate(pieces)]
    found = {
        "same": [correlation(first[k], again[k]) for k in range(PIECES)],
        "different": [correlation(first[k], again[k - 1]) for k in range(PIECES)],
        "devices": [correlation(first[k], close[k]) for k in range(PIECES)],
    }
    means = {name: round(float(np.mean(values)), 3) for name, values in found.items()}
    _print(simulated=True, parameter=parameter, value=value, pieces=PIECES, **means)


def _print(**values: object) -> None:
    print(json.dumps(values), flush=True)


if __name__ == "__main__":
    main()
