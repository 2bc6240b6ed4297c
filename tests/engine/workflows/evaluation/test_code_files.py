"""The files of an evaluation: tables that can be read back, Table 1 beside the paper's, figures that are drawn."""

import csv
import json
from xml.etree import ElementTree

import pytest

from engine.core.codes import Scheme
from engine.core.errors import InputError
from engine.core.evaluations import Evaluation, Profile
from engine.core.operating import Interval, Rate
from engine.workflows.evaluation.code_files import attack_lines, read_scores, table_1, table_1_lines, write_evaluation
from engine.workflows.evaluation.two_level_qr import combined, cuts_of, rows_of, summarised
from tests.engine.workflows.evaluation.test_two_level_qr import made_up

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def found():
    scores = made_up()
    decided = list(rows_of(scores))
    return Evaluation(
        profile=Profile.QUICK, seeds=(1,), schemes=(Scheme.UNIQUE,), codes=24, attack_codes=10, attacks=("stronger",),
        scores=tuple(scores), rows=tuple(each.row for each in decided), cuts=tuple(cuts_of(scores)),
        summary=tuple(summarised(decided)), forged_ids=(), strengths=(),
    )  # fmt: skip


def test_table_1_has_the_papers_figures_where_it_has_any(found):
    rows = {(r["experiment"], r["placement"], r["threshold"]): r for r in table_1(found.summary)}
    assert rows[1, "finders", "TH1"]["paper_nacc"] == 85.42
    assert rows[1, "finders", "TH3"]["paper_frr"] == 25.83
    assert rows[2, "finders refined", "TH2"]["paper_far"] == 0.0
    assert rows[2, "finders", "TH1"]["paper_nacc"] == ""
    assert rows[1, "edges refined", "split"]["paper_nacc"] == ""
    assert rows[1, "finders", "TH1"]["nacc"] == "100.00 (100.00 to 100.00)"
    lines = list(table_1_lines(found.summary))
    assert any("paper 11.67 / 17.5 / 85.42" in line for line in lines)
    # A paper's row of 0 / 0 / 100 is shown as well.
    assert any("paper 0.0 / 0.0 / 100.0" in line for line in lines)


def test_attacks_are_told_with_their_intervals(found):
    lines = list(attack_lines(found.summary, "edges refined", "TH1"))
    assert len(lines) == 4
    assert any("stronger" in line and "FAR 100.00 %" in line and "10 of 10" in line for line in lines)
    assert any("75.0 % of the pixels right" in line for line in lines)


def test_tables_and_figures_are_written(found, tmp_path):
    written = {path.name: path for path in write_evaluation(found, tmp_path / "out")}
    assert set(written) == {
        "evaluation.json", "summary.csv", "rates.csv", "indicators.csv", "deviations-cut.csv", "table-1.csv",
        "figure-10-unique.svg", "figure-11-unique.svg",
    }  # fmt: skip
    with written["rates.csv"].open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(found.rows)
    far = found.rows[0].far
    assert Rate(
        events=int(rows[0]["far_events"]),
        trials=int(rows[0]["far_trials"]),
        interval=Interval(
            low=float(rows[0]["far_low"]), high=float(rows[0]["far_high"]), level=0.95, method=rows[0]["far_interval"]
        ),
    ) == far.model_copy(update={"objects": None})
    assert rows[0]["simulated"] == "True"
    record = json.loads(written["evaluation.json"].read_bytes())
    assert Evaluation.from_json(record).summary == found.summary
    with written["indicators.csv"].open(encoding="utf-8", newline="") as file:
        assert [float(row["indicator"]) for row in csv.DictReader(file)] == [each.indicator for each in found.scores]


def test_figures_show_every_code_and_the_threshold(found, tmp_path):
    write_evaluation(found, tmp_path)
    image = ElementTree.fromstring((tmp_path / "figure-10-unique.svg").read_bytes())
    dots = [circle for circle in image.iter(f"{SVG}circle") if circle.get("r") == "2.5"]
    assert len(dots) == 2 * 2 * 24
    text = " ".join(each.text or "" for each in image.iter(f"{SVG}text"))
    assert "simulated" in text
    assert text.count("TH1") == 2
    # Authentic codes are drawn above copies.
    ys = {colour: [float(c.get("cy")) for c in dots if c.get("fill") == colour] for colour in ("#0072b2", "#d55e00")}
    assert max(ys["#0072b2"]) < min(ys["#d55e00"])


def test_a_folder_that_cannot_be_written_is_named(found, tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(InputError, match="file"):
        write_evaluation(found, tmp_path / "file")


def test_runs_that_were_done_in_parts_are_pooled_as_if_they_were_one(found, tmp_path):
    whole = made_up(1) + made_up(2)
    parts = {"a": made_up(1), "b": [each for each in made_up(2) if each.kind != "stronger"], "c": made_up(2)}
    for name, scores in parts.items():
        write_evaluation(found.model_copy(update={"scores": tuple(scores)}), tmp_path / name)
    pooled = combined(read_scores([tmp_path / name for name in parts]))
    decided = [each for seed in (1, 2) for each in rows_of([score for score in whole if score.seed == seed])]
    assert pooled.summary == tuple(summarised(decided))
    assert (pooled.seeds, pooled.codes, pooled.attack_codes, pooled.profile) == ((1, 2), 24, 10, None)


def test_a_piece_that_two_runs_measured_differently_is_named_and_counted_by_none():
    first = made_up(1)
    other = first[0].model_copy(update={"indicator": first[0].indicator + 0.1})
    with pytest.raises(InputError, match="unique, seed 1: authentic authentic 0"):
        combined([*first, other])


@pytest.mark.parametrize("text", ["", "seed,kind\n1,x\n", "\x00\xff"])
def test_what_is_no_table_of_indicators_is_named(text, tmp_path):
    (tmp_path / "indicators.csv").write_text(text, encoding="latin-1")
    with pytest.raises(InputError, match=r"indicators\.csv|no authentic"):
        combined(read_scores([tmp_path]))
    with pytest.raises(InputError, match="indicators"):
        combined(read_scores([tmp_path / "nowhere"]))
