"""A code checker that stays started between two checks, and may have read an image before it is asked to measure."""

import contextlib
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.workflows.code_checker import CodeChecker


class WarmChecker:
    """Lends one checker to one thread at a time; ``let_go`` ends it, at once or as soon as it is given back."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._guard = threading.Lock()
        self._idle: CodeChecker | None = None
        self._generation = 0

    @contextlib.contextmanager
    def lent(self) -> "Iterator[CodeChecker]":
        """Yield the checker; whoever comes meanwhile waits."""
        from engine.workflows.code_checker import CodeChecker

        with self._turn:
            with self._guard:
                checker, self._idle = self._idle or CodeChecker(), None
                generation = self._generation
            try:
                yield checker
            finally:
                with self._guard:
                    kept = generation == self._generation
                    if kept:
                        self._idle = checker
                if not kept:
                    checker.close()

    def let_go(self) -> None:
        """End the checker's process, and with it what it holds of captures and series."""
        with self._guard:
            self._generation += 1
            checker, self._idle = self._idle, None
        if checker is not None:
            checker.close()
