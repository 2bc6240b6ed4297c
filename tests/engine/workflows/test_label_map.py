"""The map of a library: alike labels stand together, the same seed gives the same map, a damaged one is made anew."""

import time

import numpy as np
import pytest

from engine.core.errors import Cancelled, InputError
from engine.jobs import JobContext
from engine.workflows import label_map
from engine.workflows.label_map import FEWEST, lay_out, map_name

GROUPS, EACH = 4, 15


@pytest.fixture(scope="module")
def vectors():
    random = np.random.default_rng(1)
    centres = random.standard_normal((GROUPS, 256))
    own = np.repeat(centres, EACH, axis=0) + 0.3 * random.standard_normal((GROUPS * EACH, 256))
    return (own / np.linalg.norm(own, axis=1, keepdims=True)).astype("<f4")


@pytest.fixture(scope="module")
def numbers():
    return np.arange(5, 5 + GROUPS * EACH, dtype=np.int64)


@pytest.fixture
def counted(monkeypatch):
    """Lay maps out at once, and count how often."""
    calls = []

    def laid_out(vectors, seed, context):
        calls.append(len(vectors))
        return np.ascontiguousarray(vectors[:, :2])

    monkeypatch.setattr(label_map, "_laid_out", laid_out)
    return calls


def test_alike_labels_stand_together_and_the_same_seed_gives_the_same_map(vectors, numbers):
    told = []
    made = lay_out(numbers, vectors, seed=3, context=JobContext(lambda done, total, text: told.append(done / total)))
    assert made.numbers.tolist() == numbers.tolist() and made.total == len(numbers)
    groups = made.xy.reshape(GROUPS, EACH, 2)
    middles = groups.mean(axis=1)
    nearest = np.linalg.norm(made.xy[:, None] - middles, axis=2).argmin(axis=1)
    assert nearest.tolist() == np.repeat(np.arange(GROUPS), EACH).tolist()
    assert told == sorted(told) and told[-1] == 1.0
    again = lay_out(numbers, vectors, seed=3, context=JobContext())
    np.testing.assert_array_equal(again.xy, made.xy)


def test_a_kept_map_is_read_and_a_damaged_or_shorter_one_is_made_anew(vectors, numbers, counted, tmp_path):
    kept = tmp_path / map_name("0" * 64, 3)
    made = lay_out(numbers, vectors, seed=3, kept=kept, context=JobContext())
    read = lay_out(numbers, vectors, seed=3, kept=kept, context=JobContext())
    np.testing.assert_array_equal(read.xy, made.xy)
    assert len(counted) == 1
    whole = kept.read_bytes()
    for damaged in (whole[:-1], whole[:40] + bytes([whole[40] ^ 1]) + whole[41:], b""):
        kept.write_bytes(damaged)
        counted.clear()
        np.testing.assert_array_equal(lay_out(numbers, vectors, seed=3, kept=kept, context=JobContext()).xy, made.xy)
        assert counted == [len(numbers)] and kept.read_bytes() == whole
    lay_out(numbers[:-1], vectors[:-1], seed=3, kept=kept, context=JobContext())
    assert counted[-1] == len(numbers) - 1


def test_a_map_of_other_embeddings_or_seed_has_another_name():
    names = {map_name(key, seed) for key in ("0" * 64, "1" * 64) for seed in (0, 1)}
    assert len(names) == 4


def test_of_a_large_library_a_sample_is_laid_out_and_its_size_told(vectors, numbers, counted, monkeypatch):
    monkeypatch.setattr(label_map, "MOST", 40)
    made = lay_out(numbers, vectors, seed=3, context=JobContext())
    assert len(made.numbers) == len(made.xy) == 40 and made.total == len(numbers)
    assert made.numbers.tolist() == sorted(set(made.numbers.tolist())) and set(made.numbers) <= set(numbers)


def test_too_few_labels_are_refused(vectors, numbers):
    with pytest.raises(InputError, match="at least 10 labels"):
        lay_out(numbers[: FEWEST - 1], vectors[: FEWEST - 1], seed=0, context=JobContext())


def test_laying_out_can_be_cancelled(vectors, numbers):
    context = JobContext(lambda done, total, text: context.cancel())
    start = time.monotonic()
    with pytest.raises(Cancelled):
        lay_out(numbers, vectors, seed=3, context=context)
    assert time.monotonic() - start < 30
