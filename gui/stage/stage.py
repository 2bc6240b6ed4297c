"""The stage as a widget: tool bars, canvas, side panel, and the line below."""

from PySide6.QtCore import QEvent, QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QSlider,
    QSplitter,
    QTabWidget,
    QToolBar,
    QVBoxLayout,
    QWidget,
)

from engine.core.case import Capture
from engine.core.finding import Finding
from gui.shell import theme
from gui.shell.commands import CommandRegistry
from gui.shell.theme import GRID
from gui.stage import captions
from gui.stage.actions import StageActions
from gui.stage.canvas import StageCanvas
from gui.stage.colouring import OverlayStyle
from gui.stage.finding_panel import FindingPanel
from gui.stage.geometry import Side
from gui.stage.levels import Levels
from gui.stage.levels_panel import LevelsPanel
from gui.stage.linking import LinkBasis
from gui.stage.mode_options import MODE_OPTIONS
from gui.stage.overlay_panel import OverlayPanel
from gui.stage.scene import Mode, Scene, StageImage
from gui.widgets.text import ElidedLabel, PlainLabel

PANEL_WIDTH = 40 * GRID
VIEW_TOOLS = ("fit", "full_size", "zoom_in", "zoom_out", "", "link", "align", "swap", "points", "", "panel")


