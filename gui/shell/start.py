"""What stands in the window while no store is open: three ways to begin, and the recent stores."""

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from engine.jobs import Job
from gui.shell import theme
from gui.shell.commands import CommandRegistry
from gui.shell.theme import GRID
from gui.shell.tray import REFRESH_MS, JobRow
from gui.widgets.buttons import CommandButton
from gui.widgets.text import PlainLabel

WIDTH = 84 * GRID


class StartPage(QWidget):
    """Says what a store is and offers the demonstration, a new store, an existing one, or a recent one."""

    store_chosen = Signal(object)

    def __init__(self, commands: CommandRegistry) -> None:
        super().__init__()
        inner = QWidget()
        inner.setMaximumWidth(WIDTH)
        column = QVBoxLayout(inner)
        column.setSpacing(GRID)
        column.addStretch(1)
        column.addWidget(PlainLabel("Touchstone", level=1))
        column.addWidget(
            PlainLabel(
                "Everything of a laboratory's work lies in one folder, the store: evidence, findings, opinions and the "
                "record of who did what. Open one to begin.",
                meaning="muted",
                wrap=True,
            )
        )
        column.addSpacing(GRID)
        for key, icon, text in (
            (
                "store.demo",
                "compare",
                "A small worked case, made on this machine in under a minute. Good to look around.",
            ),
            ("store.create", "new", "An empty store for your laboratory. You become its administrator."),
            ("store.open", "open", "A folder whose name ends in .touchstone."),
        ):
            column.addLayout(_choice(CommandButton(commands.action(key), icon=icon), text))
        column.addSpacing(2 * GRID)
        self._recent_title = PlainLabel("Recent stores", level=3)
        self.recent = QListWidget()
        self.recent.setAccessibleName("Recent stores")
        self.recent.setMaximumHeight(20 * GRID)
        self.recent.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.recent.itemActivated.connect(self._activated)
        column.addWidget(self._recent_title)
        column.addWidget(self.recent)
        column.addStretch(2)
        self._column = column
        self._followed: dict[int, JobRow] = {}
        self._timer = QTimer(self)
        self._timer.setInterval(REFRESH_MS)
        self._timer.timeout.connect(self._tick)
        row = QHBoxLayout(self)
        row.setContentsMargins(4 * GRID, 2 * GRID, 4 * GRID, 2 * GRID)
        row.addStretch(1)
        row.addWidget(inner, 100)
        row.addStretch(1)

    def show_recent(self, folders: tuple[Path, ...]) -> None:
        """List the recent stores, newest first."""
        self.recent.clear()
        for folder in folders:
            item = QListWidgetItem(theme.icon("open"), f"{folder.stem}    {folder.parent}")
            item.setData(Qt.ItemDataRole.UserRole, str(folder))
            item.setToolTip(str(folder))
            self.recent.addItem(item)
        if folders:
            self.recent.setCurrentRow(0)
        self._recent_title.setVisible(bool(folders))
        self.recent.setVisible(bool(folders))

    def follow(self, job: Job[Any]) -> None:
        """Show how far a job is until it ends, for here the person waits for it."""
        row = JobRow(job)
        self._followed[id(job)] = row
        self._column.insertWidget(self._column.count() - 1, row)
        self._timer.start()

    def unfollow(self, job: Job[Any]) -> None:
        """Take a job away that has ended."""
        row = self._followed.pop(id(job), None)
        if row is not None:
            row.hide()
            row.deleteLater()
        if not self._followed:
            self._timer.stop()

    def _tick(self) -> None:
        for row in self._followed.values():
            row.refresh()

    def _activated(self, item: QListWidgetItem) -> None:
        self.store_chosen.emit(Path(str(item.data(Qt.ItemDataRole.UserRole))))


def _choice(button: CommandButton, text: str) -> QHBoxLayout:
    button.setMinimumWidth(32 * GRID)
    button.setMinimumHeight(5 * GRID)
    button.setStyleSheet("text-align: left; padding-left: 8px;")
    row = QHBoxLayout()
    row.setSpacing(2 * GRID)
    row.addWidget(button)
    row.addWidget(PlainLabel(text, meaning="muted", wrap=True), 1)
    return row
