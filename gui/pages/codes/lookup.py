"""Look a product ID up: what the register says, what looks odd, and the life of the product as a timeline."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QStackedWidget, QVBoxLayout, QWidget

from engine.jobs import JobContext
from engine.workflows.codes.tracing import RegisterAnswer
from gui.pages.codes.timeline import Timeline
from gui.pages.codes.words import OUTCOMES, STATES, answer_rows, checked_row, entries_of, own_warnings
from gui.session import Session
from gui.shell.commands import CommandRegistry
from gui.shell.theme import GRID
from gui.widgets.buttons import CommandButton
from gui.widgets.splits import stacked
from gui.widgets.table import RowsTable
from gui.widgets.text import EmptyState, PlainLabel

if TYPE_CHECKING:
    from engine.workflows.codes.checked import CheckedCode

WARNINGS_SHOWN = 8


class LookupPanel(QWidget):
    """A line for the ID, and the register's answer below; ``answered`` comes when there is a new one."""

    answered = Signal()

    def __init__(self, session: Session, commands: CommandRegistry) -> None:
        super().__init__()
        self._session = session
        self._asked = ("", True)
        self._checked: tuple[CheckedCode, ...] = ()
        self._filling = False
        self.answer: RegisterAnswer | None = None
        self.line = QLineEdit()
        self.line.setAccessibleName("Product ID")
        self.line.setPlaceholderText("Product ID, or what the code says")
        self.line.setAcceptDrops(False)  # the page takes dropped images, whose name is no ID
        self.line.returnPressed.connect(self.look_up)
        self.state = PlainLabel(level=2, wrap=True)
        self.outcome = PlainLabel(wrap=True, level=3)
        self.anomalies = PlainLabel(meaning="caution", wrap=True)
        self.checked = RowsTable("Codes of the images", ("Code", "Register", "Indicator", "Outcome"))
        self.checked.setMaximumHeight(16 * GRID)
        self.facts = RowsTable("What the register holds", ("", ""), headers_shown=False)
        self.timeline = Timeline()
        self.empty = EmptyState(
            "Look up a product ID",
            "Type or paste an ID and press Enter, or drop images of codes here: the codes are read, and measured where "
            "their series is unlocked. What the register knows of them is shown.",
            CommandButton(commands.action("codes.image"), icon="image", primary=True),
        )  # fmt: skip
        self.body = QStackedWidget()
        self._lay_out(commands)
        self.checked.selectionModel().currentRowChanged.connect(lambda *_: self._filling or self._ask_checked())
        self.show_checked(())

    def look_up(self) -> None:
        """Ask the register for what was typed."""
        text = self.line.text().strip()
        if text:
            self.show_checked(())
            self.ask(text, typed=True)

    def ask(self, text: str, *, typed: bool) -> None:
        """Ask the register; ``typed`` forgives what people get wrong in an ID."""
        store = self._session.store
        if store is None:
            return
        self._asked = asked = (text, typed)

        def work(context: JobContext) -> RegisterAnswer:
            from engine.workflows.codes.tracing import query

            return query(store, text, typed=typed)

        self._session.query(work, done=partial(self._show, asked))

    def refresh(self) -> None:
        """Ask again for what is shown."""
        text, typed = self._asked
        if text:
            self.ask(text, typed=typed)

    def clear(self) -> None:
        """Show nothing, as for a new store."""
        self._asked = ("", True)
        self.line.clear()
        self.show_checked(())
        self._show(self._asked, None)

    def show_checked(self, checked: "Sequence[CheckedCode]") -> None:
        """List the codes that were checked, and ask the register for the first."""
        self._checked = tuple(checked)
        self.checked.setVisible(bool(checked))
        self._filling = True
        self.checked.rows.show([checked_row(code) for code in checked])
        if checked:
            self.checked.selectRow(0)
        self._filling = False
        self._ask_checked()

    def focus_line(self) -> None:
        """Begin a new ID."""
        self.line.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.line.selectAll()

    def _lay_out(self, commands: CommandRegistry) -> None:
        head = QHBoxLayout()
        head.setSpacing(GRID)
        head.addWidget(self.line, 1)
        head.addWidget(CommandButton(commands.action("codes.look_up"), icon="search", text="Look up"))
        head.addWidget(CommandButton(commands.action("codes.image"), icon="image", text="From an image…"))
        foot = QHBoxLayout()
        foot.setSpacing(GRID)
        for key in ("codes.step", "codes.steps", "codes.void"):
            foot.addWidget(CommandButton(commands.action(key)))
        foot.addStretch(1)
        splitter = stacked(self.facts, self.timeline, shares=(2, 3))
        answer = QWidget()
        column = QVBoxLayout(answer)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(self.checked)
        column.addWidget(self.state)
        column.addWidget(self.outcome)
        column.addWidget(self.anomalies)
        column.addWidget(splitter, 1)
        self.body.addWidget(self.empty)
        self.body.addWidget(answer)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, GRID, 0, 0)
        outer.setSpacing(GRID)
        outer.addLayout(head)
        outer.addWidget(self.body, 1)
        outer.addLayout(foot)

    def _chosen(self) -> "CheckedCode | None":
        row = self.checked.currentIndex().row()
        return self._checked[row] if 0 <= row < len(self._checked) else None

    def _ask_checked(self) -> None:
        """Ask the register again for the chosen code, so that this check stands in its history."""
        chosen = self._chosen()
        if chosen is not None:
            self.line.setText(chosen.check.code_text)
            self.ask(chosen.check.code_text, typed=False)

    def _show(self, asked: tuple[str, bool], answer: RegisterAnswer | None) -> None:
        if asked != self._asked:
            return
        self.answer = answer
        self.body.setCurrentIndex(0 if answer is None else 1)
        if answer is not None:
            self.state.show_text(*STATES[answer.state])
            self._show_check(answer)
            self.facts.rows.show(answer_rows(answer))
            self.timeline.show_entries(tuple(entries_of(answer)))
        self.answered.emit()

    def _show_check(self, answer: RegisterAnswer) -> None:
        """Show what the check of the chosen code came to, if one was made, and all that is odd."""
        chosen = self._chosen()
        self.outcome.setVisible(chosen is not None)
        said: list[str] = []
        if chosen is not None:
            self.outcome.show_text(chosen.check.outcome, OUTCOMES[chosen.check.passes])
            said = list(own_warnings(chosen, answer))
        said += [anomaly.text for anomaly in answer.anomalies]
        lines = list(dict.fromkeys(said))
        if len(lines) > WARNINGS_SHOWN:
            lines[WARNINGS_SHOWN:] = [f"And {len(lines) - WARNINGS_SHOWN} more; the timeline holds what they rest on."]
        self.anomalies.setText("\n".join(lines))
        self.anomalies.setVisible(bool(lines))
