"""Series on the Codes page, driven as a person would: make, unlock, lock, void."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from engine.core.case import Role
from engine.core.codes import CodeSeries, Scheme
from engine.workflows.cases import add_actor
from gui.pages.codes.dialogs import MakeSeriesDialog, VoidDialog
from gui.pages.codes.page import SERIES, CodesPage
from gui.session import Session
from gui.shell.window import MainWindow
from gui.widgets.passphrase import PassphraseDialog
from tests.gui.driving import dialog
from tests.gui.pages.codes.samples import PASSPHRASE, PREFIX, rows_of

CTRL_SHIFT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


def test_a_series_is_made_by_keyboard_and_is_unlocked_at_once(
    qtbot: QtBot, empty_page: CodesPage, open_window: MainWindow, settle: Callable[[], None]
) -> None:
    assert empty_page.series.empty.isVisible()
    qtbot.keyClick(open_window, Qt.Key.Key_M, CTRL_SHIFT)
    form = dialog(MakeSeriesDialog)
    assert form.missing.text() == "Name is needed."
    qtbot.keyClicks(form.name, "Autumn 2026")
    qtbot.keyClicks(form.passphrase, "short")
    assert "at least 8" in form.missing.text()
    qtbot.keyClicks(form.passphrase, " no more")
    assert form.missing.text() == "The two passphrases differ."
    qtbot.keyClicks(form.again, "short no more")
    assert form.passphrase.echoMode() is QLineEdit.EchoMode.Password
    qtbot.keyClicks(form.prefix, PREFIX)
    qtbot.keyClick(form.prefix, Qt.Key.Key_Return)
    settle()
    assert rows_of(empty_page.series.table) == [("Autumn 2026", "0", "unlocked")]
    assert empty_page.tabs.currentIndex() == SERIES
    facts = dict(rows_of(empty_page.facts.table))
    assert facts["Scheme"] == "unique"
    assert facts["A code says"] == f"{PREFIX}PRODUCT ID"
    assert facts["QR code"] == "version 4-M, 33 modules, 16.8 mm a side"  # 33 * 12 px at 600 dpi


def test_what_a_dialog_of_a_series_was_told_is_forgotten(qtbot: QtBot, empty_page: CodesPage) -> None:
    made = []
    form = MakeSeriesDialog(made.append, empty_page)
    form.name.setText("Autumn")
    form.scheme.setCurrentIndex(form.scheme.findData(Scheme.RANDOM))
    form.patterns.setValue(5)
    form.version.setValue(5)
    assert form.version.text() == "5: 37 \N{MULTIPLICATION SIGN} 37 modules"
    form.level.setCurrentIndex(3)
    for field in (form.passphrase, form.again):
        field.setText(PASSPHRASE)
    form.open()
    form.accept_button.click()
    assert (made[0].passphrase, made[0].scheme, made[0].pattern_count) == (PASSPHRASE, Scheme.RANDOM, 5)
    assert (made[0].version, made[0].error_level) == (5, "H")
    assert PASSPHRASE not in repr(made[0])
    assert not form.passphrase.text() and not form.again.text()


def test_a_name_that_is_used_is_refused_in_words(
    qtbot: QtBot, page: CodesPage, open_window: MainWindow, settle: Callable[[], None]
) -> None:
    open_window.commands.run("codes.make")
    form = dialog(MakeSeriesDialog)
    form.name.setText("autumn")
    for field in (form.passphrase, form.again):
        field.setText(PASSPHRASE)
    qtbot.mouseClick(form.accept_button, Qt.MouseButton.LeftButton)
    settle()
    assert "of that name" in open_window.errors.what.text()
    assert len(rows_of(page.series.table)) == 1


def test_only_producers_and_administrators_make_series(
    open_window: MainWindow, empty_page: CodesPage, session: Session
) -> None:
    assert session.store is not None and session.actor is not None
    make = open_window.commands.action("codes.make")
    assert make.isEnabled()
    session.actor = add_actor(session.store, session.actor, "Examiner", Role.EXAMINER)
    assert not make.isEnabled()
    assert "producers" in make.toolTip()
    session.actor = None
    assert "who is working" in empty_page.note.text()


def test_a_series_is_unlocked_with_its_passphrase_and_locked_again(
    qtbot: QtBot, page: CodesPage, open_window: MainWindow, session: Session, settle: Callable[[], None]
) -> None:
    assert rows_of(page.series.table) == [("Autumn", "0", "locked")]
    assert not open_window.commands.action("codes.lock").isEnabled()
    qtbot.keyClick(open_window, Qt.Key.Key_U, Qt.KeyboardModifier.ControlModifier)
    form = dialog(PassphraseDialog)
    form.field.setText("another passphrase")
    qtbot.keyClick(form.field, Qt.Key.Key_Return)
    settle()
    assert "does not open" in form.fault.text()
    assert not form.missing.isVisible(), "one sentence, not two"
    form.field.setText(PASSPHRASE)
    qtbot.keyClick(form.field, Qt.Key.Key_Return)
    settle()
    assert rows_of(page.series.table) == [("Autumn", "0", "unlocked")]
    assert not open_window.commands.action("codes.unlock").isEnabled()
    open_window.commands.run("codes.lock")
    assert rows_of(page.series.table) == [("Autumn", "0", "locked")]
    assert open_window.commands.action("codes.unlock").isEnabled()


def test_a_series_is_voided_with_a_reason(
    qtbot: QtBot, unlocked: CodesPage, open_window: MainWindow, settle: Callable[[], None]
) -> None:
    open_window.commands.run("codes.void_series")
    form = dialog(VoidDialog)
    assert not form.accept_button.isEnabled()
    qtbot.keyClicks(form.reason, "key lost")
    qtbot.mouseClick(form.accept_button, Qt.MouseButton.LeftButton)
    settle()
    assert rows_of(unlocked.series.table)[0][0] == "Autumn (voided)"
    assert dict(rows_of(unlocked.facts.table))["State"] == "voided"
    for key in ("codes.issue", "codes.void_series"):
        assert not open_window.commands.action(key).isEnabled()


def test_another_store_shows_nothing_of_the_one_before(
    unlocked: CodesPage, series: CodeSeries, session: Session, settle: Callable[[], None]
) -> None:
    unlocked.lookup.line.setText("0123456789ABCDEF")
    unlocked.lookup.look_up()
    settle()
    keyring = session.keyring
    session.store = None
    settle()
    assert keyring is not None and not keyring.is_unlocked(series.id)
    assert unlocked.current() is None
    assert unlocked.lookup.answer is None
    assert not rows_of(unlocked.series.table) and not rows_of(unlocked.facts.table)


@pytest.mark.parametrize(("key", "shortcut"), [("go.codes", "Ctrl+4"), ("codes.look_up", "Ctrl+F")])
def test_the_page_is_reached_by_its_shortcut(open_window: MainWindow, key: str, shortcut: str) -> None:
    open_window.page("codes")
    assert open_window.commands.action(key).shortcut().toString() == shortcut
    open_window.show_page("case")
    open_window.commands.action(key).trigger()
    assert open_window.current_page == "codes"
