"""Loading and running networks opens no socket: neither do the libraries' own reports of how they are used."""

import subprocess
import sys

WATCHED = """
import sys
seen = []
sys.addaudithook(lambda event, args: seen.append(event) if event.startswith("socket.") else None)
import numpy as np
from engine.methods.micro_pattern.embedding import Embedder
Embedder.load(threads=1).embed(np.zeros((1, 256, 256), np.uint8))
import faiss, openTSNE, torch
print([event for event in seen if event not in ("socket.__new__", "socket.gethostname")])
"""
OPENING = "import socket; socket.socket().connect_ex(('127.0.0.1', 9))"


def watched(script):
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.strip()


def test_nothing_connects():
    assert watched(WATCHED) == "[]"


def test_a_connection_would_be_seen():
    assert "socket.connect" in watched(WATCHED.replace("print(", OPENING + "\nprint("))
