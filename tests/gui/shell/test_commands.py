"""The command registry: keys and shortcuts are unique, actions follow what can be done."""

import pytest
from PySide6.QtGui import QAction
from pytestqt.qtbot import QtBot

from gui.shell.commands import Command, CommandRegistry
from gui.shell.window import MainWindow


@pytest.fixture
def registry(qtbot: QtBot) -> CommandRegistry:
    return CommandRegistry()


def command(key: str, shortcut: str = "", **values: object) -> Command:
    return Command(key, key.title(), "Test", lambda: None, shortcut, **values)  # type: ignore[arg-type]


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


def test_a_command_runs_only_while_it_can_be_done(registry: CommandRegistry) -> None:
    done: list[int] = []
    allowed = [False]
    action = registry.add(Command("one", "One", "Test", lambda: done.append(1), enabled=lambda: allowed[0]))
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
    assert next(action.text() for action in open_window.menuBar().actions()) == "Store"
    shortcuts = [
        a.shortcut().toString() for a in open_window.commands.findChildren(QAction) if not a.shortcut().isEmpty()
    ]
    assert len(shortcuts) == len(set(shortcuts)) > 10


def test_every_command_says_what_it_does(open_window: MainWindow) -> None:
    for entry in open_window.commands.commands():
        assert entry.title[0].isupper() or entry.title[0].isdigit(), entry.key
        assert open_window.commands.action(entry.key).toolTip(), entry.key
