"""Check the codes that an image shows: ask for what the register cannot know, unlock the series, measure, record."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

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
    from engine.workflows.codes.checked import CheckedCode


Leaves: TypeAlias = tuple[tuple[Path, int], ...]
"""Files, each with one of its pages, counted from 0."""
ALL = -1


@dataclass(frozen=True)
class Began:
    """What the first pages tell: how many pages each file has, and which series of their codes are locked."""

    pages: tuple[int, ...]
    locked: tuple[CodeSeries, ...]


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
        leaves: Leaves,
        locked: Sequence[str],
        check: Callable[[CheckWish], None],
        parent: QWidget,
        *,
        can_record: bool,
    ) -> None:
        super().__init__("Check codes", "Check", self._hand_on, parent)
        self._check = check
        files = tuple(dict.fromkeys(path for path, _page in leaves))
        pages = f", {count(len(leaves), 'page')}" if len(leaves) > len(files) else ""
        names = ", ".join(path.name for path in files)
        self.form.addRow(f"{count(len(files), 'image')}:", ElidedLabel(f"{names}{pages}"))
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


class PagesDialog(FormDialog):
    """Ask which pages of images to check, where one has more than one page; ``pages`` counts those of each file."""

    def __init__(
        self, files: Sequence[Path], pages: Sequence[int], check: Callable[[Leaves], None], parent: QWidget
    ) -> None:
        super().__init__("Which pages?", "Read", self._hand_on, parent)
        self._counts = tuple(zip(files, pages, strict=True))
        self._check = check
        self.form.addRow(f"{count(len(files), 'image')}:", ElidedLabel(", ".join(path.name for path in files)))
        self.pages = QComboBox()
        self.pages.addItem(f"All {count(sum(pages), 'page')}")
        self.pages.addItems([f"Page {number}" for number in range(1, max(pages) + 1)])
        self.add_field("Check", self.pages)
        if len(files) > 1:
            self.add_note("An image that lacks the page is left out.")

    def _hand_on(self) -> None:
        chosen = self.pages.currentIndex() - 1
        self._check(
            tuple((path, page) for path, pages in self._counts for page in range(pages) if chosen in (ALL, page))
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
        """Read the codes, ask for pages, for passphrases and for the circumstances, then measure."""
        with_ = working(self._session)
        if with_ is None or not files:
            return
        leaves = tuple((path, 0) for path in files)

        def began(found: Began) -> None:
            if max(found.pages) == 1:
                self._unlock(leaves, (), found.locked)
            else:
                PagesDialog(files, found.pages, self._read, self._page.window()).open()

        self._session.run(f"Read {_named(leaves)}", partial(_begun, with_, leaves), done=began)

    def _read(self, leaves: Leaves) -> None:
        """Read the pages that were chosen, to learn which series must be unlocked."""
        with_ = working(self._session)
        if with_ is None:
            return

        def read(found: Began) -> None:
            self._unlock(leaves, (), found.locked)

        self._session.run(f"Read {_named(leaves)}", partial(_begun, with_, leaves), done=read)

    def _unlock(self, leaves: Leaves, declined: tuple[str, ...], locked: tuple[CodeSeries, ...]) -> None:
        """Ask for the passphrase of each locked series in turn; who has none goes on without."""
        if not locked:
            self._ask(leaves, declined)
            return
        series, *others = locked
        name = series.name
        go_on = partial(self._unlock, leaves, locked=tuple(others))
        dialog = PassphraseDialog(
            self._session, series.id, name, partial(go_on, declined=declined), self._page.window()
        )
        dialog.rejected.connect(partial(go_on, declined=(*declined, name)))
        dialog.open()

    def _ask(self, leaves: Leaves, locked: Sequence[str]) -> None:
        can_record = self._session.can_record
        CheckDialog(leaves, locked, partial(self._check, leaves), self._page.window(), can_record=can_record).open()

    def _check(self, leaves: Leaves, wish: CheckWish) -> None:
        with_ = working(self._session)
        if with_ is None:
            return

        def done(found: "tuple[CheckedCode, ...]") -> None:
            self.checked.emit(found)
            if not found:
                names = dict.fromkeys(str(path) for path, _page in leaves)
                lines = ("No code can be read.", *names, "Scan it flat, whole and at 300 dpi at least.")
                NoteDialog("No code found", lines, self._page.window()).open()

        self._session.run(
            f"Check {_named(leaves)}", partial(_checked, with_, leaves, wish), done=done,
            ended=self._session.records_changed.emit,
        )  # fmt: skip


def _begun(with_: Working, leaves: Leaves, context: JobContext) -> Began:
    """Read the codes of pages; the checker keeps the last one for the check itself."""
    from engine.workflows.codes.checks import locked_series

    counts, locked = [], dict[str, CodeSeries]()
    with with_.checker.lent() as checker:
        for number, (path, page) in enumerate(leaves):
            part = context.part(number, len(leaves), path.name)
            counts.append(checker.read(path, page, part).pages)
            for series in locked_series(with_.store, with_.keyring, path, page=page, checker=checker, context=part):
                locked[series.id] = series
    return Began(tuple(counts), tuple(locked.values()))


def _checked(with_: Working, leaves: Leaves, wish: CheckWish, context: JobContext) -> "tuple[CheckedCode, ...]":
    from engine.workflows.codes.checks import check_image

    found: list[CheckedCode] = []
    with with_.checker.lent() as checker:
        for number, (path, page) in enumerate(leaves):
            found += check_image(
                with_.store, with_.actor, with_.keyring, path, page=page, device=wish.device, simulated=wish.simulated,
                place=wish.place, package=wish.package, sticker=wish.sticker, record=wish.record, checker=checker,
                context=context.part(number, len(leaves), path.name),
            )  # fmt: skip
    return tuple(found)


def _named(leaves: Leaves) -> str:
    return leaves[0][0].name if len(leaves) == 1 else count(len(leaves), "page")


def _seal_field() -> QComboBox:
    field = QComboBox()
    for state in SealState:
        field.addItem(state.value, state)
    return field
