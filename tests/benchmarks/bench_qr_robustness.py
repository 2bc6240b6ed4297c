"""Two-level codes captured badly or damaged (simulated): how often the decision is right, open or wrong.

Prints one JSON object for each condition. The operating point rests, by equation (5), on codes of its own, printed and
scanned at 600 dpi; its domain is 570 to 630 dpi, so at other resolutions it says nothing. ``right``, ``inconclusive``
and ``wrong`` count authentic codes and copies by the classification; ``inconclusive`` holds those outside the domain,
``not_read`` those of them that no reader could read. ``bare_threshold`` is what the threshold alone would have said of
the codes that were measured, outside its domain too, and of damage and coarseness it would know nothing.

Rotation: every 10 degrees, each of a scan of its own. Perspective: the piece leans by that angle, seen from five code
widths away, computed from a scan at 1,200 dpi. Torn: the lower right corner is gone up to a third of the code's sides,
or the lower left one, which holds a finder pattern, up to a fifth. Scratch: straight white lines, a third of a module
wide, until a fifth of the modules is touched. Band: one straight white band over a fifth of the code's area.

    python -m tests.benchmarks.bench_qr_robustness [--codes 9] [--scheme ordered|random|unique]
"""

import argparse
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from engine.core.case import Device
from engine.core.codes import Scheme
from engine.core.finding import Finding
from engine.core.method import Inputs, SeriesParameters
from engine.core.operating import Domain, Interval, OperatingPoint, Rate, ScoreSet
from engine.core.seeds import generator
from engine.evaluation.curves import threshold_between_means
from engine.jobs import JobContext
from engine.methods.two_level_qr.decision import classify
from engine.methods.two_level_qr.examination import Outcome, TwoLevelQr, TwoLevelQrSettings
from engine.methods.two_level_qr.generation import generate
from engine.methods.two_level_qr.series import Series, make_series
from engine.simulation import laser
from engine.simulation.channel import copied, scan
from engine.simulation.printing import Print
from engine.workflows.evaluation.code_protocol import SEARCH
from tests.engine.methods.two_level_qr.samples import Held

Pixels = np.ndarray
TUNING = 12  # authentic codes, and as many copies
MODULE_PX = 12
COLOUR = 235  # of what is scratched or torn away


@dataclass(frozen=True)
class Piece:
    """One printed code, and whether it is a copy."""

    number: int
    genuine: bool
    print: Print

    def scanned(self, seed: int, *, dpi: int = 600, rotation: float = 0.0) -> Pixels:
        """Return a scan."""
        scanner = laser.M126_SCANNER.model_copy(update={"dpi": dpi})
        return scan(self.print, scanner, seed=1000 * self.number + seed, rotation_deg=rotation).pixels


