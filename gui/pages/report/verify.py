"""Verify a report: drop its PDF or choose it; every difference is listed."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from engine.jobs import JobContext
from gui.session import Session
from gui.shell.commands import Command, CommandRegistry
from gui.shell.theme import GRID
from gui.widgets import forms
from gui.widgets.buttons import CommandButton
from gui.widgets.passphrase import PassphraseDialog
from gui.widgets.table import RowsTable
from gui.widgets.text import PlainLabel
from gui.widgets.units import count

if TYPE_CHECKING:
    from engine.workflows.verification import ReportVerification


class VerifyPanel(QWidget):
    """Choose a report, read what differs; ``started`` tells that an answer is about to be shown."""

    started = Signal()

    def __init__(self, session: Session, commands: CommandRegistry) -> None:
        super().__init__()
        self._session = session
        self.setAcceptDrops(True)
        commands.add(
            Command("report.verify", "Verify a report…", "Report", self.choose, "Ctrl+Shift+V",
                    "Check a report's PDF, its manifest and, with this store, its records and findings",
                    lambda: session.store is not None)
        )  # fmt: skip
        self.repeat = QCheckBox("Compare with this store and run the findings again")
        self.repeat.setChecked(True)
        self.result = PlainLabel("Drop the PDF of a report here, or choose one.", meaning="muted", wrap=True)
        self.table = RowsTable("Differences, and findings that were not run again", ("Where", "Recorded", "Found"))
        self._locked: tuple[tuple[str, str], ...] = ()
        self._pdf = Path()
        self.unlock = QPushButton("Unlock and verify again…")
        self.unlock.setAutoDefault(False)
        self.unlock.setToolTip("Give the passphrases of the locked series, so that their findings are run again too")
        self.unlock.clicked.connect(self._unlock_next)
        self.unlock.hide()
        tools = QHBoxLayout()
        tools.setSpacing(GRID)
        tools.addWidget(CommandButton(commands.action("report.verify"), icon="verify"))
        tools.addWidget(self.repeat)
        tools.addWidget(self.unlock)
        tools.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, GRID, 0, 0)
        column.setSpacing(GRID)
        column.addLayout(tools)
        column.addWidget(self.result)
        column.addWidget(self.table, 1)
        self.table.hide()
        column.addStretch(0)

    def choose(self) -> None:
        """Ask which report to verify."""
        files = forms.choose_files(self.window(), "Verify a report", "PDF (*.pdf)")
        if files:
            self.verify(files[0])

    def verify(self, pdf: Path) -> None:
        """Verify a report as a job."""
        store = self._session.store
        folder = store.path if store is not None and self.repeat.isChecked() else None
        keyring = self._session.keyring

        def work(context: JobContext) -> "ReportVerification":
            from engine.workflows.verification import verify_report

            return verify_report(pdf, folder, context, keyring=keyring)

        self.started.emit()
        self.result.show_text(f"Verifying {pdf.name}", "muted")
        self.table.hide()
        self.unlock.hide()
        self._session.run(f"Verify {pdf.name}", work, done=partial(self._show, pdf), failed=partial(self._failed, pdf))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        """Take one PDF."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        """Verify what was dropped."""
        self.verify(Path(next(url for url in event.mimeData().urls() if url.isLocalFile()).toLocalFile()))
        event.acceptProposedAction()

    def _show(self, pdf: Path, found: "ReportVerification") -> None:
        repeated = "" if found.repeated is None else f" {count(found.repeated, 'finding')} run again."
        if found.not_repeated:
            repeated += f" {count(len(found.not_repeated), 'finding')} not run again: their series is locked."
        if found.ok and found.not_repeated:
            self.result.show_text(f"{pdf.name}, report {found.number}: no difference found.{repeated}", "muted")
        elif found.ok:
            self.result.show_text(f"{pdf.name}, report {found.number}: nothing differs.{repeated}", "done")
        else:
            text = f"{pdf.name}, report {found.number}: {count(len(found.differences), 'difference')}.{repeated}"
            self.result.show_text(text, "fault")
        differences = [(d.where, d.recorded, d.found) for d in found.differences]
        left_out = [(each.finding_id, f"series {each.series_name}", each.why) for each in found.not_repeated]
        self.table.rows.show([*differences, *left_out])
        self.table.setVisible(bool(differences or left_out))
        self._pdf = pdf
        self._locked = tuple(dict.fromkeys((each.series_id, each.series_name) for each in found.not_repeated))
        self.unlock.setVisible(bool(self._locked))

    def _unlock_next(self) -> None:
        """Ask for the passphrase of each locked series in turn, then verify again."""
        if not self._locked:
            self.verify(self._pdf)
            return
        (series_id, name), *rest = self._locked

        def unlocked() -> None:
            self._locked = tuple(rest)
            self._unlock_next()

        PassphraseDialog(self._session, series_id, name, unlocked, self.window()).open()

    def _failed(self, pdf: Path, error: BaseException) -> None:
        self.result.show_text(f"{pdf.name} could not be verified.", "fault")
        self._session.error_raised.emit(f"Verify {pdf.name}", error)
