"""IDs are issued, traced, voided and asked for; the register answers what was recorded and nothing else."""

import numpy as np
import pytest

from engine.core.case import Role
from engine.core.codes import CodeCheck, LifeBatch, RegisterState, Scheme, SealState, Stage
from engine.core.errors import Cancelled, InputError, SeriesLockedError, StoreError
from engine.core.records import new_id
from engine.jobs import JobContext
from engine.traceability.ids import ProductIds, from_written
from engine.traceability.texts import to_tables
from engine.workflows.cases import add_actor, custody
from engine.workflows.codes import tracing
from engine.workflows.codes.series import Keyring, make_series, series_overview
from engine.workflows.codes.tracing import issue_ids, issued_batch, life_step, query, read_steps, record_steps, void
from engine.workflows.stores import open_store, verify_store
from engine.workflows.tables import Table

PASSPHRASE = "horse battery staple"
PREFIX = "https://t.example/"


@pytest.fixture
def producer(store):
    return add_actor(store, store.actors()[0], "Producer", Role.PRODUCER)


@pytest.fixture
def series(store, producer):
    return make_series(
        store, producer, "Spring", scheme=Scheme.UNIQUE, passphrase=PASSPHRASE, prefix=PREFIX, context=JobContext()
    )


@pytest.fixture
def keyring(store, series):
    keyring = Keyring()
    keyring.unlock(store, series.id, PASSPHRASE)
    return keyring


@pytest.fixture
def issue(store, producer, series, keyring):
    def _issue(count=None, rows=None):
        return issue_ids(store, producer, series.id, keyring, count=count, rows=rows, context=JobContext())

    return _issue


@pytest.fixture
def product_id(issue):
    return issue(1).product_ids[0]


def check_of(store, actor, text, product_id=None, **values):
    check = CodeCheck(
        id=new_id("check"),
        code_text=text,
        product_id=product_id,
        register_state=RegisterState.NO_RECORD,
        outcome="read",
        image_sha256="0" * 64,
        **values,
    )
    store.commit(actor.id, "code checked", check)
    return check


def test_issued_ids_are_found_with_their_data_and_others_are_not(store, series, issue):
    rows = Table(("lot", "article"), (("A", "=1+1"), ("A", "\u00fcber"), ("B", "")))
    issued, plain = issue(rows=rows), issue(2)
    assert issued.rows is rows
    for number, product_id in enumerate(issued.product_ids):
        answer = query(store, product_id)
        assert (answer.state, answer.product_id, answer.series) == (RegisterState.ISSUED, product_id, series)
        assert answer.batch == issued.batch
        assert dict(answer.data) == rows.row(number)
        assert answer.code_text == PREFIX + product_id
        assert answer.issued_at == store.event_of("ids issued", issued.batch.id).time
    assert dict(query(store, plain.product_ids[1]).data) == {}
    unknown = query(store, "0123456789ABCDEF")
    assert (unknown.state, unknown.product_id) == (RegisterState.NO_RECORD, "0123456789ABCDEF")
    assert (unknown.series, unknown.batch, unknown.issued_at) == (None, None, "")


def test_the_register_answers_alike_after_opening_again(store, issue):
    issued = issue(rows=Table(("lot",), (("A",), ("B",))))
    again = open_store(store.path, read_only=True)
    for product_id in issued.product_ids:
        assert query(again, product_id) == query(store, product_id)
    assert list(issued_batch(again, issued.batch.id).product_ids) == list(issued.product_ids)
    with pytest.raises(InputError, match="no such batch"):
        issued_batch(again, "batch-0000000000000000")


def test_a_batch_is_read_back_with_its_variable_data(store, issue):
    table = Table(("lot", "article"), (("1", "=x"), ("2", "bag"), ("1", "")))
    issued = issue(rows=table)
    again = issued_batch(store, issued.batch.id)
    assert list(again.product_ids) == list(issued.product_ids)
    assert again.rows == table
    assert issued_batch(store, issue(2).batch.id).rows is None


