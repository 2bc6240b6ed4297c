"""Which of a finding's overlays and points are seen, by keys: the next map alone, arrows or colours, matched points."""

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from gui.stage.nudge_actions import Entry
from gui.stage.scene import is_displacement

if TYPE_CHECKING:
    from gui.stage.stage import Stage


def overlay_entries(stage: "Stage") -> tuple[Entry, ...]:
    """Return the commands about a stage's overlays and points."""
    scene = stage.scene

    def has_finding() -> bool:
        return stage.isVisible() and scene.finding is not None

    def has_overlays() -> bool:
        return stage.isVisible() and bool(scene.styles)

    def has_displacements() -> bool:
        return has_finding() and any(map(is_displacement, scene.finding.overlays if scene.finding else ()))

    return (
        ("next_overlay", "Next overlay", partial(_next_overlay, stage), "O",
         "Show the next overlay alone, after the last one none", has_overlays),
        ("arrows", "Displacements as arrows", partial(_toggle_arrows, stage), "D",
         "Show displacements as arrows, or their lengths as colours", has_displacements),
        ("points", "Matched points", partial(_toggle_points, stage), "P", "Show or hide the matched points",
         has_finding),
    )  # fmt: skip


def _next_overlay(stage: "Stage") -> None:
    styles = stage.scene.styles
    keys = [*styles, ""]
    shown = [key for key in styles if styles[key].visible]
    following = keys[(keys.index(shown[0]) + 1) % len(keys)] if shown else keys[0]
    stage.scene.styles = {key: replace(style, visible=key == following) for key, style in styles.items()}
    stage.show_all()


def _toggle_arrows(stage: "Stage") -> None:
    arrows = not stage.scene.as_arrows
    stage.scene.styles = {key: replace(style, arrows=arrows) for key, style in stage.scene.styles.items()}
    stage.show_all()


def _toggle_points(stage: "Stage") -> None:
    stage.scene.show_points = not stage.scene.show_points
    stage.show_all()
