"""Lines of the ledger, slots of HEAD, and what lies beyond it."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.errors import StoreError
from engine.jobs import JobContext
from engine.store import Store, rebuild, verify
from engine.store.head import GENESIS, SLOT, Head, decode, read_slots
from engine.store.ledger import Entry, Problem, encode, entry_of, parse, read_events, scan
from tests.engine.store.samples import administrator, fill, make_case

ROOT = Path(__file__).resolve().parents[3]
HASH = st.text("0123456789abcdef", min_size=64, max_size=64)
HEADS = st.builds(Head, st.integers(0, 10**12), st.integers(0, 10**15), HASH)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
KEYS = st.lists(st.from_regex(r"\A[a-z]{1,8}-[0-9a-f]{16}\Z"), max_size=3)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store.create(tmp_path / "lab.touchstone", laboratory="Lab", location="Town", administrator="Keeper")
    fill(store)
    return store


@given(HEADS)
def test_a_slot_comes_back(head: Head) -> None:
    slot = head.encode()
    assert len(slot) == SLOT and slot.endswith(b"\n") and decode(slot) == head


@given(HEADS, st.integers(0, SLOT - 1), st.integers(1, 255))
def test_any_changed_byte_spoils_a_slot(head: Head, place: int, change: int) -> None:
    slot = bytearray(head.encode())
    slot[place] ^= change
    assert decode(bytes(slot)) is None


@pytest.mark.parametrize("count", [-1, 1.0, True, [], None])
def test_a_slot_with_a_fitting_check_but_no_number_is_none(count: Any) -> None:
    assert decode(Head(count, 0, "0" * 64).encode()) is None
    assert decode(Head(1, 0, count).encode()) is None


@given(HEADS, KEYS, st.none() | st.just("case-0123456789abcdef"), JSON)
def test_a_line_comes_back(head: Head, about: list[str], case_id: str | None, record: object) -> None:
    payload = {"about": about, "case_id": case_id, "record": record}
    line = encode(head, time="2026-01-01T00:00:00.000000Z", actor_id="actor-1", kind="case opened", payload=payload)
    entry = entry_of(line, head)
    assert isinstance(entry, Entry)
    assert (entry.about, entry.case_id, entry.kind) == (tuple(about), case_id, "case opened")
    event = parse(line, entry, Path("ledger.jsonl"))
    assert event.payload == payload and event.sequence == head.count and event.previous == head.hash
    assert entry.head == Head(head.count + 1, head.offset + len(line), event.hash)


@given(st.data())
def test_any_changed_byte_spoils_a_line(data: st.DataObject) -> None:
    payload = {"about": ["a-1"], "case_id": None, "record": {"text": 'say "hash":"'}}
    line = bytearray(encode(GENESIS, time="2026-01-01Z", actor_id="actor-1", kind="case opened", payload=payload))
    line[data.draw(st.integers(0, len(line) - 1))] ^= data.draw(st.integers(1, 255))
    assert isinstance(entry_of(bytes(line), GENESIS), str)


@settings(max_examples=30)
@given(st.lists(JSON, min_size=3, max_size=8), st.data())
def test_a_damaged_line_is_named_and_the_others_are_still_found(
    tmp_path_factory: pytest.TempPathFactory, records: list[object], data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("ledger") / "ledger.jsonl"
    head, lines = GENESIS, []
    for record in records:
        payload = {"about": [], "case_id": None, "record": record}
        lines.append(encode(head, time="2026-01-01Z", actor_id="store", kind="case opened", payload=payload))
        entry = entry_of(lines[-1], head)
        assert isinstance(entry, Entry)
        head = entry.head
    number = data.draw(st.integers(0, len(lines) - 1))
    spoilt = bytearray(lines[number])
    spoilt[data.draw(st.integers(0, len(spoilt) - 2))] ^= 1
    path.write_bytes(b"".join([*lines[:number], bytes(spoilt), *lines[number + 1 :]]))
    found = list(scan(path, GENESIS, path.stat().st_size))
    problems = [item for item in found if isinstance(item, Problem)]
    # A byte that became a newline makes one more line, so the events after it are not in their places.
    if b"\n" not in spoilt[:-1]:
        assert [item.where.split(",")[1] for item in problems] == [f" event {number}"]
        whole = [item for item in found if isinstance(item, Entry)]
        assert [entry.sequence for entry in whole] == [at for at in range(len(lines)) if at != number]
        assert len(read_events(path, tuple(whole))) == len(whole)
    assert problems


def test_a_missing_line_is_one_problem(store: Store) -> None:
    ledger = store.path / "ledger.jsonl"
    lines = ledger.read_bytes().splitlines(keepends=True)
    ledger.write_bytes(b"".join([*lines[:4], *lines[5:]]) + b" " * len(lines[4]))
    with pytest.raises(StoreError, match="Event 4 is not where it belongs: event 5 stands in its place"):
        Store.open(store.path)


def test_a_damaged_store_opens_read_only_and_shows_what_is_whole(store: Store) -> None:
    ledger = store.path / "ledger.jsonl"
    lines = ledger.read_bytes().splitlines(keepends=True)
    before = [event.hash for event in store.events()]
    ledger.write_bytes(b"".join([*lines[:4], lines[4].replace(b"png", b"gif"), *lines[5:]]))
    with pytest.raises(StoreError, match="Event 4 is damaged"):
        Store.open(store.path)
    with pytest.raises(StoreError, match="Event 4 is damaged"):
        store.events()
    reader = Store.open(store.path, read_only=True)
    assert [problem.where for problem in reader.problems] == [f"ledger.jsonl, event 4, byte {sum(map(len, lines[:4]))}"]
    assert [event.hash for event in reader.events()] == [*before[:4], *before[5:]]
    assert verify(store.path, JobContext()).problems[0].what.startswith("Event 4 is damaged")


def test_a_line_that_changes_while_the_store_is_open_is_noticed(store: Store) -> None:
    ledger = store.path / "ledger.jsonl"
    whole = ledger.read_bytes()
    end = whole.index(b"\n")
    for place in (5, end - 70, end - 10, end - 1, end):
        ledger.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(StoreError, match="Event 0 is damaged"):
            store.events()


def test_bytes_beyond_head_are_set_aside_and_recorded(store: Store) -> None:
    before = store.events()
    torn = b'{"actor_id":"actor-'
    with (store.path / "ledger.jsonl").open("ab") as file:
        file.write(torn)
    found = verify(store.path, JobContext())
    assert found.ok and "19 bytes beyond HEAD were never acknowledged" in found.notes[0]
    again = Store.open(store.path)
    assert again.events() == before and again.notes == found.notes
    again.commit(administrator(again), "case opened", make_case())
    aside = again.events()[len(before)]
    assert (aside.kind, aside.actor_id) == ("bytes set aside", "store")
    assert again.evidence(aside.payload["record"]["sha256"]).read_bytes() == torn
    assert verify(store.path, JobContext()).ok and not Store.open(store.path).notes


def test_an_older_head_is_damage_and_its_events_are_not_dropped(store: Store) -> None:
    old = (store.path / "HEAD").read_bytes()
    for _ in range(3):
        store.commit(administrator(store), "case opened", make_case())
    events = store.events()
    (store.path / "HEAD").write_bytes(old)
    with pytest.raises(StoreError, match="3 whole events stand beyond it"):
        Store.open(store.path)
    with pytest.raises(StoreError, match="put back to an earlier state"):
        store.commit(administrator(store), "case opened", make_case())
    assert store.read_only
    rebuild(store.path)
    again = Store.open(store.path)
    assert again.events()[:-1] == events and again.events()[-1].kind == "head restored"


@pytest.mark.parametrize("slot", [0, 1])
def test_a_damaged_slot_loses_no_event_and_is_mended(store: Store, slot: int) -> None:
    head = store.path / "HEAD"
    for opened_before in (True, False):
        events = Store.open(store.path).events()
        data = bytearray(head.read_bytes())
        data[slot * SLOT + 20] ^= 1
        head.write_bytes(data)
        assert "slot of HEAD is damaged" in verify(store.path, JobContext()).notes[0]
        again = store if opened_before else Store.open(store.path)
        again.commit(administrator(again), "case opened", make_case())
        assert read_slots(head).whole and not Store.open(store.path).notes
        assert Store.open(store.path).events()[: len(events)] == events


def test_the_slots_hold_the_last_two_heads(store: Store) -> None:
    for _ in range(3):
        before = store.head
        store.commit(administrator(store), "case opened", make_case())
        data = (store.path / "HEAD").read_bytes()
        assert {decode(data[:SLOT]), decode(data[SLOT:])} == {before, store.head}


def test_a_whole_line_that_follows_another_is_not_chained(store: Store) -> None:
    payload = {"about": [], "case_id": None, "record": None}
    stranger = Head(store.head.count, store.head.offset, "1" * 64)
    line = encode(stranger, time="2026-01-01Z", actor_id="store", kind="case opened", payload=payload)
    assert isinstance(entry_of(line, stranger), Entry)
    assert entry_of(line, store.head) == "is not chained to the event before it"


@pytest.mark.parametrize("damage", ["ledger", "head", ""])
def test_twenty_lines_of_python_check_the_chain(store: Store, damage: str) -> None:
    script = ROOT / "docs" / "verify_ledger.py"
    if damage == "ledger":
        path = store.path / "ledger.jsonl"
        path.write_bytes(path.read_bytes().replace(b"Label A", b"Label B", 1))
    elif damage == "head":
        data = (store.path / "ledger.jsonl").read_bytes()
        (store.path / "ledger.jsonl").write_bytes(data[: data[:-1].rindex(b"\n") + 1])
    run = subprocess.run([sys.executable, "-I", script, store.path], capture_output=True, text=True, check=False)
    assert (run.returncode == 0) == (not damage), run.stderr
    assert damage or run.stdout.split() == [str(store.head.count), "events,", "head", store.head.hash]
    code = [line for line in script.read_text().splitlines() if line.strip() and not line.startswith(('"""', "#"))]
    assert len(code) <= 20
