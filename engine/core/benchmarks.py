"""Records of benchmarks: how long something takes on this machine, and how it does beside the plain way."""

from typing import Annotated, Literal

from pydantic import Field

from engine.core.operating import Rate
from engine.core.records import Record

Milliseconds = Annotated[float, Field(ge=0)]


class Times(Record):
    """Milliseconds a query, asked one at a time: median and 95th percentile; ``together``: all asked at once."""

    queries: Annotated[int, Field(ge=1)]
    median: Milliseconds
    high: Milliseconds
    together: Milliseconds | None = None


class SearchBenchmark(Record):
    """Search among simulated embeddings: the index beside exact search over all labels, and over one class.

    Parameters
    ----------
    labels, variants : int
        The library holds ``variants`` embeddings of each label.
    strength : str
        Of the effects in the captures that are searched for.
    first, probes : int
        So many lists are looked into, and so many where no match in the first ones is near.
    index, index_in_class, strangers, turns : Times
        Of the index: captures of enrolled labels, the same within their class, captures of labels that are not
        enrolled, and captures of enrolled labels at four quarter turns, of which one is that of the library.
    recall, recall_in_class : Rate
        How often the label that the index found first was exact search's, for fresh captures of enrolled labels.
    right : Rate
        How often exact search found the right label for them.
    decisions : Rate
        How often index and exact search said the same of ``threshold``, labels that are not enrolled included.
    accepted, refused : Rate
        What exact search said: enrolled labels that passed the threshold, others that did not.
    memory_bytes : int or None
        By how much the process grew when it opened the index, mapped files left out; None where it is not told.
    process_bytes : int or None
        The whole process after it had searched, mapped files left out.
    """

    simulated: Literal[True] = True
    labels: int
    variants: int
    dimensions: int
    seed: int
    strength: str
    threads: int
    threshold: float
    kind: str
    lists: int
    first: int
    probes: int
    build_seconds: float
    open_seconds: float
    code_bytes: int
    mapped_bytes: int
    memory_bytes: int | None
    process_bytes: int | None
    flat: Times
    flat_in_class: Times
    index: Times
    index_in_class: Times
    strangers: Times
    turns: Times
    recall: Rate
    recall_in_class: Rate
    right: Rate
    decisions: Rate
    accepted: Rate
    refused: Rate

    @property
    def faster(self) -> float:
        """How many times as fast the index is as exact search, for enrolled labels, one query at a time."""
        return self.flat.median / self.index.median

    @property
    def faster_for_strangers(self) -> float:
        """The same for labels that are not enrolled."""
        return self.flat.median / self.strangers.median

    @property
    def faster_in_class(self) -> float:
        """The same within the class of the query."""
        return self.flat_in_class.median / self.index_in_class.median

    def ratios(self) -> dict[str, float]:
        """Return how many times as fast it is, by name."""
        names = ("faster", "faster_for_strangers", "faster_in_class")
        return {name: round(getattr(self, name), 1) for name in names}


class EmbeddingBenchmark(Record):
    """Embedding of one label crop of 256 px, image and mirror image, preparation included; milliseconds a label.

    Parameters
    ----------
    network : str
        Which network; ``trained`` is False where its weights are drawn at random, which changes no time.
    eager : Times
        By torch as it stands, the reference.
    float32, int8 : Times
        By the inference runtime in each precision.
    four_turns : Times
        In int8 at all four quarter turns, as a questioned label is embedded.
    """

    simulated: Literal[True] = True
    network: str
    trained: bool
    threads: int
    eager: Times
    float32: Times
    int8: Times
    four_turns: Times
