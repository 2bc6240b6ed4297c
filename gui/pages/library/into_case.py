"""From a label that was identified to a finding of the open case: the image is taken in, then examined."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from engine.core.case import Actor, Item
from engine.core.errors import InputError
from engine.core.finding import Finding
from engine.jobs import JobContext
from gui.pages.case.dialogs import IntakeDialog, IntakeWish
from gui.session import AnyStore, Session, choose_finding
from gui.shell.commands import Command, CommandRegistry

if TYPE_CHECKING:
    from engine.workflows.labels.identification import Identification


class IntoCase(QObject):
    """Takes the image of an identified label into the open case and records the finding.

    Parameters
    ----------
    found, path : callable
        The questioned label that is shown, and the file that shows it.
    """

    def __init__(
        self, session: Session, page: QWidget, found: "Callable[[], Identification | None]",
        path: Callable[[], Path | None],
    ) -> None:  # fmt: skip
        super().__init__(page)
        self._session = session
        self._page = page
        self._found = found
        self._path = path
        self._commands: CommandRegistry | None = None

    def add_commands(self, commands: CommandRegistry) -> None:
        """Register the command that asks where the image belongs."""
        self._commands = commands
        commands.add(
            Command("library.to_case", "Open in case…", "Library", self.ask, "Ctrl+Shift+Return",
                    "Take the image into the open case and record what is found, then show it on the Compare page",
                    self._may)
        )  # fmt: skip

    def ask(self) -> None:
        """Ask which item the image is a capture of."""
        store, case_id, path = self._session.store, self._session.case_id, self._path()
        if store is None or case_id is None or path is None:
            return

        def ask(items: tuple[Item, ...]) -> None:
            IntakeDialog((path,), items, "", self._take_in, self._page.window()).open()

        self._session.query(lambda context: store.items(case_id), done=ask)

    def _may(self) -> bool:
        session = self._session
        return session.can_record and session.case_id is not None and self._found() is not None

    def _take_in(self, wish: IntakeWish) -> None:
        session, found = self._session, self._found()
        store, actor, case_id = session.store, session.actor, session.case_id
        if store is None or actor is None or case_id is None or found is None:
            return
        place = None if found.row is None or found.column is None else (found.row, found.column)

        def work(context: JobContext) -> Finding:
            from engine.workflows.labels.findings import identify_capture

            capture_id = _capture_id(store, actor, case_id, wish, found, context.part(0, 2))
            with session.recogniser.lent() as recogniser:
                return identify_capture(
                    store, actor, case_id, capture_id, found.library.id, place=place, classified=found.classified,
                    recogniser=recogniser, context=context.part(1, 2),
                )  # fmt: skip

        session.run(
            f"Identify {wish.files[0].name} in the case", work, done=self._show,
            ended=session.records_changed.emit,
        )  # fmt: skip

    def _show(self, finding: Finding) -> None:
        choose_finding(self._session, finding)
        if self._commands is not None:
            self._commands.run("go.compare")


def _capture_id(
    store: AnyStore, actor: Actor, case_id: str, wish: IntakeWish, found: "Identification", context: JobContext
) -> str:
    """Take the image in and return its capture's identifier; that of one taken in before where the item has it."""
    from engine.workflows.captures import intake
    from engine.workflows.cases import add_item

    item_id, simulated = wish.item_id, found.capture.simulated
    if not item_id:
        item_id = add_item(store, actor, case_id, wish.new_name, wish.new_standing, simulated=simulated).id
    for capture in store.captures(item_id):
        if (capture.sha256, capture.page) == (found.capture.sha256, found.capture.page):
            return capture.id
    report = intake(
        store, actor, case_id, item_id, wish.files, device=wish.device, um_per_px=wish.um_per_px, context=context
    )
    for refusal in report.refusals:
        raise InputError(refusal.reason, where=refusal.file_name, remedy=refusal.remedy)
    return report.captures[found.capture.page].id
