"""The frame of a page that lists things of the store on the left and tells of the chosen one in tabs on the right."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QFocusEvent
from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from gui.session import Session
from gui.shell.commands import CommandRegistry
from gui.shell.theme import GRID
from gui.widgets.files import local_files
from gui.widgets.splits import side_by_side
from gui.widgets.text import PlainLabel


class FramedPage(QWidget):
    """A note where nothing can be recorded, a list, and tabs; files can be dropped anywhere.

    A page of this kind makes its list and panels, hands them to ``frame``, and says what dropped files are for.
    """

    def __init__(self, session: Session, commands: CommandRegistry) -> None:
        super().__init__()
        self.session = session
        self.commands = commands
        self._begins: tuple[QWidget, ...] = ()
        self.note = PlainLabel(meaning="caution", wrap=True)
        self.note.hide()
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.setAcceptDrops(True)
        session.actor_changed.connect(self.show_note)

    def frame(
        self, listed: QWidget, tabs: Sequence[tuple[QWidget, str]], *, shares: tuple[int, int],
        begins: tuple[QWidget, ...],
    ) -> None:  # fmt: skip
        """Lay the page out.

        Parameters
        ----------
        listed : QWidget
            What stands on the left.
        tabs : sequence
            The panels on the right, each with the text of its tab.
        shares : tuple
            Of the width, for left and right.
        begins : tuple
            Where the keyboard begins: in the first of these that is shown.
        """
        self._begins = begins
        for panel, text in tabs:
            self.tabs.addTab(panel, text)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, GRID)
        column.setSpacing(GRID)
        column.addWidget(self.note)
        column.addWidget(side_by_side(listed, self.tabs, shares=shares), 1)

    def may_drop(self) -> bool:
        """Whether dropped files can be used now."""
        raise NotImplementedError

    def dropped(self, files: list[Path]) -> None:
        """Use dropped files, one or more."""
        raise NotImplementedError

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's name
        """Hand the keyboard to where the page begins."""
        for part in self._begins:
            if part.isVisible():
                part.setFocus(event.reason())
                return
        self.focusNextChild()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        """Take files anywhere on the page."""
        if event.mimeData().hasUrls() and self.may_drop():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        """Use what was dropped."""
        files = local_files(event.mimeData())
        event.acceptProposedAction()
        if files:
            self.dropped(files)

    def show_note(self) -> None:
        """Say why nothing can be recorded, where that is so."""
        store = self.session.store
        text = ""
        if store is not None and store.read_only:
            text = f"Nothing can be recorded in this store. {store.read_only_reason}."
        elif store is not None and self.session.actor is None:
            text = "Nothing can be recorded until it is known who is working (Ctrl+Shift+U)."
        self.note.setText(text)
        self.note.setVisible(bool(text))
        self.commands.refresh()

    def go(self, key: str, tab: int) -> None:
        """Show this page, by the command that does, and one of its tabs; the keyboard stays on the page.

        Where what has the keyboard is hidden, Qt leaves it somewhere else in the window.
        """
        self.commands.run(key)
        self.tabs.setCurrentIndex(tab)
        self.tabs.setFocus(Qt.FocusReason.ShortcutFocusReason)
