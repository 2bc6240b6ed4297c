"""A store is made, filled, asked, closed and opened again."""

from pathlib import Path

import numpy as np
import pytest

from engine.core.case import Actor, Refusal, Role, Standing
from engine.core.errors import InputError, StoreError
from engine.core.records import new_id
from engine.store import Destruction, ScaleSet, Store
from tests.engine.store.samples import (
    SCALE,
    administrator,
    fill,
    make_capture,
    make_case,
    make_finding,
    make_item,
    make_opinion,
    take_in,
)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.create(tmp_path / "lab.touchstone", laboratory="Lab", location="Town", administrator="Keeper")


def test_a_new_store_names_its_laboratory_and_its_administrator(store: Store) -> None:
    again = Store.open(store.path)
    assert (again.laboratory, again.location) == ("Lab", "Town")
    (actor,) = again.actors()
    assert (actor.name, actor.role) == ("Keeper", Role.ADMINISTRATOR)
    assert [event.kind for event in again.events()] == ["store created", "actor added"]
    assert again.head == store.head and again.head.sequence == 1
    assert not again.read_only and not again.problems and not again.notes


def test_what_was_committed_is_there_after_opening_again(store: Store) -> None:
    case, finding = fill(store)
    again = Store.open(store.path)
    assert again.cases() == (case,) and again.case(case.id) == case
    items = again.items(case.id)
    assert [item.standing for item in items] == list(Standing)
    captures = [again.captures(item.id)[0] for item in items]
    assert captures[0].scale == SCALE and captures[1].scale is None
    assert again.evidence(captures[0].sha256).read_bytes() == b"bytes of the questioned"
    assert again.findings(case.id) == (finding.from_json(finding.to_json()),)
    with_arrays = again.finding(finding.id, with_rasters=True)
    for loaded, made in zip(with_arrays.overlays, finding.overlays, strict=True):
        assert loaded.raster is not None and made.raster is not None
        np.testing.assert_array_equal(loaded.raster.values, made.raster.values)
    assert again.opinions(case.id)[0].finding_ids == (finding.id,)
    assert [event.kind for event in again.case_events(case.id)][-2:] == ["finding made", "opinion given"]
    assert again.draft(f"opinion-{case.id}") == {"text": "so far and further"}


def test_an_event_finds_its_case_through_what_its_record_refers_to(store: Store) -> None:
    case, _ = fill(store)
    kinds = {event.kind for event in store.case_events(case.id)}
    assert {"case opened", "item added", "capture taken in", "scale set"} <= kinds


def test_refused_files_belong_to_the_case_they_are_given(store: Store) -> None:
    case, _ = fill(store)
    refusal = Refusal(file_name="b.tif", reason="cut off")
    event = store.commit(administrator(store), "file refused", refusal, case_id=case.id, extra={"batch": 3})
    assert store.refusals(case.id) == (refusal,)
    assert event.payload["extra"] == {"batch": 3}


def test_a_later_scale_counts_and_the_finding_keeps_its_own(store: Store) -> None:
    _case, finding = fill(store)
    wider = SCALE.model_copy(update={"um_per_px_x": 50.0})
    store.commit(administrator(store), "scale set", ScaleSet(capture_id=finding.capture_ids[0], scale=wider))
    assert store.capture(finding.capture_ids[0]).scale == wider
    assert store.finding(finding.id).scales[0].scale == SCALE


def test_what_does_not_fit_is_refused_and_leaves_no_trace(store: Store) -> None:
    actor = administrator(store)
    case, _finding = fill(store)
    other = make_case()
    store.commit(actor, "case opened", other)
    before = (store.head, sorted(store.path.rglob("*")))
    item = store.items(case.id)[0]
    capture = make_capture(item, "0" * 64)
    orphan = make_item(make_case())
    with pytest.raises(InputError, match="no actor"):
        store.commit("actor-0000000000000000", "case opened", make_case())
    with pytest.raises(InputError, match="no kind"):
        store.commit(actor, "case closed", case)
    with pytest.raises(InputError, match="takes a record Case"):
        store.commit(actor, "case opened", item)
    with pytest.raises(InputError, match="there already"):
        store.commit(actor, "case opened", case)
    with pytest.raises(InputError, match="no case"):
        store.commit(actor, "item added", orphan)
    with pytest.raises(InputError, match="different cases"):
        store.commit(actor, "opinion given", make_opinion(case), case_id=other.id)
    with pytest.raises(InputError, match="not in the store"):
        store.commit(actor, "capture taken in", capture)
    with pytest.raises(InputError, match="not those"):
        store.commit(actor, "finding made", make_finding(case, store.captures(item.id)), rasters={})
    with pytest.raises(InputError, match="no JSON"):
        store.commit(actor, "opinion given", make_opinion(case), extra={"x": object()})
    with pytest.raises(InputError, match="itself"):
        store.commit(actor, "head restored", item)
    assert (store.head, sorted(store.path.rglob("*"))) == before


