"""What a person can do on the stage: every one a command with a key."""

import math
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from gui.shell.commands import Command, CommandRegistry
from gui.stage.nudge_actions import Entry, nudge_entries
from gui.stage.overlay_actions import overlay_entries
from gui.stage.scene import Mode

if TYPE_CHECKING:
    from gui.stage.stage import Stage

SECTION = "Stage"
ZOOM_STEP = 1.5
TURN = math.radians(15.0)
MODE_ICONS = {
    Mode.SIDE_BY_SIDE: "mode-side",
    Mode.CURTAIN: "mode-curtain",
    Mode.BLINK: "mode-blink",
    Mode.OVERLAY: "mode-overlay",
    Mode.DIFFERENCE: "mode-difference",
    Mode.CHECKERBOARD: "mode-checker",
}
MODE_TIPS = {
    Mode.SIDE_BY_SIDE: "Both captures in panes of their own, showing the same place",
    Mode.CURTAIN: "One capture on either side of an edge that can be dragged",
    Mode.BLINK: "Both captures in turn at the same place",
    Mode.OVERLAY: "The known capture lies half transparent over the questioned one",
    Mode.DIFFERENCE: "What differs between the greys on the screen, with its sign",
    Mode.CHECKERBOARD: "Both captures in alternating squares",
}
VIEW_ICONS = {
    "fit": "fit",
    "full_size": "full-size",
    "zoom_in": "zoom-in",
    "zoom_out": "zoom-out",
    "link": "link",
    "align": "align",
    "swap": "swap",
    "points": "points",
    "panel": "panel",
}


