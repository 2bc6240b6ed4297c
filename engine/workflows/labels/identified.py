"""What an identification came to: the questioned label, the library's labels that are like it, and what may be said."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine.core.case import Capture, ScaleSource
from engine.core.finding import Caution
from engine.core.library import Library
from engine.core.operating import Classification, OperatingPoint
from engine.workflows.labels.recogniser import ModelFacts

if TYPE_CHECKING:
    from engine.methods.micro_pattern.correspondence import MatchedPoints
    from engine.methods.micro_pattern.decision import Identified

UM_PER_INCH = 25_400
UNCERTAIN = 0.5  # a class of less probability is told
NEAR = 0.02  # a second label as alike as this is told


@dataclass(frozen=True, eq=False)
class LabelHit:
    """A label of the library that is like the questioned one.

    Parameters
    ----------
    number : int
        Of the label.
    similarity : float
        Cosine of the embeddings, -1..1, higher = more alike.
    turn : int
        Quarter turns, as of ``np.rot90``, that bring the questioned label into the known one's pose.
    pattern_class : int
        That the known label was given; -1 unknown.
    matched : MatchedPoints
        Second stage: where the film of both labels agrees, in pixels of each label's image.
    """

    number: int
    similarity: float
    turn: int
    pattern_class: int
    matched: "MatchedPoints"


@dataclass(frozen=True, eq=False)
class Identification:
    """What was found for one questioned label.

    Parameters
    ----------
    capture : Capture
        The capture that shows it.
    row, column : int or None
        Its place in a field, from 0; None where the capture shows it alone.
    corners : NDArray[np.float64]
        (4, 2) of its frame in the capture, pixels (x, y), from the upper left clockwise.
    label : NDArray[np.uint8]
        (256, 256) grey, as it lies in the capture.
    library : Library
        That was searched.
    searched, sequence : int
        Among how many labels it was sought, and the last event of the ledger that was taken into account.
    pattern_class, class_name, probability : int, str, float
        The likeliest class and its softmax; no posterior probability.
    k, classified : int, bool
        How many labels were asked for, and whether only those of its likely classes were searched.
    hits : tuple[LabelHit, ...]
        Most alike first; none where the likely classes have no label.
    classification : Classification or None
        What an operating point says; None where there is none for these weights.
    point : OperatingPoint or None
        That point.
    cautions : tuple[Caution, ...]
        What the reader must know.
    kind : str
        ``exact`` or ``index``: how it was searched.
    milliseconds : dict[str, float]
        decode, find, embed, search, match.
    model : ModelFacts
        The network.
    """

    capture: Capture
    row: int | None
    column: int | None
    corners: NDArray[np.float64]
    label: NDArray[np.uint8]
    library: Library
    searched: int
    sequence: int
    pattern_class: int
    class_name: str
    probability: float
    k: int
    classified: bool
    hits: tuple[LabelHit, ...]
    classification: Classification | None
    point: OperatingPoint | None
    cautions: tuple[Caution, ...]
    kind: str
    milliseconds: dict[str, float]
    model: ModelFacts

    @property
    def simulated(self) -> bool:
        """Whether capture or library is simulated."""
        return self.capture.simulated or self.library.simulated

    @property
    def margin(self) -> float | None:
        """By how much the best hit is more alike than the second; None where there is no second."""
        return self.hits[0].similarity - self.hits[1].similarity if len(self.hits) > 1 else None


def facts_of(found: Identification) -> "Identified | None":
    """Return what a classification rests on; None where no label of the library was found at all."""
    from engine.methods.micro_pattern.decision import Identified

    if not found.hits:
        return None
    best, scale = found.hits[0], found.capture.scale
    known = scale is not None and scale.source is not ScaleSource.FILE_TAG  # tags are often wrong
    return Identified(
        number=best.number,
        similarity=best.similarity,
        agreeing=best.matched.agreeing,
        tried=best.matched.tried,
        agreement=best.matched.score,
        searched=found.searched,
        classified=found.classified,
        embedder_key=found.model.key,
        simulated=found.capture.simulated,
        library_simulated=found.library.simulated,
        device=found.capture.device,
        side_px=float(np.linalg.norm(np.roll(found.corners, -1, axis=0) - found.corners, axis=1).mean()),
        dpi=UM_PER_INCH / scale.um_per_px if known and scale is not None else None,
    )


def cautions_of(found: Identification) -> Iterable[Caution]:
    """Yield what the reader of an identification must know."""
    said = found.classification
    if said is None or not said.within_domain:
        reason = said.reason if said else "No operating point was measured for these weights."
        text = f"Investigative only: {reason} Scores are shown, and nothing is classified."
        yield Caution(key="investigative only", text=text)
    if found.capture.simulated != found.library.simulated:
        one, other = ("capture", "library") if found.capture.simulated else ("library", "capture")
        yield Caution(key="simulated beside real", text=f"The {one} is simulated, the {other} is not.")
    if found.model.simulated and not found.capture.simulated:
        text = "The network was trained on simulated labels; how it does on real ones was not measured."
        yield Caution(key="trained on simulation", text=text)
    if not found.hits:
        text = f"No label of a likely class ({found.class_name} first) is enrolled: search all labels."
        yield Caution(key="empty class", text=text)
    if found.probability < UNCERTAIN:
        text = f"The pattern class is uncertain: {found.class_name} with {found.probability:.2f}."
        yield Caution(key="uncertain class", text=text)
    if found.margin is not None and found.margin < NEAR:
        text = f"The second label is nearly as alike: {found.hits[1].similarity:.3f}. It may be enrolled twice."
        yield Caution(key="two alike", text=text)
