"""The Library page."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.workflows.labels.library import LibraryOverview
from gui.pages.frame import FramedPage
from gui.pages.library.actions import LibraryActions
from gui.pages.library.enrolling import EnrolActions
from gui.pages.library.gallery import GalleryPanel
from gui.pages.library.identify import IdentifyPanel
from gui.pages.library.indexing import IndexActions
from gui.pages.library.into_case import IntoCase
from gui.pages.library.library_list import LibraryList
from gui.pages.library.map import MapPanel
from gui.pages.library.reading import LibraryReader
from gui.session import Session
from gui.shell.commands import Command, CommandRegistry

if TYPE_CHECKING:
    from engine.workflows.labels.identification import Identification

GALLERY, IDENTIFY, MAP = range(3)


class LibraryPage(FramedPage):
    """Libraries on the left; their labels, identifying one, and their map on the right."""

    title = "Library"
    icon = "library"

    def __init__(self, session: Session, commands: CommandRegistry) -> None:
        super().__init__(session, commands)
        self.reader = LibraryReader(session, self)
        self._add_commands()
        self.libraries = LibraryList(commands)
        self.gallery = GalleryPanel(session, commands)
        self.identify = IdentifyPanel(session, commands, self.current)
        self.map = MapPanel(session, commands)
        self.frame(
            self.libraries,
            ((self.gallery, "Gallery"), (self.identify, "Identify"), (self.map, "Map")),
            shares=(1, 3),
            begins=(self.gallery.view, self.libraries.table),
        )
        self._connect()

    def refresh(self) -> None:
        """Read the libraries again."""
        self.reader.refresh()

    def current(self) -> LibraryOverview | None:
        """Return the chosen library."""
        return self.reader.current

    def may_drop(self) -> bool:
        """Whether there is a library that dropped images are for."""
        return self.current() is not None

    def dropped(self, files: list[Path]) -> None:
        """Look for the labels of a dropped image in the library; where its gallery is shown, enrol them."""
        if self.tabs.currentIndex() == IDENTIFY:
            self.identify.identify(files[0])
        else:
            self._enrolling.ask(files)

    def _add_commands(self) -> None:
        """Register all commands. They ask for what the panels show only while labels are shown: panels come later."""
        session, reader = self.session, self.reader
        self._library = LibraryActions(session, self, self.current, self._withdrawable)
        self._enrolling = EnrolActions(session, self, self.current, self._library.may_keep)
        self._indexing = IndexActions(
            session, self, self.current, lambda: self._library.may_keep() and reader.has_other_weights
        )
        self._into_case = IntoCase(session, self, self._identified, lambda: self.identify.path)
        for actions in (self._library, self._enrolling, self._indexing, self._into_case):
            actions.add_commands(self.commands)
        for command in (
            Command("library.find", "Filter the gallery", "Library",
                    lambda: self._go(GALLERY, self.gallery.focus_filter), "Ctrl+G",
                    "Find labels by number, range, field, class, batch or state", lambda: reader.has_labels),
            Command("library.identify", "Identify a label…", "Library",
                    lambda: self._go(IDENTIFY, self.identify.choose), "Ctrl+D",
                    "Look for the label that an image shows in the chosen library", lambda: reader.has_labels),
            Command("library.to_gallery", "Show in the gallery", "Library", self._to_gallery,
                    tip="Show the chosen candidate among the labels of its library",
                    enabled=lambda: self._identified() is not None and self.identify.chosen_number() is not None),
            Command("library.map", "Map of the labels", "Library", lambda: self._go(MAP, self.map.lay_out), "Ctrl+M",
                    "Lay the embeddings out, so that labels that are alike stand together",
                    lambda: reader.shelf is not None and reader.has_labels and not self.map.running),
            Command("library.map_fit", "Show the whole map", "Library", lambda: self.map.fit(),
                    tip="Zoom out until every label is in sight",
                    enabled=lambda: reader.shelf is not None and self.map.ready),
        ):  # fmt: skip
            self.commands.add(command)

    def _connect(self) -> None:
        session, refresh = self.session, self.commands.refresh
        session.store_changed.connect(self.reader.forget)
        session.records_changed.connect(self.refresh)
        self.reader.changed.connect(self._show)
        self.reader.shelf_changed.connect(self._show_shelf)
        self.libraries.chosen.connect(self.reader.choose)
        for signal in (self.gallery.chosen, self.identify.answered, self.map.changed):
            signal.connect(refresh)
        self.map.lassoed.connect(self._lassoed)
        for signal in (self.map.opened, self.identify.opened):
            signal.connect(self._open_label)
        self._library.made.connect(self._made)
        self._indexing.changed.connect(self.refresh)

    def _show(self) -> None:
        """Show the libraries; the network is loaded only once somebody looks at them."""
        reader = self.reader
        self.libraries.show_libraries(reader.overviews, reader.chosen, reader.model, reader.trouble)
        self.identify.show_library(reader.current)
        self.show_note()
        if self.isVisible():
            reader.load_network()

    def _show_shelf(self) -> None:
        self.gallery.show_shelf(self.reader.shelf)
        self.map.show_shelf(self.reader.shelf)
        self.commands.refresh()

    def _made(self, library_id: str) -> None:
        self.reader.chosen = library_id
        self.tabs.setCurrentIndex(GALLERY)

    def _withdrawable(self) -> tuple[int, ...]:
        return self.gallery.withdrawable() if self.reader.shelf is not None else ()

    def _identified(self) -> "Identification | None":
        return self.identify.current if self.reader.shelf is not None else None

    def _go(self, tab: int, then: Callable[[], None]) -> None:
        """Show the page and one of its tabs, and begin there."""
        self.go("go.library", tab)
        then()

    def _to_gallery(self) -> None:
        number = self.identify.chosen_number()
        if number is not None:
            self._open_label(number)

    def _lassoed(self, numbers: Any) -> None:
        self.tabs.setCurrentIndex(GALLERY)
        self.gallery.choose_on_map(numbers)
        self.gallery.view.setFocus()

    def _open_label(self, number: int) -> None:
        self.tabs.setCurrentIndex(GALLERY)
        self.gallery.show_label(number)
        self.gallery.view.setFocus()
