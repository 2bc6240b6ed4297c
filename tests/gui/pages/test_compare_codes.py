"""Examining two-level QR codes on the Compare page, with real workflows on simulated scans."""

import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QLineEdit

from engine.core.case import Device, Standing
from engine.jobs import JobContext
from gui.pages.compare.choices import Way
from gui.pages.compare.page import NO_PAIR, STAGE
from gui.shell import theme
from gui.shell.theme import Scheme
from gui.stage.geometry import Side
from gui.widgets.passphrase import PassphraseDialog
from tests.gui.codes import PASSPHRASE, issued, set_point, write_scan
from tests.gui.layout import clipped, faint_texts, unnamed, unreached_by_tab


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A store whose case has a genuine code, its copy, and a picture without any code."""
    import numpy as np
    from PIL import Image

    from engine.workflows.captures import intake
    from engine.workflows.cases import add_item, open_case
    from engine.workflows.stores import create_store

    root = tmp_path_factory.mktemp("codes")
    folder = root / "Codes.touchstone"
    store = create_store(folder, laboratory="Laboratory", location="Here", administrator="Administrator")
    actor = store.actors()[0]
    series = issued(store, actor)
    set_point(store, actor, series)
    case = open_case(store, actor, "Codes")
    item = add_item(store, actor, case.id, "Q1", Standing.QUESTIONED, simulated=True)
    write_scan(root / "genuine.png", series.secrets, series.product_ids[0])
    write_scan(root / "copy.png", series.secrets, series.product_ids[0], copy=True)
    Image.fromarray(np.full((200, 200), 230, np.uint8)).save(root / "blank.png")
    files = [root / name for name in ("genuine.png", "copy.png", "blank.png")]
    report = intake(store, actor, case.id, item.id, files, device=Device.SCANNER, context=JobContext())
    assert not report.refusals
    store.close()
    return folder, case.id, series.product_ids[0]


@pytest.fixture
def window_on(window, made, tmp_path, settle):
    """The window with a copy of the store, its case open, on the Compare page."""
    folder = shutil.copytree(made[0], tmp_path / made[0].name)
    window.stores.open_folder(folder)
    settle()
    window.session.case_id = made[1]
    window.show_page("compare")
    settle()
    return window


@pytest.fixture
def page(window_on):
    return window_on.page("compare")


def chosen(page, qtbot, settle, name="genuine.png") -> None:
    """Choose the method and a capture as a person does."""
    page.choices.methods.activated.emit(page.choices.methods.findText("Two-level QR code"))
    settle()
    box = page.choices.lists[Side.QUESTIONED]
    box.activated.emit(box.findText(f"Q1 · {name}"))
    qtbot.waitUntil(lambda: shown_name(page) == name)
    settle()


def shown_name(page) -> str:
    image = page.stage.scene.images.get(Side.QUESTIONED)
    return image.capture.file_name if image else ""


def dialog_of(window) -> PassphraseDialog | None:
    open_ones = [dialog for dialog in window.findChildren(PassphraseDialog) if dialog.isVisible()]
    return open_ones[0] if open_ones else None


def examined(page, qtbot, settle, name="genuine.png") -> None:
    """Examine a capture's codes, the passphrase entered when it is asked for."""
    chosen(page, qtbot, settle, name)
    page.commands.run("compare.run")
    if page.session.keyring._series:
        settle()
    else:
        qtbot.waitUntil(lambda: dialog_of(page.window()) is not None, timeout=60_000)
        dialog = dialog_of(page.window())
        qtbot.keyClicks(dialog.field, PASSPHRASE)
        qtbot.mouseClick(dialog.accept_button, Qt.MouseButton.LeftButton)
        settle()
    qtbot.waitUntil(lambda: page.stage.scene.finding is not None, timeout=60_000)
    settle()


def test_one_capture_is_enough_for_a_code(page, qtbot, settle):
    settle()
    page.set_way(Way.CODE)
    settle()
    assert page.body.currentIndex() == STAGE
    qtbot.waitUntil(lambda: shown_name(page) == "genuine.png")
    assert page.stage.scene.sides == (Side.QUESTIONED,)
    assert page.choices.lists[Side.KNOWN].isHidden()
    assert page.choices._run.text() == "Examine"
    page.commands.run("compare.captures")
    settle()
    assert page.stage.scene.sides == tuple(Side)
    assert not page.choices.lists[Side.KNOWN].isHidden()
    assert page.choices._run.text() == "Compare"


