"""The Compare page."""

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from engine.core.case import Capture
from engine.core.finding import Finding
from engine.jobs import Job, JobContext
from gui.pages.compare.choices import Choices, Way, captures_of, way_of
from gui.pages.compare.code import CodeExamination
from gui.pages.compare.label import LabelExamination, LabelView, label_view
from gui.pages.compare.opening import CaptureOpener
from gui.session import AnyStore, Session, choose_finding
from gui.shell.commands import Command, CommandRegistry
from gui.shell.theme import GRID
from gui.stage.geometry import Side
from gui.stage.stage import Stage
from gui.widgets.buttons import CommandButton
from gui.widgets.text import EmptyState

if TYPE_CHECKING:
    from engine.workflows.cases import CaseOverview

NO_CASE, NO_PAIR, STAGE = range(3)
PAIR_NEEDED = (
    "Two captures are needed",
    "Take in one capture of a questioned item and one of a known item on the Case page. "
    "Both appear here side by side. A two-level QR code or a micro-pattern label needs only the capture that shows it.",
)
CODE_NEEDED = (
    "A capture is needed",
    "Take in a capture that shows a two-level QR code on the Case page. Scan at the resolution of its print or finer.",
)
LABEL_NEEDED = (
    "A capture is needed",
    "Take in a microscope capture that shows a micro-pattern label on the Case page: the whole etched frame, in focus.",
)
NEEDED = {Way.CAPTURES: PAIR_NEEDED, Way.CODE: CODE_NEEDED, Way.LABEL: LABEL_NEEDED}


