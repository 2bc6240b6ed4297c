"""A small case from an empty store to a verified report, in the real window, as a person would work it."""

from collections.abc import Callable
from pathlib import Path

import cv2
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from engine.core.case import Device, Standing
from gui.pages.case.dialogs import IntakeDialog, NewCaseDialog
from gui.pages.report.issue import IssueDialog
from gui.shell.window import MainWindow
from gui.stage.scene import Mode
from gui.widgets import forms

CONTROL = Qt.KeyboardModifier.ControlModifier
NONE = Qt.KeyboardModifier.NoModifier


def dialog(kind: type) -> QWidget:
    return next(w for w in QApplication.topLevelWidgets() if isinstance(w, kind) and w.isVisible())


def drop(target: QWidget, path: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    left = Qt.MouseButton.LeftButton
    target.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, mime, left, NONE))


@pytest.fixture(scope="module")
def captures(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A microscope field and a scan of one simulated print."""
    from engine.simulation.channel import scan
    from engine.simulation.codes import QrCode
    from engine.simulation.microscope import microscope
    from engine.simulation.printing import Print

    folder = tmp_path_factory.mktemp("captures")
    piece = Print(QrCode(payload="WHOLE-CASE-1", version=2).design(), seed=5)
    width, height = piece.design.size_um
    cv2.imwrite(str(folder / "scan.png"), scan(piece, seed=6).pixels)
    field = microscope(piece, (0.5 * width, 0.5 * height), seed=7, rotation_deg=30)
    cv2.imwrite(str(folder / "field.png"), field.pixels[..., ::-1])
    return folder / "field.png", folder / "scan.png"


def take_in(
    page: QWidget, path: Path, name: str, standing: Standing, device: Device, um_per_px: float, settle: Callable
) -> None:
    drop(page, path)
    form = dialog(IntakeDialog)
    form.item.setCurrentIndex(form.item.count() - 1)
    form.name.setText(name)
    form.standing.setCurrentIndex(list(Standing).index(standing))
    form.device.setCurrentIndex(list(Device).index(device))
    form.scale.kind.setCurrentText("Micrometres per pixel")
    form.scale.value.setValue(um_per_px)
    form.accept_button.click()
    settle()


def back_to(qtbot: QtBot, window: MainWindow) -> None:
    """Activate the window again after a dialog, as a window manager would."""
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)


@pytest.mark.timeout(600)
def test_a_case_from_intake_to_a_verified_report(
    qtbot: QtBot,
    open_window: MainWindow,
    settle: Callable[[], None],
    captures: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    errors: list[tuple[str, BaseException]],
) -> None:
    window, session = open_window, open_window.session
    store = session.store

    qtbot.keyClick(window, Qt.Key.Key_N, CONTROL)
    form = dialog(NewCaseDialog)
    qtbot.keyClicks(form.title, "Code on a label")
    qtbot.keyClicks(form.reference, "R-7")
    qtbot.keyClick(form.reference, Qt.Key.Key_Return)
    settle()

    field, scan = captures
    page = window.page("case")
    take_in(page, field, "Q1", Standing.QUESTIONED, Device.MICROSCOPE, 2.0, settle)
    take_in(page, scan, "K1", Standing.KNOWN, Device.SCANNER, 25_400 / 600, settle)
    assert [item.name for item in store.items(session.case_id)] == ["Q1", "K1"]

    window.commands.run("go.compare")
    settle()
    stage = window.page("compare").stage
    qtbot.waitUntil(lambda: stage.scene.complete)
    back_to(qtbot, window)
    qtbot.keyClick(window, Qt.Key.Key_R, CONTROL)
    settle()
    finding = store.findings(session.case_id)[0]
    assert finding.outcome == "registered"
    qtbot.waitUntil(lambda: stage.scene.finding is not None)
    assert stage.scene.finding.id == finding.id
    for number, mode in enumerate(Mode, start=1):
        qtbot.keyClick(stage.canvas, getattr(Qt.Key, f"Key_{number}"))
        assert stage.scene.mode is mode
    qtbot.keyClick(stage.canvas, Qt.Key.Key_1)

    window.commands.run("go.report")
    settle()
    report = window.page("report")
    qtbot.keyClicks(report.opinion.editor, "The fragment is part of the reference print.")
    window.commands.run("opinion.give")
    settle()
    assert store.opinions(session.case_id)[0].text == "The fragment is part of the reference print."
    window.commands.run("report.preview")
    settle()
    assert report.preview.sheets.height() > 1000

    pdf = tmp_path / "report.pdf"
    back_to(qtbot, window)
    qtbot.keyClick(window, Qt.Key.Key_E, CONTROL)
    form = dialog(IssueDialog)
    form.out.setText(str(pdf))
    form.accept_button.click()
    settle()
    assert pdf.read_bytes().startswith(b"%PDF-")
    assert store.reports(session.case_id)[0].number.endswith("-01")

    monkeypatch.setattr(forms, "choose_files", lambda *arguments: [pdf])
    window.commands.run("report.verify")
    settle()
    assert "nothing differs" in report.verification.result.text()
    assert "1 finding run again" in report.verification.result.text()
    assert errors == []
