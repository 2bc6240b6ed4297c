"""The map of a library: its embeddings laid out in the plane by t-SNE, so that labels that are alike stand together.

The work is done in a child process, which can be stopped at any time. Of a large library a sample is laid out. The same
embeddings and seed give the same map; it is kept in the store's cache until they change.
"""

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import InputError, JobError
from engine.core.records import hash_of
from engine.core.seeds import generator
from engine.jobs import Child, JobContext, Limits, scratch_folder, serve
from engine.store import Store
from engine.workflows.labels.library_index import searched_library
from engine.workflows.labels.library_state import cache_folder, library_state
from engine.workflows.labels.rows import Layout, RowsStaleError, open_rows, rows_path, write_rows
from engine.workflows.labels.searching import vectors_layout

MODULE = "engine.workflows.labels.similarity_map"
LIMITS = Limits(seconds=3600.0, memory_bytes=16 << 30)
VERSION = 1  # of the layout: maps of another are made anew
FEWEST = 10  # labels below which there is nothing to lay out
MOST = 20_000  # labels that are laid out, one to two minutes of one core
PERPLEXITY = 30  # van der Maaten and Hinton 2008: 5 to 50
STEPS = 10  # iterations between two reports of progress
EARLY, LATE = 250, 500  # iterations with and without early exaggeration: openTSNE's defaults
MAP = Layout("map", (("xy", "<f4", 2),))


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


def embedding_map(store: Store, library_id: str, *, seed: int, context: JobContext) -> MapPoints:
    """Return the map of a library by the embeddings that it was given last.

    Raises
    ------
    InputError
        The library has fewer than ``FEWEST`` labels, or they are embedded with different weights.
    """
    state = library_state(store, library_id)
    name = state.library.name
    if state.count() < FEWEST:
        what = f"A map needs at least {FEWEST} labels, the library has {state.count()}"
        raise InputError(what, where=name, remedy="Enrol more fields.")
    if not state.keys:
        what = "The labels are embedded with different weights, and cannot be compared with one another"
        raise InputError(what, where=name, remedy="Embed the library again.")
    library = searched_library(store, library_id, state.keys[-1], context=context)
    vectors = open_rows(library.vectors, vectors_layout(state.keys[-1]), library.source)["vectors"]
    folder = cache_folder(store, library_id)
    return lay_out(vectors[: library.count], library.source, seed=seed, folder=folder, context=context)


def lay_out(
    vectors: NDArray[np.float32], made_from: str, *, seed: int, folder: Path, context: JobContext
) -> MapPoints:  # fmt: skip
    """Return the map of the labels from number 1 on.

    Parameters
    ----------
    vectors : NDArray[np.float32]
        (N, 256) of unit length; may be a memory map.
    made_from : str
        What identifies the vectors.
    seed : int
        Of the sample and of the layout.
    folder : Path
        Where the map is kept; what is damaged there is made anew.
    """
    total = len(vectors)
    rows = np.arange(total)
    if total > MOST:
        rows = np.sort(generator(seed, "label map").choice(total, MOST, replace=False))
    source = hash_of({"vectors": made_from, "seed": seed, "most": MOST, "version": VERSION})
    try:
        xy = open_rows(rows_path(folder, MAP, source), MAP, source)["xy"]
    except RowsStaleError:
        xy = _laid_out(np.ascontiguousarray(vectors[rows], dtype=np.float32), seed, context)
        with contextlib.suppress(OSError):  # a map that cannot be kept is laid out again the next time
            write_rows(folder, MAP, source, [{"xy": xy}], len(xy))
    return MapPoints(rows + 1, np.asarray(xy), total)


def _laid_out(vectors: NDArray[np.float32], seed: int, context: JobContext) -> NDArray[np.float32]:
    with scratch_folder() as folder, Child(MODULE, LIMITS) as child:
        np.save(Path(folder) / "vectors.npy", vectors, allow_pickle=False)
        child.request({"folder": folder, "seed": seed}, context)
        xy = np.load(Path(folder) / "xy.npy", allow_pickle=False)
    if xy.shape != (len(vectors), 2) or not np.isfinite(xy).all():
        raise JobError("The map could not be laid out", remedy="Try again.")
    return np.asarray(xy, dtype=np.float32)


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
