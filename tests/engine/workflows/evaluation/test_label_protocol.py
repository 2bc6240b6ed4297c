"""Matches against a plain search, thresholds from tuning labels, and what counts as recognised."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import InputError
from engine.core.evaluations_labels import LabelThreshold
from engine.core.seeds import generator
from engine.methods.micro_pattern.embedding import LIKELY
from engine.workflows.evaluation.label_protocol import (
    Best,
    Described,
    best_matches,
    curve_row,
    library_rows,
    rates_row,
    tuned,
)


def made_up(seed, count, turns, *, dimensions=6, classes=3):
    """Captures of random vectors, some of whose frames were not found."""
    random = generator(seed, "made up labels", turns)
    vectors = random.standard_normal((count, turns, dimensions)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=2, keepdims=True)
    found = random.random(count) > 0.2
    vectors[~found] = 0
    # Some classes are as likely as the limit allows, and some are ruled out.
    chances = random.choice([0.0, LIKELY / 2, LIKELY, 0.5, 0.9], (count, classes)).astype(np.float32)
    chances[~found] = 0
    return Described(vectors, chances, found, random.integers(0, classes, count))


def plain(known, questioned, classified):
    """Yield similarity, label and turn of each capture, one after another."""
    for row in range(len(questioned)):
        best, label, turn = np.nan, -1, -1
        for other in range(len(known)):
            if not (questioned.found[row] and known.found[other]):
                continue
            enrolled_as = max(range(3), key=lambda one: (known.probabilities[other][one], -one))
            if classified and questioned.probabilities[row][enrolled_as] < np.float32(LIKELY):
                continue
            for number, vector in enumerate(questioned.vectors[row]):
                value = float(vector @ known.vectors[other, 0])
                if not value <= best + 1e-6:
                    best, label, turn = value, other, number
        yield best, label, turn


@given(seed=st.integers(0, 10_000), classified=st.booleans())
def test_best_matches_are_those_of_a_plain_search(seed, classified):
    known, questioned = made_up(seed, 7, 1), made_up(seed + 1, 5, 4)
    found = best_matches(known, questioned, classified=classified)
    for row, (similarity, label, turn) in enumerate(plain(known, questioned, classified)):
        assert (found.label[row], found.turn[row]) == (label, turn)
        assert found.similarity[row] == pytest.approx(similarity, abs=1e-5, nan_ok=True)


def test_the_first_of_equal_labels_counts():
    one = np.ones((3, 1, 1), dtype=np.float32)
    known = Described(one, None, np.ones(3, dtype=bool), np.zeros(3, dtype=np.int64))
    assert best_matches(known, known).label.tolist() == [0, 0, 0]


def test_classes_are_needed_to_search_in_them():
    known = made_up(1, 4, 1)
    without = Described(known.vectors, None, known.found, known.glyphs)
    with pytest.raises(InputError, match="no classes"):
        best_matches(without, known, classified=True)


def best(similarity, label=None):
    values = np.array(similarity, dtype=np.float64)
    own = np.arange(len(values)) if label is None else np.array(label)
    return Best(values, own, np.zeros(len(values), dtype=np.int64))


def limit(value, *, classified=False):
    return LabelThreshold(
        compared_by="made up", classified=classified, labels=4, rule="made up", threshold=value, lowest_genuine=0.5,
        highest_fake=0.5,
    )  # fmt: skip


def test_the_threshold_is_the_middle_of_the_widest_gap_with_the_fewest_errors():
    found = tuned(best([0.9, 0.8, 0.95]), best([0.1, 0.4, 0.3]), compared_by="x", classified=False)
    assert found.threshold == pytest.approx(0.6)
    assert (found.lowest_genuine, found.highest_fake) == (0.8, 0.4)
    # One fake among the genuine costs one error, wherever the threshold is below it; the gap below is wider.
    found = tuned(best([0.9, 0.8, 0.95]), best([0.1, 0.4, 0.85]), compared_by="x", classified=False)
    assert found.threshold == pytest.approx(0.6)


def test_a_wrong_label_and_a_frame_not_found_do_not_move_the_threshold():
    genuine = best([0.9, 0.2, 0.8, np.nan], [0, 0, 2, -1])
    found = tuned(genuine, best([0.1, np.nan, 0.4]), compared_by="x", classified=False)
    assert found.threshold == pytest.approx(0.6)


def test_no_threshold_without_any_right_match():
    with pytest.raises(InputError, match="No threshold"):
        tuned(best([0.9], [-1]), best([0.1]), compared_by="x", classified=False)


def test_recognised_is_the_right_label_that_passes_and_refused_is_what_passes_with_none():
    seen = made_up(3, 5, 4)
    genuine = best([0.9, 0.95, 0.3, np.nan, 0.6], [0, 0, 2, -1, 4])
    fakes = best([0.1, 0.7, np.nan, 0.59, 0.6], [0, 1, -1, 3, 4])
    row = rates_row(genuine, fakes, limit(0.6), strength="middle", library=5, questioned=(seen, seen))
    assert (row.real.events, row.real.trials) == (2, 5)
    assert (row.fake.events, row.fake.trials) == (3, 5)
    assert row.first.events == 3
    assert row.found.events == seen.found.sum()
    assert row.class_right is not None
    told = [found and max(range(3), key=lambda one: (chances[one], -one)) == glyph
            for found, chances, glyph in zip(seen.found, seen.probabilities, seen.glyphs, strict=True)]  # fmt: skip
    assert row.class_right.events == sum(told)
    assert row.counterfeit is not None
    assert row.counterfeit.count == 4


def test_a_curve_row_counts_what_was_not_found_as_not_recognised():
    genuine = best([0.9, np.nan, 0.3], [0, -1, 2])
    row = curve_row(genuine, np.array([True, False, True]), limit(0.6), parameter="dirty", level=0.3, library=9)
    assert (row.real.events, row.first.events, row.found.events) == (1, 2, 2)
    assert (row.parameter, row.level) == ("dirty", 0.3)
    nothing = curve_row(best([np.nan], [-1]), np.array([False]), limit(0.6), parameter="noise", level=3.0, library=9)
    assert nothing.genuine is None


def test_smaller_libraries_hold_the_first_labels_and_question_these_alone():
    count = 150
    known, fakes = made_up(7, count, 1, dimensions=8), made_up(8, 40, 4, dimensions=8)
    genuine = Described(np.repeat(known.vectors, 4, axis=1), known.probabilities, known.found, known.glyphs)
    (row,) = library_rows(known, genuine, fakes, limit(0.8))
    assert (row.level, row.real.trials, row.library) == (100.0, 100, known.found[:100].sum())
    assert row.real.events == row.found.events == row.library
    own = best_matches(known.first(100), fakes)
    assert row.fake is not None
    assert row.fake.events == (~(own.similarity >= 0.8)).sum()
