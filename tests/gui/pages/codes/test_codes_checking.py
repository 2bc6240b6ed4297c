"""Checking codes in images on the Codes page, up to a qualified press, on simulated prints."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from engine.core.codes import CodeSeries
from engine.workflows.codes.tracing import IssuedIds
from gui.pages.codes.checking import CheckDialog, PagesDialog
from gui.pages.codes.page import LOOK_UP, PRESS, CodesPage
from gui.pages.codes.qualify import QualifyDialog
from gui.session import Session
from gui.shell.window import MainWindow
from gui.widgets.notes import NoteDialog
from gui.widgets.passphrase import PassphraseDialog
from tests.gui.driving import dialog, drop
from tests.gui.pages.codes.samples import PASSPHRASE, PREFIX, Scan, rows_of


def accept(qtbot: QtBot, form: CheckDialog | PagesDialog | QualifyDialog, settle: Callable[[], None]) -> None:
    qtbot.mouseClick(form.accept_button, Qt.MouseButton.LeftButton)
    settle()


def test_a_dropped_image_is_unlocked_checked_and_stands_in_the_history(
    qtbot: QtBot,
    page: CodesPage,
    issued: IssuedIds,
    scan: Scan,
    open_window: MainWindow,
    session: Session,
    settle: Callable[[], None],
) -> None:
    path = scan(issued.product_ids[2])
    open_window.commands.run("codes.lock")
    page.tabs.setCurrentIndex(PRESS)
    drop(page, [path])
    settle()
    ask = dialog(PassphraseDialog)
    ask.field.setText(PASSPHRASE)
    qtbot.keyClick(ask.field, Qt.Key.Key_Return)
    settle()
    form = dialog(CheckDialog)
    form.place.setText("Genoa")
    form.sticker.setCurrentText("disturbed")
    form.simulated.setChecked(True)
    accept(qtbot, form, settle)
    assert page.tabs.currentIndex() == LOOK_UP
    ((said, register, indicator, outcome),) = rows_of(page.lookup.checked)
    assert said == f"{PREFIX}{issued.product_ids[2]}"
    assert register == "issued"
    assert float(indicator) > 0.25
    assert outcome.startswith("Investigative only")
    assert page.lookup.state.text() == "Issued"
    last = rows_of(page.lookup.timeline)[-1]
    assert last[2].startswith("Check: Investigative only")
    assert "sticker disturbed" in last[2] and "simulated" in last[2]
    assert last[3] == "Genoa"
    assert page.lookup.outcome.text() == outcome
    warnings = page.lookup.anomalies.text()
    assert outcome not in warnings, "what stands above is not said twice"
    assert warnings.count("the sticker was found disturbed") == 1
    assert "The capture is simulated" in warnings
    page.lookup.line.setText(issued.product_ids[0])
    qtbot.keyClick(page.lookup.line, Qt.Key.Key_Return)
    settle()
    assert not page.lookup.checked.isVisible(), "the codes of the image have nothing to do with this ID"
    assert not page.lookup.outcome.isVisible() and not page.lookup.anomalies.isVisible()


def test_without_the_passphrase_a_code_is_looked_up_and_not_measured(
    qtbot: QtBot,
    page: CodesPage,
    issued: IssuedIds,
    scan: Scan,
    open_window: MainWindow,
    session: Session,
    settle: Callable[[], None],
) -> None:
    path = scan(issued.product_ids[0])
    open_window.commands.run("codes.lock")
    drop(page, [path])
    settle()
    dialog(PassphraseDialog).reject()
    form = dialog(CheckDialog)
    form.record.setChecked(False)
    accept(qtbot, form, settle)
    ((_, register, indicator, _),) = rows_of(page.lookup.checked)
    assert (register, indicator) == ("issued", "not measured")
    assert page.lookup.outcome.text() == "Not measured: the series is locked."
    assert session.store is not None and not session.store.code_checks()
    assert len(rows_of(page.lookup.timeline)) == 1


def test_a_code_that_was_never_issued_has_no_record(
    qtbot: QtBot, unlocked: CodesPage, scan: Scan, settle: Callable[[], None]
) -> None:
    drop(unlocked, [scan("0123456789ABCDEF")])
    settle()
    accept(qtbot, dialog(CheckDialog), settle)
    ((_, register, indicator, outcome),) = rows_of(unlocked.lookup.checked)
    assert (register, indicator) == ("no record", "not measured")
    assert outcome.startswith("No record of this code in the register of Laboratory")
    assert unlocked.lookup.state.text() == "No record in this register"


def test_an_image_without_a_code_gets_a_clear_answer(
    qtbot: QtBot, page: CodesPage, tmp_path: Path, settle: Callable[[], None]
) -> None:
    import tifffile

    path = tmp_path / "blank.tif"
    tifffile.imwrite(path, np.full((400, 400), 230, np.uint8), photometric="minisblack")
    drop(page, [path])
    settle()
    accept(qtbot, dialog(CheckDialog), settle)
    told = dialog(NoteDialog).text.toPlainText()
    assert told.startswith("No code can be read.")
    assert str(path) in told
    assert page.lookup.empty.isVisible()


@pytest.mark.parametrize(
    ("choice", "expected"), [("All 3 pages", (0, 2)), ("Page 1", (0,)), ("Page 3", (2,)), ("Page 2", ())]
)
def test_which_pages_of_a_file_are_checked_is_asked(
    qtbot: QtBot,
    unlocked: CodesPage,
    issued: IssuedIds,
    scan: Scan,
    tmp_path: Path,
    settle: Callable[[], None],
    choice: str,
    expected: tuple[int, ...],
) -> None:
    import tifffile

    path = tmp_path / "pages.tif"
    first, third = (tifffile.imread(scan(issued.product_ids[place])) for place in (0, 2))
    with tifffile.TiffWriter(path) as file:
        for pixels in (first, np.full((400, 400), 230, np.uint8), third):
            file.write(pixels, photometric="minisblack")
    drop(unlocked, [path])
    settle()
    ask = dialog(PagesDialog)
    assert [ask.pages.itemText(place) for place in range(4)] == ["All 3 pages", "Page 1", "Page 2", "Page 3"]
    ask.pages.setCurrentText(choice)
    accept(qtbot, ask, settle)
    accept(qtbot, dialog(CheckDialog), settle)
    said = [row[0] for row in rows_of(unlocked.lookup.checked)]
    assert said == [f"{PREFIX}{issued.product_ids[place]}" for place in expected]
    if not expected:
        assert str(path) in dialog(NoteDialog).text.toPlainText()


def test_locking_ends_the_process_that_saw_the_secrets(
    qtbot: QtBot,
    unlocked: CodesPage,
    issued: IssuedIds,
    scan: Scan,
    open_window: MainWindow,
    session: Session,
    settle: Callable[[], None],
) -> None:
    drop(unlocked, [scan(issued.product_ids[0])])
    settle()
    accept(qtbot, dialog(CheckDialog), settle)
    with session.checker.lent() as first:
        pass
    with session.checker.lent() as again:
        assert again is first, "kept warm"
    open_window.commands.run("codes.lock")
    with session.checker.lent() as other:
        assert other is not first


def test_a_file_that_is_no_image_is_named(
    page: CodesPage, open_window: MainWindow, tmp_path: Path, settle: Callable[[], None]
) -> None:
    path = tmp_path / "broken.tif"
    path.write_bytes(b"II*\0 not an image")
    drop(page, [path])
    settle()
    assert "broken.tif" in open_window.errors.where.text()


@pytest.mark.long
def test_a_press_is_qualified_and_a_genuine_code_passes_where_a_copy_does_not(
    qtbot: QtBot,
    unlocked: CodesPage,
    issued: IssuedIds,
    series: CodeSeries,
    scan: Scan,
    open_window: MainWindow,
    settle: Callable[[], None],
) -> None:
    page = unlocked
    page.tabs.setCurrentIndex(PRESS)
    assert page.points.empty.isVisible()
    open_window.commands.run("codes.qualify")
    form = dialog(QualifyDialog)
    for field, text in ((form.name, "Press 2"), (form.printer, "Laser A"), (form.scanner, "Flatbed B")):
        field.setText(text)
    assert form.missing.text() == "Add scans of genuine codes."
    ids = issued.product_ids[:4]
    genuine, copies = [scan(each, 10 + n) for n, each in enumerate(ids)], [scan(each, 20, copy=True) for each in ids]
    form.genuine.add(genuine)
    drop(form.copies.list, [*copies, genuine[0]])
    assert form.missing.text() == f"{genuine[0].name} stands among the genuine scans and among the copies."
    form.copies.list.item(4).setSelected(True)
    qtbot.keyClick(form.copies.list, Qt.Key.Key_Delete)
    form.simulated.setChecked(True)
    accept(qtbot, form, settle)
    assert page.tabs.currentIndex() == PRESS
    ((name, threshold, far, frr, domain),) = rows_of(page.points.table)
    assert name == "Press 2 (simulated)"
    assert far.startswith("0.0 % (0 of 2; 95 % interval 0.0 to ")
    assert frr.startswith("0.0 % (0 of 2; ")
    assert domain.startswith("Laser A, scanner Flatbed B, ") and domain.endswith("simulated")
    assert page.points.histogram.isVisible()
    assert page.points.histogram.scores is not None
    assert page.points.histogram.scores.title == "Indicator, simulated codes"
    assert len(page.points.histogram.scores.genuine) == len(page.points.histogram.scores.counterfeit) == 4
    details = dict(rows_of(page.points.details))
    assert details["Set"].endswith(" by Administrator")
    assert details["Tested on"] == "2 genuine, 2 copied"
    drop(page, [scan(issued.product_ids[4], 31), scan(issued.product_ids[4], 32, copy=True)])
    settle()
    check = dialog(CheckDialog)
    check.simulated.setChecked(True)
    accept(qtbot, check, settle)
    outcomes = [row[3] for row in rows_of(page.lookup.checked)]
    assert f"threshold {float(threshold):.3f} of operating point Press 2" in outcomes[0]
    assert outcomes[0].startswith("Indicator ") and ">=" in outcomes[0]
    assert "consistent with a copy" in outcomes[1]
