"""How overlays are shown: visibility, opacity, range, colours, and the grid they were measured on."""

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSizePolicy,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from engine.core.colour_maps import NAMES
from engine.core.finding import Overlay
from gui.shell.theme import GRID
from gui.stage import colouring
from gui.stage.colouring import OverlayStyle
from gui.stage.geometry import local_scale
from gui.stage.scene import is_displacement
from gui.widgets.table import RoomyRows
from gui.widgets.text import PlainLabel

NONE = "No overlays yet. They appear here once a comparison has made some."


class OverlayPanel(QWidget):
    """Lets a person choose and dress overlays; ``styled`` carries an overlay's key and its new style."""

    styled = Signal(str, object)
    points_wanted = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self._overlays: dict[str, Overlay] = {}
        self._styles: dict[str, OverlayStyle] = {}
        self.empty = PlainLabel(NONE, meaning="muted", wrap=True)
        self.list = QListWidget()
        self.list.setAccessibleName("Overlays")
        self.list.setItemDelegate(RoomyRows(self.list))
        self.list.setMaximumHeight(16 * GRID)
        self.points = QCheckBox("Matched points")
        self.meaning = PlainLabel(meaning="muted", wrap=True)
        self.grid = PlainLabel(meaning="muted", wrap=True)
        self.opacity = QSlider(Qt.Orientation.Horizontal)
        self.opacity.setRange(0, 100)
        self.low, self.high = _number_field("Lowest value"), _number_field("Highest value")
        self.colours = QComboBox()
        self.colours.addItems(list(NAMES))
        self.both = QCheckBox("On both panes")
        self.arrows = QCheckBox("As arrows")
        self.arrows.setToolTip("Draw displacements as arrows, longer than true by the factor stated beside them")
        self.reset = QPushButton("Range of the finding")
        self.reset.setAutoDefault(False)
        self.form = self._form()
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID, GRID, GRID, GRID)
        column.setSpacing(GRID)
        for part in (self.empty, self.list, self.points, self.form, self.meaning, self.grid):
            column.addWidget(part)
        column.addStretch(1)
        self._connect()
        self.show_overlays((), {}, points=True)

    def show_overlays(
        self, overlays: tuple[Overlay, ...], styles: dict[str, OverlayStyle], *, points: bool, alone: bool = False
    ) -> None:
        """List overlays as they are shown now; of a capture ``alone`` there are neither matches nor a second pane."""
        self.points.setVisible(not alone)
        self.both.setVisible(not alone)
        chosen = self.current_key()
        self._overlays = {overlay.key: overlay for overlay in overlays}
        self._styles = dict(styles)
        with QSignalBlocker(self.list), QSignalBlocker(self.points):
            self.points.setChecked(points)
            self.list.clear()
            for key, overlay in self._overlays.items():
                item = QListWidgetItem(overlay.title)
                item.setData(Qt.ItemDataRole.UserRole, key)
                item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
                item.setCheckState(Qt.CheckState.Checked if styles[key].visible else Qt.CheckState.Unchecked)
                self.list.addItem(item)
            keys = list(self._overlays)
            self.list.setCurrentRow(keys.index(chosen) if chosen in keys else 0)
        self.empty.setVisible(not overlays)
        self.list.setVisible(bool(overlays))
        self._show_current()

    def current_key(self) -> str:
        """Return the key of the overlay whose style is edited; empty where there is none."""
        item = self.list.currentItem()
        return "" if item is None else str(item.data(Qt.ItemDataRole.UserRole))

    def _form(self) -> QWidget:
        form = QWidget()
        rows = QFormLayout(form)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setVerticalSpacing(GRID)
        self.opacity.setAccessibleName("Opacity")
        self.colours.setAccessibleName("Colours")
        between = QHBoxLayout()
        between.setSpacing(GRID)
        between.addWidget(self.low)
        between.addWidget(self.high)
        rows.addRow("Opacity:", self.opacity)
        rows.addRow("Range:", between)
        rows.addRow("", self.reset)
        rows.addRow("Colours:", self.colours)
        rows.addRow("", self.both)
        rows.addRow("", self.arrows)
        return form

    def _connect(self) -> None:
        self.list.currentRowChanged.connect(self._show_current)
        self.list.itemChanged.connect(self._checked)
        self.points.toggled.connect(self.points_wanted)
        self.opacity.valueChanged.connect(lambda value: self._change(lambda s: replace(s, opacity=value / 100.0)))
        self.low.valueChanged.connect(lambda value: self._change(lambda s: replace(s, low=value)))
        self.high.valueChanged.connect(lambda value: self._change(lambda s: replace(s, high=value)))
        self.colours.currentTextChanged.connect(lambda name: self._change(lambda s: replace(s, colour_map=name)))
        self.both.toggled.connect(lambda on: self._change(lambda s: replace(s, both_panes=on)))
        self.arrows.toggled.connect(lambda on: self._change(lambda s: replace(s, arrows=on)))
        self.reset.clicked.connect(self._reset)

    def _show_current(self) -> None:
        overlay = self._overlays.get(self.current_key())
        for part in (self.form, self.meaning, self.grid):
            part.setVisible(overlay is not None)
        if overlay is None:
            return
        style = self._styles[overlay.key]
        fields = (self.opacity, self.low, self.high, self.colours, self.both, self.arrows)
        blockers = [QSignalBlocker(field) for field in fields]
        step = max(abs(overlay.high - overlay.low) / 50.0, 1e-6)
        for field, value in ((self.low, style.low), (self.high, style.high)):
            field.setSingleStep(step)
            field.setSuffix(f" {colouring.unit_text(overlay.unit)}" if overlay.unit else "")
            field.setValue(value)
        self.opacity.setValue(round(100 * style.opacity))
        self.colours.setCurrentText(style.colour_map)
        self.both.setChecked(style.both_panes)
        self.arrows.setChecked(style.arrows)
        self.arrows.setVisible(is_displacement(overlay))
        del blockers
        self.meaning.setText(overlay.meaning)
        self.grid.setText(grid_text(overlay))

    def _change(self, change: Callable[[OverlayStyle], OverlayStyle]) -> None:
        key = self.current_key()
        if key:
            self._styles[key] = change(self._styles[key])
            self.styled.emit(key, self._styles[key])

    def _checked(self, item: QListWidgetItem) -> None:
        key = str(item.data(Qt.ItemDataRole.UserRole))
        self._styles[key] = replace(self._styles[key], visible=item.checkState() is Qt.CheckState.Checked)
        self.styled.emit(key, self._styles[key])

    def _reset(self) -> None:
        overlay = self._overlays.get(self.current_key())
        if overlay is not None:
            self._change(lambda style: replace(style, low=overlay.low, high=overlay.high))
            self._show_current()


def _number_field(name: str) -> QDoubleSpinBox:
    field = QDoubleSpinBox()
    field.setAccessibleName(name)
    field.setDecimals(3)
    field.setRange(-1e6, 1e6)
    field.setKeyboardTracking(False)
    # Room for the widest number it may take would make the form wider than its panel.
    field.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
    field.setMinimumWidth(10 * field.fontMetrics().averageCharWidth())
    return field


def grid_text(overlay: Overlay) -> str:
    """Return the grid an overlay was measured on; it is drawn on it, never finer."""
    if overlay.raster is None:
        return "The measured values of this overlay are not at hand."
    height, width = overlay.raster.values.shape[:2]
    pitch = local_scale(overlay.grid_to_capture.array(), ((width - 1) / 2.0, (height - 1) / 2.0))
    return (
        f"Measured on {width} \N{MULTIPLICATION SIGN} {height} cells, "
        f"one every {colouring.number(pitch)} pixels of the capture."
    )
