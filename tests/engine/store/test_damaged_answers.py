"""Damaged bytes are never handed out, and what was never acknowledged is never taken for an event."""

from pathlib import Path

import pytest

from engine.core.errors import InputError, StoreError
from engine.core.records import sha256_hex
from engine.store import Store, import_store
from tests.engine.store.samples import administrator, fill, make_case
from tests.engine.store.test_store_transfer import Files, changed_export


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store.create(tmp_path / "lab.touchstone", laboratory="Lab", location="Town", administrator="Keeper")
    fill(store)
    return store


def test_damaged_evidence_is_not_handed_out_though_the_store_stays_open(store: Store) -> None:
    for path in (store.path / "evidence").iterdir():
        sha256 = path.name.partition(".")[0]
        assert sha256_hex(store.evidence(sha256).read_bytes()) == sha256
        data = path.read_bytes()
        path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
        with pytest.raises(StoreError, match="damaged: their hash is not the one taken in"):
            store.evidence(sha256)


def test_damaged_evidence_is_mended_by_taking_it_in_again(store: Store) -> None:
    path = sorted((store.path / "evidence").iterdir())[0]
    data, sha256 = path.read_bytes(), path.name.partition(".")[0]
    path.write_bytes(b"other bytes")
    assert store.add_evidence(data, path.suffix) == sha256
    assert store.evidence(sha256).read_bytes() == data


def test_a_whole_event_beyond_an_undamaged_head_was_not_acknowledged(store: Store) -> None:
    head, before = (store.path / "HEAD").read_bytes(), store.events()
    store.commit(administrator(store), "case opened", make_case())
    line = (store.path / "ledger.jsonl").read_bytes().splitlines(keepends=True)[-1]
    (store.path / "HEAD").write_bytes(head)  # as if the power had failed between the line and HEAD
    again = Store.open(store.path)
    assert again.events() == before
    assert f"{len(line)} bytes beyond HEAD were never acknowledged" in again.notes[0]
    again.commit(administrator(again), "case opened", make_case())
    aside = again.events()[len(before)]
    assert aside.kind == "bytes set aside"
    assert again.evidence(aside.payload["record"]["sha256"]).read_bytes() == line


def _long_head(files: Files) -> None:
    files["HEAD"] += b" "


def test_a_member_larger_than_any_store_has_is_refused_before_it_is_unpacked(store: Store, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="too large"):
        import_store(changed_export(store, tmp_path, _long_head), tmp_path / "copy.touchstone")
