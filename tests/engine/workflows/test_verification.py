"""A report is checked against the store it came from, and its findings are run again as they were recorded."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from engine.core.case import Actor, Case, Device, Role, Scale, ScaleSource, Standing
from engine.core.errors import InputError
from engine.core.finding import Finding
from engine.core.records import new_id
from engine.core.seeds import generator
from engine.jobs import JobContext
from engine.store import Store
from engine.workflows.captures import intake
from engine.workflows.cases import add_actor, add_item, open_case, set_scale
from engine.workflows.findings import compare, repeat
from engine.workflows.opinions import give_opinion
from engine.workflows.reports import make_report
from engine.workflows.stores import create_store, open_store
from engine.workflows.verification import verify_report

TODAY = Scale(um_per_px_x=20.0, um_per_px_y=20.0, source=ScaleSource.ACTOR, relative_uncertainty=0.01)


def examiner(store: Store) -> Actor:
    return next(actor for actor in store.actors() if actor.role is Role.EXAMINER)


def write_captures(folder: Path) -> list[Path]:
    """Write two captures of one random pattern, the second shifted by 20 and 10 pixels."""
    noise = generator(1, "pattern").standard_normal((320, 320)).astype(np.float32)
    pattern = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 2.5), None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)
    paths = [folder / "questioned.png", folder / "known.png"]
    for path, pixels in zip(paths, (pattern[:300, :300], pattern[10:310, 20:]), strict=True):
        cv2.imwrite(str(path), pixels)
    return paths


@pytest.fixture(scope="module")
def issued(tmp_path_factory) -> Path:
    """A folder with a store and the report of its one case: a finding and an opinion."""
    folder = tmp_path_factory.mktemp("issued")
    context = JobContext()
    with create_store(folder / "lab", laboratory="Laboratory", administrator="Head") as store:
        actor = add_actor(store, store.actors()[0], "Examiner", Role.EXAMINER)
        case = open_case(store, actor, "Case")
        captures = []
        for standing, path in zip((Standing.QUESTIONED, Standing.KNOWN), write_captures(folder), strict=True):
            item = add_item(store, actor, case.id, standing.value, standing)
            taken = intake(
                store, actor, case.id, item.id, [path], device=Device.SCANNER, um_per_px=(10.0, 10.0), context=context
            )
            captures.append(taken.captures[0].id)
        finding = compare(store, actor, case.id, *captures, context=context)
        assert finding.outcome == "registered"
        give_opinion(store, actor, case.id, "The patterns agree.", (finding.id,))
        make_report(store, actor, case.id, folder / "report.pdf", context=context)
    return folder


@pytest.fixture
def place(issued, tmp_path) -> Path:
    shutil.copytree(issued, tmp_path / "place")
    return tmp_path / "place"


def opened(place: Path) -> tuple[Store, Case, Finding]:
    store = open_store(place / "lab")
    case = store.cases()[0]
    return store, case, store.findings(case.id)[0]


def wheres(place: Path) -> list[str]:
    found = verify_report(place / "report.pdf", place / "lab", JobContext())
    assert found.ok == (not found.differences)
    return [difference.where for difference in found.differences]


def test_an_issued_report_verifies_and_its_finding_is_run_again(place):
    found = verify_report(place / "report.pdf", place / "lab", JobContext())
    assert (found.differences, found.repeated) == ((), 1)
    assert verify_report(place / "report.pdf", None, JobContext()).repeated is None


def test_a_finding_is_run_again_at_its_recorded_scale_not_at_todays(place):
    store, _, finding = opened(place)
    set_scale(store, examiner(store), finding.capture_ids[1], TODAY)
    assert store.capture(finding.capture_ids[1]).scale == TODAY
    again = repeat(store, finding, JobContext())
    assert again.scales == finding.scales
    assert again.outcome == "registered"
    assert wheres(place) == []


def test_a_file_that_is_not_the_pdf_issued_is_named(place):
    pdf = place / "report.pdf"
    pdf.write_bytes(pdf.read_bytes() + b"\n")
    assert "PDF SHA-256" in wheres(place)


def test_changed_evidence_is_named_and_its_finding_is_not_run_on_it(place):
    store, _, finding = opened(place)
    path = store.evidence(store.capture(finding.capture_ids[0]).sha256)
    path.write_bytes(path.read_bytes()[:-1])
    assert wheres(place) == ["evidence questioned.png", f"finding {finding.id}"]


def test_a_recorded_score_that_does_not_come_out_again_is_named(place):
    store, case, finding = opened(place)
    actor = examiner(store)
    better = tuple(
        score.model_copy(update={"value": 0.5}) if score.key == "mean_correlation" else score
        for score in finding.scores
    )
    invented = store.finding(finding.id, with_rasters=True).model_copy(
        update={"id": new_id("finding"), "scores": better}
    )
    store.commit(actor.id, "finding made", invented, case_id=case.id)
    make_report(store, actor, case.id, place / "report.pdf", context=JobContext())
    assert wheres(place) == [f"finding {invented.id}, score mean_correlation"]


def test_a_report_of_another_store_is_named(place, tmp_path):
    create_store(tmp_path / "other", laboratory="Other", administrator="Head").close()
    found = verify_report(place / "report.pdf", tmp_path / "other", JobContext())
    assert found.differences[0].found == "no such report was issued here"


def test_a_producer_compares_nothing_and_issues_nothing(place):
    store, case, finding = opened(place)
    producer = add_actor(store, store.actors()[0], "Producer", Role.PRODUCER)
    before = store.head
    with pytest.raises(InputError, match="may not compare captures"):
        compare(store, producer, case.id, *finding.capture_ids, context=JobContext())
    with pytest.raises(InputError, match="may not issue reports"):
        make_report(store, producer, case.id, place / "second.pdf", context=JobContext())
    with pytest.raises(InputError, match="may not give opinions"):
        give_opinion(store, producer, case.id, "Text.", ())
    assert store.head == before
    assert not (place / "second.pdf").exists()


def test_damage_elsewhere_in_the_store_is_named(place):
    ledger = place / "lab" / "ledger.jsonl"
    ledger.write_bytes(ledger.read_bytes().replace(b'"name":"Head"', b'"name":"Dead"', 1))
    assert any(where.startswith("store, ") for where in wheres(place))
