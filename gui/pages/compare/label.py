"""Identifying the label of a capture among those of a library: the job, the candidates, and what stands behind them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.core.case import Capture
from engine.core.finding import Finding
from engine.imaging.tiles import ArrayTiles
from engine.jobs import Job, JobContext
from gui.pages.compare import label_words
from gui.pages.compare.label_section import LabelSection
from gui.pages.compare.library_choice import LibraryChoice
from gui.pages.compare.strip import CandidateStrip, Card
from gui.session import AnyStore, Session
from gui.shell.theme import GRID
from gui.stage.geometry import Side
from gui.stage.scene import StageImage
from gui.stage.stage import Stage
from gui.widgets.text import ElidedLabel

if TYPE_CHECKING:
    from engine.workflows.labels.candidates import Candidate, LabelStanding
    from engine.workflows.labels.library import LabelDetails, LibraryOverview

Found = tuple[Finding, ...]
NO_LIBRARY = "No library has labels yet. Enrol labels on the Library page."
TO_IDENTIFY = "Identify the label: the labels most like it stand below, the chosen one here."
NOTHING = "The library has no label of the likely classes."


@dataclass(frozen=True, eq=False)
class LabelView:
    """A finding about a label with what is shown beside it: its standing, and small images of the candidates."""

    standing: "LabelStanding"
    images: tuple[QImage, ...]


class LabelExamination(QObject):
    """Identifies labels, and shows the candidates of a finding below the stage and on its known side.

    ``changed`` tells that a library was chosen, that others are there, or that an identification has ended.
    """

    changed = Signal()

    def __init__(self, session: Session, stage: Stage, page: QWidget) -> None:
        super().__init__(page)
        self._session = session
        self._stage = stage
        self._job: Job[Found] | None = None
        self._finding: Finding | None = None
        self._view: LabelView | None = None
        self._placing = False
        self.section = LabelSection()
        self.choice = LibraryChoice()
        self.title = ElidedLabel(meaning="muted")
        self.strip = CandidateStrip()
        self.panel = QWidget()
        self.panel.setAccessibleName("Most alike labels")
        column = QVBoxLayout(self.panel)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID // 2)
        column.addWidget(self.title)
        column.addWidget(self.strip)
        self.panel.hide()
        self.strip.chosen.connect(self.choose)
        self.choice.changed.connect(self.changed)

    @property
    def running(self) -> bool:
        """Whether an identification is under way."""
        return self._job is not None and not self._job.state.ended

    @property
    def ready(self) -> bool:
        """Whether there is a library to search."""
        return self.choice.library is not None

    @property
    def candidates(self) -> "tuple[Candidate, ...]":
        """The labels in the strip."""
        return () if self._view is None else self._view.standing.candidates

    def refresh(self) -> None:
        """Read which libraries there are."""
        store = self._session.store
        if store is None:
            return

        def work(context: JobContext) -> "tuple[LibraryOverview, ...]":
            from engine.workflows.labels.library import overview

            return overview(store)

        def done(overviews: "tuple[LibraryOverview, ...]") -> None:
            if self._session.store is store:
                self.choice.show_overviews(overviews)
                self.changed.emit()

        self._session.query(work, done=done)

    def identify(self, capture: Capture, examined: Callable[[Found], None]) -> None:
        """Look for the label of a capture in the chosen library, and record the finding."""
        session, library, place = self._session, self.choice.library, self.choice.place
        classified = self.choice.likely.isChecked()
        store, actor, case_id = session.store, session.actor, session.case_id
        if store is None or actor is None or case_id is None or library is None:
            return

        def work(context: JobContext) -> Found:
            from engine.workflows.labels.findings import identify_capture

            with session.recogniser.lent() as recogniser:
                found = identify_capture(
                    store, actor, case_id, capture.id, library.id, place=place, classified=classified,
                    recogniser=recogniser, context=context,
                )  # fmt: skip
            return (found,)

        title = f"Identify {capture.file_name} in {library.name}"
        self._job = session.run(title, work, done=examined, ended=self.changed.emit)

    def prepare(self) -> None:
        """Have the network loaded before the person asks for an identification."""
        if not self._session.can_record or not self.ready:
            return

        def work(context: JobContext) -> None:
            with self._session.recogniser.lent() as recogniser:
                recogniser.model(context)

        # What goes wrong here is told when the person asks for the identification, which then loads it again.
        self._session.picture(work, done=lambda _nothing: None, failed=lambda _error: None)

    def show(self, finding: Finding, view: LabelView) -> None:
        """Show a finding with its candidates, the best one on the stage."""
        self._finding, self._view = finding, view
        settings = finding.provenance.settings
        place = settings.get("place")
        self.choice.choose(view.standing.library.id, (place[0], place[1]) if place else None)
        self.choice.likely.setChecked(bool(settings.get("classified")))
        cards = [
            Card(candidate.match.reference, label_words.card_lines(candidate.match), image)
            for candidate, image in zip(view.standing.candidates, view.images, strict=True)
        ]
        self.title.setText(label_words.strip_title(finding, view.standing))
        self.strip.show_cards(cards)
        self.panel.show()
        self.section.show_standing(finding, view.standing)
        if cards:
            self.choose(0)
        else:
            self._place(None, finding)
            self._stage.show_hint(Side.KNOWN, NOTHING)

    def choose(self, number: int) -> None:
        """Show a candidate on the known side, with the points that were matched."""
        if self._finding is None or self._view is None:
            return
        candidate = self._view.standing.candidates[number]
        library = self._view.standing.library
        image = StageImage(candidate.capture, library.name, ArrayTiles(candidate.image))
        self._place(image, candidate.beside(self._finding))
        self.section.show_candidate(candidate)
        self._look_up(candidate, library.id)

    def follow(self, finding: Finding | None) -> None:
        """Take the candidates away once their finding has left the stage."""
        if self._finding is None or self._placing or (finding is not None and finding.id == self._finding.id):
            return
        self.clear()

    def clear(self) -> None:
        """Show no candidates."""
        self._finding, self._view = None, None
        self.section.hide()
        self.panel.hide()
        self.strip.show_cards(())
        if Side.KNOWN in self._stage.scene.images:
            self._stage.show_image(Side.KNOWN, None)

    def show_hint(self) -> None:
        """Say what to do where no candidate is shown yet."""
        self._stage.show_hint(Side.KNOWN, TO_IDENTIFY if self.ready else NO_LIBRARY)

    def _look_up(self, candidate: "Candidate", library_id: str) -> None:
        """Ask where the candidate is from; the person may have chosen another one by then."""
        store = self._session.store
        if store is None:
            return

        def work(context: JobContext) -> "LabelDetails":
            from engine.workflows.labels.library import label_details

            return label_details(store, library_id, candidate.number)

        def done(details: "LabelDetails") -> None:
            if self.section.candidate_shown is candidate:
                self.section.show_candidate(candidate, details)

        self._session.query(work, done=done)

    def _place(self, image: StageImage | None, finding: Finding) -> None:
        """Put a candidate and the finding on the stage; taking the one before away is no leaving.

        From one candidate to the next the view stays, so that the same place is seen in each.
        """
        keep_view = Side.KNOWN in self._stage.scene.images
        self._placing = True
        try:
            self._stage.show_image(Side.KNOWN, image, keep_view=keep_view)
            self._stage.show_finding(finding, keep_view=keep_view)
        finally:
            self._placing = False


def label_view(store: AnyStore, finding: Finding) -> LabelView:
    """Return what is shown beside a finding; for a job's thread."""
    from engine.workflows.labels.candidates import label_standing
    from gui.widgets.histogram import prepare

    prepare()
    standing = label_standing(store, finding)
    return LabelView(standing, tuple(_image(candidate) for candidate in standing.candidates))


def _image(candidate: "Candidate") -> QImage:
    height, width = candidate.image.shape
    return QImage(candidate.image.data, width, height, width, QImage.Format.Format_Grayscale8).copy()
