"""What a well-equipped counterfeiter does with genuine codes: finer scans, averaging, restoration. Arrays in and out.

Nothing here knows a pattern or a key. What every attacker knows is public: the modules of a code (any reader shows
them), that black modules are textured, how many pixels a module has, and how many of them are black.

The strongest attacker owns a printer of the producer's model, prints patterns of his own on it, and learns from them
how to undo printing and scanning (``Restorer``), as in machine-learning attacks on copy detection patterns.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.core.seeds import generator
from engine.simulation.channel import ScannerSettings, View
from engine.simulation.codes import Design
from engine.simulation.noise import Floats, floats

Bits = NDArray[np.bool_]
Indices = NDArray[np.intp]
FINE = 4  # samples along an original pixel on the attacker's grid
AROUND_PX = 6  # original pixels kept around a module
SEARCH_PX = 3  # how far a module is looked for around its place, in original pixels
REACH_PX = 3  # original pixels around the one that is restored
RIDGE = 10.0  # against features that hardly vary; the result depends little on it
# Offsets of module structure: pixels of a module, modules of a window, darkness of a texture against solid black.
RULER_PX, WINDOW_MODULES, TEXTURE_DARKNESS = 6, 6, 0.75
LEAST_AGREEMENT = 0.5
QUIET_MODULES = 4
# A good office scanner at full resolution; assumption: optics as fine as its 2400-dpi pixels allow, 10-20 um.
FINE_SCANNER = ScannerSettings(dpi=2400, blur_um=15.0)


@dataclass(frozen=True, eq=False)
class Seen:
    """A genuine code on the attacker's grid, ``FINE`` samples along an original pixel.

    Parameters
    ----------
    lightness : NDArray[np.float32]
        (S, S) with ``margin`` samples around the code.
    modules, textured : NDArray[np.bool_]
        (n, n), True = black; True = carries a pattern.
    side_px : int
        Original pixels along a module.
    margin : int
        Samples around the code, at least a module.
    """

    lightness: Floats
    modules: Bits
    textured: Bits
    side_px: int
    margin: int

    @property
    def places(self) -> Indices:
        """Row and column of the textured modules, (N, 2)."""
        return np.argwhere(self.textured)


def sharpened(view: View, *, sigma_um: float = 40.0, amount: float = 4.0) -> Design:
    """Return the black-and-white design of a scan after unsharp masking; Otsu's threshold.

    Both values are those of a person who sharpens until dots stand out; the blur is about one 600-dpi dot.
    """
    import cv2

    grey = view.pixels.astype(np.float32)
    grey += np.float32(amount) * (grey - floats(cv2.GaussianBlur(grey, (0, 0), sigma_um / view.um_per_px)))
    clear = np.clip(np.rint(grey), 0, 255).astype(np.uint8)
    threshold, _ = cv2.threshold(clear, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    return Design(clear <= threshold, view.um_per_px)


def structure_offsets(seen: Seen) -> Floats:
    """Return how far each module lies from its place, (n, n, 2) x and y in samples, from module structure alone."""
    import cv2

    fine, side = FINE * seen.side_px, WINDOW_MODULES * RULER_PX
    darkness = np.where(seen.textured, TEXTURE_DARKNESS, seen.modules.astype(np.float64))
    ruler = np.kron(np.pad(1 - darkness, 1, constant_values=1.0), np.ones((RULER_PX, RULER_PX)))
    kept = seen.lightness[
        seen.margin - fine : fine - seen.margin or None, seen.margin - fine : fine - seen.margin or None
    ]
    grey = cv2.resize(kept, ruler.shape, interpolation=cv2.INTER_AREA)
    blurred = [floats(cv2.GaussianBlur(floats(each), (0, 0), 0.3 * RULER_PX)) for each in (ruler, grey)]
    wide = np.pad(blurred[1], RULER_PX // 2, mode="edge")
    count = len(seen.modules) + 2 - WINDOW_MODULES + 1
    offsets = np.zeros((count, count, 2), dtype=np.float32)
    for y, x in np.ndindex(count, count):
        top, left = RULER_PX * y, RULER_PX * x
        part = wide[top : top + side + RULER_PX, left : left + side + RULER_PX]
        agreement, moved = _best_place(part, blurred[0][top : top + side, left : left + side])
        if agreement >= LEAST_AGREEMENT:
            offsets[y, x] = moved - RULER_PX // 2
    smooth = [floats(cv2.GaussianBlur(cv2.medianBlur(offsets[..., k], 5), (0, 0), 1.0)) for k in (0, 1)]
    # Window (y, x) starts at module y - 1 and is centred near module y - 1 + WINDOW_MODULES / 2.
    before = WINDOW_MODULES // 2 - 1
    padded = [np.pad(each, (before, len(seen.modules) - count - before), mode="edge") for each in smooth]
    return np.stack(padded, axis=-1) * np.float32(fine / RULER_PX)


def cut_modules(seen: Seen, offsets: Floats) -> Floats:
    """Return the textured modules with their surroundings, (N, w, w), each at its own place and its own contrast 1."""
    import cv2

    fine = FINE * seen.side_px
    width = fine + 2 * FINE * AROUND_PX
    modules = np.empty((len(seen.places), width, width), dtype=np.float32)
    for index, (row, column) in enumerate(seen.places):
        x, y = offsets[row, column] + seen.margin + (fine - 1) / 2
        centre = (float(x) + fine * int(column), float(y) + fine * int(row))
        modules[index] = cv2.getRectSubPix(seen.lightness, (width, width), centre)
    return standardised(modules)


def standardised(modules: Floats) -> Floats:
    """Return each module, (N, w, w), with mean 0 and deviation 1; flat ones become 0."""
    centred = modules - modules.mean(axis=(1, 2), keepdims=True)
    deviation = centred.std(axis=(1, 2), keepdims=True)
    return np.divide(centred, deviation, out=np.zeros_like(centred), where=deviation > 0)


def aligned(seen: Seen, offsets: Floats, modules: Floats, classes: Indices) -> Floats:
    """Return offsets, (n, n, 2), after each module was laid upon the mean of its class, to fractions of a sample."""
    low, search = FINE * AROUND_PX, FINE * SEARCH_PX
    high = low + FINE * seen.side_px
    moved = np.zeros((len(modules), 2), dtype=np.float32)
    for index in np.unique(classes):
        own = np.flatnonzero(classes == index)
        mean = np.ascontiguousarray(modules[own].mean(axis=0)[low:high, low:high])
        for k in own:
            part = np.ascontiguousarray(modules[k, low - search : high + search, low - search : high + search])
            moved[k] = _best_place(part, mean)[1] - search
    result = offsets.copy()
    # The mean has no place of its own: without this all modules could drift together.
    result[seen.textured] += moved - moved.mean(axis=0)
    return result


def clustered(modules: Floats, count: int, *, seed: int, starts: int = 8, rounds: int = 20) -> Indices:
    """Return which of ``count`` classes each module, (N, w, w), looks like: k-means on correlation, best of several.

    Each start takes modules far from one another as its first centres.
    """
    low, high = FINE * AROUND_PX, modules.shape[1] - FINE * AROUND_PX
    core = modules[:, low:high, low:high]
    cells = (high - low) // FINE
    small = core.reshape(len(core), cells, FINE, cells, FINE).mean(axis=(2, 4)).reshape(len(core), -1)
    small = small - small.mean(axis=1, keepdims=True)
    unit = small / np.maximum(np.linalg.norm(small, axis=1, keepdims=True), 1e-9)
    random = generator(seed, "clusters")
    best, classes = -np.inf, np.zeros(len(unit), dtype=np.intp)
    for _ in range(starts):
        centres = unit[_far_apart(unit, count, int(random.integers(len(unit))))]
        for _ in range(rounds):
            found = (unit @ centres.T).argmax(axis=1)
            sums = np.stack([unit[found == k].sum(axis=0) if (found == k).any() else centres[k] for k in range(count)])
            centres = sums / np.linalg.norm(sums, axis=1, keepdims=True)
        alike = float((unit @ centres.T).max(axis=1).sum())
        if alike > best:
            best, classes = alike, (unit @ centres.T).argmax(axis=1).astype(np.intp)
    return classes


@dataclass(frozen=True, eq=False)
class Restorer:
    """A linear estimate of every original pixel from its printed and scanned surroundings, learnt by ridge regression.

    Parameters
    ----------
    weights : NDArray[np.float64]
        ((2 REACH_PX + 1)^2 + 1,), the last one constant.
    """

    weights: NDArray[np.float64]

    @classmethod
    def learnt(cls, modules: Floats, patterns: Bits) -> "Restorer":
        """Learn from modules, (N, w, w), whose patterns, (N, p, p), are known: the attacker's own prints."""
        features, wanted = _features(modules, patterns.shape[1]), patterns.reshape(-1).astype(np.float64)
        normal = features.T @ features + RIDGE * np.eye(features.shape[1])
        return cls(np.asarray(np.linalg.solve(normal, features.T @ wanted), dtype=np.float64))

    def patterns(self, modules: Floats, side_px: int, black_px: int) -> Bits:
        """Return the patterns, (N, p, p), that modules, (N, w, w), most likely show; ``black_px`` black in each."""
        values = (_features(modules, side_px) @ self.weights).reshape(len(modules), -1)
        bits = np.zeros(values.shape, dtype=np.bool_)
        np.put_along_axis(bits, np.argsort(-values, axis=1, kind="stable")[:, :black_px], True, axis=1)
        return bits.reshape(len(modules), side_px, side_px)


