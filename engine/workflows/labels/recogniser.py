"""The child process that knows micro-pattern labels: it cuts them out, embeds, searches and matches them.

It keeps the network, the last image and the library that was searched last between requests. What it opens of a library
are raw arrays whose hashes it checks.
"""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import PositiveInt

from engine.core.case import Sha256, Text
from engine.core.errors import JobError
from engine.core.library import LABEL_PX, VECTOR_DIMENSIONS
from engine.core.records import Record
from engine.imaging.decode import PageFacts
from engine.jobs import Child, JobContext, Limits

if TYPE_CHECKING:
    from engine.methods.micro_pattern.correspondence import MatchedPoints
    from engine.methods.micro_pattern.segmentation import Place

# The vectors of millions of labels are mapped, and count as addresses though hardly any of them is in memory.
LIMITS = Limits(seconds=300.0, memory_bytes=24 << 30)
BUILDING = Limits(seconds=24 * 3600.0, memory_bytes=48 << 30)  # no file from outside is opened there
MODULE = "engine.workflows.labels.recogniser_worker"
TURNS = 4
Crops = NDArray[np.uint8]
Floats = NDArray[np.float32]
Numbers = NDArray[np.int64]


class Requests(Protocol):
    """What answers requests: a child process, or in tests an object that does so in this one."""

    def request(self, values: dict[str, Any], context: JobContext | None = None) -> dict[str, Any]:
        """Return the answer, or raise what went wrong."""
        ...

    def close(self) -> None:
        """End it."""
        ...


class ModelFacts(Record):
    """What there is to know of the network: vectors are compared only where ``key`` is the same."""

    key: Sha256
    weights_sha256: Sha256
    precision: Text
    profile: Text
    classes: tuple[str, ...]
    tolerance: float
    threads: PositiveInt
    simulated: bool


class CutFacts(Record):
    """What a page came to, without its arrays; ``milliseconds`` says how long each step took."""

    sha256: Sha256
    pages: PositiveInt
    facts: PageFacts
    reason: Text
    model: ModelFacts
    milliseconds: dict[str, float]


@dataclass(frozen=True, eq=False)
class CutPage:
    """The labels of a page.

    Parameters
    ----------
    facts : CutFacts
        Of the page and the network.
    places : tuple[Place, ...]
        Every place of the array, or that of the single label; none, and the reason, where nothing is seen.
    crops : NDArray[np.uint8]
        (N, 256, 256) grey, of the places that were found, in their order.
    vectors : NDArray[np.float32]
        (N, 4, 256) of unit length, at the four quarter turns of each label; the first as it lies.
    probabilities : NDArray[np.float32]
        (N, C) of the classes, in the order of ``facts.model.classes``.
    focus : NDArray[np.float32]
        (N,) as ``Quality.focus``.
    """

    facts: CutFacts
    places: "tuple[Place, ...]"
    crops: Crops
    vectors: Floats
    probabilities: Floats
    focus: Floats

    @property
    def found(self) -> "tuple[Place, ...]":
        """The places with a label that was cut out."""
        return tuple(place for place in self.places if place.state == "found")


@dataclass(frozen=True, eq=False)
class Embedded:
    """Embeddings of labels as they lie: (N, 256) unit vectors and (N,) the likeliest class of each."""

    model: ModelFacts
    vectors: Floats
    classes: NDArray[np.int32]


@dataclass(frozen=True)
class SearchedLibrary:
    """What is searched: files with the library's vectors and its index, and which labels of them count.

    ``source`` is what the vectors must have been made from; labels up to number ``count`` are searched, those
    ``withdrawn`` left out. Where the folder ``index`` holds none that can be trusted, every vector is compared.
    """

    vectors: Path
    embedder_key: Sha256
    source: Sha256
    count: int
    withdrawn: tuple[int, ...]
    index: Path


@dataclass(frozen=True, eq=False)
class Found:
    """Hits of Q queries: (Q, k) numbers, similarities, turns and classes; number -1 where there are fewer.

    ``searched`` tells among how many labels each query was sought.
    """

    numbers: Numbers
    similarity: Floats
    turns: NDArray[np.int32]
    classes: NDArray[np.int32]
    searched: tuple[int, ...]
    kind: str
    milliseconds: float


