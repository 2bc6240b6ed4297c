"""The Qt binding keeps Python's reference counts; a build that does not ends the window after some minutes of use."""

import sys

from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot


def test_calls_that_return_nothing_keep_the_count_of_none(qtbot: QtBot) -> None:
    label = QLabel()
    qtbot.addWidget(label)
    before = sys.getrefcount(None)
    for _ in range(2000):
        label.setText("text")
    # A build for newer Pythons loses one reference a call: at zero the interpreter ends the process.
    assert sys.getrefcount(None) > before - 500
