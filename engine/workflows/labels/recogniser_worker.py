"""The child's side of the recogniser: holds the network, the last page and the library that was searched last."""

import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.core.case import Quality
from engine.core.errors import ImagingError, InputError
from engine.core.library import VECTOR_DIMENSIONS
from engine.core.records import file_sha256
from engine.jobs import JobContext, serve
from engine.workflows.labels.recogniser import TURNS, CutFacts, ModelFacts
from engine.workflows.labels.searching import LibrarySearch

if TYPE_CHECKING:
    from engine.imaging.formats import PageInfo
    from engine.methods.micro_pattern.embedding import Embedder
    from engine.methods.micro_pattern.segmentation import Segmentation

THREADS = 2
AROUND_PX = 1024  # of the page's middle, whose quality stands for the page's
AT_ONCE = 16  # labels that are embedded before progress is told


@dataclass(frozen=True, eq=False)
class _Page:
    """A decoded page, and what tells whether its file is still the one that was decoded.

    Its quality is measured while labels are looked for.
    """

    state: tuple[object, ...]
    sha256: str
    pages: int
    info: "PageInfo"
    quality: Future[Quality]
    grey: NDArray[np.uint8]
    milliseconds: float


class Answers:
    """Answers requests one after another.

    Parameters
    ----------
    embedder : Embedder, optional
        The one that came with the program, loaded when it is needed, where it is None.
    judged : bool
        Whether the contour judge looks at what is found in fields.
    """

    def __init__(self, embedder: "Embedder | None" = None, *, judged: bool = True) -> None:
        self._embedder = embedder
        self._judged = judged
        self._model_facts: ModelFacts | None = None
        self._page: _Page | None = None
        self._pool = ThreadPoolExecutor(THREADS)  # for what may run beside something else, on another processor core
        self._search = LibrarySearch()

    def answer(self, request: dict[str, Any], context: JobContext) -> dict[str, Any]:
        """Return the reply to one request of ``engine.workflows.labels.recogniser``."""
        match request["do"]:
            case "model":
                return {"model": self._model().to_json()}
            case "cut":
                return self._cut(request, context)
            case "embed":
                return self._embed(request["crops"], context)
            case "match":
                return self._match(request)
            case "search" | "build" | "test":
                return self._search.answer(request, context)
            case other:
                raise InputError(f"The recogniser does not know {other!r}")

    def _network(self) -> "Embedder":
        if self._embedder is None:
            from engine.methods.micro_pattern.embedding import Embedder

            self._embedder = Embedder.load(threads=THREADS)
        return self._embedder

    def _model(self) -> ModelFacts:
        if self._model_facts is None:
            embedder = self._network()
            card = embedder.card
            self._model_facts = ModelFacts(
                key=embedder.key,
                weights_sha256=card.weights_sha256,
                precision=card.precision,
                profile=card.profile,
                classes=tuple(card.classes),
                tolerance=embedder.tolerance,
                threads=THREADS,
                simulated=card.simulated,
            )
        return self._model_facts

    def _cut(self, request: dict[str, Any], context: JobContext) -> dict[str, Any]:
        from engine.imaging.decode import PageFacts
        from engine.imaging.quality import measure_focus
        from engine.methods.micro_pattern.segmentation import CROP_PX, crop

        before = self._page
        page = self._decoded(Path(request["path"]), int(request["page"]))
        start = time.perf_counter()
        found = _places(page.grey, request["array"], bool(request["single"]), self._judged)
        crops = [crop(page.grey, place.corners) for place in found.found if place.corners is not None]
        labels = np.stack(crops) if crops else np.zeros((0, CROP_PX, CROP_PX), dtype=np.uint8)
        cut = time.perf_counter()
        vectors, probabilities = self._described(labels, context)
        focus = np.array([measure_focus(label) for label in crops], dtype="<f4")
        seen = PageFacts(**dict(page.info), quality=page.quality.result())
        milliseconds = {
            "decode": 0.0 if page is before else page.milliseconds,
            "find": 1e3 * (cut - start),
            "embed": 1e3 * (time.perf_counter() - cut),
        }
        facts = CutFacts(
            sha256=page.sha256, pages=page.pages, facts=seen, reason=found.reason, model=self._model(),
            milliseconds=milliseconds,
        )  # fmt: skip
        places = [
            {
                "row": place.row,
                "column": place.column,
                "state": place.state.value,
                "corners": None if place.corners is None else place.corners.tolist(),
            }
            for place in found.places
        ]
        arrays = {"crops": labels, "vectors": vectors, "probabilities": probabilities, "focus": focus}
        return {"facts": facts.to_json(), "places": places, **arrays}

    def _described(
        self, labels: NDArray[np.uint8], context: JobContext
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return vectors at the four turns, (N, 4, 256), and class probabilities, (N, C)."""
        embedder = self._network()
        vectors = np.empty((len(labels), TURNS, VECTOR_DIMENSIONS), dtype="<f4")
        probabilities = np.empty((len(labels), len(embedder.card.classes)), dtype="<f4")
        for start in range(0, len(labels), AT_ONCE):
            context.progress(start, len(labels), "Embedding the labels")
            part = slice(start, start + AT_ONCE)
            vectors[part], probabilities[part] = embedder.describe(labels[part])
        return vectors, probabilities

    def _embed(self, crops: NDArray[np.uint8], context: JobContext) -> dict[str, Any]:
        vectors, probabilities = self._described(crops, context)
        classes = probabilities.argmax(axis=1).astype("<i4")
        return {"model": self._model().to_json(), "vectors": vectors[:, 0], "classes": classes}

    def _match(self, request: dict[str, Any]) -> dict[str, Any]:
        from engine.methods.micro_pattern.correspondence import matched

        def told(label: NDArray[np.uint8], turn: int) -> dict[str, Any]:
            found = matched(request["questioned"], label, turn=turn)
            names = ("questioned", "known", "residual", "correlation", "lost", "transform")
            return {**{name: getattr(found, name).tolist() for name in names}, "tried": found.tried}

        return {"matched": list(self._pool.map(told, request["known"], request["turns"]))}

    def _decoded(self, path: Path, number: int) -> _Page:
        state = _state(path, number)
        if self._page is None or self._page.state != state:
            self._page = None  # its memory is needed for the new one
            self._page = _decode(path, number, state, self._pool)
        return self._page


def _state(path: Path, page: int) -> tuple[object, ...]:
    """Return what differs once the file was written to or replaced."""
    try:
        found = path.stat()
    except OSError as error:
        what = f"The file cannot be read ({error.strerror})"
        raise ImagingError(what, where=path.name, remedy="Check the name.") from error
    return path, page, found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _decode(path: Path, number: int, state: tuple[object, ...], pool: ThreadPoolExecutor) -> _Page:
    import cv2

    from engine.imaging.decode import decoded, inspect, page_among
    from engine.imaging.quality import measure_quality

    start = time.perf_counter()
    hashed = pool.submit(file_sha256, path)
    pages = inspect(path)
    info = page_among(pages, number, path.name)
    pixels, sha256 = decoded(path, info), hashed.result()
    if _state(path, number) != state:
        raise ImagingError("The file changed while it was read", where=path.name, remedy="Try it again.")
    eight = np.asarray(pixels if pixels.dtype == np.uint8 else pixels >> 8, dtype=np.uint8)
    grey = np.asarray(cv2.cvtColor(eight, cv2.COLOR_RGB2GRAY) if eight.ndim == 3 else eight, dtype=np.uint8)
    top, left = (max(0, length // 2 - AROUND_PX // 2) for length in eight.shape[:2])
    quality = pool.submit(measure_quality, eight[top : top + AROUND_PX, left : left + AROUND_PX])
    return _Page(state, sha256, len(pages), info, quality, grey, 1e3 * (time.perf_counter() - start))


def _places(grey: NDArray[np.uint8], array: list[int] | None, single: bool, judged: bool) -> "Segmentation":
    """Return the single label of an image, if it may show one alone, else the labels of a field."""
    from engine.methods.micro_pattern.judge import shipped_judge
    from engine.methods.micro_pattern.segmentation import segment
    from engine.methods.micro_pattern.single import SEVERAL, find_label

    if single:
        found = find_label(grey)
        if array is None or found.reason != SEVERAL:
            return found
    if array is None:
        raise InputError("Neither a label nor a field is looked for")
    judge = shipped_judge() if judged else None
    return segment(grey, columns=int(array[0]), rows=int(array[1]), judge=judge)


def main() -> None:
    """Serve until standard input closes."""
    serve(Answers().answer)


if __name__ == "__main__":
    main()
