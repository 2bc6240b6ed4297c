import os
import signal
import sys
import textwrap
import threading
import time

import numpy as np
import pytest

from engine.core.errors import Cancelled, ImagingError, InputError, JobError
from engine.core.seeds import generator
from engine.jobs import Child, Job, JobContext, JobRunner, JobState, Limits

CHILD = """
import json, os, sys, time
from engine.core.errors import ImagingError, TouchstoneError
from engine.jobs import serve

def answer(values, context):
    match values["do"]:
        case "echo":
            back = {"array": values["array"][::-1]} if "array" in values else {}
            return {"pid": os.getpid(), "echo": values.get("value"), **back}
        case "environment":
            return {"held": [name for name in os.environ if name.startswith("TOUCHSTONE_")]}
        case "progress":
            for i in range(3):
                context.progress(i, 3, "working")
            return {}
        case "refuse":
            raise ImagingError("too big", where="a.png", remedy="Cut it.")
        case "fault":
            return {"x": 1 / 0}
        case "print":
            print("noise on standard output")
            os.write(1, b"more noise\\n")
            return {"ok": 1}
        case "sleep":
            time.sleep(60)
        case "die":
            os.kill(os.getpid(), 9)
        case "leave":
            os._exit(3)
        case "eat":
            return {"size": len(bytearray(1 << 40))}
        case "eat slowly":
            hoard = []
            while True:
                hoard.append(bytearray(32 << 20))
        case "huge reply":
            return {"value": "x" * (20 << 20)}

serve(answer)
"""
LIAR = """
import sys
for line in sys.stdin.buffer:
    sys.stdout.buffer.write(bytes.fromhex(__import__("json").loads(line)["request"]["reply"]) + b"\\n")
    sys.stdout.buffer.flush()
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Return a function that makes a module a child process can run."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    def make(text, name="touchstone_test_child"):
        (tmp_path / f"{name}.py").write_text(textwrap.dedent(text))
        return name

    return make


@pytest.fixture
def child(module):
    with Child(module(CHILD), Limits(seconds=20, memory_bytes=1 << 30)) as child:
        yield child


def pid_of(child):
    return child.request({"do": "echo"})["pid"]


def test_one_process_answers_request_after_request(child):
    assert child.request({"do": "echo", "value": {"ä": [1, None, 2.5]}})["echo"] == {"ä": [1, None, 2.5]}
    assert pid_of(child) == pid_of(child) != os.getpid()


def test_a_passphrase_in_the_environment_reaches_no_child(child, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_PASSPHRASE", "correct horse battery")
    held = child.request({"do": "environment"})["held"]
    assert "TOUCHSTONE_CHILD_MEMORY" in held
    assert "TOUCHSTONE_PASSPHRASE" not in held


def test_progress_reaches_the_context(child):
    seen = []
    child.request({"do": "progress"}, JobContext(lambda *values: seen.append(values)))
    assert seen == [(0, 3, "working"), (1, 3, "working"), (2, 3, "working")]


def test_a_named_error_arrives_whole_and_the_process_stays(child):
    before = pid_of(child)
    with pytest.raises(ImagingError) as refused:
        child.request({"do": "refuse"})
    assert (refused.value.what, refused.value.where, refused.value.remedy) == ("too big", "a.png", "Cut it.")
    assert pid_of(child) == before


def test_a_fault_in_the_child_is_named(child):
    with pytest.raises(JobError, match="ZeroDivisionError"):
        child.request({"do": "fault"})
    assert pid_of(child)


def test_what_the_child_prints_does_not_disturb_the_replies(child):
    assert child.request({"do": "print"}) == {"ok": 1}


@pytest.mark.parametrize("end", ["die", "leave"])
def test_a_crash_costs_one_request(child, end):
    before = pid_of(child)
    with pytest.raises(JobError, match="ended unexpectedly"):
        child.request({"do": end})
    assert pid_of(child) != before


def test_a_process_that_died_while_idle_is_replaced(child):
    before = pid_of(child)
    os.kill(before, 9)
    deadline = time.monotonic() + 5
    while child._process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert pid_of(child) != before


@pytest.mark.skipif(sys.platform == "win32", reason="no address-space limit on Windows")
@pytest.mark.parametrize("way", ["eat", "eat slowly"])
def test_the_memory_limit_holds(child, way):
    with pytest.raises(JobError, match=r"memory|unexpectedly"):
        child.request({"do": way})
    assert pid_of(child)


def test_the_time_limit_holds(module):
    with Child(module(CHILD), Limits(seconds=0.8)) as child:
        started = time.monotonic()
        with pytest.raises(JobError, match=r"longer than 0\.8 s"):
            child.request({"do": "sleep"})
        assert time.monotonic() - started < 5


def test_cancel_ends_the_process_at_once(child):
    pid = pid_of(child)
    context = JobContext()
    timer = threading.Timer(0.2, context.cancel)
    started = time.monotonic()
    timer.start()
    with pytest.raises(Cancelled):
        child.request({"do": "sleep"}, context)
    assert time.monotonic() - started < 10  # far below the child's time limit
    timer.join()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert pid_of(child) != pid


def test_arrays_travel_to_the_child_and_back(child):
    array = generator(1, "arrays").integers(0, 256, (3, 1 << 20)).astype(np.uint8)  # more than a pipe holds
    reply = child.request({"do": "echo", "value": 5, "array": array})
    assert reply["echo"] == 5 and np.array_equal(reply["array"], array[::-1])
    assert child.request({"do": "echo", "value": 6})["echo"] == 6


def test_a_process_that_does_not_listen_can_be_cancelled(module):
    context = JobContext()
    started = time.monotonic()
    with Child(module("import time\ntime.sleep(60)"), Limits(seconds=50)) as child:
        timer = threading.Timer(0.2, context.cancel)
        timer.start()
        with pytest.raises(Cancelled):
            child.request({"array": np.zeros(1 << 22, dtype=np.uint8)}, context)
        timer.join()
    assert time.monotonic() - started < 20


@pytest.mark.parametrize(
    "reply",
    [
        b"no json",
        b"\xff\xfe",
        b"[]",
        b"7",
        b"null",
        b'"text"',
        b"{}",
        b'{"result": 5}',
        b'{"result": null}',
        b'{"error": 5}',
        b'{"progress": 5}',
        b'{"progress": ["a", "b", "c"]}',
        b"[" * 100_000,
        b"",
    ],
    ids=range(14),
)
def test_nonsense_is_an_error_not_a_hang(module, reply):
    with (
        Child(module(LIAR, "touchstone_test_liar"), Limits(seconds=20)) as child,
        pytest.raises(JobError, match="nonsense"),
    ):
        child.request({"reply": reply.hex()})


@pytest.mark.parametrize("kind", ["TouchstoneError", "Cancelled", "__doc__", "os", "", 5])
def test_an_error_of_an_unknown_kind_is_a_job_error(module, kind):
    import json

    reply = json.dumps({"error": {"kind": kind, "what": "something"}}).encode()
    with Child(module(LIAR, "touchstone_test_liar")) as child, pytest.raises(Exception, match="something") as raised:
        child.request({"reply": reply.hex()})
    assert raised.type.__name__ in ("JobError", "TouchstoneError")


def test_an_endless_line_is_cut(child):
    with pytest.raises(JobError, match="nonsense"):
        child.request({"do": "huge reply"})


def test_a_failing_listener_is_reported_and_no_old_reply_is_taken_for_a_new_one(child):
    def listener(done, total, text):
        raise InputError("the listener failed")

    with pytest.raises(JobError, match="the listener failed") as failed:
        child.request({"do": "progress"}, JobContext(listener))
    assert isinstance(failed.value.__cause__, InputError)
    assert child.request({"do": "echo", "value": 5})["echo"] == 5


def test_a_module_that_does_not_exist_ends_unexpectedly(module):
    with Child("touchstone_no_such_module") as child, pytest.raises(JobError):
        child.request({})


def test_modules_in_the_working_folder_are_not_imported(child, tmp_path, monkeypatch):
    folder = tmp_path / "evidence"
    (folder / "engine").mkdir(parents=True)
    for name in ("json.py", "tempfile.py", "engine/__init__.py"):
        (folder / name).write_text("raise SystemExit('hostile')")
    monkeypatch.chdir(folder)
    assert pid_of(child)


@pytest.fixture
def _interruptible():
    """Let children be interrupted, also where these tests run in the background, which ignores Ctrl+C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_interruptible")