def forged(modules: Bits, textured: Bits, patterns: Bits, um_per_px: float) -> Design:
    """Return the design of a code with these patterns, (N, p, p), in its textured modules, with its quiet zone."""
    side = patterns.shape[1]
    blocks = np.broadcast_to(modules[:, :, None, None], (*modules.shape, side, side)).copy()
    blocks[textured] = patterns
    ink = blocks.swapaxes(1, 2).reshape(side * len(blocks), side * len(blocks))
    return Design(np.pad(ink, QUIET_MODULES * side), um_per_px)


def _features(modules: Floats, side_px: int) -> NDArray[np.float64]:
    """Return (N p p, (2 REACH_PX + 1)^2 + 1): means over original pixels around each, and a constant."""
    count, width, _ = modules.shape
    cells = width // FINE
    small = modules.reshape(count, cells, FINE, cells, FINE).mean(axis=(2, 4))
    window = 2 * REACH_PX + 1
    around = np.lib.stride_tricks.sliding_window_view(small, (window, window), axis=(1, 2))
    first = (cells - side_px) // 2 - REACH_PX
    own = around[:, first : first + side_px, first : first + side_px].reshape(-1, window**2)
    return np.column_stack([own, np.ones(len(own))]).astype(np.float64)


def _far_apart(unit: Floats, count: int, first: int) -> list[int]:
    chosen = [first]
    while len(chosen) < count:
        chosen.append(int((unit @ unit[chosen].T).max(axis=1).argmin()))
    return chosen


def _best_place(part: Floats, template: Floats) -> tuple[float, Floats]:
    """Return the best correlation of a template in a part and its place, x and y, to fractions by a parabola."""
    import cv2

    scores = floats(cv2.matchTemplate(part, template, cv2.TM_CCOEFF_NORMED))
    y, x = (int(k) for k in np.unravel_index(int(scores.argmax()), scores.shape))
    return float(scores[y, x]), np.array([x + _vertex(scores[y], x), y + _vertex(scores[:, x], y)], dtype=np.float32)


def _vertex(line: Floats, best: int) -> float:
    if not 0 < best < len(line) - 1:
        return 0.0
    before, here, after = (float(value) for value in line[best - 1 : best + 2])
    bend = before - 2 * here + after
    return (before - after) / (2 * bend) if bend < 0 else 0.0
