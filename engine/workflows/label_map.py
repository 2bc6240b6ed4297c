"""The map of a library: its embeddings laid out in the plane by t-SNE, so that labels that are alike stand together.

The work is done in a child process, which can be stopped at any time. Of a large library a sample is laid out. The same
embeddings and seed give the same map; it is kept in the store's cache until they change.
"""

import contextlib
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import InputError, JobError
from engine.core.records import hash_of
from engine.core.seeds import generator
from engine.jobs import Child, JobContext, Limits, scratch_folder, serve

MODULE = "engine.workflows.label_map"
LIMITS = Limits(seconds=3600.0, memory_bytes=16 << 30)
VERSION = 1  # of the layout: maps of another are made anew
FEWEST = 10  # labels below which there is nothing to lay out
MOST = 20_000  # labels that are laid out, about a minute of one core
PERPLEXITY = 30  # van der Maaten and Hinton 2008: 5 to 50
STEPS = 10  # iterations between two reports of progress
EARLY, LATE = 250, 500  # iterations with and without early exaggeration: openTSNE's defaults
DIGEST = 32


@dataclass(frozen=True, eq=False)
class MapPoints:
    """Where labels stand on the map.

    Parameters
    ----------
    numbers : NDArray[np.int64]
        (N,) of the labels, ascending.
    xy : NDArray[np.float32]
        (N, 2) places; neither axis has a unit, only nearness says something.
    total : int
        How many labels the sample was drawn from; N where all are on the map.
    """

    numbers: NDArray[np.int64]
    xy: NDArray[np.float32]
    total: int


def lay_out(
    numbers: NDArray[np.int64], vectors: NDArray[np.float32], *, seed: int, kept: Path | None = None,
    context: JobContext,
) -> MapPoints:  # fmt: skip
    """Return the map of labels by their embeddings.

    Parameters
    ----------
    numbers, vectors : NDArray
        (N,) ascending, and (N, 256) of unit length; the latter may be a memory map.
    seed : int
        Of the sample and of the layout.
    kept : Path, optional
        File in which the map of these embeddings and seed is kept; what is damaged there is made anew.

    Raises
    ------
    InputError
        There are fewer than ``FEWEST`` labels.
    """
    total = len(numbers)
    if total < FEWEST:
        what = f"A map needs at least {FEWEST} labels, the library has {total}"
        raise InputError(what, remedy="Enrol more fields.")
    rows = np.arange(total)
    if total > MOST:
        rows = np.sort(generator(seed, "label map").choice(total, MOST, replace=False))
    xy = _read(kept, len(rows)) if kept is not None else None
    if xy is None:
        xy = _laid_out(np.ascontiguousarray(vectors[rows], dtype=np.float32), seed, context)
        if kept is not None:
            with contextlib.suppress(OSError):  # a map that cannot be kept is laid out again the next time
                _write(kept, xy)
    return MapPoints(np.asarray(numbers[rows], dtype=np.int64), xy, total)


def map_name(vectors_key: str, seed: int) -> str:
    """Return the name of the file that keeps a map; ``vectors_key`` identifies the embeddings."""
    return f"{hash_of({'vectors': vectors_key, 'seed': seed, 'version': VERSION, 'most': MOST})}.map"


def _laid_out(vectors: NDArray[np.float32], seed: int, context: JobContext) -> NDArray[np.float32]:
    with scratch_folder() as folder, Child(MODULE, LIMITS) as child:
        np.save(Path(folder) / "vectors.npy", vectors, allow_pickle=False)
        child.request({"folder": folder, "seed": seed}, context)
        xy = np.load(Path(folder) / "xy.npy", allow_pickle=False)
    if xy.shape != (len(vectors), 2) or not np.isfinite(xy).all():
        raise JobError("The map could not be laid out", remedy="Try again.")
    return np.asarray(xy, dtype=np.float32)


def _read(path: Path, count: int) -> NDArray[np.float32] | None:
    """Return a map of so many labels; None where none is kept, or a damaged or another one."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    digest, places = data[:DIGEST], data[DIGEST:]
    if len(places) != 8 * count or hashlib.sha256(places).digest() != digest:
        return None
    return np.frombuffer(places, dtype="<f4").reshape(count, 2)


def _write(path: Path, xy: NDArray[np.float32]) -> None:
    places = xy.astype("<f4").tobytes()
    draft = path.with_suffix(".draft")
    draft.write_bytes(hashlib.sha256(places).digest() + places)
    draft.replace(path)


def _answer(request: dict[str, Any], context: JobContext) -> dict[str, Any]:
    """Lay the vectors of a folder out, in the child process. One thread: more would add up in another order."""
    folder, seed = Path(request["folder"]), int(request["seed"])
    vectors = np.load(folder / "vectors.npy", allow_pickle=False)
    context.progress(0, EARLY + LATE, "Finding the neighbours of each label")
    from openTSNE import TSNE

    done = 0

    def step(_iteration: int, _error: float, _places: NDArray[np.float64]) -> None:
        nonlocal done
        done += STEPS
        context.progress(done, EARLY + LATE, "Laying the labels out")

    layout = TSNE(
        perplexity=min(PERPLEXITY, (len(vectors) - 1) // 3), metric="cosine", random_state=seed, n_jobs=1,
        early_exaggeration_iter=EARLY, n_iter=LATE, callbacks=step, callbacks_every_iters=STEPS,
    ).fit(vectors)  # fmt: skip
    np.save(folder / "xy.npy", np.asarray(layout, dtype=np.float32), allow_pickle=False)
    return {}


def main() -> None:
    """Serve until standard input closes."""
    serve(_answer)


if __name__ == "__main__":
    main()
