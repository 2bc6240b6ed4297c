"""The window's typeface, shipped with the program so that texts take the same room on every machine."""

from functools import cache
from pathlib import Path

from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QApplication

FOLDER = Path(__file__).resolve().parents[2] / "resources" / "fonts"
FILES = ("Inter-Regular.otf", "Inter-SemiBold.otf")


def use(app: QApplication) -> None:
    """Set the texts of the window in our typeface, at the size that the person's system asks for."""
    font = app.font()
    if font.family() != _family():
        font.setFamily(_family())
        app.setFont(font)


@cache
def _family() -> str:
    """Load the typeface and return its family; letters it lacks come from the machine's own fonts."""
    families = {
        QFontDatabase.applicationFontFamilies(QFontDatabase.addApplicationFont(str(FOLDER / f)))[0] for f in FILES
    }
    return min(families, key=len)
