"""Write an evaluation as files: tables as CSV, Table 1 beside the paper's, and figures 10 and 11 as SVG."""

import csv
import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from xml.etree import ElementTree

from pydantic import BaseModel, ValidationError

from engine.core.codes import Scheme
from engine.core.errors import InputError
from engine.core.evaluations import CodeScore, CutRow, Evaluation, Range, RatesRow, SummaryRow, value_range
from engine.core.records import canonical_json
from engine.workflows.evaluation.code_protocol import AUTHENTIC, COPY, EDGES, EDGES_REFINED, FINDERS, FINDERS_REFINED
from engine.workflows.evaluation.drawing import Image, add_line, add_text, picture, to_bytes
from engine.workflows.evaluation.tables import flat, rate_text, write_table

# Xie and Tan 2021, section 3.3 and table 1: threshold, then FAR, FRR and NACC in per cent; experiment 1.
PAPER = {
    (False, "TH1"): (0.2167, 11.67, 17.50, 85.42),
    (False, "TH2"): (0.2084, 20.00, 13.33, 83.33),
    (False, "TH3"): (0.2273, 0.83, 25.83, 86.67),
    (True, "TH1"): (0.2750, 0.0, 0.0, 100.0),
    (True, "TH2"): (0.2739, 0.0, 0.0, 100.0),
    (True, "TH3"): (0.2759, 0.0, 0.0, 100.0),
}
# Section 3.3: by how many per cent refinement cut the deviation; experiment and kind.
PAPER_CUTS = {(1, AUTHENTIC): 57.53, (1, COPY): 81.72, (2, AUTHENTIC): 64.46, (2, COPY): 80.65}
REFINED = {FINDERS: False, FINDERS_REFINED: True, EDGES: False, EDGES_REFINED: True}
WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 760.0, 440.0, 60.0, 50.0, 40.0, 20.0
LETTERS = 11  # pixels high
# Okabe and Ito's colours, which the colour-blind tell apart; without refinement paler.
MARKS = {
    (AUTHENTIC, FINDERS): ("#56b4e9", "authentic, without refinement"),
    (COPY, FINDERS): ("#e69f00", "copies, without refinement"),
    (AUTHENTIC, FINDERS_REFINED): ("#0072b2", "authentic, with refinement"),
    (COPY, FINDERS_REFINED): ("#d55e00", "copies, with refinement"),
}


