"""The stage as a person drives it: mouse, wheel, keys, panels."""

import threading
import time

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QMainWindow

from engine.core.case import ScaleSource
from engine.core.finding import Caution, Correspondence, Score
from engine.imaging.tiles import ArrayTiles
from gui.shell.commands import CommandRegistry
from gui.stage import geometry
from gui.stage.geometry import Side
from gui.stage.levels import Levels
from gui.stage.scene import Mode, StageImage
from gui.stage.stage import Stage
from tests.gui.stage.samples import CountingTiles, capture, finding, gradient, overlay, scale

TURN = np.array([[0.0, -2.0, 1200.0], [2.0, 0.0, 30.0], [0.0, 0.0, 1.0]])


class Window(QMainWindow):
    """A window whose commands have their keys."""

    def __init__(self) -> None:
        super().__init__()
        self.commands = CommandRegistry(self)
        self.stage = Stage(self.commands)
        self.setCentralWidget(self.stage)
        self.addActions([self.commands.action(command.key) for command in self.commands.commands()])
        self.resize(1200, 700)

    def closeEvent(self, event):  # noqa: N802 - Qt's name
        self.stage.close_stage()
        super().closeEvent(event)


@pytest.fixture
def window(qtbot):
    window = Window()
    qtbot.addWidget(window)
    window.show()
    qtbot.waitExposed(window)
    yield window
    window.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("touchstone-")]


def put(window, *, um=(42.0, 21.0), sources=None) -> None:
    pixels = [gradient(600, 500), gradient(1200, 1200)]
    for number, side in enumerate(Side):
        source = sources[number] if sources else ArrayTiles(pixels[number])
        record = capture(number, source.width, source.height, um[number] and scale(um[number]))
        window.stage.show_image(side, StageImage(record, f"item {number}", source))
    window.commands.refresh()


def show(window, matrix=TURN, **more) -> None:
    records = [window.stage.scene.images[side].capture for side in Side]
    window.stage.show_finding(finding(*records, matrix, **more))


def sharp(qtbot, stage) -> None:
    frames = stage.canvas.picture.renderer.frames
    qtbot.waitUntil(lambda: all(f is not None and f.missing == 0 for f in frames.values()) and len(frames) == 2)


def wheel(canvas, x: float, y: float, steps: float, modifiers=Qt.KeyboardModifier.NoModifier) -> None:
    event = QWheelEvent(
        QPointF(x, y), canvas.mapToGlobal(QPointF(x, y)), QPoint(), QPoint(0, round(120 * steps)),
        Qt.MouseButton.NoButton, modifiers, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(canvas, event)


def test_an_empty_stage_says_what_to_do(window):
    picture = window.stage.canvas.grab().toImage()
    assert not picture.isNull()
    assert window.stage.overlay_panel.empty.isVisibleTo(window.stage.overlay_panel)
    assert "Compare or identify" in window.stage.finding_panel.link.text()
    assert not window.commands.action("stage.fit").isEnabled()


@pytest.mark.parametrize("zoom", [1, -3, 9])
def test_the_wheel_zooms_about_the_pointer_in_both_panes(window, qtbot, zoom):
    put(window)
    show(window)
    canvas = window.stage.canvas
    for pane in canvas.panes():
        at = (pane.rect.width() * 0.3, pane.rect.height() * 0.7)
        before = {side: canvas.scene.view.to_capture(side, at) for side in Side}
        wheel(canvas, pane.rect.left() + at[0], pane.rect.top() + at[1], zoom)
        for side in Side:
            after = geometry.map_point(canvas.scene.view.matrix(side), before[side])
            assert after == pytest.approx(at, abs=0.01)
        expected = geometry.map_point(TURN, before[Side.QUESTIONED])
        assert before[Side.KNOWN] == pytest.approx(expected, abs=1e-6)


def test_dragging_moves_both_panes_with_the_hand(window, qtbot):
    put(window)
    show(window)
    canvas = window.stage.canvas
    wheel(canvas, 100, 200, 6)
    known = canvas.panes()[1]
    start = QPoint(round(known.rect.left()) + 50, 120)
    point = canvas.scene.view.to_capture(Side.KNOWN, (start.x() - known.rect.left(), start.y() - known.rect.top()))
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(canvas, start + QPoint(40, 25))
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=start + QPoint(40, 25))
    x, y = geometry.map_point(canvas.scene.view.matrix(Side.KNOWN), point)
    assert (x + known.rect.left(), y + known.rect.top()) == pytest.approx((start.x() + 40, start.y() + 25), abs=0.01)
    here = geometry.map_point(np.linalg.inv(TURN), point)
    assert geometry.map_point(canvas.scene.view.matrix(Side.QUESTIONED), here) == pytest.approx((x, y), abs=0.01)


