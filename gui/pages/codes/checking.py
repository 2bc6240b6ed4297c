"""Check the codes that an image shows: ask for what the register cannot know, unlock the series, measure, record."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QWidget

from engine.core.case import Device
from engine.core.codes import CodeSeries, SealState
from engine.jobs import JobContext
from gui.pages.codes.working import Working, working
from gui.session import Session
from gui.shell.commands import Command, CommandRegistry
from gui.widgets import forms
from gui.widgets.files import IMAGES
from gui.widgets.forms import FormDialog
from gui.widgets.notes import NoteDialog
from gui.widgets.passphrase import PassphraseDialog
from gui.widgets.text import ElidedLabel
from gui.widgets.units import count

if TYPE_CHECKING:
    from engine.workflows.checked_code import CheckedCode


@dataclass(frozen=True)
class CheckWish:
    """What made the images, where they were made, how package and sticker were found, and whether it is recorded."""

    device: Device
    simulated: bool
    place: str
    package: SealState
    sticker: SealState
    record: bool


class CheckDialog(FormDialog):
    """Ask for what no image tells.

    Parameters
    ----------
    locked : sequence of str
        Names of series whose codes are not measured, because they stay locked.
    """

    def __init__(
        self,
        files: Sequence[Path],
        locked: Sequence[str],
        check: Callable[[CheckWish], None],
        parent: QWidget,
        *,
        can_record: bool,
    ) -> None:
        super().__init__("Check codes", "Check", self._hand_on, parent)
        self._check = check
        names = ", ".join(path.name for path in files)
        self.form.addRow(f"{count(len(files), 'image')}:", ElidedLabel(names))
        self.device = QComboBox()
        for device in Device:
            self.device.addItem(device.value, device)
        self.add_field("Device", self.device)
        self.place = self.add_line("Where", hint="City, warehouse or shop")
        self.package = _seal_field()
        self.add_field("Package", self.package)
        self.sticker = _seal_field()
        self.add_field("Sticker", self.sticker)
        self.simulated = QCheckBox("These images are simulated")
        self.add_field("", self.simulated)
        self.record = QCheckBox("Record the check in the history of the products")
        self.record.setChecked(can_record)
        self.record.setEnabled(can_record)
        self.add_field("", self.record)
        if locked:
            self.add_note(
                f"Locked: {', '.join(locked)}. Its codes are looked up, but their patterns are not measured.", "caution"
            )

    def _hand_on(self) -> None:
        self._check(
            CheckWish(
                device=list(Device)[self.device.currentIndex()],
                simulated=self.simulated.isChecked(),
                place=self.place.text().strip(),
                package=list(SealState)[self.package.currentIndex()],
                sticker=list(SealState)[self.sticker.currentIndex()],
                record=self.record.isChecked(),
            )
        )


class CheckActions(QObject):
    """Starts the work; ``checked`` carries what was found, one ``CheckedCode`` for each code."""

    checked = Signal(object)

    def __init__(self, session: Session, page: QWidget) -> None:
        super().__init__(page)
        self._session = session
        self._page = page

    def add_commands(self, commands: CommandRegistry) -> None:
        """Register the command that asks for images."""
        commands.add(
            Command("codes.image", "Check codes in images…", "Codes", self.choose, "Ctrl+Shift+C",
                    "Read the codes that images show, look them up and measure them",
                    lambda: working(self._session) is not None)
        )  # fmt: skip

    def choose(self) -> None:
        """Ask for images of codes and check them."""
        files = forms.choose_files(self._page.window(), "Check codes in images", IMAGES)
        if files:
            self.check(files)

    def check(self, files: Sequence[Path]) -> None:
        """Read the codes, ask for the passphrases of their series and for the circumstances, then measure."""
        with_ = working(self._session)
        if with_ is None:
            return
        title = f"Read {files[0].name}" if len(files) == 1 else f"Read {count(len(files), 'image')}"
        self._session.run(title, partial(_locked, with_, files), done=partial(self._unlock, tuple(files), ()))

    def _unlock(self, files: Sequence[Path], declined: tuple[str, ...], locked: tuple[CodeSeries, ...]) -> None:
        """Ask for the passphrase of each locked series in turn; who has none goes on without."""
        if not locked:
            self._ask(files, declined)
            return
        series, *others = locked
        name = series.name
        go_on = partial(self._unlock, files, locked=tuple(others))
        dialog = PassphraseDialog(
            self._session, series.id, name, partial(go_on, declined=declined), self._page.window()
        )
        dialog.rejected.connect(partial(go_on, declined=(*declined, name)))
        dialog.open()

    def _ask(self, files: Sequence[Path], locked: Sequence[str]) -> None:
        can_record = self._session.can_record
        CheckDialog(files, locked, partial(self._check, files), self._page.window(), can_record=can_record).open()

    def _check(self, files: Sequence[Path], wish: CheckWish) -> None:
        with_ = working(self._session)
        if with_ is None:
            return

        def done(found: "tuple[CheckedCode, ...]") -> None:
            self.checked.emit(found)
            if not found:
                names = tuple(str(path) for path in files)
                lines = ("No code can be read.", *names, "Scan it flat, whole and at 300 dpi at least.")
                NoteDialog("No code found", lines, self._page.window()).open()

        title = f"Check {files[0].name}" if len(files) == 1 else f"Check {count(len(files), 'image')}"
        self._session.run(
            title, partial(_checked, with_, files, wish), done=done, ended=self._session.records_changed.emit
        )


def _locked(with_: Working, files: Sequence[Path], context: JobContext) -> tuple[CodeSeries, ...]:
    """Return the locked series of the codes that the images show."""
    from engine.workflows.code_checker import CodeChecker
    from engine.workflows.codes import locked_series

    found: dict[str, CodeSeries] = {}
    with CodeChecker() as checker:
        for number, path in enumerate(files):
            part = context.part(number, len(files), path.name)
            for series in locked_series(with_.store, with_.keyring, path, checker=checker, context=part):
                found[series.id] = series
    return tuple(found.values())


def _checked(with_: Working, files: Sequence[Path], wish: CheckWish, context: JobContext) -> "tuple[CheckedCode, ...]":
    from engine.workflows.code_checker import CodeChecker
    from engine.workflows.codes import check_image

    found: list[CheckedCode] = []
    with CodeChecker() as checker:
        for number, path in enumerate(files):
            found += check_image(
                with_.store, with_.actor, with_.keyring, path, device=wish.device, simulated=wish.simulated,
                place=wish.place, package=wish.package, sticker=wish.sticker, record=wish.record, checker=checker,
                context=context.part(number, len(files), path.name),
            )  # fmt: skip
    return tuple(found)


def _seal_field() -> QComboBox:
    field = QComboBox()
    for state in SealState:
        field.addItem(state.value, state)
    return field
