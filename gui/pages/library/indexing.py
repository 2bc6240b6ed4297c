"""The index of a library, and its embeddings under other weights: built, tested and made anew as jobs."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from engine.jobs import JobContext
from engine.workflows.labels.library import LibraryOverview
from gui.pages.library.words import index_lines, test_lines
from gui.session import AnyStore, Session
from gui.shell.commands import Command, CommandRegistry
from gui.widgets.notes import NoteDialog

if TYPE_CHECKING:
    from engine.workflows.labels.library_index import IndexInfo, IndexTest


class IndexActions(QObject):
    """Starts the work; ``changed`` comes when the index of a library stands differently.

    Parameters
    ----------
    library : callable
        The chosen library.
    may_embed : callable
        Whether who is working may change libraries, and the labels lack embeddings with this program's weights.
    """

    changed = Signal()

    def __init__(
        self, session: Session, page: QWidget, library: Callable[[], LibraryOverview | None],
        may_embed: Callable[[], bool],
    ) -> None:  # fmt: skip
        super().__init__(page)
        self._session = session
        self._page = page
        self._library = library
        self._may_embed = may_embed

    def add_commands(self, commands: CommandRegistry) -> None:
        """Register the commands of the Library menu that are about searching."""
        for command in (
            Command("library.index", "Build the index", "Library", self.build, "Ctrl+Shift+X",
                    "Build what makes the search of a large library quick; the one before serves until then",
                    self._has_labels),
            Command("library.test", "Test the index", "Library", self.test, "Ctrl+Shift+T",
                    "Compare the index with an exact search, for labels drawn from the library", self._has_labels),
            Command("library.embed", "Embed again", "Library", self.embed,
                    tip="Embed all labels with the weights of this program, so that they can be searched with it",
                    enabled=lambda: self._may_embed() and self._has_labels()),
        ):  # fmt: skip
            commands.add(command)

    def build(self) -> None:
        """Build the index of the chosen library."""
        overview, store = self._library(), self._session.store
        if overview is None or store is None:
            return
        name = overview.library.name

        def done(info: "IndexInfo") -> None:
            NoteDialog(f"Index of {name}", index_lines(info), self._page.window()).open()

        self._session.run(
            f"Build the index of {name}", partial(_build, self._session, store, overview.library.id), done=done,
            ended=self.changed.emit,
        )  # fmt: skip

    def test(self) -> None:
        """Compare the index of the chosen library with an exact search."""
        overview, store = self._library(), self._session.store
        if overview is None or store is None:
            return
        name = overview.library.name

        def done(found: "IndexTest") -> None:
            NoteDialog(f"Test of the index of {name}", test_lines(found), self._page.window()).open()

        self._session.run(
            f"Test the index of {name}", partial(_test, self._session, store, overview.library.id), done=done,
            ended=self.changed.emit,
        )  # fmt: skip

    def embed(self) -> None:
        """Embed the labels of the chosen library with the weights of this program."""
        overview, store, actor = self._library(), self._session.store, self._session.actor
        if overview is None or store is None or actor is None:
            return
        session = self._session

        def work(context: JobContext) -> object:
            from engine.workflows.labels.enrolment import reembed

            with session.recogniser.lent() as recogniser:
                return reembed(store, actor, overview.library.id, recogniser=recogniser, context=context)

        session.run(
            f"Embed {overview.library.name}", work, done=lambda _found: None, ended=session.records_changed.emit
        )

    def _has_labels(self) -> bool:
        overview = self._library()
        return overview is not None and overview.labels > 0


def _build(session: Session, store: AnyStore, library_id: str, context: JobContext) -> "IndexInfo":
    from engine.workflows.labels.library_index import build_index

    with session.recogniser.lent() as recogniser:
        return build_index(store, library_id, recogniser=recogniser, context=context)


def _test(session: Session, store: AnyStore, library_id: str, context: JobContext) -> "IndexTest":
    from engine.workflows.labels.library_index import self_test

    with session.recogniser.lent() as recogniser:
        return self_test(store, library_id, recogniser=recogniser, context=context)