class Recogniser:
    """Asks the child process, which serves all requests until it is closed.

    Use it as a context manager, from one thread. A file that makes the process crash costs one JobError. An index,
    which may take long to make, is built and tested in a process of its own.
    """

    def __init__(self, limits: Limits = LIMITS, *, child: Requests | None = None) -> None:
        self._child = child or Child(MODULE, limits)
        self._builder = child

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        self._child.close()

    def model(self, context: JobContext) -> ModelFacts:
        """Return the facts of the network, which is loaded then."""
        reply = self._request({"do": "model"}, "", context)
        with understood(""):
            return ModelFacts.from_json(reply["model"])

    def cut(
        self, path: Path, page: int, *, array: tuple[int, int] | None, single: bool, context: JobContext
    ) -> CutPage:
        """Find, cut out and embed the labels of a page.

        Parameters
        ----------
        array : tuple[int, int], optional
            Columns and rows of a field; None where the page shows no field.
        single : bool
            Whether the page may show one label alone, which is looked for first.

        Raises
        ------
        ImagingError
            The file cannot be read as an image, or has no such page.
        """
        request = {"do": "cut", "path": str(path.resolve()), "page": page, "array": array, "single": single}
        reply = self._request(request, path.name, context)
        with understood(path.name):
            return _cut_page(reply)

    def embed(self, crops: Crops, context: JobContext) -> Embedded:
        """Embed labels, (N, 256, 256), as they lie."""
        reply = self._request({"do": "embed", "crops": crops}, "", context)
        with understood(""):
            vectors = _array(reply, "vectors", "<f4", (len(crops), VECTOR_DIMENSIONS))
            classes = _array(reply, "classes", "<i4", (len(crops),))
            return Embedded(ModelFacts.from_json(reply["model"]), vectors, classes)

    def search(
        self,
        library: SearchedLibrary,
        queries: Floats,
        k: int,
        *,
        classes: Sequence[Sequence[int]] | None = None,
        exact: bool = False,
        context: JobContext,
    ) -> Found:
        """Find the k labels most like each of Q queries, (Q, T, 256): the best of its T turns counts.

        Parameters
        ----------
        classes : sequence of sequences of int, optional
            The classes within which each query is sought.
        exact : bool
            Whether to compare every vector, though there is an index.

        Raises
        ------
        StoreError
            The files of the library are damaged, or not made from what they should be.
        """
        request = {
            "do": "search",
            "library": _library(library),
            "queries": queries,
            "k": k,
            "classes": None if classes is None else [list(each) for each in classes],
            "exact": exact,
        }
        reply = self._request(request, "", context)
        with understood(""):
            shape = (len(queries), k)
            return Found(
                _array(reply, "numbers", "<i8", shape),
                _array(reply, "similarity", "<f4", shape, finite=False),
                _array(reply, "turns", "<i4", shape),
                _array(reply, "classes", "<i4", shape),
                tuple(int(count) for _, count in zip(queries, reply["searched"], strict=True)),
                str(reply["kind"]),
                float(reply["milliseconds"]),
            )

    def match(
        self, questioned: Crops, known: Crops, turns: Sequence[int], context: JobContext
    ) -> "tuple[MatchedPoints, ...]":
        """Match a questioned label, (256, 256), with each of N known ones, at the turn of each."""
        request = {
            "do": "match", "questioned": questioned, "known": known, "turns": [int(turn) for turn in turns]
        }  # fmt: skip
        reply = self._request(request, "", context)
        with understood(""):
            if len(reply["matched"]) != len(known):
                raise ValueError(f"{len(reply['matched'])} answers for {len(known)} labels")
            return tuple(_matched(values) for values in reply["matched"])

    def build_index(self, library: SearchedLibrary, context: JobContext) -> dict[str, Any]:
        """Build the index of a library's vectors and return its facts as plain JSON values."""
        return dict(self._built({"do": "build", "library": _library(library)}, context)["info"])

    def self_test(
        self, library: SearchedLibrary, sample: int, seed: int, threshold: float | None, context: JobContext
    ) -> dict[str, Any]:
        """Compare the index with an exact search and return the rates as plain JSON values."""
        request = {
            "do": "test", "library": _library(library), "sample": sample, "seed": seed, "threshold": threshold
        }  # fmt: skip
        return dict(self._built(request, context)["test"])

    def _built(self, values: dict[str, Any], context: JobContext) -> dict[str, Any]:
        if self._builder is not None:
            return self._builder.request(values, context)
        with Child(MODULE, BUILDING) as child:
            return child.request(values, context)

    def _request(self, values: dict[str, Any], name: str, context: JobContext) -> dict[str, Any]:
        try:
            return self._child.request(values, context)
        except JobError as error:
            raise JobError(error.what, where=error.where or name, remedy=error.remedy) from error


