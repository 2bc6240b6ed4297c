"""Assertions on what is seen: nothing clipped, enough contrast, everything reached by Tab."""

from collections.abc import Iterator

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QScrollArea,
    QStyle,
    QStyleOptionComboBox,
    QTabBar,
    QWidget,
)

from gui.widgets.text import ElidedLabel

MINIMUM_CONTRAST = 4.5  # WCAG 2.2, success criterion 1.4.3, level AA


def visible(root: QWidget, kind: type[QWidget] = QWidget) -> Iterator[QWidget]:
    """Yield the visible widgets below a root."""
    for widget in root.findChildren(kind):
        if widget.isVisible() and widget.window() is root.window():
            yield widget


def name_of(widget: QWidget) -> str:
    """Return something that a reader of a failure recognises."""
    text = getattr(widget, "text", lambda: "")()
    return f"{type(widget).__name__} {widget.accessibleName() or text or widget.objectName()!r}"


def clipped(root: QWidget) -> list[str]:
    """Return the visible widgets whose text does not fit, or that stick out of what holds them."""
    found = []
    for widget in visible(root):
        reason = _text_reason(widget) or _place_reason(widget)
        if reason:
            found.append(f"{name_of(widget)}: {reason}")
    return found


def _text_reason(widget: QWidget) -> str:
    need, has = widget.sizeHint(), widget.size()
    if isinstance(widget, ElidedLabel):
        return "" if need.height() <= has.height() else f"height {has.height()} of {need.height()}"
    if isinstance(widget, QLabel):
        if not widget.text():
            return ""
        if widget.wordWrap():
            height = widget.heightForWidth(has.width())
            return "" if height <= has.height() else f"height {has.height()} of {height}"
        return "" if need.width() <= has.width() and need.height() <= has.height() else f"{has} of {need}"
    if isinstance(widget, QTabBar):
        wanted = sum(widget.tabRect(place).width() for place in range(widget.count()))
        return "" if wanted <= has.width() else f"tabs {wanted} in {has.width()}"
    if isinstance(widget, QAbstractButton):
        return "" if need.width() <= has.width() and need.height() <= has.height() else f"{has} of {need}"
    if isinstance(widget, QLineEdit) and not isinstance(widget.parentWidget(), QAbstractSpinBox):
        wanted = widget.fontMetrics().horizontalAdvance(widget.placeholderText())
        room = widget.contentsRect().width() - 8
        fits = wanted <= room and need.height() <= has.height()
        return "" if fits else f"placeholder {wanted} in {room}, height {has.height()} of {need.height()}"
    if isinstance(widget, QComboBox):
        return _combo_reason(widget)
    return ""


def _combo_reason(widget: QComboBox) -> str:
    option = QStyleOptionComboBox()
    widget.initStyleOption(option)
    style = widget.style()
    field = style.subControlRect(
        QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, widget
    )
    fits = widget.fontMetrics().height() <= field.height() + 2
    return "" if fits else f"text of {widget.fontMetrics().height()} in {field.height()}"


def _place_reason(widget: QWidget) -> str:
    """Say where a widget sticks out of its parent; what a scroll area scrolls may."""
    parent = widget.parentWidget()
    if parent is None or widget.isWindow() or not isinstance(widget, QLabel | QAbstractButton | QLineEdit | QComboBox):
        return ""
    ancestor: QWidget | None = parent
    while ancestor is not None and not isinstance(ancestor, QScrollArea):
        if ancestor.inherits("QAbstractItemView"):
            return ""
        ancestor = ancestor.parentWidget()
    if ancestor is not None:
        return ""
    place = QRect(widget.mapTo(widget.window(), QPoint(0, 0)), widget.size())
    outer = QRect(parent.mapTo(widget.window(), QPoint(0, 0)), parent.size())
    inside = outer.adjusted(-1, -1, 1, 1).contains(place)
    return "" if inside else f"{place} outside {outer}"


