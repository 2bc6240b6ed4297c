"""``evaluate``: what it prints and writes, on an evaluation that takes no time."""

import pytest

from engine.cli.main import main
from engine.core.codes import Scheme
from engine.core.evaluations import Evaluation, Profile
from engine.workflows.evaluation import two_level_qr
from engine.workflows.evaluation.two_level_qr import cuts_of, rows_of, summarised
from tests.engine.workflows.evaluation.test_two_level_qr import made_up


@pytest.fixture
def asked(monkeypatch):
    """What the workflow was asked, instead of half a minute of simulation."""
    asked: dict[str, object] = {}

    def evaluate(**options: object) -> Evaluation:
        asked.update(options)
        scores = made_up()
        decided = list(rows_of(scores))
        return Evaluation(
            profile=Profile.QUICK, seeds=(1,), schemes=(Scheme.UNIQUE,), codes=24, attack_codes=10,
            attacks=("stronger",), scores=tuple(scores), rows=tuple(each.row for each in decided),
            cuts=tuple(cuts_of(scores)), summary=tuple(summarised(decided)), forged_ids=(), strengths=(),
        )  # fmt: skip

    monkeypatch.setattr(two_level_qr, "evaluate_two_level_qr", evaluate)
    return asked


def test_json_has_one_row_a_line_and_says_simulated(run, asked, tmp_path):
    code, lines, _ = run("evaluate", "two-level-qr", "--schemes", "unique", "--seeds", 3, "--out", tmp_path / "out")
    assert code == 0
    assert asked["schemes"] == [Scheme.UNIQUE]
    assert asked["seeds"] == [3]
    assert asked["profile"] is Profile.QUICK
    rows = [line["summary"] for line in lines if "summary" in line]
    assert len(rows) == 2 * 2 * 4 * 6
    assert all(row["simulated"] is True for row in rows)
    assert (tmp_path / "out" / "table-1.csv").is_file()
    assert sum("written" in line for line in lines) == 8


def test_text_tells_the_papers_figures_and_every_attack(asked, capsys):
    assert main(["evaluate", "two-level-qr", "--attacks", "--no-strengths"]) == 0
    text = capsys.readouterr().out
    assert asked["attacks"] == []
    assert asked["strengths"] is False
    assert text.startswith("Simulated.")
    assert "paper 11.67 / 17.5 / 85.42" in text
    assert text.count("stronger") == 2 * 2 * 3


@pytest.mark.parametrize("wrong", [["--codes", "3"], ["--attack-codes", "0"], ["--attacks", "telepathy"]])
def test_wrong_sizes_and_unknown_attacks_are_refused(run, wrong):
    code, _, errors = run("evaluate", "two-level-qr", *wrong)
    assert code == 2
    assert "remedy" in errors


def test_labels_are_evaluated_with_the_sizes_that_are_given(run, tmp_path):
    out, sizes = tmp_path / "out", ("--labels", 2, "--beside", 2, "--tuning", 2, "--curves", 0)
    code, lines, _ = run("evaluate", "micro-pattern", "--only", "baselines", *sizes, "--out", out)
    assert code == 0
    rows = [line["rows"] for line in lines if "rows" in line]
    assert {(row["strength"], row["real"]["trials"]) for row in rows} == {("weak", 2), ("middle", 2), ("strong", 2)}
    assert len(rows) == 3 * 3
    assert all(row["simulated"] is True for row in rows)
    assert (out / "rates.csv").is_file()


def test_an_evaluation_of_one_label_is_refused(run):
    code, _, errors = run("evaluate", "micro-pattern", "--only", "baselines", "--labels", 1)
    assert code == 2
    assert "Raise the numbers" in errors
