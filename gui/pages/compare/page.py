"""The Compare page."""

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from engine.core.case import Capture
from engine.core.finding import Finding
from engine.imaging.tiles import TileSource
from engine.jobs import Job, JobContext
from gui.pages.compare.choices import Choices, captures_of
from gui.session import AnyStore, Session
from gui.shell.commands import Command, CommandRegistry
from gui.shell.theme import GRID
from gui.stage.geometry import Side
from gui.stage.layer import Closing
from gui.stage.scene import StageImage
from gui.stage.stage import Stage
from gui.widgets.buttons import CommandButton
from gui.widgets.text import EmptyState

if TYPE_CHECKING:
    from engine.workflows.cases import CaseOverview

NO_CASE, NO_PAIR, STAGE = range(3)


class ComparePage(QWidget):
    """Two captures of the case on the stage, the comparison as a job, and its findings."""

    title = "Compare"
    icon = "compare"

    def __init__(self, session: Session, commands: CommandRegistry) -> None:
        super().__init__()
        self.session = session
        self.commands = commands
        self._overview: CaseOverview | None = None
        self._opening: dict[Side, str] = {}
        self._loading = ""
        self._declined: set[tuple[str, str]] = set()
        self._comparing: Job[Finding] | None = None
        self.stage = Stage(commands)
        commands.add(
            Command("compare.run", "Compare", "Stage", self.compare, "Ctrl+R",
                    "Register both captures and map their correlation; the finding is recorded", self._can_compare)
        )  # fmt: skip
        button = CommandButton(commands.action("compare.run"), icon="compare", text="Compare", primary=True)
        self.choices = Choices(button)
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

    def compare(self) -> None:
        """Compare the captures on the stage as a job; the finding is shown when it is made."""
        session = self.session
        store, actor, case_id = session.store, session.actor, session.case_id
        questioned_id, known_id = session.questioned_id, session.known_id
        if store is None or actor is None or case_id is None or questioned_id is None or known_id is None:
            return

        def work(context: JobContext) -> Finding:
            from engine.workflows.findings import compare

            return compare(store, actor, case_id, questioned_id, known_id, context=context)

        names = [image.capture.file_name for image in self.stage.scene.images.values()]
        self._comparing = session.run(f"Compare {' with '.join(names)}", work, done=partial(self._compared, case_id))
        self.commands.refresh()

    def _lay_out(self) -> None:
        go = self.commands.action("go.case")
        self.no_case = EmptyState(
            "No case is open",
            "Open a case first. Its questioned and known captures are compared here.",
            CommandButton(go, icon="case", primary=True),
        )
        self.no_pair = EmptyState(
            "Two captures are needed",
            "Take in one capture of a questioned item and one of a known item on the Case page. "
            "Both appear here side by side.",
            CommandButton(go, icon="case", text="Go to the case", primary=True),
        )
        shown = QWidget()
        column = QVBoxLayout(shown)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(self.choices)
        column.addWidget(self.stage, 1)
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
        self.choices.capture_chosen.connect(self._choose_capture)
        self.choices.finding_chosen.connect(self._choose_finding)

    def _show(self, store: AnyStore | None, case_id: str | None, overview: "CaseOverview | None") -> None:
        if self.session.store is not store or self.session.case_id != case_id:
            return
        self._overview = overview
        if overview is None:
            self.body.setCurrentIndex(NO_CASE)
            return
        ready = len(overview.capture_ids()) >= 2
        self.body.setCurrentIndex(STAGE if ready else NO_PAIR)
        self.choices.show_overview(overview)
        for captures in overview.captures.values():
            for capture in captures:
                self.stage.update_capture(capture)
        self._follow()

    def _follow(self) -> None:
        """Bring the stage to what the session has chosen."""
        overview, session = self._overview, self.session
        if overview is None or session.store is None:
            return
        chosen: dict[Side, str | None] = {Side.QUESTIONED: session.questioned_id, Side.KNOWN: session.known_id}
        for side, capture_id in chosen.items():
            if capture_id is None and (found := captures_of(overview, side)):
                self._choose_capture(side, found[0][1].id)
                return
        self.choices.show_chosen(chosen, session.finding_id)
        for side, capture_id in chosen.items():
            self._open(side, capture_id)
        self._follow_finding(chosen[Side.QUESTIONED] or "", chosen[Side.KNOWN] or "")
        self.commands.refresh()

    def _follow_finding(self, questioned_id: str, known_id: str) -> None:
        assert self._overview is not None
        pair = (questioned_id, known_id)
        about_pair = [finding.id for finding in self._overview.findings if finding.capture_ids[:2] == pair]
        finding_id = self.session.finding_id
        if finding_id is None and about_pair and pair not in self._declined:
            self.session.finding_id = about_pair[-1]
        elif finding_id is None:
            self._show_finding(None)
        elif finding_id in about_pair:
            self._load_finding(finding_id)
        elif any(finding.id == finding_id for finding in self._overview.findings):
            self.session.finding_id = None  # it is about another pair

    def _open(self, side: Side, capture_id: str | None) -> None:
        """Put a capture on the stage; its tiles are opened off the window's thread."""
        store, overview = self.session.store, self._overview
        assert store is not None and overview is not None
        image = self.stage.scene.images.get(side)
        if (image is not None and image.capture.id == capture_id) or self._opening.get(side) == capture_id:
            return
        self._opening.pop(side, None)
        self.stage.show_image(side, None)
        found = [entry for entry in _captures(overview) if entry[1].id == capture_id]
        if capture_id is None or not found:
            self.stage.show_hint(side, "")
            return
        self._opening[side] = capture_id
        self.stage.show_hint(side, "Opening the capture\N{HORIZONTAL ELLIPSIS}")

        def work(context: JobContext) -> TileSource:
            from engine.workflows.captures import tile_source

            return tile_source(store, capture_id, context)

        self.session.picture(
            work,
            done=partial(self._opened, side, *found[0]),
            failed=partial(self._not_opened, side, capture_id),
        )

    def _opened(self, side: Side, item_name: str, capture: Capture, source: TileSource) -> None:
        if self._opening.get(side) != capture.id:
            if isinstance(source, Closing):
                source.close()
            return
        del self._opening[side]
        self.stage.show_hint(side, "")
        self.stage.show_image(side, StageImage(capture, item_name, source))
        self._loading = ""
        self._soon.start()

    def _not_opened(self, side: Side, capture_id: str, error: BaseException) -> None:
        if self._opening.get(side) == capture_id:
            del self._opening[side]
            self.stage.show_hint(side, f"The capture cannot be opened. {error}")

    def _load_finding(self, finding_id: str) -> None:
        """Read a finding with its overlays once both of its captures are on the stage."""
        store, scene = self.session.store, self.stage.scene
        shown = scene.finding.id if scene.finding else ""
        if not scene.complete or self._opening or finding_id in (shown, self._loading):
            return
        self._loading = finding_id

        def work(context: JobContext) -> Finding:
            from engine.workflows.findings import load_finding

            assert store is not None
            return load_finding(store, finding_id)

        self.session.query(work, done=self._loaded)

    def _loaded(self, finding: Finding) -> None:
        wanted = self._loading == finding.id and self.session.finding_id == finding.id
        self._loading = ""
        if wanted and self.stage.scene.complete:
            self._show_finding(finding)

    def _show_finding(self, finding: Finding | None) -> None:
        shown = self.stage.scene.finding
        if (finding is None) != (shown is None) or (finding and shown and finding.id != shown.id):
            self.stage.show_finding(finding)

    def _compared(self, case_id: str, finding: Finding) -> None:
        if self.session.case_id == case_id:
            self._declined.discard((finding.capture_ids[0], finding.capture_ids[1]))
            pair = (self.session.questioned_id, self.session.known_id)
            if pair == finding.capture_ids[:2]:
                self.session.finding_id = finding.id
        self.session.records_changed.emit()

    def _choose_capture(self, side: Side, capture_id: str) -> None:
        if side is Side.QUESTIONED:
            self.session.questioned_id = capture_id
        else:
            self.session.known_id = capture_id

    def _choose_finding(self, finding_id: str) -> None:
        if not finding_id:
            self._declined.add((self.session.questioned_id or "", self.session.known_id or ""))
            self.session.finding_id = None
            return
        assert self._overview is not None
        finding = next(finding for finding in self._overview.findings if finding.id == finding_id)
        self.session.questioned_id, self.session.known_id = finding.capture_ids[:2]
        self.session.finding_id = finding_id

    def _can_compare(self) -> bool:
        running = self._comparing is not None and not self._comparing.state.ended
        return self.session.can_record and self.stage.scene.complete and not running

    def _leave(self) -> None:
        """Take everything off the stage before its store goes."""
        self._overview = None
        self._opening.clear()
        self._loading = ""
        self._declined.clear()
        self.stage.close_stage()


def _captures(overview: "CaseOverview") -> list[tuple[str, Capture]]:
    """Return every capture of a case with the name of its item."""
    return [(item.name, capture) for item in overview.items for capture in overview.captures.get(item.id, ())]
