"""Looks: Fusion with our dark and light palettes, an 8-pixel grid, colours by meaning, one icon set."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

from gui.shell import typeface

GRID = 8
RESOURCES = Path(__file__).resolve().parents[2] / "resources"
ICON_FOLDER = RESOURCES / "icons"
THEME_FOLDER = RESOURCES / "themes"
ICON_SIZES = (16, 24, 32, 48)
ICON_PROPERTY = "touchstoneIcon"
DRESSED_PROPERTY = "touchstone-dressed"


class Scheme(StrEnum):
    """Which palette is wanted."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True)
class Colours:
    """Colours by meaning, as ``#rrggbb``. Text colours reach contrast 4.5 on window, base and alternate.

    ``edge`` outlines what can be typed into or ticked, with contrast 3 on what lies around it. ``questioned`` and
    ``known`` mark the two sides of a comparison; blue and orange stay apart for every kind of colour vision, and
    words always stand beside them.
    """

    window: str
    base: str
    alternate: str
    button: str
    border: str
    edge: str
    text: str
    muted: str
    disabled: str
    accent: str
    on_accent: str
    link: str
    focus: str
    questioned: str
    known: str
    done: str
    caution: str
    fault: str
    stage: str


LIGHT = Colours(
    window="#f2f4f6",
    base="#ffffff",
    alternate="#f7f8fa",
    button="#fbfcfd",
    border="#b9c1ca",
    edge="#7d8791",
    text="#1b2026",
    muted="#4d5761",
    disabled="#626c76",
    accent="#0b5cad",
    on_accent="#ffffff",
    link="#0b5cad",
    focus="#0b5cad",
    questioned="#8a4b00",
    known="#0b5cad",
    done="#00664c",
    caution="#8a4b00",
    fault="#a8320a",
    stage="#e4e7eb",
)
DARK = Colours(
    window="#20242a",
    base="#171a1f",
    alternate="#1c2026",
    button="#282d34",
    border="#4a525d",
    edge="#76808c",
    text="#e7eaee",
    muted="#b9c1cb",
    disabled="#a6aeb8",
    accent="#2a69b0",
    on_accent="#ffffff",
    link="#84bbf7",
    focus="#84bbf7",
    questioned="#f2ac4f",
    known="#84bbf7",
    done="#62cbaa",
    caution="#f2ac4f",
    fault="#ff9470",
    stage="#101216",
)


def is_dark() -> bool:
    """Return whether the dark palette stands."""
    return QApplication.palette().color(QPalette.ColorRole.Window).lightness() < 128


def colours() -> Colours:
    """Return the colours of the palette that stands now; widgets ask again on a palette change."""
    return DARK if is_dark() else LIGHT


def palette(colours: Colours) -> QPalette:
    """Return the Qt palette of the colours."""
    role = QPalette.ColorRole
    result = QPalette()
    for name, value in (
        (role.Window, colours.window),
        (role.WindowText, colours.text),
        (role.Base, colours.base),
        (role.AlternateBase, colours.alternate),
        (role.ToolTipBase, colours.base),
        (role.ToolTipText, colours.text),
        (role.PlaceholderText, colours.muted),
        (role.Text, colours.text),
        (role.Button, colours.button),
        (role.ButtonText, colours.text),
        (role.BrightText, colours.on_accent),
        (role.Highlight, colours.accent),
        (role.HighlightedText, colours.on_accent),
        (role.Accent, colours.accent),
        (role.Link, colours.link),
        (role.LinkVisited, colours.link),
        (role.Light, colours.alternate),
        (role.Midlight, colours.button),
        (role.Mid, colours.border),
        (role.Dark, colours.border),
        (role.Shadow, "#000000"),
    ):
        result.setColor(name, QColor(value))
    for name in (role.WindowText, role.Text, role.ButtonText, role.PlaceholderText):
        result.setColor(QPalette.ColorGroup.Disabled, name, QColor(colours.disabled))
    result.setColor(QPalette.ColorGroup.Disabled, role.Highlight, QColor(colours.border))
    result.setColor(QPalette.ColorGroup.Disabled, role.HighlightedText, QColor(colours.text))
    return result


def apply(app: QApplication, scheme: Scheme = Scheme.SYSTEM) -> None:
    """Put on Fusion and the palette that the scheme asks for; a light palette where the system says nothing.

    Windows that were dressed follow.
    """
    if app.style().name().lower() != "fusion":
        app.setStyle("Fusion")
    typeface.use(app)
    dark = scheme is Scheme.DARK
    if scheme is Scheme.SYSTEM:
        dark = app.styleHints().colorScheme() is Qt.ColorScheme.Dark
    app.setPalette(palette(DARK if dark else LIGHT))
    for window in app.topLevelWidgets():
        if window.property(DRESSED_PROPERTY):
            dress(window)
    for widget in app.allWidgets():
        name = widget.property(ICON_PROPERTY)
        if name and isinstance(widget, QAbstractButton):
            widget.setIcon(icon(str(name)))


def dress(window: QWidget) -> None:
    """Give a window, and all that belongs to it, the rules that Fusion cannot be told by a palette.

    With the rules on the whole application Qt would style a page anew at every step of its making, which takes three
    times as long; so a page is made bare and dressed once, when it comes into its window.
    """
    window.setProperty(DRESSED_PROPERTY, True)
    window.setStyleSheet(style_sheet(colours()))


def style_sheet(colours: Colours) -> str:
    """Return the rules for what Fusion cannot be told by a palette, in these colours."""
    text = (THEME_FOLDER / "widgets.qss").read_text(encoding="utf-8")
    for name, colour in asdict(colours).items():
        text = text.replace(f"@{name}@", colour)
    for mark in THEME_FOLDER.glob("*.svg"):
        text = text.replace(f"@{mark.stem}@", mark.as_posix())
    return text


def set_icon(button: QAbstractButton, name: str) -> None:
    """Give a button an icon that follows the theme."""
    button.setProperty(ICON_PROPERTY, name)
    button.setIcon(icon(name))


def icon(name: str, colour: str = "") -> QIcon:
    """Return an icon of our set in the text colour of the theme, or in the colour given.

    Raises
    ------
    FileNotFoundError
        There is no such icon.
    """
    now = colours()
    return _drawn(name, colour or now.text, now.disabled, now.on_accent)


@lru_cache(maxsize=256)
def _drawn(name: str, colour: str, disabled: str, selected: str) -> QIcon:
    from PySide6.QtSvg import QSvgRenderer

    source = (ICON_FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    result = QIcon()
    for mode, value in (
        (QIcon.Mode.Normal, colour),
        (QIcon.Mode.Disabled, disabled),
        (QIcon.Mode.Selected, selected),
    ):
        renderer = QSvgRenderer(QByteArray(source.replace("currentColor", value).encode()))
        for size in ICON_SIZES:
            pixmap = QPixmap(QSize(size, size))
            pixmap.fill(Qt.GlobalColor.transparent)
            painter = QPainter(pixmap)
            renderer.render(painter, QRectF(0, 0, size, size))
            painter.end()
            result.addPixmap(pixmap, mode)
    return result
