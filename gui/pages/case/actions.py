"""What a person can do in a case: each is a command, long work is a job."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication, QWidget

from engine.core.case import Capture, Case, Item, Standing
from engine.jobs import JobContext
from gui.pages.case.dialogs import (
    AddItemDialog,
    CalibrateDialog,
    IntakeDialog,
    IntakeWish,
    NewCaseDialog,
    ScaleDialog,
)
from gui.session import Session
from gui.shell.commands import Command, CommandRegistry
from gui.widgets import forms
from gui.widgets.files import IMAGES

if TYPE_CHECKING:
    from engine.workflows.captures import IntakeReport


class CaseActions(QObject):
    """Starts the work; ``taken_in`` carries what an intake brought.

    Parameters
    ----------
    capture, items, item_id : callable
        The capture of the current row, the items of the case, and the item of the current row.
    """

    taken_in = Signal(object)

    def __init__(
        self,
        session: Session,
        page: QWidget,
        *,
        capture: Callable[[], Capture | None],
        items: Callable[[], tuple[Item, ...]],
        item_id: Callable[[], str],
    ) -> None:
        super().__init__(page)
        self._session = session
        self._page = page
        self._capture = capture
        self._items = items
        self._item_id = item_id

    def add_commands(self, commands: CommandRegistry) -> None:
        """Register the commands of the Case menu."""
        session = self._session

        def can_add() -> bool:
            return session.can_record and session.case_id is not None

        def can_change() -> bool:
            return session.can_record and self._capture() is not None

        def has_capture() -> bool:
            return self._capture() is not None

        def has_pair() -> bool:
            return session.questioned_id is not None and session.known_id is not None

        for command in (
            Command("case.new", "New case…", "Case", self.new_case, "Ctrl+N", "Open a new case",
                    lambda: session.can_record),
            Command("case.item", "Add an item…", "Case", self.add_item, "Ctrl+I",
                    "Add a questioned or known exhibit to the case", can_add),
            Command("case.intake", "Take in files…", "Case", self.choose_files, "Ctrl+T",
                    "Take image files in as captures of an item", can_add),
            Command("case.questioned", "Use as questioned", "Case", partial(self._use, Standing.QUESTIONED),
                    "Ctrl+Shift+Q", "Put this capture on the questioned side of the comparison", has_capture),
            Command("case.known", "Use as known", "Case", partial(self._use, Standing.KNOWN), "Ctrl+Shift+K",
                    "Put this capture on the known side of the comparison", has_capture),
            Command("case.compare", "Compare the chosen captures", "Case", lambda: commands.run("go.compare"),
                    "Ctrl+Return", "Show the questioned and the known capture on the Compare page", has_pair),
            Command("case.scale", "Set the scale…", "Case", self.set_scale, "Ctrl+Shift+S",
                    "State the physical scale of this capture", can_change),
            Command("case.calibrate", "Calibrate from a target…", "Case", self.calibrate,
                    tip="Measure the scale on this capture of a calibration target", enabled=can_change),
            Command("case.copy_hash", "Copy the SHA-256", "Case", self._copy_hash,
                    tip="Copy the SHA-256 of this capture's file", enabled=has_capture),
        ):  # fmt: skip
            commands.add(command)

    def new_case(self) -> None:
        """Ask for a new case and open it."""
        NewCaseDialog(self._open_case, self._page.window()).open()

    def add_item(self) -> None:
        """Ask for a new item and add it."""
        AddItemDialog(self._add_item, self._page.window()).open()

    def choose_files(self) -> None:
        """Ask for files to take in."""
        files = forms.choose_files(self._page.window(), "Take in files", IMAGES)
        if files:
            self.take_in(files, self._item_id())

    def take_in(self, files: list[Path], item_id: str) -> None:
        """Ask how the files are to be taken in, then do it."""
        if files and self._session.can_record and self._session.case_id is not None:
            IntakeDialog(tuple(files), self._items(), item_id, self._intake, self._page.window()).open()

    def set_scale(self) -> None:
        """Ask for the scale of the current capture and record it."""
        capture = self._capture()
        if capture is not None:
            ScaleDialog(capture, partial(self._set_scale, capture), self._page.window()).open()

    def calibrate(self) -> None:
        """Ask for the target's pitch and measure the scale of the current capture."""
        capture = self._capture()
        if capture is not None:
            CalibrateDialog(capture, partial(self._calibrate, capture), self._page.window()).open()

    def _open_case(self, title: str, reference: str, customer: str, note: str) -> None:
        store, actor = self._session.store, self._session.actor
        if store is None or actor is None:
            return

        def work(context: JobContext) -> Case:
            from engine.workflows.cases import open_case

            return open_case(store, actor, title, reference=reference, customer=customer, note=note)

        def done(case: Case) -> None:
            self._session.case_id = case.id
            self._session.records_changed.emit()

        self._session.run(f"Open case {title}", work, done=done)

    def _add_item(self, name: str, standing: Standing, condition: str, received: str) -> None:
        store, actor, case_id = self._session.store, self._session.actor, self._session.case_id
        if store is None or actor is None or case_id is None:
            return

        def work(context: JobContext) -> Item:
            from engine.workflows.cases import add_item

            return add_item(store, actor, case_id, name, standing, condition=condition, received=received)

        self._session.run(f"Add item {name}", work, done=self._changed)

    def _intake(self, wish: IntakeWish) -> None:
        store, actor, case_id = self._session.store, self._session.actor, self._session.case_id
        if store is None or actor is None or case_id is None:
            return

        def work(context: JobContext) -> "IntakeReport":
            from engine.workflows.captures import intake
            from engine.workflows.cases import add_item

            item_id = wish.item_id or add_item(store, actor, case_id, wish.new_name, wish.new_standing).id
            return intake(
                store, actor, case_id, item_id, wish.files,
                device=wish.device, um_per_px=wish.um_per_px, context=context,
            )  # fmt: skip

        count = len(wish.files)
        title = f"Take in {wish.files[0].name}" if count == 1 else f"Take in {count} files"
        # Cancelled or failed work keeps what was taken in so far: look again in every case.
        self._session.run(title, work, done=self.taken_in.emit, ended=self._session.records_changed.emit)

    def _set_scale(self, capture: Capture, um_per_px: tuple[float, float]) -> None:
        store, actor = self._session.store, self._session.actor
        if store is None or actor is None:
            return

        def work(context: JobContext) -> Capture:
            from engine.workflows.captures import scale_of_actor
            from engine.workflows.cases import set_scale

            return set_scale(store, actor, capture.id, scale_of_actor(*um_per_px))

        self._session.run(f"Set the scale of {capture.file_name}", work, done=self._changed)

    def _calibrate(self, capture: Capture, pitch_um: float) -> None:
        store, actor = self._session.store, self._session.actor
        if store is None or actor is None:
            return

        def work(context: JobContext) -> Capture:
            from engine.workflows.captures import calibrate

            return calibrate(store, actor, capture.id, pitch_um=pitch_um, context=context)

        self._session.run(f"Calibrate {capture.file_name}", work, done=self._changed)

    def _use(self, standing: Standing) -> None:
        capture = self._capture()
        if capture is None:
            return
        if standing is Standing.QUESTIONED:
            self._session.questioned_id = capture.id
        else:
            self._session.known_id = capture.id

    def _copy_hash(self) -> None:
        capture = self._capture()
        if capture is not None:
            QApplication.clipboard().setText(capture.sha256)

    def _changed(self, _record: Capture | Item) -> None:
        self._session.records_changed.emit()