def test_a_locked_series_asks_for_its_passphrase_and_then_the_code_passes(page, made, qtbot, settle):
    chosen(page, qtbot, settle)
    qtbot.keyClick(page, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: dialog_of(page.window()) is not None, timeout=60_000)
    dialog = dialog_of(page.window())
    assert dialog.field.echoMode() is QLineEdit.EchoMode.Password
    assert not dialog.accept_button.isEnabled()
    assert page.session.store.findings(made[1]) == (), "nothing was recorded"
    qtbot.keyClicks(dialog.field, "a wrong passphrase")
    qtbot.keyClick(dialog.field, Qt.Key.Key_Return)
    settle()
    assert dialog.isVisible() and dialog.fault.text().startswith("The passphrase does not open this series")
    assert dialog.field.text() == ""
    qtbot.keyClicks(dialog.field, PASSPHRASE)
    qtbot.keyClick(dialog.field, Qt.Key.Key_Return)
    settle()
    qtbot.waitUntil(lambda: page.stage.scene.finding is not None, timeout=60_000)
    settle()
    panel = page.stage.finding_panel
    assert panel.verdict.text() == "Passes"
    assert "of operating point Press 3" in panel.reason.text()
    assert [finding.id for finding in page.session.store.findings(made[1])] == [page.session.finding_id]
    assert page.choices.findings.currentText().startswith(f"1 · Passes · {made[2]} · genuine.png · simulated")


def test_cancelling_the_passphrase_leaves_everything_as_it_was(page, made, qtbot, settle, errors):
    chosen(page, qtbot, settle)
    page.commands.run("compare.run")
    qtbot.waitUntil(lambda: dialog_of(page.window()) is not None, timeout=60_000)
    dialog_of(page.window()).reject()
    settle()
    assert page.session.store.findings(made[1]) == ()
    assert not errors
    assert page.commands.action("compare.run").isEnabled()


def test_the_finding_stands_on_the_histogram_with_threshold_and_history(page, made, qtbot, settle):
    examined(page, qtbot, settle)
    section = page.codes.section
    scores = section.histogram.scores
    finding = page.stage.scene.finding
    assert scores.value == finding.score("indicator").value
    assert scores.threshold == 0.33 and len(scores.genuine) == len(scores.counterfeit) == 12
    assert not section.histogram.isHidden()
    assert section.loss.text() == "Loss: none that stands out in any place."
    assert "Set by Administrator" in section.point.text() and "Press 3" in section.point.text()
    assert "simulated captures by scanner M126 at 570 to 630 dpi" in section.point.text()
    assert f"ID {made[2]}: issued in series Spring" in section.register.text()
    assert "check: Indicator" in section.history.text()
    assert section.anomalies.isHidden()
    assert page.stage.scene.styles["correlation"].visible


def test_a_copy_does_not_pass_and_its_loss_is_uniform(page, qtbot, settle):
    examined(page, qtbot, settle, "copy.png")
    assert page.stage.finding_panel.verdict.text() == "Does not pass"
    assert page.codes.section.loss.text() == "Loss: uniform, consistent with a copy."
    examined(page, qtbot, settle, "genuine.png")
    assert page.stage.finding_panel.verdict.text() == "Passes"
    assert page.codes.section.history.text().count("check:") == 2, "the register knows of both checks"


def test_arrows_and_map_lie_on_the_code(page, qtbot, settle):
    examined(page, qtbot, settle)
    keys = [overlay.key for overlay in page.stage.scene.finding.overlays]
    assert keys == ["correlation", "displacement"]
    page.commands.run("stage.next_overlay")
    page.stage.canvas.grab()
    remark = page.stage.canvas.picture.renderer.remarks[Side.QUESTIONED]["displacement"]
    assert remark.startswith("arrows ")


