"""Dialogs with a form: fields, a line that says what is missing, and two buttons. Never blocking."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from gui.shell.focus import FocusRing
from gui.shell.theme import GRID
from gui.widgets.text import Meaning, PlainLabel

WIDTH_IN_LETTERS = 72


class FormDialog(QDialog):
    """A window-modal form that hands its values on when they are complete.

    Parameters
    ----------
    title, accept_text : str
        The window's title and the text of the button that accepts.
    done : callable
        Called once with no arguments when the person accepts a complete form.
    """

    def __init__(self, title: str, accept_text: str, done: Callable[[], None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        FocusRing(self)
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(WIDTH_IN_LETTERS * self.fontMetrics().averageCharWidth())
        self._done = done
        self._checks: list[Callable[[], str]] = []
        self.form = QFormLayout()
        self.form.setHorizontalSpacing(2 * GRID)
        self.form.setVerticalSpacing(GRID)
        self.form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.missing = PlainLabel(meaning="caution", wrap=True)
        self.accept_button = QPushButton(accept_text)
        self.accept_button.setDefault(True)
        self.cancel_button = QPushButton("Cancel")
        self.cancel_button.setAutoDefault(False)
        buttons = QDialogButtonBox()
        buttons.addButton(self.accept_button, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton(self.cancel_button, QDialogButtonBox.ButtonRole.RejectRole)
        buttons.accepted.connect(self._accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(2 * GRID)
        column.addLayout(self.form)
        column.addStretch(1)
        column.addWidget(self.missing)
        column.addWidget(buttons)

    def add_line(self, label: str, *, required: bool = False, text: str = "", hint: str = "") -> QLineEdit:
        """Add a line of text; a required one must not be blank."""
        field = QLineEdit(text)
        field.setPlaceholderText(hint)
        field.setAccessibleName(label)
        self.form.addRow(f"{label}:", field)
        field.textChanged.connect(self.check)
        if required:
            self._checks.append(lambda: "" if field.text().strip() else f"{label} is needed.")
        self.check()
        return field

    def add_text(self, label: str, *, hint: str = "") -> QPlainTextEdit:
        """Add a few lines of text; Tab leaves it."""
        field = QPlainTextEdit()
        field.setPlaceholderText(hint)
        field.setAccessibleName(label)
        field.setTabChangesFocus(True)
        field.setFixedHeight(5 * field.fontMetrics().height())
        self.form.addRow(f"{label}:", field)
        return field

    def add_field(self, label: str, field: QWidget) -> None:
        """Add any field with its label; one that says itself what it is, such as a check box, needs none."""
        if label:
            field.setAccessibleName(label)
        self.form.addRow(f"{label}:" if label else "", field)

    def add_note(self, text: str, meaning: Meaning = "muted") -> None:
        """Add a sentence across the form."""
        self.form.addRow(PlainLabel(text, meaning=meaning, wrap=True))

    def add_check(self, check: Callable[[], str]) -> None:
        """Add a condition: it returns what is missing, or an empty text."""
        self._checks.append(check)
        self.check()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Begin in the first field and let Tab reach the buttons last."""
        super().showEvent(event)
        items = [self.form.itemAt(row, QFormLayout.ItemRole.FieldRole) for row in range(self.form.rowCount())]
        widgets = [item.widget() for item in items if item is not None]
        takes = Qt.FocusPolicy.TabFocus
        fields = [
            field for field in widgets if field is not None and (field.focusPolicy() & takes or field.focusProxy())
        ]
        order = [*fields, self.accept_button, self.cancel_button]
        for before, after in pairwise(order):
            QWidget.setTabOrder(before, after)
        order[0].setFocus(Qt.FocusReason.TabFocusReason)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Keep room for every line of the sentences, which grow where the width shrinks."""
        super().resizeEvent(event)
        self._keep_height()

    def check(self) -> None:
        """Say the first thing that is missing and allow accepting only when nothing is."""
        missing = next(filter(None, (check() for check in self._checks)), "")
        self.missing.setText(missing)
        self.accept_button.setEnabled(not missing)
        self._keep_height()

    def _keep_height(self) -> None:
        layout = self.layout()
        if layout is not None:
            wraps = layout.hasHeightForWidth()
            least = layout.totalMinimumSize().height()
            self.setMinimumHeight(layout.totalHeightForWidth(self.width()) if wraps else least)

    def _accept(self) -> None:
        self.accept()
        self._done()


class PathField(QWidget):
    """A path that can be typed or chosen."""

    def __init__(self, name: str, path: Path, choose: Callable[[], Path | None]) -> None:
        super().__init__()
        self.line = QLineEdit(str(path))
        self.line.setAccessibleName(name)
        self._choose = choose
        button = QPushButton("Choose…")
        button.setAccessibleName(f"Choose: {name}")
        button.setAutoDefault(False)
        button.clicked.connect(self._ask)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        row.addWidget(self.line, 1)
        row.addWidget(button)
        self.setFocusProxy(self.line)

    def _ask(self) -> None:
        path = self._choose()
        if path is not None:
            self.line.setText(str(path))


def choose_files(parent: QWidget, title: str, pattern: str) -> list[Path]:
    """Ask for existing files; an empty list where the person changed their mind."""
    names, _ = QFileDialog.getOpenFileNames(parent, title, "", pattern)
    return [Path(name) for name in names]


def choose_folder(parent: QWidget, title: str) -> Path | None:
    """Ask for an existing folder."""
    name = QFileDialog.getExistingDirectory(parent, title)
    return Path(name) if name else None


def choose_new_file(parent: QWidget, title: str, suggestion: str, pattern: str) -> Path | None:
    """Ask where to write a file."""
    name, _ = QFileDialog.getSaveFileName(parent, title, suggestion, pattern)
    return Path(name) if name else None


def choose_free_file(parent: QWidget, title: str, suggestion: str, pattern: str) -> Path | None:
    """Ask where to write a file that must not exist yet; nothing is offered to be replaced."""
    option = QFileDialog.Option.DontConfirmOverwrite
    name, _ = QFileDialog.getSaveFileName(parent, title, suggestion, pattern, options=option)
    return Path(name) if name else None
