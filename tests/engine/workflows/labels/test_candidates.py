"""What stands behind a finding about a label: its candidates lie under the capture, and the report tells of them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from engine.core.case import Actor, Case, Device, Standing
from engine.core.errors import InputError
from engine.core.finding import Finding
from engine.core.library import label_name, label_number
from engine.jobs import JobContext
from engine.store import Store
from engine.workflows.captures import intake
from engine.workflows.cases import add_item, open_case
from engine.workflows.labels import library
from engine.workflows.labels.candidates import candidates, label_standing
from engine.workflows.labels.enrolment import enrol_fields
from engine.workflows.labels.findings import identify_capture
from engine.workflows.labels.library import label_images
from engine.workflows.labels.reported_libraries import libraries_differ, reported_libraries
from engine.workflows.reports import ReportOptions, report_content
from tests.engine.workflows.labels.label_samples import FakeEmbedder, field_of, make_point, recogniser, save, single

LABEL = 5  # the sixth of the field


@dataclass(frozen=True)
class Made:
    store: Store
    actor: Actor
    case: Case
    finding: Finding


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A library of one field, and a fresh capture of one of its labels, identified; read only."""
    folder = tmp_path_factory.mktemp("candidates")
    store = Store.create(folder / "lab.touchstone", laboratory="Lab", location="Town", administrator="Keeper")
    actor = store.actors()[0]
    piece = field_of(1)
    own = recogniser()
    shelf = library.make_library(store, actor, "Film 7", simulated=True)
    field = save(piece.pixels, folder / "field.png")
    enrol_fields(store, actor, shelf.id, [field], recogniser=own, context=JobContext())
    store.commit(actor.id, "operating point set", make_point(FakeEmbedder(), 0.8))
    case = open_case(store, actor, "Labels")
    item = add_item(store, actor, case.id, "Q1", Standing.QUESTIONED, simulated=True)
    capture = save(single(piece, LABEL, rotation_deg=100.0, seed=5), folder / "label.png")
    report = intake(store, actor, case.id, item.id, [capture], device=Device.MICROSCOPE, context=JobContext())
    finding = identify_capture(
        store, actor, case.id, report.captures[0].id, shelf.id, recogniser=own, context=JobContext()
    )
    return Made(store, actor, case, finding)


def test_the_names_of_labels_are_read_back() -> None:
    assert label_number(label_name(7)) == 7
    for text in ("7", "No. 7", "No. 00000x", "library-7"):
        with pytest.raises(ValueError, match=r"name|literal"):
            label_number(text)


def test_the_best_candidate_is_the_label_and_lies_under_the_capture(made: Made) -> None:
    first, *others = candidates(made.store, made.finding)
    assert first.number == LABEL + 1 and len(others) == 9
    assert np.array_equal(first.image, label_images(made.store, made.store.libraries()[0].id, [LABEL + 1])[0])
    assert len(first.points) > 30
    questioned = np.array([point.questioned for point in first.points])
    known = np.array([point.known for point in first.points])
    away = np.linalg.norm(first.questioned_to_known.apply(questioned) - known, axis=1)
    assert float(np.sqrt(np.mean(away**2))) < 0.7
    shown = first.beside(made.finding)
    assert (shown.correspondences, shown.questioned_to_known) == (first.points, first.questioned_to_known)


def test_a_candidate_without_points_still_lies_frame_over_frame(made: Made) -> None:
    bare = made.finding.model_copy(update={"correspondences": ()})
    (first,) = candidates(made.store, bare, most=1)
    corners = first.questioned_to_known.apply(np.array(made.finding.regions[0].polygon))
    np.testing.assert_allclose(corners, np.array([[0, 0], [256, 0], [256, 256], [0, 256]]) - 0.5, atol=1e-3)


def test_a_few_points_are_enough_to_turn_the_candidate_the_right_way(made: Made) -> None:
    few = made.finding.model_copy(update={"correspondences": made.finding.correspondences[:3]})
    (first,) = candidates(made.store, few, most=1)
    assert not first.by_points and len(first.points) == 3
    questioned = np.array([point.questioned for point in first.points])
    known = np.array([point.known for point in first.points])
    away = np.linalg.norm(first.questioned_to_known.apply(questioned) - known, axis=1)
    assert away.max() < 5


def test_what_stands_behind_the_finding_is_told(made: Made) -> None:
    standing = label_standing(made.store, made.finding)
    assert standing.library.name == "Film 7"
    assert standing.approved is not None and standing.approved.point.threshold == 0.8
    with pytest.raises(InputError, match="not about a label"):
        candidates(made.store, made.finding.model_copy(update={"method": "two_level_qr"}))
    wrong = made.finding.matches[0].model_copy(update={"reference": "field.png"})
    with pytest.raises(InputError, match="no label"):
        candidates(made.store, made.finding.model_copy(update={"matches": (wrong,)}))


def test_the_report_names_the_library_and_the_field_of_the_label(made: Made) -> None:
    content = report_content(made.store, made.actor, made.case.id, ReportOptions())
    (entry,) = content.libraries
    assert (entry.library.name, entry.labels, entry.withdrawn) == ("Film 7", 12, 0)
    (label,) = entry.matched
    assert (label.number, label.row, label.column, label.field.file_name) == (LABEL + 1, 1, 1, "field.png")
    assert reported_libraries(made.store, [made.finding]) == (entry,)


def test_a_library_that_is_not_the_reported_one_is_a_difference(made: Made, tmp_path: Path) -> None:
    (entry,) = reported_libraries(made.store, [made.finding])
    assert libraries_differ(made.store, [entry], JobContext()) == []
    renamed = entry.model_copy(update={"library": entry.library.model_copy(update={"name": "Film 8"})})
    assert [each.where for each in libraries_differ(made.store, [renamed], JobContext())] == [
        f"library {entry.library.id}"
    ]
    elsewhere = entry.matched[0].model_copy(update={"column": 3})
    moved = entry.model_copy(update={"matched": (elsewhere,)})
    (found,) = libraries_differ(made.store, [moved], JobContext())
    assert found.where == f"{label_name(LABEL + 1)} of library {entry.library.id}"
    with Store.create(tmp_path / "other.touchstone", laboratory="Lab", location="", administrator="Keeper") as other:
        (found,) = libraries_differ(other, [entry], JobContext())
    assert found.found == "absent"