def write_evaluation(found: Evaluation, folder: Path) -> tuple[Path, ...]:
    """Write ``evaluation.json``, the tables as CSV, and for every scheme figures 10 and 11 of the first seed.

    Raises
    ------
    InputError
        The folder cannot be written.
    """
    tables: dict[str, Sequence[BaseModel]] = {
        "summary": found.summary,
        "rates": found.rows,
        "indicators": found.scores,
        "deviations-cut": found.cuts,
        "strengths": found.strengths,
        "forged-ids": found.forged_ids,
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        record = folder / "evaluation.json"
        # The indicators, by far the most of it, stand in their table.
        record.write_bytes(canonical_json(found.model_copy(update={"scores": ()}).to_json()) + b"\n")
        written = [record]
        for name, rows in tables.items():
            if rows:
                written.append(write_table(folder / f"{name}.csv", [dict(flat(row)) for row in rows]))
        written.append(write_table(folder / "table-1.csv", list(table_1(found.summary))))
        for scheme in found.schemes:
            for figure, experiment in ((10, 1), (11, 2)):
                path = folder / f"figure-{figure}-{scheme}.svg"
                path.write_bytes(figure_svg(found, scheme, experiment))
                written.append(path)
    except OSError as error:
        raise InputError(
            f"The evaluation could not be written ({error.strerror})",
            where=str(folder),
            remedy="Choose another folder.",
        ) from error
    return tuple(written)


def read_scores(folders: Sequence[Path]) -> Iterator[CodeScore]:
    """Yield the indicators that evaluations wrote into these folders.

    Raises
    ------
    InputError
        A folder has no such table, or it is no table of indicators.
    """
    for folder in folders:
        path = folder / "indicators.csv"
        try:
            with path.open(encoding="utf-8", newline="") as file:
                for row in csv.DictReader(file, strict=True):
                    values: dict[str, object] = {name: value for name, value in row.items() if value != ""}
                    values["simulated"] = row.get("simulated") == "True"
                    yield CodeScore.model_validate(values)
        except (OSError, UnicodeDecodeError, csv.Error, ValidationError) as error:
            raise InputError(
                "This is no table of indicators", where=str(path), remedy="Name folders that evaluate wrote with --out."
            ) from error


def table_1(summary: Iterable[SummaryRow]) -> Iterator[dict[str, object]]:
    """Yield, for plain copies and both experiments, our means over seeds (per cent) beside the paper's table 1.

    The paper gives figures of experiment 2 with refinement only: all 100 %.
    """
    for row in summary:
        if row.attack != COPY:
            continue
        refined = REFINED[row.placement]
        paper = PAPER.get((refined, row.threshold)) if row.experiment == 1 or refined else None
        names = ("paper_threshold", "paper_far", "paper_frr", "paper_nacc")
        yield {
            "simulated": True,
            "scheme": row.scheme.value,
            "experiment": row.experiment,
            "placement": row.placement,
            "threshold": row.threshold,
            "seeds": len(row.seeds),
            "value": round(row.value.mean, 4),
            **{name: _per_cent(value) for name, value in (("far", row.far), ("frr", row.frr), ("nacc", row.nacc))},
            **dict(zip(names, paper or ("",) * 4, strict=True)),
        }


def table_1_lines(summary: Iterable[SummaryRow]) -> Iterator[str]:
    """Yield the table as lines of text: ours, mean and range over seeds, and the paper's."""
    for row in table_1(summary):
        if row["experiment"] == 1 or row["placement"] == EDGES_REFINED:
            paper = (
                f"   paper {row['paper_far']} / {row['paper_frr']} / {row['paper_nacc']}" if row["paper_nacc"] else ""
            )
            yield (
                f"{row['scheme']:8} experiment {row['experiment']} {row['placement']:15} {row['threshold']:6} "
                f"{row['value']:.4f}  FAR {row['far']}  FRR {row['frr']}  NACC {row['nacc']} %{paper}"
            )


def attack_lines(summary: Iterable[SummaryRow], placement: str, threshold: str) -> Iterator[str]:
    """Yield the FAR of every attack at one rule, pooled over seeds with its interval, as lines of text."""
    for row in summary:
        if (row.placement, row.threshold) == (placement, threshold):
            far, got = row.far_pooled, row.recovered
            right = f"  {100 * got.mean:.1f} % of the pixels right" if got else ""
            yield (
                f"{row.scheme:8} experiment {row.experiment} {row.attack:20} FAR {rate_text(far)}"
                f"  FRR {rate_text(row.frr_pooled)}{right}"
            )


def cut_lines(cuts: Iterable[CutRow]) -> Iterator[str]:
    """Yield by how much refinement cut the deviation, mean and range over seeds, beside the paper's figure."""
    groups: dict[tuple[Scheme, int, str, str], list[float]] = {}
    for cut in cuts:
        groups.setdefault((cut.scheme, cut.experiment, cut.kind, cut.placement), []).append(cut.per_cent)
    for (scheme, experiment, kind, placement), values in groups.items():
        found = value_range(values)
        yield (
            f"{scheme:8} experiment {experiment} {kind:9} {placement:8} {found.mean:.1f} % "
            f"({found.low:.1f} to {found.high:.1f})   paper {PAPER_CUTS[experiment, kind]} %"
        )


def figure_svg(found: Evaluation, scheme: Scheme, experiment: int) -> bytes:
    """Return figure 10 (experiment 1) or 11 (2): the indicators of all codes of the first seed, and TH1."""
    shown = [
        each
        for each in found.scores
        if (each.scheme, each.seed, each.experiment) == (scheme, found.seeds[0], experiment)
        and (each.kind, each.placement) in MARKS
    ]
    limits = [
        row
        for row in found.rows
        if (row.scheme, row.seed, row.experiment, row.attack, row.threshold)
        == (scheme, found.seeds[0], experiment, COPY, "TH1")
        and row.placement in (FINDERS, FINDERS_REFINED)
    ]
    title = f"Authenticity indicators, scheme {scheme}, experiment {experiment}, seed {found.seeds[0]} (simulated)"
    image = picture(WIDTH, HEIGHT, title)
    add_text(image, LEFT, TOP - 22, title, LETTERS)
    _draw(image, shown, limits)
    return to_bytes(image)


def _draw(image: Image, shown: Sequence[CodeScore], limits: Sequence[RatesRow]) -> None:
    top = math.ceil(10 * max((each.indicator for each in shown), default=0.5)) / 10
    places: dict[tuple[str, str], int] = {}
    count = max(1, len({each.piece for each in shown}))

    def height(value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * max(value, 0.0) / top

    for tick in range(round(10 * top) + 1):
        y = height(tick / 10)
        add_line(image, LEFT, WIDTH - RIGHT, y, "#cccccc")
        add_text(image, 8, y + 4, f"{tick / 10:.1f}", LETTERS)
    for row in limits:
        add_line(image, LEFT, WIDTH - RIGHT, height(row.value), "#000000", dashed=row.placement == FINDERS)
        add_text(image, WIDTH - 130, height(row.value) - 4, f"TH1 {row.value:.4f}", LETTERS)
    for each in shown:
        key = (each.kind, each.placement)
        places[key] = places.get(key, 0) + 1
        x = LEFT + (WIDTH - LEFT - RIGHT) * (places[key] - 0.5) / count
        ElementTree.SubElement(
            image, "circle", cx=f"{x:.1f}", cy=f"{height(each.indicator):.1f}", r="2.5", fill=MARKS[key][0]
        )
    for number, (colour, text) in enumerate(MARKS.values()):
        x = LEFT + number * (WIDTH - LEFT - RIGHT) / len(MARKS)
        ElementTree.SubElement(image, "circle", cx=f"{x:.1f}", cy=f"{HEIGHT - 20:.1f}", r="4", fill=colour)
        add_text(image, x + 9, HEIGHT - 16, text, LETTERS)


def _per_cent(found: Range) -> str:
    return f"{100 * found.mean:.2f} ({100 * found.low:.2f} to {100 * found.high:.2f})"
