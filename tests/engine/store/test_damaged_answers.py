"""Damaged bytes are never handed out, and nothing is taken for an event that was not acknowledged as it stands."""

from pathlib import Path

import pytest

from engine.core.case import IssuedReport
from engine.core.errors import InputError, StoreError
from engine.core.records import new_id, sha256_hex
from engine.store import ScaleSet, Store, import_store
from tests.engine.store.samples import SCALE, administrator, fill, make_case, make_opinion
from tests.engine.store.test_store_transfer import Files, changed_export

ABSENT = "{}-0000000000000000"


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


def test_a_ledger_that_lost_its_last_event_is_cut_off_and_says_by_how_much(store: Store) -> None:
    ledger = store.path / "ledger.jsonl"
    *lines, last = ledger.read_bytes().splitlines(keepends=True)
    ledger.write_bytes(b"".join(lines))
    with pytest.raises(StoreError, match=f"cut off: {len(last)} bytes that were acknowledged are missing"):
        Store.open(store.path)
    with pytest.raises(StoreError, match="cut off"):
        store.commit(administrator(store), "case opened", make_case())
    assert ledger.read_bytes() == b"".join(lines)


def test_a_last_event_rewritten_with_a_fitting_hash_is_not_the_acknowledged_one(store: Store) -> None:
    *lines, last = (store.path / "ledger.jsonl").read_bytes().splitlines(keepends=True)
    text = last[: -len(',"hash":""}\n') - 64].replace(b"was observed", b"was invented")
    rewritten = text + b',"hash":"' + sha256_hex(text).encode() + b'"}\n'
    assert rewritten != last and len(rewritten) == len(last)
    (store.path / "ledger.jsonl").write_bytes(b"".join([*lines, rewritten]))
    with pytest.raises(StoreError, match="does not end as HEAD says"):
        Store.open(store.path)


@pytest.mark.parametrize("kind", ["scale set", "finding made", "opinion given", "report issued"])
def test_a_record_that_refers_to_nothing_is_refused(store: Store, kind: str) -> None:
    case, finding = fill(store)
    before = store.head
    records = {
        "scale set": ScaleSet(capture_id=ABSENT.format("capture"), scale=SCALE),
        "finding made": finding.model_copy(
            update={"id": new_id("finding"), "capture_ids": (ABSENT.format("capture"),), "scales": ()}
        ),
        "opinion given": make_opinion(case).model_copy(update={"finding_ids": (ABSENT.format("finding"),)}),
        "report issued": IssuedReport(
            id=new_id("report"),
            case_id=case.id,
            number="TS-1",
            amends=ABSENT.format("report"),
            pdf_sha256="0" * 64,
            manifest_sha256="1" * 64,
            head_sequence=0,
            head_hash="2" * 64,
        ),
    }
    with pytest.raises(InputError, match="There is no"):
        store.commit(administrator(store), kind, records[kind], case_id=case.id)
    assert store.head == before


def _long_head(files: Files) -> None:
    files["HEAD"] += b" "


def test_a_member_larger_than_any_store_has_is_refused_before_it_is_unpacked(store: Store, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="too large"):
        import_store(changed_export(store, tmp_path, _long_head), tmp_path / "copy.touchstone")
