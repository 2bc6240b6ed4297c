"""The operating points of a series: thresholds with the scores they come from, their rates and their domain."""

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from engine.core.operating import OperatingPoint
from engine.workflows.codes.series import SeriesOverview
from gui.pages.codes.words import point_rows
from gui.session import Session
from gui.shell.commands import CommandRegistry
from gui.shell.theme import GRID
from gui.widgets.buttons import CommandButton
from gui.widgets.histogram import ScoreHistogram, Scores, prepare
from gui.widgets.operating import domain_text, rate_text
from gui.widgets.splits import stacked
from gui.widgets.table import RowsTable
from gui.widgets.text import EmptyState

SetBy = Mapping[str, tuple[str, str]]  # time and actor's name by operating point


class PointsPanel(QWidget):
    """The qualified presses of the chosen series; below, the chosen one with its histogram."""

    def __init__(self, session: Session, commands: CommandRegistry) -> None:
        super().__init__()
        self._session = session
        self._points: tuple[OperatingPoint, ...] = ()
        self._set_by: SetBy = {}
        self._ready = False
        self._wanted = ""
        qualify = commands.action("codes.qualify")
        self.empty = EmptyState(
            "No press is qualified",
            "Print codes of the series, scan them, copy them and scan the copies, all with the devices you use. Their "
            "indicators give the threshold and its error rates. Until then checks stay investigative.",
            CommandButton(qualify, icon="verify", primary=True),
        )
        self.table = RowsTable(
            "Operating points", ("Name", "Threshold", "False acceptance", "False rejection", "Holds for")
        )
        self.histogram = ScoreHistogram()
        self.details = RowsTable("Provenance of the operating point", ("", ""), headers_shown=False)
        self.body = QStackedWidget()
        self.body.addWidget(self.empty)
        self.body.addWidget(self._filled(commands))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, GRID, 0, 0)
        column.addWidget(self.body)
        self.table.selectionModel().currentRowChanged.connect(lambda *_: self._show_chosen())

    def show_series(self, overview: SeriesOverview | None, set_by: SetBy) -> None:
        """Show the operating points of a series, the latest one chosen."""
        self._points = overview.points if overview is not None else ()
        self._set_by = set_by
        self.body.setCurrentIndex(1 if self._points else 0)
        kept, self._wanted = self._wanted or self.table.current_key(), ""
        self.table.rows.show(
            [
                (_name(p), f"{p.threshold:.4f}", rate_text(p.far), rate_text(p.frr), domain_text(p.domain))
                for p in self._points
            ],
            [point.id for point in self._points],
        )
        ids = [point.id for point in self._points]
        if ids:
            self.table.selectRow(ids.index(kept) if kept in ids else len(ids) - 1)
        self._show_chosen()

    def choose(self, point_id: str) -> None:
        """Choose an operating point as soon as it is shown."""
        self._wanted = point_id

    def current(self) -> OperatingPoint | None:
        """Return the chosen operating point."""
        key = self.table.current_key()
        return next((point for point in self._points if point.id == key), None)

    def _filled(self, commands: CommandRegistry) -> QWidget:
        inner = QWidget()
        below = QVBoxLayout(inner)
        below.setContentsMargins(0, GRID, 0, 0)
        below.setSpacing(GRID)
        below.addWidget(self.histogram)
        below.addWidget(self.details, 1)
        self.details.setMinimumHeight(20 * GRID)
        area = QScrollArea()
        area.setWidget(inner)
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        splitter = stacked(self.table, area, shares=(1, 4))
        foot = QHBoxLayout()
        foot.addWidget(CommandButton(commands.action("codes.qualify"), icon="verify"))
        foot.addStretch(1)
        filled = QWidget()
        column = QVBoxLayout(filled)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(splitter, 1)
        column.addLayout(foot)
        return filled

    def _show_chosen(self) -> None:
        point = self.current()
        time, name = self._set_by.get(point.id, ("", "")) if point is not None else ("", "")
        self.details.rows.show(point_rows(point, time, name) if point is not None else ())
        if point is None or self._ready:
            self._draw(point)
        else:
            self._session.query(lambda context: prepare(), done=self._prepared)

    def _prepared(self, _nothing: None) -> None:
        self._ready = True
        self._draw(self.current())

    def _draw(self, point: OperatingPoint | None) -> None:
        if point is None:
            self.histogram.show_scores(None)
            return
        tuning, test = point.tuning, point.test
        genuine, copies = tuning.genuine + test.genuine, tuning.counterfeit + test.counterfeit
        title = f"{point.score.capitalize()}{', simulated codes' if point.domain.simulated else ''}"
        self.histogram.show_scores(Scores(title, genuine, copies, point.threshold))


def _name(point: OperatingPoint) -> str:
    return f"{point.name} (simulated)" if point.domain.simulated else point.name
