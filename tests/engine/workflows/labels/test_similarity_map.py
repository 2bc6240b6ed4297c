"""The map of a library: alike labels stand together, the same seed gives the same map, a damaged one is made anew."""

import time

import numpy as np
import pytest

from engine.core.errors import Cancelled, InputError
from engine.jobs import JobContext
from engine.store import Store
from engine.workflows.labels import similarity_map
from engine.workflows.labels.library import make_library
from engine.workflows.labels.similarity_map import embedding_map, lay_out
from tests.engine.store.samples import fill_library
from tests.gui.labels import add_batch, filled_library

GROUPS, EACH = 4, 15
COUNT = GROUPS * EACH


@pytest.fixture(scope="module")
def vectors():
    random = np.random.default_rng(1)
    centres = random.standard_normal((GROUPS, 256))
    own = np.repeat(centres, EACH, axis=0) + 0.3 * random.standard_normal((COUNT, 256))
    return (own / np.linalg.norm(own, axis=1, keepdims=True)).astype("<f4")


@pytest.fixture
def counted(monkeypatch):
    """Lay maps out at once, and count how often."""
    calls = []

    def laid_out(vectors, seed, context):
        calls.append(len(vectors))
        return np.ascontiguousarray(vectors[:, :2])

    monkeypatch.setattr(similarity_map, "_laid_out", laid_out)
    return calls


@pytest.fixture
def store(tmp_path):
    with Store.create(tmp_path / "lab.touchstone", laboratory="Lab", location="Town", administrator="Keeper") as made:
        yield made


def test_alike_labels_stand_together_and_the_same_seed_gives_the_same_map(vectors, tmp_path):
    told = []
    context = JobContext(lambda done, total, text: told.append(done / total))
    made = lay_out(vectors, "a", seed=3, folder=tmp_path / "none", context=context)
    assert made.numbers.tolist() == list(range(1, COUNT + 1)) and made.total == COUNT
    middles = made.xy.reshape(GROUPS, EACH, 2).mean(axis=1)
    nearest = np.linalg.norm(made.xy[:, None] - middles, axis=2).argmin(axis=1)
    assert nearest.tolist() == np.repeat(np.arange(GROUPS), EACH).tolist()
    assert told == sorted(told) and told[-1] == 1.0
    again = lay_out(vectors, "a", seed=3, folder=tmp_path / "none", context=JobContext())
    np.testing.assert_array_equal(again.xy, made.xy)


def test_a_kept_map_is_read_and_a_damaged_one_is_made_anew(vectors, counted, tmp_path):
    def made():
        return lay_out(vectors, "a", seed=3, folder=tmp_path, context=JobContext())

    first = made()
    np.testing.assert_array_equal(made().xy, first.xy)
    assert len(counted) == 1
    (kept,) = tmp_path.iterdir()
    whole = kept.read_bytes()
    for damaged in (whole[:-1], whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:], b""):
        kept.write_bytes(damaged)
        counted.clear()
        np.testing.assert_array_equal(made().xy, first.xy)
        assert counted == [COUNT] and kept.read_bytes() == whole


def test_a_map_of_other_embeddings_or_seed_is_another(vectors, counted, tmp_path):
    for made_from, seed in (("a", 3), ("a", 4), ("b", 4)):
        lay_out(vectors, made_from, seed=seed, folder=tmp_path, context=JobContext())
    assert len(counted) == 3


def test_of_a_large_library_a_sample_is_laid_out_and_its_size_told(vectors, counted, monkeypatch, tmp_path):
    monkeypatch.setattr(similarity_map, "MOST", 40)
    made = lay_out(vectors, "a", seed=3, folder=tmp_path, context=JobContext())
    numbers = made.numbers.tolist()
    assert len(numbers) == len(made.xy) == 40 and made.total == COUNT
    assert numbers == sorted(set(numbers)) and set(numbers) <= set(range(1, COUNT + 1))
    np.testing.assert_array_equal(made.xy, vectors[made.numbers - 1, :2])


def test_laying_out_can_be_cancelled(vectors, tmp_path):
    context = JobContext(lambda done, total, text: context.cancel())
    start = time.monotonic()
    with pytest.raises(Cancelled):
        lay_out(vectors, "a", seed=3, folder=tmp_path, context=context)
    assert time.monotonic() - start < 30
    assert not list(tmp_path.iterdir())


def test_the_map_of_a_library_is_kept_until_labels_are_enrolled(store, counted):
    actor = store.actors()[0]
    library = filled_library(store, actor, batches=1)
    first = embedding_map(store, library.id, seed=0, context=JobContext())
    embedding_map(store, library.id, seed=0, context=JobContext())
    assert counted == [24] and first.numbers.tolist() == list(range(1, 25))
    add_batch(store, actor, library, 25)
    grown = embedding_map(store, library.id, seed=0, context=JobContext())
    assert counted == [24, 48]
    alike = store.tables("labels enrolled", store.label_batches(library.id)[1].id)["vectors"]
    np.testing.assert_array_equal(grown.xy[24:], alike[:, :2])


def test_too_few_labels_or_different_weights_are_refused(store):
    actor = store.actors()[0]
    with pytest.raises(InputError, match="at least 10 labels, the library has 6"):
        embedding_map(store, fill_library(store).id, seed=0, context=JobContext())
    with pytest.raises(InputError, match="the library has 0"):
        embedding_map(store, make_library(store, actor, "Empty").id, seed=0, context=JobContext())
    library = filled_library(store, actor, batches=1)
    add_batch(store, actor, library, 25, key="b" * 64)
    with pytest.raises(InputError, match="different weights"):
        embedding_map(store, library.id, seed=0, context=JobContext())
