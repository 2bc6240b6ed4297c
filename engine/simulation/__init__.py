"""Seeded physical simulators, in micrometres: printing, scanning, copying and microscope views with ground truth.

The public API::

    from engine.simulation.codes import QrCode, Design
    from engine.simulation.printing import Print, PrintSettings
    from engine.simulation.channel import ScannerSettings, CopierSettings, View, scan, copied, true_transform
    from engine.simulation.microscope import MicroscopeSettings, microscope
    from engine.simulation.attacks import Seen, Restorer, clustered, forged   # what a counterfeiter does with codes

    design = QrCode(payload="TS-0001", version=4).design()   # 12 px a module at 600 dpi: 508 um a module
    piece = Print(design, seed=1)                            # a physical piece; another seed is another piece
    whole = scan(piece, seed=10)                             # 600 dpi, grey uint8, 42.33 um/px
    part = microscope(piece, (8000.0, 6000.0), seed=11, rotation_deg=37)   # RGB uint8, 2 um/px, 1920 x 1440
    truth = true_transform(part, whole)                      # microscope px -> scan px, exact
    forgery = copied(piece, 1, seed=2)                       # scanned and printed again: a Print of generation 1

``View.to_sheet`` takes pixel centres to micrometres of the piece's sheet frame (origin: the design's upper left
corner, x right, y down); ``Print.to_sheet`` takes design positions to where the printer put them in that frame;
``QrCode.finder_centres_um`` gives the finders' design positions. A piece's seed fixes the piece, a view's seed only
the placement and the noise of that view. ``PrintSettings.without_fine_structure`` switches the fingerprint off.
"""
