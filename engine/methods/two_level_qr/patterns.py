"""Pattern sets: eq. (2), eq. (1), and the search for a set that a print-scan model does not confuse."""

from dataclasses import dataclass, field
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from engine.core.errors import InputError
from engine.core.records import Record
from engine.methods.two_level_qr.keyed import keyed_pattern
from engine.simulation.channel import ScannerSettings, scan
from engine.simulation.codes import UM_PER_INCH, Design
from engine.simulation.laser import M126_PRINTER, M126_SCANNER
from engine.simulation.printing import Print, PrintSettings

Patterns = NDArray[np.bool_]  # (q, p, p), True = black
SHEET_COLUMNS = 8


class PatternSearch(Record):
    """How a pattern set is searched.

    count : number of patterns q; 3 in section 2.3.1.
    side_px : pixels p along a pattern; 12 in section 2.3.1.
    black_share : share of black pixels in each pattern; an assumption, dark enough for every reader.
    candidates : random patterns that the set is chosen from.
    trials : prints that each candidate must stand.
    print_dpi : dots per inch of the pattern's pixels; 600 in section 3.1.
    printer, scanner : the print-scan model; by default the calibrated one of the paper's authentic codes.
    """

    count: Annotated[int, Field(ge=2, le=16)] = 3
    side_px: Annotated[int, Field(ge=4, le=48)] = 12
    black_share: Annotated[float, Field(ge=0.3, le=0.8)] = 0.5
    candidates: Annotated[int, Field(ge=4, le=256)] = 48
    trials: Annotated[int, Field(ge=1, le=16)] = 3
    print_dpi: Annotated[int, Field(ge=150, le=4800)] = 600
    printer: PrintSettings = M126_PRINTER
    scanner: ScannerSettings = M126_SCANNER

    @property
    def black_px(self) -> int:
        """Black pixels in each pattern."""
        return round(self.black_share * self.side_px**2)


@dataclass(frozen=True, eq=False)
class PatternSet:
    """A set that satisfies eq. (1) with ``epsilon`` in the print-scan model.

    Parameters
    ----------
    patterns : NDArray[np.bool_]
        (q, p, p), True = black. A secret.
    epsilon : float
        Least lead of a pattern's correlation with its own print over that with any other's.
    """

    patterns: Patterns = field(repr=False)
    epsilon: float


def correlation(pattern: NDArray[np.number | np.bool_], seen: NDArray[np.number | np.bool_]) -> float:
    """Return eq. (2): the correlation of two arrays of equal shape, -1..1; 0 where one of them is flat."""
    first, second = (np.asarray(values, dtype=np.float64) for values in (pattern, seen))
    first, second = first - first.mean(), second - second.mean()
    scale = float(np.sqrt((first**2).sum() * (second**2).sum()))
    return float((first * second).sum() / scale) if scale > 0 else 0.0


