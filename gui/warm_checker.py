"""Child processes that stay started between two pieces of work, and keep what they loaded or read."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from engine.workflows.codes.checker import CodeChecker
    from engine.workflows.labels.recogniser import Recogniser


class Closing(Protocol):
    """What can be ended."""

    def close(self) -> None:
        """End it."""
        ...


C = TypeVar("C", bound=Closing)


class Warm(Generic[C]):
    """Lends one of a kind to one thread at a time; ``let_go`` ends it, at once or as soon as it is given back.

    Parameters
    ----------
    make : callable
        Makes one when there is none.
    """

    def __init__(self, make: Callable[[], C]) -> None:
        self._make = make
        self._turn = threading.Lock()
        self._guard = threading.Lock()
        self._idle: C | None = None
        self._generation = 0

    @property
    def warm(self) -> bool:
        """Whether one is started and free."""
        with self._guard:
            return self._idle is not None

    @contextlib.contextmanager
    def lent(self) -> Iterator[C]:
        """Yield it; whoever comes meanwhile waits."""
        with self._turn:
            with self._guard:
                own, self._idle = self._idle or self._make(), None
                generation = self._generation
            try:
                yield own
            finally:
                with self._guard:
                    kept = generation == self._generation
                    if kept:
                        self._idle = own
                if not kept:
                    own.close()

    def let_go(self) -> None:
        """End the process, and with it what it holds of captures, series and libraries."""
        with self._guard:
            self._generation += 1
            own, self._idle = self._idle, None
        if own is not None:
            own.close()


class WarmChecker(Warm["CodeChecker"]):
    """The process that reads and measures codes; it may have read an image before it is asked to measure."""

    def __init__(self) -> None:
        super().__init__(_checker)


class WarmRecogniser(Warm["Recogniser"]):
    """The process that knows micro-pattern labels; it keeps the network and the library that was searched last."""

    def __init__(self) -> None:
        super().__init__(_recogniser)


def _checker() -> "CodeChecker":
    from engine.workflows.codes.checker import CodeChecker

    return CodeChecker()


def _recogniser() -> "Recogniser":
    from engine.workflows.labels.recogniser import Recogniser

    return Recogniser()
