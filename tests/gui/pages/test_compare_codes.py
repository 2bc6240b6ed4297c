"""Examining two-level QR codes on the Compare page, with real workflows on simulated scans."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QLineEdit

from engine.core.case import Device, Standing
from engine.core.errors import SeriesLockedError
from engine.jobs import JobContext, JobState
from gui.pages.compare.choices import Way
from gui.pages.compare.page import NO_PAIR, STAGE
from gui.shell import theme
from gui.shell.theme import Scheme
from gui.stage.geometry import Side
from gui.widgets.passphrase import PassphraseDialog
from tests.gui.codes import PASSPHRASE, issued, set_point, write_scan
from tests.gui.layout import clipped, faint_texts, unnamed, unreached_by_tab


@dataclass(frozen=True)
class Made:
    """Two copies of a store, before and after its codes were examined, and what is in both."""

    fresh: Path
    examined: Path
    case_id: str
    product_id: str
    series_id: str


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A store whose case has a genuine code, its copy, and a picture without any code."""
    import numpy as np
    from PIL import Image

    from engine.workflows.captures import intake
    from engine.workflows.cases import add_item, open_case
    from engine.workflows.codes.checks import examine_codes
    from engine.workflows.codes.series import Keyring
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
    fresh = shutil.copytree(folder, root / "Fresh.touchstone")
    keyring = Keyring()
    keyring.unlock(store, series.series.id, PASSPHRASE)
    for capture in report.captures[:2]:
        examine_codes(store, actor, case.id, capture.id, keyring, context=JobContext())
    store.close()
    return Made(fresh, folder, case.id, series.product_ids[0], series.series.id)


def opened(window, folder, case_id, settle):
    """Open a store and its case on the Compare page."""
    window.stores.open_folder(folder)
    settle()
    window.session.case_id = case_id
    window.show_page("compare")
    settle()
    return window.page("compare")


@pytest.fixture
def fresh(window, made, tmp_path, settle):
    """The page on a copy of the store in which nothing was examined yet."""
    return opened(window, shutil.copytree(made.fresh, tmp_path / "Fresh.touchstone"), made.case_id, settle)


@pytest.fixture
def page(window, made, settle, qtbot):
    """The page on the store in which the genuine code and its copy were examined; nothing may be recorded in it."""
    page = opened(window, made.examined, made.case_id, settle)
    page.set_way(Way.CODE)
    show(page, qtbot, settle, "genuine.png")
    return page


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


def show(page, qtbot, settle, name) -> None:
    """Choose a capture that was examined, and wait for its finding."""
    chosen(page, qtbot, settle, name)
    qtbot.waitUntil(lambda: page.stage.scene.finding is not None, timeout=60_000)
    settle()


def unlock(page, qtbot, passphrase=PASSPHRASE) -> PassphraseDialog:
    """Wait for the dialog that asks for a passphrase, and enter one."""
    qtbot.waitUntil(lambda: dialog_of(page.window()) is not None, timeout=60_000)
    dialog = dialog_of(page.window())
    qtbot.keyClicks(dialog.field, passphrase)
    qtbot.keyClick(dialog.field, Qt.Key.Key_Return)
    return dialog


def test_one_capture_is_enough_for_a_code(page):
    assert page.body.currentIndex() == STAGE
    assert page.stage.scene.sides == (Side.QUESTIONED,)
    assert page.choices.lists[Side.KNOWN].isHidden()
    assert page.choices._run.text() == "Examine"


