"""The row above the stage: the method, which captures it examines, and which finding is shown."""

from enum import StrEnum
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from engine.core.case import Capture, Item, Standing
from engine.core.finding import Finding
from gui.shell.theme import GRID
from gui.stage.geometry import Side
from gui.widgets.combo import ElidedCombo
from gui.widgets.outcome import outcome_text, subject_text
from gui.widgets.text import PlainLabel, plain_tip
from gui.widgets.units import extent, short_scale

if TYPE_CHECKING:
    from engine.workflows.cases import CaseOverview

STANDINGS = {Side.QUESTIONED: Standing.QUESTIONED, Side.KNOWN: Standing.KNOWN}
DOT = " \N{MIDDLE DOT} "


class Way(StrEnum):
    """What the page does: a method's key."""

    CAPTURES = "capture_comparison"
    CODE = "two_level_qr"
    LABEL = "micro-pattern"

    @property
    def label(self) -> str:
        """What the list of methods shows."""
        return {
            Way.CAPTURES: "Comparison of captures",
            Way.CODE: "Two-level QR code",
            Way.LABEL: "Micro-pattern label",
        }[self]

    @property
    def verb(self) -> str:
        """What it does with the captures."""
        return {Way.CAPTURES: "Compare", Way.CODE: "Examine", Way.LABEL: "Identify"}[self]

    @property
    def sides(self) -> tuple[Side, ...]:
        """Whose captures it needs."""
        return tuple(Side) if self is Way.CAPTURES else (Side.QUESTIONED,)


def way_of(finding: Finding) -> Way:
    """Return how a finding was made."""
    return next((way for way in Way if way == finding.method), Way.CAPTURES)


class Choices(QWidget):
    """Lists of methods, captures and findings; the signals carry what a person chose.

    Each side lists the captures of its own standing first, then those of the other.

    ``method_chosen`` carries a Way, ``capture_chosen`` the side and the capture's id, ``finding_chosen`` the finding's
    id or an empty text.
    """

    method_chosen = Signal(object)
    capture_chosen = Signal(object, str)
    finding_chosen = Signal(str)

    def __init__(self, compare: QPushButton, library: QWidget) -> None:
        super().__init__()
        self.lists = {side: _list(f"{side.capitalize()} capture") for side in Side}
        self.findings = _list("Finding")
        self.methods = _list("Method")
        for way in Way:
            self.methods.addItem(way.label, way.value)
        self._run, self._library = compare, library
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addWidget(self.methods, 2)
        self.methods.activated.connect(lambda place: self.method_chosen.emit(Way(self.methods.itemData(place))))
        self._names = {side: PlainLabel(side.capitalize(), meaning=side.value) for side in Side}
        for side, box in self.lists.items():
            row.addWidget(self._names[side])
            row.addWidget(box, 3)
            box.activated.connect(lambda place, side=side: self.capture_chosen.emit(side, self._key(side, place)))
        row.addWidget(compare)
        row.addWidget(PlainLabel("Finding"))
        row.addWidget(self.findings, 3)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addLayout(row)
        column.addWidget(library)
        self.findings.activated.connect(lambda place: self.finding_chosen.emit(str(self.findings.itemData(place))))
        self.show_method(Way.CAPTURES)

    def show_method(self, way: Way) -> None:
        """Show which method is chosen, and ask only for the captures it needs."""
        self.methods.setCurrentIndex(self.methods.findData(way.value))
        self.methods.setToolTip(way.label)
        self._run.setText(way.verb)
        for part in (self._names[Side.KNOWN], self.lists[Side.KNOWN]):
            part.setVisible(way is Way.CAPTURES)
        self._library.setVisible(way is Way.LABEL)

    def show_overview(self, overview: "CaseOverview") -> None:
        """List the captures and findings of a case."""
        for side, box in self.lists.items():
            with QSignalBlocker(box):
                box.clear()
                own, others = captures_of(overview, side), captures_of(overview, side.other)
                for item, capture in (*own, *others):
                    box.addItem(DOT.join((item.name, capture.file_name)), capture.id)
                    tip = f"{extent(capture)}{DOT}scale {short_scale(capture.scale)}"
                    box.setItemData(box.count() - 1, plain_tip(tip), Qt.ItemDataRole.ToolTipRole)
                if own and others:
                    box.insertSeparator(len(own))
                box.setPlaceholderText(f"Choose a {side} capture" if box.count() else f"No {side} captures yet")
        with QSignalBlocker(self.findings):
            self.findings.clear()
            self.findings.addItem("No finding", "")
            for number, finding in enumerate(overview.findings, start=1):
                self.findings.addItem(finding_title(number, finding, overview), finding.id)

    def show_chosen(self, chosen: dict[Side, str | None], finding_id: str | None) -> None:
        """Show what is chosen."""
        for side, box in self.lists.items():
            box.setCurrentIndex(box.findData(chosen[side]) if chosen[side] else -1)
            box.setToolTip(plain_tip(box.currentText()))
        self.findings.setCurrentIndex(max(self.findings.findData(finding_id or ""), 0))
        self.findings.setToolTip(plain_tip(self.findings.currentText()))

    def _key(self, side: Side, place: int) -> str:
        return str(self.lists[side].itemData(place))


def captures_of(overview: "CaseOverview", side: Side) -> list[tuple[Item, Capture]]:
    """Return the captures of the items that stand on a side, in the order they were taken in."""
    return [
        (item, capture)
        for item in overview.items
        if item.standing is STANDINGS[side]
        for capture in overview.captures.get(item.id, ())
    ]


def finding_title(number: int, finding: Finding, overview: "CaseOverview") -> str:
    """Return a finding's number, what it came to, what it is about, and its captures in one line."""
    names = {capture.id: capture.file_name for captures in overview.captures.values() for capture in captures}
    pair = " / ".join(names.get(capture_id, capture_id) for capture_id in finding.capture_ids)
    simulated = ("simulated",) if finding.simulated else ()
    return DOT.join(filter(None, (str(number), outcome_text(finding), subject_text(finding), pair, *simulated)))


def _list(name: str) -> QComboBox:
    box = ElidedCombo()
    box.setAccessibleName(name)
    box.setMinimumContentsLength(9)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    return box