def test_what_a_code_says_is_taken_as_it_stands_and_what_is_typed_is_forgiven(store, product_id):
    assert query(store, PREFIX + product_id).state == RegisterState.ISSUED
    for text in (product_id.lower(), f" {product_id}", "http://t.example/" + product_id, PREFIX + product_id + "/"):
        assert query(store, text).state == RegisterState.NO_RECORD
    grouped = f" {product_id[:4].lower()}-{product_id[4:8]} {product_id[8:]}"
    for text in (grouped, PREFIX + grouped, product_id):
        assert query(store, text, typed=True).product_id == product_id
    for text in ("", "x", PREFIX, "\0" * 16, "x" * 100_000):
        assert query(store, text, typed=True).product_id is None


def test_an_id_behind_the_prefix_of_another_series_is_not_on_record(store, producer, product_id):
    make_series(
        store, producer, "Other", scheme=Scheme.UNIQUE, passphrase=PASSPHRASE, prefix="O:", context=JobContext()
    )
    answer = query(store, "O:" + product_id)
    assert (answer.state, answer.product_id) == (RegisterState.NO_RECORD, product_id)


def test_only_producers_issue_and_only_from_an_unlocked_series(store, series, keyring, examiner, producer):
    with pytest.raises(InputError, match="may not issue IDs"):
        issue_ids(store, examiner, series.id, keyring, count=1, context=JobContext())
    with pytest.raises(SeriesLockedError):
        issue_ids(store, producer, series.id, Keyring(), count=1, context=JobContext())
    assert not store.id_batches()


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"count": 0},
        {"count": -1},
        {"count": 1_000_001},
        {"rows": Table(("a",), ())},
        {"count": 1, "rows": Table(("a",), (("b",),))},
    ],
)
def test_a_number_that_cannot_be_issued_is_refused(issue, store, values):
    with pytest.raises(InputError):
        issue(**values)
    assert not store.id_batches()


def test_issuing_can_be_cancelled(store, producer, series, keyring):
    context = JobContext()
    context.cancel()
    with pytest.raises(Cancelled):
        issue_ids(store, producer, series.id, keyring, count=5, context=context)
    assert not store.id_batches()


def test_ids_that_were_issued_before_are_drawn_again(store, issue, monkeypatch):
    """Collisions do not happen by chance, so chance is taken away: the first draws are those of an earlier batch."""
    first = issue(5)
    own, draws = tracing.new_ids, []

    def draw(key, batch_id, count):
        draws.append(batch_id)
        return from_written(list(first.product_ids)) if len(draws) < 3 else own(key, batch_id, count)

    monkeypatch.setattr(tracing, "new_ids", draw)
    second = issue(5)
    assert len(draws) == 3
    assert not set(first.product_ids) & set(second.product_ids)
    monkeypatch.setattr(tracing, "new_ids", lambda *_: from_written(list(first.product_ids)))
    with pytest.raises(InputError, match="No unused IDs"):
        issue(5)


def test_batches_of_another_process_are_known_after_refresh(store, series, keyring, producer, issue):
    other = open_store(store.path)
    mine = issue(2).product_ids[0]
    theirs = issue_ids(other, producer, series.id, keyring, count=2, context=JobContext()).product_ids[0]
    assert query(other, mine).state == query(other, theirs).state == RegisterState.ISSUED
    assert query(store, theirs).state == RegisterState.NO_RECORD
    store.refresh()
    assert query(store, theirs).state == RegisterState.ISSUED


