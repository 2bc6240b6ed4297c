"""Describe rendered captures of labels, by a network or a baseline; vectors are kept beside the captures."""

import hashlib
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from engine.core.method import Context
from engine.workflows.evaluation.label_captures import KNOWN, LabelSet, chunks, glyph_of, read
from engine.workflows.evaluation.label_protocol import Described, Vectors

BLOCK = 32  # crops described at one time


class Describer(Protocol):
    """What describes crops: a network's embedder or a baseline; vectors of one ``key`` alone may be compared."""

    @property
    def key(self) -> str:
        """What tells these vectors from others."""
        ...

    def embed(self, crops: NDArray[np.uint8]) -> Vectors:
        """Return unit vectors of (N, 256, 256) crops as they lie, (N, D)."""
        ...

    def embed_turns(self, crops: NDArray[np.uint8]) -> Vectors:
        """Return unit vectors of (N, 256, 256) crops at four quarter turns, (N, 4, D)."""
        ...


@runtime_checkable
class Classifier(Protocol):
    """What tells the class of a label's glyph besides."""

    def describe(self, crops: NDArray[np.uint8]) -> tuple[Vectors, Vectors]:
        """Return the vectors at four quarter turns, (N, 4, D), and the probabilities of the classes, (N, 44)."""
        ...


def described(folder: Path, own: LabelSet, name: str, labels: int, by: Describer, context: Context) -> Described:
    """Describe the captures of the first ``labels`` labels, known ones as they lie, questioned ones at four turns.

    Classes are told where ``by`` tells them. What was described before is read from beside the captures.
    """
    vectors: list[Vectors] = []
    probabilities: list[Vectors] = []
    found: list[NDArray[np.bool_]] = []
    done = 0
    for path, count in chunks(folder, own, name, labels):
        context.check_cancelled()
        context.progress(done, labels, f"{own.name} labels: {name}")
        crops = read(path, count)
        seen = np.asarray(crops.any(axis=(1, 2)))
        turns, told = _described(path, crops, seen, by, turned=name != KNOWN)
        vectors.append(turns)
        probabilities.append(told)
        found.append(seen)
        done += count
    context.progress(labels, labels, "")
    glyphs = np.array([glyph_of(own.first_seed + row) for row in range(labels)], dtype=np.int64)
    has_classes = isinstance(by, Classifier)
    return Described(
        np.concatenate(vectors), np.concatenate(probabilities) if has_classes else None, np.concatenate(found), glyphs
    )


def _described(
    path: Path, crops: NDArray[np.uint8], seen: NDArray[np.bool_], by: Describer, *, turned: bool
) -> tuple[Vectors, Vectors]:
    """Return (N, T, D) vectors and (N, C) probabilities of a file's captures; 0 where no frame was found."""
    kept = path.with_name(f"{path.stem}-{len(crops)}-{hashlib.sha256(by.key.encode()).hexdigest()[:16]}.told.npz")
    if kept.is_file():
        with np.load(kept, allow_pickle=False) as arrays:
            return arrays["vectors"], arrays["probabilities"]
    pieces: list[Vectors] = []
    told: list[Vectors] = []
    rows = np.flatnonzero(seen)
    for start in range(0, len(rows), BLOCK):
        block = crops[rows[start : start + BLOCK]]
        if isinstance(by, Classifier):
            turns, probabilities = by.describe(block)
            told.append(probabilities)
            pieces.append(turns if turned else turns[:, :1])
        else:
            pieces.append(by.embed_turns(block) if turned else by.embed(block)[:, None])
    vectors, probabilities = (_placed(each, rows, len(crops)) for each in (pieces, told))
    draft = kept.with_suffix(".draft")
    with draft.open("wb") as file:
        np.savez(file, vectors=vectors, probabilities=probabilities)
    draft.replace(kept)
    return vectors, probabilities


def _placed(pieces: list[Vectors], rows: NDArray[np.intp], count: int) -> Vectors:
    """Return the pieces, one row for each of ``rows``, among ``count`` rows of which the others are 0."""
    dense = np.concatenate(pieces) if pieces else np.zeros((len(rows), 1, 1), dtype=np.float32)
    placed = np.zeros((count, *dense.shape[1:]), dtype=np.float32)
    placed[rows] = dense
    return placed
