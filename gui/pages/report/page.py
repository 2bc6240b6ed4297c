"""The Report page."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QDragEnterEvent, QDropEvent, QFocusEvent, QImage
from PySide6.QtWidgets import QStackedWidget, QTabWidget, QVBoxLayout, QWidget

from engine.core.case import IssuedReport
from engine.jobs import JobContext
from gui.pages.report.fields import FieldsPanel
from gui.pages.report.issue import IssueDialog, IssueWish
from gui.pages.report.opinion import OpinionPanel
from gui.pages.report.preview import PreviewPanel
from gui.pages.report.verify import VerifyPanel
from gui.session import AnyStore, Session
from gui.shell.commands import Command, CommandRegistry
from gui.shell.theme import GRID
from gui.widgets.buttons import CommandButton
from gui.widgets.notes import NoteDialog
from gui.widgets.splits import side_by_side
from gui.widgets.table import RowsTable
from gui.widgets.text import EmptyState
from gui.widgets.units import time_text

if TYPE_CHECKING:
    from engine.workflows.cases import CaseOverview, CustodyEntry

PREVIEW, ISSUED, VERIFY = range(3)


class ReportPage(QWidget):
    """The opinion and the report's fields on the left; preview, issued reports and verification on the right."""

    title = "Report"
    icon = "report"

    def __init__(self, session: Session, commands: CommandRegistry) -> None:
        super().__init__()
        self.session = session
        self.commands = commands
        self._overview: CaseOverview | None = None
        self.setAcceptDrops(True)
        commands.add(
            Command("report.issue", "Issue the report…", "Report", self.issue, "Ctrl+E",
                    "Write the report as PDF/A-3, number it and record its hashes",
                    lambda: session.can_record and session.case_id is not None)
        )  # fmt: skip
        self.preview = PreviewPanel(session, commands)
        self.opinion = OpinionPanel(session, commands)
        self.fields = FieldsPanel(session)
        self.issued = RowsTable("Issued reports", ("Number", "Issued", "Amends", "SHA-256 of the PDF"))
        self.verification = VerifyPanel(session, commands)
        self._lay_out()
        self._connect()

    def refresh(self) -> None:
        """Read the store again and show the case."""
        store, case_id = self.session.store, self.session.case_id
        self._show_parts(has_case=case_id is not None)
        if store is None or case_id is None:
            self._overview = None
            self.opinion.leave()
            self.preview.show_pages(())
            return

        def work(context: JobContext) -> "tuple[CaseOverview, tuple[CustodyEntry, ...], str | None, str]":
            from engine.workflows.cases import case_overview, custody
            from engine.workflows.opinions import opinion_draft

            draft = opinion_draft(store, case_id)
            return case_overview(store, case_id), custody(store, case_id), draft, self.fields.draft(store, case_id)

        self.session.query(work, done=partial(self._show, store, case_id))

    def _show_parts(self, *, has_case: bool) -> None:
        """Show what belongs to a case only where one is open; verifying needs none."""
        opened = has_case and not self.tabs.isTabEnabled(PREVIEW)
        self.stack.setCurrentIndex(1 if has_case else 0)
        for tab in (PREVIEW, ISSUED):
            self.tabs.setTabEnabled(tab, has_case)
        if opened:
            self.tabs.setCurrentIndex(PREVIEW)
        elif not has_case:
            self.tabs.setCurrentIndex(VERIFY)

    def make_preview(self) -> None:
        """Lay the report out as a job and show its pages."""
        store, actor, case_id = self.session.store, self.session.actor, self.session.case_id
        if store is None or actor is None or case_id is None:
            return
        deviations = self.fields.deviations()

        def work(context: JobContext) -> tuple[QImage, ...]:
            from engine.workflows.reports import ReportOptions, preview_report

            options = ReportOptions(deviations=deviations)
            pages = preview_report(store, actor, case_id, options=options, context=context)
            return tuple(QImage.fromData(page) for page in pages)

        def done(pages: tuple[QImage, ...]) -> None:
            if self.session.case_id == case_id:
                self.preview.show_pages(pages)
                self.tabs.setCurrentIndex(PREVIEW)

        self.preview.say_working()
        self.session.run("Preview the report", work, done=done, ended=lambda: self.preview.state.setText(""))

    def issue(self) -> None:
        """Ask for the file and what the report amends, then issue it."""
        overview = self._overview
        if overview is None:
            return
        amended = {report.amends for report in overview.reports}
        warning = "The opinion in the editor has not been given and will not stand in the report."
        name = "".join(c if c.isalnum() or c in "-_" else "-" for c in overview.case.reference or overview.case.title)
        IssueDialog(
            Path.home() / f"report-{name}.pdf",
            tuple(report for report in overview.reports if report.id not in amended),
            warning if self.opinion.pending else "",
            self._issue,
            self.window(),
        ).open()

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's name
        """Hand the keyboard to the opinion's editor."""
        if self.opinion.editor.isVisible():
            self.opinion.editor.setFocus(event.reason())
        else:
            self.focusNextChild()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        """Take a PDF anywhere on the page."""
        self.verification.dragEnterEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        """Verify what was dropped."""
        self.verification.dropEvent(event)

    def _lay_out(self) -> None:
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * GRID)
        column.addWidget(self.opinion, 1)
        column.addWidget(self.fields)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.preview, "Preview")
        issued = QWidget()
        inner = QVBoxLayout(issued)
        inner.setContentsMargins(0, GRID, 0, 0)
        inner.addWidget(self.issued)
        self.tabs.addTab(issued, "Issued reports")
        self.tabs.addTab(self.verification, "Verify")
        self.stack = QStackedWidget()
        self.stack.addWidget(
            EmptyState(
                "No case is open",
                "A report belongs to a case. Choose one on the Case page. A report can be verified without a case.",
                CommandButton(self.commands.action("go.case"), icon="case", text="Go to the Case page", primary=True),
                CommandButton(self.commands.action("report.verify"), icon="verify"),
            )
        )
        self.stack.addWidget(left)
        page = QVBoxLayout(self)
        page.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, GRID)
        page.addWidget(side_by_side(self.stack, self.tabs, shares=(2, 3)))

    def _connect(self) -> None:
        session = self.session
        session.store_changed.connect(self.refresh)
        session.case_changed.connect(self._case_changed)
        session.records_changed.connect(self._records_changed)
        session.actor_changed.connect(self._show_fields)
        self.preview.refresh_wanted.connect(self.make_preview)
        self.verification.started.connect(self._show_verification)

    def _show(
        self,
        store: AnyStore,
        case_id: str,
        found: "tuple[CaseOverview, tuple[CustodyEntry, ...], str | None, str]",
    ) -> None:
        if self.session.store is not store or self.session.case_id != case_id:
            return
        overview, entries, draft, deviations = found
        self._overview = overview
        names = {capture.id: capture.file_name for captures in overview.captures.values() for capture in captures}
        self.opinion.show_case(store, overview, draft, names)
        self.fields.show_case(store, overview, deviations)
        made = {str(entry.event.payload.get("record", {}).get("id", "")): entry.event.time for entry in entries}
        numbers = {report.id: report.number for report in overview.reports}
        self.issued.rows.show(
            [
                (r.number, time_text(made.get(r.id, "")), numbers.get(r.amends or "", ""), r.pdf_sha256)
                for r in overview.reports
            ],
            [report.id for report in overview.reports],
        )
        self.tabs.setTabText(ISSUED, f"Issued reports ({len(overview.reports)})")
        self.commands.refresh()

    def _show_verification(self) -> None:
        """Bring the answer in sight, wherever the report was chosen."""
        self.commands.run("go.report")
        self.tabs.setCurrentIndex(VERIFY)

    def _show_fields(self) -> None:
        if self._overview is not None and self.session.store is not None:
            self.fields.show_case(self.session.store, self._overview, self.fields.deviations())

    def _case_changed(self) -> None:
        self._overview = None
        self.preview.show_pages(())
        self.refresh()

    def _records_changed(self) -> None:
        self.preview.say_stale()
        self.refresh()

    def _issue(self, wish: IssueWish) -> None:
        store, actor, case_id = self.session.store, self.session.actor, self.session.case_id
        if store is None or actor is None or case_id is None:
            return
        deviations = self.fields.deviations()

        def work(context: JobContext) -> IssuedReport:
            from engine.workflows.reports import ReportOptions, make_report

            options = ReportOptions(amends=wish.amends, reason=wish.reason, deviations=deviations)
            return make_report(store, actor, case_id, wish.out, options=options, context=context)

        def done(report: IssuedReport) -> None:
            self.session.records_changed.emit()
            self.tabs.setCurrentIndex(ISSUED)
            lines = (f"Report {report.number} is issued.", str(wish.out), f"SHA-256 {report.pdf_sha256}")
            NoteDialog("Report issued", lines, self.window()).open()

        self.session.run("Issue the report", work, done=done)