def test_a_locked_series_asks_for_its_passphrase_and_then_the_code_passes(fresh, made, qtbot, settle):
    page = fresh
    chosen(page, qtbot, settle)
    qtbot.keyClick(page, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    dialog = unlock(page, qtbot, "a wrong passphrase")
    assert dialog.field.echoMode() is QLineEdit.EchoMode.Password
    settle()
    assert dialog.isVisible() and dialog.fault.text().startswith("The passphrase does not open this series")
    assert dialog.field.text() == ""
    assert page.session.store.findings(made.case_id) == (), "nothing was recorded"
    assert all(row.job.state is not JobState.FAILED for row in page.window().tray.rows()), "no fault, a question"
    unlock(page, qtbot)
    settle()
    qtbot.waitUntil(lambda: page.stage.scene.finding is not None, timeout=60_000)
    settle()
    panel = page.stage.finding_panel
    assert panel.verdict.text() == "Passes"
    assert "of operating point Press 3" in panel.reason.text()
    assert [finding.id for finding in page.session.store.findings(made.case_id)] == [page.session.finding_id]
    assert page.choices.findings.currentText() == f"1 · Passes · {made.product_id} · genuine.png · simulated"
    assert page.codes.section.history.text().count("check:") == 1
    keyring = page.session.keyring
    page.session.store = None
    settle()
    assert page.session.keyring is None
    with pytest.raises(SeriesLockedError):
        keyring.series(made.series_id)


def test_cancelling_the_passphrase_leaves_everything_as_it_was(fresh, made, qtbot, settle, errors):
    chosen(fresh, qtbot, settle)
    fresh.commands.run("compare.run")
    qtbot.waitUntil(lambda: dialog_of(fresh.window()) is not None, timeout=60_000)
    dialog_of(fresh.window()).reject()
    settle()
    assert fresh.session.store.findings(made.case_id) == ()
    assert not errors
    assert fresh.commands.action("compare.run").isEnabled()


def test_a_capture_without_a_code_says_so(fresh, qtbot, settle, errors):
    chosen(fresh, qtbot, settle, "blank.png")
    fresh.commands.run("compare.run")
    settle()
    qtbot.waitUntil(lambda: fresh.stage.scene.finding is not None)
    settle()
    assert fresh.stage.finding_panel.outcome.text() == "No code read"
    assert fresh.codes.section.register.isHidden()
    assert fresh.codes.section.histogram.isHidden()
    assert not errors


def test_the_finding_stands_on_the_histogram_with_threshold_and_history(page, made):
    section = page.codes.section
    scores = section.histogram.scores
    assert scores.value == page.stage.scene.finding.score("indicator").value
    assert scores.threshold == 0.33 and len(scores.genuine) == len(scores.counterfeit) == 12
    assert not section.histogram.isHidden()
    assert section.loss.text() == "Loss: none that stands out in any place."
    assert "Set by Administrator" in section.point.text() and "Press 3" in section.point.text()
    assert "Holds for M126 on paper, scanner M126, 570 to 630 dpi, simulated." in section.point.text()
    assert f"ID {made.product_id}: issued in series Spring" in section.register.text()
    assert section.history.text().count("check:") == 2, "that of the copy, which bears the same ID, as well"
    assert section.anomalies.isHidden()


def test_a_copy_does_not_pass_and_its_loss_is_uniform(page, qtbot, settle):
    show(page, qtbot, settle, "copy.png")
    assert page.stage.finding_panel.verdict.text() == "Does not pass"
    assert page.codes.section.loss.text() == "Loss: uniform, consistent with a copy."


def test_arrows_and_map_lie_on_the_code(page):
    assert page.stage.scene.styles["correlation"].visible
    page.commands.run("stage.next_overlay")
    page.stage.canvas.grab()
    remarks = page.stage.canvas.picture.renderer.remarks[Side.QUESTIONED]
    assert list(remarks) == ["displacement"] and remarks["displacement"].startswith("arrows ")


def test_an_earlier_finding_brings_its_method_back(page, qtbot, settle):
    finding_id = page.session.finding_id
    page.commands.run("compare.captures")
    settle()
    assert page.stage.scene.sides == tuple(Side)
    assert not page.choices.lists[Side.KNOWN].isHidden()
    assert page.choices._run.text() == "Compare"
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


def test_the_case_page_opens_a_finding_about_one_capture(page, qtbot, settle):
    finding_id = page.session.finding_id
    window = page.window()
    window.show_page("case")
    settle()
    case_page = window.page("case")
    assert [case_page.findings.rows.row(number)[3] for number in range(2)] == ["Passes", "Does not pass"]
    page.set_way(Way.CAPTURES)
    page.session.finding_id = None
    case_page.findings.selectRow(0)
    case_page._open_finding()
    qtbot.waitUntil(lambda: page.way is Way.CODE)
    assert page.session.finding_id == finding_id


def test_without_captures_the_page_says_what_to_do(fresh, settle):
    from engine.workflows.cases import open_case

    session = fresh.session
    session.case_id = open_case(session.store, session.actor, "Empty").id
    settle()
    assert fresh.body.currentIndex() == NO_PAIR
    assert "two-level QR code or a micro-pattern label needs only the capture" in fresh.no_pair.text.text()
    fresh.commands.run("compare.code")
    settle()
    assert fresh.body.currentIndex() == NO_PAIR
    assert fresh.no_pair.title.text() == "A capture is needed"


def test_texts_are_whole_and_reachable_and_stand_out(qapp, page, qtbot, settle):
    show(page, qtbot, settle, "copy.png")
    for scheme in (Scheme.LIGHT, Scheme.DARK):
        theme.apply(qapp, scheme)
        qapp.processEvents()
        assert not faint_texts(page)
    before = qapp.font()
    for percent in (100, 200):
        larger = QFont(before)
        larger.setPointSizeF(before.pointSizeF() * percent / 100)
        qapp.setFont(larger)
        try:
            page.window().resize(page.window().minimumSizeHint().expandedTo(page.window().size()))
            qapp.processEvents()
            qtbot.waitUntil(lambda: not clipped(page))
            assert not unnamed(page)
            assert not unreached_by_tab(page)
        finally:
            qapp.setFont(before)


def test_the_passphrase_dialog_is_whole_and_shows_what_is_typed_when_asked(qapp, page, made, settle):
    session = page.session
    done: list[int] = []
    dialog = PassphraseDialog(session, made.series_id, "Spring", lambda: done.append(1), page.window())
    dialog.open()
    qapp.processEvents()
    assert not clipped(dialog) and not unnamed(dialog) and not unreached_by_tab(dialog)
    assert not dialog.accept_button.isEnabled()
    dialog.shown.setChecked(True)
    assert dialog.field.echoMode() is QLineEdit.EchoMode.Normal
    dialog.field.setText(PASSPHRASE)
    dialog._accept()
    dialog.reject()  # the person changes their mind while it is being tried
    settle()
    assert session.keyring.is_unlocked(made.series_id)
    assert not done


def test_a_report_on_codes_is_verified_again_once_the_series_is_unlocked(window, made, tmp_path, qtbot, settle):
    from engine.workflows.reports import make_report

    page = opened(window, shutil.copytree(made.examined, tmp_path / "Report.touchstone"), made.case_id, settle)
    session, out = page.session, tmp_path / "report.pdf"
    make_report(session.store, session.actor, made.case_id, out, context=JobContext())
    window.show_page("report")
    settle()
    panel = window.page("report").verification
    panel.verify(out)
    settle()
    assert "2 findings not run again" in panel.result.text()
    assert panel.table.rows.rowCount() == 2
    window.page("report").tabs.setCurrentWidget(panel)
    qtbot.mouseClick(panel.unlock, Qt.MouseButton.LeftButton)
    unlock(page, qtbot)
    settle()
    assert panel.result.text().endswith("nothing differs. 2 findings run again.")
    assert panel.unlock.isHidden() and panel.table.isHidden()
