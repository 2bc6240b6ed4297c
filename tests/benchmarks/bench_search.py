"""Search in large libraries (simulated embeddings), beside exact search: one JSON object for each library.

    python -m tests.benchmarks.bench_search [--folder DIR] [--queries 1000] [LABELSxVARIANTS ...]

Without libraries: those of He et al. 2024, 41,556 labels x 100 embeddings, and one embedding of each of 4,155,600
labels. ``--curve`` measures one embedding of each of 10^4, 10^5, 10^6 and 10^7 labels. A folder keeps embeddings and
indexes, of 1.1 KB an embedding, for the next run: build first, then measure on a machine that does nothing else.
"""

import argparse
import json
import tempfile
from pathlib import Path

from engine.jobs import JobContext
from engine.simulation.label_vectors import SimulatedLabels
from engine.workflows.evaluation.search_benchmark import benchmark_search, prepare

PAPER = ["41556x100", "4155600x1"]
CURVE = ["10000x1", "100000x1", "1000000x1", "10000000x1"]


def main() -> None:
    """Measure each library."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("libraries", nargs="*", metavar="LABELSxVARIANTS")
    parser.add_argument("--curve", action="store_true", help="measure against the number of labels")
    parser.add_argument("--queries", type=int, default=1000, help="of enrolled labels, and as many of others")
    parser.add_argument("--strength", choices=("middle", "strong"), default="middle", help="of the captures' effects")
    parser.add_argument("--folder", type=Path, help="keep embeddings and indexes here")
    parser.add_argument("--prepare", action="store_true", help="only make them")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="touchstone-bench-") as scratch:
        folder = options.folder or Path(scratch)
        for name in options.libraries or (CURVE if options.curve else PAPER):
            labels, variants = map(int, name.split("x"))
            simulated = SimulatedLabels(labels, variants)
            if options.prepare:
                prepare(folder, simulated, JobContext())
                continue
            found = benchmark_search(folder, simulated, queries=options.queries, strength=options.strength)
            print(json.dumps({"bench": "search", **found.to_json(), **found.ratios()}), flush=True)


if __name__ == "__main__":
    main()