class Stage(QWidget):
    """Compares two captures. ``changed`` tells that the captures, the finding or the mode changed."""

    changed = Signal()

    def __init__(self, commands: CommandRegistry) -> None:
        super().__init__()
        self._commands = commands
        self.canvas = StageCanvas()
        self.finding_panel = FindingPanel()
        self.overlay_panel = OverlayPanel()
        self.levels_panel = LevelsPanel()
        self.actions_ = StageActions(self)
        self.actions_.add_commands(commands)
        self.option_title = PlainLabel(meaning="muted")
        self.option = QSlider(Qt.Orientation.Horizontal)
        self.option.setMinimumWidth(10 * GRID)
        self.option.setMaximumWidth(20 * GRID)
        self.option_value = PlainLabel()
        self.pointer = ElidedLabel(meaning="muted")
        self.link = ElidedLabel()
        self._lay_out()
        self._connect()
        self.show_all()

    @property
    def scene(self) -> Scene:
        """What is shown."""
        return self.canvas.scene

    def show_image(self, side: Side, image: StageImage | None, *, keep_view: bool = False) -> None:
        """Put a capture on a side, or take it away; a finding that was shown goes.

        ``keep_view`` leaves zoom and place as the person has them.
        """
        self.scene.open(side, image)
        self.canvas.fitted = self.canvas.fitted or not keep_view
        self.show_all()

    def show_finding(self, finding: Finding | None, *, keep_view: bool = False) -> None:
        """Show a finding about the captures on the stage; raises ValueError where it is about others."""
        self.scene.set_finding(finding)
        self.canvas.fitted = self.canvas.fitted or not keep_view
        self.show_all()

    def show_hint(self, side: Side, text: str) -> None:
        """Say something where a side has no capture; an empty text asks to choose one."""
        self.scene.hints[side] = text
        self.canvas.update()

    def update_capture(self, capture: Capture) -> None:
        """Take over a newer record of a capture; nothing happens where it is not on the stage or unchanged."""
        if self.scene.update_capture(capture):
            self.show_all()

    def set_alone(self, alone: bool) -> None:
        """Show the questioned capture alone, or beside the known one."""
        if alone != self.scene.alone:
            self.scene.set_alone(alone)
            self.canvas.fitted = True
            self.show_all()

    def set_mode(self, mode: Mode) -> None:
        """Choose how to compare."""
        self.scene.set_mode(mode)
        self.show_all()

    def set_style(self, key: str, style: OverlayStyle) -> None:
        """Show an overlay in another way."""
        turned = style.arrows != self.scene.styles[key].arrows
        self.scene.styles[key] = style
        if turned:
            self.actions_.show_states(self._commands)
        self.canvas.update()

    def set_levels(self, side: Side, levels: Levels) -> None:
        """Show a capture with other levels."""
        layer = self.scene.layers.get(side)
        if layer is not None and layer.levels != levels:
            layer.levels = levels
            self.levels_panel.boxes[side].show_layer(layer)
            self.canvas.update()

    def step_option(self, direction: int) -> None:
        """Move the setting of the mode by a twentieth of its range."""
        option = MODE_OPTIONS.get(self.scene.mode)
        if option is not None:
            step = max((option.high - option.low) // 20, 1)
            self.option.setValue(self.option.value() + direction * step)

    def show_all(self) -> None:
        """Bring canvas, tools and panels up to what the scene holds."""
        self.canvas.refresh()
        self._show_option()
        self.actions_.show_states(self._commands)
        self.finding_panel.show_finding(self.scene.finding, alone=self.scene.alone)
        overlays = self.scene.finding.overlays if self.scene.finding else ()
        self.overlay_panel.show_overlays(
            overlays, self.scene.styles, points=self.scene.show_points, alone=self.scene.alone
        )
        self.levels_panel.show_layers(self.scene.layers)
        self.show_link()
        self.changed.emit()

    def show_link(self) -> None:
        """Say what the link of the panes rests on."""
        statement = captions.link_statement(self.scene)
        if self.link.text() != statement:
            view = self.scene.view
            fine = view.mapping is not None and view.link.basis is LinkBasis.REGISTRATION
            self.link.show_text(statement, "text" if fine else "caution")
        self.finding_panel.show_link(statement)

    def close_stage(self) -> None:
        """Take everything off the stage and join its threads."""
        self.canvas.close_scene()
        self.show_all()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Name the modes as far as there is room."""
        super().resizeEvent(event)
        _fit(self.mode_bar, (self.option_title, self.option, self.option_value, self.view_bar), self.width())

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the icons in the colours of the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._dress()

    def _lay_out(self) -> None:
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.finding_panel, "Finding")
        self.tabs.addTab(_scrolled(self.overlay_panel, "Overlays"), "Overlays")
        self.tabs.addTab(_scrolled(self.levels_panel, "Levels"), "Levels")
        self.tabs.setMinimumWidth(30 * GRID)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.addWidget(self.canvas)
        self.splitter.addWidget(self.tabs)
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setSizes([100 * GRID, PANEL_WIDTH])
        self.splitter.setHandleWidth(GRID)
        self.splitter.setChildrenCollapsible(False)
        self.mode_bar = self._bar("How to compare", [f"mode_{mode.name.lower()}" for mode in Mode])
        self.mode_bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.view_bar = self._bar("View", VIEW_TOOLS)
        tools = QHBoxLayout()
        tools.setSpacing(GRID)
        tools.addWidget(self.mode_bar)
        tools.addStretch(1)
        for part in (self.option_title, self.option, self.option_value):
            tools.addWidget(part)
        tools.addWidget(self.view_bar)
        line = QHBoxLayout()
        line.setSpacing(2 * GRID)
        line.addWidget(self.link, 3)
        line.addWidget(self.pointer, 2)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID // 2)
        column.addLayout(tools)
        column.addWidget(self.splitter, 1)
        column.addLayout(line)
        # Drawing the icons takes as long as all the rest; it waits for the next turn of the event loop.
        QTimer.singleShot(0, self, self._dress)

    def _bar(self, name: str, keys: list[str] | tuple[str, ...]) -> QToolBar:
        bar = QToolBar(name)
        bar.setAccessibleName(name)
        bar.setMovable(False)
        bar.setFloatable(False)
        for key in keys:
            if key:
                bar.addAction(self._action(key))
            else:
                bar.addSeparator()
        return bar

    def _connect(self) -> None:
        self.canvas.pointed.connect(self.pointer.setText)
        self.canvas.viewed.connect(self.show_link)
        self.canvas.sharpened.connect(self._sharpened)
        self.overlay_panel.styled.connect(self.set_style)
        self.overlay_panel.points_wanted.connect(self._show_points)
        self.levels_panel.changed.connect(self.set_levels)
        self.option.valueChanged.connect(self._option_moved)

    def _action(self, key: str) -> QAction:
        return self._commands.action(f"stage.{key}")

    def _dress(self) -> None:
        for key, name in self.actions_.icons().items():
            self._action(key).setIcon(theme.icon(name))

    def _show_option(self) -> None:
        self.mode_bar.setVisible(not self.scene.alone)
        option = MODE_OPTIONS.get(self.scene.mode)
        for part in (self.option_title, self.option, self.option_value):
            part.setVisible(option is not None)
        if option is not None:
            with QSignalBlocker(self.option):
                self.option.setRange(option.low, option.high)
                self.option.setValue(option.number(self.scene.options))
            self.option.setAccessibleName(option.title)
            self.option_title.setText(option.title)
            self.option_value.setText(option.text(self.scene.options))
        _fit(self.mode_bar, (self.option_title, self.option, self.option_value, self.view_bar), self.width())

    def _option_moved(self, number: int) -> None:
        option = MODE_OPTIONS.get(self.scene.mode)
        if option is not None:
            option.set(self.scene.options, number)
            self.option_value.setText(option.text(self.scene.options))
            self.canvas.refresh()

    def _show_points(self, shown: bool) -> None:
        self.scene.show_points = shown
        self.canvas.update()
        self.actions_.show_states(self._commands)

    def _sharpened(self) -> None:
        """Show histograms once the reading threads have counted."""
        for side, box in self.levels_panel.boxes.items():
            layer = self.scene.layers.get(side)
            if layer is not None and not box.ready and layer.histogram is not None:
                box.show_layer(layer)


def _fit(modes: QToolBar, others: tuple[QWidget, ...], width: int) -> None:
    """Show the modes by their icons alone where their names would push some of them out of sight."""
    modes.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    beside = sum(other.sizeHint().width() + GRID for other in others if not other.isHidden())
    if modes.sizeHint().width() + beside + GRID > width:
        modes.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)


def _scrolled(widget: QWidget, name: str) -> QScrollArea:
    area = QScrollArea()
    area.setAccessibleName(name)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(widget)
    return area
