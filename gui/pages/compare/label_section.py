"""What stands behind a finding about a label: histogram, the chosen candidate, library, operating point."""

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.core.finding import Finding
from gui.pages.compare import label_words
from gui.shell.theme import GRID
from gui.widgets.histogram import ScoreHistogram, Scores
from gui.widgets.text import LongText, PlainLabel

if TYPE_CHECKING:
    from engine.core.operating import OperatingPoint
    from engine.workflows.labels.candidates import Candidate, LabelStanding
    from engine.workflows.labels.library import LabelDetails

NO_POINT = "No operating point stands behind this finding: the weights of the program have none that was measured."


class LabelSection(QWidget):
    """A part of the finding panel; hidden while it has nothing to say."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Candidate, library and operating point")
        self.candidate_shown: Candidate | None = None
        self.histogram = ScoreHistogram()
        self.candidate_title = PlainLabel("Shown candidate", level=3)
        self.candidate = LongText()
        self.library = LongText()
        self.point = LongText(meaning="muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        for part in (self.histogram, self.candidate_title, self.candidate, PlainLabel("Library", level=3)):
            column.addWidget(part)
        column.addWidget(self.library)
        column.addWidget(PlainLabel("Operating point", level=3))
        column.addWidget(self.point)
        self.hide()

    def show_standing(self, finding: Finding, standing: "LabelStanding") -> None:
        """Show what stands behind a finding."""
        approved = standing.approved
        self.histogram.show_scores(None if approved is None else histogram_scores(finding, approved.point))
        self.library.setText(label_words.library_text(standing))
        lines = label_words.point_lines(approved.point, approved.actor_name, approved.time) if approved else (NO_POINT,)
        self.point.setText("\n".join(lines))
        self.show_candidate(None)
        self.show()

    def show_candidate(self, candidate: "Candidate | None", details: "LabelDetails | None" = None) -> None:
        """Show the chosen candidate, and where it is from once that is known."""
        self.candidate_shown = candidate
        lines = () if candidate is None else label_words.candidate_lines(candidate, details)
        self.candidate.setText("\n".join(lines))
        for part in (self.candidate_title, self.candidate):
            part.setVisible(candidate is not None)


def histogram_scores(finding: Finding, point: "OperatingPoint") -> Scores:
    """Return an operating point's test scores with its threshold and the finding's own score."""
    own = next((score for score in finding.scores if score.key == point.score), None)
    return Scores(
        title=f"{point.score.capitalize()} of the labels that {point.name} was tested on",
        genuine=point.test.genuine,
        counterfeit=point.test.counterfeit,
        threshold=point.threshold,
        value=None if own is None else own.value,
        value_name="This label",
        noun="labels",
        others="fakes",
    )
