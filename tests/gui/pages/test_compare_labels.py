"""A label is identified on the Compare page as a person does it; the network is a stand-in, all else is the product."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFont

from engine.core.case import Device, Standing
from engine.core.library import label_name
from engine.jobs import JobContext, JobState
from gui.pages.compare.choices import Way
from gui.pages.compare.label import NO_LIBRARY, TO_IDENTIFY
from gui.pages.compare.page import STAGE
from gui.shell import theme
from gui.shell.errors import ErrorDialog
from gui.shell.theme import Scheme
from gui.stage.geometry import Side
from gui.stage.scene import Mode
from tests.engine.workflows.labels.label_samples import FakeEmbedder, field_of, make_point, recogniser, save, single
from tests.gui.driving import dialog
from tests.gui.layout import clipped, faint_texts, unnamed, unreached_by_tab

LABEL = 5  # the sixth label of the field


@dataclass(frozen=True)
class Made:
    """Copies of a store: without a library, with one, and with the label identified; and what is in them."""

    bare: Path
    fresh: Path
    identified: Path
    case_id: str


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Made:
    """A case with a capture of a known label, one of a stranger, the field that the library is made of, and a blank."""
    from engine.workflows.captures import intake
    from engine.workflows.cases import add_item, open_case
    from engine.workflows.labels.enrolment import enrol_fields
    from engine.workflows.labels.findings import identify_capture
    from engine.workflows.labels.library import make_library
    from engine.workflows.stores import create_store

    root = tmp_path_factory.mktemp("labels")
    folder = root / "Labels.touchstone"
    store = create_store(folder, laboratory="Laboratory", location="Here", administrator="Administrator")
    actor = store.actors()[0]
    piece = field_of(1)
    field = save(piece.pixels, root / "field.png")
    files = [
        save(single(piece, LABEL, rotation_deg=100.0, seed=5), root / "label.png"),
        save(single(field_of(9), LABEL, rotation_deg=7.0, seed=5), root / "stranger.png"),
        field,
        save(np.full((300, 300, 3), 90, np.uint8), root / "blank.png"),
    ]
    case = open_case(store, actor, "Labels")
    item = add_item(store, actor, case.id, "Q1", Standing.QUESTIONED, simulated=True)
    report = intake(store, actor, case.id, item.id, files, device=Device.MICROSCOPE, context=JobContext())
    assert not report.refusals
    bare = shutil.copytree(folder, root / "Bare.touchstone")
    own = recogniser()
    library = make_library(store, actor, "Film 7", simulated=True)
    enrol_fields(store, actor, library.id, [field], recogniser=own, context=JobContext())
    store.commit(actor.id, "operating point set", make_point(FakeEmbedder(), 0.8))
    fresh = shutil.copytree(folder, root / "Fresh.touchstone")
    for capture in report.captures[:2]:
        identify_capture(store, actor, case.id, capture.id, library.id, recogniser=own, context=JobContext())
    store.close()
    return Made(bare, fresh, folder, case.id)


@pytest.fixture(autouse=True)
def stand_in(monkeypatch) -> None:
    """Let the stand-in network answer in place of the one in a child process."""
    monkeypatch.setattr("gui.warm_checker._recogniser", recogniser)


def opened(window, folder, case_id, settle):
    """Open a store and its case on the Compare page, and choose the method as a person does."""
    window.stores.open_folder(folder)
    settle()
    window.session.case_id = case_id
    window.show_page("compare")
    settle()
    page = window.page("compare")
    page.choices.methods.activated.emit(page.choices.methods.findText("Micro-pattern label"))
    settle()
    return page


@pytest.fixture
def fresh(window, made, tmp_path, settle):
    """The page on a copy of the store in which nothing was identified yet."""
    return opened(window, shutil.copytree(made.fresh, tmp_path / "Fresh.touchstone"), made.case_id, settle)


@pytest.fixture
def page(window, made, settle, qtbot):
    """The page on the store in which both labels were identified; nothing may be recorded in it."""
    page = opened(window, made.identified, made.case_id, settle)
    show(page, qtbot, settle, "label.png")
    return page


def choose(page, qtbot, settle, name) -> None:
    box = page.choices.lists[Side.QUESTIONED]
    box.activated.emit(box.findText(f"Q1 · {name}"))
    qtbot.waitUntil(lambda: shown_name(page, Side.QUESTIONED) == name)
    settle()


def show(page, qtbot, settle, name) -> None:
    """Choose a capture that was identified, and wait for its finding and its candidates."""
    choose(page, qtbot, settle, name)
    qtbot.waitUntil(lambda: page.stage.scene.finding is not None, timeout=60_000)
    settle()


def shown_name(page, side) -> str:
    image = page.stage.scene.images.get(side)
    return image.capture.file_name if image else ""


def run(page, qtbot, settle) -> None:
    qtbot.keyClick(page, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    settle()


def test_one_capture_and_a_library_are_enough(fresh):
    page = fresh
    assert page.body.currentIndex() == STAGE
    assert page.stage.scene.sides == (Side.QUESTIONED, Side.KNOWN)
    assert page.choices.lists[Side.KNOWN].isHidden() and page.labels.choice.isVisible()
    assert page.choices._run.text() == "Identify" and page.choices._run.isEnabled()
    assert page.labels.choice.libraries.currentText() == "Film 7"
    assert page.labels.choice.places.count() == 13
    assert page.stage.scene.hints[Side.KNOWN] == TO_IDENTIFY
    assert page.labels.panel.isHidden()


def test_identifying_shows_the_label_with_its_points_on_both_panes(fresh, made, qtbot, settle):
    page = fresh
    choose(page, qtbot, settle, "label.png")
    run(page, qtbot, settle)
    qtbot.waitUntil(lambda: page.stage.scene.finding is not None, timeout=60_000)
    (finding,) = page.session.store.findings(made.case_id)
    assert finding.classification is not None and finding.classification.passes
    strip = page.labels.strip
    assert strip.isVisible() and strip.count() == 10
    assert strip.item(0).text() == label_name(LABEL + 1) and strip.currentRow() == 0
    assert shown_name(page, Side.KNOWN) == f"{label_name(LABEL + 1)}, as enrolled"
    shown = page.stage.scene.finding
    assert shown.id == finding.id and len(shown.correspondences) > 30
    assert {point.reference for point in shown.correspondences} == {label_name(LABEL + 1)}
    assert page.stage.link.text().startswith("Linked by registration · residual of this view 0.")
    panel = page.stage.finding_panel
    assert panel.verdict.text() == "Passes" and panel.outcome.text() == "Found"
    assert page.choices.findings.currentText().startswith(f"1 · Passes · {label_name(LABEL + 1)} · label.png")


def test_another_candidate_is_shown_with_its_own_points(page, qtbot, settle):
    strip = page.labels.strip
    qtbot.keyClick(page.stage.canvas, Qt.Key.Key_N)
    assert strip.currentRow() == 1
    second = page.labels.candidates[1].match.reference
    assert shown_name(page, Side.KNOWN) == f"{second}, as enrolled"
    shown = page.stage.scene.finding
    assert {point.reference for point in shown.correspondences} <= {second}
    assert len(shown.correspondences) < 10
    settle()
    laid = "Laid frame over frame: too few points of the film agree"
    assert page.labels.section.candidate.text().startswith(f"{second}, rank 2\n{laid}\nCut from field.png, row ")
    qtbot.keyClick(page.stage.canvas, Qt.Key.Key_N, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(page.stage.canvas, Qt.Key.Key_N, Qt.KeyboardModifier.ShiftModifier)
    assert strip.currentRow() == 0, "before the first there is none"
    strip.setFocus()
    qtbot.keyClick(strip, Qt.Key.Key_End)
    assert strip.currentRow() == 9 and page.labels.candidates[9].match.rank == 10
    assert shown_name(page, Side.KNOWN).startswith(page.labels.candidates[9].match.reference)


def test_the_view_stays_from_one_candidate_to_the_next(page, qtbot):
    canvas, view = page.stage.canvas, page.stage.scene.view
    qtbot.keyClick(canvas, Qt.Key.Key_Plus)
    qtbot.keyClick(canvas, Qt.Key.Key_Plus)
    zoomed = view.camera(Side.QUESTIONED)
    qtbot.keyClick(canvas, Qt.Key.Key_N)
    assert page.labels.strip.currentRow() == 1
    assert view.camera(Side.QUESTIONED) == zoomed


def test_the_dock_tells_scores_library_and_operating_point(page):
    panel, section = page.stage.finding_panel, page.labels.section
    texts = {title: value for title, value, _ in panel.scores.texts}
    assert float(texts["Similarity of embeddings"].split()[0]) > 0.9
    assert texts["Patches of film found again"].endswith("patches")
    assert texts["Labels searched"].startswith("12")
    assert panel.points.text().endswith("known px (grey)")
    assert panel.simulated.isVisible()
    assert section.library.text() == "Film 7, simulated"
    assert section.point.text().startswith("Labels, quick: accepted from similarity 0.8000 on (set by hand).")
    assert section.histogram.isVisible()
    assert float(section.histogram.labels["value"].text().removeprefix("This label ")) > 0.9
    assert page.labels.title.text() == "The 10 labels most alike of 12 labels in Film 7"


def test_a_label_that_is_not_enrolled_is_not_found_and_names_none(page, qtbot, settle):
    show(page, qtbot, settle, "stranger.png")
    panel = page.stage.finding_panel
    assert panel.verdict.text() == "Does not pass" and panel.outcome.text() == "Not found"
    assert panel.reason.text().startswith("Not found among 12 labels")
    assert page.choices.findings.currentText() == "2 · Does not pass · stranger.png · simulated"
    assert page.labels.strip.count() == 10, "what was most like it is shown all the same"


def test_the_candidates_go_with_their_finding(page, qtbot, settle):
    box = page.choices.findings
    box.activated.emit(box.findText("No finding"))
    qtbot.waitUntil(lambda: page.stage.scene.finding is None)
    settle()
    assert page.labels.panel.isHidden() and page.labels.section.isHidden()
    assert Side.KNOWN not in page.stage.scene.images
    show_again = box.findText("1 · Passes", Qt.MatchFlag.MatchStartsWith)
    box.activated.emit(show_again)
    qtbot.waitUntil(lambda: page.stage.scene.finding is not None)
    assert page.labels.panel.isVisible()
    page.choices.methods.activated.emit(page.choices.methods.findText("Comparison of captures"))
    settle()
    assert page.labels.panel.isHidden() and page.labels.choice.isHidden()
    assert page.way is Way.CAPTURES and page.stage.scene.finding is None


def test_a_finding_chosen_elsewhere_is_shown_with_its_candidates(window, made, qtbot, settle):
    page = opened(window, made.identified, made.case_id, settle)
    page.set_way(Way.CAPTURES)
    settle()
    finding = window.session.store.findings(made.case_id)[0]
    window.session.questioned_id = finding.capture_ids[0]
    window.session.finding_id = finding.id
    qtbot.waitUntil(lambda: page.way is Way.LABEL and page.stage.scene.finding is not None, timeout=60_000)
    assert page.labels.strip.count() == 10 and shown_name(page, Side.KNOWN).startswith(label_name(LABEL + 1))


def test_a_label_of_a_field_is_named_by_its_place(fresh, made, errors, qtbot, settle):
    page = fresh
    choose(page, qtbot, settle, "field.png")
    run(page, qtbot, settle)
    ((_, error),) = errors
    assert "The capture shows 12 labels" in str(error) and "Name the row and the column" in str(error)
    dialog(ErrorDialog).accept()
    assert page.choices._run.isEnabled(), "the person may try again"
    places = page.labels.choice.places
    places.setCurrentIndex(places.findText("Row 2, column 2"))
    places.activated.emit(places.currentIndex())
    qtbot.mouseClick(page.choices._run, Qt.MouseButton.LeftButton)
    settle()
    qtbot.waitUntil(lambda: page.stage.scene.finding is not None, timeout=60_000)
    assert page.labels.candidates[0].number == LABEL + 1
    assert places.currentText() == "Row 2, column 2"


def test_only_the_likely_classes_are_searched_where_that_is_chosen(fresh, made, qtbot, settle):
    page, store = fresh, fresh.session.store
    choose(page, qtbot, settle, "label.png")
    likely = page.labels.choice.likely
    assert likely.isVisible() and not likely.isChecked(), "all labels, until a person says otherwise"
    for ticked in (True, False):
        likely.setChecked(ticked)
        run(page, qtbot, settle)
        qtbot.waitUntil(lambda: bool(page.labels.candidates), timeout=60_000)
        finding = store.findings(made.case_id)[-1]
        assert finding.provenance.settings["classified"] is ticked
        assert ("of its likely classes" in page.labels.title.text()) is ticked
    page.session.finding_id = store.findings(made.case_id)[0].id
    qtbot.waitUntil(likely.isChecked, timeout=60_000)


def test_a_capture_without_a_label_is_refused_and_nothing_is_recorded(fresh, made, errors, qtbot, settle):
    page = fresh
    choose(page, qtbot, settle, "blank.png")
    run(page, qtbot, settle)
    ((title, error),) = errors
    assert title == "Identify blank.png in Film 7"
    assert "blank.png" in str(error) and "No etched frame is seen" in str(error)
    assert page.session.store.findings(made.case_id) == ()
    assert any(row.job.state is JobState.FAILED for row in page.window().tray.rows())


def test_without_a_library_the_page_says_what_to_do(window, made, settle):
    page = opened(window, made.bare, made.case_id, settle)
    assert page.stage.scene.hints[Side.KNOWN] == NO_LIBRARY
    assert not page.choices._run.isEnabled()
    assert page.labels.choice.libraries.shown_text().startswith("No library")


def test_the_modes_of_the_stage_show_both_labels_in_one_pose(page, qtbot, settle):
    from gui.stage.linking import LinkBasis

    view = page.stage.scene.view
    assert view.link.basis is LinkBasis.REGISTRATION
    qtbot.keyClick(page.stage.canvas, Qt.Key.Key_2)
    assert page.stage.scene.mode is Mode.CURTAIN
    point = page.stage.scene.finding.correspondences[0]
    across = view.across(Side.QUESTIONED, point.questioned)
    assert np.linalg.norm(np.array(across) - point.known) < 2


def test_texts_are_whole_and_reachable_and_stand_out(qapp, page, qtbot):
    for scheme in (Scheme.LIGHT, Scheme.DARK):
        theme.apply(qapp, scheme)
        qapp.processEvents()
        assert not faint_texts(page)
    before = qapp.font()
    for percent, widest in ((100, 1366), (150, 1920), (200, 1920)):
        larger = QFont(before)
        larger.setPointSizeF(before.pointSizeF() * percent / 100)
        qapp.setFont(larger)
        try:
            page.window().resize(page.window().minimumSizeHint().expandedTo(page.window().size()))
            qapp.processEvents()
            assert page.window().minimumSizeHint().width() <= widest
            qtbot.waitUntil(lambda: not clipped(page))
            assert not unnamed(page)
            assert not unreached_by_tab(page)
        finally:
            qapp.setFont(before)


def test_a_report_on_labels_is_issued_and_run_again(window, made, tmp_path, settle, monkeypatch):
    from engine.workflows.reports import make_report
    from engine.workflows.verification import verify_report

    page = opened(window, shutil.copytree(made.identified, tmp_path / "Report.touchstone"), made.case_id, settle)
    session, out, started = page.session, tmp_path / "report.pdf", []

    def start():
        started.append(recogniser())
        return started[-1]

    monkeypatch.setattr("engine.workflows.labels.recogniser.Recogniser", start)
    make_report(session.store, session.actor, made.case_id, out, context=JobContext())
    again = verify_report(out, session.store.path, JobContext())
    assert again.ok, again.differences
    assert again.repeated == 2
    assert len(started) == 1  # one process serves all findings
