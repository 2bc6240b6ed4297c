"""Nudging the known capture over a registration with keys: display only, undone and done again at will."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from gui.stage import geometry
from gui.stage.geometry import Point, Side
from gui.stage.linking import LinkBasis

if TYPE_CHECKING:
    from gui.stage.stage import Stage

# Key, title, what it does, shortcut, tip, and whether it can be done now.
Entry: TypeAlias = tuple[str, str, Callable[[], object], str, str, Callable[[], bool]]
NUDGES: dict[str, Point] = {"left": (-1.0, 0.0), "right": (1.0, 0.0), "up": (0.0, -1.0), "down": (0.0, 1.0)}


def nudge_entries(stage: "Stage") -> tuple[Entry, ...]:
    """Return the commands that nudge the known capture of a stage."""
    scene = stage.scene

    def registered() -> bool:
        view = scene.view
        linked = view.mapping is not None and view.link.basis is LinkBasis.REGISTRATION
        return stage.isVisible() and scene.complete and linked

    def can_undo() -> bool:
        return registered() and bool(scene.nudge.steps)

    def can_redo() -> bool:
        return registered() and bool(scene.nudge.undone)

    def undo() -> None:
        scene.nudge.undo()
        _nudged(stage)

    def redo() -> None:
        scene.nudge.redo()
        _nudged(stage)

    tip = "Move the known capture by one pixel of the screen; the finding stays as it is"
    return (
        *((f"nudge_{name}", f"Nudge {name}", partial(_nudge, stage, step), f"Alt+{name.capitalize()}", tip, registered)
          for name, step in NUDGES.items()),
        ("nudge_undo", "Undo the nudge", undo, "Alt+Z", "Take the last nudge back", can_undo),
        ("nudge_redo", "Redo the nudge", redo, "Alt+Shift+Z", "Do the nudge last taken back again", can_redo),
    )  # fmt: skip


def _nudge(stage: "Stage", step: Point) -> None:
    """Move the known picture by a screen pixel: its pixels shift against the registration."""
    view = stage.scene.view
    matrix = view.matrix(Side.KNOWN)
    middle = geometry.map_point(np.linalg.inv(matrix), (view.size[0] / 2.0, view.size[1] / 2.0))
    pixel = np.array(step) / stage.canvas.devicePixelRatioF()
    shift = -np.linalg.solve(geometry.jacobian(matrix, middle), pixel)
    stage.scene.nudge.move((float(shift[0]), float(shift[1])))
    _nudged(stage)


def _nudged(stage: "Stage") -> None:
    stage.scene.relink()
    stage.canvas.fitted = False
    stage.show_all()
