"""Write an evaluation of micro-pattern labels: tables as CSV, rates beside the paper's, and curves as SVG."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.etree import ElementTree

from pydantic import BaseModel

from engine.core.errors import InputError
from engine.core.evaluations_labels import LabelCurveRow, LabelEvaluation
from engine.core.operating import Rate
from engine.core.records import canonical_json
from engine.workflows.evaluation.drawing import add_line, add_text, picture, to_bytes
from engine.workflows.evaluation.label_conditions import DAMAGES
from engine.workflows.evaluation.label_protocol import LIBRARY
from engine.workflows.evaluation.micro_pattern import NETWORK, USUAL, Evaluated
from engine.workflows.evaluation.tables import flat, rate_text, write_table

# He et al. 2024, table 1: accuracy in per cent on 10,000 real and 10,000 fake labels; classified or not. Queries were
# augmented photographs of labels that the network was trained on, and the right label was not asked for.
PAPER = {False: (99.77, 98.70), True: (98.87, 98.73)}
WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 520.0, 320.0, 56.0, 46.0, 36.0, 20.0
LETTERS = 10  # pixels high
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")  # Okabe and Ito: the colour-blind tell them apart


def write_label_evaluation(found: Evaluated, folder: Path) -> tuple[Path, ...]:
    """Write ``evaluation.json``, the tables, a figure for each curve, and the operating points where there are any.

    Raises
    ------
    InputError
        The folder cannot be written.
    """
    record = found.record
    tables: dict[str, Sequence[BaseModel]] = {
        "rates": record.rows,
        "thresholds": record.thresholds,
        "curves": record.curves,
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        written = [_bytes(folder / "evaluation.json", canonical_json(record.to_json()) + b"\n")]
        for name, rows in tables.items():
            if rows:
                written.append(write_table(folder / f"{name}.csv", [dict(flat(row)) for row in rows]))
        parameters = dict.fromkeys(row.parameter for row in record.curves if row.parameter != LIBRARY)
        written += [_bytes(folder / f"curve-{name}.svg", curve_svg(record, name)) for name in parameters]
        for point in found.operating_points:
            name = "operating_point" + ("_classified" if point.settings["classified"] else "")
            written.append(_bytes(folder / f"{name}.json", canonical_json(point.to_json()) + b"\n"))
    except OSError as error:
        what = f"The evaluation could not be written ({error.strerror})"
        raise InputError(what, where=str(folder), remedy="Choose another folder.") from error
    return tuple(written)


def label_lines(record: LabelEvaluation) -> Iterator[str]:
    """Yield the rates and curves as lines of text, the paper's beside those at middle strength."""
    yield (
        f"Simulated. {record.labels} labels enrolled, one vector each; thresholds from {record.tuning_labels} others. "
        "Real: the right label, and it passes; fake: none passes"
    )
    for row in record.rows:
        way = f"{row.compared_by}, classified" if row.classified else row.compared_by
        paper = PAPER[row.classified] if row.strength == USUAL and row.compared_by == NETWORK else None
        beside = f"   paper {paper[0]:.2f} / {paper[1]:.2f} %" if paper else ""
        yield (
            f"{way:28} {row.strength:6} real {rate_text(row.real)}  fake {rate_text(row.fake)}"
            f"  first {_per_cent(row.first)}  frame found {_per_cent(row.found)}{beside}"
        )
    for curve in record.curves:
        yield (
            f"{curve.compared_by:28} {curve.parameter} {_level(curve)}: real {rate_text(curve.real)}"
            + (f"  fake {rate_text(curve.fake)}" if curve.fake else "")
            + f"  first {_per_cent(curve.first)}  frame found {_per_cent(curve.found)}"
        )


def curve_svg(record: LabelEvaluation, parameter: str) -> bytes:
    """Return the share of genuine captures that are recognised, against one effect or damage, as SVG."""
    rows = [row for row in record.curves if row.parameter == parameter]
    title = f"Recognised under {parameter}, {record.labels} labels enrolled (simulated)"
    image = picture(WIDTH, HEIGHT, title)
    add_text(image, LEFT, TOP - 18, title, LETTERS)
    highest = max((row.level for row in rows), default=0.0) or 1.0

    def place(level: float, share: float) -> tuple[float, float]:
        across = LEFT + (WIDTH - LEFT - RIGHT) * level / highest
        return across, HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * share

    for tick in range(0, 101, 20):
        x, y = place(0.0, tick / 100)
        add_line(image, x, WIDTH - RIGHT, y, "#cccccc")
        add_text(image, 8, y + 4, f"{tick} %", LETTERS)
    for level in sorted({row.level for row in rows}):
        add_text(image, place(level, 0)[0] - 8, HEIGHT - BOTTOM + 16, _shown(parameter, level), LETTERS)
    for number, way in enumerate(dict.fromkeys(row.compared_by for row in rows)):
        own = sorted((row.level, row.real.value) for row in rows if row.compared_by == way)
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*pair) for pair in own))
        colour = COLOURS[number % len(COLOURS)]
        drawn = ElementTree.SubElement(image, "polyline", points=points, fill="none", stroke=colour)
        drawn.set("stroke-width", "2")
        add_text(image, LEFT + number * (WIDTH - LEFT) / 4, HEIGHT - 10, way, LETTERS, colour)
    return to_bytes(image)


def _level(row: LabelCurveRow) -> str:
    return _shown(row.parameter, row.level)


def _shown(parameter: str, level: float) -> str:
    if parameter == LIBRARY:
        return f"of {level:.0f}"
    return f"{100 * level:.0f} %" if parameter in DAMAGES else f"x{level:g}"


def _bytes(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def _per_cent(own: Rate) -> str:
    return f"{100 * own.value:.2f} %"
