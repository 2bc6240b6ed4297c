"""The main window: rail, pages, menus, tray, status bar; restores what it was."""

import importlib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QCloseEvent, QGuiApplication
from PySide6.QtWidgets import (
    QApplication,
    QDockWidget,
    QHBoxLayout,
    QMainWindow,
    QMenu,
    QStackedWidget,
    QWidget,
)

from engine.jobs import Job
from gui.pages import PAGES, PageEntry
from gui.session import Session
from gui.shell import theme
from gui.shell.commands import MENUS, SECTIONS, Command, CommandRegistry
from gui.shell.errors import LOG, ErrorDialog, describe
from gui.shell.focus import FocusRing
from gui.shell.palette import CommandPalette, HelpSheet
from gui.shell.rail import NavigationRail
from gui.shell.settings import WindowSettings
from gui.shell.start import StartPage
from gui.shell.status import StatusBar
from gui.shell.stores import StoreActions
from gui.shell.theme import GRID, Scheme
from gui.shell.transfers import StoreTransfers
from gui.shell.tray import JobSummary, JobTray
from gui.widgets.forms import FormDialog

DEFAULT_SIZE = QSize(160 * GRID, 100 * GRID)
FRAME = QSize(2 * GRID, 5 * GRID)
"""What a desktop puts around a window, which Qt does not know before it is shown."""
MINIMUM_SIZE = QSize(100 * GRID, 64 * GRID)


