"""The protocol of Xie and Tan 2021, section 3, on simulated codes: authentic codes and plain copies, two scanners."""

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.core.codes import Scheme
from engine.core.errors import ImagingError, TouchstoneError
from engine.core.evaluations import CodeScore
from engine.core.method import Pixels
from engine.core.seeds import generator
from engine.evaluation.curves import threshold_between_means
from engine.methods.two_level_qr.detection import Detection, detect
from engine.methods.two_level_qr.generation import generate, layout
from engine.methods.two_level_qr.patterns import PatternSearch
from engine.methods.two_level_qr.rectification import read_codes, rectify
from engine.methods.two_level_qr.series import Series, make_series
from engine.simulation import laser
from engine.simulation.channel import copied, scan
from engine.simulation.printing import Print

AUTHENTIC, COPY = "authentic", "copy"
SCANNERS = {1: laser.M126_SCANNER, 2: laser.M377_SCANNER}
# FINDERS is how the paper places modules, EDGES is ours; "refined": with eq. (3). Table 1 compares the first two.
FINDERS, FINDERS_REFINED, EDGES, EDGES_REFINED = "finders", "finders refined", "edges", "edges refined"
PLACEMENTS = (FINDERS, FINDERS_REFINED, EDGES, EDGES_REFINED)
SPLIT, STRICT, BAND = "split", "strict", "band"
SEARCH = PatternSearch(candidates=24, trials=2, printer=laser.M126_PRINTER, scanner=laser.M126_SCANNER)
REACH = (2, 2)
MARGIN_PX = 4
NOT_READ = -1.0
FIRST = 10  # codes of each kind behind TH2 and TH3
STRICT_DEVIATIONS = 3.0
Scores = NDArray[np.float64]


def bench_series(seed: int, scheme: Scheme) -> Series:
    """Return the series of a seed; its patterns were searched for the printer of the authentic codes."""
    key = hashlib.sha256(f"bench {seed}".encode()).digest()
    return make_series(f"Bench {seed}", key=key, scheme=scheme, search=SEARCH)


def authentic_piece(series: Series, text: str, seed: int) -> Print:
    """Return an authentic code as its producer prints it."""
    return Print(generate(series, text).design, seed, settings=laser.M126_PRINTER)


def indicators(pixels: Pixels, series: Series, text: str) -> tuple[float, ...] | None:
    """Return the indicators in the order of ``PLACEMENTS``; None where this code cannot be read or measured."""
    reading = next((each for each in read_codes(pixels) if each.text == text), None)
    if reading is None:
        return None
    placed, side = layout(text, series), series.module_px
    patterns, classes = series.textures(text, len(placed.places))
    corners = placed.places * side + MARGIN_PX
    found: list[Detection] = []
    for all_modules in (False, True):
        try:
            rectified = rectify(pixels, reading, placed, module_px=side, margin=MARGIN_PX, all_modules=all_modules)
        except ImagingError:
            return None
        found.append(detect(rectified.lightness, corners, patterns, classes, reach=REACH))
    return tuple(value for each in found for value in (each.indicator_unrefined, each.indicator))


def plain_scores(series: Series, seed: int, code: int) -> Iterator[CodeScore]:
    """Yield what both scanners see of one authentic code and of its plain copy.

    Raises
    ------
    TouchstoneError
        One of them is not read: none may be left out.
    """
    text = f"B{seed}-{code:06d}"
    piece_seed = int(generator(seed, "piece", code).integers(2**31))
    piece = authentic_piece(series, text, piece_seed)
    copy = copied(piece, settings=laser.M377_COPIER, seed=piece_seed + 1)
    for experiment, scanner in SCANNERS.items():
        for k, (kind, which) in enumerate(((AUTHENTIC, piece), (COPY, copy))):
            pixels = scan(which, scanner, seed=piece_seed + 10 * experiment + k).pixels
            values = indicators(pixels, series, text)
            if values is None:
                raise TouchstoneError("A simulated code was not read", where=text)
            yield from code_scores(
                values, seed=seed, scheme=series.scheme, kind=kind, piece=text, attacker=text, experiment=experiment
            )


def code_scores(values: tuple[float, ...] | None, **facts: Any) -> Iterator[CodeScore]:
    """Yield one record for each of ``PLACEMENTS``; a piece that was not measured counts as rejected."""
    for placement, value in zip(PLACEMENTS, values or (NOT_READ,) * len(PLACEMENTS), strict=True):
        yield CodeScore(placement=placement, indicator=value, **facts)


@dataclass(frozen=True)
class Rule:
    """A way to accept indicators, set on authentic codes and plain copies of experiment 1.

    Parameters
    ----------
    low, high : float
        Accepted is low <= indicator <= high; ``high`` is infinite for all but BAND.
    halved : bool
        Whether it was set on every other code, so that it may be tested on the rest alone.
    """

    name: str
    low: float
    high: float = math.inf
    halved: bool = False

    def accepts(self, indicators: Scores) -> NDArray[np.bool_]:
        """Return which indicators are accepted."""
        return (indicators >= self.low) & (indicators <= self.high)

    def tested(self, scores: Sequence[CodeScore]) -> Sequence[CodeScore]:
        """Return those of the codes it was set on, in their order, that it may be tested on."""
        return scores[1::2] if self.halved else scores


def rules(authentic: Scores, copies: Scores, seed: int) -> tuple[Rule, ...]:
    """Return the rules that indicators of experiment 1 give, in the order of their codes.

    TH1, TH2, TH3 are eq. (5) on all codes (which are also the test: the paper's protocol), on 10 + 10 drawn, on the
    first 10 + 10. SPLIT is eq. (5) on every other code. STRICT asks no copy: three deviations below the mean of the
    same authentic codes; BAND asks for no more than three above it either, so that nothing looks better than the
    producer's own press can print.
    """
    drawn = [generator(seed, names).permutation(len(authentic))[:FIRST] for names in ("TH2", "TH2 copies")]
    own, other = authentic[::2], copies[::2]
    reach = STRICT_DEVIATIONS * float(own.std(ddof=1))
    low, high = float(own.mean()) - reach, float(own.mean()) + reach
    return (
        Rule("TH1", threshold_between_means(authentic, copies)),
        Rule("TH2", threshold_between_means(authentic[drawn[0]], copies[drawn[1]])),
        Rule("TH3", threshold_between_means(authentic[:FIRST], copies[:FIRST])),
        Rule(SPLIT, threshold_between_means(own, other), halved=True),
        Rule(STRICT, low, halved=True),
        Rule(BAND, low, high, halved=True),
    )