def test_number_keys_choose_the_modes_and_the_tools_show_it(window, qtbot):
    put(window)
    show(window)
    window.stage.canvas.setFocus()
    for number, mode in enumerate(Mode, start=1):
        qtbot.keyClick(window, Qt.Key(Qt.Key.Key_0 + number))
        assert window.stage.scene.mode is mode
        checked = [m for m in Mode if window.commands.action(f"stage.mode_{m.name.lower()}").isChecked()]
        assert checked == [mode]
        assert window.stage.option.isVisible() == (mode is not Mode.SIDE_BY_SIDE)


def test_the_curtain_can_be_dragged(window, qtbot):
    put(window)
    show(window)
    window.stage.set_mode(Mode.CURTAIN)
    canvas = window.stage.canvas
    middle = QPoint(canvas.width() // 2, 200)
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=middle)
    qtbot.mouseMove(canvas, QPoint(canvas.width() // 4, 200))
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=QPoint(canvas.width() // 4, 200))
    assert canvas.scene.options.curtain == pytest.approx(0.25, abs=0.01)


def test_blinking_goes_on_by_itself_at_its_rate_and_stops_with_the_mode(window, qtbot):
    put(window)
    show(window)
    window.stage.set_mode(Mode.BLINK)
    window.stage.option.setValue(10)
    scene = window.stage.scene
    changes, last, started = 0, scene.blink_known, time.monotonic()
    while time.monotonic() - started < 1.05:
        qtbot.wait(5)
        changes, last = changes + (scene.blink_known != last), scene.blink_known
    assert 3 <= changes <= 6
    window.stage.set_mode(Mode.SIDE_BY_SIDE)
    assert not window.stage.canvas._blink.isActive()


def test_the_setting_of_a_mode_moves_with_the_bracket_keys(window, qtbot):
    put(window)
    show(window)
    window.stage.set_mode(Mode.OVERLAY)
    window.stage.canvas.setFocus()
    qtbot.keyClick(window, Qt.Key.Key_BracketRight)
    assert window.stage.scene.options.opacity == pytest.approx(0.55)
    assert window.stage.option_value.text() == "55 %"


def test_arrow_keys_pan_and_letters_fit_zoom_and_link(window, qtbot):
    put(window)
    show(window)
    canvas, view = window.stage.canvas, window.stage.scene.view
    canvas.setFocus()
    before = geometry.map_point(view.matrix(Side.QUESTIONED), (0.0, 0.0))
    qtbot.keyClick(canvas, Qt.Key.Key_Right)
    after = geometry.map_point(view.matrix(Side.QUESTIONED), (0.0, 0.0))
    assert after == pytest.approx((before[0] - 64, before[1]))
    qtbot.keyClick(window, Qt.Key.Key_0)
    assert view.zoom(Side.QUESTIONED) * canvas.devicePixelRatioF() == pytest.approx(1.0)
    qtbot.keyClick(window, Qt.Key.Key_F)
    corners = geometry.apply_matrix(view.matrix(Side.QUESTIONED), canvas.scene.outline(Side.QUESTIONED))
    assert corners.min() >= 0 and (corners <= np.array(view.size)).all()
    qtbot.keyClick(window, Qt.Key.Key_L)
    assert view.mapping is None
    assert window.stage.link.text() == "Panes move on their own: the link is switched off"
    qtbot.keyClick(window, Qt.Key.Key_L)
    assert view.mapping is not None


def test_the_link_and_its_residual_are_stated_with_their_source(window):
    put(window, um=(None, None))
    assert window.stage.link.text() == "Not linked: no registration, and neither capture has a scale"
    put(window)
    assert window.stage.link.text().startswith("Linked by scale only")
    points = (Correspondence(questioned=(10.0, 10.0), known=(1180.0, 53.0), residual_px=3.0, held_out=True),)
    show(window, correspondences=points)
    assert "residual of this view 63 \N{MICRO SIGN}m (RMS) on held-out points" in window.stage.link.text()
    assert ScaleSource.CALIBRATION_TARGET.value in window.stage.link.text()


def test_no_micrometre_is_shown_without_a_scale(window, qtbot):
    put(window, um=(None, None))
    points = (Correspondence(questioned=(10.0, 10.0), known=(1180.0, 53.0), residual_px=3.0),)
    show(window, correspondences=points)
    qtbot.mouseMove(window.stage.canvas, QPoint(200, 300))
    texts = (window.stage.link.text(), window.stage.pointer.text(), window.stage.finding_panel.link.text())
    assert "residual of this view 3 known px" in texts[0]
    assert not any("\N{MICRO SIGN}m" in text for text in texts)


def test_nudging_moves_the_known_picture_by_a_pixel_and_can_be_undone(window, qtbot):
    put(window)
    points = (Correspondence(questioned=(10.0, 10.0), known=(1180.0, 50.0), residual_px=0.0),)
    show(window, correspondences=points)
    view = window.stage.scene.view
    recorded = window.stage.scene.finding
    before = geometry.map_point(view.matrix(Side.KNOWN), (600.0, 300.0))
    for _ in range(3):
        qtbot.keyClick(window, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    after = geometry.map_point(view.matrix(Side.KNOWN), (600.0, 300.0))
    pixel = 1 / window.stage.canvas.devicePixelRatioF()
    assert after == pytest.approx((before[0] + 3 * pixel, before[1]), abs=1e-6)
    assert "the finding is unchanged" in window.stage.link.text()
    assert window.stage.scene.finding is recorded
    for _ in range(3):
        qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.AltModifier)
    assert geometry.map_point(view.matrix(Side.KNOWN), (600.0, 300.0)) == pytest.approx(before, abs=1e-9)
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.ShiftModifier)
    assert window.stage.scene.nudge.shift != (0.0, 0.0)


def with_overlays(window, **more) -> None:
    questioned = window.stage.scene.images[Side.QUESTIONED].capture
    values = np.linspace(0, 1, 400, dtype=np.float32).reshape(20, 20)
    maps = tuple(
        overlay(key, questioned.id, values, np.diag([30.0, 25.0, 1.0]), 0, 1, meaning=f"What {key} means.")
        for key in ("correlation", "shift")
    )
    show(window, overlays=maps, **more)


def test_overlays_are_chosen_dressed_and_reset_in_their_panel(window, qtbot):
    put(window)
    with_overlays(window)
    panel, styles = window.stage.overlay_panel, window.stage.scene.styles
    assert [styles[key].visible for key in styles] == [True, False]
    assert panel.meaning.text() == "What correlation means."
    assert panel.grid.text().startswith("Measured on 20 \N{MULTIPLICATION SIGN} 20 cells")
    panel.list.item(1).setCheckState(Qt.CheckState.Checked)
    panel.opacity.setValue(30)
    panel.high.setValue(0.5)
    panel.colours.setCurrentText("diverging")
    style = window.stage.scene.styles["correlation"]
    assert (style.opacity, style.high, style.colour_map) == (0.3, 0.5, "diverging")
    assert window.stage.scene.styles["shift"].visible
    panel.reset.click()
    assert window.stage.scene.styles["correlation"].high == 1.0
    assert panel.high.value() == 1.0


def test_o_shows_one_overlay_after_the_other_and_then_none(window, qtbot):
    put(window)
    with_overlays(window)
    window.stage.canvas.setFocus()
    seen = []
    for _ in range(4):
        seen.append([key for key, style in window.stage.scene.styles.items() if style.visible])
        qtbot.keyClick(window, Qt.Key.Key_O)
    assert seen == [["correlation"], ["shift"], [], ["correlation"]]


def test_what_lies_under_the_pointer_is_told_with_its_value(window, qtbot):
    put(window)
    with_overlays(window)
    canvas = window.stage.canvas
    x, y = geometry.map_point(canvas.scene.view.matrix(Side.QUESTIONED), (300.0, 250.0))
    pane = canvas.panes()[0].rect
    qtbot.mouseMove(canvas, QPoint(round(x + pane.left()), round(y + pane.top())))
    text = window.stage.pointer.text()
    assert text.startswith("Questioned x ") and "Correlation 0.5" in text and "\N{MICRO SIGN}m" in text


def test_the_finding_panel_shows_outcome_scores_and_cautions(window):
    put(window)
    scores = (
        Score(key="a", title="Mean correlation", value=0.93412, direction="higher = more alike"),
        Score(key="b", title="Residual", value=8.26, unit="um", direction="lower = more alike"),
        Score(key="c", title="Same piece", value=None),
    )
    show(window, scores=scores, cautions=(Caution(key="x", text="Covers <b>half</b>."),), simulated=True)
    panel = window.stage.finding_panel
    assert panel.outcome.text() == "Registered"
    assert panel.simulated.isVisibleTo(panel)
    rows = panel.scores.texts
    assert rows[0] == ("Mean correlation", "0.934", "higher = more alike")
    assert rows[1][1:] == ("8.26 \N{MICRO SIGN}m", "lower = more alike")
    assert rows[2][1] == "not measured"
    assert panel.cautions.text() == "Covers <b>half</b>.", "never markup"


def test_levels_change_the_picture_and_not_the_other_pane(window, qtbot):
    put(window)
    stage = window.stage
    sharp(qtbot, stage)
    box = stage.levels_panel.boxes[Side.QUESTIONED]
    qtbot.waitUntil(lambda: box.ready)
    box.low.setValue(100)
    assert stage.scene.layers[Side.QUESTIONED].levels == Levels(100, 255, 1.0)
    assert stage.scene.layers[Side.KNOWN].levels == Levels(0, 255, 1.0)
    box.automatic.click()
    assert stage.scene.layers[Side.QUESTIONED].levels == stage.scene.layers[Side.QUESTIONED].automatic
    box.full.click()
    assert box.low.value() == 0
    box.strip.dragged.emit(20.0, 90.0)
    assert (box.low.value(), box.high.value()) == (20, 90)


def test_a_capture_appears_while_its_tiles_are_read_and_the_footer_says_so(window, qtbot):
    source = CountingTiles(gradient(3000, 2000))
    put(window, sources=(source, ArrayTiles(gradient(1200, 1200))))
    window.commands.run("stage.fit")
    sharp(qtbot, window.stage)
    source.gate.clear()
    canvas = window.stage.canvas
    canvas.zoom_view(Side.QUESTIONED, 6.0)
    canvas.repaint()
    frame = canvas.picture.renderer.frames[Side.QUESTIONED]
    assert frame.missing > 0
    source.gate.set()
    qtbot.waitUntil(lambda: canvas.picture.renderer.frames[Side.QUESTIONED].missing == 0)


def test_new_scales_take_effect_without_opening_the_capture_again(window, qtbot):
    put(window, um=(42.0, None))
    assert window.stage.scene.view.mapping is None
    record = window.stage.scene.images[Side.KNOWN].capture
    layer = window.stage.scene.layers[Side.KNOWN]
    window.stage.update_capture(record.model_copy(update={"scale": scale(21.0)}))
    assert window.stage.scene.layers[Side.KNOWN] is layer
    assert window.stage.scene.view.mapping is not None


def test_every_tool_has_a_name_an_icon_and_a_key(window):
    for bar in (window.stage.mode_bar, window.stage.view_bar):
        for action in bar.actions():
            if not action.isSeparator():
                assert action.text() and not action.icon().isNull() and not action.shortcut().isEmpty()


def test_leaving_the_canvas_forgets_the_pointer(window, qtbot):
    put(window)
    show(window)
    qtbot.mouseMove(window.stage.canvas, QPoint(200, 300))
    assert window.stage.pointer.text()
    QApplication.sendEvent(window.stage.canvas, QEvent(QEvent.Type.Leave))
    assert not window.stage.pointer.text()


def test_every_mode_is_in_sight_however_narrow_the_window(window, qtbot):
    put(window)
    bar = window.stage.mode_bar
    named, alone = Qt.ToolButtonStyle.ToolButtonTextBesideIcon, Qt.ToolButtonStyle.ToolButtonIconOnly
    styles = {}
    for width in (1600, 900, 700):
        for mode in (Mode.SIDE_BY_SIDE, Mode.CURTAIN):
            window.stage.set_mode(mode)
            window.resize(width, 700)
            qtbot.wait(10)
            hidden = [action.text() for action in bar.actions() if not bar.widgetForAction(action).isVisible()]
            assert not hidden, (width, mode)
            styles[width, mode] = bar.toolButtonStyle()
    assert styles[1600, Mode.CURTAIN] is named
    assert styles[700, Mode.CURTAIN] is alone