class MainWindow(QMainWindow):
    """Shows the pages and everything around them."""

    def __init__(self, session: Session, settings: WindowSettings | None = None) -> None:
        super().__init__()
        self.session = session
        self.settings = settings or WindowSettings()
        self.commands = CommandRegistry(self)
        self.stores = StoreActions(session, self.settings, self)
        self.transfers = StoreTransfers(session, self.stores.open_folder, self)
        self._pages: dict[str, QWidget] = {}
        self._current = ""
        self._wanted = "case"
        self._may_cancel = False
        self._menus: dict[str, QMenu] = {}
        self._in_menus: set[str] = set()
        self.errors = ErrorDialog(self)
        self.palette_dialog = CommandPalette(self.commands, self)
        self.help_sheet = HelpSheet(self.commands, self)
        self.stores.add_commands(self.commands)
        self.transfers.add_commands(self.commands)
        self._add_commands()
        self.rail = NavigationRail()
        for entry in PAGES:
            self.rail.add(entry.key, entry.title, entry.icon, self.commands.action(f"go.{entry.key}").toolTip())
        self.rail.chosen.connect(self.show_page)
        self.start = StartPage(self.commands)
        self.start.store_chosen.connect(self.stores.open_folder)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.start)
        self.tray = JobTray(session)
        self._lay_out()
        self._connect()
        self.focus_ring = FocusRing(self)
        theme.dress(self)
        self._store_changed()

    def page(self, key: str) -> QWidget:
        """Return a page; it is imported and built when it is first asked for."""
        if key not in self._pages:
            entry = next(entry for entry in PAGES if entry.key == key)
            module = importlib.import_module(entry.module)
            page = getattr(module, entry.class_name)(self.session, self.commands)
            self._pages[key] = page
            self.stack.addWidget(page)
        return self._pages[key]

    @property
    def current_page(self) -> str:
        """The key of the page that is shown; empty on the start screen."""
        return self._current

    def show_page(self, key: str) -> None:
        """Show a page; without an open store the start screen stays."""
        if self.session.store is None:
            return
        page: Any = self.page(key)
        self._current = self._wanted = key
        self.stack.setCurrentWidget(page)
        self.rail.show_current(key, enabled=True)
        page.refresh()
        page.setFocus(Qt.FocusReason.OtherFocusReason)
        self.commands.refresh()

    def report_error(self, title: str, error: BaseException) -> None:
        """Log an error and show it; nothing that goes wrong here ends the window."""
        LOG.error("%s", title or "Unexpected fault", exc_info=error)
        self.errors.add(describe(title, error))

    def restore(self, folder: Path | None = None) -> None:
        """Open the store named, or the one that was open when the window last closed."""
        folder = folder or self.settings.last_store
        if folder is not None:
            self.stores.open_folder(folder)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Remember everything, cancel and join all work."""
        if self.session.busy and not self._may_cancel:
            event.ignore()
            self._ask_to_cancel()
            return
        self._remember_place()
        self.settings.geometry = self.saveGeometry()
        self.settings.state = self.saveState()
        self.settings.save()
        self.session.close()
        event.accept()

    def _add_commands(self) -> None:
        has_store: Callable[[], bool] = lambda: self.session.store is not None  # noqa: E731 - used three times below
        for number, entry in enumerate(PAGES, start=1):
            self.commands.add(
                Command(f"go.{entry.key}", entry.title, "View", partial(self.show_page, entry.key),
                        f"Ctrl+{number}", entry.tip, has_store)
            )  # fmt: skip
        for command in (
            Command("view.jobs", "Job tray", "View", self._toggle_tray, "Ctrl+J", "Show or hide the job tray"),
            Command("view.system", "Theme after the system", "View", partial(self._set_scheme, Scheme.SYSTEM),
                    tip="Dark or light as the system is"),
            Command("view.light", "Light theme", "View", partial(self._set_scheme, Scheme.LIGHT),
                    tip="Always light"),
            Command("view.dark", "Dark theme", "View", partial(self._set_scheme, Scheme.DARK),
                    tip="Always dark"),
            Command("view.toggle", "Switch between dark and light", "View", self._toggle_scheme, "Ctrl+Shift+D",
                    "Change the theme now and keep it"),
            Command("help.palette", "All commands…", "Help", self.palette_dialog.open_fresh, "Ctrl+K",
                    "Find and run any command by a few letters"),
            Command("help.sheet", "Commands and shortcuts", "Help", self.help_sheet.open_fresh, "F1",
                    "All commands with their shortcuts"),
            Command("help.errors", "Errors since the window opened", "Help", self.errors.show,
                    tip="Show the errors again, with their details", enabled=lambda: bool(self.errors.faults)),
            Command("app.quit", "Quit", "Store", self.close, "Ctrl+Q", "Close the window"),
        ):  # fmt: skip
            self.commands.add(command)

    def _lay_out(self) -> None:
        central = QWidget()
        row = QHBoxLayout(central)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.rail)
        row.addWidget(self.stack, 1)
        self.setCentralWidget(central)
        self.dock = QDockWidget("Jobs", self)
        self.dock.setObjectName("jobs")
        self.dock.setAllowedAreas(Qt.DockWidgetArea.BottomDockWidgetArea | Qt.DockWidgetArea.RightDockWidgetArea)
        self.dock.setWidget(self.tray)
        self.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, self.dock)
        self.dock.hide()
        summary = JobSummary(self.tray)
        summary.setToolTip(self.commands.action("view.jobs").toolTip())
        summary.clicked.connect(self.commands.action("view.jobs").trigger)
        self.setStatusBar(StatusBar(self.session, self.commands.action("actor.choose"), summary))
        self.setMinimumSize(MINIMUM_SIZE)
        self._build_menus()
        if not self.restoreGeometry(self.settings.geometry):
            self.resize(DEFAULT_SIZE.boundedTo(self.screen().availableSize() - FRAME))
        self.restoreState(self.settings.state)

    def _connect(self) -> None:
        session = self.session
        session.error_raised.connect(self.report_error)
        session.store_changed.connect(self._store_changed)
        session.leaving.connect(self._remember_place)
        for signal in (session.actor_changed, session.case_changed, session.selection_changed):
            signal.connect(self.commands.refresh)
        session.records_changed.connect(self.commands.refresh)
        session.job_added.connect(self._job_added)
        session.job_changed.connect(self._job_changed)
        self.stores.opened.connect(self._opened)
        self.tray.details_wanted.connect(self.report_error)
        self.commands.changed.connect(self._build_menus)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._apply_scheme)

    def _build_menus(self) -> None:
        for command in self.commands.commands():
            if command.section not in self._menus:
                self._menus[command.section] = QMenu(MENUS[SECTIONS[command.section]], self)
                self._menus[command.section].setToolTipsVisible(True)
                self.menuBar().clear()
                for section in self.commands.sections():
                    if section in self._menus:
                        self.menuBar().addMenu(self._menus[section])
            if command.key not in self._in_menus:
                self._in_menus.add(command.key)
                self._menus[command.section].addAction(self.commands.action(command.key))

    def _store_changed(self) -> None:
        store = self.session.store
        if store is None:
            self._current = ""
            self.stack.setCurrentWidget(self.start)
            self.start.show_recent(self.settings.recent_stores)
            self.rail.show_current("", enabled=False)
        self.setWindowTitle("Touchstone" if store is None else f"{store.path.stem} - Touchstone")
        self.commands.refresh()

    def _opened(self, place: dict[str, str]) -> None:
        """Go where the person was in this store, then make the other pages ready."""
        if self.session.case_id is not None and self.session.case_id == place.get("case"):
            self.session.questioned_id = place.get("questioned") or None
            self.session.known_id = place.get("known") or None
        entry = next((entry for entry in PAGES if entry.key == place.get("page")), PAGES[0])

        def done(_module: ModuleType) -> None:
            self.show_page(entry.key)
            self._prepare(PAGES)

        self.session.query(lambda context: importlib.import_module(entry.module), done=done)

    def _prepare(self, entries: Sequence[PageEntry]) -> None:
        """Import and build pages one after another, so that their commands are in the menus soon and nothing stalls.

        Modules are imported on a thread. The next is asked for only when a page stands: what a person does meanwhile
        is answered in between.
        """
        missing = [entry for entry in entries if entry.key not in self._pages]
        if not missing:
            return
        first, *others = missing

        def done(_module: ModuleType) -> None:
            self.page(first.key)
            self._prepare(others)

        self.session.query(lambda context: importlib.import_module(first.module), done=done)

    def _remember_place(self) -> None:
        session = self.session
        if session.store is None:
            return
        place = {
            "actor": session.actor.id if session.actor else "",
            "case": session.case_id or "",
            "page": self._wanted,
            "questioned": session.questioned_id or "",
            "known": session.known_id or "",
        }
        self.settings.remember_place(session.store.path, place)

    def _job_added(self, job: Job[Any]) -> None:
        if self.session.store is None:
            self.start.follow(job)
        self.commands.refresh()

    def _job_changed(self, job: Job[Any]) -> None:
        if job.state.ended:
            self.start.unfollow(job)
            self.commands.refresh()

    def _ask_to_cancel(self) -> None:
        def close() -> None:
            self._may_cancel = True
            self.close()

        dialog = FormDialog("Work is under way", "Cancel it and close", close, self)
        dialog.add_note(
            "Work is still under way. What was recorded so far is kept; the rest would be cancelled.", "text"
        )
        dialog.open()

    def _toggle_tray(self) -> None:
        self.dock.setVisible(self.dock.isHidden())

    def _toggle_scheme(self) -> None:
        self._set_scheme(Scheme.LIGHT if theme.is_dark() else Scheme.DARK)

    def _set_scheme(self, scheme: Scheme) -> None:
        self.settings.scheme = scheme
        self._apply_scheme()

    def _apply_scheme(self) -> None:
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        theme.apply(app, self.settings.scheme)
