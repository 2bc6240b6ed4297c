"""Series, IDs and their tables in a store: sealed secrets stay in, foreign tables are refused."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine.core.errors import InputError, StoreError
from engine.core.records import sha256_hex
from engine.jobs import JobContext
from engine.store import Store, backup, export_store, import_store, segments, verify, writing
from engine.store.kinds import Form, text_key
from engine.store.secrets import LIMIT
from tests.engine.store.samples import administrator, fill_codes, make_check, make_ids, make_series, make_steps
from tests.engine.store.test_store_transfer import changed_export

Tables = dict[str, segments.Table]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.create(tmp_path / "lab.touchstone", laboratory="Lab", location="Town", administrator="Keeper")


def sealed_file(store: Store) -> Path:
    (path,) = (store.path / "secrets").iterdir()
    return path


def test_tables_and_secrets_come_back_after_opening_again(store: Store) -> None:
    series = fill_codes(store)
    again = Store.open(store.path)
    assert again.code_series() == (series,) == (again.code_series_one(series.id),)
    (batch,) = again.id_batches(series.id)
    expected = make_ids(series)[1]
    found = again.tables("ids issued", batch.id)
    assert {name: table.tobytes() for name, table in found.items()} == {
        name: table.tobytes() for name, table in expected.items()
    }
    assert again.secret(series.sealed_sha256) == sealed_file(store).read_bytes()
    assert verify(store.path, JobContext()) == verify(again.path, JobContext())
    assert verify(store.path, JobContext()).ok
    assert not verify(store.path, JobContext()).notes
    with pytest.raises(InputError, match="There is no"):
        again.tables("ids issued", "batch-0000000000000000")


def test_checks_are_found_by_id_and_by_text_whatever_letters_it_has(store: Store) -> None:
    series = fill_codes(store)
    strange = make_check(series).model_copy(update={"code_text": 'x","y\n\u202e', "product_id": None})
    store.commit(administrator(store), "code checked", strange)
    again = Store.open(store.path)
    assert again.code_checks(strange.code_text) == (strange,)
    assert [check.product_id for check in again.code_checks("0123456789ABCDEF")] == ["0123456789ABCDEF"]
    assert again.code_checks("0123456789ABCDE") == ()
    assert len(again.code_checks()) == 2
    assert verify(store.path, JobContext()).ok


def test_texts_that_share_a_key_are_told_apart(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("kinds", "queries_codes"):
        monkeypatch.setattr(f"engine.store.{module}.text_key", lambda text: text_key("one"))
    series = fill_codes(store)
    other = make_check(series).model_copy(update={"id": "check-0000000000000001", "code_text": "other"})
    store.commit(administrator(store), "code checked", other.model_copy(update={"product_id": None}))
    assert [check.id for check in store.code_checks("other")] == [other.id]


def test_a_series_needs_its_sealed_secrets(store: Store) -> None:
    series = make_series(store)
    sealed_file(store).unlink()
    with pytest.raises(InputError, match="sealed secrets are not in the store"):
        store.commit(administrator(store), "series made", series)
    assert not store.code_series()


@pytest.mark.parametrize("data", [b"", b"x" * (LIMIT + 1)])
def test_secrets_have_a_size(store: Store, data: bytes) -> None:
    with pytest.raises(InputError, match="bytes, not"):
        store.add_secret(data)


def test_damaged_secrets_are_told_and_never_handed_out(store: Store) -> None:
    series = fill_codes(store)
    path = sealed_file(store)
    whole = path.read_bytes()
    for spoilt in (whole[:-1], whole + b"x", b"", bytes([whole[0] ^ 1]) + whole[1:]):
        path.write_bytes(spoilt)
        with pytest.raises(StoreError, match="damaged"):
            store.secret(series.sealed_sha256)
        (problem,) = verify(store.path, JobContext()).problems
        assert problem.where == f"secrets/{path.name}"
        with pytest.raises(StoreError, match="damaged"):
            backup(store.path, store.path.parent)
    assert store.add_secret(whole) == series.sealed_sha256
    assert store.secret(series.sealed_sha256) == whole


def test_missing_secrets_are_a_note_that_is_never_left_out(store: Store) -> None:
    fill_codes(store)
    sealed_file(store).unlink()
    found = verify(store.path, JobContext())
    assert found.ok
    assert found.left_out == found.notes
    assert "left out by an export or lost" in found.notes[0]
    assert verify(backup(store.path, store.path.parent), JobContext()).left_out == found.left_out


def test_what_stands_beside_the_secrets_is_noted(store: Store) -> None:
    fill_codes(store)
    store.add_secret(b"of nobody")
    (store.path / "secrets" / "letter.txt").write_text("x")
    notes = verify(store.path, JobContext()).notes
    assert [note.partition(": ")[2] for note in notes] == [
        "no event names these sealed secrets",
        "does not belong to the store",
    ]


def test_no_export_holds_sealed_secrets_and_none_that_does_is_imported(store: Store, tmp_path: Path) -> None:
    series = fill_codes(store)
    manifest = export_store(store.path, tmp_path / "out.zip")
    assert not [member.name for member in manifest.members if "secret" in member.name]
    assert store.secret(series.sealed_sha256) not in (tmp_path / "out.zip").read_bytes()
    again = import_store(tmp_path / "out.zip", tmp_path / "copy.touchstone")
    assert again.events() == store.events()
    again.commit(administrator(again), "code checked", make_check(series))

    def smuggle(files: dict[str, bytes]) -> None:
        files[f"secrets/{series.sealed_sha256}.sealed"] = store.secret(series.sealed_sha256)

    (tmp_path / "more").mkdir()
    with pytest.raises(InputError, match="no export holds"):
        import_store(changed_export(store, tmp_path / "more", smuggle), tmp_path / "other.touchstone")


def test_a_store_from_before_there_were_series_gets_its_folder(store: Store) -> None:
    (store.path / "secrets").rmdir()
    assert verify(store.path, JobContext()).ok
    again = Store.open(store.path)
    fill_codes(again)
    assert verify(store.path, JobContext()).ok


def _short(tables: Tables) -> None:
    tables["ids"] = tables["ids"][:-1]


def _narrow(tables: Tables) -> None:
    tables["ids"] = np.ascontiguousarray(tables["ids"][:, :9])


def _wide(tables: Tables) -> None:
    tables["cells"] = np.tile(tables["cells"], (1, 2))


def _other_type(tables: Tables) -> None:
    tables["pool"] = tables["pool"].astype("<i8")


def _missing(tables: Tables) -> None:
    del tables["ids"]


def _more(tables: Tables) -> None:
    tables["more"] = tables["pool"]


CHANGES = [_short, _narrow, _wide, _other_type, _missing, _more]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("kind", ["ids issued", "steps recorded"])
def test_tables_that_do_not_fit_their_record_are_refused_at_commit_and_in_foreign_stores(
    store: Store, tmp_path: Path, change: Callable[[Tables], None], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    series = make_series(store)
    store.commit(administrator(store), "series made", series)
    record, tables = make_ids(series) if kind == "ids issued" else make_steps()
    change(tables)
    before = store.head
    with pytest.raises(InputError, match="tables are not those"):
        store.commit(administrator(store), kind, record, tables=tables)
    assert store.head == before
    with monkeypatch.context() as patched:  # a foreign store whose every hash fits
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


def test_events_of_other_kinds_take_no_tables(store: Store) -> None:
    series = make_series(store)
    with pytest.raises(InputError, match="tables are not those"):
        store.commit(administrator(store), "series made", series, tables=make_ids(series)[1])


def test_a_form_counts_what_its_record_names() -> None:
    batch = make_steps()[0]
    form = Form("<i4", ("count", 5, ""))
    assert form.fits(batch, "<i4", (7, 5, 3))
    for dtype, shape in (("<i8", (7, 5, 3)), ("<i4", (7, 5)), ("<i4", (6, 5, 3)), ("<i4", (7, 4, 3))):
        assert not form.fits(batch, dtype, shape)
    assert form.fits(batch, None, ())
    assert not Form("<i4", ("count", 5)).fits(batch, None, ())
    assert Form("<i4", ("count", 0)).fits(batch, None, ())


def test_the_ledger_alone_tells_the_hash_of_the_sealed_secrets(store: Store, tmp_path: Path) -> None:
    series = fill_codes(store)
    export_store(store.path, tmp_path / "out.zip")
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert sha256_hex(store.secret(series.sealed_sha256)).encode() in archive.read("ledger.jsonl")