def correlation_table(patterns: Patterns, lightness: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return eq. (2) of every pattern i with every print-and-scan version j, (q, q); black against dark is positive.

    Parameters
    ----------
    lightness : NDArray[np.floating]
        (q, p, p), higher = lighter, on the patterns' pixel grid.
    """
    first, second = _standardised(patterns), _standardised(-np.asarray(lightness, dtype=np.float64))
    return first @ second.T


def least_lead(table: NDArray[np.float64]) -> float:
    """Return the largest epsilon of eq. (1): min over i of table[i, i] - max over j != i of table[i, j]."""
    others = np.where(np.eye(len(table), dtype=np.bool_), -np.inf, table)
    return float((np.diag(table) - others.max(axis=1)).min())


def printed_and_scanned(patterns: Patterns, search: PatternSearch, *, seed: int) -> NDArray[np.float32]:
    """Return how the model's scanner sees the patterns printed apart on one sheet: (n, p, p) grey values.

    Geometry is switched off: what is measured is what printing and scanning do to a pattern in its right place.
    """
    import cv2

    side = search.side_px
    rows = -(-len(patterns) // SHEET_COLUMNS)
    ink = np.zeros((2 * side * rows + side, 2 * side * SHEET_COLUMNS + side), dtype=np.bool_)
    corners = [
        (side + 2 * side * (k // SHEET_COLUMNS), side + 2 * side * (k % SHEET_COLUMNS)) for k in range(len(patterns))
    ]
    for pattern, (y, x) in zip(patterns, corners, strict=True):
        ink[y : y + side, x : x + side] = pattern
    still: dict[str, float] = dict.fromkeys(("skew_deg", "scale_error", "banding_um", "distortion_um"), 0.0)
    sheet = Print(Design(ink, UM_PER_INCH / search.print_dpi), seed, settings=search.printer.model_copy(update=still))
    seen = scan(sheet, search.scanner.model_copy(update={"skew_deg": 0.0, "stretch": 0.0}), seed=seed)
    pitch = sheet.design.um_per_px
    to_um = np.array([[pitch, 0, pitch / 2], [0, pitch, pitch / 2], [0, 0, 1]])
    to_seen = np.linalg.inv(seen.to_sheet.array()) @ to_um
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    grey = cv2.warpAffine(seen.pixels.astype(np.float32), to_seen[:2], ink.shape[::-1], flags=flags)
    return np.stack([np.asarray(grey[y : y + side, x : x + side], dtype=np.float32) for y, x in corners])


def search_patterns(key: bytes, search: PatternSearch) -> PatternSet:
    """Choose, of random patterns drawn from the key, the set with the largest epsilon of eq. (1) in the model.

    Each pair's lead is its least in several prints. The set grows from the best pair by the candidate that keeps the
    lead highest, then members are exchanged while that raises it.

    Raises
    ------
    InputError
        There are fewer candidates than patterns wanted, or the model leaves no lead at all.
    """
    if search.candidates < search.count:
        raise InputError("There must be at least as many candidates as patterns", remedy="Raise the candidates.")
    side, black = search.side_px, search.black_px
    drawn = np.stack(
        [keyed_pattern(key, "candidate", k, side=side, black=black) for k in range(search.candidates)]
    )  # fmt: skip
    tables = [correlation_table(drawn, printed_and_scanned(drawn, search, seed=k)) for k in range(search.trials)]
    leads = np.min([np.diag(table)[:, None] - table for table in tables], axis=0)
    chosen = _spread(np.minimum(leads, leads.T), search.count)
    epsilon = min(least_lead(table[np.ix_(chosen, chosen)]) for table in tables)
    if epsilon <= 0:
        raise InputError(
            "No pattern set stands this print-scan model", remedy="Use larger patterns or a finer printer and scanner."
        )
    return PatternSet(drawn[chosen], epsilon)


def _spread(lead: NDArray[np.float64], count: int) -> list[int]:
    """Return indices whose least pairwise lead is high: greedy, then exchanges while they help."""
    apart = lead.copy()
    np.fill_diagonal(apart, np.inf)

    def least(members: list[int]) -> float:
        return float(apart[np.ix_(members, members)].min())

    first, second = np.unravel_index(np.argmax(np.where(np.isinf(apart), -np.inf, apart)), apart.shape)
    chosen = [int(first), int(second)]
    while len(chosen) < count:
        free = [k for k in range(len(apart)) if k not in chosen]
        chosen.append(max(free, key=lambda k: least([*chosen, k])))
    improved = True
    while improved:
        improved = False
        for place in range(count):
            kept = chosen[:place] + chosen[place + 1 :]
            best = max((k for k in range(len(apart)) if k not in kept), key=lambda k: least([*kept, k]))
            if least([*kept, best]) > least(chosen):
                chosen, improved = [*kept, best], True
    return sorted(chosen)


def _standardised(patterns: NDArray[np.generic]) -> NDArray[np.float64]:
    flat = np.asarray(patterns, dtype=np.float64).reshape(len(patterns), -1)
    flat = flat - flat.mean(axis=1, keepdims=True)
    length = np.linalg.norm(flat, axis=1, keepdims=True)
    return np.divide(flat, length, out=np.zeros_like(flat), where=length > 0)
