"""The one shared state of the window: open store, actor, case and selection, and the jobs it started."""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from PySide6.QtCore import QObject, Signal

from engine.jobs import Job, JobContext, JobRunner, JobState
from gui.warm_checker import WarmChecker, WarmRecogniser

if TYPE_CHECKING:
    from engine.core.case import Actor
    from engine.core.finding import Finding
    from engine.workflows.codes.series import Keyring
    from engine.workflows.stores import Store

    AnyStore: TypeAlias = Store
else:
    # Importing the store's class would load HDF5 before the window is seen.
    AnyStore = Any

T = TypeVar("T")
Done: TypeAlias = Callable[[Any], None]
Failed: TypeAlias = Callable[[BaseException], None]
Then: TypeAlias = tuple[Done, Failed | None, Callable[[], None] | None]


class Session(QObject):
    """Open store, actor, case and selection, with a signal for each change.

    Assigning an attribute emits its signal; assigning what already stands emits nothing. ``leaving`` comes
    before the case or the store changes or everything closes: what is not saved yet must be saved at once.
    Work runs on threads, results arrive on the thread of the window. ``keyring`` holds the series whose passphrases
    were given for the open store, in memory only; whoever unlocks one emits ``keyring_changed``. ``checker`` is the
    process that reads and measures codes, ``recogniser`` the one that knows labels; both are kept for all pages until
    the case or the store is left.
    """

    leaving = Signal()
    store_changed = Signal()
    actor_changed = Signal()
    case_changed = Signal()
    records_changed = Signal()
    selection_changed = Signal()
    keyring_changed = Signal()
    job_added = Signal(object)
    job_changed = Signal(object)
    error_raised = Signal(str, object)
    _reported = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store: AnyStore | None = None
        self.keyring: Keyring | None = None
        self.checker = WarmChecker()
        self.recogniser = WarmRecogniser()
        self.leaving.connect(self.checker.let_go)
        self.leaving.connect(self.recogniser.let_go)
        self._actor: Actor | None = None
        self._case_id: str | None = None
        self._selection: dict[str, str | None] = {"questioned": None, "known": None, "finding": None}
        self._jobs = JobRunner()
        # Short questions to the store never wait behind long work, nor behind pictures.
        self._queries = JobRunner(threads=1)
        self._pictures = JobRunner(threads=1)
        self._waiting: dict[int, tuple[Job[Any], Then]] = {}
        self._shown: list[Job[Any]] = []
        self._left: list[AnyStore] = []
        self._dirty: set[int] = set()
        self._lock = threading.Lock()
        self._closed = False
        self._reported.connect(self._deliver)

    @property
    def store(self) -> AnyStore | None:
        """The open store."""
        return self._store

    @store.setter
    def store(self, store: AnyStore | None) -> None:
        if store is self._store:
            return
        self.leaving.emit()
        previous, self._store = self._store, store
        if self.keyring is not None:
            self.keyring.lock()
        self.keyring = None if store is None else _empty_keyring()
        self._actor, self._case_id = None, None
        self._selection = dict.fromkeys(self._selection)
        if previous is not None:
            self._left.append(previous)
            # Behind the questions already asked of it, which need it open.
            self._queries.submit("Close the store", lambda context: self._close_left())
        self.store_changed.emit()
        self.actor_changed.emit()
        self.case_changed.emit()
        self.selection_changed.emit()

    @property
    def actor(self) -> "Actor | None":
        """Who is working; every event carries this actor."""
        return self._actor

    @actor.setter
    def actor(self, actor: "Actor | None") -> None:
        if actor != self._actor:
            self._actor = actor
            self.actor_changed.emit()

    @property
    def can_record(self) -> bool:
        """Whether an event can be recorded: a writable store is open and an actor chosen."""
        return self._store is not None and not self._store.read_only and self._actor is not None

    @property
    def case_id(self) -> str | None:
        """The open case."""
        return self._case_id

    @case_id.setter
    def case_id(self, case_id: str | None) -> None:
        if case_id == self._case_id:
            return
        self.leaving.emit()
        self._case_id = case_id
        self._selection = dict.fromkeys(self._selection)
        self.case_changed.emit()
        self.selection_changed.emit()

    @property
    def questioned_id(self) -> str | None:
        """The questioned capture chosen for comparison."""
        return self._selection["questioned"]

    @questioned_id.setter
    def questioned_id(self, capture_id: str | None) -> None:
        self._select("questioned", capture_id)

    @property
    def known_id(self) -> str | None:
        """The known capture chosen for comparison."""
        return self._selection["known"]

    @known_id.setter
    def known_id(self, capture_id: str | None) -> None:
        self._select("known", capture_id)

    @property
    def finding_id(self) -> str | None:
        """The finding that is shown."""
        return self._selection["finding"]

    @finding_id.setter
    def finding_id(self, finding_id: str | None) -> None:
        self._select("finding", finding_id)

    def run(
        self,
        title: str,
        work: Callable[[JobContext], T],
        *,
        done: Callable[[T], None],
        failed: Failed | None = None,
        ended: Callable[[], None] | None = None,
    ) -> Job[T]:
        """Start long work; it stands in the tray until it ends.

        Parameters
        ----------
        title : str
            What the tray shows.
        work : callable
            Runs on a thread; touches no widget.
        done, failed : callable
            Called on the window's thread with the result or the error. Without ``failed`` the error dialog
            shows the error. Cancelled work calls neither.
        ended : callable
            Called on the window's thread before these, however the work ended.
        """
        return self._start(self._jobs, title, work, (done, failed, ended), shown=True)

    def query(
        self, work: Callable[[JobContext], T], *, done: Callable[[T], None], failed: Failed | None = None
    ) -> Job[T]:
        """Ask the store something short, in the order asked and without an entry in the tray."""
        return self._start(self._queries, "Read the store", work, (done, failed, None), shown=False)

    def picture(
        self, work: Callable[[JobContext], T], *, done: Callable[[T], None], failed: Failed | None = None
    ) -> Job[T]:
        """Read a small picture; may take long where a cache is made again, so it has a thread of its own."""
        return self._start(self._pictures, "Read a picture", work, (done, failed, None), shown=False)

    @property
    def busy(self) -> bool:
        """Whether work that stands in the tray is under way."""
        return any(not job.state.ended for job in self._shown)

    @property
    def settled(self) -> bool:
        """Whether nothing is under way any more, questions and pictures included, and all of it is delivered."""
        with self._lock:
            return not self._waiting

    def close(self) -> None:
        """Cancel and join all work, then close the store; nothing is delivered any more."""
        if self._closed:
            return
        self.leaving.emit()
        self._closed = True
        with self._lock:
            self._waiting.clear()
        for runner in (self._jobs, self._queries, self._pictures):
            runner.close()
        store, self._store = self._store, None
        if self.keyring is not None:
            self.keyring.lock()
        if store is not None:
            self._left.append(store)
        self._close_left()

    def _close_left(self) -> None:
        while self._left:
            self._left.pop().close()

    def _select(self, which: str, value: str | None) -> None:
        if self._selection[which] != value:
            self._selection[which] = value
            self.selection_changed.emit()

    def _start(
        self,
        runner: JobRunner,
        title: str,
        work: Callable[[JobContext], T],
        then: Then,
        *,
        shown: bool,
    ) -> Job[T]:
        with self._lock:  # the first report waits until the job is known
            job = runner.submit(title, work, self._listen)
            self._waiting[id(job)] = (job, then)
        if shown:
            self._shown = [other for other in self._shown if not other.state.ended] + [job]
            self.job_added.emit(job)
        return job

    def _listen(self, job: Job[Any]) -> None:
        """Pass a change to the window's thread; many changes before it looks are one."""
        with self._lock:
            if id(job) not in self._waiting or id(job) in self._dirty:
                return
            self._dirty.add(id(job))
        self._reported.emit(job)

    def _deliver(self, job: Job[Any]) -> None:
        with self._lock:
            self._dirty.discard(id(job))
            entry = self._waiting.get(id(job))
            if entry is None or self._closed:
                return
            state = job.state
            if state.ended:
                del self._waiting[id(job)]
        self.job_changed.emit(job)
        if not state.ended:
            return
        done, failed, ended = entry[1]
        if ended is not None:
            ended()
        if state is JobState.FINISHED:
            done(job.result)
        elif job.error is not None and failed is not None:
            failed(job.error)
        elif job.error is not None:
            self.error_raised.emit(job.title, job.error)


def choose_finding(session: Session, finding: "Finding") -> None:
    """Choose a finding and the captures it is about; a known capture chosen before stays where it needs none."""
    session.questioned_id = finding.capture_ids[0]
    if len(finding.capture_ids) > 1:
        session.known_id = finding.capture_ids[1]
    session.finding_id = finding.id


def _empty_keyring() -> "Keyring":
    # Imported only now: the workflow loads the store, which is loaded when one is open.
    from engine.workflows.codes.series import Keyring

    return Keyring()
