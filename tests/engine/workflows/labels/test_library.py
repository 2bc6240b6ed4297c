"""Libraries: made, shown as a table and as images from what the cache holds or is made to hold, labels withdrawn."""

from pathlib import Path

import numpy as np
import pytest

from engine.core.case import Actor, Role
from engine.core.errors import InputError, StoreError
from engine.core.library import LabelBatch, Library
from engine.core.records import new_id
from engine.jobs import JobContext
from engine.store import Store
from engine.workflows.labels import library
from engine.workflows.labels.library_state import cache_folder, library_state
from tests.engine.store.samples import administrator, fill_library, make_embedding, make_labels


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.create(tmp_path / "lab.touchstone", laboratory="Lab", location="Town", administrator="Keeper")


def keeper(store: Store) -> Actor:
    return store.actors()[0]


def enrol(store: Store, made: library.Library, first: int, count: int = 3) -> None:
    batch, tables = make_labels(store, made, first, count)
    store.commit(administrator(store), "labels enrolled", batch, tables=tables)


def test_a_library_is_made_once_under_its_name(store: Store) -> None:
    made = library.make_library(store, keeper(store), " Film 7 ", note="first wafer", columns=5, rows=2)
    assert store.libraries() == (made,)
    assert (made.name, made.columns, made.rows) == ("Film 7", 5, 2)
    with pytest.raises(InputError, match="library of that name already"):
        library.make_library(store, keeper(store), "FILM 7")
    for values in ({"columns": 0}, {"rows": 201}, {"columns": 20, "rows": 11}):
        with pytest.raises(InputError, match=r"cannot be recorded|at most 200 labels"):
            library.make_library(store, keeper(store), "Film 8", **values)
    with pytest.raises(ValueError, match="at most 200 labels"):
        Library(id=new_id("library"), name="Film 8", columns=20, rows=11)
    verifier = Actor(id=new_id("actor"), name="A validator", role=Role.VALIDATOR)
    assert "make libraries" not in str(library.make_library(store, keeper(store), "Film 9"))
    store.commit(administrator(store), "actor added", verifier)
    library.withdraw(store, verifier, fill_library(store, "Film 10").id, [1], "lost")


def test_the_overview_counts(store: Store) -> None:
    made = fill_library(store)
    (seen,) = library.overview(store)
    assert (seen.library, seen.labels, seen.withdrawn) == (made, 6, 1)
    assert seen.batches == store.label_batches(made.id)
    assert seen == library.library_overview(store, made.id)


def test_labels_can_be_compared_under_the_keys_that_all_batches_have(store: Store) -> None:
    made = fill_library(store)
    first, second = store.label_batches(made.id)
    assert library_state(store, made.id).keys == (first.embedder_key,)
    embedding, tables = make_embedding(first)
    store.commit(administrator(store), "labels embedded", embedding, tables=tables)
    state = library_state(store, made.id)
    assert state.keys == (first.embedder_key, embedding.embedder_key)
    assert [source.kind for source in state.sources[embedding.embedder_key]] == ["labels embedded"] * 2
    enrol(store, made, 7)
    assert library_state(store, made.id).keys == (second.embedder_key,)


def test_what_counted_earlier_can_still_be_told(store: Store) -> None:
    made = fill_library(store)
    before = store.head.sequence
    library.withdraw(store, keeper(store), made.id, [4, 5], "dirty")
    enrol(store, made, 7)
    state = library_state(store, made.id)
    assert (state.count(before), state.withdrawn(before)) == (6, (2,))
    assert (state.count(), state.withdrawn()) == (9, (2, 4, 5))
    first = state.sequences[0]
    assert (state.count(first), state.withdrawn(first)) == (3, ())
    assert state.count(first - 1) == 0


def test_the_table_has_a_row_for_each_label(store: Store) -> None:
    made = fill_library(store)
    for _ in range(2):  # made, and then read from the cache
        table = library.label_table(store, made.id)
        assert table.numbers.tolist() == [1, 2, 3, 4, 5, 6] and len(table) == 6
        assert table.withdrawn.tolist() == [False, True, False, False, False, False]
        assert table.batch.tolist() == [0, 0, 0, 1, 1, 1]
        assert (table.field[0], table.row[0], table.column[0], table.classes[0]) == (0, 1, 2, 3)
        stored = [store.tables("labels enrolled", batch.id)["measures"] for batch in table.batches]
        assert np.array_equal(np.concatenate(stored)[:, 0], table.quality)
    enrol(store, made, 7, 2)
    assert library.label_table(store, made.id).batch.tolist() == [0, 0, 0, 1, 1, 1, 2, 2]


def test_a_spoilt_table_of_the_cache_is_made_again(store: Store) -> None:
    made = fill_library(store)
    expected = library.label_table(store, made.id).quality.copy()
    (path,) = cache_folder(store, made.id).iterdir()
    whole = path.read_bytes()
    for spoilt in (whole[:-4], whole + b"1234", whole[:-1] + bytes([whole[-1] ^ 1]), b"{}", b""):
        path.write_bytes(spoilt)
        assert np.array_equal(library.label_table(store, made.id).quality, expected)
        assert path.read_bytes() == whole


