"""The Compare page on a real case: choosing, comparing, earlier findings, empty states."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFont

from engine.core.case import Device, ScaleSource, Standing
from engine.jobs import JobContext
from gui.pages.compare.page import NO_CASE, NO_PAIR, STAGE
from gui.shell import theme
from gui.shell.theme import Scheme
from gui.stage.geometry import Side
from tests.gui.layout import clipped, faint_texts, unnamed, unreached_by_tab


@pytest.fixture
def page(case_window, settle):
    """The Compare page of the new case, without captures."""
    case_window.show_page("compare")
    settle()
    return case_window.page("compare")


@pytest.fixture
def filled(case_window, pictures, settle, page):
    """The Compare page with a questioned and a known capture; the known one has a scale."""
    from engine.workflows.captures import intake

    session = case_window.session
    items = {item.standing: item for item in session.store.items(session.case_id)}
    for standing, name in ((Standing.QUESTIONED, "questioned.png"), (Standing.KNOWN, "known.tif")):
        report = intake(
            session.store, session.actor, session.case_id, items[standing].id, [pictures / name],
            device=Device.SCANNER, context=JobContext(),
        )  # fmt: skip
        assert not report.refusals
    session.records_changed.emit()
    settle()
    return page


def ready(qtbot, page) -> None:
    qtbot.waitUntil(lambda: page.stage.scene.complete and not page.opener.pending)


def shown_name(page, side: Side) -> str:
    image = page.stage.scene.images.get(side)
    return image.capture.file_name if image else ""


def compared(qtbot, page, settle) -> None:
    ready(qtbot, page)
    page.commands.run("compare.run")
    settle()
    qtbot.waitUntil(lambda: page.stage.scene.finding is not None)


def test_without_a_case_the_page_says_what_to_do(open_window, settle):
    open_window.show_page("compare")
    settle()
    page = open_window.page("compare")
    assert page.body.currentIndex() == NO_CASE
    assert "Open a case first" in page.no_case.text.text()


def test_without_two_captures_the_page_says_what_to_do(page):
    assert page.body.currentIndex() == NO_PAIR
    assert "one capture of a questioned item and one of a known item" in page.no_pair.text.text()
    assert not page.commands.action("compare.run").isEnabled()


def test_the_first_captures_of_both_standings_are_put_on_the_stage(filled, qtbot):
    ready(qtbot, filled)
    assert filled.body.currentIndex() == STAGE
    names = {side: image.capture.file_name for side, image in filled.stage.scene.images.items()}
    assert names == {Side.QUESTIONED: "questioned.png", Side.KNOWN: "known.tif"}
    assert filled.choices.lists[Side.QUESTIONED].currentText().startswith("Q1")
    assert filled.stage.link.text() == "Not linked: no registration, and the questioned capture has no scale"


def test_comparing_records_a_finding_and_shows_it(filled, qtbot, settle, case_window):
    compared(qtbot, filled, settle)
    finding = filled.stage.scene.finding
    assert [f.id for f in case_window.session.store.findings(case_window.session.case_id)] == [finding.id]
    assert finding.outcome == "registered"
    assert filled.stage.link.text().startswith("Linked by registration")
    assert filled.stage.finding_panel.outcome.text() == "Registered"
    assert filled.stage.scene.styles["correlation"].visible
    assert finding.id == filled.choices.findings.currentData()


def test_an_earlier_finding_can_be_left_and_shown_again(filled, qtbot, settle, case_window):
    compared(qtbot, filled, settle)
    finding_id = filled.stage.scene.finding.id
    filled.choices.findings.setCurrentIndex(0)
    filled.choices.findings.activated.emit(0)
    qtbot.waitUntil(lambda: filled.stage.scene.finding is None)
    assert case_window.session.finding_id is None
    filled.choices.findings.activated.emit(1)
    qtbot.waitUntil(lambda: filled.stage.scene.finding is not None)
    assert filled.stage.scene.finding.id == finding_id


def test_choosing_another_capture_takes_the_finding_away(filled, qtbot, settle, case_window, pictures):
    from engine.workflows.captures import intake
    from tests.gui.pictures import write_code

    compared(qtbot, filled, settle)
    session = case_window.session
    write_code(pictures / "other.png", seed=2)
    known = next(item for item in session.store.items(session.case_id) if item.standing is Standing.KNOWN)
    intake(
        session.store, session.actor, session.case_id, known.id, [pictures / "other.png"],
        device=Device.SCANNER, context=JobContext(),
    )  # fmt: skip
    session.records_changed.emit()
    settle()
    box = filled.choices.lists[Side.KNOWN]
    box.activated.emit(box.findText("K1 \N{MIDDLE DOT} other.png"))
    qtbot.waitUntil(lambda: shown_name(filled, Side.KNOWN) == "other.png")
    settle()
    assert filled.stage.scene.finding is None
    assert session.finding_id is None


def test_a_new_scale_reaches_the_stage(filled, qtbot, settle, case_window):
    from engine.core.case import Scale
    from engine.workflows.cases import set_scale

    ready(qtbot, filled)
    session = case_window.session
    scale = Scale(um_per_px_x=42, um_per_px_y=42, source=ScaleSource.ACTOR, relative_uncertainty=0.01)
    set_scale(session.store, session.actor, session.questioned_id, scale)
    session.records_changed.emit()
    settle()
    qtbot.waitUntil(lambda: filled.stage.link.text().startswith("Linked by scale only"))


def test_a_capture_that_cannot_be_opened_says_so_in_its_pane(filled, qtbot, settle, monkeypatch, case_window):
    import engine.workflows.captures as captures
    from engine.core.errors import ImagingError

    ready(qtbot, filled)
    session = case_window.session
    first = session.questioned_id

    def refuse(*arguments):
        raise ImagingError("The evidence is damaged")

    monkeypatch.setattr(captures, "tile_source", refuse)
    session.questioned_id = session.known_id
    qtbot.waitUntil(lambda: "The evidence is damaged" in filled.stage.scene.hints.get(Side.QUESTIONED, ""))
    assert session.questioned_id != first
    assert Side.QUESTIONED not in filled.stage.scene.images


def test_leaving_the_case_takes_everything_off_the_stage(filled, qtbot, settle, case_window):
    compared(qtbot, filled, settle)
    case_window.session.case_id = None
    settle()
    assert not filled.stage.scene.images
    assert filled.stage.scene.finding is None
    assert filled.body.currentIndex() == NO_CASE


def test_the_keys_of_the_stage_are_silent_on_other_pages(filled, qtbot, settle, case_window):
    ready(qtbot, filled)
    mode = filled.stage.scene.mode
    case_window.show_page("case")
    settle()
    qtbot.keyClick(case_window, Qt.Key.Key_3)
    assert filled.stage.scene.mode is mode
    assert not filled.commands.action("stage.fit").isEnabled()


@pytest.mark.parametrize("percent", [100, 150, 200])
def test_the_page_keeps_its_texts_whole_and_reachable(qapp, filled, qtbot, settle, case_window, percent):
    compared(qtbot, filled, settle)
    before = qapp.font()
    larger = QFont(before)
    larger.setPointSizeF(before.pointSizeF() * percent / 100)
    qapp.setFont(larger)
    try:
        case_window.resize(case_window.minimumSizeHint().expandedTo(case_window.size()))
        for place in range(filled.stage.tabs.count()):
            filled.stage.tabs.setCurrentIndex(place)
            qapp.processEvents()
            qtbot.waitUntil(lambda: not clipped(filled))  # laid out when the events are through
            assert not unnamed(filled)
            assert not unreached_by_tab(filled)
    finally:
        qapp.setFont(before)


@pytest.mark.parametrize("scheme", [Scheme.LIGHT, Scheme.DARK])
def test_the_pages_texts_stand_out_in_both_themes(qapp, filled, qtbot, settle, scheme):
    compared(qtbot, filled, settle)
    theme.apply(qapp, scheme)
    for place in range(filled.stage.tabs.count()):
        filled.stage.tabs.setCurrentIndex(place)
        qapp.processEvents()
        assert not faint_texts(filled)
