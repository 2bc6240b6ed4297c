"""Who is working: choose the actor that every event will carry, or add one."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QComboBox, QWidget

from gui.widgets.combo import ElidedCombo
from gui.widgets.forms import FormDialog

if TYPE_CHECKING:  # loading the records takes as long as loading Qt; the window is seen before
    from engine.core.case import Actor, Role


def in_words(actor: "Actor") -> str:
    """Return the actor's name and role."""
    return f"{actor.name} ({actor.role.value})"


class ChooseActorDialog(FormDialog):
    """Ask who is working."""

    def __init__(
        self,
        actors: "tuple[Actor, ...]",
        current: "Actor | None",
        chosen: "Callable[[Actor], None]",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("Who is working?", "Work as this actor", self._hand_on, parent)
        self._actors = actors
        self._chosen = chosen
        self.field = ElidedCombo()
        self.field.addItems([in_words(actor) for actor in actors])
        if current in actors:
            self.field.setCurrentIndex(actors.index(current))
        self.add_field("Actor", self.field)

    def _hand_on(self) -> None:
        self._chosen(self._actors[self.field.currentIndex()])


class AddActorDialog(FormDialog):
    """Ask for the name and the role of a new actor."""

    def __init__(self, add: "Callable[[str, Role], None]", parent: QWidget | None = None) -> None:
        super().__init__("Add an actor", "Add", self._hand_on, parent)
        self._add = add
        self.name = self.add_line("Name", required=True)
        from engine.core.case import Role

        self._roles = tuple(Role)
        self.role = QComboBox()
        for role in self._roles:
            self.role.addItem(role.value, role)
        self.add_field("Role", self.role)

    def _hand_on(self) -> None:
        self._add(self.name.text().strip(), self._roles[self.role.currentIndex()])
