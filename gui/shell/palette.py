"""The command palette (a fuzzy filter over all commands) and the help sheet."""

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QHeaderView, QLineEdit, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from gui.shell.commands import Command, CommandRegistry
from gui.shell.focus import FocusRing
from gui.shell.theme import GRID
from gui.widgets.table import RoomyRows
from gui.widgets.text import PlainLabel


def fuzzy_score(query: str, text: str) -> float | None:
    """Rank how well the letters of the query stand in the text, in order; None where they do not.

    Letters at the start of a word and letters in a row count more; blanks in the query are ignored. Range
    (0, 3]: 1 a letter, 1 more in a row, 1 more at a word's start, averaged over the letters of the query.
    """
    wanted, lower = query.replace(" ", "").casefold(), text.casefold()
    if not wanted:
        return 3.0
    best: float | None = None
    for start in (place for place, letter in enumerate(lower) if letter == wanted[0]):
        score = _score_from(wanted, lower, start)
        if score is not None and (best is None or score > best):
            best = score
    return best


def _score_from(wanted: str, text: str, start: int) -> float | None:
    total, last = 0.0, -2
    place = start
    for letter in wanted:
        place = text.find(letter, place)
        if place < 0:
            return None
        at_word = place == 0 or not text[place - 1].isalnum()
        total += 1.0 + (place == last + 1) + at_word
        last, place = place, place + 1
    return total / len(wanted)


def ranked(query: str, commands: tuple[Command, ...]) -> list[Command]:
    """Return the commands that match, best first; what cannot be done now comes last."""
    found = []
    for number, command in enumerate(commands):
        score = fuzzy_score(query, f"{command.title} {command.section}")
        if score is not None:
            found.append((not command.enabled(), -score, number, command))
    return [entry[-1] for entry in sorted(found, key=lambda entry: entry[:3])]


def _tree(columns: int, name: str) -> QTreeWidget:
    tree = QTreeWidget()
    tree.setColumnCount(columns)
    tree.setHeaderHidden(True)
    tree.setRootIsDecorated(False)
    tree.setUniformRowHeights(True)
    tree.setItemDelegate(RoomyRows(tree))
    tree.setAccessibleName(name)
    tree.header().setStretchLastSection(False)
    tree.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    return tree


def _select(tree: QTreeWidget, row: int) -> None:
    item = tree.topLevelItem(row)
    if item is not None:
        tree.setCurrentItem(item)


class CommandPalette(QDialog):
    """Type a few letters of a command, press Enter: it is done."""

    def __init__(self, commands: CommandRegistry, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Commands")
        FocusRing(self)
        self.resize(72 * GRID, 48 * GRID)
        self._commands = commands
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Type a command")
        self.filter.setAccessibleName("Command filter")
        self.filter.setClearButtonEnabled(True)
        self.filter.textChanged.connect(self._fill)
        self.filter.installEventFilter(self)
        self.list = _tree(3, "Commands")
        self.list.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.list.itemActivated.connect(self._run)
        self.none = PlainLabel("No command matches.", meaning="muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID, GRID, GRID, GRID)
        column.setSpacing(GRID)
        for widget in (self.filter, self.none, self.list):
            column.addWidget(widget)

    def open_fresh(self) -> None:
        """Show all commands with an empty filter."""
        self.filter.clear()
        self._fill("")
        self.filter.setFocus()
        self.show()
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Let the arrow keys and Enter act on the list while the filter is typed into."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            current = self.list.currentItem()
            row = self.list.indexOfTopLevelItem(current) if current is not None else -1
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 10, Qt.Key.Key_PageUp: -10}
            if event.key() in step and self.list.topLevelItemCount():
                last = self.list.topLevelItemCount() - 1
                _select(self.list, min(max(row + step[Qt.Key(event.key())], 0), last))
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                if current is not None:
                    self._run(current)
                return True
        return super().eventFilter(watched, event)

    def _fill(self, query: str) -> None:
        self.list.clear()
        for command in ranked(query, self._commands.commands()):
            shortcut = self._commands.action(command.key).shortcut().toString()
            item = QTreeWidgetItem([command.title.rstrip("…"), command.section, shortcut])
            item.setData(0, Qt.ItemDataRole.UserRole, command.key)
            item.setToolTip(0, command.tip)
            item.setDisabled(not command.enabled())
            self.list.addTopLevelItem(item)
        self.none.setVisible(self.list.topLevelItemCount() == 0)
        _select(self.list, 0)

    def _run(self, item: QTreeWidgetItem) -> None:
        if item.isDisabled():
            return
        key = str(item.data(0, Qt.ItemDataRole.UserRole))
        self.accept()
        # After the palette has gone, so that the command meets the window it was meant for.
        QTimer.singleShot(0, self._commands, lambda: self._commands.run(key))


class HelpSheet(QDialog):
    """All commands with their shortcuts and what they do."""

    def __init__(self, commands: CommandRegistry, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Commands and shortcuts")
        FocusRing(self)
        self.resize(100 * GRID, 72 * GRID)
        self._commands = commands
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Filter")
        self.filter.setAccessibleName("Filter the help sheet")
        self.filter.setClearButtonEnabled(True)
        self.filter.textChanged.connect(self._fill)
        self.list = _tree(3, "Commands and shortcuts")
        self.list.setRootIsDecorated(True)
        self.list.header().setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID, GRID, GRID, GRID)
        column.setSpacing(GRID)
        column.addWidget(self.filter)
        column.addWidget(self.list)

    def open_fresh(self) -> None:
        """Show the whole sheet."""
        self.filter.clear()
        self._fill("")
        self.filter.setFocus()
        self.show()
        self.raise_()

    def _fill(self, query: str) -> None:
        self.list.clear()
        sections = {name: QTreeWidgetItem([name]) for name in self._commands.sections()}
        for command in self._commands.commands():
            if query.casefold() not in f"{command.title} {command.section} {command.tip}".casefold():
                continue
            shortcut = self._commands.action(command.key).shortcut().toString()
            row = QTreeWidgetItem([command.title.rstrip("…"), shortcut, command.tip])
            row.setToolTip(2, command.tip)
            sections[command.section].addChild(row)
        self.list.addTopLevelItems([top for top in sections.values() if top.childCount()])
        self.list.expandAll()
