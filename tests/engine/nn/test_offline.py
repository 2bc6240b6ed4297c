"""Loading and running networks opens no socket, starts no process and leaves nothing in the person's home.

The libraries' own reports of how they are used would: OpenVINO's come from a copy of the process, which no hook of
this one sees, and write an identifier into the home.
"""

import os
import subprocess
import sys

WATCHED = """
import sys
seen = []
ours = ("socket.", "os.fork", "os.posix_spawn", "os.exec", "os.system", "subprocess.")
sys.addaudithook(lambda event, args: seen.append(event) if event.startswith(ours) else None)
import numpy as np
from engine.methods.micro_pattern.embedding import Embedder
Embedder.load(threads=1).embed(np.zeros((1, 256, 256), np.uint8))
import faiss, openTSNE, torch
print([event for event in seen if event not in ("socket.__new__", "socket.gethostname")])
"""
OPENING = "import socket; socket.socket().connect_ex(('127.0.0.1', 9))"
FORKING = "import os; os.fork() or os._exit(0); os.wait()"


def watched(script, home):
    environment = {**os.environ, "HOME": str(home), "USERPROFILE": str(home)}
    command = [sys.executable, "-c", script]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout.strip()


def test_nothing_connects_or_is_left(tmp_path):
    assert watched(WATCHED, tmp_path) == "[]"
    assert not list(tmp_path.iterdir())


def test_a_connection_and_another_process_would_be_seen(tmp_path):
    for opening, event in ((OPENING, "socket.connect"), (FORKING, "os.fork")):
        assert event in watched(WATCHED.replace("print(", opening + "\nprint("), tmp_path)