def test_a_capture_without_a_code_says_so(page, qtbot, settle, errors):
    chosen(page, qtbot, settle, "blank.png")
    page.commands.run("compare.run")
    settle()
    qtbot.waitUntil(lambda: page.stage.scene.finding is not None)
    settle()
    assert page.stage.finding_panel.outcome.text() == "No code read"
    assert page.codes.section.register.isHidden()
    assert page.codes.section.histogram.isHidden()
    assert not errors


def test_an_earlier_finding_brings_its_method_back(page, made, qtbot, settle):
    examined(page, qtbot, settle)
    finding_id = page.session.finding_id
    page.commands.run("compare.captures")
    settle()
    assert page.session.finding_id is None
    assert page.codes.section.isHidden()
    page.session.finding_id = finding_id  # as the Case page does
    qtbot.waitUntil(lambda: page.stage.scene.finding is not None and page.stage.scene.finding.id == finding_id)
    settle()
    assert page.way is Way.CODE
    assert not page.codes.section.isHidden()
    page.choices.findings.activated.emit(0)
    qtbot.waitUntil(lambda: page.stage.scene.finding is None)
    assert page.codes.section.isHidden()


def test_leaving_the_store_forgets_the_passphrase(page, made, qtbot, settle, window_on):
    examined(page, qtbot, settle)
    keyring = page.session.keyring
    assert keyring._series
    window_on.session.store = None
    settle()
    assert not keyring._series
    assert window_on.session.keyring is None


def test_without_captures_the_page_says_what_to_do(page, made, qtbot, settle):
    from engine.workflows.cases import open_case

    session = page.session
    session.case_id = open_case(session.store, session.actor, "Empty").id
    settle()
    assert page.body.currentIndex() == NO_PAIR
    assert "two-level QR code needs only the capture" in page.no_pair.text.text()
    page.commands.run("compare.code")
    settle()
    assert page.body.currentIndex() == NO_PAIR
    assert page.no_pair.title.text() == "A capture is needed"


@pytest.mark.parametrize("percent", [100, 200])
def test_texts_are_whole_and_reachable(qapp, page, qtbot, settle, percent, window_on):
    examined(page, qtbot, settle, "copy.png")
    before = qapp.font()
    larger = QFont(before)
    larger.setPointSizeF(before.pointSizeF() * percent / 100)
    qapp.setFont(larger)
    try:
        window_on.resize(window_on.minimumSizeHint().expandedTo(window_on.size()))
        window_on.activateWindow()  # the dialog had the keyboard last
        qapp.processEvents()
        qtbot.waitUntil(lambda: not clipped(page))
        assert not unnamed(page)
        assert not unreached_by_tab(page)
    finally:
        qapp.setFont(before)


@pytest.mark.parametrize("scheme", [Scheme.LIGHT, Scheme.DARK])
def test_texts_stand_out_in_both_themes(qapp, page, qtbot, settle, scheme):
    examined(page, qtbot, settle)
    theme.apply(qapp, scheme)
    qapp.processEvents()
    assert not faint_texts(page)


def test_the_passphrase_dialog_is_whole_and_shows_what_is_typed_when_asked(qapp, window_on, qtbot, settle):
    session = window_on.session
    series = session.store.code_series()[0]
    opened: list[int] = []
    dialog = PassphraseDialog(session, series.id, series.facts.name, lambda: opened.append(1), window_on)
    dialog.open()
    qapp.processEvents()
    assert not clipped(dialog) and not unnamed(dialog) and not unreached_by_tab(dialog)
    dialog.shown.setChecked(True)
    assert dialog.field.echoMode() is QLineEdit.EchoMode.Normal
    dialog.field.setText(PASSPHRASE)
    dialog._accept()
    dialog.reject()  # the person changes their mind while it is being tried
    settle()
    assert session.keyring.is_unlocked(series.id)
    assert not opened


def test_no_text_of_the_window_holds_a_passphrase(page, qtbot, settle, tmp_path: Path):
    examined(page, qtbot, settle)
    from PySide6.QtWidgets import QWidget

    for widget in page.window().findChildren(QWidget):
        text = getattr(widget, "text", None)
        assert PASSPHRASE not in (str(text()) if callable(text) else "")