def test_steps_are_recorded_and_told_in_the_order_of_recording(store, examiner, issue):
    first, second = issue(2).product_ids
    steps = [
        life_step(first, "retail", "2026-03-01T10:00+01:00", " Shop ", "Trader", "n\u00f6te"),
        life_step(second, Stage.PRODUCTION, "2026-03-01T08:00Z"),
        life_step(first.lower(), " Disposal", "2026-03-02T08:00:00.5Z"),
    ]
    batch = record_steps(store, examiner, steps, "typed")
    found = query(store, first).steps
    assert [each.step for each in found] == [steps[0], steps[2]]
    assert steps[0].time == "2026-03-01T09:00:00Z"
    assert {(each.actor_name, each.source) for each in found} == {("Examiner", "typed")}
    assert {each.recorded for each in found} == {store.event_of("steps recorded", batch.id).time}
    assert "after disposal" not in [anomaly.key for anomaly in query(store, first).anomalies]
    record_steps(store, examiner, [life_step(first, "retail", "2026-03-05T08:00Z")])
    assert "after disposal" in [anomaly.key for anomaly in query(store, first).anomalies]


@pytest.mark.parametrize("role", [Role.VERIFIER, Role.VALIDATOR])
def test_others_record_no_steps(store, product_id, role):
    other = add_actor(store, store.actors()[0], "Other", role)
    with pytest.raises(InputError, match="may not record steps"):
        record_steps(store, other, [life_step(product_id, "retail", "2026-03-01T10:00Z")])


def test_steps_of_an_unknown_id_are_refused_altogether(store, producer, product_id):
    steps = [life_step(each, "retail", "2026-03-01T10:00Z") for each in (product_id, "0123456789ABCDEF")]
    with pytest.raises(InputError, match=r"0123456789ABCDEF.*no such ID"):
        record_steps(store, producer, steps)
    with pytest.raises(InputError, match="1 to 1,000,000 steps"):
        record_steps(store, producer, [])
    assert not store.life_batches()


def test_steps_are_read_from_a_table(tmp_path):
    path = tmp_path / "steps.csv"
    path.write_text("Time;ID;Stage;note\n2026-03-01T10:00Z;0123-4567-89ab-cdef;RETAIL;=x\n")
    (step,) = read_steps(path)
    assert step == life_step("0123456789ABCDEF", "retail", "2026-03-01T10:00Z", note="=x")
    for text, match in (
        ("id,stage\nx,y\n", "no column time"),
        ("id,stage,time,colour\nx,y,z,w\n", "colour is unknown"),
        ("id,stage,time\nx,retail,2026-03-01T10:00Z\n", "row 2: This is no product ID"),
        ("id,stage,time\n0123456789ABCDEF,sold,2026-03-01T10:00Z\n", "row 2: 'sold' is no stage"),
        ("id,stage,time\n0123456789ABCDEF,retail,2026-03-01T10:00\n", "row 2: The time does not say its zone"),
        ("id,stage,time\n0123456789ABCDEF,retail,soon\n", "row 2: This is no point in time"),
        ("id,stage,time\n0123456789ABCDEF,retail,0001-01-01T00:00+14:00\n", "row 2: This is no point in time"),
    ):
        path.write_text(text)
        with pytest.raises(InputError, match=match):
            read_steps(path)


def test_ids_and_series_are_voided_with_a_reason(store, producer, examiner, series, issue):
    first, second = issue(2).product_ids
    with pytest.raises(InputError, match="may not void IDs"):
        void(store, examiner, series.id, [first], "stolen")
    with pytest.raises(InputError, match="has no such ID"):
        void(store, producer, series.id, [first, "0123456789ABCDEF"], "stolen")
    with pytest.raises(InputError, match="reason"):
        void(store, producer, series.id, [first], " ")
    assert not store.voidings()
    void(store, producer, series.id, [first, first], "stolen")
    answer = query(store, first)
    assert (answer.state, answer.voidings[0].voiding.reason) == (RegisterState.VOIDED, "stolen")
    assert (answer.voidings[0].actor_name, answer.voidings[0].voiding.product_ids) == ("Producer", (first,))
    assert query(store, second).state == RegisterState.ISSUED
    assert series_overview(store)[0].voided == 1
    void(store, producer, series.id, [], "the key is lost")
    assert query(store, second).state == query(store, first).state == RegisterState.SERIES_VOIDED
    assert (series_overview(store)[0].voided, series_overview(store)[0].series_voided) == (2, True)
    with pytest.raises(InputError, match="series is voided"):
        issue(1)


