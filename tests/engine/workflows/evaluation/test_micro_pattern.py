"""A small evaluation on simulated labels: what it counts, that it goes on where it was, and what it writes."""

import json
from dataclasses import replace

import numpy as np
import pytest

from engine.core.errors import Cancelled, InputError
from engine.core.evaluations import Profile
from engine.core.operating import OperatingPoint
from engine.jobs import JobContext
from engine.simulation.glyphs import GLYPHS
from engine.workflows.evaluation.label_baselines import BASELINES
from engine.workflows.evaluation.label_captures import TEST, TUNING, glyph_of
from engine.workflows.evaluation.label_files import PAPER, curve_svg, label_lines, write_label_evaluation
from engine.workflows.evaluation.micro_pattern import CONFIRMED, NETWORK, SIZES, Sizes, evaluate_micro_pattern

SMALL = Sizes(labels=4, fakes=3, beside=2, tuning=4, curves=0)


class Textures:
    """A baseline that also tells classes: always the one it was given."""

    key = "textures"

    def __init__(self, told: int) -> None:
        self.told, self.calls = told, 0

    def embed(self, crops):
        return BASELINES[0].embed(crops)

    def embed_turns(self, crops):
        return BASELINES[0].embed_turns(crops)

    def describe(self, crops):
        self.calls += 1
        probabilities = np.full((len(crops), len(GLYPHS)), 0.001, dtype=np.float32)
        probabilities[:, self.told] = 1
        return self.embed_turns(crops), probabilities


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def evaluated(cache):
    return evaluate_micro_pattern(
        sizes=replace(SMALL, curves=1), embedder=Textures(glyph_of(TEST.first_seed)), baselines=BASELINES[:1],
        cache=cache, context=JobContext(),
    )  # fmt: skip


def test_every_way_strength_and_search_has_its_row(evaluated):
    record = evaluated.record
    assert [(row.compared_by, row.classified) for row in record.thresholds] == [
        (NETWORK, False), (CONFIRMED, False), (NETWORK, True), (CONFIRMED, True), ("texture 24 x 24", False),
    ]  # fmt: skip
    assert len(record.rows) == 5 * 3
    assert {row.strength: row.real.trials for row in record.rows} == {"weak": 2, "middle": 4, "strong": 2}
    assert {row.strength: row.fake.trials for row in record.rows} == {"weak": 2, "middle": 3, "strong": 2}
    assert {row.library for row in record.rows} == {4}
    assert {row.tuning_labels for row in [record]} == {4}
    assert len(record.curves) == 2 * (2 * 7 + 3 * 5)
    assert all(row.simulated for row in (*record.rows, *record.curves, *record.thresholds))


def test_classes_that_are_told_are_counted_as_right_or_wrong(evaluated):
    row = next(each for each in evaluated.record.rows if each.strength == "middle" and not each.classified)
    glyphs = [glyph_of(TEST.first_seed + row) for row in range(4)]
    assert row.class_right.events == sum(glyph == glyphs[0] for glyph in glyphs)
    assert next(each for each in evaluated.record.rows if each.compared_by == BASELINES[0].name).class_right is None


def test_the_second_stage_refuses_more_and_never_less(evaluated):
    rows = {(row.compared_by, row.classified, row.strength): row for row in evaluated.record.rows}
    for (way, classified, strength), row in rows.items():
        if way == CONFIRMED:
            first = rows[NETWORK, classified, strength]
            assert row.real.events <= first.real.events
            assert row.fake.events >= first.fake.events
            assert row.genuine.mean > 0.5


@pytest.mark.parametrize("classified", [False, True])
def test_the_operating_points_are_the_networks_at_middle_strength(evaluated, classified):
    def own(rows):
        return next(row for row in rows if (row.compared_by, row.classified) == (NETWORK, classified))

    point, limit = evaluated.operating_points[classified], own(evaluated.record.thresholds)
    row = own(row for row in evaluated.record.rows if row.strength == "middle")
    assert (point.threshold, point.settings) == (
        limit.threshold, {"embedder_key": "textures", "classified": classified},
    )  # fmt: skip
    assert point.domain.simulated
    assert (point.far.events, point.frr.events) == (3 - row.fake.events, 4 - row.real.events)
    assert len(point.test.genuine) == row.first.events
    assert point.tuning.data_sha256 != point.test.data_sha256


def test_what_was_described_is_not_described_again(cache, evaluated):
    by = Textures(glyph_of(TEST.first_seed))
    again = evaluate_micro_pattern(
        sizes=replace(SMALL, curves=1), embedder=by, baselines=BASELINES[:1], cache=cache, context=JobContext()
    )  # fmt: skip
    assert by.calls == 0
    assert again.record == evaluated.record


def test_baselines_alone_give_no_operating_point(cache):
    found = evaluate_micro_pattern(
        sizes=SMALL, embedder=None, baselines=BASELINES[:1], cache=cache, context=JobContext()
    )
    assert found.operating_points == ()
    assert found.record.embedder_key is None


def test_sizes_are_checked_and_the_full_profile_is_the_published_one():
    with pytest.raises(InputError, match="two labels"):
        evaluate_micro_pattern(sizes=replace(SMALL, labels=1), embedder=None, context=JobContext())
    full = SIZES[Profile.FULL]
    assert [full.questioned(TEST, name) for name in ("weak", "middle", "strong")] == [10_000] * 3
    assert replace(full, labels=50).checked() == replace(full, labels=50, fakes=50, beside=50, curves=50)
    assert TUNING.first_seed >= 20_000_000


def test_an_evaluation_can_be_cancelled(tmp_path):
    context = JobContext()
    context.cancel()
    with pytest.raises(Cancelled):
        evaluate_micro_pattern(sizes=SMALL, embedder=None, cache=tmp_path, context=context)


def test_files_hold_the_tables_the_curves_and_the_operating_point(evaluated, tmp_path):
    written = {path.name for path in write_label_evaluation(evaluated, tmp_path)}
    assert written == {
        "evaluation.json", "rates.csv", "thresholds.csv", "curves.csv",
        "operating_point.json", "operating_point_classified.json", "curve-dirty.svg", "curve-scratched.svg",
        "curve-defocus.svg", "curve-noise.svg", "curve-bleaching.svg",
    }  # fmt: skip
    files = ("operating_point.json", "operating_point_classified.json")
    points = tuple(OperatingPoint.model_validate_json((tmp_path / name).read_bytes()) for name in files)
    assert points == evaluated.operating_points
    assert [point.settings["classified"] for point in points] == [False, True]
    record = json.loads((tmp_path / "evaluation.json").read_text())
    assert record["simulated"] is True
    assert len((tmp_path / "rates.csv").read_text().splitlines()) == 1 + len(evaluated.record.rows)


def test_the_papers_figures_stand_beside_the_networks_at_middle_strength_alone(evaluated):
    lines = [*label_lines(evaluated.record)]
    assert lines[0].startswith("Simulated.")
    beside = [line for line in lines if "paper" in line]
    assert len(beside) == 2
    assert all("middle" in line and NETWORK in line for line in beside)
    assert f"{PAPER[True][0]:.2f}" in beside[1]


def test_a_curve_is_drawn_once_for_each_way(evaluated):
    drawn = curve_svg(evaluated.record, "dirty").decode()
    assert drawn.count("<polyline") == 2
    assert "60 %" in drawn
