"""The opinion: an editor whose draft saves itself, the findings it rests on, and the opinions given before."""

from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QListWidgetItem, QPlainTextEdit, QVBoxLayout, QWidget

from engine.core.case import Opinion
from engine.core.errors import TouchstoneError
from engine.jobs import JobContext
from gui.session import AnyStore, Session
from gui.shell.commands import Command, CommandRegistry
from gui.shell.theme import GRID
from gui.widgets.buttons import CommandButton
from gui.widgets.outcome import outcome_text, subject_text
from gui.widgets.table import RoomyRows
from gui.widgets.text import PlainLabel, plain_tip

if TYPE_CHECKING:
    from engine.workflows.cases import CaseOverview

SAVE_AFTER_MS = 800
ID = Qt.ItemDataRole.UserRole


class OpinionPanel(QWidget):
    """Write the opinion, tick the findings it rests on, give it."""

    def __init__(self, session: Session, commands: CommandRegistry) -> None:
        super().__init__()
        self._session = session
        self._place: tuple[AnyStore, str] | None = None
        self._saved = ""
        self.editor = QPlainTextEdit()
        self.editor.setAccessibleName("Opinion")
        self.editor.setTabChangesFocus(True)
        self.editor.setPlaceholderText(
            "What do the findings support, how strongly, what else could explain them? Inconclusive is an answer too."
        )
        self.state = PlainLabel(meaning="muted")
        self.findings = QListWidget()
        self.findings.setAccessibleName("Findings that the opinion rests on")
        self.findings.setItemDelegate(RoomyRows(self.findings))
        self.no_findings = PlainLabel(
            "None yet. Compare two captures or examine a code first.", meaning="muted", wrap=True
        )
        self.given = QPlainTextEdit()
        self.given.setReadOnly(True)
        self.given.setTabChangesFocus(True)
        self.given.setAccessibleName("Opinions given")
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SAVE_AFTER_MS)
        self._timer.timeout.connect(self.save)
        self._add_commands(commands)
        self._lay_out(commands)
        self.editor.textChanged.connect(self._edited)
        session.leaving.connect(self.save)

    @property
    def pending(self) -> bool:
        """Whether the editor holds text that no opinion carries yet."""
        return bool(self.editor.toPlainText().strip())

    def show_case(self, store: AnyStore, overview: "CaseOverview", draft: str | None, names: dict[str, str]) -> None:
        """Show a case's findings and opinions; the draft only where the editor does not hold this case already."""
        place = (store, overview.case.id)
        if place != self._place:
            self._place = place
            self._fill(draft or "")
            self.state.setText("Draft restored" if draft else "")
        self._show_findings(overview, names)
        self.given.setPlainText("\n\n".join(_in_words(number, o) for number, o in enumerate(overview.opinions, 1)))
        self._given_title.setVisible(bool(overview.opinions))
        self.given.setVisible(bool(overview.opinions))

    def leave(self) -> None:
        """Show no case."""
        self._place = None
        self._fill("")

    def save(self) -> None:
        """Save the draft now, if it changed; a short write on this thread, so that nothing is lost at closing."""
        self._timer.stop()
        text = self.editor.toPlainText()
        if self._place is None or text == self._saved or self._place[0].read_only:
            return
        from engine.workflows.opinions import save_opinion_draft

        store, case_id = self._place
        try:
            save_opinion_draft(store, case_id, text)
        except (TouchstoneError, OSError) as error:
            self.state.show_text("The draft could not be saved", "fault")
            self._session.error_raised.emit("Save the draft", error)
            return
        self._saved = text
        self.state.show_text(f"Draft saved {datetime.now():%H:%M:%S}", "muted")

    def chosen_findings(self) -> tuple[str, ...]:
        """Return the identifiers of the ticked findings."""
        rows = (self.findings.item(number) for number in range(self.findings.count()))
        return tuple(str(row.data(ID)) for row in rows if row.checkState() is Qt.CheckState.Checked)

    def give(self) -> None:
        """Record the opinion; the editor is then empty again."""
        actor = self._session.actor
        if self._place is None or actor is None:
            return
        self.save()
        store, case_id = place = self._place
        text, findings = self.editor.toPlainText(), self.chosen_findings()

        def work(context: JobContext) -> Opinion:
            from engine.workflows.opinions import give_opinion

            return give_opinion(store, actor, case_id, text, findings)

        def done(_opinion: Opinion) -> None:
            if self._place == place:
                self._fill("")
                self.state.show_text("Opinion given and recorded", "done")
            self._session.records_changed.emit()

        self._session.run("Give the opinion", work, done=done)

    def _add_commands(self, commands: CommandRegistry) -> None:
        for command in (
            Command("opinion.give", "Give the opinion", "Report", self.give, "Ctrl+Shift+G",
                    "Record the opinion; a later one corrects it, and both stay readable",
                    lambda: self._session.can_record and self._session.case_id is not None and self.pending),
            Command("opinion.undo", "Undo in the opinion", "Report", self.editor.undo, tip="Undo the last edit",
                    enabled=lambda: self.editor.document().isUndoAvailable()),
            Command("opinion.redo", "Redo in the opinion", "Report", self.editor.redo, tip="Redo what was undone",
                    enabled=lambda: self.editor.document().isRedoAvailable()),
        ):  # fmt: skip
            commands.add(command)
        for signal in (self.editor.undoAvailable, self.editor.redoAvailable):
            signal.connect(lambda _available: commands.refresh())
        self._refresh_commands = commands.refresh

    def _lay_out(self, commands: CommandRegistry) -> None:
        foot = QHBoxLayout()
        foot.setSpacing(GRID)
        foot.addWidget(self.state, 1)
        foot.addWidget(CommandButton(commands.action("opinion.undo"), icon="undo", text="Undo"))
        foot.addWidget(CommandButton(commands.action("opinion.redo"), icon="redo", text="Redo"))
        foot.addWidget(CommandButton(commands.action("opinion.give"), icon="done", primary=True))
        self._given_title = PlainLabel("Given so far", level=3)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(PlainLabel("Opinion", level=3))
        column.addWidget(self.editor, 3)
        column.addLayout(foot)
        column.addWidget(PlainLabel("Findings that it rests on", level=3))
        column.addWidget(self.no_findings)
        column.addWidget(self.findings, 1)
        column.addWidget(self._given_title)
        column.addWidget(self.given, 1)

    def _edited(self) -> None:
        if self.editor.toPlainText() != self._saved:
            self.state.show_text("Draft not saved yet", "muted")
            self._timer.start()
        self._refresh_commands()

    def _fill(self, text: str) -> None:
        self._saved = text
        self.editor.setPlainText(text)
        self._timer.stop()
        self.state.setText("")

    def _show_findings(self, overview: "CaseOverview", names: dict[str, str]) -> None:
        rows = [self.findings.item(number) for number in range(self.findings.count())]
        unticked = {str(row.data(ID)) for row in rows if row.checkState() is Qt.CheckState.Unchecked}
        self.findings.clear()
        self.findings.setVisible(bool(overview.findings))
        self.no_findings.setVisible(not overview.findings)
        for number, finding in enumerate(overview.findings, 1):
            pair = " / ".join(names.get(capture_id, capture_id) for capture_id in finding.capture_ids)
            what = ": ".join(filter(None, (pair, subject_text(finding), outcome_text(finding))))
            row = QListWidgetItem(f"{number}. {what}")
            row.setFlags(row.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            row.setCheckState(Qt.CheckState.Unchecked if finding.id in unticked else Qt.CheckState.Checked)
            row.setData(ID, finding.id)
            row.setToolTip(plain_tip(row.text()))
            self.findings.addItem(row)


def _in_words(number: int, opinion: Opinion) -> str:
    correction = " (corrects the one before)" if opinion.corrects else ""
    return f"{number}.{correction} {opinion.text}"
