import json

import numpy as np
import pytest

from engine.core.errors import IndexStale
from engine.core.seeds import generator
from engine.jobs import Cancelled, JobContext
from engine.search import index as module
from engine.search import shortlist
from engine.search.files import NAME
from engine.search.flat import flat
from engine.search.index import LibraryIndex
from engine.search.vectors import Vectors
from tests.engine.search.samples import DIMENSIONS, first, library, near, unit

COUNT = 3000
KEY = "state one"


@pytest.fixture(autouse=True)
def few_labels_are_many(monkeypatch):
    """Small libraries are compressed, on one thread: at this size threads wait for one another most of the time."""
    import faiss

    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    monkeypatch.setattr(module, "FLAT_BELOW", 1000)
    monkeypatch.setattr(module, "TUNING_ROWS", 400)
    yield
    faiss.omp_set_num_threads(threads)


@pytest.fixture
def exhaustive(monkeypatch):
    """Look into every list and measure every match: then nothing may differ from exact search."""
    monkeypatch.setattr(module, "PROBES", (100_000,))
    monkeypatch.setattr(shortlist, "SHORT_LIST", COUNT)


def files_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_few_labels_are_searched_exactly_and_leave_no_file(tmp_path):
    vectors = library(900)
    index = LibraryIndex.open_or_build(tmp_path, KEY, vectors)
    queries = unit(generator(1, "q").standard_normal((5, DIMENSIONS)))
    assert index.info.kind == "flat"
    assert (index.search(queries, 7).numbers == flat(vectors, queries, 7).numbers).all()
    assert files_in(tmp_path) == []


@pytest.mark.parametrize("withdrawn", [0.0, 0.4])
def test_looking_everywhere_finds_what_exact_search_finds_to_the_last_bit(tmp_path, exhaustive, withdrawn):
    """Every vector stands there three times: equal similarities must come in the order of their numbers."""
    own = library(COUNT, withdrawn=withdrawn)
    vectors = Vectors(own.numbers, own.classes, own.vectors[np.arange(COUNT) % 1000], own.withdrawn)
    queries = np.concatenate([unit(generator(1, "q").standard_normal((20, DIMENSIONS))), own.vectors[:20]])
    index = LibraryIndex.build(tmp_path, KEY, vectors)
    assert index.info.kind == "compressed"
    for classes in (None, 2, generator(2, "c").integers(0, 4, len(queries))):
        found, exact = index.search(queries, 10, classes), flat(vectors, queries, 10, classes)
        assert (found.numbers == exact.numbers).all()
        assert (found.similarity == exact.similarity).all()


def test_the_right_label_comes_first_and_its_similarity_is_exact(tmp_path):
    vectors = library(COUNT)
    rows = np.arange(0, COUNT, 10)
    queries = near(vectors, rows, 0.4)
    index = LibraryIndex.build(tmp_path, KEY, vectors)
    assert index.info.probes < index.info.lists
    for classes in (None, vectors.classes[rows]):
        found, exact = index.search(queries, 3, classes), flat(vectors, queries, 3, classes)
        assert (exact.numbers[:, 0] == vectors.numbers[rows]).all()
        assert (found.numbers[:, 0] == exact.numbers[:, 0]).mean() >= 0.995
        same = found.numbers == exact.numbers
        assert (found.similarity[same] == exact.similarity[same]).all()


def test_a_class_of_few_labels_is_searched_to_its_last_one(tmp_path):
    own = library(COUNT)
    classes = np.zeros(COUNT, np.int32)
    classes[[5, 1500, 2999]] = 7
    vectors = Vectors(own.numbers, classes, own.vectors)
    found = LibraryIndex.build(tmp_path, KEY, vectors).search(own.vectors[[1500]], 5, 7)
    assert set(found.numbers[0].tolist()) == {-1, *own.numbers[[5, 1500, 2999]].tolist()}
    assert found.numbers[0, 0] == own.numbers[1500]


def test_withdrawn_labels_are_not_found_by_themselves(tmp_path):
    own = library(COUNT, withdrawn=0.5)
    assert own.withdrawn is not None
    index = LibraryIndex.build(tmp_path, KEY, own)
    rows = np.flatnonzero(own.withdrawn)[:100]
    found = index.search(own.vectors[rows], 1)
    assert not np.isin(found.numbers, own.numbers[own.withdrawn]).any()
    assert (found.numbers >= 0).all()