def main() -> None:
    """Print a line for each condition."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--codes", type=int, default=9)
    parser.add_argument("--scheme", type=Scheme, default=Scheme.ORDERED)
    options = parser.parse_args()
    start = time.process_time()
    key = hashlib.sha256(b"robustness").digest()
    series = make_series("Robustness", key=key, scheme=options.scheme, search=SEARCH)
    point = operating_point(series, list(pieces(series, range(TUNING))))
    tested = list(pieces(series, range(TUNING, TUNING + options.codes)))
    for name, captures in conditions().items():
        print(json.dumps({"condition": name, **counted(series, point, tested, captures)}), flush=True)
    for name, pixels in strange(series, tested[0]).items():
        said = examined(pixels, series)
        cautions = [caution.text for caution in said.cautions if caution.key in ("no code", "another code")]
        passes = classify(said, point, Held(pixels).capture).passes
        print(json.dumps({"condition": name, "outcome": said.outcome, "passes": passes, "told": cautions}), flush=True)
    print(json.dumps({"simulated": True, "scheme": options.scheme, "threshold": round(point.threshold, 4),
                      "cpu_s": round(time.process_time() - start)}))  # fmt: skip


def pieces(series: Series, numbers: range) -> Iterator[Piece]:
    """Yield an authentic code and its copy for each number."""
    for number in numbers:
        code = generate(series, f"ROBUST-{number:06d}")
        authentic = Print(code.design, number, settings=laser.M126_PRINTER)
        yield Piece(2 * number, True, authentic)
        yield Piece(2 * number + 1, False, copied(authentic, settings=laser.M377_COPIER, seed=5000 + number))


def conditions() -> dict[str, Callable[[Piece], list[Pixels]]]:
    """Return what captures of a piece each condition makes."""
    found: dict[str, Callable[[Piece], list[Pixels]]] = {"plain, 600 dpi": lambda piece: [piece.scanned(1)]}
    found["rotation, every 10 degrees"] = lambda piece: [
        piece.scanned(turn, rotation=turn) for turn in range(10 * (piece.number // 2 % 9), 360, 90)
    ]
    for dpi in (300, 1200):
        found[f"{dpi} dpi"] = lambda piece, dpi=dpi: [piece.scanned(2, dpi=dpi)]
    for lean in (5, 10, 15):
        found[f"perspective, {lean} degrees"] = lambda piece, lean=lean: [
            leaning(piece.scanned(3, dpi=1200), lean, 40 * piece.number)
        ]
    found["JPEG quality 60"] = lambda piece: [jpeg(piece.scanned(4), 60)]
    found["torn corner"] = lambda piece: [torn(piece.scanned(5), 1 / 3, lowest=True)]
    found["torn corner with a finder pattern"] = lambda piece: [torn(piece.scanned(5), 1 / 5, lowest=False)]
    found["scratch over a fifth of the modules"] = lambda piece: [scratched(piece.scanned(6), piece.number)]
    found["band over a fifth of the code"] = lambda piece: [banded(piece.scanned(7), piece.number)]
    return found


def counted(
    series: Series, point: OperatingPoint, tested: list[Piece], captures: Callable[[Piece], list[Pixels]]
) -> dict[str, object]:
    """Return the counts of a condition."""
    rows = {kind: dict.fromkeys(("right", "inconclusive", "wrong", "not_read"), 0) for kind in ("authentic", "copies")}
    bare, local = {"right": 0, "wrong": 0}, 0
    for piece in tested:
        row = rows["authentic" if piece.genuine else "copies"]
        for pixels in captures(piece):
            found = examined(pixels, series)
            passes = classify(found, point, Held(pixels).capture).passes
            row["inconclusive" if passes is None else "right" if passes == piece.genuine else "wrong"] += 1
            if found.outcome != Outcome.MEASURED:
                row["not_read"] += 1
                continue
            local += any(caution.key == "local loss" for caution in found.cautions)
            bare["right" if (indicator(found) >= point.threshold) == piece.genuine else "wrong"] += 1
    return {**rows, "bare_threshold": bare, "told_as_local_loss": local}


def examined(pixels: Pixels, series: Series) -> Finding:
    """Return the finding of a capture."""
    inputs = Inputs(Held(pixels), SeriesParameters(series))
    return TwoLevelQr().examine(inputs, TwoLevelQrSettings(), JobContext())


def indicator(found: Finding) -> float:
    """Return the refined indicator."""
    value = found.score("indicator").value
    assert value is not None
    return value


def operating_point(series: Series, tuned: list[Piece]) -> OperatingPoint:
    """Return a point whose threshold lies between the means of plain scans."""
    values = {kind: tuple(indicator(examined(piece.scanned(0), series)) for piece in tuned if piece.genuine is kind)
              for kind in (True, False)}  # fmt: skip
    scores = ScoreSet(genuine=values[True], counterfeit=values[False], data_sha256="0" * 64)
    unknown = Rate(events=0, trials=1, interval=Interval(low=0, high=1, level=0.95, method="not measured"))
    domain = Domain(
        simulated=True, capture_device=Device.SCANNER, scanner="M126", printer="M126", dpi_low=570, dpi_high=630
    )
    return OperatingPoint(
        id="point-0000000000000001", name="Bench", method=TwoLevelQr.key, method_version=TwoLevelQr.version,
        settings=TwoLevelQrSettings().to_json(), series_sha256=series.sha256, score="indicator",
        threshold=threshold_between_means(*values.values()), rule="equation (5)", domain=domain, tuning=scores,
        test=scores, far=unknown, frr=unknown,
    )  # fmt: skip


def strange(series: Series, piece: Piece) -> dict[str, Pixels]:
    """Return what is no whole code of the series."""
    pixels = piece.scanned(8)
    ordinary = generate(series, "ROBUST-999999").layout.modules
    solid = np.pad(np.kron(ordinary, np.ones((MODULE_PX, MODULE_PX), dtype=bool)), 4 * MODULE_PX)
    return {
        "blank page": np.full_like(pixels, COLOUR),
        "half a code": np.ascontiguousarray(pixels[:, : pixels.shape[1] // 2]),
        "an ordinary QR code with the text of one of the series": np.where(solid, 20, COLOUR).astype(np.uint8),
    }


def leaning(pixels: Pixels, degrees: float, turn: float) -> Pixels:
    """Return the scan seen at half its size from five widths away, leaning about an axis that ``turn`` gives."""
    size = len(pixels)
    middle, angle, lean = (size - 1) / 2, np.radians(turn), np.radians(degrees)
    axis = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    view = np.array([[1, 0, 0], [0, np.cos(lean), 0], [0, np.sin(lean) / (5 * size), 1]])
    here = np.array([[1, 0, -middle], [0, 1, -middle], [0, 0, 1]])
    there = np.array([[0.5, 0, size / 4], [0, 0.5, size / 4], [0, 0, 1]])
    matrix = there @ axis.T @ view @ axis @ here
    soft = cv2.GaussianBlur(pixels, (0, 0), 0.7)  # a pixel of the view integrates over two of the scan
    return cv2.warpPerspective(soft, matrix, (size // 2, size // 2), flags=cv2.INTER_LINEAR, borderValue=COLOUR)


def jpeg(pixels: Pixels, quality: int) -> Pixels:
    """Return the pixels after compression."""
    _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)


def torn(pixels: Pixels, share: float, *, lowest: bool) -> Pixels:
    """Return the scan without a lower corner of the code, up to ``share`` of its sides."""
    first, last = code_edges(pixels)
    reach = round(share * (last - first))
    x, inward = (last, -1) if lowest else (first, 1)
    corner = np.array([[x - inward * 30, last + 30], [x + inward * reach, last + 30], [x - inward * 30, last - reach]])
    return cv2.fillPoly(pixels.copy(), [corner.astype(np.int32)], COLOUR)


def scratched(pixels: Pixels, seed: int) -> Pixels:
    """Return the scan with straight scratches that touch a fifth of the code's modules."""
    first, last = code_edges(pixels)
    random, result = generator(seed, "scratches"), pixels.copy()
    touched = np.zeros_like(pixels)
    while True:
        ends = random.uniform(first, last, (2, 2)).round().astype(int)
        cv2.line(result, *ends.tolist(), COLOUR, MODULE_PX // 3)
        cv2.line(touched, *ends.tolist(), 255, MODULE_PX // 3)
        count = (last - first) // MODULE_PX
        blocks = touched[first : first + count * MODULE_PX, first : first + count * MODULE_PX]
        if (blocks.reshape(count, MODULE_PX, count, MODULE_PX).max(axis=(1, 3)) > 0).mean() >= 0.2:
            return result


def banded(pixels: Pixels, seed: int) -> Pixels:
    """Return the scan with a white band, a fifth of the code wide, between the finder patterns."""
    first, last = code_edges(pixels)
    side = last - first
    left = first + round(side * generator(seed, "band").uniform(0.27, 0.5))
    result = pixels.copy()
    result[first:last, left : left + side // 5] = COLOUR
    return result


def code_edges(pixels: Pixels) -> tuple[int, int]:
    """Return where a code of a plain scan begins and ends, in both directions: a margin of 1 mm, four modules."""
    margin = 24 + 4 * MODULE_PX
    return margin, len(pixels) - margin


if __name__ == "__main__":
    main()