def luminance(colour: QColor) -> float:
    """Return the relative luminance of WCAG 2.2."""
    channels = (colour.redF(), colour.greenF(), colour.blueF())
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: QColor, second: QColor) -> float:
    """Return the contrast ratio of WCAG 2.2, 1..21."""
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def faint_palette_pairs(palette: QPalette) -> list[str]:
    """Return the pairs of text and background, enabled or not, whose contrast is too low."""
    role, group = QPalette.ColorRole, QPalette.ColorGroup
    pairs = (
        (role.WindowText, role.Window), (role.Text, role.Base), (role.Text, role.AlternateBase),
        (role.ButtonText, role.Button), (role.HighlightedText, role.Highlight), (role.ToolTipText, role.ToolTipBase),
        (role.PlaceholderText, role.Base), (role.Link, role.Window), (role.Link, role.Base),
    )  # fmt: skip
    return [
        f"{which} {ink} on {paper}: {ratio:.2f}"
        for which in (group.Active, group.Inactive, group.Disabled)
        for ink, paper in pairs
        if (ratio := contrast(palette.color(which, ink), palette.color(which, paper))) < MINIMUM_CONTRAST
    ]


def faint_texts(root: QWidget) -> list[str]:
    """Return the visible labels and buttons whose drawn text does not stand out from what lies behind it.

    The background is measured: the colour in the middle when all pixels are sorted by luminance, for text covers less
    than half. Thin strokes never reach their full colour, so the text's colour is asked for.
    """
    found = []
    for widget in visible(root):
        if not isinstance(widget, QLabel | QAbstractButton) or not widget.text():
            continue
        image = widget.grab().toImage()
        pixels = [QColor(image.pixel(x, y)) for x in range(0, image.width(), 2) for y in range(0, image.height(), 2)]
        behind = sorted(pixels, key=luminance)[len(pixels) // 2]
        group = QPalette.ColorGroup.Active if widget.isEnabled() else QPalette.ColorGroup.Disabled
        ratio = contrast(widget.palette().color(group, widget.foregroundRole()), behind)
        if ratio < MINIMUM_CONTRAST:
            found.append(f"{name_of(widget)}: {ratio:.2f}")
    return found


def tab_stops(root: QWidget) -> set[QWidget]:
    """Return the widgets that Tab should reach: visible, enabled, and taking focus by Tab themselves."""
    return {
        widget
        for widget in visible(root)
        if widget.isEnabled()
        and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and widget.focusProxy() is None
        and not widget.inherits("QMenuBar")
        and not _by_arrow_keys(widget)
    }


def _by_arrow_keys(widget: QWidget) -> bool:
    """Whether the widget belongs to a group of which Tab reaches the chosen one, and the arrow keys the others."""
    group = widget.group() if isinstance(widget, QAbstractButton) else None
    return group is not None and group.exclusive() and group.checkedButton() not in (None, widget)


def unreached_by_tab(root: QWidget) -> list[str]:
    """Press Tab until the round is complete; return the widgets that it missed."""
    wanted = tab_stops(root)
    reached: set[QWidget] = set()
    for _ in range(2 * len(wanted) + 10):
        now = QApplication.focusWidget()
        if now is not None:
            reached.add(now)
        QTest.keyClick(now or root, Qt.Key.Key_Tab)
    return sorted(name_of(widget) for widget in wanted - reached)


def unnamed(root: QWidget) -> list[str]:
    """Return the visible widgets that take the keyboard but tell an assistive tool nothing."""
    return [
        f"{type(widget).__name__} {widget.objectName()!r} in {type(widget.parentWidget()).__name__}"
        for widget in tab_stops(root)
        if not widget.accessibleName() and not getattr(widget, "text", lambda: "")() and not _labelled(widget)
    ]


def _labelled(widget: QWidget) -> bool:
    """Whether the widget is part of one that says what it is (a spin box's editor, a tab widget's bar)."""
    parent = widget.parentWidget()
    return isinstance(widget, QTabBar) or (parent is not None and bool(parent.accessibleName()))
