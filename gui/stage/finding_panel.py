"""What was found, in words and numbers. It shows a finding's records and computes nothing."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from engine.core.finding import Finding, Score
from gui.shell.theme import GRID
from gui.stage import colouring
from gui.widgets.table import RowsTable
from gui.widgets.text import PlainLabel

NO_FINDING = "No finding is shown. Compare both captures, or choose an earlier finding above."


class FindingPanel(QScrollArea):
    """Outcome, scores with unit and direction, residual, matched points, cautions and origin of a finding."""

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Finding")
        self.title = PlainLabel(meaning="muted", wrap=True)
        self.outcome = PlainLabel(level=2, wrap=True)
        self.simulated = PlainLabel("simulated", meaning="caution", level=3)
        self.link = PlainLabel(NO_FINDING, wrap=True)
        self.scores = RowsTable("Scores", ("Score", "Value", "Reads as"), stretch=0)
        self.points = PlainLabel(meaning="muted", wrap=True)
        self.cautions = PlainLabel(meaning="caution", wrap=True)
        self.origin = PlainLabel(meaning="muted", wrap=True)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(GRID, GRID, GRID, GRID)
        column.setSpacing(GRID)
        for part in (self.title, self.outcome, self.simulated, self.link, self.scores):
            column.addWidget(part)
        for part in (self.points, self.cautions, self.origin):
            column.addWidget(part)
        column.addStretch(1)
        self.setWidget(body)
        self.show_finding(None)

    def show_finding(self, finding: Finding | None) -> None:
        """Show a finding, or what to do where there is none."""
        there = finding is not None
        for part in (self.title, self.outcome, self.scores, self.points, self.origin):
            part.setVisible(there)
        self.simulated.setVisible(finding is not None and finding.simulated)
        self.cautions.setVisible(finding is not None and bool(finding.cautions))
        if finding is None:
            return
        self.title.setText(finding.title)
        self.outcome.setText(finding.outcome.capitalize() or "No outcome stated")
        self.scores.rows.show([score_row(score) for score in finding.scores])
        self.scores.setVisible(bool(finding.scores))
        self._fit_scores(len(finding.scores))
        self.points.setText(points_text(finding))
        self.cautions.setText("\n\n".join(caution.text for caution in finding.cautions))
        self.origin.setText(origin_text(finding))

    def show_link(self, statement: str) -> None:
        """Say what the panes' link rests on, and the residual."""
        text = statement or NO_FINDING
        if self.link.text() != text:
            self.link.setText(text)

    def _fit_scores(self, count: int) -> None:
        rows = self.scores.verticalHeader().defaultSectionSize() * count
        frame = 2 * self.scores.frameWidth()
        bar = self.scores.horizontalScrollBar().sizeHint().height()
        self.scores.setFixedHeight(self.scores.horizontalHeader().sizeHint().height() + rows + frame + bar)


def score_row(score: Score) -> tuple[str, str, str]:
    """Return a score as title, value with unit, and direction."""
    if score.value is None:
        return score.title, "not measured", score.direction.value
    return score.title, f"{colouring.number(score.value)} {score.unit}".rstrip(), score.direction.value


def points_text(finding: Finding) -> str:
    """Return how many points were matched and how many of them were held out of the fit."""
    if not finding.correspondences:
        return "No matched points"
    held_out = sum(point.held_out for point in finding.correspondences)
    return f"{len(finding.correspondences)} matched points, {held_out} of them held out of the fit (squares)"


def origin_text(finding: Finding) -> str:
    """Return which method made the finding, and how."""
    origin = finding.provenance
    weights = f", weights {origin.weights_sha256[:12]}" if origin.weights_sha256 else ""
    return f"Method {origin.method}, version {origin.method_version}, seed {origin.seed}{weights}"
