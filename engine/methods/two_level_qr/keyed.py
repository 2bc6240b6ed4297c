"""What a series draws from its key: the same on every machine, and nothing to be learnt of it without the key."""

import hashlib
import hmac

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]
Pattern = NDArray[np.bool_]


def keyed_words(key: bytes, *names: str | int, count: int) -> Words:
    """Return ``count`` words of 64 bits that depend on the key and the names alone.

    SHAKE-256 (FIPS 202) stretches HMAC-SHA256(key, names); every name enters with its length, so no two lists of names
    give the same text.
    """
    texts = [str(name).encode() for name in names]
    message = b"".join(len(text).to_bytes(8, "little") + text for text in texts)
    start = hmac.digest(key, message, hashlib.sha256)
    return np.frombuffer(hashlib.shake_256(start).digest(8 * count), dtype="<u8").astype(np.uint64)


def keyed_pattern(key: bytes, *names: str | int, side: int, black: int) -> Pattern:
    """Return a pattern of ``side`` x ``side`` px, True = black, exactly ``black`` of them.

    The core (see ``core_px``) is black; the other black pixels are placed at random.
    """
    ranks = keyed_words(key, *names, count=side * side).reshape(side, side)
    first = side // 2 - core_px(side) // 2
    ranks[first : first + core_px(side), first : first + core_px(side)] = 0
    order = np.argsort(ranks, axis=None, kind="stable")
    pattern = np.zeros(side * side, dtype=np.bool_)
    pattern[order[:black]] = True
    return pattern.reshape(side, side)


def core_px(side: int) -> int:
    """Return the side of the black square in a pattern's middle, where ordinary readers sample the module."""
    return max(1, round(side / 6))
