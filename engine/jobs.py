"""Long work: jobs with progress and cancel on threads, and child processes for heavy or hostile work.

A job ends in exactly one of finished, failed or cancelled. A child process runs a module that calls ``serve``;
requests and replies are messages of ``engine.core.messages``, large arrays travel as files, and nothing is unpickled.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from engine.core import errors
from engine.core.errors import Cancelled, JobError, TouchstoneError
from engine.core.messages import message, read_arrays

POLL_SECONDS = 0.05
# From which the command line may take a passphrase: children open hostile files, and have no use for it.
PASSPHRASE_VARIABLE = "TOUCHSTONE_PASSPHRASE"  # noqa: S105 - a name, not a password
# A reply is a few records; a broken child that sends an endless line must not fill the parent's memory.
MAX_REPLY_BYTES = 16 << 20
T = TypeVar("T")


class JobState(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """Whether nothing will change any more."""
        return self in (JobState.FINISHED, JobState.FAILED, JobState.CANCELLED)


class JobContext:
    """What a job reports to and asks; works without any window."""

    def __init__(self, report: Callable[[float, float, str], None] | None = None) -> None:
        self._report = report
        self._cancel = threading.Event()

    def progress(self, done: float, total: float, text: str = "") -> None:
        """Report that ``done`` of ``total`` is finished; ``text`` says what is being done."""
        if self._report is not None:
            self._report(done, total, text)

    def part(self, number: int, total: int, text: str = "") -> "JobContext":
        """Return the context of step ``number`` of ``total``: its progress is that step's, it is cancelled together."""

        def report(done: float, whole: float, own: str) -> None:
            self.progress(number + (min(done / whole, 1.0) if whole > 0 else 0.0), total, text or own)

        part = JobContext(report)
        part._cancel = self._cancel
        return part

    def cancel(self) -> None:
        """Ask the job to stop at its next check."""
        self._cancel.set()

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked the job to stop."""
        return self._cancel.is_set()

    def check_cancelled(self) -> None:
        """Raise Cancelled where somebody asked the job to stop."""
        if self._cancel.is_set():
            raise Cancelled


class Job(Generic[T]):
    """One piece of long work: its state, progress, result or error.

    ``listener`` is called, from the job's own thread, after every change.
    """

    def __init__(self, title: str, work: Callable[[JobContext], T], listener: Callable[["Job[T]"], None]) -> None:
        self.title = title
        self.state = JobState.QUEUED
        self.done = 0.0
        self.total = 0.0
        self.text = ""
        self.started = 0.0
        self.result: T | None = None
        self.error: BaseException | None = None
        self.context = JobContext(self._progress)
        self._work = work
        self._listener = listener

    def cancel(self) -> None:
        """Ask the job to stop; it ends as cancelled at its next check."""
        self.context.cancel()

    def seconds_left(self) -> float | None:
        """Estimate the time left from the progress so far; None while it is unknown."""
        if self.state is not JobState.RUNNING or self.done <= 0 or self.total <= 0:
            return None
        return (time.monotonic() - self.started) * max(self.total - self.done, 0.0) / self.done

    def run(self) -> None:
        """Do the work on the calling thread and end in exactly one state."""
        self.started = time.monotonic()
        self._change(JobState.RUNNING)
        try:
            self.context.check_cancelled()
            self.result = self._work(self.context)
        except Cancelled:
            self._change(JobState.CANCELLED)
        # A job is the outermost frame of its thread: whatever escapes is kept for the person to see.
        except BaseException as error:
            self.error = error
            self._change(JobState.FAILED)
        else:
            self._change(JobState.FINISHED)

    def _progress(self, done: float, total: float, text: str) -> None:
        self.done, self.total, self.text = done, total, text
        self._listener(self)

    def _change(self, state: JobState) -> None:
        self.state = state
        self._listener(self)


class JobRunner:
    """Runs jobs on a few threads, first come first served."""

    def __init__(self, threads: int = 2) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="touchstone-job")
        self._jobs: list[Job[Any]] = []

    def submit(
        self, title: str, work: Callable[[JobContext], T], listener: Callable[[Job[T]], None] = lambda job: None
    ) -> Job[T]:
        """Queue the work and return its job."""
        job = Job(title, work, listener)
        self._jobs = [other for other in self._jobs if not other.state.ended]
        self._jobs.append(job)
        self._pool.submit(job.run)
        return job

    def close(self) -> None:
        """Cancel what runs or waits, and join the threads."""
        for job in self._jobs:
            job.cancel()
        self._pool.shutdown(wait=True)


@dataclass(frozen=True)
class Limits:
    """What a child process may use per request: wall seconds, and bytes of address space (POSIX)."""

    seconds: float = 600.0
    memory_bytes: int = 8 << 30


class Child:
    """A child process that answers requests one after another until it is closed.

    Parameters
    ----------
    module : str
        A module of ours whose ``main`` calls ``serve``.
    limits : Limits
        A request that passes them ends the process and raises JobError; the next request starts a fresh one.
    """

    def __init__(self, module: str, limits: Limits | None = None) -> None:
        self._module = module
        self._limits = limits or Limits()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def request(self, values: dict[str, Any], context: JobContext | None = None) -> dict[str, Any]:
        """Send a request and return its result.

        Raises
        ------
        TouchstoneError
            The error the child named.
        JobError
            The child died, ran out of memory or passed its time.
        Cancelled
            The context was cancelled; the process is ended.
        """
        context = context or JobContext()
        process = self._started()
        future: Future[dict[str, Any]] = Future()
        request = message("request", values)
        threading.Thread(target=_exchange, args=(process, request, context, future), daemon=True).start()
        deadline = time.monotonic() + self._limits.seconds
        try:
            while True:
                context.check_cancelled()
                if time.monotonic() > deadline:
                    raise JobError(f"The work took longer than {self._limits.seconds:g} s and was stopped")
                try:
                    return future.result(timeout=POLL_SECONDS)
                except TimeoutError:
                    continue
        except TouchstoneError as error:
            if isinstance(error, JobError):
                self.close()
                context.check_cancelled()  # Ctrl+C reaches a process that is only starting, and ends it
            raise
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the process, if one runs."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):  # what was still buffered for the dead is of no use
                    stream.close()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self.close()
            environment = dict(os.environ, TOUCHSTONE_CHILD_MEMORY=str(self._limits.memory_bytes))
            environment.pop(PASSPHRASE_VARIABLE, None)
            # Threads of OpenBLAS that have multiplied would keep a core busy for 25 ms, in case there is more to do.
            environment.setdefault("OPENBLAS_THREAD_TIMEOUT", "4")
            root = str(Path(__file__).resolve().parents[1])
            environment["PYTHONPATH"] = os.pathsep.join(filter(None, [root, environment.get("PYTHONPATH", "")]))
            # -P: the working folder may hold evidence, and nothing in it may pass for a module of Python or ours.
            command = [sys.executable, "-P", "-m", self._module]
            try:
                with _uninterrupted():
                    self._process = subprocess.Popen(
                        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
                    )
            except OSError as error:
                raise JobError(f"The worker process cannot be started ({error.strerror})") from error
        return self._process


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Block Ctrl+C, also for a process started inside: its parent ends it, and its own traceback helps nobody (POSIX).

    ``serve`` ignores Ctrl+C, but a process that is still importing has not come so far.
    """
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _exchange(
    process: subprocess.Popen[bytes],
    request: Iterable[bytes | memoryview],
    context: JobContext,
    future: Future[dict[str, Any]],
) -> None:
    """Send a child its request and read its lines until the reply; progress goes to the context."""
    assert process.stdin is not None and process.stdout is not None
    stream = process.stdout
    try:
        process.stdin.writelines(request)
        process.stdin.flush()
    except (OSError, ValueError) as error:
        failure = JobError("The worker process ended unexpectedly", remedy="Try again.")
        failure.__cause__ = error
        future.set_exception(failure)
        return
    try:
        while line := stream.readline(MAX_REPLY_BYTES):
            told = json.loads(line)
            if "progress" in told:
                done, total, text = told["progress"]
                context.progress(float(done), float(total), str(text))
            elif "error" in told:
                future.set_exception(_named_error(told["error"]))
                return
            else:
                future.set_result(read_arrays(stream, dict(told["result"])))
                return
    # Whatever a broken child sent, the waiting thread must hear of it.
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        future.set_exception(JobError(f"The worker process answered nonsense ({type(error).__name__}: {error})"))
        return
    # So must it of a listener that failed. A JobError ends the process, whose reply is still to come.
    except Exception as error:
        failure = JobError(f"The progress could not be shown ({type(error).__name__}: {error})")
        failure.__cause__ = error
        future.set_exception(failure)
        return
    future.set_exception(JobError("The worker process ended unexpectedly", remedy="It may have met its memory limit."))