def test_an_index_opens_as_it_was_built(tmp_path):
    vectors = library(COUNT)
    queries = near(vectors, np.arange(50), 1.0)
    built = LibraryIndex.build(tmp_path, KEY, vectors)
    opened = LibraryIndex.open(tmp_path, KEY, vectors)
    assert opened.info == built.info
    assert (opened.search(queries, 9).numbers == built.search(queries, 9).numbers).all()


def test_the_same_seed_makes_the_same_index(tmp_path):
    vectors = library(COUNT)
    for name in ("a", "b"):
        LibraryIndex.build(tmp_path / name, KEY, vectors, seed=3)
    one, other = ((tmp_path / name / NAME).read_bytes() for name in ("a", "b"))
    # Only how long it took differs, and the hash over that.
    assert one[-(len(one) - 2000) :] == other[-(len(one) - 2000) :]


def damaged(data: bytes, way: str) -> bytes:
    half = len(data) // 2
    if way == "cut off":
        return data[:half]
    if way == "longer":
        return data + b"\0"
    if way == "foreign":
        return b"IwFl" + data[4:]
    places = {"header": 40, "rotation": 2000, "middle": half, "end": len(data) - 1}
    flipped = bytearray(data)
    flipped[places[way]] ^= 1
    return bytes(flipped)


@pytest.mark.parametrize("way", ["cut off", "longer", "foreign", "header", "rotation", "middle", "end"])
def test_a_damaged_or_foreign_file_is_never_trusted_and_built_anew(tmp_path, way):
    vectors = library(COUNT)
    LibraryIndex.build(tmp_path, KEY, vectors)
    path = tmp_path / NAME
    whole = path.read_bytes()
    path.write_bytes(damaged(whole, way))
    with pytest.raises(IndexStale) as caught:
        LibraryIndex.open(tmp_path, KEY, vectors)
    assert caught.value.where == str(path) and caught.value.remedy
    LibraryIndex.open_or_build(tmp_path, KEY, vectors)
    assert LibraryIndex.open(tmp_path, KEY, vectors).search(vectors.vectors[:1], 1).numbers[0, 0] == vectors.numbers[0]
    assert files_in(tmp_path) == [NAME]


def test_an_index_of_something_else_is_stale(tmp_path):
    vectors = library(COUNT)
    with pytest.raises(IndexStale, match="no search index yet"):
        LibraryIndex.open(tmp_path, KEY, vectors)
    LibraryIndex.build(tmp_path, KEY, vectors)
    with pytest.raises(IndexStale, match="another state"):
        LibraryIndex.open(tmp_path, "state two", vectors)
    with pytest.raises(IndexStale, match="other embeddings"):
        LibraryIndex.open(tmp_path, KEY, library(COUNT, 1))
    with pytest.raises(IndexStale, match="other embeddings"):
        LibraryIndex.open(tmp_path, KEY, first(vectors, 2000))
    with pytest.raises(IndexStale, match="another state"):
        LibraryIndex.open(tmp_path, KEY, library_with_more(vectors))


def library_with_more(vectors: Vectors, more: int = 500) -> Vectors:
    return Vectors(
        np.concatenate([vectors.numbers, vectors.numbers[-1] + 1 + np.arange(more)]),
        np.concatenate([vectors.classes, np.full(more, 1, np.int32)]),
        np.concatenate([vectors.vectors, library(more, 9).vectors]),
    )


def rewritten(path, change) -> None:
    """Change header and body of an index and make all hashes right again, as a forger would."""
    import hashlib
    import struct

    data = path.read_bytes()
    (size,) = struct.unpack("<I", data[8:12])
    header, body = json.loads(data[12 : 12 + size]), bytearray(data[12 + size + 32 :])
    change(header, body)
    header |= {"body_sha256": hashlib.sha256(body).hexdigest(), "body_bytes": len(body)}
    text = json.dumps(header).encode()
    path.write_bytes(data[:8] + struct.pack("<I", len(text)) + text + hashlib.sha256(text).digest() + body)


def sizes_at(header) -> int:
    return 4 * header["dimensions"] * (header["dimensions"] + header["lists"])


def name_a_label_that_is_none(header, body):
    place = sizes_at(header) + 4 * header["lists"]
    body[place : place + 4] = np.int32(COUNT).tobytes()


def make_a_list_negative(header, body):
    place = sizes_at(header)
    sizes = np.frombuffer(body[place : place + 8], "<i4").copy()
    body[place : place + 8] = (sizes + np.array([-sizes[0] - 1, sizes[0] + 1], "<i4")).tobytes()


