"""Look after the open store: verify, export, import, back up, rebuild; each is a job that can be cancelled."""

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QLineEdit, QWidget

from engine.jobs import JobContext
from gui.session import Session
from gui.shell.commands import Command, CommandRegistry
from gui.widgets import forms
from gui.widgets.forms import FormDialog, PathField
from gui.widgets.units import count

SUFFIX, EXPORT_SUFFIX = ".touchstone", ".zip"
EXPORTS = f"Exported stores (*{EXPORT_SUFFIX})"


class ImportStoreDialog(FormDialog):
    """Ask which export to unpack, and where."""

    def __init__(self, unpack: Callable[[Path, Path], None], parent: QWidget) -> None:
        super().__init__("Import a store", "Import", self._hand_on, parent)
        self._unpack = unpack
        self.source = self._path("Exported file", Path(), partial(_choose_export, self))
        self.source.setText("")
        self.add_check(lambda: "" if Path(self.source.text()).is_file() else "Choose the exported file.")
        self.name = self.add_line("Name", required=True, hint="The folder will be called NAME.touchstone")
        choose = partial(forms.choose_folder, self, "Where shall the store lie?")
        self.place = self._path("In the folder", Path.home(), choose)
        self.add_note("The file is taken as foreign: every part of it is checked before the store is opened.")
        self.source.textChanged.connect(self._suggest)
        self.add_check(self._missing)

    def folder(self) -> Path:
        """Return the folder of the store to be."""
        return Path(self.place.text()) / f"{self.name.text().strip().removesuffix(SUFFIX)}{SUFFIX}"

    def _path(self, label: str, path: Path, choose: Callable[[], Path | None]) -> QLineEdit:
        field = PathField(label, path, choose)
        self.add_field(label, field)
        field.line.textChanged.connect(self.check)
        return field.line

    def _suggest(self, text: str) -> None:
        if not self.name.isModified():
            self.name.setText(Path(text).stem)

    def _missing(self) -> str:
        name = self.name.text().strip()
        if Path(name).name != name:
            return "The name must not hold a path."
        if not Path(self.place.text()).is_dir():
            return "The folder does not exist."
        return "There is a store of that name already." if self.folder().exists() else ""

    def _hand_on(self) -> None:
        self._unpack(Path(self.source.text()), self.folder())


def _choose_export(parent: QWidget) -> Path | None:
    return next(iter(forms.choose_files(parent, "Import an exported store", EXPORTS)), None)


class StoreTransfers(QObject):
    """Verify, export, import, back up and rebuild whole stores.

    Parameters
    ----------
    session : Session
        Holds the open store and runs the jobs.
    enter : callable
        Opens the store in a folder.
    window : QWidget
        Dialogs belong to it.
    """

    def __init__(self, session: Session, enter: Callable[[Path], None], window: QWidget) -> None:
        super().__init__(window)
        self._session = session
        self._enter = enter
        self._window = window

    def add_commands(self, commands: CommandRegistry) -> None:
        """Register the commands."""
        session = self._session

        def idle() -> bool:
            return not session.busy

        def is_open() -> bool:
            return session.store is not None

        def can_mend() -> bool:
            store = session.store
            return store is not None and idle() and (bool(store.problems) or not store.read_only)

        for command in (
            Command("store.verify", "Verify the store", "Store", self.verify,
                    tip="Check every event, segment and evidence file against its hash", enabled=is_open),
            Command("store.export", "Export the store…", "Store", self.export,
                    tip="Write the store as one file to take elsewhere; secrets and drafts stay behind",
                    enabled=is_open),
            Command("store.import", "Import a store…", "Store", self.import_,
                    tip="Unpack an exported store from anywhere, check all of it and open it", enabled=idle),
            Command("store.backup", "Back up the store…", "Store", self.back_up,
                    tip="Copy the store, drafts included, into a folder and check the copy", enabled=is_open),
            Command("store.rebuild", "Rebuild the cache", "Store", self.rebuild,
                    tip="Empty the cache, and finish or remove what a crash left unfinished", enabled=can_mend),
        ):  # fmt: skip
            commands.add(command)

    def verify(self) -> None:
        """Check the whole open store and tell every problem."""
        folder = self._folder()

        def work(context: JobContext) -> tuple[str, ...]:
            from engine.workflows.stores import verify_store

            found = verify_store(folder, context)
            damage = "nothing is damaged" if found.ok else f"{count(len(found.problems), 'problem')} found"
            lines = [f"{found.events} events checked, {damage}."]
            lines += [f"{problem.where}: {problem.what}. {problem.remedy}" for problem in found.problems]
            return (*lines, *(f"Note: {note}." for note in found.notes))

        self._start(f"Verify {folder.stem}", work, "Verification")

    def export(self) -> None:
        """Ask for a file and write the store into it."""
        folder = self._folder()
        title = "Export the store as"
        target = forms.choose_free_file(self._window, title, f"{folder.stem}{EXPORT_SUFFIX}", EXPORTS)
        if target is None:
            return
        target = target if target.suffix else target.with_suffix(EXPORT_SUFFIX)

        def work(context: JobContext) -> tuple[str, ...]:
            from engine.workflows.stores import export_to_zip

            files = count(export_to_zip(folder, target, context), "file")
            return (f"{files} exported to {target}.", "Secrets of series, drafts and the cache stayed behind.")

        self._start(f"Export {folder.stem}", work, "Store exported")

    def import_(self) -> None:
        """Ask for an exported file and where its store shall lie."""
        ImportStoreDialog(self._import, self._window).open()

    def back_up(self) -> None:
        """Ask for a folder and copy the store into it."""
        folder = self._folder()
        place = forms.choose_folder(self._window, "Put the backup into the folder")
        if place is None:
            return

        def work(context: JobContext) -> tuple[str, ...]:
            from engine.workflows.stores import backup_store

            return (f"Backed up to {backup_store(folder, place, context)}.", "The copy was checked and is whole.")

        self._start(f"Back up {folder.stem}", work, "Store backed up")

    def rebuild(self) -> None:
        """Empty the cache and finish what was interrupted; a damaged store is opened again, perhaps mended."""
        folder = self._folder()
        damaged = self._session.store is not None and bool(self._session.store.problems)

        def work(context: JobContext) -> tuple[str, ...]:
            from engine.workflows.stores import rebuild_store

            return tuple(f"{line}." for line in rebuild_store(folder, context)) or ("Nothing was left to do.",)

        then = partial(self._enter, folder) if damaged else None
        self._start(f"Rebuild the cache of {folder.stem}", work, "Cache rebuilt", then=then)

    def _import(self, source: Path, folder: Path) -> None:
        def work(context: JobContext) -> tuple[str, ...]:
            from engine.workflows.stores import import_from_zip

            info = import_from_zip(source, folder, context)
            held = (count(number, name) for number, name in ((info.cases, "case"), (info.captures, "capture")))
            return (f"{count(info.events, 'event')} imported into {folder}: {' and '.join(held)}.",)

        self._start(f"Import {source.name}", work, "Store imported", then=partial(self._enter, folder))

    def _folder(self) -> Path:
        """Return the folder of the open store; the commands ask only while there is one."""
        assert self._session.store is not None
        return self._session.store.path

    def _start(
        self,
        title: str,
        work: Callable[[JobContext], tuple[str, ...]],
        told: str,
        *,
        then: Callable[[], None] | None = None,
    ) -> None:
        def done(lines: Iterable[str]) -> None:
            from gui.widgets.notes import NoteDialog

            if then is not None:
                then()
            NoteDialog(told, tuple(lines), self._window).open()

        self._session.run(title, work, done=done)
