"""Asking for the passphrase of a series, and trying it before the dialog closes."""

from collections.abc import Callable

from PySide6.QtWidgets import QCheckBox, QLineEdit, QWidget

from engine.core.errors import TouchstoneError
from engine.jobs import JobContext
from gui.session import Session
from gui.widgets.forms import FormDialog
from gui.widgets.text import PlainLabel


class PassphraseDialog(FormDialog):
    """Unlocks a series for as long as its store stays open.

    Parameters
    ----------
    series_id, name : str
        The series.
    unlocked : callable
        Called once the passphrase has opened it. A wrong one is said so and may be entered again.
    """

    def __init__(
        self, session: Session, series_id: str, name: str, unlocked: Callable[[], None], parent: QWidget | None = None
    ) -> None:
        super().__init__("Unlock a series", "Unlock", unlocked, parent)
        self._session = session
        self._series_id = series_id
        self._trying = False
        self._ended = False
        self.fault = PlainLabel(meaning="fault", wrap=True)
        self.fault.hide()
        self.finished.connect(self._end)
        self.add_field("Series", PlainLabel(name, wrap=True))
        self.field = self.add_line("Passphrase", required=True)
        self.field.setEchoMode(QLineEdit.EchoMode.Password)
        self.shown = QCheckBox("Show what is typed")
        self.shown.toggled.connect(
            lambda on: self.field.setEchoMode(QLineEdit.EchoMode.Normal if on else QLineEdit.EchoMode.Password)
        )
        self.add_field("", self.shown)
        self.add_note("The series stays unlocked in memory until this store is closed or it is locked again.")
        self.form.addRow(self.fault)
        self.field.textEdited.connect(self._edited)
        self.check()

    def check(self) -> None:
        """Allow unlocking once something is entered and nothing is being tried."""
        super().check()
        if self._trying:
            self.accept_button.setEnabled(False)
        self.missing.setVisible(self.fault.isHidden())

    def _accept(self) -> None:
        store, keyring = self._session.store, self._session.keyring
        if store is None or keyring is None or self._trying:
            return
        passphrase = self.field.text()
        self._trying = True
        self.check()

        def work(context: JobContext) -> None:
            keyring.unlock(store, self._series_id, passphrase)

        self._session.query(work, done=self._opened, failed=self._refused)

    def _edited(self) -> None:
        self.fault.hide()
        self.check()

    def _end(self) -> None:
        self._ended = True
        self.field.clear()

    def _opened(self, _nothing: None) -> None:
        self._session.keyring_changed.emit()
        if not self._ended:
            super()._accept()

    def _refused(self, error: BaseException) -> None:
        if self._ended:
            return
        self._trying = False
        if not isinstance(error, TouchstoneError):
            self.reject()
            self._session.error_raised.emit("Unlock a series", error)
            return
        self.field.clear()
        self.fault.setText(" ".join(f"{part.rstrip('.')}." for part in (error.what, error.remedy) if part))
        self.fault.show()
        self.field.setFocus()
        self.check()
