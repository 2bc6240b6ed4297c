"""Errors in front of the person: what, where, remedy, details as plain text. Nothing here ends the window."""

import logging
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QListWidget,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from engine.core.errors import TouchstoneError
from gui.shell.focus import FocusRing
from gui.shell.theme import GRID
from gui.widgets.text import PlainLabel

LOG = logging.getLogger("touchstone")
KEPT = 50


@dataclass(frozen=True)
class Fault:
    """An error in words; ``expected`` where the person can mend it, who then needs no trace."""

    time: str
    title: str
    what: str
    where: str
    remedy: str
    details: str
    expected: bool = True

    @property
    def line(self) -> str:
        """The fault in one line of the list."""
        return f"{self.time}  {self.title}: {self.what}" if self.title else f"{self.time}  {self.what}"


def describe(title: str, error: BaseException) -> Fault:
    """Put an error into words; an unexpected one says so."""
    details = "".join(traceback.format_exception(error))
    now = datetime.now().strftime("%H:%M:%S")
    if isinstance(error, TouchstoneError):
        return Fault(now, title, error.what, error.where, error.remedy, details)
    what = f"Unexpected fault: {type(error).__name__}: {error}" if str(error) else f"Unexpected fault: {error!r}"
    remedy = "What you had recorded is kept. Try again; if it returns, send the details to whoever maintains this."
    return Fault(now, title, what, "", remedy, details, expected=False)


class ErrorDialog(QDialog):
    """Shows the latest error and keeps the earlier ones in a list; it blocks nothing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Errors")
        FocusRing(self)
        self.setModal(False)
        self.resize(80 * GRID, 20 * GRID)
        self._faults: list[Fault] = []
        self.what = PlainLabel(meaning="fault", wrap=True, level=3)
        self.where = PlainLabel(meaning="muted", wrap=True)
        self.remedy = PlainLabel(wrap=True)
        for label in (self.what, self.where, self.remedy):
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.details = QPlainTextEdit()
        self.details.setReadOnly(True)
        self.details.setTabChangesFocus(True)
        self.details.setAccessibleName("Details")
        self.details.setMinimumHeight(24 * GRID)
        self.details.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.show_details = QCheckBox("Show details")
        self.show_details.toggled.connect(self._show_details)
        self.earlier = QListWidget()
        self.earlier.setAccessibleName("Errors since the window opened")
        self.earlier.setMaximumHeight(12 * GRID)
        self.earlier.currentRowChanged.connect(self._show)
        buttons = QDialogButtonBox()
        self.close_button = QPushButton("Close")
        self.close_button.setDefault(True)
        buttons.addButton(self.close_button, QDialogButtonBox.ButtonRole.RejectRole)
        copy = QPushButton("Copy details")
        copy.setAutoDefault(False)
        copy.clicked.connect(self._copy)
        buttons.addButton(copy, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setSpacing(GRID)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        for widget in (self.what, self.where, self.remedy, self.show_details, self.details, self.earlier):
            column.addWidget(widget)
        column.addStretch(1)
        column.addWidget(buttons)
        column.setStretchFactor(self.details, 100)
        self._show_details(False)

    @property
    def faults(self) -> tuple[Fault, ...]:
        """All faults kept, oldest first."""
        return tuple(self._faults)

    def add(self, fault: Fault) -> None:
        """Show a fault; the ones before stay in the list."""
        if len(self._faults) == KEPT:
            del self._faults[0]
            self.earlier.takeItem(0)
        self._faults.append(fault)
        self.earlier.addItem(fault.line)
        self.earlier.setCurrentRow(len(self._faults) - 1)
        self.earlier.setVisible(len(self._faults) > 1)
        self.show()
        self.raise_()
        self.close_button.setFocus()
        self._fit()

    def _show(self, row: int) -> None:
        if not 0 <= row < len(self._faults):
            return
        fault = self._faults[row]
        self.what.setText(f"{fault.title}: {fault.what}" if fault.title else fault.what)
        self.where.setText(fault.where)
        self.where.setVisible(bool(fault.where))
        self.remedy.setText(fault.remedy)
        self.remedy.setVisible(bool(fault.remedy))
        self.details.setPlainText(fault.details)
        self.show_details.setChecked(not fault.expected)

    def _show_details(self, shown: bool) -> None:
        self.details.setVisible(shown)
        self._fit()

    def _fit(self) -> None:
        """Be as high as what is shown needs."""
        layout = self.layout()
        if layout is not None:
            layout.activate()
            self.resize(self.width(), max(layout.totalHeightForWidth(self.width()), 20 * GRID))

    def _copy(self) -> None:
        QApplication.clipboard().setText(self.details.toPlainText())


def log_to(folder: Path) -> logging.Handler:
    """Write the log to ``touchstone.log`` in the folder, at most 4 MB; return the handler."""
    folder.mkdir(parents=True, exist_ok=True)
    handler = RotatingFileHandler(folder / "touchstone.log", maxBytes=1 << 20, backupCount=3, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    LOG.addHandler(handler)
    LOG.setLevel(logging.INFO)
    return handler


def install_hooks(report: Callable[[str, BaseException], None]) -> Callable[[], None]:
    """Send every error that nobody caught, of any thread, to ``report``; return what undoes it.

    ``report`` must be safe to call from any thread (the session's ``error_raised.emit`` is).
    """
    before = sys.excepthook, threading.excepthook

    def main(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QApplication.quit()
            return
        report("", error)

    def thread(arguments: threading.ExceptHookArgs) -> None:
        if arguments.exc_value is not None and not issubclass(arguments.exc_type, SystemExit):
            report("", arguments.exc_value)

    def undo() -> None:
        sys.excepthook, threading.excepthook = before

    sys.excepthook, threading.excepthook = main, thread
    return undo
