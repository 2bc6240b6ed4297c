"""Buttons that stand for a command of the registry."""

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QPushButton, QToolButton

from gui.shell import theme


class CommandButton(QPushButton):
    """A push button that does what an action does, and is enabled while the action is."""

    def __init__(self, action: QAction, *, icon: str = "", text: str = "", primary: bool = False) -> None:
        super().__init__(text or action.text())
        self._action = action
        if icon:
            theme.set_icon(self, icon)
        self.setAutoDefault(False)
        if primary:
            font = self.font()
            font.setBold(True)
            self.setFont(font)
        self.clicked.connect(action.trigger)
        action.changed.connect(self._follow)
        self._follow()

    def _follow(self) -> None:
        self.setEnabled(self._action.isEnabled())
        self.setToolTip(self._action.toolTip())


def tool_button(icon: str, name: str, tip: str = "") -> QToolButton:
    """Return a small button with an icon, an accessible name and a tooltip."""
    button = QToolButton()
    theme.set_icon(button, icon)
    button.setAccessibleName(name)
    button.setToolTip(tip or name)
    button.setAutoRaise(True)
    return button
