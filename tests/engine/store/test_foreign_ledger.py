"""A ledger from elsewhere may hold anything under hashes that fit: it is refused or read, and nothing else happens."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.errors import TouchstoneError
from engine.core.records import sha256_hex
from engine.jobs import JobContext
from engine.store import KINDS, Store, verify
from engine.store.head import GENESIS
from engine.store.ledger import Entry, encode, entry_of
from tests.engine.store.samples import make_case, make_item

CASE = "case-0123456789abcdef"
ODD = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("../../../etc/passwd")
JSON = st.recursive(
    ODD.filter(lambda value: not isinstance(value, float) or abs(value) < 1e300),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
RECORDS = st.sampled_from([make_case().to_json(), make_item(make_case()).to_json()])
PAYLOADS = st.fixed_dictionaries(
    {
        "about": st.lists(st.sampled_from([CASE, "item-0123456789abcdef", "x"]), max_size=2),
        "case_id": st.sampled_from([None, CASE]),
        "record": RECORDS | JSON,
        "schema": st.just(1) | JSON,
    },
    optional={"evidence": st.lists(st.just("*") | st.just("0" * 64), max_size=2) | JSON, "segment": JSON},
)
EVENTS = st.lists(
    st.tuples(st.sampled_from([*KINDS, "unheard of"]), st.just("actor-1"), PAYLOADS), min_size=1, max_size=4
)


def foreign(folder: Path, events: list[tuple[str, str, dict[str, Any]]]) -> Path:
    path = folder / "foreign.touchstone"
    for name in ("evidence", "segments", "drafts"):
        (path / name).mkdir(parents=True)
    created = {"about": [], "case_id": None, "record": {"laboratory": "Foreign", "location": ""}, "schema": 1}
    head, lines = GENESIS, []
    for kind, actor_id, payload in [("store created", "actor-1", created), *events]:
        lines.append(encode(head, time="2026-01-01Z", actor_id=actor_id, kind=kind, payload=payload))
        entry = entry_of(lines[-1], head)
        assert isinstance(entry, Entry)
        head = entry.head
    (path / "ledger.jsonl").write_bytes(b"".join(lines))
    (path / "HEAD").write_bytes(head.encode() * 2)
    return path


@settings(max_examples=60, deadline=None)
@given(EVENTS)
def test_any_payload_under_a_fitting_hash_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, events: list[tuple[str, str, dict[str, Any]]]
) -> None:
    path = foreign(tmp_path_factory.mktemp("foreign"), events)
    found = verify(path, JobContext())
    assert found.events == len(events) + 1
    store = Store.open(path)
    for ask in (store.actors, store.cases, store.events):
        try:
            ask()
        except TouchstoneError:
            assert not found.ok
    for kind, _, _ in events:
        if kind == "unheard of":
            assert not found.ok


@pytest.mark.parametrize("record", [b"[" * 100_000, b'"\xff"', b"1" * 5000, b"NaN", b"{", b'{"a":1,"a":2}'])
def test_what_is_no_json_under_a_fitting_hash_is_a_problem(tmp_path: Path, record: bytes) -> None:
    path = foreign(tmp_path, [("case opened", "actor-1", {"about": [], "case_id": None, "record": "HERE"})])
    lines = (path / "ledger.jsonl").read_bytes().splitlines(keepends=True)
    text = lines[1][:-76].replace(b'"HERE"', record)
    line = text + b',"hash":"' + sha256_hex(text).encode() + b'"}\n'
    (path / "ledger.jsonl").write_bytes(lines[0] + line)
    first = entry_of(lines[0], GENESIS)
    assert isinstance(first, Entry)
    second = entry_of(line, first.head)
    assert isinstance(second, Entry)
    (path / "HEAD").write_bytes(second.head.encode() * 2)
    (problem,) = verify(path, JobContext()).problems
    assert problem.where.startswith("event 1 (case opened), ")
    with pytest.raises(TouchstoneError):
        Store.open(path).cases()