def test_an_empty_library_has_an_empty_table(store: Store) -> None:
    made = library.make_library(store, keeper(store), "Film 7")
    assert len(library.label_table(store, made.id)) == 0
    assert library.overview(store)[0].labels == 0
    assert library.label_images(store, made.id, []).shape == (0, 256, 256)


def test_images_come_in_the_order_asked_for(store: Store) -> None:
    made = fill_library(store)
    batches = store.label_batches(made.id)
    crops = np.concatenate([store.tables("labels enrolled", batch.id)["crops"] for batch in batches])
    images = library.label_images(store, made.id, [5, 1, 5, 3])
    assert np.array_equal(images, crops[[4, 0, 4, 2]].reshape(-1, 256, 256))
    for number in (0, 7, -1):
        with pytest.raises(InputError, match="no such label"):
            library.label_images(store, made.id, [number])


def test_where_the_cache_tells_where_images_lie_no_segment_is_read_whole(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = fill_library(store)
    wanted = [5, 1, 5, 3]
    expected = library.label_images(store, made.id, wanted)
    library.locate_images(store, made.id, JobContext())
    with monkeypatch.context() as patch:
        patch.setattr(Store, "tables", None)
        assert np.array_equal(library.label_images(store, made.id, wanted), expected)
    enrol(store, made, 7)
    assert np.array_equal(library.label_images(store, made.id, [*wanted, 8])[:4], expected)


def test_images_do_not_depend_on_the_cache_and_damaged_ones_are_never_shown(store: Store) -> None:
    made = fill_library(store)
    expected = library.label_images(store, made.id, range(1, 7))
    state = library_state(store, made.id)
    folder = store.path / "segments"
    paths = [folder / f"{sha256}.h5" for sha256 in state.enrolled]
    whole = [path.read_bytes() for path in paths]
    at = whole[0].index(expected[1].tobytes())
    spoilt = whole[0][:at] + bytes([whole[0][at] ^ 1]) + whole[0][at + 1 :]
    for located in (False, True):
        if located:
            library.locate_images(store, made.id, JobContext())
        paths[0].write_bytes(spoilt)
        with pytest.raises(StoreError, match="A segment is damaged"):
            library.label_images(store, made.id, [2])
        assert np.array_equal(library.label_images(store, made.id, [4, 6]), expected[[3, 5]])
        paths[0].write_bytes(whole[0])
        assert np.array_equal(library.label_images(store, made.id, range(1, 7)), expected)


def test_a_spoilt_list_of_where_images_lie_is_not_used(store: Store) -> None:
    made = fill_library(store)
    expected = library.label_images(store, made.id, [2, 6])
    library.locate_images(store, made.id, JobContext())
    (path,) = cache_folder(store, made.id).iterdir()
    whole = path.read_bytes()
    for spoilt in (whole[:-4], whole[:-1] + bytes([whole[-1] ^ 1]), b""):
        path.write_bytes(spoilt)
        assert np.array_equal(library.label_images(store, made.id, [2, 6]), expected)


def test_details_of_a_label(store: Store) -> None:
    made = fill_library(store)
    details = library.label_details(store, made.id, 2)
    assert (details.number, details.withdrawn, details.actor_name) == (2, "scratched", "Keeper")
    assert details.field == details.batch.fields[0]
    assert len(details.corners) == 4
    assert library.label_details(store, made.id, 6).withdrawn == ""
    with pytest.raises(InputError, match="no such label"):
        library.label_details(store, made.id, 7)


def test_a_label_is_withdrawn_once_and_only_where_there_is_one(store: Store) -> None:
    made = fill_library(store)
    with pytest.raises(InputError, match=r"No\. 000007: There is no such label"):
        library.withdraw(store, keeper(store), made.id, [1, 7], "scratched")
    with pytest.raises(InputError, match=r"No\. 000002: The label is withdrawn already"):
        library.withdraw(store, keeper(store), made.id, [1, 2], "scratched")
    with pytest.raises(InputError, match="cannot be recorded"):
        library.withdraw(store, keeper(store), made.id, [], "scratched")
    assert library.withdraw(store, keeper(store), made.id, [3, 1, 3], "scratched").numbers == (1, 3)


@pytest.mark.parametrize(("at", "value"), [(0, 1), (0, -1), (1, -1), (2, 200), (3, -2)])
def test_places_that_no_field_has_are_refused(store: Store, at: int, value: int) -> None:
    made = fill_library(store)
    batch, tables = make_labels(store, made, 7)
    tables["places"][1, at] = value
    store.commit(administrator(store), "labels enrolled", batch, tables=tables)
    for look in (lambda: library.label_table(store, made.id), lambda: library.label_details(store, made.id, 8)):
        with pytest.raises(StoreError, match="places that their fields have not"):
            look()


def test_a_batch_counts_the_labels_of_its_fields(store: Store) -> None:
    made = fill_library(store)
    batch, _ = make_labels(store, made, 7)
    with pytest.raises(ValueError, match="as many labels"):
        LabelBatch(**{**dict(batch), "count": 4})
