"""What a person can do with the register: look up, record steps, void an ID."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from engine.core.codes import LifeBatch, LifeStep, Stage, Voiding
from engine.jobs import JobContext
from engine.workflows.codes.series import PRODUCING
from engine.workflows.codes.tracing import RECORDING, RegisterAnswer
from gui.pages.codes.dialogs import StepDialog, VoidDialog
from gui.pages.codes.words import BY_HAND
from gui.pages.codes.working import may_record, working
from gui.session import Session
from gui.shell.commands import Command, CommandRegistry
from gui.widgets import forms
from gui.widgets.forms import FormDialog
from gui.widgets.units import count

TABLES = "Tables (*.csv);;All files (*)"


class RegisterActions(QObject):
    """Starts the work.

    Parameters
    ----------
    answer : callable
        What the register said last.
    """

    def __init__(self, session: Session, page: QWidget, answer: Callable[[], RegisterAnswer | None]) -> None:
        super().__init__(page)
        self._session = session
        self._page = page
        self._answer = answer

    def add_commands(self, commands: CommandRegistry) -> None:
        """Register the commands of the Codes menu that are about single products."""
        session = self._session

        def may_step() -> bool:
            return may_record(session, RECORDING)

        def may_void() -> bool:
            return may_record(session, PRODUCING) and self._issued() is not None

        for command in (
            Command("codes.step", "Record a step…", "Codes", self.record_step, "Ctrl+Shift+R",
                    "Record one step in the life of a product", may_step),
            Command("codes.steps", "Record steps from a table…", "Codes", self.choose_steps,
                    tip="Record steps from a CSV file with the columns id, stage, time, place, party and note",
                    enabled=may_step),
            Command("codes.void", "Void this ID…", "Codes", self.void,
                    tip="Declare that the ID that was looked up counts no longer", enabled=may_void),
        ):  # fmt: skip
            commands.add(command)

    def record_step(self) -> None:
        """Ask for one step and record it."""
        issued = self._issued()
        product_id = issued.product_id if issued is not None else None
        StepDialog(product_id or "", self._record_step, self._page.window()).open()

    def choose_steps(self) -> None:
        """Ask for a table of steps and record them."""
        files = forms.choose_files(self._page.window(), "Record steps from a table", TABLES)
        if files:
            self.read_steps(files[0])

    def read_steps(self, path: Path) -> None:
        """Read a table of steps and ask whether to record them."""

        def work(context: JobContext) -> tuple[tuple[LifeStep, ...], int]:
            from engine.workflows.codes.tracing import read_steps

            steps = read_steps(path)
            return steps, len({step.product_id for step in steps})

        self._session.run(f"Read {path.name}", work, done=lambda found: self._confirm(path, *found))

    def void(self) -> None:
        """Ask why the ID that was looked up shall count no longer."""
        issued = self._issued()
        if issued is not None and issued.series is not None and issued.product_id is not None:
            void = partial(self._void, issued.series.id, issued.product_id)
            VoidDialog("Product ID", issued.product_id, void, self._page.window()).open()

    def _confirm(self, path: Path, steps: tuple[LifeStep, ...], products: int) -> None:
        dialog = FormDialog("Record steps", "Record", partial(self._record, steps, path.name), self._page.window())
        dialog.add_note(
            f"{path.name} holds {count(len(steps), 'step')} of {count(products, 'product')}. All of them are recorded, "
            "or none where the register lacks one of the IDs.",
            "text",
        )
        dialog.open()

    def _record_step(self, product_id: str, stage: Stage, time: str, place: str, party: str, note: str) -> None:
        with_ = working(self._session)
        if with_ is None:
            return

        def work(context: JobContext) -> LifeBatch:
            from engine.workflows.codes.tracing import life_step, record_steps

            step = life_step(product_id, stage.value, time, place, party, note)
            return record_steps(with_.store, with_.actor, (step,), BY_HAND)

        self._session.run(f"Record a step of {product_id}", work, done=self._changed)

    def _record(self, steps: tuple[LifeStep, ...], source: str) -> None:
        with_ = working(self._session)
        if with_ is None:
            return

        def work(context: JobContext) -> LifeBatch:
            from engine.workflows.codes.tracing import record_steps

            return record_steps(with_.store, with_.actor, steps, source)

        self._session.run(f"Record {count(len(steps), 'step')}", work, done=self._changed)

    def _void(self, series_id: str, product_id: str, reason: str) -> None:
        with_ = working(self._session)
        if with_ is None:
            return

        def work(context: JobContext) -> Voiding:
            from engine.workflows.codes.tracing import void

            return void(with_.store, with_.actor, series_id, (product_id,), reason)

        self._session.run(f"Void {product_id}", work, done=self._changed)

    def _issued(self) -> RegisterAnswer | None:
        answer = self._answer()
        return answer if answer is not None and answer.series is not None else None

    def _changed(self, _record: LifeBatch | Voiding) -> None:
        self._session.records_changed.emit()
