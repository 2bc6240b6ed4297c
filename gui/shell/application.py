"""Open the window."""

import sys
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from gui.session import Session
from gui.shell import errors, theme
from gui.shell.settings import WindowSettings
from gui.shell.window import MainWindow


def application() -> QApplication:
    """Return the one QApplication, named and dressed."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        app = QApplication(sys.argv[:1])
    app.setApplicationName("touchstone")
    app.setApplicationDisplayName("Touchstone")
    return app


def run(folder: Path | None = None, *, demonstration: bool = False) -> int:
    """Open the window and return its exit code when it closes.

    Parameters
    ----------
    folder : Path, optional
        The store to open; without it the one that was open last.
    demonstration : bool
        Open the demonstration store, which is made on first use.
    """
    import platformdirs

    app = application()
    settings = WindowSettings()
    theme.apply(app, settings.scheme)
    handler = errors.log_to(platformdirs.user_log_path("touchstone", appauthor=False))
    session = Session()
    window = MainWindow(session, settings)
    undo = errors.install_hooks(session.error_raised.emit)
    window.show()
    QTimer.singleShot(0, window.stores.open_demonstration if demonstration else lambda: window.restore(folder))
    try:
        return app.exec()
    finally:
        undo()
        session.close()
        errors.LOG.removeHandler(handler)
        handler.close()
