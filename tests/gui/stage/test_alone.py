"""One questioned capture alone on the stage, with a finding that needs no other; displacements as arrows or colours."""

import numpy as np
import pytest
from PySide6.QtCore import Qt

from engine.core.finding import Score
from engine.core.operating import Classification
from engine.imaging.tiles import ArrayTiles
from gui.stage.finding_panel import NO_FINDING, NONE_ALONE
from gui.stage.geometry import Side, apply_matrix
from gui.stage.scene import Mode, StageImage
from tests.gui.stage.samples import capture, finding, gradient, overlay
from tests.gui.stage.test_stage import put, show, window

__all__ = ["window"]
CODE = np.array([[12.0, 0.0, 400.0], [0.0, 12.0, 300.0], [0.0, 0.0, 1.0]])


def alone(window, *, passes: bool | None = True, within: bool = True):
    stage = window.stage
    stage.set_alone(True)
    record = capture(0, 1600, 1200)
    stage.show_image(Side.QUESTIONED, StageImage(record, "item", ArrayTiles(gradient(1600, 1200))))
    shift = np.full((25, 25, 2), np.nan, dtype=np.float32)
    shift[::2, ::2] = (1.0, -0.5)
    made = finding(record, capture(1, 9, 9)).model_copy(
        update={
            "capture_ids": (record.id,),
            "outcome": "measured",
            "scores": (Score(key="indicator", title="Indicator", value=0.31),),
            "overlays": (
                overlay("correlation", record.id, np.full((25, 25), 0.3), CODE, 0, 0.6),
                overlay("displacement", record.id, shift, CODE, 0, 1.5, unit="px"),
            ),
            "classification": Classification(
                operating_point_id=f"point-{1:016x}", operating_point="Press 3", score="indicator", threshold=0.275,
                passes=passes, within_domain=within, reason="The reason.",
            ),
        }
    )  # fmt: skip
    stage.show_finding(made)
    window.commands.refresh()
    return stage


def test_one_capture_has_the_stage_to_itself_and_its_code_is_fitted(window, qtbot):
    stage = alone(window)
    panes = stage.canvas.panes()
    assert [pane.side for pane in panes] == [Side.QUESTIONED]
    assert panes[0].rect.width() == stage.canvas.width()
    corners = np.array([[394.0, 294.0], [694.0, 594.0]])  # outer corners of 25 modules of 12 px
    seen = apply_matrix(stage.scene.view.matrix(Side.QUESTIONED), corners)
    assert (seen >= 0).all() and (seen <= panes[0].size).all(), "the code is seen"
    extent = (seen[1] - seen[0]) / panes[0].size
    assert extent.max() > 0.9, "and fills the pane"
    qtbot.keyClick(window, Qt.Key.Key_F)
    whole = apply_matrix(stage.scene.view.matrix(Side.QUESTIONED), np.array([[0.0, 0.0], [1599.0, 1199.0]]))
    assert (whole >= 0).all() and (whole <= panes[0].size).all()
    qtbot.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ShiftModifier)
    again = apply_matrix(stage.scene.view.matrix(Side.QUESTIONED), corners)
    np.testing.assert_allclose(again, seen)
    assert not stage.canvas.grab().toImage().isNull()


def test_modes_for_two_captures_are_off_while_one_is_alone(window):
    stage = alone(window)
    for mode in Mode:
        assert not window.commands.action(f"stage.mode_{mode.name.lower()}").isEnabled()
    assert not window.commands.action("stage.swap").isEnabled()
    assert window.commands.action("stage.fit_examined").isEnabled()
    assert stage.link.text() == ""


def test_both_panes_return(window):
    stage = alone(window)
    stage.set_alone(False)
    assert stage.scene.finding is None
    put(window)
    show(window)
    assert [pane.side for pane in stage.canvas.panes()] == list(Side)
    stage.set_mode(Mode.CURTAIN)
    stage.set_alone(True)
    assert stage.scene.mode is Mode.SIDE_BY_SIDE
    assert set(stage.scene.images) == {Side.QUESTIONED}


def test_without_a_finding_the_panel_says_what_to_do(window):
    stage = window.stage
    assert stage.finding_panel.link.text() == NO_FINDING
    stage.set_alone(True)
    assert stage.finding_panel.link.text() == NONE_ALONE
    alone(window)
    assert stage.finding_panel.link.isHidden()


@pytest.mark.parametrize(
    ("passes", "within", "words"),
    [
        (True, True, "Passes"),
        (False, True, "Does not pass"),
        (None, True, "Inconclusive"),
        (None, False, "Investigative only"),
    ],
)
def test_the_panel_says_what_the_operating_point_says(window, passes, within, words):
    panel = alone(window, passes=passes, within=within).finding_panel
    assert panel.verdict.text() == words
    assert panel.reason.text() == "The reason."
    window.stage.show_finding(None)
    assert panel.verdict.isHidden() and panel.reason.isHidden()


def test_a_finding_without_classification_shows_none(window):
    put(window)
    show(window)
    assert window.stage.finding_panel.verdict.isHidden()


def test_displacements_are_arrows_or_colours(window, qtbot):
    stage = alone(window)
    renderer = stage.canvas.picture.renderer
    panel = stage.overlay_panel
    panel.list.setCurrentRow(0)
    assert panel.arrows.isHidden(), "a map of single values has no arrows"
    panel.list.setCurrentRow(1)
    assert not panel.arrows.isHidden() and panel.arrows.isChecked()
    panel.list.item(1).setCheckState(Qt.CheckState.Checked)
    stage.canvas.grab()
    remark = renderer.remarks[Side.QUESTIONED]["displacement"]
    assert remark.startswith("arrows ") and remark.endswith("times enlarged"), "at the native grid, with their factor"
    qtbot.keyClick(window, Qt.Key.Key_D)
    assert not panel.arrows.isChecked()
    assert not window.commands.action("stage.arrows").isChecked()

    def coloured() -> bool:
        stage.canvas.grab()
        return renderer.remarks[Side.QUESTIONED]["displacement"] == ""

    qtbot.waitUntil(coloured)
    panel.arrows.setChecked(True)
    assert stage.scene.styles["displacement"].arrows
    assert window.commands.action("stage.arrows").isChecked()
    stage.canvas.grab()
    assert renderer.remarks[Side.QUESTIONED]["displacement"] == remark
