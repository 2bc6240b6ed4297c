"""The job tray: what runs, how far it is, how long it takes, how it ended; everything can be cancelled."""

from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.core.errors import TouchstoneError
from engine.jobs import Job, JobState
from gui.session import Session
from gui.shell import theme
from gui.shell.theme import GRID
from gui.widgets.text import ElidedLabel, PlainLabel

KEPT = 30
STEPS = 1000
REFRESH_MS = 150


def time_left(seconds: float | None) -> str:
    """Return the time left in words; empty while it is unknown."""
    if seconds is None:
        return ""
    if seconds < 1:
        return "nearly done"
    if seconds < 90:
        return f"about {seconds:.0f} s left"
    return f"about {seconds / 60:.0f} min left"


class JobRow(QFrame):
    """One job: title, progress, words, and a button to cancel it or to see why it failed."""

    details_wanted = Signal(str, object)

    def __init__(self, job: Job[Any]) -> None:
        super().__init__()
        self.job = job
        self.title = ElidedLabel(job.title)
        self.bar = QProgressBar()
        self.bar.setAccessibleName(f"Progress of {job.title}")
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(GRID)
        self.words = ElidedLabel(meaning="muted")
        self.button = QPushButton("Cancel")
        self.button.setAutoDefault(False)
        self.button.setAccessibleName(f"Cancel {job.title}")
        self.button.clicked.connect(self._pressed)
        grid = QGridLayout(self)
        grid.setContentsMargins(GRID, GRID // 2, GRID, GRID // 2)
        grid.setHorizontalSpacing(2 * GRID)
        grid.setVerticalSpacing(GRID // 2)
        grid.addWidget(self.title, 0, 0)
        grid.addWidget(self.words, 0, 1)
        grid.addWidget(self.bar, 1, 0, 1, 2)
        grid.addWidget(self.button, 0, 2, 2, 1)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        self.refresh()

    def refresh(self) -> None:
        """Show the job as it stands now."""
        job = self.job
        state = job.state
        if job.total > 0:
            self.bar.setRange(0, STEPS)
            self.bar.setValue(round(STEPS * min(job.done / job.total, 1.0)))
        else:
            self.bar.setRange(0, 0 if state is JobState.RUNNING else STEPS)
        if state.ended:
            self._show_end(state)
        elif job.context.cancelled:
            self.words.show_text("Cancelling", "muted")
            self.button.setEnabled(False)
        elif state is JobState.QUEUED:
            self.words.show_text("Waiting", "muted")
        else:
            words = ", ".join(filter(None, [job.text, time_left(job.seconds_left())]))
            self.words.show_text(words or "Running", "muted")

    def _show_end(self, state: JobState) -> None:
        self.bar.hide()
        self.button.setVisible(state is JobState.FAILED)
        if state is JobState.FAILED:
            error = self.job.error
            what = error.what if isinstance(error, TouchstoneError) else "unexpected fault"
            self.words.show_text(f"Failed: {what}", "fault")
            self.button.setEnabled(True)
            self.button.setText("Details")
            self.button.setAccessibleName(f"Why {self.job.title} failed")
        elif state is JobState.CANCELLED:
            self.words.show_text("Cancelled", "caution")
        else:
            self.words.show_text("Finished", "done")

    def _pressed(self) -> None:
        if self.job.state is JobState.FAILED:
            self.details_wanted.emit(self.job.title, self.job.error)
        else:
            self.job.cancel()
            self.refresh()


class JobTray(QWidget):
    """All jobs of the session, newest first; the ended ones stay as history."""

    details_wanted = Signal(str, object)
    counted = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._rows: dict[int, JobRow] = {}
        self._empty = PlainLabel("No work is under way and none has ended yet.", meaning="muted", wrap=True)
        self._clear = QPushButton("Clear history")
        self._clear.setAutoDefault(False)
        self._clear.clicked.connect(self.clear_history)
        inner = QWidget()
        self._column = QVBoxLayout(inner)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self._empty)
        self._column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(inner)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self._clear)
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID, GRID, GRID, GRID)
        column.addWidget(area, 1)
        column.addLayout(foot)
        self._timer = QTimer(self)
        self._timer.setInterval(REFRESH_MS)
        self._timer.timeout.connect(self._tick)
        session.job_added.connect(self._add)
        session.job_changed.connect(self._changed)
        self._count()

    def rows(self) -> tuple[JobRow, ...]:
        """Return the rows, oldest first."""
        return tuple(self._rows.values())

    def active(self) -> tuple[Job[Any], ...]:
        """Return the jobs that have not ended."""
        return tuple(row.job for row in self._rows.values() if not row.job.state.ended)

    def clear_history(self) -> None:
        """Forget the jobs that have ended."""
        for key in [key for key, row in self._rows.items() if row.job.state.ended]:
            self._remove(key)
        self._count()

    def _add(self, job: Job[Any]) -> None:
        ended = [key for key, row in self._rows.items() if row.job.state.ended]
        for key in ended[: max(0, len(self._rows) + 1 - KEPT)]:
            self._remove(key)
        row = JobRow(job)
        row.details_wanted.connect(self.details_wanted)
        self._rows[id(job)] = row
        self._column.insertWidget(0, row)
        self._timer.start()
        self._count()

    def _changed(self, job: Job[Any]) -> None:
        row = self._rows.get(id(job))
        if row is not None and job.state.ended:
            row.refresh()
            self._count()

    def _tick(self) -> None:
        for row in self._rows.values():
            if not row.job.state.ended:
                row.refresh()
        self._count()

    def _remove(self, key: int) -> None:
        row = self._rows.pop(key)
        self._column.removeWidget(row)
        row.hide()
        row.deleteLater()

    def _count(self) -> None:
        self._empty.setVisible(not self._rows)
        self._clear.setEnabled(any(row.job.state.ended for row in self._rows.values()))
        if not self.active():
            self._timer.stop()
        self.counted.emit()


class JobSummary(QToolButton):
    """One line in the status bar: how many jobs run and how far they are; opens the tray."""

    def __init__(self, tray: JobTray) -> None:
        super().__init__()
        self._tray = tray
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setAutoRaise(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        theme.set_icon(self, "jobs")
        tray.counted.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Say how the jobs stand."""
        active = self._tray.active()
        failed = sum(row.job.state is JobState.FAILED for row in self._tray.rows())
        if len(active) == 1:
            job = active[0]
            share = f" {100 * min(job.done / job.total, 1.0):.0f} %" if job.total > 0 else ""
            text = f"{job.title[:40]}{share}"
        elif active:
            text = f"{len(active)} jobs"
        else:
            text = "Jobs" if not failed else f"Jobs: {failed} failed"
        if text != self.text():
            self.setText(text)
            self.setAccessibleName(f"Job tray: {text}")