class ComparePage(QWidget):
    """Captures of the case on the stage, their comparison or examination as a job, and its findings."""

    title = "Compare"
    icon = "compare"

    def __init__(self, session: Session, commands: CommandRegistry) -> None:
        super().__init__()
        self.session = session
        self.commands = commands
        self._overview: CaseOverview | None = None
        self._loading = ""
        self._declined: set[tuple[str, ...]] = set()
        self._comparing: Job[tuple[Finding, ...]] | None = None
        self.way = Way.CAPTURES
        self.stage = Stage(commands)
        self.opener = CaptureOpener(session, self.stage, self._opened)
        self.codes = CodeExamination(session, self)
        self.labels = LabelExamination(session, self.stage, self)
        for section in (self.codes.section, self.labels.section):
            self.stage.finding_panel.add_section(section)
        self._add_commands()
        button = CommandButton(commands.action("compare.run"), icon="compare", text="Compare", primary=True)
        self.choices = Choices(button, self.labels.choice)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self._follow)
        self._lay_out()
        self._connect()

    def refresh(self) -> None:
        """Read the case again and show it."""
        store, case_id = self.session.store, self.session.case_id
        if store is None or case_id is None:
            self._show(store, case_id, None)
            return

        def work(context: JobContext) -> "CaseOverview":
            from engine.workflows.cases import case_overview

            return case_overview(store, case_id)

        self.session.query(work, done=partial(self._show, store, case_id))

    def set_way(self, way: Way) -> None:
        """Choose the method; a finding of another one goes off the stage."""
        if way is self.way:
            return
        self.way = way
        self.opener.forget(Side.KNOWN)
        self._loading = ""
        self.labels.clear()
        self.stage.set_alone(way is Way.CODE)
        if way is Way.LABEL:
            self.stage.show_image(Side.KNOWN, None)
            self.labels.show_hint()
        if self._way_of_chosen() not in (None, way):
            self.session.finding_id = None
        self._show_body()
        self._soon.start()

    def _hint(self) -> None:
        """Say beside a questioned label what to do; with another method the known pane has words of its own."""
        if self.way is Way.LABEL and Side.KNOWN not in self.stage.scene.images:
            self.labels.show_hint()

    def compare(self) -> None:
        """Compare or examine the captures on the stage as a job; what is found is shown when it is made."""
        session = self.session
        store, actor, case_id = session.store, session.actor, session.case_id
        if store is None or actor is None or case_id is None:
            return
        captures = [self.stage.scene.images[side].capture for side in self.way.sides]
        about = tuple(capture.id for capture in captures)
        done = partial(self._made, case_id, about)
        if self.way is Way.CODE:
            self.codes.examine(captures[0], done)
        elif self.way is Way.LABEL:
            self.labels.identify(captures[0], done)
        else:

            def work(context: JobContext) -> tuple[Finding, ...]:
                from engine.workflows.findings import compare

                return (compare(store, actor, case_id, *about, context=context),)

            names = " with ".join(capture.file_name for capture in captures)
            self._comparing = session.run(f"Compare {names}", work, done=done, ended=self.commands.refresh)
        self.commands.refresh()

    def _add_commands(self) -> None:
        for command in (
            Command("compare.run", "Compare or examine", "Stage", self.compare, "Ctrl+R",
                    "Do what the chosen method does with the captures on the stage; the finding is recorded",
                    self._can_compare),
            Command("compare.captures", "Method: comparison of captures", "Stage", partial(self.set_way, Way.CAPTURES),
                    tip="Register two captures and map their correlation", enabled=lambda: self._overview is not None),
            Command("compare.label", "Method: micro-pattern label", "Stage", partial(self.set_way, Way.LABEL),
                    tip="Find the known label that a capture shows in a library; one capture is enough",
                    enabled=lambda: self._overview is not None),
            Command("compare.next_candidate", "Next candidate", "Stage", partial(self.labels.strip.step, 1), "N",
                    "Show the next label that is most like the questioned one", lambda: bool(self.labels.candidates)),
            Command("compare.previous_candidate", "Previous candidate", "Stage", partial(self.labels.strip.step, -1),
                    "Shift+N", "Show the label before in the strip", lambda: bool(self.labels.candidates)),
            Command("compare.code", "Method: two-level QR code", "Stage", partial(self.set_way, Way.CODE),
                    tip="Measure what is left of a code's patterns; one capture is enough",
                    enabled=lambda: self._overview is not None),
        ):  # fmt: skip
            self.commands.add(command)

    def _lay_out(self) -> None:
        go = self.commands.action("go.case")
        self.no_case = EmptyState(
            "No case is open",
            "Open a case first. Its questioned and known captures are compared here.",
            CommandButton(go, icon="case", primary=True),
        )
        self.no_pair = EmptyState(
            *PAIR_NEEDED,
            CommandButton(go, icon="case", text="Go to the case", primary=True),
            CommandButton(self.commands.action("compare.code"), text="Examine a two-level QR code"),
            CommandButton(self.commands.action("compare.label"), text="Identify a micro-pattern label"),
        )
        shown = QWidget()
        column = QVBoxLayout(shown)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(self.choices)
        column.addWidget(self.stage, 1)
        column.addWidget(self.labels.panel)
        self.body = QStackedWidget()
        for part in (self.no_case, self.no_pair, shown):
            self.body.addWidget(part)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(GRID, GRID, GRID, GRID // 2)
        outer.addWidget(self.body)

    def _connect(self) -> None:
        session = self.session
        session.leaving.connect(self._leave)
        session.case_changed.connect(self.refresh)
        session.records_changed.connect(self.refresh)
        session.selection_changed.connect(self._soon.start)
        self.stage.changed.connect(lambda: self.codes.follow(self.stage.scene.finding))
        self.stage.changed.connect(lambda: self.labels.follow(self.stage.scene.finding))
        self.labels.changed.connect(self.commands.refresh)
        self.labels.changed.connect(self._hint)
        self.choices.method_chosen.connect(self.set_way)
        self.choices.capture_chosen.connect(self._choose_capture)
        self.choices.finding_chosen.connect(self._choose_finding)

    def _show(self, store: AnyStore | None, case_id: str | None, overview: "CaseOverview | None") -> None:
        if self.session.store is not store or self.session.case_id != case_id:
            return
        self._overview = overview
        if overview is None:
            self.body.setCurrentIndex(NO_CASE)
            return
        self._show_body()
        self.choices.show_overview(overview)
        for captures in overview.captures.values():
            for capture in captures:
                self.stage.update_capture(capture)
        for side, image in tuple(self.stage.scene.images.items()):
            if image.capture.sha256 in overview.destroyed:
                self.stage.show_image(side, None)
        self._follow()
        self.codes.refresh()  # the register may know more by now
        self.labels.refresh()

    def _show_body(self) -> None:
        """Show the stage where there are captures enough for the method, else what to do."""
        if self._overview is None:
            return
        self.choices.show_method(self.way)
        count = len(self._overview.capture_ids())
        title, text = NEEDED[self.way]
        self.no_pair.title.setText(title)
        self.no_pair.text.setText(text)
        self.body.setCurrentIndex(STAGE if count >= len(self.way.sides) else NO_PAIR)

    def _ready(self) -> bool:
        """Whether every capture that the method needs is on the stage."""
        return not self.opener.pending and all(side in self.stage.scene.images for side in self.way.sides)

    def _way_of_chosen(self) -> Way | None:
        """Return how the chosen finding was made; None where none of the case is chosen."""
        findings = self._overview.findings if self._overview else ()
        return next((way_of(finding) for finding in findings if finding.id == self.session.finding_id), None)

    def _chosen(self) -> tuple[str, ...]:
        """Return the captures chosen for the method, an empty text where one is missing."""
        ids = {Side.QUESTIONED: self.session.questioned_id, Side.KNOWN: self.session.known_id}
        return tuple(ids[side] or "" for side in self.way.sides)

    def _follow(self) -> None:
        """Bring the stage to what the session has chosen."""
        overview, session = self._overview, self.session
        if overview is None or session.store is None:
            return
        way = self._way_of_chosen()
        if way is not None and way is not self.way:
            self.set_way(way)
            return
        chosen: dict[Side, str | None] = {Side.QUESTIONED: session.questioned_id, Side.KNOWN: session.known_id}
        for side in self.way.sides:
            if chosen[side] is None and (found := captures_of(overview, side)):
                self._choose_capture(side, found[0][1].id)
                return
        self.choices.show_chosen(chosen, session.finding_id)
        for side in self.way.sides:
            self.opener.open(side, _found(overview, chosen[side]))
        self._follow_finding(self._chosen())
        self.commands.refresh()

    def _follow_finding(self, chosen: tuple[str, ...]) -> None:
        assert self._overview is not None
        about_chosen = [
            finding.id
            for finding in self._overview.findings
            if way_of(finding) is self.way and finding.capture_ids[: len(chosen)] == chosen
        ]
        finding_id = self.session.finding_id
        if finding_id is None and about_chosen and chosen not in self._declined:
            self.session.finding_id = about_chosen[-1]
        elif finding_id is None:
            self._show_finding(None)
        elif finding_id in about_chosen:
            self._load_finding(finding_id)
        elif self._way_of_chosen() is not None:
            self.session.finding_id = None  # it is about other captures

    def _opened(self) -> None:
        self._loading = ""
        self._soon.start()
        if self.way is Way.CODE:
            self.codes.read_ahead(self.stage.scene.images[Side.QUESTIONED].capture)
        elif self.way is Way.LABEL:
            self.labels.prepare()

    def _load_finding(self, finding_id: str) -> None:
        """Read a finding with its overlays once its captures are on the stage."""
        store, scene = self.session.store, self.stage.scene
        shown = scene.finding.id if scene.finding else ""
        if not self._ready() or finding_id in (shown, self._loading):
            return
        self._loading = finding_id

        def work(context: JobContext) -> tuple[Finding, LabelView | None]:
            from engine.workflows.findings import load_finding

            assert store is not None
            finding = load_finding(store, finding_id)
            return finding, label_view(store, finding) if way_of(finding) is Way.LABEL else None

        self.session.query(work, done=self._loaded)

    def _loaded(self, found: tuple[Finding, LabelView | None]) -> None:
        finding, view = found
        wanted = self._loading == finding.id and self.session.finding_id == finding.id
        self._loading = ""
        if wanted and self._ready():
            self._show_finding(finding, view)

    def _show_finding(self, finding: Finding | None, view: LabelView | None = None) -> None:
        shown = self.stage.scene.finding
        if (finding is None) == (shown is None) and (finding and finding.id) == (shown and shown.id):
            return
        if finding is not None and view is not None:
            self.labels.show(finding, view)
        else:
            self.stage.show_finding(finding)

    def _made(self, case_id: str, about: tuple[str, ...], findings: tuple[Finding, ...]) -> None:
        """Show the first of the findings just made about captures that are still chosen."""
        if self.session.case_id == case_id and findings:
            self._declined.discard(about)
            if about == self._chosen():
                self.session.finding_id = findings[0].id
        self.session.records_changed.emit()

    def _choose_capture(self, side: Side, capture_id: str) -> None:
        if side is Side.QUESTIONED:
            self.session.questioned_id = capture_id
        else:
            self.session.known_id = capture_id

    def _choose_finding(self, finding_id: str) -> None:
        if not finding_id:
            self._declined.add(self._chosen())
            self.session.finding_id = None
            return
        assert self._overview is not None
        finding = next(finding for finding in self._overview.findings if finding.id == finding_id)
        choose_finding(self.session, finding)

    def _can_compare(self) -> bool:
        running = self.codes.running or self.labels.running
        running = running or (self._comparing is not None and not self._comparing.state.ended)
        missing = self.way is Way.LABEL and not self.labels.ready
        return self.session.can_record and self._ready() and not running and not missing

    def _leave(self) -> None:
        """Take everything off the stage before its store goes."""
        self._overview = None
        self.opener.forget(*Side)
        self._loading = ""
        self._declined.clear()
        self.labels.clear()
        self.stage.close_stage()


def _found(overview: "CaseOverview", capture_id: str | None) -> tuple[str, Capture] | None:
    """Return a capture of a case with the name of its item."""
    captures = ((item.name, capture) for item in overview.items for capture in overview.captures.get(item.id, ()))
    return next((found for found in captures if found[1].id == capture_id), None)
