"""Enrolling labels: images are asked for, checked first with nothing recorded, then enrolled and reported."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from engine.core.library import Library
from engine.jobs import JobContext
from engine.workflows.labels.library import LibraryOverview
from gui.pages.library.dialogs import CheckedDialog, EnrolDialog, EnrolWish
from gui.pages.library.words import field_row, report_lines
from gui.session import Session
from gui.shell.commands import Command, CommandRegistry
from gui.widgets.notes import NoteDialog
from gui.widgets.units import count

if TYPE_CHECKING:
    from engine.workflows.labels.enrolment import EnrolReport


class EnrolActions(QObject):
    """Starts the work.

    Parameters
    ----------
    library : callable
        The chosen library.
    may_keep : callable
        Whether who is working may enrol labels.
    """

    def __init__(
        self, session: Session, page: QWidget, library: Callable[[], LibraryOverview | None],
        may_keep: Callable[[], bool],
    ) -> None:  # fmt: skip
        super().__init__(page)
        self._session = session
        self._page = page
        self._library = library
        self._may_keep = may_keep

    def add_commands(self, commands: CommandRegistry) -> None:
        """Register the command that asks for images."""
        commands.add(
            Command("library.enrol", "Enrol labels…", "Library", self.ask, "Ctrl+L",
                    "Cut labels out of microscope fields, check them and add them to the chosen library",
                    self._may_enrol)
        )  # fmt: skip

    def ask(self, files: Sequence[Path] = ()) -> None:
        """Ask for images, beginning with those that were dropped, and check what they show."""
        overview = self._library()
        if overview is not None and self._may_enrol():
            library = overview.library
            EnrolDialog(library, files, partial(self._check, library), self._page.window()).open()

    def _may_enrol(self) -> bool:
        return self._may_keep() and self._library() is not None

    def _check(self, library: Library, wish: EnrolWish) -> None:
        def done(report: "EnrolReport") -> None:
            labels = sum(field.found for field in report.fields if not field.reason)
            rows = [field_row(field, wish.single) for field in report.fields]
            enrol = partial(self._enrol, library, wish)
            CheckedDialog(library, rows, labels, enrol, self._page.window()).open()

        self._run(f"Check {_named(wish)}", library, wish, done, record=False)

    def _enrol(self, library: Library, wish: EnrolWish) -> None:
        def done(report: "EnrolReport") -> None:
            NoteDialog("Labels enrolled", report_lines(report, library), self._page.window()).open()

        self._run(f"Enrol {_named(wish)}", library, wish, done, record=True)

    def _run(
        self, title: str, library: Library, wish: EnrolWish, done: "Callable[[EnrolReport], None]", *, record: bool
    ) -> None:
        session = self._session
        store, actor = session.store, session.actor
        if store is None or actor is None:
            return

        def work(context: JobContext) -> "EnrolReport":
            from engine.workflows.labels.enrolment import enrol_fields, enrol_labels

            enrol = enrol_labels if wish.single else enrol_fields
            with session.recogniser.lent() as recogniser:
                return enrol(
                    store, actor, library.id, wish.files, record=record, recogniser=recogniser, context=context
                )

        # Cancelled or failed work keeps the batches that were recorded until then.
        session.run(title, work, done=done, ended=session.records_changed.emit if record else None)


def _named(wish: EnrolWish) -> str:
    return wish.files[0].name if len(wish.files) == 1 else count(len(wish.files), "image")
