"""The command registry: keys and shortcuts are unique, actions follow what can be done."""

import pytest
from PySide6.QtGui import QAction, QKeySequence
from pytestqt.qtbot import QtBot

from gui.shell.commands import MENUS, Command, CommandRegistry
from gui.shell.window import MainWindow


@pytest.fixture
def registry(qtbot: QtBot) -> CommandRegistry:
    return CommandRegistry()


def command(key: str, shortcut: str = "", **values: object) -> Command:
    return Command(key, key.title(), "Case", lambda: None, shortcut, **values)  # type: ignore[arg-type]


def test_a_key_is_taken_once(registry: CommandRegistry) -> None:
    registry.add(command("one"))
    with pytest.raises(ValueError, match="exists already"):
        registry.add(command("one"))


@pytest.mark.parametrize(("first", "second"), [("Ctrl+N", "Ctrl+N"), ("Ctrl+Shift+a", "Shift+Ctrl+A"), ("F1", "f1")])
def test_a_shortcut_is_taken_once_however_it_is_written(registry: CommandRegistry, first: str, second: str) -> None:
    registry.add(command("one", first))
    with pytest.raises(ValueError, match="one both use"):
        registry.add(command("two", second))
    assert [c.key for c in registry.commands()] == ["one"]


def test_nonsense_is_no_shortcut(registry: CommandRegistry) -> None:
    with pytest.raises(ValueError, match="no shortcut"):
        registry.add(command("one", "Nonsense+?!"))


def test_a_menu_that_there_is_not_takes_no_command(registry: CommandRegistry) -> None:
    with pytest.raises(ValueError, match="no menu Elsewhere"):
        registry.add(Command("one", "One", "Elsewhere", lambda: None))


def test_a_command_runs_only_while_it_can_be_done(registry: CommandRegistry) -> None:
    done: list[int] = []
    allowed = [False]
    action = registry.add(Command("one", "One", "Case", lambda: done.append(1), enabled=lambda: allowed[0]))
    assert not action.isEnabled()
    registry.run("one")
    assert not done
    allowed[0] = True
    registry.refresh()
    assert action.isEnabled()
    action.trigger()
    assert done == [1]


def test_every_action_of_the_window_is_a_command(open_window: MainWindow) -> None:
    menus = [action.menu() for action in open_window.menuBar().actions()]
    entries = {entry.objectName() for menu in menus if menu is not None for entry in menu.actions()}
    assert entries == {command.key for command in open_window.commands.commands()}
    texts = [action.text() for action in open_window.menuBar().actions()]
    assert texts == [text for text in MENUS if text in texts], "in this order, whichever page was made first"
    letters = [QKeySequence.mnemonic(text).toString() for text in MENUS]
    assert all(letters) and len(set(letters)) == len(letters), "each menu opens with a letter of its own"
    used = {open_window.commands.action(entry).shortcut().toString() for entry in entries}
    assert not used & set(letters)
    shortcuts = [
        a.shortcut().toString() for a in open_window.commands.findChildren(QAction) if not a.shortcut().isEmpty()
    ]
    assert len(shortcuts) == len(set(shortcuts)) > 10


def test_every_command_says_what_it_does(open_window: MainWindow) -> None:
    for entry in open_window.commands.commands():
        assert entry.title[0].isupper() or entry.title[0].isdigit(), entry.key
        assert open_window.commands.action(entry.key).toolTip(), entry.key