@pytest.mark.skipif(sys.platform == "win32", reason="no signals to send")
def test_ctrl_c_does_not_reach_a_process_that_is_still_importing(module, capfd):
    with Child(module("import time\ntime.sleep(1)\n" + textwrap.dedent(CHILD)), Limits(seconds=20)) as child:
        process = child._started()
        for _ in range(9):
            time.sleep(0.05)
            os.kill(process.pid, signal.SIGINT)
        assert pid_of(child) == process.pid
    assert not capfd.readouterr().err
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


def test_no_process_is_left_after_close(child):
    pid = pid_of(child)
    child.close()
    child.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def run(work):
    states = []
    job = Job("work", work, lambda job: states.append(job.state))
    job.run()
    return job, states


def test_a_job_ends_finished_failed_or_cancelled():
    job, states = run(lambda context: 7)
    assert (job.result, states) == (7, [JobState.RUNNING, JobState.FINISHED])
    job, states = run(lambda context: 1 / 0)
    assert isinstance(job.error, ZeroDivisionError)
    assert states[-1] is JobState.FAILED

    def stop(context):
        context.cancel()
        context.check_cancelled()

    job, states = run(stop)
    assert (states[-1], job.error, job.result) == (JobState.CANCELLED, None, None)
    assert all(state.ended == (state not in (JobState.QUEUED, JobState.RUNNING)) for state in JobState)


def test_a_job_tells_its_progress_and_the_time_left():
    left = []

    def work(context):
        context.progress(0, 10)
        left.append(job.seconds_left())
        time.sleep(0.02)
        context.progress(5, 10, "half")
        left.append(job.seconds_left())

    job = Job("work", work, lambda job: None)
    job.run()
    assert left[0] is None
    assert 0.01 < left[1] < 5
    assert (job.done, job.total, job.text) == (5, 10, "half")


def test_the_runner_cancels_what_waits_and_joins_its_threads():
    runner = JobRunner(threads=1)
    started = threading.Event()

    def wait(context):
        started.set()
        while True:
            context.check_cancelled()
            time.sleep(0.005)

    first, second = runner.submit("first", wait), runner.submit("second", wait)
    assert started.wait(5)
    runner.close()
    assert (first.state, second.state) == (JobState.CANCELLED, JobState.CANCELLED)
    assert not [t for t in threading.enumerate() if t.name.startswith("touchstone-job")]
