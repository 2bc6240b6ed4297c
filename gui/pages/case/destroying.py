"""Destroy original bytes by order: what it will reach is told, and the order is named again before it is done."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QCheckBox, QWidget

from engine.core.case import Capture, Role
from engine.jobs import JobContext
from gui.session import Session
from gui.shell.commands import Command, CommandRegistry
from gui.widgets.forms import FormDialog
from gui.widgets.text import ElidedLabel, PlainLabel
from gui.widgets.units import count

if TYPE_CHECKING:
    from engine.workflows.destruction import Destruction

ORDER_LETTERS = 40


class DestroyDialog(FormDialog):
    """Ask for the order and the reason; whoever orders ticks a box that names the order.

    Parameters
    ----------
    capture : Capture
        The capture whose original bytes go.
    others : int
        How many further captures were made from the same bytes.
    destroy : callable
        Takes the order and the reason.
    """

    def __init__(self, capture: Capture, others: int, destroy: Callable[[str, str], None], parent: QWidget) -> None:
        super().__init__("Destroy original bytes by order", "Destroy", self._hand_on, parent)
        self._destroy = destroy
        self.add_field("Capture", ElidedLabel(capture.file_name))
        self.add_field("SHA-256", PlainLabel(capture.sha256, wrap=True))
        self.order = self.add_line("Order", required=True, hint="Who ordered it, its number and date")
        self.reason = self.add_line("Reason", hint="For example returned to the owner")
        if others:
            self.add_note(
                f"{count(others, 'further capture')} of the same bytes, in this or other cases, lose them too."
            )
        self.add_note(
            "The original bytes and the tiles made from them are destroyed for good. What was recorded of them stays, "
            "and no finding about them can be run again. Copies in backups and exports are not reached.",
            "caution",
        )
        self.sure = QCheckBox()
        self.add_field("", self.sure)
        self.order.textChanged.connect(self._name_order)
        self.sure.toggled.connect(self.check)
        self.add_check(lambda: "" if self.sure.isChecked() else "Confirm the order.")
        self._name_order("")

    def _name_order(self, order: str) -> None:
        """Name the order beside the box; another order must be confirmed anew."""
        self.sure.setChecked(False)
        named = order.strip()
        named = (named if len(named) <= ORDER_LETTERS else f"{named[: ORDER_LETTERS - 1]}…").replace("&", "&&")
        self.sure.setText(f"Destroy the bytes by order {named}" if named else "Destroy the bytes")
        self.sure.setEnabled(bool(named))

    def _hand_on(self) -> None:
        self._destroy(self.order.text().strip(), self.reason.text().strip())


class DestroyActions(QObject):
    """Starts the work; ``capture`` returns the capture of the current row whose bytes are still there."""

    def __init__(self, session: Session, page: QWidget, capture: Callable[[], Capture | None]) -> None:
        super().__init__(page)
        self._session = session
        self._page = page
        self._capture = capture

    def add_commands(self, commands: CommandRegistry) -> None:
        """Register the command."""
        commands.add(
            Command("case.destroy", "Destroy the original bytes by order…", "Case", self.ask,
                    tip="Destroy the bytes of this capture for good; for administrators, and only by order",
                    enabled=self._may)
        )  # fmt: skip

    def ask(self) -> None:
        """Ask for the order, once it is known how many captures lose their bytes by it."""
        capture, store = self._capture(), self._session.store
        if capture is None or store is None:
            return

        def work(context: JobContext) -> tuple[Capture, ...]:
            from engine.workflows.destruction import captures_of

            return captures_of(store, capture.sha256)

        def done(found: tuple[Capture, ...]) -> None:
            destroy = partial(self._destroy, capture)
            DestroyDialog(capture, len(found) - 1, destroy, self._page.window()).open()

        self._session.query(work, done=done)

    def _may(self) -> bool:
        actor = self._session.actor
        may = self._session.can_record and actor is not None and actor.role is Role.ADMINISTRATOR
        return may and self._capture() is not None

    def _destroy(self, capture: Capture, order: str, reason: str) -> None:
        session = self._session
        store, actor = session.store, session.actor
        if store is None or actor is None:
            return

        def work(context: JobContext) -> "Destruction":
            from engine.workflows.destruction import destroy

            return destroy(store, actor, capture.sha256, order=order, reason=reason)

        session.run(
            f"Destroy the bytes of {capture.file_name}", work, done=lambda _order: None,
            ended=session.records_changed.emit,
        )  # fmt: skip
