"""Child process that makes the simulated library of a benchmark, and its index."""

from pathlib import Path
from typing import Any

import numpy as np

from engine.jobs import JobContext, serve
from engine.search.index import LibraryIndex
from engine.simulation.label_vectors import DIMENSIONS, SimulatedLabels
from engine.workflows.evaluation.search_benchmark import library_name, simulated_vectors, vectors_path


def main() -> None:
    """Answer until the parent closes."""
    serve(_made)


def _made(values: dict[str, Any], context: JobContext) -> dict[str, Any]:
    simulated = SimulatedLabels(values["labels"], values["variants"], values["seed"])
    folder, name = Path(values["folder"]), library_name(simulated)
    path = vectors_path(folder, simulated)
    if not path.exists():
        part = path.with_suffix(".part")
        target = np.memmap(part, "<f4", "w+", shape=(simulated.count, DIMENSIONS))
        simulated.fill(target, context.part(0, 2))
        target.flush()
        part.rename(path)  # an unfinished file never bears the name
    vectors = simulated_vectors(folder, simulated)
    info = LibraryIndex.open_or_build(folder / name, name, vectors, context=context.part(1, 2)).info
    return {"seconds": info.seconds}


if __name__ == "__main__":
    main()
