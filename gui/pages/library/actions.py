"""What a person can do with whole libraries: make, enrol, withdraw."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from engine.core.library import Library, Withdrawal
from engine.jobs import JobContext
from engine.workflows.labels.library import KEEPING, LibraryOverview
from gui.pages.library.dialogs import LibraryWish, MakeLibraryDialog, WithdrawDialog
from gui.pages.library.words import labels_text
from gui.session import Session
from gui.shell.commands import Command, CommandRegistry


class LibraryActions(QObject):
    """Starts the work; ``made`` carries the identifier of a new library.

    Parameters
    ----------
    library, numbers : callable
        The chosen library, and the labels that are chosen in the gallery and not withdrawn yet.
    """

    made = Signal(str)

    def __init__(
        self, session: Session, page: QWidget, library: Callable[[], LibraryOverview | None],
        numbers: Callable[[], tuple[int, ...]],
    ) -> None:  # fmt: skip
        super().__init__(page)
        self._session = session
        self._page = page
        self._library = library
        self._numbers = numbers

    def add_commands(self, commands: CommandRegistry) -> None:
        """Register the commands of the Library menu that are about libraries and their labels."""
        for command in (
            Command("library.make", "Make a library…", "Library", self.make, "Ctrl+Shift+B",
                    "Make a library of known labels, to be filled with microscope fields", self.may_keep),
            Command("library.withdraw", "Withdraw labels…", "Library", self.withdraw, "Ctrl+Shift+W",
                    "Leave the chosen labels out of every search from now on",
                    lambda: self.may_keep() and bool(self._numbers())),
        ):  # fmt: skip
            commands.add(command)

    def may_keep(self) -> bool:
        """Whether who is working may make, fill and thin out libraries."""
        session = self._session
        return session.can_record and session.actor is not None and session.actor.role in KEEPING

    def make(self) -> None:
        """Ask for a new library and make it."""
        MakeLibraryDialog(self._make, self._page.window()).open()

    def withdraw(self) -> None:
        """Ask why the chosen labels shall be left out."""
        overview, numbers = self._library(), self._numbers()
        if overview is not None and numbers:
            WithdrawDialog(numbers, partial(self._withdraw, overview.library, numbers), self._page.window()).open()

    def _make(self, wish: LibraryWish) -> None:
        store, actor = self._session.store, self._session.actor
        if store is None or actor is None:
            return

        def work(context: JobContext) -> Library:
            from engine.workflows.labels.library import make_library

            return make_library(
                store, actor, wish.name, note=wish.note, columns=wish.columns, rows=wish.rows,
                simulated=wish.simulated,
            )  # fmt: skip

        def done(library: Library) -> None:
            self.made.emit(library.id)
            self._session.records_changed.emit()

        self._session.run(f"Make library {wish.name}", work, done=done)

    def _withdraw(self, library: Library, numbers: tuple[int, ...], reason: str) -> None:
        store, actor = self._session.store, self._session.actor
        if store is None or actor is None:
            return

        def work(context: JobContext) -> Withdrawal:
            from engine.workflows.labels.library import withdraw

            return withdraw(store, actor, library.id, numbers, reason)

        def done(_record: Withdrawal) -> None:
            self._session.records_changed.emit()

        self._session.run(f"Withdraw {labels_text(len(numbers))}", work, done=done)
