"""Calibrating in the window: a capture of a target gives its own scale; a capture of something else gives none."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.core.case import Device, ScaleSource
from engine.jobs import JobContext
from engine.workflows.captures import intake
from gui.pages.case.dialogs import CalibrateDialog
from gui.shell.window import MainWindow


def take_in(window: MainWindow, path: Path, settle: Callable[[], None]) -> str:
    session = window.session
    store, actor, case_id = session.store, session.actor, session.case_id
    item = store.items(case_id)[0]
    report = intake(store, actor, case_id, item.id, [path], device=Device.MICROSCOPE, context=JobContext())
    session.records_changed.emit()
    settle()
    tree = window.page("case").tree
    tree.setCurrentIndex(tree.model().index(0, 0, tree.model().index(0, 0)))
    settle()
    assert tree.current_capture().id == report.captures[0].id
    return report.captures[0].id


def calibrate(window: MainWindow, pitch_um: float, settle: Callable[[], None]) -> None:
    window.commands.run("case.calibrate")
    form = next(w for w in QApplication.topLevelWidgets() if isinstance(w, CalibrateDialog) and w.isVisible())
    form.pitch.setValue(pitch_um)
    form.accept_button.click()
    settle()


def test_a_target_gives_the_capture_its_scale(
    qtbot: QtBot, case_window: MainWindow, settle: Callable[[], None], tmp_path: Path
) -> None:
    squares = np.indices((9, 11)).sum(axis=0) % 2
    board = np.pad(np.kron(squares, np.ones((40, 40))), 60, constant_values=1)
    Image.fromarray((30 + 190 * board).astype(np.uint8)).save(tmp_path / "target.png")
    capture_id = take_in(case_window, tmp_path / "target.png", settle)
    calibrate(case_window, 100.0, settle)
    scale = case_window.session.store.capture(capture_id).scale
    assert scale.source is ScaleSource.CALIBRATION_TARGET
    assert (scale.um_per_px_x, scale.um_per_px_y) == pytest.approx((2.5, 2.5), rel=2e-3)


def test_something_else_is_refused_in_words_and_the_scale_stays_unknown(
    qtbot: QtBot,
    case_window: MainWindow,
    settle: Callable[[], None],
    tmp_path: Path,
    errors: list[tuple[str, BaseException]],
) -> None:
    Image.fromarray(np.full((200, 200), 128, np.uint8)).save(tmp_path / "blank.png")
    capture_id = take_in(case_window, tmp_path / "blank.png", settle)
    calibrate(case_window, 100.0, settle)
    assert case_window.session.store.capture(capture_id).scale is None
    assert len(errors) == 1
