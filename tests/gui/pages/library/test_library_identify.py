"""Identify: a dropped label is found, shown beside the known one, answered at the operating point, taken into cases."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from gui.pages.case.dialogs import IntakeDialog
from gui.pages.library.page import GALLERY, IDENTIFY
from gui.pages.library.pair import turned_points
from tests.gui.driving import dialog, drop
from tests.gui.pages.library.conftest import THRESHOLD


def facts(table) -> dict[str, str]:
    return dict(table.rows.row(row) for row in range(table.rows.rowCount()))


@pytest.fixture
def asked(enrolled, captures, settle):
    """Return a function that drops a capture on the page and waits for the answer."""

    def ask(name: str):
        enrolled.tabs.setCurrentIndex(IDENTIFY)
        drop(enrolled, [captures / name])
        settle()
        return enrolled.identify

    return ask


def test_a_dropped_label_is_found_and_answered_at_the_operating_point(asked, session):
    before = session.store.head.sequence
    panel = asked("questioned.png")
    assert panel.outcome.text() == "Found: No. 000005"
    assert "patches of film were found again" in panel.reason.text()
    told = facts(panel.facts)
    assert told["Most alike"] == "No. 000005" and told["Data"] == "simulated"
    assert float(told["Similarity"].split()[0]) >= THRESHOLD
    steps = [name.strip() for name in [*told][[*told].index("Time") + 1 :]]
    assert steps == ["decode", "find", "embed", "search", "match"]
    assert panel.histogram.scores is not None and panel.histogram.scores.threshold == THRESHOLD
    assert panel.histogram.scores.value == pytest.approx(float(told["Similarity"].split()[0]), abs=1e-4)
    assert session.store.head.sequence == before, "nothing is recorded"


def test_candidates_are_ranked_and_the_chosen_one_stands_beside_the_questioned_label(asked, settle, qtbot):
    panel = asked("questioned.png")
    hits = panel.current.hits
    assert panel.model.numbers.tolist() == [hit.number for hit in hits] and len(hits) == 10
    assert [hit.similarity for hit in hits] == sorted((hit.similarity for hit in hits), reverse=True)
    qtbot.waitUntil(lambda: panel.pair.pair is not None and panel.pair.pair.known is not None)
    assert panel.pair.pair.caption.startswith("No. 000005, ") and len(panel.pair.pair.points) > 20
    panel.view.setFocus()
    QTest.keyClick(panel.view, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: panel.pair.pair.known is not None)
    assert panel.pair.pair.caption.startswith(f"No. {hits[1].number:06d}")
    assert len(panel.pair.pair.points) < 20


def test_both_pictures_show_the_label_in_one_pose(asked, qtbot):
    panel = asked("questioned.png")
    qtbot.waitUntil(lambda: panel.pair.pair is not None and panel.pair.pair.known is not None)
    pair = panel.pair.pair
    assert pair.turn % 4 != 0, "the capture was turned by 100 degrees"
    assert np.abs(turned_points(pair.points, pair.turn) - pair.known_points).max() < 12


def test_points_turn_with_the_image():
    image = np.zeros((256, 256), dtype=np.uint8)
    image[20, 200] = 255  # x 200, y 20
    for turn in range(-1, 5):
        y, x = np.argwhere(np.rot90(image, turn))[0]
        assert turned_points(np.array([[200.0, 20.0]]), turn).tolist() == [[x, y]]


def test_a_label_that_is_not_enrolled_is_not_found(asked):
    panel = asked("unknown.png")
    assert panel.outcome.text() in ("Not found in the library", "Inconclusive")
    assert panel.current.classification.passes is not True


def test_an_image_of_something_else_is_named_and_nothing_stays_of_it(asked, errors):
    panel = asked("questioned.png")
    asked("something else.png")
    ((title, error),) = errors
    assert title == "Identify something else.png" and "something else.png" in str(error)
    assert panel.outcome.text() == "Found: No. 000005"


def test_every_label_of_a_field_can_be_chosen(asked):
    panel = asked("field.png")
    assert panel.which.isVisible() and panel.which.count() == 12
    assert panel.which.itemText(6).startswith("Row 2, column 3: No. 000007, 1.000")
    panel.which.setCurrentIndex(6)
    assert panel.outcome.text() == "Found: No. 000007"


def test_what_no_image_tells_is_asked_and_changes_the_answer(asked, settle):
    panel = asked("questioned.png")
    assert panel.options.simulated.isChecked(), "as the library is"
    panel.options.simulated.setChecked(False)
    settle()
    assert panel.outcome.text() == "Investigative only"
    assert "The library is simulated, the capture is not." in panel.cautions.text()


def test_a_candidate_is_shown_in_the_gallery(asked, enrolled):
    panel = asked("questioned.png")
    panel.view.setCurrentIndex(panel.model.index(1, 0))
    enrolled.commands.run("library.to_gallery")
    assert enrolled.tabs.currentIndex() == GALLERY
    assert enrolled.gallery.chosen_numbers() == (panel.current.hits[1].number,)


def test_the_label_is_taken_into_the_open_case_as_a_finding(asked, enrolled, open_window, session, settle):
    from engine.workflows.cases import open_case

    asked("questioned.png")
    assert not enrolled.commands.action("library.to_case").isEnabled(), "no case is open"
    session.case_id = open_case(session.store, session.actor, "Case").id
    asked("questioned.png")
    enrolled.commands.run("library.to_case")
    settle()
    form = dialog(IntakeDialog)
    QTest.keyClicks(form.name, "Q1")
    form.device.setCurrentText("microscope")
    QTest.mouseClick(form.accept_button, Qt.MouseButton.LeftButton)
    settle()
    (finding,) = session.store.findings(session.case_id)
    assert finding.matches[0].rank == 1 and finding.correspondences
    assert finding.simulated and finding.classification is not None and finding.classification.passes
    assert session.finding_id == finding.id and open_window.current_page == "compare"
    (item,) = session.store.items(session.case_id)
    assert item.name == "Q1" and len(session.store.captures(item.id)) == 1