def test_unknown_identifiers_are_input_errors(store: Store) -> None:
    for ask in (store.actor, store.case, store.item, store.capture, store.finding, store.rasters):
        with pytest.raises(InputError, match="There is no"):
            ask("none-0000000000000000")
    assert store.draft("nothing") is None
    with pytest.raises(StoreError, match="missing"):
        store.evidence("0" * 64)


def test_adding_the_same_bytes_twice_keeps_one_file(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "scan.TIF"
    file.write_bytes(b"x" * 3_000_000)
    sha256 = store.add_evidence(file, ".TIF")
    assert store.add_evidence(b"x" * 3_000_000, "../evil") == sha256
    assert [path.name for path in (store.path / "evidence").iterdir()] == [f"{sha256}.tif"]
    with pytest.raises(InputError, match="cannot be read"):
        store.add_evidence(tmp_path / "absent.png", ".png")
    assert len(list((store.path / "evidence").iterdir())) == 1 and not store.read_only


def test_evidence_is_destroyed_by_order_and_the_tombstone_stays(store: Store) -> None:
    case, _ = fill(store)
    capture = store.captures(store.items(case.id)[0].id)[0]
    order = Destruction(sha256=capture.sha256, order="Court order 12")
    store.commit(administrator(store), "evidence destroyed", order, case_id=case.id)
    assert not list((store.path / "evidence").glob(f"{capture.sha256}*"))
    again = Store.open(store.path)
    with pytest.raises(StoreError, match="destroyed by order"):
        again.evidence(capture.sha256)
    with pytest.raises(InputError, match="destroyed by order"):
        again.add_evidence(b"bytes of the questioned", ".png")
    assert again.capture(capture.id).sha256 == capture.sha256
    with pytest.raises(InputError, match="not in the store"):
        never = Destruction(sha256="0" * 64, order="Court order 13")
        store.commit(administrator(store), "evidence destroyed", never)


def test_two_open_stores_commit_in_turn_and_see_each_other(store: Store) -> None:
    other = Store.open(store.path)
    reader = Store.open(store.path, read_only=True)
    cases = [make_case() for _ in range(6)]
    for number, case in enumerate(cases):
        (store, other)[number % 2].commit(administrator(store), "case opened", case)
    assert other.cases() == tuple(cases)
    assert reader.cases() == ()
    reader.refresh()
    assert reader.cases() == tuple(cases)
    with pytest.raises(StoreError, match="cannot be written"):
        reader.commit(administrator(store), "case opened", make_case())


def test_a_closed_store_refuses_to_be_written(store: Store) -> None:
    with store:
        pass
    with pytest.raises(StoreError, match="It was closed"):
        store.commit(administrator(store), "case opened", make_case())


def test_a_store_is_made_only_where_nothing_is(store: Store, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="something already"):
        Store.create(store.path, laboratory="L", location="", administrator="A")
    with pytest.raises(StoreError, match="no store"):
        Store.open(tmp_path)
    empty = tmp_path / "empty"
    empty.mkdir()
    Store.create(empty, laboratory="L", location="", administrator="A")
    assert Store.open(empty).laboratory == "L"


def test_actors_act_once_they_are_added(store: Store) -> None:
    examiner = Actor(id=new_id("actor"), name="An examiner", role=Role.EXAMINER)
    store.commit(administrator(store), "actor added", examiner)
    case = make_case()
    assert store.commit(examiner.id, "case opened", case).actor_id == examiner.id
    take_in_item = make_item(case)
    store.commit(examiner.id, "item added", take_in_item)
    assert take_in(store, take_in_item, b"1") == store.captures(take_in_item.id)[0]


def test_nothing_but_the_cache_is_written_by_reading(store: Store) -> None:
    case, finding = fill(store)
    before = {path: path.read_bytes() for path in store.path.rglob("*") if path.is_file()}
    again = Store.open(store.path, read_only=True)
    again.events(), again.finding(finding.id, with_rasters=True), again.case_events(case.id)
    assert again.pyramid_path("0" * 64, 0).parent.is_dir()
    assert {path: path.read_bytes() for path in store.path.rglob("*") if path.is_file()} == before


def test_a_name_is_taken_once_even_where_two_processes_looked_before_either_wrote(store: Store) -> None:
    other = Store.open(store.path)
    case, elsewhere = make_case(), make_case()
    store.commit(administrator(store), "case opened", case)
    store.commit(administrator(store), "case opened", elsewhere)
    store.commit(administrator(store), "item added", make_item(case))
    twin = make_item(case).model_copy(update={"name": "LABEL A, questioned"})
    with pytest.raises(InputError, match="LABEL A, questioned: The name is used already"):
        other.commit(administrator(other), "item added", twin)
    other.commit(administrator(other), "item added", make_item(elsewhere))
    assert [len(other.items(each.id)) for each in (case, elsewhere)] == [1, 1]
    keeper = Actor(id=new_id("actor"), name="keeper", role=Role.EXAMINER)
    with pytest.raises(InputError, match="keeper: The name is used already"):
        store.commit(administrator(store), "actor added", keeper)