def test_an_id_of_another_series_is_not_voided_with_this_one(store, producer, product_id):
    other = make_series(store, producer, "Other", scheme=Scheme.UNIQUE, passphrase=PASSPHRASE, context=JobContext())
    with pytest.raises(InputError, match="Other has no such ID"):
        void(store, producer, other.id, [product_id], "stolen")


def test_checks_stand_in_the_history_of_their_id_and_of_what_was_never_issued(store, examiner, product_id):
    mine = check_of(store, examiner, PREFIX + product_id, product_id, package=SealState.DISTURBED)
    forged = check_of(store, examiner, "https://t.example/forged \u202e<b>")
    answer = query(store, product_id)
    assert [(each.check, each.actor_name) for each in answer.checks] == [(mine, "Examiner")]
    assert [anomaly.key for anomaly in answer.anomalies] == ["disturbed package"]
    assert [each.check for each in query(store, forged.code_text).checks] == [forged]
    assert store.code_checks(PREFIX + product_id) == (mine,)
    assert store.code_checks() == (mine, forged)
    assert query(store, "").checks == ()


def test_a_check_in_a_case_stands_in_its_timeline(store, examiner, case):
    check = CodeCheck(
        id=new_id("check"),
        code_text="\u202eABC",
        register_state=RegisterState.NO_RECORD,
        outcome="no series has such codes",
        image_sha256="0" * 64,
    )
    store.commit(examiner.id, "code checked", check, case_id=case.id)
    text = custody(store, case.id)[-1].text
    assert text == r"Code checked, it says '\u202eABC': register: no record; no series has such codes"


def test_an_answer_is_plain_json(store, examiner, product_id):
    check_of(store, examiner, product_id, product_id)
    answer = query(store, product_id)
    assert tracing.RegisterAnswer.from_json(answer.to_json()) == answer


@pytest.mark.parametrize(
    "row",
    [
        ("sold", "2026-03-01T10:00:00Z", "", "", ""),
        ("retail", "2026-03-01T10:00:00", "", "", ""),
        ("retail", "soon", "", "", ""),
        ("retail", "2026-03-01T10:00:00Z", "x" * 100_001, "", ""),
    ],
)
def test_a_foreign_step_that_is_none_is_a_store_fault(store, producer, product_id, row):
    tables = {"ids": from_written([product_id]), **to_tables([row], 5)}
    store.commit(producer.id, "steps recorded", LifeBatch(id=new_id("life"), count=1), tables=tables)
    with pytest.raises(StoreError, match=r"not as a store writes it|cannot be read"):
        query(store, product_id)


def test_damaged_tables_are_told_and_not_used(store, issue):
    product_ids = issue(3).product_ids
    (segment,) = (store.path / "segments").iterdir()
    data = bytearray(segment.read_bytes())
    data[-20] ^= 1
    segment.write_bytes(data)
    again = open_store(store.path)
    with pytest.raises(StoreError, match="damaged"):
        query(again, product_ids[0])
    assert not verify_store(store.path, JobContext()).ok


def test_a_foreign_table_that_fits_its_hash_but_not_its_record_is_refused(store, producer, issue):
    issue(3)
    batch = store.id_batches()[0].model_copy(update={"id": "batch-0000000000000001"})
    ids = np.zeros((3, 10), dtype=np.uint8)
    cells, pool = np.zeros((3, 5), dtype="<i4"), np.zeros(1, dtype=np.uint8)
    for tables in (
        {},
        {"ids": ids[:2]},
        {"ids": ids[:, :9].copy()},
        {"ids": ids.astype("<i4")},
        {"ids": ids, "cells": cells, "pool": pool},
        {"ids": ids, "more": pool},
    ):
        with pytest.raises(InputError, match="tables are not those"):
            store.commit(producer.id, "ids issued", batch, tables=tables)
    assert len(store.id_batches()) == 1
    assert len(ProductIds(ids)) == 3
