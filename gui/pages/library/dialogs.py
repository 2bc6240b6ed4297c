"""The forms of the Library page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtWidgets import QCheckBox, QComboBox, QSpinBox, QWidget

from engine.core.library import FIELD_LABELS, Library, label_name
from gui.pages.library.words import labels_text
from gui.shell.theme import GRID
from gui.widgets.files import FilesField
from gui.widgets.forms import FormDialog
from gui.widgets.table import RowsTable
from gui.widgets.text import PlainLabel
from gui.widgets.units import TIMES, count

WIDTH = 100 * GRID
NAMED = 6
"""Labels that are named one by one."""


@dataclass(frozen=True)
class LibraryWish:
    """The library that a person wants made."""

    name: str
    note: str
    columns: int
    rows: int
    simulated: bool


@dataclass(frozen=True)
class EnrolWish:
    """Which images are to be enrolled, and whether each shows one label alone or a field of them."""

    files: tuple[Path, ...]
    single: bool


class MakeLibraryDialog(FormDialog):
    """Ask for a new library."""

    def __init__(self, make: Callable[[LibraryWish], None], parent: QWidget) -> None:
        super().__init__("Make a library", "Make the library", self._hand_on, parent)
        self._make = make
        self.name = self.add_line("Name", required=True, hint="For example the maker and the product line")
        self.note = self.add_text("Note")
        self.columns = _number(4)
        self.rows = _number(3)
        self.add_field("Labels side by side in a field", self.columns)
        self.add_field("Labels one below another", self.rows)
        self.simulated = QCheckBox("Its labels are simulated")
        self.add_field("", self.simulated)
        self.add_note("All fields of a library show the same array of etched labels. This cannot be changed later.")
        self.add_check(self._too_many)

        for field in (self.columns, self.rows):
            field.valueChanged.connect(self.check)

    def _too_many(self) -> str:
        labels = self.columns.value() * self.rows.value()
        return "" if labels <= FIELD_LABELS else f"A field shows at most {FIELD_LABELS} labels, not {labels}."

    def _hand_on(self) -> None:
        self._make(
            LibraryWish(
                self.name.text().strip(), self.note.toPlainText().strip(), self.columns.value(), self.rows.value(),
                self.simulated.isChecked(),
            )
        )  # fmt: skip


class EnrolDialog(FormDialog):
    """Ask for images of labels; what they show is checked next, before anything is recorded."""

    def __init__(
        self, library: Library, files: Sequence[Path], check: Callable[[EnrolWish], None], parent: QWidget
    ) -> None:
        super().__init__("Enrol labels", "Check the images", self._hand_on, parent)
        self._check = check
        self.add_field("Library", PlainLabel(library.name, wrap=True))
        self.files = FilesField("Images of labels")
        self.files.add_dropped(list(files))
        self.add_field("Images", self.files)
        self.kind = QComboBox()
        self.kind.addItem(f"a field of {library.columns} {TIMES} {library.rows} labels", False)
        self.kind.addItem("one label", True)
        self.add_field("Each shows", self.kind)
        self.add_note("Nothing is recorded yet: first every label is found and cut out, and what is wrong is named.")
        self.files.changed.connect(self.check)
        self.add_check(lambda: "" if self.files.paths() else "An image is needed.")

    def _hand_on(self) -> None:
        self._check(EnrolWish(self.files.paths(), bool(self.kind.currentData())))


class CheckedDialog(FormDialog):
    """Show what the images come to, field by field, and ask whether their labels are to be enrolled.

    Parameters
    ----------
    rows : sequence
        File, labels found, and what is missing or why nothing is seen, of each image.
    labels : int
        How many would be enrolled.
    """

    def __init__(
        self, library: Library, rows: Sequence[tuple[str, str, str]], labels: int, enrol: Callable[[], None],
        parent: QWidget,
    ) -> None:  # fmt: skip
        super().__init__("What the images show", f"Enrol {labels_text(labels)}", enrol, parent)
        self.table = RowsTable("What each image shows", ("Image", "Labels", "Missing, or to be known"), wrapped=True)
        self.table.rows.show(rows)
        self.table.setMinimumHeight(24 * GRID)
        self.setMinimumWidth(WIDTH)
        self.form.addRow(self.table)
        wrong = sum(bool(row[2]) for row in rows)
        self.add_note(
            f"{labels_text(labels)} can be enrolled in {library.name}, from {count(len(rows), 'image')}.", "text"
        )
        if wrong:
            self.add_note(
                f"Something is missing or to be known of {count(wrong, 'image')}. What is not found is not enrolled.",
                "caution",
            )
        self.add_note("The images are kept as evidence, and the enrolment is recorded with your name.")
        self.add_check(lambda: "" if labels else "No label was found that could be enrolled.")


class WithdrawDialog(FormDialog):
    """Ask why labels shall be left out of every search."""

    def __init__(self, numbers: Sequence[int], withdraw: Callable[[str], None], parent: QWidget) -> None:
        super().__init__("Withdraw labels", "Withdraw", self._hand_on, parent)
        self._withdraw = withdraw
        self.add_field(labels_text(len(numbers)).capitalize(), PlainLabel(named(numbers), wrap=True))
        self.reason = self.add_line("Reason", required=True, hint="For example destroyed, never issued")
        self.add_note("Withdrawn labels are found by no search from now on. This cannot be undone.", "caution")

    def _hand_on(self) -> None:
        self._withdraw(self.reason.text().strip())


def named(numbers: Sequence[int]) -> str:
    """Return the names of some labels; of many the first ones and how many there are besides."""
    names = [label_name(number) for number in numbers[:NAMED]]
    others = len(numbers) - len(names)
    return f"{', '.join(names)} and {others:,} more" if others else ", ".join(names)


def _number(value: int) -> QSpinBox:
    field = QSpinBox()
    field.setRange(1, FIELD_LABELS)
    field.setValue(value)
    return field
