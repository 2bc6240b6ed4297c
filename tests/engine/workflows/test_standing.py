"""What stands behind a finding about a code: its operating point with who set it, and the register's answer."""

import pytest

from engine.core.codes import RegisterState
from engine.core.errors import InputError
from engine.core.finding import Finding, Provenance
from engine.core.operating import Classification
from engine.workflows.standing import code_standing
from engine.workflows.stores import create_store
from tests.gui.codes import issued, set_point


@pytest.fixture
def store(tmp_path):
    with create_store(
        tmp_path / "s.touchstone", laboratory="Laboratory", location="Here", administrator="Administrator"
    ) as made:
        yield made


def finding(text: str, point_id: str = "") -> Finding:
    said = None
    if point_id:
        said = Classification(
            operating_point_id=point_id, operating_point="Press 3", score="indicator", threshold=0.33, passes=True,
            reason="",
        )  # fmt: skip
    return Finding(
        id=f"finding-{1:016x}", method="two_level_qr", title="Code", capture_ids=(f"capture-{1:016x}",), scales=(),
        classification=said,
        provenance=Provenance(
            method="two_level_qr", method_version="1", settings={"code_text": text}, input_sha256=(), seed=0,
            versions={}, threads=1,
        ),
    )  # fmt: skip


def test_point_and_register_stand_behind_a_classified_code(store):
    actor = store.actors()[0]
    made = issued(store, actor, count=1)
    point = set_point(store, actor, made)
    found = code_standing(store, finding(made.product_ids[0], point.id))
    assert found.approved is not None and found.answer is not None
    assert (found.approved.point, found.approved.actor_name) == (point, "Administrator")
    assert found.approved.time == store.event_of("operating point set", point.id).time
    assert (found.answer.state, found.answer.product_id) == (RegisterState.ISSUED, made.product_ids[0])
    with pytest.raises(InputError):
        code_standing(store, finding(made.product_ids[0], f"point-{7:016x}"))


def test_a_code_the_register_does_not_know_and_no_code_at_all(store):
    stranger = code_standing(store, finding("https://example.org/x"))
    assert stranger.approved is None
    assert stranger.answer is not None and stranger.answer.state is RegisterState.NO_RECORD
    assert code_standing(store, finding("")).answer is None
