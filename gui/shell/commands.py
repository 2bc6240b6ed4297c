"""The command registry: menus, shortcuts, palette and help sheet all come from it."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QKeySequence

MENUS = ("&Store", "&Case", "S&tage", "&Library", "C&odes", "&Report", "&View", "&Help")
"""The menus in their order, with the letter that opens each together with Alt."""
SECTIONS = {text.replace("&", ""): place for place, text in enumerate(MENUS)}


@dataclass(frozen=True)
class Command:
    """One thing a person can do.

    Parameters
    ----------
    key : str
        Unique, e.g. ``case.new``.
    title : str
        What the menu shows, e.g. ``New case…``.
    section : str
        The menu it stands in.
    run : callable
        Does it; called only while ``enabled()``.
    shortcut : str
        In Qt's portable form, e.g. ``Ctrl+N``; empty for none.
    tip : str
        One sentence for tooltips and the help sheet.
    enabled : callable
        Whether it can be done now.
    """

    key: str
    title: str
    section: str
    run: Callable[[], object]
    shortcut: str = ""
    tip: str = ""
    enabled: Callable[[], bool] = lambda: True


class CommandRegistry(QObject):
    """All commands of the window, each with one QAction."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._commands: dict[str, Command] = {}
        self._actions: dict[str, QAction] = {}
        self._shortcuts: dict[str, str] = {}

    def add(self, command: Command) -> QAction:
        """Register a command and return its action.

        Raises
        ------
        ValueError
            The key or the shortcut is taken, or the shortcut or the menu is none.
        """
        if command.section not in SECTIONS:
            raise ValueError(f"there is no menu {command.section}")
        if command.key in self._commands:
            raise ValueError(f"the command {command.key} exists already")
        action = QAction(command.title, self)
        action.setObjectName(command.key)
        if command.shortcut:
            sequence = QKeySequence.fromString(command.shortcut, QKeySequence.SequenceFormat.PortableText)
            portable = sequence.toString(QKeySequence.SequenceFormat.PortableText)
            if not portable:
                raise ValueError(f"{command.key}: {command.shortcut!r} is no shortcut")
            if portable in self._shortcuts:
                raise ValueError(f"{command.key} and {self._shortcuts[portable]} both use {portable}")
            self._shortcuts[portable] = command.key
            action.setShortcut(sequence)
        hint = f"{command.tip or command.title.rstrip('…')}"
        action.setToolTip(f"{hint} ({action.shortcut().toString()})" if command.shortcut else hint)
        action.triggered.connect(lambda: self.run(command.key))
        self._commands[command.key] = command
        self._actions[command.key] = action
        action.setEnabled(command.enabled())
        self.changed.emit()
        return action

    def commands(self) -> tuple[Command, ...]:
        """Return all commands in the order they were added."""
        return tuple(self._commands.values())

    def sections(self) -> tuple[str, ...]:
        """Return the sections in the order of the menus, whichever page was made first."""
        found = dict.fromkeys(command.section for command in self._commands.values())
        return tuple(sorted(found, key=lambda name: SECTIONS[name]))

    def action(self, key: str) -> QAction:
        """Return the action of a command; raises KeyError."""
        return self._actions[key]

    def run(self, key: str) -> None:
        """Do it, if it can be done now."""
        command = self._commands[key]
        if command.enabled():
            command.run()
        self.refresh()

    def refresh(self) -> None:
        """Look again which commands can be done now."""
        for key, command in self._commands.items():
            self._actions[key].setEnabled(command.enabled())
