"""The command palette and the help sheet."""

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from gui.shell.commands import Command
from gui.shell.palette import fuzzy_score, ranked
from gui.shell.window import MainWindow


@pytest.mark.parametrize(
    ("query", "better", "worse"),
    [
        ("os", "Open a store", "Choose the colours"),
        ("ver", "Verify the store", "Over the river"),
        ("nc", "New case", "Once"),
    ],
)
def test_letters_at_word_starts_and_in_a_row_rank_higher(query: str, better: str, worse: str) -> None:
    first, second = fuzzy_score(query, better), fuzzy_score(query, worse)
    assert first is not None
    assert second is None or first > second


def test_letters_that_are_missing_or_out_of_order_do_not_match() -> None:
    assert fuzzy_score("xyz", "Open a store") is None
    assert fuzzy_score("erots", "Open a store") is None
    assert fuzzy_score("", "Open a store") == 3.0


def test_what_cannot_be_done_comes_last() -> None:
    def nothing() -> None: ...

    commands = (
        Command("a", "Store one", "Case", nothing, enabled=lambda: False),
        Command("b", "A store", "Case", nothing),
        Command("c", "Other", "View", nothing),
    )
    assert [command.key for command in ranked("store", commands)] == ["b", "a"]


def test_a_person_finds_and_runs_a_command_by_keyboard(qtbot: QtBot, open_window: MainWindow) -> None:
    qtbot.keyClick(open_window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    palette = open_window.palette_dialog
    qtbot.waitUntil(palette.isVisible)
    qtbot.keyClicks(palette.filter, "dark the")
    assert palette.list.topLevelItem(0).text(0) == "Dark theme"
    qtbot.keyClick(palette.filter, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: open_window.settings.scheme == "dark")
    assert not palette.isVisible()


def test_arrows_move_and_nothing_found_says_so(qtbot: QtBot, open_window: MainWindow) -> None:
    palette = open_window.palette_dialog
    palette.open_fresh()
    qtbot.keyClick(palette.filter, Qt.Key.Key_Down)
    assert palette.list.indexOfTopLevelItem(palette.list.currentItem()) == 1
    qtbot.keyClick(palette.filter, Qt.Key.Key_PageUp)
    assert palette.list.indexOfTopLevelItem(palette.list.currentItem()) == 0
    qtbot.keyClicks(palette.filter, "zzzz")
    assert palette.none.isVisible()
    qtbot.keyClick(palette.filter, Qt.Key.Key_Return)
    assert palette.isVisible()


def test_a_command_that_cannot_be_done_is_shown_but_not_run(qtbot: QtBot, window: MainWindow) -> None:
    palette = window.palette_dialog
    palette.open_fresh()
    qtbot.keyClicks(palette.filter, "close the store")
    assert palette.list.topLevelItem(0).isDisabled()
    qtbot.keyClick(palette.filter, Qt.Key.Key_Return)
    assert palette.isVisible()


def test_the_help_sheet_lists_every_command_with_its_shortcut(qtbot: QtBot, open_window: MainWindow) -> None:
    qtbot.keyClick(open_window, Qt.Key.Key_F1)
    sheet = open_window.help_sheet
    qtbot.waitUntil(sheet.isVisible)
    tops = [sheet.list.topLevelItem(place) for place in range(sheet.list.topLevelItemCount())]
    rows = {(row.text(0), row.text(1)) for top in tops for row in (top.child(n) for n in range(top.childCount()))}
    assert len(rows) == len(open_window.commands.commands())
    assert ("All commands", "Ctrl+K") in rows
    qtbot.keyClicks(sheet.filter, "theme")
    assert sheet.list.topLevelItemCount() == 1
