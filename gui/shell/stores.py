"""Open, create and leave stores, and choose who works in them."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from engine.jobs import JobContext
from gui.session import AnyStore, Session
from gui.shell.actors import AddActorDialog, ChooseActorDialog, in_words
from gui.shell.commands import Command, CommandRegistry
from gui.shell.settings import WindowSettings
from gui.widgets import forms
from gui.widgets.forms import FormDialog, PathField

if TYPE_CHECKING:
    from engine.core.case import Actor, Role

ADMINISTRATOR, EXAMINER = "administrator", "examiner"  # values of Role, which is not loaded yet
SUFFIX = ".touchstone"


def demonstration_folder() -> Path:
    """Return where the demonstration store of this person lies."""
    import platformdirs

    return platformdirs.user_data_path("touchstone", appauthor=False) / f"demonstration{SUFFIX}"


class CreateStoreDialog(FormDialog):
    """Ask for what a new store needs."""

    def __init__(self, create: Callable[[Path, str, str, str], None], parent: QWidget) -> None:
        super().__init__("Create a store", "Create", self._hand_on, parent)
        self._create = create
        self.name = self.add_line("Name", required=True, hint="The folder will be called NAME.touchstone")
        choose = partial(forms.choose_folder, self, "Where shall the store lie?")
        self._path = PathField("In the folder", Path.home(), choose)
        self.place = self._path.line
        self.place.textChanged.connect(self.check)
        self.add_field("In the folder", self._path)
        self.laboratory = self.add_line("Laboratory", required=True)
        self.location = self.add_line("Location")
        self.administrator = self.add_line("Administrator", required=True, hint="Your name; you can add others later")
        self.add_check(self._place_missing)

    def folder(self) -> Path:
        """Return the folder of the store to be."""
        return Path(self.place.text()) / f"{self.name.text().strip().removesuffix(SUFFIX)}{SUFFIX}"

    def _place_missing(self) -> str:
        name = self.name.text().strip()
        if Path(name).name != name:
            return "The name must not hold a path."
        if not Path(self.place.text()).is_dir():
            return "The folder does not exist."
        return "There is a store of that name already." if self.folder().exists() else ""

    def _hand_on(self) -> None:
        fields = (self.laboratory, self.location, self.administrator)
        laboratory, location, administrator = (field.text().strip() for field in fields)
        self._create(self.folder(), laboratory, location, administrator)


class StoreActions(QObject):
    """Everything a person can do with whole stores; long work runs as jobs.

    ``opened`` carries where the person was when this store was last left.
    """

    opened = Signal(dict)

    def __init__(self, session: Session, settings: WindowSettings, window: QWidget) -> None:
        super().__init__(window)
        self._session = session
        self._settings = settings
        self._window = window

    def add_commands(self, commands: CommandRegistry) -> None:
        """Register the commands of the Store menu."""
        session = self._session

        def idle() -> bool:
            return not session.busy

        def is_open() -> bool:
            return session.store is not None

        for command in (
            Command("store.demo", "Open the demonstration", "Store", self.open_demonstration,
                    tip="Open the demonstration store; it is made on first use", enabled=idle),
            Command("store.create", "Create a store…", "Store", self.create, "Ctrl+Shift+N",
                    "Make an empty store for a laboratory", idle),
            Command("store.open", "Open a store…", "Store", self.choose, "Ctrl+O", "Open an existing store", idle),
            Command("store.open_read_only", "Open a store for reading…", "Store", partial(self.choose, read_only=True),
                    tip="Open a store without writing to it; also opens what is left of a damaged one", enabled=idle),
            Command("store.close", "Close the store", "Store", self.close_store, "Ctrl+W",
                    "Leave the store and return to the start screen", lambda: is_open() and idle()),
            Command("actor.choose", "Change who is working…", "Store", self.choose_actor, "Ctrl+Shift+U",
                    "Choose the actor that every event will carry", is_open),
            Command("actor.add", "Add an actor…", "Store", self.add_actor, tip="Administrators add persons with a role",
                    enabled=lambda: session.can_record and session.actor is not None
                    and session.actor.role == ADMINISTRATOR),
        ):  # fmt: skip
            commands.add(command)

    def open_folder(self, folder: Path, *, read_only: bool = False, role: str = "") -> None:
        """Open the store in a folder; ``role`` chooses its first actor of that role where nobody worked yet."""

        def work(context: JobContext) -> AnyStore:
            from engine.workflows.stores import open_store

            return open_store(folder, read_only=read_only)

        self._session.run(f"Open {folder.stem}", work, done=partial(self._entered, role=role))

    def open_demonstration(self) -> None:
        """Open the demonstration store; make it first where there is none."""
        folder = demonstration_folder()
        if folder.is_dir():
            self.open_folder(folder, role=EXAMINER)
            return

        def work(context: JobContext) -> AnyStore:
            from engine.workflows.demo.case import make_demo

            folder.parent.mkdir(parents=True, exist_ok=True)
            return make_demo(folder, context)

        done = partial(self._entered, role=EXAMINER)
        self._session.run("Make the demonstration store", work, done=done)

    def choose(self, *, read_only: bool = False) -> None:
        """Ask which store to open."""
        folder = forms.choose_folder(self._window, "Open a store (a folder whose name ends in .touchstone)")
        if folder is not None:
            self.open_folder(folder, read_only=read_only)

    def create(self) -> None:
        """Ask for what a new store needs and make it."""
        CreateStoreDialog(self._create, self._window).open()

    def close_store(self) -> None:
        """Leave the store."""
        self._session.store = None
        self._settings.last_store = None

    def choose_actor(self) -> None:
        """Ask who is working."""
        store = self._session.store
        if store is None:
            return
        self._session.query(lambda context: store.actors(), done=self._ask_actor)

    def add_actor(self) -> None:
        """Ask for a new actor's name and role."""
        AddActorDialog(self._add_actor, self._window).open()

    def _create(self, folder: Path, laboratory: str, location: str, administrator: str) -> None:
        def work(context: JobContext) -> AnyStore:
            from engine.workflows.stores import create_store

            return create_store(folder, laboratory=laboratory, location=location, administrator=administrator)

        self._session.run(f"Create {folder.stem}", work, done=self._entered)

    def _entered(self, store: AnyStore, *, role: str = "") -> None:
        session = self._session
        place = self._settings.place(store.path)
        session.store = store
        self._settings.remember_store(store.path)
        self._settings.last_store = store.path

        def work(context: JobContext) -> "tuple[tuple[Actor, ...], frozenset[str]]":
            return store.actors(), frozenset(case.id for case in store.cases())

        def done(found: "tuple[tuple[Actor, ...], frozenset[str]]") -> None:
            if session.store is not store:
                return
            actors, cases = found
            session.actor = _worker(actors, place.get("actor", ""), role)
            wanted = place.get("case", "")
            session.case_id = wanted if wanted in cases else next(iter(cases)) if len(cases) == 1 else None
            self.opened.emit(place)
            lines = tuple(f"{where}: {what}. {remedy}" for where, what, remedy in store.problems) + tuple(store.notes)
            if lines:
                self._tell("What was found when the store was opened", lines)
            if session.actor is None and actors:
                self._ask_actor(actors)

        session.query(work, done=done)

    def _ask_actor(self, actors: "tuple[Actor, ...]") -> None:
        def chosen(actor: "Actor") -> None:
            self._session.actor = actor

        ChooseActorDialog(actors, self._session.actor, chosen, self._window).open()

    def _add_actor(self, name: str, role: "Role") -> None:
        store, by = self._session.store, self._session.actor
        if store is None or by is None:
            return

        def work(context: JobContext) -> "Actor":
            from engine.workflows.cases import add_actor

            return add_actor(store, by, name, role)

        def done(actor: "Actor") -> None:
            self._session.records_changed.emit()
            self._tell("Actor added", (in_words(actor),))

        self._session.run(f"Add {name}", work, done=done)

    def _tell(self, title: str, lines: tuple[str, ...]) -> None:
        from gui.widgets.notes import NoteDialog

        NoteDialog(title, lines, self._window).open()


def _worker(actors: "tuple[Actor, ...]", last: str, role: str) -> "Actor | None":
    """Return who worked here last, else the only actor, else the first of the role; None means ask."""
    for actor in actors:
        if actor.id == last:
            return actor
    if len(actors) == 1:
        return actors[0]
    return next((actor for actor in actors if actor.role == role), None)
