"""What the Library page holds: the libraries of the store, the labels of the chosen one, the network to search with."""

from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal

from engine.core.library import LABEL_PX
from engine.jobs import Job, JobContext, JobState
from engine.workflows.labels.library import LibraryOverview, overview
from engine.workflows.labels.recogniser import ModelFacts
from engine.workflows.labels.shelf import Shelf
from gui.session import AnyStore, Session

QUICK = 5_000
"""Labels up to which a library is read without an entry in the job tray."""


class LibraryReader(QObject):
    """Reads off the window's thread; ``changed`` comes for libraries and network, ``shelf_changed`` for labels.

    ``trouble`` says why the network cannot be loaded, where it cannot.
    """

    changed = Signal()
    shelf_changed = Signal()

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._reading: Job[Any] | None = None
        self._loading: Job[Any] | None = None
        self.overviews: tuple[LibraryOverview, ...] = ()
        self.chosen = ""
        self.shelf: Shelf | None = None
        self.model: ModelFacts | None = None
        self.trouble = ""

    @property
    def current(self) -> LibraryOverview | None:
        """The chosen library."""
        return next((each for each in self.overviews if each.library.id == self.chosen), None)

    @property
    def has_labels(self) -> bool:
        """Whether the chosen library has labels."""
        return self.current is not None and self.current.labels > 0

    @property
    def has_other_weights(self) -> bool:
        """Whether the labels of the chosen library cannot be compared with the network of this program."""
        return self.current is not None and self.model is not None and self.model.key not in self.current.embedder_keys

    def refresh(self) -> None:
        """Read the libraries again."""
        store = self._session.store
        if store is not None:
            self._session.query(partial(_overviews, store), done=partial(self._show, store))

    def choose(self, library_id: str) -> None:
        """Choose a library; one that was just made is listed when the store has been read again."""
        self.chosen = library_id
        self._follow()

    def forget(self) -> None:
        """Hold nothing of a store that is gone."""
        self.overviews, self.chosen, self._loading = (), "", None
        self._follow()

    def load_network(self) -> None:
        """Load the network where there is something to search with it; it stays ready to identify."""
        if self._session.recogniser.warm or not any(each.labels for each in self.overviews):
            return
        # What failed would fail again; what succeeded was let go since, with the case before.
        if self._loading is None or self._loading.state in (JobState.CANCELLED, JobState.FINISHED):
            self._loading = self._session.run(
                "Load the network of labels", partial(_network, self._session), done=self._loaded,
                failed=self._not_loaded,
            )  # fmt: skip

    def _show(self, store: AnyStore, found: tuple[LibraryOverview, ...]) -> None:
        if self._session.store is not store:
            return
        self.overviews = found
        if self.current is None:
            self.chosen = found[0].library.id if found else ""
        self._follow()

    def _follow(self) -> None:
        """Read the labels of the chosen library where it is another one or has changed."""
        chosen, shelf = self.current, self.shelf
        if shelf is not None and (chosen is None or chosen.library.id != shelf.overview.library.id):
            self._put(None)
        self.changed.emit()
        if chosen is not None and (self.shelf is None or _labels(self.shelf.overview) != _labels(chosen)):
            self._read(chosen)

    def _read(self, chosen: LibraryOverview) -> None:
        store = self._session.store
        if store is None:
            return
        if self._reading is not None:
            self._reading.cancel()
        work = partial(_shelf, store, chosen.library.id)
        done = partial(self._arrive, chosen)
        if chosen.labels <= QUICK:
            self._reading = self._session.query(work, done=done)
        else:
            self._reading = self._session.run(f"Read the labels of {chosen.library.name}", work, done=done)

    def _arrive(self, chosen: LibraryOverview, shelf: Shelf) -> None:
        if self.current == chosen:
            self._put(shelf)

    def _put(self, shelf: Shelf | None) -> None:
        self.shelf = shelf
        self.shelf_changed.emit()

    def _loaded(self, model: ModelFacts) -> None:
        self.model, self.trouble = model, ""
        self.changed.emit()

    def _not_loaded(self, error: BaseException) -> None:
        self.trouble = f"Nothing can be identified. {error}"
        self.changed.emit()


def _labels(overview: LibraryOverview) -> tuple[object, ...]:
    """Return what differs once the labels of a library do."""
    return overview.library, overview.batches, overview.withdrawn, overview.embedder_keys


def _overviews(store: AnyStore, context: JobContext) -> tuple[LibraryOverview, ...]:
    return overview(store)


def _shelf(store: AnyStore, library_id: str, context: JobContext) -> Shelf:
    from engine.workflows.labels.shelf import shelf

    return shelf(store, library_id, context)


def _network(session: Session, context: JobContext) -> ModelFacts:
    """Load the network, and let it describe and match a made-up label: the first real one then waits for nothing."""
    import numpy as np

    label = np.add.outer(np.arange(LABEL_PX), np.arange(LABEL_PX)).astype(np.uint8)
    with session.recogniser.lent() as recogniser:
        model = recogniser.model(context)
        recogniser.embed(label[None], context)
        recogniser.match(label, label[None], [0], context)
        return model
