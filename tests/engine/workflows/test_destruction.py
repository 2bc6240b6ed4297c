"""Original bytes destroyed by order: who may, what stays, and what no longer comes back."""

import pytest

from engine.core.case import Device, Role, Standing
from engine.core.errors import InputError, StoreError
from engine.jobs import JobContext
from engine.report.manifest import parse
from engine.report.reading import read_pdf
from engine.workflows.captures import intake, tile_source
from engine.workflows.cases import add_actor, add_item, case_overview, custody, open_case
from engine.workflows.destruction import destroy
from engine.workflows.findings import compare
from engine.workflows.reports import make_report
from engine.workflows.stores import verify_store
from engine.workflows.verification import verify_report


@pytest.fixture
def capture(store, examiner, case, item, write_png):
    files = [write_png(1)]
    report = intake(store, examiner, case.id, item.id, files, device=Device.SCANNER, context=JobContext())
    return report.captures[0]


def test_bytes_and_tiles_are_gone_and_the_tombstone_stays(store, case, capture):
    administrator = store.actors()[0]
    tiles = store.pyramid_path(capture.sha256, 0)
    outlived = tiles.read_bytes()
    destroy(store, administrator, capture.sha256, order="Order 9", reason="returned to the customer")
    assert not tiles.exists()
    assert not list((store.path / "evidence").glob(f"{capture.sha256}*"))
    assert verify_store(store.path, JobContext()).ok
    overview = case_overview(store, case.id)
    assert overview.captures[capture.item_id] == (capture,)
    assert overview.destroyed[capture.sha256].order == "Order 9"
    last = custody(store, case.id)[-1]
    assert last.text == f"Bytes {capture.sha256[:16]} destroyed by order Order 9: returned to the customer"
    assert last.actor_name == "Head"
    tiles.write_bytes(outlived)
    with pytest.raises(StoreError, match="destroyed by order Order 9"):
        tile_source(store, capture.id, JobContext())


def test_only_an_administrator_destroys_and_only_by_an_order_and_once(store, examiner, capture):
    administrator = store.actors()[0]
    with pytest.raises(InputError, match="may not destroy evidence"):
        destroy(store, examiner, capture.sha256, order="Order 9")
    with pytest.raises(InputError, match="The order cannot be recorded"):
        destroy(store, administrator, capture.sha256, order="  ")
    with pytest.raises(InputError, match="not in the store"):
        destroy(store, administrator, "0" * 64, order="Order 9")
    assert store.evidence(capture.sha256).exists()
    destroy(store, administrator, capture.sha256, order="Order 9")
    with pytest.raises(InputError, match="by order Order 9 already"):
        destroy(store, administrator, capture.sha256, order="Order 10")


def test_every_case_that_held_the_bytes_tells_of_their_destruction_once(store, examiner, case, capture, write_png):
    other = open_case(store, examiner, "Other")
    item = add_item(store, examiner, other.id, "Q", Standing.QUESTIONED)
    intake(store, examiner, other.id, item.id, [write_png(1)], device=Device.SCANNER, context=JobContext())
    untouched = open_case(store, examiner, "Untouched")
    destroy(store, add_actor(store, store.actors()[0], "Second", Role.ADMINISTRATOR), capture.sha256, order="9")
    told = [
        [entry.text for entry in custody(store, each.id)].count(f"Bytes {capture.sha256[:16]} destroyed by order 9")
        for each in (case, other, untouched)
    ]
    assert told == [1, 1, 0]


def test_a_report_says_what_was_destroyed_and_draws_no_figure_of_it(store, examiner, case, item, capture, write_png):
    kept = intake(store, examiner, case.id, item.id, [write_png(2)], device=Device.SCANNER, context=JobContext())
    finding = compare(store, examiner, case.id, capture.id, kept.captures[0].id, context=JobContext())
    out = store.path.parent
    make_report(store, examiner, case.id, out / "before.pdf", context=JobContext())
    destroy(store, store.actors()[0], capture.sha256, order="Order 9")
    make_report(store, examiner, case.id, out / "after.pdf", context=JobContext())
    report = read_pdf(out / "after.pdf")
    content, figures = parse(report.manifest)
    assert content.items[0].destroyed == {capture.sha256: "Order 9"}
    assert [figure.key for figure in figures] == [f"capture-{kept.captures[0].id}"]
    assert "destroyed by order Order 9" in " ".join(report.pages).replace("\n", " ")
    for name in ("before", "after"):
        found = verify_report(out / f"{name}.pdf", store.path, JobContext())
        wheres = [difference.where for difference in found.differences]
        assert wheres == [f"evidence {capture.file_name}", f"finding {finding.id}"]