@contextlib.contextmanager
def opened(recogniser: Recogniser | None) -> Iterator[Recogniser]:
    """Yield the recogniser that is running already, or one for this piece of work."""
    if recogniser is not None:
        yield recogniser
        return
    with Recogniser() as own:
        yield own


@contextlib.contextmanager
def understood(name: str) -> Iterator[None]:
    """Turn a reply that is not what it should be into a JobError: a process that a file broke may send anything."""
    try:
        yield
    except (ValueError, KeyError, TypeError, OSError, EOFError) as error:
        what = f"The recogniser answered nonsense ({type(error).__name__}: {error})"
        raise JobError(what, where=name, remedy="Try again.") from error


def _library(library: SearchedLibrary) -> dict[str, Any]:
    return {
        "vectors": str(library.vectors),
        "embedder_key": library.embedder_key,
        "source": library.source,
        "count": library.count,
        "withdrawn": list(library.withdrawn),
        "index": str(library.index),
    }


def _cut_page(reply: dict[str, Any]) -> CutPage:
    from engine.methods.micro_pattern.segmentation import LabelState, Place

    facts = CutFacts.from_json(reply["facts"])
    places = tuple(
        Place(
            int(entry["row"]), int(entry["column"]), LabelState(entry["state"]),
            None if entry["corners"] is None else np.array(entry["corners"], dtype=np.float64).reshape(4, 2),
        )
        for entry in reply["places"]
    )  # fmt: skip
    count = sum(place.state is LabelState.FOUND for place in places)
    return CutPage(
        facts,
        places,
        _array(reply, "crops", "|u1", (count, LABEL_PX, LABEL_PX)),
        _array(reply, "vectors", "<f4", (count, TURNS, VECTOR_DIMENSIONS)),
        _array(reply, "probabilities", "<f4", (count, len(facts.model.classes))),
        _array(reply, "focus", "<f4", (count,)),
    )


def _matched(values: dict[str, Any]) -> "MatchedPoints":
    from engine.methods.micro_pattern.correspondence import MatchedPoints

    points = {name: np.array(values[name], dtype=np.float64) for name in ("questioned", "known", "lost")}
    found = MatchedPoints(
        **{name: array.reshape(-1, 2) for name, array in points.items()},
        residual=np.array(values["residual"], dtype=np.float64).reshape(-1),
        correlation=np.array(values["correlation"], dtype=np.float64).reshape(-1),
        transform=np.array(values["transform"], dtype=np.float64).reshape(2, 3),
        tried=int(values["tried"]),
    )
    if len({len(found.questioned), len(found.known), len(found.residual), len(found.correlation)}) != 1:
        raise ValueError("points without a counterpart")
    return found


def _array(
    reply: dict[str, Any], name: str, dtype: str, shape: tuple[int, ...], *, finite: bool = True
) -> NDArray[Any]:
    array = reply[name]
    if not isinstance(array, np.ndarray):
        raise TypeError(f"{name} is no array")
    if array.dtype.str != dtype or array.shape != shape:
        raise ValueError(f"{name} is {array.dtype.str} {array.shape}, not {dtype} {shape}")
    if finite and array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ValueError(f"{name} holds values that are no finite numbers")
    return array
