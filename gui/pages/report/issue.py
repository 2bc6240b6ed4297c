"""Ask for what a report needs when it is issued."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget

from engine.core.case import IssuedReport
from gui.widgets import forms
from gui.widgets.forms import FormDialog, PathField


@dataclass(frozen=True)
class IssueWish:
    """Where the PDF goes, and which report it amends and why."""

    out: Path
    amends: str | None
    reason: str


class IssueDialog(FormDialog):
    """A new report or an amendment, and the file to write."""

    def __init__(
        self,
        suggestion: Path,
        issued: tuple[IssuedReport, ...],
        warning: str,
        issue: Callable[[IssueWish], None],
        parent: QWidget,
    ) -> None:
        super().__init__("Issue the report", "Issue", self._hand_on, parent)
        self._issued = issued
        self._issue = issue
        if warning:
            self.add_note(warning, "caution")
        self.kind = QComboBox()
        self.kind.addItem("A report of its own")
        self.kind.addItems([f"An amendment of {report.number}" for report in issued])
        self.add_field("Issue as", self.kind)
        self.reason = QLineEdit()
        self.reason.setPlaceholderText("What changed and why")
        self.add_field("Reason", self.reason)
        self._path = PathField("PDF file", suggestion, self._choose)
        self.out = self._path.line
        self.add_field("PDF file", self._path)
        hint = (
            "The report gets a number, is kept in the store, and its hashes are recorded. Later it can only be amended."
        )
        self.add_note(hint)
        self.kind.currentIndexChanged.connect(self._follow)
        self.reason.textChanged.connect(self.check)
        self.out.textChanged.connect(self.check)
        self.add_check(self._reason_missing)
        self.add_check(self._file_missing)
        self._follow()

    def _follow(self) -> None:
        self.form.setRowVisible(self.reason, self.kind.currentIndex() > 0)
        self.check()

    def _reason_missing(self) -> str:
        amends = self.kind.currentIndex() > 0
        return "An amendment needs a reason." if amends and not self.reason.text().strip() else ""

    def _file_missing(self) -> str:
        out = Path(self.out.text())
        if out.suffix.lower() != ".pdf":
            return "The file's name must end in .pdf."
        return "" if out.parent.is_dir() else "The folder does not exist."

    def _choose(self) -> Path | None:
        out = forms.choose_new_file(self, "Write the report to", self.out.text(), "PDF (*.pdf)")
        return out.with_suffix(".pdf") if out is not None and not out.suffix else out

    def _hand_on(self) -> None:
        place = self.kind.currentIndex()
        amends = self._issued[place - 1].id if place > 0 else None
        self._issue(IssueWish(Path(self.out.text()), amends, self.reason.text().strip() if amends else ""))
