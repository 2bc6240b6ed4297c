"""``bench``: how fast the parts are on this machine, and how they do beside the plain way."""

import argparse
import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.cli.output import Output
from engine.core.benchmarks import EmbeddingBenchmark, SearchBenchmark, Times
from engine.core.errors import InputError
from engine.jobs import JobContext
from engine.workflows.files import made_folder

DESCRIPTION = """Search among simulated embeddings of labels: the compressed index beside exact search over all labels
and over one class, in the same run. Without options: the library of He et al. 2024, 41,556 labels with 100 embeddings
each, which takes 4.5 GB of disk and some minutes to make; the figures are of this machine at the load it is under."""


def add_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the bench command."""
    bench = commands.add_parser("bench", help="measure the parts of the program on this machine")
    parts = bench.add_subparsers(dest="part", required=True, metavar="NAME")
    search = parts.add_parser("search", parents=[common], help="search in large libraries", description=DESCRIPTION)
    search.add_argument("--count", type=int, default=4_155_600, help="embeddings in the library (default: %(default)s)")
    search.add_argument("--variants", type=int, default=100, help="embeddings of each label (default: %(default)s)")
    search.add_argument("--queries", type=int, default=1000, help="captures of enrolled labels, and as many of others")
    search.add_argument("--strength", choices=("middle", "strong"), default="middle", help="of the captures' effects")
    search.add_argument("--seed", type=int, default=0)
    search.add_argument(
        "--folder",
        type=Path,
        metavar="DIR",
        help="keep embeddings and index here, and use them again (default: nowhere)",
    )
    search.set_defaults(run=_search)
    embed = parts.add_parser("embed", parents=[common], help="embed a label, beside torch as it stands")
    embed.add_argument("--repeats", type=int, default=50, help="default: %(default)s")
    embed.add_argument("--threads", type=int, default=2, help="default: %(default)s")
    embed.set_defaults(run=_embed)


def _search(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    from engine.simulation.label_vectors import SimulatedLabels
    from engine.workflows.evaluation.search_benchmark import benchmark_search

    if min(options.count, options.variants) < 1 or options.count % options.variants:
        raise InputError("--count must be a multiple of --variants, and both above 0")
    simulated = SimulatedLabels(options.count // options.variants, options.variants, options.seed)
    with _folder(options.folder) as folder:
        found = benchmark_search(folder, simulated, queries=options.queries, strength=options.strength, context=context)
    output.result({**found.to_json(), **found.ratios()}, *_lines(found))
    return 0


def _embed(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    from engine.workflows.evaluation.embedding_benchmark import benchmark_embedding

    if min(options.repeats, options.threads) < 1:
        raise InputError("--repeats and --threads are 1 or more")
    for found in benchmark_embedding(repeats=options.repeats, threads=options.threads, context=context):
        faster = found.eager.median / found.int8.median
        output.result({**found.to_json(), "faster": round(faster, 2)}, *_embedding_lines(found, faster))
    return 0


def _embedding_lines(found: EmbeddingBenchmark, faster: float) -> Iterator[str]:
    untrained = "" if found.trained else "; weights drawn at random, for their time alone"
    yield f"{found.network}{untrained}. Milliseconds a label, image and mirror: median (95 %)"
    for name in ("eager", "float32", "int8"):
        yield f"  {name:18} {_times(getattr(found, name))}"
    yield f"  {'int8, four turns':18} {_times(found.four_turns)}"
    yield f"  int8 is {faster:.1f} times as fast as eager torch"


@contextlib.contextmanager
def _folder(chosen: Path | None) -> Iterator[Path]:
    if chosen is not None:
        yield made_folder(chosen)
        return
    with tempfile.TemporaryDirectory(prefix="touchstone-bench-") as folder:
        yield Path(folder)


def _lines(found: SearchBenchmark) -> Iterator[str]:
    yield f"Simulated: {found.labels} labels x {found.variants} embeddings of {found.dimensions} dimensions"
    lists = f"{found.lists} lists, {found.first} to {found.probes} looked into"
    yield f"{found.kind} index: {lists}; built in {found.build_seconds:.0f} s"
    yield f"opens in {found.open_seconds:.2f} s; embeddings {found.mapped_bytes / 1e6:.0f} MB, mapped from disk"
    if found.memory_bytes is not None and found.process_bytes is not None:
        grown, whole = found.memory_bytes / 1e6, found.process_bytes / 1e6
        yield f"memory: {grown:.0f} MB for the index, {whole:.0f} MB the whole process"
    yield f"Milliseconds a query ({found.threads} threads), one at a time: median (95 %); all at once:"
    rows = (
        ("exact, all labels", found.flat),
        ("exact, one class", found.flat_in_class),
        ("index, all labels", found.index),
        ("the same, strangers", found.strangers),
        ("the same, four turns", found.turns),
        ("index, one class", found.index_in_class),
    )
    for name, times in rows:
        yield f"  {name:20} {_times(times)}"
    others = f"for strangers {found.faster_for_strangers:.0f} times, within a class {found.faster_in_class:.0f} times"
    yield f"The index is {found.faster:.0f} times as fast, {others}"
    for name, rate in (
        ("same label first as exact search", found.recall),
        ("the same within the class", found.recall_in_class),
        (f"same decision at {found.threshold:g}", found.decisions),
        ("exact search: right label", found.right),
        ("exact search: enrolled accepted", found.accepted),
        ("exact search: others refused", found.refused),
    ):
        low, high = rate.interval.low, rate.interval.high
        yield f"  {name:34} {rate.events} of {rate.trials} ({rate.value:.2%}; {low:.2%} to {high:.2%})"


def _times(times: Times) -> str:
    together = "" if times.together is None else f"; {times.together:.3f}"
    return f"{times.median:8.3f} ({times.high:.3f}){together}"
