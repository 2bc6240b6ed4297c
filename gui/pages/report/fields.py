"""What the report will state of laboratory, commission and authoriser, and the deviations the examiner names."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QFormLayout, QLineEdit, QVBoxLayout, QWidget

from engine.core.errors import TouchstoneError
from gui.session import AnyStore, Session
from gui.shell.actors import in_words
from gui.shell.theme import GRID
from gui.widgets.text import ElidedLabel, PlainLabel

if TYPE_CHECKING:
    from engine.workflows.cases import CaseOverview

SAVE_AFTER_MS = 800
ABSENT = "not stated"


class FieldsPanel(QWidget):
    """The recorded fields as they will be printed; deviations are typed here and saved as a draft."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._place: tuple[AnyStore, str] | None = None
        self._saved = ""
        self._labels = {name: ElidedLabel() for name in ("Laboratory", "Customer", "Reference", "Authoriser")}
        self._deviations = QLineEdit()
        self._deviations.setAccessibleName("Deviations")
        self._deviations.setPlaceholderText("From the method, if any")
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SAVE_AFTER_MS)
        self._timer.timeout.connect(self.save)
        form = QFormLayout()
        form.setHorizontalSpacing(2 * GRID)
        form.setVerticalSpacing(GRID // 2)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for name, label in self._labels.items():
            form.addRow(f"{name}:", label)
        form.addRow("Deviations:", self._deviations)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(PlainLabel("On the report", level=3))
        column.addLayout(form)
        self._deviations.textEdited.connect(lambda _text: self._timer.start())
        session.leaving.connect(self.save)

    def deviations(self) -> str:
        """Return what was typed."""
        return self._deviations.text().strip()

    def draft(self, store: AnyStore, case_id: str) -> str:
        """Return the deviations saved for a case; may be called on any thread."""
        return str((store.draft(_key(case_id)) or {}).get("deviations", ""))

    def show_case(self, store: AnyStore, overview: "CaseOverview", deviations: str) -> None:
        """Show what the records of the case state; typed deviations stay."""
        actor, case = self._session.actor, overview.case
        for name, text in (
            ("Laboratory", ", ".join(filter(None, [store.laboratory, store.location]))),
            ("Customer", case.customer),
            ("Reference", case.reference),
            ("Authoriser", in_words(actor) if actor is not None else ""),
        ):
            self._labels[name].show_text(text or ABSENT, "text" if text else "muted")
        if self._place != (store, case.id):
            self._place = (store, case.id)
            self._saved = deviations
            self._deviations.setText(deviations)

    def save(self) -> None:
        """Save the deviations as a draft, if they changed."""
        self._timer.stop()
        text = self.deviations()
        if self._place is None or text == self._saved or self._place[0].read_only:
            return
        store, case_id = self._place
        try:
            store.save_draft(_key(case_id), {"deviations": text})
        except (TouchstoneError, OSError) as error:
            self._session.error_raised.emit("Save the draft", error)
            return
        self._saved = text


def _key(case_id: str) -> str:
    return f"report-{case_id}"
