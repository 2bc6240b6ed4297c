"""Everything random is seeded: independent generators named by what they are for."""

import hashlib

import numpy as np


def generator(seed: int, *names: str | int) -> np.random.Generator:
    """Return a PCG64 generator that depends on the seed and the names alone, on every machine."""
    text = "\x1f".join([str(seed), *map(str, names)])
    words = np.frombuffer(hashlib.sha256(text.encode()).digest(), dtype="<u4")
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(words.tolist())))
