"""Cases, items, actors and opinions: who may do what, and what the timeline says."""

import pytest

from engine.core.case import Role, Standing
from engine.core.errors import InputError, StoreError
from engine.workflows.cases import add_actor, add_item, case_overview, custody, open_case
from engine.workflows.opinions import give_opinion, opinion_draft, save_opinion_draft
from engine.workflows.stores import open_store
from tests.engine.store.test_foreign_ledger import CASE, foreign


def test_an_overview_holds_items_and_empty_captures(store, examiner, case, item):
    overview = case_overview(store, case.id)
    assert overview.case == case
    assert overview.items == (item,)
    assert overview.captures == {item.id: ()}


def test_names_are_unique_within_their_kind(store, examiner, case, item):
    with pytest.raises(InputError, match="item of that name"):
        add_item(store, examiner, case.id, " q1 ", Standing.KNOWN)
    with pytest.raises(InputError, match="actor of that name"):
        add_actor(store, store.actors()[0], "EXAMINER", Role.VERIFIER)


@pytest.mark.parametrize("role", [Role.VALIDATOR, Role.PRODUCER])
def test_only_examining_roles_open_cases(store, role):
    other = add_actor(store, store.actors()[0], "Other", role)
    with pytest.raises(InputError, match="may not open cases"):
        open_case(store, other, "Case")


def test_an_opinion_replaces_its_draft_and_corrects_the_one_before(store, examiner, case):
    save_opinion_draft(store, case.id, "Draft text")
    assert opinion_draft(store, case.id) == "Draft text"
    first = give_opinion(store, examiner, case.id, "  First.  ", ())
    assert first.text == "First."
    assert opinion_draft(store, case.id) is None
    second = give_opinion(store, examiner, case.id, "Second.", ())
    assert second.corrects == first.id
    assert [opinion.text for opinion in store.opinions(case.id)] == ["First.", "Second."]
    assert [entry.text for entry in custody(store, case.id)][-2:] == ["Opinion given", "Opinion corrected"]


def test_an_empty_opinion_is_refused_and_the_draft_stays(store, examiner, case):
    save_opinion_draft(store, case.id, "Draft text")
    with pytest.raises(InputError, match="empty"):
        give_opinion(store, examiner, case.id, "  \n", ())
    assert opinion_draft(store, case.id) == "Draft text"


def test_an_opinion_rests_only_on_findings_of_its_case(store, examiner, case):
    with pytest.raises(InputError, match="no such finding"):
        give_opinion(store, examiner, case.id, "Text.", ("finding-0123456789abcdef",))


def test_the_timeline_names_the_actor(store, examiner, case, item):
    assert {entry.actor_name for entry in custody(store, case.id)} == {"Examiner"}
    assert [entry.text for entry in custody(store, case.id)] == ["Case opened: Case", "Item added: Q1 (questioned)"]


@pytest.mark.parametrize("kind", ["case opened", "item added", "scale set", "report issued", "unheard of"])
def test_the_timeline_of_a_forged_store_is_refused_not_a_fault(tmp_path, kind):
    payload = {"about": [CASE], "case_id": CASE, "record": {"title": "Case"}, "schema": 1}
    store = open_store(foreign(tmp_path, [(kind, "actor-1", payload)]))
    with store, pytest.raises(StoreError, match=kind):
        custody(store, CASE)
