"""Colour maps of overlays, the same in the window and in the report.

``cividis`` (Nunez, Anderton, Renslow 2018, doi:10.1371/journal.pone.0199239) and ``viridis`` (van der Walt, Smith
2015, CC0) rise evenly in lightness and are safe for colour-blind readers; every fifth entry of the published tables is
kept here and the entries between are interpolated, within 4 of 255 levels of the published ones. ``diverging`` runs
from blue over light grey to brown, equally dark at both ends, for signed values.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import InputError

_ANCHORS = {
    "cividis": (
        "00224e 002656 002a5f 002d68 003070 083370 163770 203a6f 273e6e 2e416d 34456c 3a486c 3f4c6c 444f6c "
        "49536c 4e566c 535a6d 575d6d 5c616e 60646f 656870 696b71 6d6f72 727274 767676 7a7a78 7e7d78 838179 "
        "888578 8d8878 928c78 969077 9b9476 a09875 a59c74 aaa073 afa471 b5a86f baac6d bfb06b c4b468 c9b965 "
        "cfbd62 d4c15f dac65b dfca57 e5cf52 ead34c f0d846 f6dd3f fce236 fee838"
    ),
    "viridis": (
        "440154 46085c 471063 481769 481d6f 482475 472a7a 46307e 453781 433d84 414287 3f4889 3d4e8a 3a538b "
        "38598c 355e8d 33638d 31688e 2e6d8e 2c718e 2a768e 297b8e 27808e 25848e 23898e 218e8d 20928c 1f978b "
        "1e9c89 1fa188 21a585 24aa83 28ae80 2eb37c 35b779 3dbc74 46c06f 50c46a 5ac864 65cb5e 70cf57 7cd250 "
        "89d548 95d840 a2da37 b0dd2f bddf26 cae11f d8e219 e5e419 f1e51d fde725"
    ),
    "diverging": "16406f 2f6ca8 6a9dcc abcbe4 f2f2f0 e7c4a0 cd9258 a5652a 6d3d12",
}

NAMES = tuple(_ANCHORS)


@cache
def lookup(name: str) -> NDArray[np.uint8]:
    """Return a colour map as a read-only (256, 3) uint8 RGB table, from the lowest value to the highest.

    Raises
    ------
    InputError
        If there is no colour map of that name.
    """
    if name not in _ANCHORS:
        raise InputError("There is no colour map of this name", where=name, remedy=f"Use one of {', '.join(NAMES)}.")
    anchors = np.array([tuple(bytes.fromhex(colour)) for colour in _ANCHORS[name].split()], dtype=np.float64)
    places = np.linspace(0, 255, len(anchors))
    columns = [np.interp(np.arange(256), places, anchors[:, channel]) for channel in range(3)]
    table = np.stack(columns, axis=1).round().astype(np.uint8)
    table.setflags(write=False)
    return table
