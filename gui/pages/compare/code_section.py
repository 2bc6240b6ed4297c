"""What stands behind a finding about a code: histogram, operating point, loss, register and history."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.core.finding import Finding
from gui.pages.compare import code_words
from gui.shell.theme import GRID
from gui.widgets.histogram import ScoreHistogram, Scores
from gui.widgets.text import LongText, PlainLabel

if TYPE_CHECKING:
    from engine.core.operating import OperatingPoint
    from engine.workflows.standing import CodeStanding

NO_POINT = (
    "No operating point stands behind this finding: qualify the press on the Codes page, or examine again once its "
    "series has one."
)


class CodeSection(QWidget):
    """A part of the finding panel; hidden while it has nothing to say."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Operating point and register")
        self.histogram = ScoreHistogram()
        self.loss = PlainLabel(wrap=True)
        self.loss.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.point = LongText(meaning="muted")
        self.register_title = PlainLabel("Register", level=3)
        self.register = LongText()
        self.anomalies = LongText(meaning="caution")
        self.history = LongText(meaning="muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        for part in (self.histogram, self.loss, self.register_title, self.register, self.anomalies, self.history):
            column.addWidget(part)
        column.addWidget(PlainLabel("Operating point", level=3))
        column.addWidget(self.point)
        self.hide()

    def show_standing(self, finding: Finding, standing: "CodeStanding") -> None:
        """Show what stands behind a finding."""
        approved = standing.approved
        self.histogram.show_scores(None if approved is None else histogram_scores(finding, approved.point))
        lines = code_words.point_lines(approved.point, approved.actor_name, approved.time) if approved else (NO_POINT,)
        _show(self.point, "\n".join(lines))
        _show(self.loss, code_words.loss_text(finding))
        answer = standing.answer
        self.register_title.setVisible(answer is not None)
        if answer is None:
            for label in (self.register, self.anomalies, self.history):
                label.hide()
        else:
            says = f"The code says: {standing.code_text}"
            register = (says, code_words.register_text(answer), code_words.data_text(answer))
            _show(self.register, "\n".join(filter(None, register)))
            _show(self.anomalies, "\n".join(anomaly.text for anomaly in answer.anomalies))
            _show(self.history, "\n".join(code_words.history_lines(answer)))
        self.show()


def histogram_scores(finding: Finding, point: "OperatingPoint") -> Scores:
    """Return an operating point's test scores with its threshold and the finding's own score."""
    own = next((score for score in finding.scores if score.key == point.score), None)
    return Scores(
        title=f"{point.score.replace('_', ' ').capitalize()} of the codes that {point.name} was tested on",
        genuine=point.test.genuine,
        counterfeit=point.test.counterfeit,
        threshold=point.threshold,
        value=None if own is None else own.value,
    )


def _show(label: PlainLabel | LongText, text: str) -> None:
    label.setText(text)
    label.setVisible(bool(text))
