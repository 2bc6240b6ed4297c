"""Presses on the Codes page: what is asked for, and how an operating point is shown."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from engine.core.case import Device, Role
from engine.core.codes import CodeSeries
from engine.core.operating import OperatingPoint
from engine.workflows.cases import add_actor
from gui.pages.codes.page import PRESS, CodesPage
from gui.pages.codes.qualify import QualifyDialog
from gui.session import Session
from gui.shell.window import MainWindow
from tests.gui.driving import dialog, drop
from tests.gui.pages.codes.samples import rows_of, sample_point


@pytest.fixture
def scans(tmp_path: Path) -> tuple[Path, Path]:
    """Return two folders with a file each."""
    for name in ("genuine", "copies"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.tif").write_bytes(b"")
    return tmp_path / "genuine", tmp_path / "copies"


def fill(form: QualifyDialog, scans: tuple[Path, Path]) -> None:
    drop(form.genuine.list, [scans[0]])
    drop(form.copies.list, [scans[1]])
    for field, text in ((form.name, "Press 2"), (form.printer, "Laser A"), (form.scanner, "Phone B")):
        field.setText(text)


def test_the_scans_and_their_devices_are_measured_and_the_point_is_shown(
    qtbot: QtBot,
    unlocked: CodesPage,
    series: CodeSeries,
    open_window: MainWindow,
    session: Session,
    scans: tuple[Path, Path],
    settle: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[Any, ...]] = []

    def qualify(store: Any, actor: Any, series_id: str, keyring: Any, *files: Any, **facts: Any) -> OperatingPoint:
        asked.append((series_id, *files, {key: facts[key] for key in sorted(facts) if key != "context"}))
        point = sample_point(series)
        store.commit(actor.id, "operating point set", sample_point(series, "Press 1", 0.24))
        store.commit(actor.id, "operating point set", point)
        return point

    monkeypatch.setattr("engine.workflows.codes.qualification.qualify", qualify)
    open_window.commands.run("codes.qualify")
    form = dialog(QualifyDialog)
    fill(form, scans)
    form.device.setCurrentText("phone")
    qtbot.mouseClick(form.accept_button, Qt.MouseButton.LeftButton)
    settle()
    facts = {
        "device": Device.PHONE, "material": "", "name": "Press 2", "printer": "Laser A", "scanner": "Phone B",
        "simulated": False,
    }  # fmt: skip
    genuine, copies = (scans[0] / "genuine.tif",), (scans[1] / "copies.tif",)
    assert asked == [(series.id, genuine, copies, facts)]
    points = unlocked.points
    assert unlocked.tabs.currentIndex() == PRESS
    current = points.current()
    assert current is not None and current.name == "Press 2"
    assert rows_of(points.table)[1] == (
        "Press 2", "0.2600", "0.0 % (0 of 40; 95 % interval 0.0 to 8.8 %)",
        "2.5 % (1 of 40; 95 % interval 0.1 to 13.2 %)",
        "Laser A on coated paper, scanner Flatbed B, 570 to 630 dpi",
    )  # fmt: skip
    details = dict(rows_of(points.details))
    assert details["Set"].endswith(" by Administrator")
    assert details["Tested on"] == "3 genuine, 4 copied"
    shown = points.histogram.scores
    assert points.histogram.isVisible() and shown is not None
    assert (len(shown.genuine), len(shown.counterfeit), shown.threshold) == (7, 8, 0.26)
    points.table.selectRow(0)
    shown = points.histogram.scores
    assert shown is not None and shown.threshold == 0.24
    session.records_changed.emit()
    settle()
    current = points.current()
    assert current is not None and current.name == "Press 1", "reading again keeps what was chosen"


def test_what_is_missing_is_said_first(
    qtbot: QtBot, unlocked: CodesPage, open_window: MainWindow, scans: tuple[Path, Path]
) -> None:
    open_window.commands.run("codes.qualify")
    form = dialog(QualifyDialog)
    for field in (form.name, form.printer, form.scanner):
        field.setText("x")
    assert form.missing.text() == "Add scans of genuine codes."
    drop(form.genuine.list, [scans[0]])
    assert form.missing.text() == "Add scans of copies."
    drop(form.copies.list, [*scans])
    assert form.missing.text() == "genuine.tif stands among the genuine scans and among the copies."
    form.copies.list.item(0).setSelected(True)
    qtbot.keyClick(form.copies.list, Qt.Key.Key_Delete)
    assert form.accept_button.isEnabled()


def test_a_refused_qualification_names_file_and_remedy(
    qtbot: QtBot, unlocked: CodesPage, open_window: MainWindow, scans: tuple[Path, Path], settle: Callable[[], None]
) -> None:
    open_window.commands.run("codes.qualify")
    form = dialog(QualifyDialog)
    fill(form, scans)
    qtbot.mouseClick(form.accept_button, Qt.MouseButton.LeftButton)
    settle()
    assert "genuine.tif" in open_window.errors.where.text()
    assert unlocked.points.empty.isVisibleTo(unlocked.points)


def test_what_was_typed_stands_in_the_form_again_until_a_press_is_qualified(
    qtbot: QtBot,
    unlocked: CodesPage,
    series: CodeSeries,
    open_window: MainWindow,
    scans: tuple[Path, Path],
    settle: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def wish_of(form: QualifyDialog) -> tuple[Any, ...]:
        lines = tuple(field.text() for field in (form.name, form.printer, form.scanner, form.material))
        return (
            *lines,
            form.genuine.paths(),
            form.copies.paths(),
            form.device.currentText(),
            form.simulated.isChecked(),
        )

    def ask() -> QualifyDialog:
        open_window.commands.run("codes.qualify")
        return dialog(QualifyDialog)

    form = ask()
    fill(form, scans)
    form.material.setText("coated paper")
    form.device.setCurrentText("phone")
    form.simulated.setChecked(True)
    typed = wish_of(form)
    qtbot.mouseClick(form.accept_button, Qt.MouseButton.LeftButton)
    settle()
    open_window.errors.close()
    again = ask()
    assert wish_of(again) == typed and again.accept_button.isEnabled()

    def qualify(store: Any, actor: Any, *_: Any, **__: Any) -> OperatingPoint:
        store.commit(actor.id, "operating point set", point := sample_point(series))
        return point

    monkeypatch.setattr("engine.workflows.codes.qualification.qualify", qualify)
    qtbot.mouseClick(again.accept_button, Qt.MouseButton.LeftButton)
    settle()
    assert wish_of(ask())[:4] == ("", "", "", "")


def test_examiners_qualify_nothing_and_validators_do(
    page: CodesPage, open_window: MainWindow, session: Session
) -> None:
    store, administrator = session.store, session.actor
    assert store is not None and administrator is not None
    qualify = open_window.commands.action("codes.qualify")
    for role, may in ((Role.EXAMINER, False), (Role.VALIDATOR, True)):
        session.actor = add_actor(store, administrator, f"The {role.value}", role)
        assert qualify.isEnabled() == may
