"""What was found, in words and numbers. It shows a finding's records and computes nothing."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QScrollArea, QVBoxLayout, QWidget

from engine.core.finding import Finding, Score
from gui.shell.theme import GRID
from gui.stage import colouring
from gui.widgets.outcome import verdict
from gui.widgets.text import LongText, PlainLabel

NO_FINDING = "No finding is shown. Compare or identify, or choose an earlier finding above."
NONE_ALONE = "No finding is shown. Examine the code, or choose an earlier finding above."


class ScoreList(QWidget):
    """Scores with title, value, unit and direction, each as long as it needs; the texts can be copied."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Scores")
        self.texts: tuple[tuple[str, str, str], ...] = ()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(GRID)
        self._grid.setVerticalSpacing(0)
        self._grid.setColumnStretch(0, 1)

    def show_scores(self, scores: tuple[Score, ...]) -> None:
        """Replace what is listed."""
        while (old := self._grid.takeAt(0)) is not None:
            widget = old.widget()
            if widget is not None:
                widget.deleteLater()
        self.texts = tuple(score_texts(score) for score in scores)
        for number, (title, value, direction) in enumerate(self.texts):
            self._add(PlainLabel(title, wrap=True), 2 * number, 0)
            self._add(PlainLabel(value, level=3), 2 * number, 1)
            self._add(PlainLabel(direction, meaning="muted"), 2 * number + 1, 0)
            self._grid.setRowMinimumHeight(2 * number + 1, self.fontMetrics().height() + GRID)

    def _add(self, label: PlainLabel, row: int, column: int) -> None:
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        label.setAlignment(
            Qt.AlignmentFlag.AlignTop | (Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft)
        )
        self._grid.addWidget(label, row, column)


class FindingPanel(QScrollArea):
    """Outcome, classification, scores, residual, matched points, cautions and origin of a finding.

    ``add_section`` puts a widget of a page between classification and scores.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Finding")
        self.title = PlainLabel(meaning="muted", wrap=True)
        self.outcome = PlainLabel(level=2, wrap=True)
        self.simulated = PlainLabel("simulated", meaning="caution", level=3)
        self.verdict = PlainLabel(level=2, wrap=True)
        self.reason = PlainLabel(wrap=True)
        self.link = PlainLabel(NO_FINDING, wrap=True)
        self.scores = ScoreList()
        self.points = PlainLabel(meaning="muted", wrap=True)
        self.cautions = LongText(meaning="caution")
        self.origin = PlainLabel(meaning="muted", wrap=True)
        body = QWidget()
        self._column = column = QVBoxLayout(body)
        column.setContentsMargins(GRID, GRID, GRID, GRID)
        column.setSpacing(GRID)
        for part in (self.title, self.outcome, self.simulated, self.verdict, self.reason, self.link):
            column.addWidget(part)
        for part in (self.scores, self.points, self.cautions, self.origin):
            column.addWidget(part)
        for part in (self.title, self.outcome, self.verdict, self.reason):
            part.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column.addStretch(1)
        self.setWidget(body)
        self.show_finding(None)

    def add_section(self, section: QWidget) -> None:
        """Put a widget between classification and scores."""
        self._column.insertWidget(self._column.indexOf(self.scores), section)

    def show_finding(self, finding: Finding | None, *, alone: bool = False) -> None:
        """Show a finding, or what to do where there is none; ``alone`` says that it needs one capture only."""
        self._nothing = NONE_ALONE if alone else NO_FINDING
        there = self._there = finding is not None
        for part in (self.title, self.outcome, self.scores, self.points, self.origin):
            part.setVisible(there)
        self.simulated.setVisible(finding is not None and finding.simulated)
        self.cautions.setVisible(finding is not None and bool(finding.cautions))
        self._show_classification(finding)
        if finding is None:
            return
        self.title.setText(finding.title)
        self.outcome.setText(finding.outcome.capitalize() or "No outcome stated")
        self.scores.show_scores(finding.scores)
        self.points.setText(points_text(finding))
        self.cautions.setText("\n\n".join(caution.text for caution in finding.cautions))
        self.origin.setText(origin_text(finding))

    def show_link(self, statement: str) -> None:
        """Say what the panes' link rests on, and the residual."""
        text = statement if self._there else self._nothing
        if self.link.text() != text:
            self.link.setText(text)
        self.link.setVisible(bool(text))

    def _show_classification(self, finding: Finding | None) -> None:
        found = None if finding is None else finding.classification
        for part in (self.verdict, self.reason):
            part.setVisible(found is not None)
        if found is None:
            return
        self.verdict.show_text(*verdict(found))
        self.reason.setText(found.reason)


def score_texts(score: Score) -> tuple[str, str, str]:
    """Return a score as title, value with unit, and direction."""
    if score.value is None:
        return score.title, "not measured", score.direction.value
    return score.title, colouring.quantity(score.value, score.unit), score.direction.value


def points_text(finding: Finding) -> str:
    """Return how many points were matched, how many of them were held out of the fit, and what their colours mean."""
    if not finding.correspondences:
        return "No matched points"
    held_out = sum(point.held_out for point in finding.correspondences)
    squares = f", {held_out} of them held out of the fit (squares)" if held_out else ""
    largest = max(point.residual_px for point in finding.correspondences)
    colours = f"Residual from 0 (yellow) to {colouring.number(largest)} known px (grey)"
    return f"{len(finding.correspondences)} matched points{squares}. {colours}"


def origin_text(finding: Finding) -> str:
    """Return which method made the finding, and how."""
    origin = finding.provenance
    weights = f", weights {origin.weights_sha256[:12]}" if origin.weights_sha256 else ""
    return f"Method {origin.method}, version {origin.method_version}, seed {origin.seed}{weights}"
