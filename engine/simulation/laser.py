"""The two laser printers and the two scanners of Xie and Tan 2021, section 3.1, as settings of the simulators. Frozen.

Calibrated on six pattern sets of 4 + 4 simulated codes each (scheme ordered, 3 patterns, version 4) to the paper's row
*without* refinement and to its two levels of the threshold, and to nothing else; since then unchanged. At TH1, paper /
here, the mean of the six: NACC 85.42 / 86.4 %, TH1 without refinement 0.2167 / 0.193, with it 0.2750 / 0.288. The
levels belong to a pattern set more than to a printer: TH1 with refinement lay between 0.261 and 0.313.

What stands below is one set of values that meets these figures; others would too. The devices' names say which of the
paper's devices a set plays the part of, not that the device was measured. Ranges that were allowed (sigma of blurs,
deviations of the rest), for office laser devices at 600 dpi, whose dot is 42.3 um wide:
spot 15-40 um, dot gain 0-25 um, raggedness 3-15 um, scattering 30-60 um, dot-to-dot variation 0.05-0.2,
distortion of a sheet over some millimetres 5-50 um (feed rollers, polygon mirror), blur of a contact image sensor
20-45 um. Pinholes and paper fibres, both finer than these blurs, are left out: they cost most of the time and next to
none of the correlation.
"""

from engine.simulation.channel import CopierSettings, ScannerSettings
from engine.simulation.printing import PrintSettings

# Prints the authentic codes: the blurrier, more uneven of the two.
M126_PRINTER = PrintSettings(
    spot_um=29.0,
    dot_gain_um=12.0,
    raggedness_um=14.0,
    scattering_um=58.0,
    dot_variation=0.2,
    distortion_um=46.0,
    specks_per_mm2=60.0,
    pinholes_per_mm2=0.0,
    paper_texture=0.0,
)
M126_SCANNER = ScannerSettings(blur_um=33.0)

# Scans and prints the copies.
M377_PRINTER = PrintSettings(
    spot_um=18.0,
    dot_gain_um=2.0,
    raggedness_um=4.0,
    scattering_um=30.0,
    dot_variation=0.05,
    distortion_um=6.0,
    specks_per_mm2=60.0,
    pinholes_per_mm2=0.0,
    paper_texture=0.0,
)
M377_SCANNER = ScannerSettings(blur_um=25.0)
M377_COPIER = CopierSettings(scanner=M377_SCANNER.model_copy(update={"margin_um": 0.0}), printer=M377_PRINTER)