def claim_more_lists(header, body):
    header["lists"] = 1 << 20


def come_from_another_faiss(header, body):
    header["faiss"] = "0.0.1"


def smuggle_a_field(header, body):
    header["more"] = 1


@pytest.mark.parametrize(
    "change",
    [name_a_label_that_is_none, make_a_list_negative, claim_more_lists, come_from_another_faiss, smuggle_a_field],
)
def test_a_forged_index_with_right_hashes_is_refused(tmp_path, change):
    vectors = library(COUNT)
    LibraryIndex.build(tmp_path, KEY, vectors)
    rewritten(tmp_path / NAME, lambda header, body: None)
    LibraryIndex.open(tmp_path, KEY, vectors)
    rewritten(tmp_path / NAME, change)
    with pytest.raises(IndexStale):
        LibraryIndex.open(tmp_path, KEY, vectors)


def test_added_labels_are_added_to_the_index_and_the_old_one_goes_on(tmp_path, monkeypatch):
    old = library(COUNT)
    new = library_with_more(old)
    before = LibraryIndex.build(tmp_path, KEY, old)
    monkeypatch.setattr(module, "train", None)  # nothing is grouped anew
    after = before.extend("state two", new)
    assert after.info.count == COUNT + 500
    assert (after.search(new.vectors[COUNT:], 1).numbers[:, 0] == new.numbers[COUNT:]).mean() > 0.99
    assert before.search(new.vectors[[COUNT]], 1).numbers[0, 0] in old.numbers
    assert LibraryIndex.open(tmp_path, "state two", new).info == after.info


def test_a_library_that_outgrew_its_lists_gets_new_ones(tmp_path):
    old = library(COUNT)
    lists = LibraryIndex.build(tmp_path, KEY, old).info.lists
    new = library_with_more(old, 4 * COUNT)
    assert LibraryIndex.open_or_build(tmp_path, "state two", new).info.lists > lists


def cancelled_at(step: int) -> JobContext:
    """Return a context that is cancelled when progress is reported for the so-manyth time."""
    steps = iter(range(1, 1000))

    def report(done, total, text):
        if next(steps) == step:
            context.cancel()

    context = JobContext(report)
    return context


def test_a_cancelled_build_leaves_the_old_index_in_place(tmp_path):
    vectors = library(COUNT)
    LibraryIndex.build(tmp_path, KEY, vectors)
    before = (tmp_path / NAME).read_bytes()
    for stop in (1, 5, 12):
        with pytest.raises(Cancelled):
            LibraryIndex.build(tmp_path, "state two", vectors, context=cancelled_at(stop))
    assert (tmp_path / NAME).read_bytes() == before
    assert files_in(tmp_path) == [NAME]


def test_the_self_test_sees_an_index_that_looks_into_too_few_lists(tmp_path, monkeypatch):
    vectors = library(COUNT)
    good = LibraryIndex.build(tmp_path / "good", KEY, vectors).self_test(150, 1, 0.6)
    monkeypatch.setattr(module, "PROBES", (1,))
    poor = LibraryIndex.build(tmp_path / "poor", KEY, vectors).self_test(150, 1, 0.6)
    assert good.recall.value >= 0.97 and good.recall.trials == 150
    assert poor.recall.value < 0.9
    assert good.decisions is not None and poor.decisions is not None
    assert good.decisions.value >= 0.98 > poor.decisions.value and good.decisions.trials == 300


def test_captures_are_as_far_from_their_labels_as_those_of_strong_effects():
    """Measured on 500 simulated labels: 5 % below 0.878, half below 0.958; what cannot be accepted is left out."""
    from engine.search.self_test import LEAST, captured

    found = captured(20_000, seed=1)
    assert np.quantile(found, [0.05, 0.5]) == pytest.approx([0.878, 0.958], abs=0.006)
    assert found.min() == LEAST and found.max() < 1


def test_vectors_are_moved_to_the_similarity_that_is_asked_for():
    from engine.search.self_test import moved

    vectors = library(COUNT)
    rows = np.arange(40)
    found = moved(vectors, rows, np.full(40, 0.7), seed=0)
    assert np.einsum("ij,ij->i", found, vectors.vectors[rows]) == pytest.approx(np.full(40, 0.7), abs=1e-5)
    assert np.linalg.norm(found, axis=1) == pytest.approx(np.ones(40), abs=1e-5)
