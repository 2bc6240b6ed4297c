"""The Case page."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QFocusEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QStackedWidget, QTabWidget, QVBoxLayout, QWidget

from engine.core.case import Capture, Case, Item
from engine.jobs import JobContext
from gui.pages.case.actions import CaseActions
from gui.pages.case.destroying import DestroyActions
from gui.pages.case.details import CaptureDetails
from gui.pages.case.tree import ItemTree
from gui.session import AnyStore, Session, choose_finding
from gui.shell.commands import Command, CommandRegistry
from gui.shell.theme import GRID
from gui.widgets.buttons import CommandButton
from gui.widgets.combo import ElidedCombo
from gui.widgets.files import local_files
from gui.widgets.outcome import outcome_text
from gui.widgets.pictures import Pictures
from gui.widgets.splits import side_by_side
from gui.widgets.table import RowsTable
from gui.widgets.text import ElidedLabel, EmptyState, PlainLabel
from gui.widgets.units import count, time_text

if TYPE_CHECKING:
    from engine.workflows.captures import IntakeReport
    from engine.workflows.cases import CaseOverview, CustodyEntry
    from engine.workflows.destruction import Destruction

DETAILS, FINDINGS, REFUSED, CUSTODY = range(4)


class CasePage(QWidget):
    """Items and captures on the left; capture, findings, refused files and custody on the right."""

    title = "Case"
    icon = "case"

    def __init__(self, session: Session, commands: CommandRegistry) -> None:
        super().__init__()
        self.session = session
        self.commands = commands
        self._cases: tuple[Case, ...] = ()
        self._overview: CaseOverview | None = None
        self._intake_note = ""
        self._pictures = Pictures(session)
        self.tree = ItemTree(session, commands, self._pictures)
        self.actions_ = CaseActions(
            session, self, capture=self.tree.current_capture, items=self._items, item_id=self.tree.current_item_id
        )
        self.actions_.add_commands(commands)
        DestroyActions(session, self, self._intact_capture).add_commands(commands)
        commands.add(
            Command("case.choose", "Change the case…", "Case", self._focus_cases, "Ctrl+Shift+O",
                    "Choose another case of this store", lambda: session.store is not None)
        )  # fmt: skip
        self.details = CaptureDetails(commands, self._pictures)
        self.findings = RowsTable("Findings of the case", ("Made", "Questioned", "Known", "Outcome"))
        self.refusals = RowsTable("Refused files", ("File", "Reason", "What to do"))
        self.custody = RowsTable("Custody of the case", ("No.", "Time", "Actor", "What"))
        self.setAcceptDrops(True)
        self._lay_out()
        self._connect()

    def refresh(self) -> None:
        """Read the store again and show the case."""
        store, case_id = self.session.store, self.session.case_id
        if store is None:
            return

        def work(context: JobContext) -> "tuple[tuple[Case, ...], CaseOverview | None, tuple[CustodyEntry, ...]]":
            from engine.workflows.cases import case_overview, custody

            if case_id is None:
                return store.cases(), None, ()
            return store.cases(), case_overview(store, case_id), custody(store, case_id)

        self.session.query(work, done=partial(self._show, store, case_id))

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's name
        """Hand the keyboard to the tree; a focus proxy would make Tab skip what stands before it."""
        if self.tree.isVisible():
            self.tree.setFocus(event.reason())
        else:
            self.focusNextChild()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        """Take files anywhere on the page, while they can be recorded."""
        if event.mimeData().hasUrls() and self.commands.action("case.intake").isEnabled():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        """Take the files in; the dialog asks for the item."""
        self._dropped(local_files(event.mimeData()), "")
        event.acceptProposedAction()

    def _lay_out(self) -> None:
        self.cases = ElidedCombo()
        self.cases.setAccessibleName("Case")
        self.cases.setToolTip("The case that is open")
        self.cases.setMinimumContentsLength(24)
        self.cases.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.origin = ElidedLabel(meaning="muted")
        head = QHBoxLayout()
        head.setSpacing(GRID)
        head.addWidget(self.cases, 2)
        head.addWidget(self.origin, 3)
        head.addWidget(CommandButton(self.commands.action("case.new"), icon="new"))
        self.note = PlainLabel(meaning="caution", wrap=True)
        self.note.hide()
        self.empty = EmptyState(
            "No case is open",
            "A case holds the items that are examined and reported together. Open a new one, or choose one above.",
            CommandButton(self.commands.action("case.new"), icon="new", primary=True),
            CommandButton(self.commands.action("actor.choose"), icon="actor"),
        )
        self.body = QStackedWidget()
        self.body.addWidget(self.empty)
        self.body.addWidget(self._case_body())
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, GRID)
        column.setSpacing(GRID)
        column.addLayout(head)
        column.addWidget(self.note)
        column.addWidget(self.body, 1)

    def _case_body(self) -> QWidget:
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.details, "Capture")
        self.tabs.addTab(_padded(self.findings), "Findings")
        self.tabs.addTab(_padded(self.refusals), "Refused files")
        self.tabs.addTab(_padded(self.custody), "Custody")
        return side_by_side(self._left(), self.tabs, shares=(4, 5))

    def _left(self) -> QWidget:
        self.no_items = EmptyState(
            "No items yet",
            "Drop image files here, or add an item first. A scanner capture and a microscope capture are a good start.",
            CommandButton(self.commands.action("case.intake"), icon="intake", primary=True),
            CommandButton(self.commands.action("case.item"), icon="add"),
        )
        self.items = QStackedWidget()
        self.items.addWidget(self.no_items)
        self.items.addWidget(self.tree)
        tools = QHBoxLayout()
        tools.setSpacing(GRID)
        tools.addWidget(CommandButton(self.commands.action("case.item"), icon="add"))
        tools.addWidget(CommandButton(self.commands.action("case.intake"), icon="intake"))
        tools.addStretch(1)
        self.questioned = ElidedLabel()
        self.known = ElidedLabel()
        pair = QVBoxLayout()
        pair.setSpacing(GRID // 2)
        pair.addWidget(self.questioned)
        pair.addWidget(self.known)
        foot = QHBoxLayout()
        foot.setSpacing(GRID)
        foot.addLayout(pair, 1)
        foot.addWidget(
            CommandButton(self.commands.action("case.compare"), icon="compare", text="Compare", primary=True)
        )
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addLayout(tools)
        column.addWidget(self.items, 1)
        column.addLayout(foot)
        return left

    def _connect(self) -> None:
        session = self.session
        session.store_changed.connect(self.refresh)
        session.case_changed.connect(self._case_changed)
        session.records_changed.connect(self.refresh)
        session.actor_changed.connect(self._show_note)
        session.selection_changed.connect(self._show_pair)
        self.cases.activated.connect(self._choose_case)
        self.tree.chosen.connect(self._capture_chosen)
        self.tree.dropped.connect(self._dropped)
        self.findings.activated.connect(lambda _index: self._open_finding())
        self.actions_.taken_in.connect(self._tell_intake)
        self._show_pair()

    def _show(
        self,
        store: AnyStore,
        case_id: str | None,
        found: "tuple[tuple[Case, ...], CaseOverview | None, tuple[CustodyEntry, ...]]",
    ) -> None:
        if self.session.store is not store or self.session.case_id != case_id:
            return
        self._cases, overview, entries = found
        self._overview = overview
        self.cases.clear()
        self.cases.addItems([case.title for case in self._cases])
        self.cases.setCurrentIndex(next((n for n, case in enumerate(self._cases) if case.id == case_id), -1))
        self.cases.setPlaceholderText("Choose a case" if self._cases else "The store holds no case yet")
        self.body.setCurrentIndex(0 if overview is None else 1)
        self._show_note()
        if overview is not None:
            self._show_overview(overview, entries)
        self.commands.refresh()

    def _show_overview(self, overview: "CaseOverview", entries: "tuple[CustodyEntry, ...]") -> None:
        case = overview.case
        self.origin.setText(", ".join(filter(None, [case.reference, case.customer, case.note])))
        self.tree.show_items(
            tuple((item.id, item.name, item.standing, item.simulated) for item in overview.items),
            dict(overview.captures),
            {sha256: _gone(order) for sha256, order in overview.destroyed.items()},
        )
        self.items.setCurrentIndex(1 if overview.items else 0)
        names = {capture.id: capture.file_name for captures in overview.captures.values() for capture in captures}
        made = {str(entry.event.payload.get("record", {}).get("id", "")): entry.event.time for entry in entries}
        self.findings.rows.show(
            [
                (time_text(made.get(finding.id, "")), *_pair_names(finding.capture_ids, names), outcome_text(finding))
                for finding in overview.findings
            ],
            [finding.id for finding in overview.findings],
        )
        self.refusals.rows.show([(r.file_name, r.reason, r.remedy) for r in overview.refusals])
        self.custody.rows.show(
            [(str(e.event.sequence), time_text(e.event.time), e.actor_name, e.text) for e in entries]
        )
        self.custody.scrollToBottom()
        self.tabs.setTabText(FINDINGS, f"Findings ({len(overview.findings)})")
        self.tabs.setTabText(REFUSED, f"Refused files ({len(overview.refusals)})")
        self._show_pair()

    def _show_note(self) -> None:
        store = self.session.store
        text = ""
        if store is not None and store.read_only:
            text = f"Nothing can be recorded in this store. {store.read_only_reason}."
        elif store is not None and self.session.actor is None:
            text = "Nothing can be recorded until it is known who is working (Ctrl+Shift+U)."
        text = text or self._intake_note
        self.note.setText(text)
        self.note.setVisible(bool(text))

    def _show_pair(self) -> None:
        names = {}
        if self._overview is not None:
            names = {capture.id: capture.file_name for c in self._overview.captures.values() for capture in c}
        for label, side, chosen in (
            (self.questioned, "Questioned", self.session.questioned_id),
            (self.known, "Known", self.session.known_id),
        ):
            name = names.get(chosen or "", "not chosen yet")
            label.show_text(f"{side}: {name}", "text" if chosen in names else "muted")

    def _items(self) -> tuple[Item, ...]:
        return self._overview.items if self._overview is not None else ()

    def _case_changed(self) -> None:
        self._overview = None
        self._intake_note = ""
        self.refresh()

    def _choose_case(self, place: int) -> None:
        if 0 <= place < len(self._cases):
            self.session.case_id = self._cases[place].id

    def _focus_cases(self) -> None:
        self.commands.run("go.case")
        self.cases.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.cases.showPopup()

    def _intact_capture(self) -> Capture | None:
        """Return the capture of the current row, unless its bytes were destroyed."""
        capture, overview = self.tree.current_capture(), self._overview
        return None if capture is None or overview is None or capture.sha256 in overview.destroyed else capture

    def _capture_chosen(self) -> None:
        capture, overview = self.tree.current_capture(), self._overview
        order = overview.destroyed.get(capture.sha256) if capture is not None and overview is not None else None
        self.details.show_capture(capture, _gone(order) if order is not None else "")
        self.commands.refresh()

    def _dropped(self, files: list[Path], item_id: str) -> None:
        self.actions_.take_in(files, item_id)

    def _open_finding(self) -> None:
        """Show the finding of the current row on the Compare page."""
        if self._overview is None:
            return
        for finding in self._overview.findings:
            if finding.id == self.findings.current_key():
                choose_finding(self.session, finding)
                self.commands.run("go.compare")

    def _tell_intake(self, report: "IntakeReport") -> None:
        self._intake_note = ""
        if report.refusals:
            taken, refused = count(len(report.captures), "capture"), count(len(report.refusals), "file")
            self._intake_note = f"{taken} taken in, {refused} refused: see Refused files."
            self.tabs.setCurrentIndex(REFUSED)
        self._show_note()


def _gone(order: "Destruction") -> str:
    reason = f" ({order.reason})" if order.reason else ""
    return f"The original bytes were destroyed by order {order.order}{reason}. What was recorded of them stays."


def _padded(widget: QWidget) -> QWidget:
    frame = QWidget()
    column = QVBoxLayout(frame)
    column.setContentsMargins(0, GRID, 0, 0)
    column.addWidget(widget)
    return frame


def _pair_names(capture_ids: tuple[str, ...], names: dict[str, str]) -> tuple[str, str]:
    questioned, *others = [names.get(capture_id, capture_id) for capture_id in capture_ids]
    return questioned, ", ".join(others)
