"""The status bar: who works, in which store, and how far its ledger reaches."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QStatusBar, QToolButton

from gui.session import Session
from gui.shell import theme
from gui.shell.actors import in_words
from gui.shell.tray import JobSummary
from gui.widgets.text import ElidedLabel, PlainLabel


class StatusBar(QStatusBar):
    """Actor, store, HEAD and jobs; each follows the session."""

    def __init__(self, session: Session, choose_actor: QAction, summary: JobSummary) -> None:
        super().__init__()
        self._session = session
        self._choose_actor = choose_actor
        self.setSizeGripEnabled(False)
        self.actor = QToolButton()
        self.actor.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.actor.setAutoRaise(True)
        self.actor.setToolTip(choose_actor.toolTip())
        self.actor.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.actor.clicked.connect(choose_actor.trigger)
        theme.set_icon(self.actor, "actor")
        self.store = ElidedLabel(meaning="muted")
        self.head = PlainLabel(meaning="muted")
        self.addWidget(self.actor)
        self.addWidget(self.store, 1)
        self.addPermanentWidget(self.head)
        self.addPermanentWidget(summary)
        for signal in (session.store_changed, session.actor_changed, session.records_changed):
            signal.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show what stands now."""
        store, actor = self._session.store, self._session.actor
        text = "Who is working?" if actor is None else in_words(actor)
        self.actor.setText(text)
        self.actor.setAccessibleName(f"Actor: {text}")
        self.actor.setVisible(store is not None)
        self.head.setVisible(store is not None)
        if store is None:
            self.store.setText("")
            return
        self.store.setText(f"{store.path.stem}{' (read-only)' if store.read_only else ''}")
        self.store.setToolTip(str(store.path))
        head = store.head
        self.head.setText(f"{head.count} events, HEAD {head.hash[:12]}")
        self.head.setToolTip(f"Hash of the last event: {head.hash}")