def _named_error(message: dict[str, str]) -> TouchstoneError:
    kind = getattr(errors, str(message.get("kind")), None)
    if not (isinstance(kind, type) and issubclass(kind, TouchstoneError)):
        kind = JobError
    what, where, remedy = (str(message.get(part, "")) for part in ("what", "where", "remedy"))
    return kind(what, where=where, remedy=remedy)


def serve(answer: Callable[[dict[str, Any], JobContext], dict[str, Any]]) -> None:
    """Answer requests from standard input until it closes; the body of every child process.

    Standard output belongs to the protocol; anything else that prints goes to standard error.
    """
    _limit_memory(int(os.environ.get("TOUCHSTONE_CHILD_MEMORY", "0")))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)

    def send(kind: str, values: object) -> None:
        replies.write(json.dumps({kind: values}).encode() + b"\n")
        replies.flush()

    context = JobContext(lambda done, total, text: send("progress", [done, total, text]))
    for line in sys.stdin.buffer:
        try:
            values = read_arrays(sys.stdin.buffer, json.loads(line)["request"])
            replies.writelines(message("result", answer(values, context)))
            replies.flush()
        except TouchstoneError as error:
            kind = type(error).__name__
            send("error", {"kind": kind, "what": error.what, "where": error.where, "remedy": error.remedy})
        except MemoryError:
            send("error", {"kind": "JobError", "what": "The work needs more memory than it may use"})
        # The child's outermost frame: the parent must learn of any fault, by name.
        except Exception as error:
            send("error", {"kind": "JobError", "what": f"{type(error).__name__}: {error}"})


def _limit_memory(size: int) -> None:
    """Limit the address space of this process, and let a crash leave no copy of the evidence behind (POSIX)."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if size:
            resource.setrlimit(resource.RLIMIT_AS, (size, size))


def scratch_folder() -> tempfile.TemporaryDirectory[str]:
    """Return a fresh folder for arrays that travel between processes; use it as a context manager."""
    return tempfile.TemporaryDirectory(prefix="touchstone-")
