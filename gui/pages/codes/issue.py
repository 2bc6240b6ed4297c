"""The forms that issue IDs and write their sheets."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtWidgets import QComboBox, QWidget

from gui.widgets import forms
from gui.widgets.forms import FormDialog, PathField
from gui.widgets.text import PlainLabel

SECRECY = (
    "Sheets show the patterns of the series. Whoever has the files can print authentic codes: keep them as safe as the "
    "passphrase, and delete them after printing."
)
FORMATS = {"PDF": ".pdf", "PNG, one file a page": ".png"}
NO_SHEETS = "No sheets now"
ID_ALONE = "The ID alone"


@dataclass(frozen=True)
class IssueWish:
    """A note on the batch, and where its sheets go; the suffix of the file says how they are written.

    ``column`` is the column of the variable data that stands below each code beside its ID, if one does.
    """

    note: str
    out: Path | None
    column: str | None = None


class SheetsDialog(FormDialog):
    """Ask where sheets go.

    Parameters
    ----------
    what : str
        Which codes, in words.
    columns : sequence of str
        Columns of the variable data, one of which may stand below each code.
    issue : bool
        Whether the IDs are yet to be issued; then there may be no sheets.
    """

    def __init__(
        self,
        what: str,
        suggestion: Path,
        save: Callable[[IssueWish], None],
        parent: QWidget,
        *,
        columns: Sequence[str] = (),
        issue: bool = False,
    ) -> None:
        title, accept = ("Issue IDs", "Issue") if issue else ("Save sheets", "Save")
        super().__init__(title, accept, self._hand_on, parent)
        self._save = save
        self.add_field("Codes", PlainLabel(what, wrap=True))
        self.note = self.add_line("Note", hint="For example the lot or the order")
        self.caption = QComboBox()
        self.caption.addItems([ID_ALONE, *columns])
        self.add_field("Below each code", self.caption)
        self.form.setRowVisible(self.caption, bool(columns))
        self.format = QComboBox()
        self.format.addItems([*FORMATS, *((NO_SHEETS,) if issue else ())])
        self.add_field("Sheets", self.format)
        self._path = PathField("File", suggestion, self._choose)
        self.out = self._path.line
        self.add_field("File", self._path)
        if issue:
            self.add_note("Issued IDs stay in the register for good. They can be voided, never taken back.")
        else:
            self.form.setRowVisible(self.note, False)
        self.add_note(SECRECY, "caution")
        self.format.currentTextChanged.connect(self._follow)
        self.out.textChanged.connect(self.check)
        self.add_check(self._file_missing)

    def _follow(self) -> None:
        suffix = FORMATS.get(self.format.currentText())
        self.form.setRowVisible(self._path, suffix is not None)
        if suffix is not None:
            self.out.setText(str(Path(self.out.text()).with_suffix(suffix)))
        self.check()

    def _file_missing(self) -> str:
        suffix = FORMATS.get(self.format.currentText())
        out = Path(self.out.text())
        if suffix is None:
            return ""
        if out.suffix.lower() != suffix or not out.stem:
            return f"The file's name must end in {suffix}."
        return "" if out.parent.is_dir() else "The folder does not exist."

    def _choose(self) -> Path | None:
        suffix = FORMATS[self.format.currentText()]
        out = forms.choose_new_file(self, "Write the sheets to", self.out.text(), f"Sheets (*{suffix})")
        return out.with_suffix(suffix) if out is not None and not out.suffix else out

    def _hand_on(self) -> None:
        out = Path(self.out.text()) if self.format.currentText() in FORMATS else None
        column = self.caption.currentText() if self.caption.currentIndex() > 0 else None
        self._save(IssueWish(self.note.text().strip(), out, column))