class StageActions:
    """Does what the commands of the stage say."""

    def __init__(self, stage: "Stage") -> None:
        self._stage = stage

    def icons(self) -> dict[str, str]:
        """Return the icon of every command that has one, by the command's key without ``stage.``."""
        modes = {f"mode_{mode.name.lower()}": name for mode, name in MODE_ICONS.items()}
        return modes | VIEW_ICONS

    def add_commands(self, commands: CommandRegistry) -> None:
        """Register everything."""
        for number, mode in enumerate(Mode, start=1):
            self._add(commands, f"mode_{mode.name.lower()}", mode.capitalize(), partial(self._stage.set_mode, mode),
                      str(number), MODE_TIPS[mode], self._both)  # fmt: skip
        for entry in (
            *self._view_entries(),
            *overlay_entries(self._stage),
            *self._show_entries(),
            *nudge_entries(self._stage),
        ):
            self._add(commands, *entry)

    def show_states(self, commands: CommandRegistry) -> None:
        """Check what is on, and enable what can be done."""
        scene = self._stage.scene
        states = {f"mode_{mode.name.lower()}": mode is scene.mode for mode in Mode} | {
            "link": scene.view.linked and not scene.alone,
            "align": scene.align and not scene.alone,
            "swap": scene.swapped and not scene.alone,
            "points": scene.show_points,
            "arrows": scene.as_arrows,
            "panel": not self._stage.tabs.isHidden(),
        }
        for key, on in states.items():
            action = commands.action(f"stage.{key}")
            action.setCheckable(True)
            action.setChecked(on)
        commands.refresh()

    def _add(
        self,
        commands: CommandRegistry,
        key: str,
        title: str,
        run: Callable[[], object],
        shortcut: str,
        tip: str,
        enabled: Callable[[], bool],
    ) -> None:
        commands.add(Command(f"stage.{key}", title, SECTION, run, shortcut, tip, enabled))

    def _view_entries(self) -> tuple[Entry, ...]:
        canvas = self._stage.canvas
        return (
            ("fit", "Fit the capture", self._fit, "F", "Show the whole capture of the pane last used", self._any),
            ("fit_examined", "Fit what was examined", self._fit_examined, "Shift+F",
             "Show the area that both captures have in common, or the part that a finding about one maps",
             self._examined),
            ("full_size", "100 %", self._full_size, "0", "One pixel of the capture on one pixel of the screen",
             self._any),
            ("zoom_in", "Zoom in", lambda: canvas.zoom_view(canvas.active, ZOOM_STEP), "+", "", self._any),
            ("zoom_out", "Zoom out", lambda: canvas.zoom_view(canvas.active, 1 / ZOOM_STEP), "-", "", self._any),
            ("turn_left", "Turn left", lambda: canvas.turn_view(canvas.active, -TURN), ",",
             "Turn the picture by 15 degrees", self._any),
            ("turn_right", "Turn right", lambda: canvas.turn_view(canvas.active, TURN), ".",
             "Turn the picture by 15 degrees", self._any),
            ("upright", "Upright", self._upright, "U", "Undo every turn", self._any),
            ("link", "Link the panes", self._link, "L", "Zoom and pan both panes together", self._can_link),
            ("align", "Align the orientation", self._align, "A",
             "Turn the known pane so that both show the same orientation", self._both),
            ("swap", "Swap the sides", self._swap, "X", "Change which capture stands left", self._both),
        )  # fmt: skip

    def _show_entries(self) -> tuple[Entry, ...]:
        stage = self._stage
        return (
            ("option_less", "Less of the mode's setting", partial(stage.step_option, -1), "[",
             "Edge, rate, opacity, range or size of squares", self._has_option),
            ("option_more", "More of the mode's setting", partial(stage.step_option, 1), "]",
             "Edge, rate, opacity, range or size of squares", self._has_option),
            ("levels_auto", "Automatic levels", partial(self._levels, automatic=True), "Shift+A",
             "Let one sample in a thousand clip at each end, in both panes", self._any),
            ("levels_full", "Full levels", partial(self._levels, automatic=False), "Shift+R",
             "Show the whole range of values in both panes", self._any),
            ("panel", "Side panel", self._panel, "I", "Show or hide finding, overlays and levels", self._shown),
        )  # fmt: skip

    def _shown(self) -> bool:
        return self._stage.isVisible()

    def _any(self) -> bool:
        return self._shown() and bool(self._stage.scene.images)

    def _both(self) -> bool:
        return self._shown() and self._stage.scene.complete

    def _examined(self) -> bool:
        return self._both() or (self._any() and bool(self._stage.scene.styles))

    def _can_link(self) -> bool:
        return self._both() and self._stage.scene.view.link.matrix is not None

    def _has_option(self) -> bool:
        return self._both() and self._stage.scene.mode is not Mode.SIDE_BY_SIDE

    def _fit(self) -> None:
        scene, canvas = self._stage.scene, self._stage.canvas
        side = canvas.active if canvas.active in scene.images else next(iter(scene.images))
        for moved in scene.moved_by(side):
            scene.view.fit(moved, scene.outline(moved))
        canvas.fitted = False
        canvas.refresh()

    def _fit_examined(self) -> None:
        self._stage.canvas.fitted = True
        self._stage.canvas.refresh()

    def _full_size(self) -> None:
        canvas = self._stage.canvas
        zoom = self._stage.scene.view.zoom(canvas.active)
        canvas.zoom_view(canvas.active, 1.0 / (zoom * canvas.devicePixelRatioF()))

    def _upright(self) -> None:
        self._stage.scene.view.upright()
        self._stage.show_all()

    def _link(self) -> None:
        view = self._stage.scene.view
        view.set_linked(not view.linked)
        self._stage.show_all()

    def _align(self) -> None:
        self._stage.scene.set_align(not self._stage.scene.align)
        self._stage.show_all()

    def _swap(self) -> None:
        scene = self._stage.scene
        scene.swapped = not scene.swapped
        self._stage.show_all()

    def _panel(self) -> None:
        self._stage.tabs.setVisible(self._stage.tabs.isHidden())
        self._stage.show_all()

    def _levels(self, *, automatic: bool) -> None:
        for box in self._stage.levels_panel.boxes.values():
            if automatic:
                box.set_automatic()
            else:
                box.set_full()
