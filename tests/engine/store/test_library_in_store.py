"""Libraries in a store: labels count on without a gap, tables come back, foreign ones are refused."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine.core.errors import InputError, StoreError
from engine.core.library import Embedding, LabelBatch, Withdrawal
from engine.core.records import new_id
from engine.jobs import JobContext
from engine.store import Store, backup, export_store, import_store, rebuild, segments, verify, writing
from tests.engine.store.samples import administrator, fill_library, make_embedding, make_labels, make_vectors

Tables = dict[str, segments.Table]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.create(tmp_path / "lab.touchstone", laboratory="Lab", location="Town", administrator="Keeper")


def told(store: Store, library_id: str) -> list[object]:
    batches = store.label_batches(library_id)
    tables = [store.tables("labels enrolled", batch.id) for batch in batches]
    embeddings = [each for batch in batches for each in store.embeddings(batch.id)]
    tables += [store.tables("labels embedded", each.id) for each in embeddings]
    return [
        store.library(library_id), batches, embeddings, store.withdrawals(library_id),
        [{name: (segments.form(table), table.tobytes()) for name, table in each.items()} for each in tables],
    ]  # fmt: skip


def test_a_library_comes_back_wherever_its_store_goes(store: Store, tmp_path: Path) -> None:
    library = fill_library(store)
    expected = told(store, library.id)
    assert [batch.numbers for batch in store.label_batches(library.id)] == [range(1, 4), range(4, 7)]
    export_store(store.path, tmp_path / "out.zip")
    copies = (
        Store.open(store.path),
        import_store(tmp_path / "out.zip", tmp_path / "copy.touchstone"),
        Store.open(backup(store.path, tmp_path)),
    )
    rebuild(store.path)
    for copy in (*copies, Store.open(store.path)):
        assert told(copy, library.id) == expected
        found = verify(copy.path, JobContext())
        assert found.ok and not found.notes
    (sequence, withdrawal), = store.withdrawals(library.id)  # fmt: skip
    assert sequence == store.head.sequence
    assert withdrawal.numbers == (2,)


def test_labels_are_found_by_the_field_they_were_cut_from(store: Store) -> None:
    library, other = fill_library(store), fill_library(store, "Film 8")
    first, second = store.label_batches(library.id)
    assert store.label_batches_of(library.id, second.fields[0].sha256) == (second,)
    assert first.fields == store.label_batches(other.id)[0].fields  # the same bytes, enrolled in either
    assert store.label_batches_of(other.id, "0" * 64) == ()


@pytest.mark.parametrize("first", [1, 4, 6, 8])
def test_numbers_follow_on_without_a_gap(store: Store, first: int, monkeypatch: pytest.MonkeyPatch) -> None:
    library = fill_library(store)
    batch, tables = make_labels(store, library, first)
    with pytest.raises(InputError, match="next number is 7, not"):
        store.commit(administrator(store), "labels enrolled", batch, tables=tables)
    with monkeypatch.context() as patched:  # a foreign store whose every hash fits
        patched.setattr(writing, "check_run", lambda *_: None)
        store.commit(administrator(store), "labels enrolled", batch, tables=tables)
    (problem,) = verify(store.path, JobContext()).problems
    assert problem.what == f"It counts from {first}, where 7 is the next number"
    assert problem.where == f"event {store.head.sequence} (labels enrolled)"


def test_the_first_label_of_each_library_is_number_1(store: Store) -> None:
    fill_library(store)
    library = fill_library(store, "Film 8")
    assert store.label_batches(library.id)[0].first_number == 1
    batch, tables = make_labels(store, library, 7)
    store.commit(administrator(store), "labels enrolled", batch, tables=tables)
    assert verify(store.path, JobContext()).ok


def test_labels_need_the_original_bytes_of_their_fields(store: Store) -> None:
    library = fill_library(store)
    batch, tables = make_labels(store, library, 7)
    fields = (batch.fields[0], batch.fields[0].model_copy(update={"sha256": "0" * 64}))
    lacking = batch.model_copy(update={"fields": fields})
    with pytest.raises(InputError, match="original bytes are not in the store"):
        store.commit(administrator(store), "labels enrolled", lacking, tables=tables)


def test_names_of_libraries_are_used_once(store: Store) -> None:
    library = fill_library(store)
    with pytest.raises(InputError, match="name is used already"):
        store.commit(
            administrator(store),
            "library made",
            library.model_copy(update={"id": new_id("library"), "name": "FILM 7"}),
        )


def test_what_is_enrolled_embedded_or_withdrawn_belongs_to_a_library_that_is_there(store: Store) -> None:
    library = fill_library(store)
    stranger = library.model_copy(update={"id": new_id("library")})
    batch, tables = make_labels(store, stranger)
    embedding, more = make_embedding(batch)
    withdrawal = Withdrawal(id=new_id("withdrawal"), library_id=stranger.id, numbers=(1,), reason="lost")
    for kind, record, arrays in (
        ("labels enrolled", batch, tables),
        ("labels embedded", embedding, more),
        ("labels withdrawn", withdrawal, None),
    ):
        with pytest.raises(InputError, match="There is no"):
            store.commit(administrator(store), kind, record, tables=arrays)


def _short(tables: Tables) -> None:
    tables["vectors"] = tables["vectors"][:-1]


def _narrow(tables: Tables) -> None:
    tables["vectors"] = np.ascontiguousarray(tables["vectors"][:, :255])


def _halves(tables: Tables) -> None:
    tables["vectors"] = (100 * tables["vectors"]).astype("<i4")


def _missing(tables: Tables) -> None:
    del tables["vectors"]


def _more(tables: Tables) -> None:
    tables["names"] = np.zeros(3, dtype="<i4")


def _wrong_side(tables: Tables) -> None:
    name = "crops" if "crops" in tables else "classes"
    tables[name] = np.zeros((3, 128 * 128), dtype=tables[name].dtype)


@pytest.mark.parametrize("change", [_short, _narrow, _halves, _missing, _more, _wrong_side])
@pytest.mark.parametrize("kind", ["labels enrolled", "labels embedded"])
def test_tables_that_do_not_fit_their_labels_are_refused(
    store: Store, tmp_path: Path, change: Callable[[Tables], None], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = fill_library(store)
    record: LabelBatch | Embedding
    if kind == "labels enrolled":
        record, tables = make_labels(store, library, 7)
    else:
        record, tables = make_embedding(store.label_batches(library.id)[0], "c" * 64)
    change(tables)
    with pytest.raises(InputError, match="tables are not those"):
        store.commit(administrator(store), kind, record, tables=tables)
    with monkeypatch.context() as patched:
        patched.setattr(writing, "tables_fit", lambda *_: True)
        store.commit(administrator(store), kind, record, tables=tables)
    (problem,) = verify(store.path, JobContext()).problems
    assert problem.what == "The tables are not those of its record"
    with pytest.raises(StoreError, match="tables are not those of its record"):
        Store.open(store.path).tables(kind, record.id)
    if change is _narrow:  # the check of an import runs in a child process, which takes its time
        export_store(store.path, tmp_path / "hostile.zip")
        with pytest.raises(StoreError, match="tables are not those of its record"):
            import_store(tmp_path / "hostile.zip", tmp_path / "copy.touchstone")
        assert not (tmp_path / "copy.touchstone").exists()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_embeddings_are_finite(store: Store, value: float) -> None:
    library = fill_library(store)
    batch, tables = make_labels(store, library, 7)
    tables["vectors"] = make_vectors(3, 1)
    tables["vectors"][1, 7] = value
    with pytest.raises(InputError, match="no finite numbers"):
        store.commit(administrator(store), "labels enrolled", batch, tables=tables)
