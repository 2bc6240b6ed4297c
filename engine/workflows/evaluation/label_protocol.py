"""Recognise labels among those enrolled, and count: the right label must come first and pass a threshold."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import InputError
from engine.core.evaluations import spread
from engine.core.evaluations_labels import LabelCurveRow, LabelRatesRow, LabelThreshold
from engine.evaluation.rates import rate
from engine.methods.micro_pattern.embedding import likely

SEARCHED = 250  # captures searched at one time
RULE = "middle of the widest gap among the thresholds with the fewest errors on tuning labels"
LIBRARY = "library"  # what is varied where the number of enrolled labels is
LIBRARIES = (100, 1_000, 10_000, 100_000)
Vectors = NDArray[np.float32]
Classes = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Described:
    """Captures as they are compared.

    Parameters
    ----------
    vectors : NDArray[np.float32]
        (N, T, D) of unit length, of which T quarter turns; 0 where the frame was not found.
    probabilities : NDArray[np.float32] or None
        (N, C) of the classes; 0 where the frame was not found. None where no classes are told.
    found : NDArray[np.bool_]
        (N,)
    glyphs : NDArray[np.int64]
        (N,) the truth.
    """

    vectors: Vectors
    probabilities: Vectors | None
    found: NDArray[np.bool_]
    glyphs: Classes

    @property
    def classes(self) -> Classes | None:
        """The likeliest class of each, (N,); -1 where the frame was not found."""
        if self.probabilities is None:
            return None
        return np.where(self.found, self.probabilities.argmax(axis=1), -1)

    def first(self, count: int) -> "Described":
        """Return the first captures."""
        probabilities = None if self.probabilities is None else self.probabilities[:count]
        return Described(self.vectors[:count], probabilities, self.found[:count], self.glyphs[:count])

    def __len__(self) -> int:
        """Return the number of captures, found or not."""
        return len(self.found)


@dataclass(frozen=True, eq=False)
class Best:
    """The best match of each capture: similarity, (N,), NaN where there is none, and label and turn, (N,), then -1.

    ``turn`` is the quarter turn, as of ``np.rot90``, at which the capture is alike.
    """

    similarity: NDArray[np.float64]
    label: NDArray[np.int64]
    turn: NDArray[np.int64]

    def right(self) -> NDArray[np.bool_]:
        """Return which captures of labels 0, 1, 2 .. have their own label first."""
        return self.label == np.arange(len(self.label))

    def passing(self, threshold: float) -> NDArray[np.bool_]:
        """Return which similarities are at least as high as a threshold; one that is not known is not."""
        return np.nan_to_num(self.similarity, nan=-np.inf) >= threshold


def best_matches(known: Described, questioned: Described, *, classified: bool = False) -> Best:
    """Search the label that is most similar to each capture at any quarter turn, exactly; the first of equal ones.

    ``classified`` searches labels alone that were enrolled under one of the capture's likely classes.
    """
    within = _within(known, questioned) if classified else None
    similarity = np.full(len(questioned), np.nan)
    label, turn = (np.full(len(questioned), -1, dtype=np.int64) for _ in range(2))
    enrolled = np.ascontiguousarray(known.vectors[:, 0])  # one vector a label, as it lay
    for start in range(0, len(questioned), SEARCHED):
        rows = start + np.flatnonzero(questioned.found[start : start + SEARCHED])
        if not len(rows):
            continue
        turns = questioned.vectors[rows]
        at_turns = (turns.reshape(-1, turns.shape[2]) @ enrolled.T).reshape(len(rows), turns.shape[1], -1)
        alike = at_turns.max(axis=1)
        alike[:, ~known.found] = -np.inf
        if within is not None:
            own, may_be = within
            alike[~may_be[rows][:, own]] = -np.inf
        first = alike.argmax(axis=1)
        values = alike[np.arange(len(rows)), first].astype(np.float64)
        there = np.isfinite(values)
        similarity[rows[there]], label[rows[there]] = values[there], first[there]
        turn[rows[there]] = at_turns[np.arange(len(rows)), :, first].argmax(axis=1)[there]
    return Best(similarity, label, turn)


def _within(known: Described, questioned: Described) -> tuple[Classes, NDArray[np.bool_]]:
    """Return the class each known label was enrolled under, (N,), and those each capture may be of, (Q, C)."""
    if known.classes is None or questioned.probabilities is None:
        raise InputError("Without a classifier there are no classes to search in", remedy="Search all labels.")
    return known.classes, likely(questioned.probabilities)


def tuned(genuine: Best, fakes: Best, *, compared_by: str, classified: bool) -> LabelThreshold:
    """Return the threshold that tuning labels and their fakes give.

    Captures whose own label does not come first are errors at any threshold and do not move it.

    Raises
    ------
    InputError
        No genuine capture or no fake found any label.
    """
    own = np.sort(genuine.similarity[genuine.right()])
    other = np.sort(fakes.similarity[np.isfinite(fakes.similarity)])
    if not (len(own) and len(other)):
        raise InputError("No threshold can be set: no tuning label was recognised", where=compared_by)
    values = np.unique(np.concatenate([own, other]))
    middles = np.concatenate([[values[0]], (values[1:] + values[:-1]) / 2, [values[-1] + 1e-6]])
    errors = np.searchsorted(own, middles, side="left") + len(other) - np.searchsorted(other, middles, side="left")
    gaps = np.concatenate([[0.0], np.diff(values), [0.0]])
    best = np.flatnonzero(errors == errors.min())
    return LabelThreshold(
        compared_by=compared_by,
        classified=classified,
        labels=len(genuine.label),
        rule=RULE,
        threshold=float(middles[best[gaps[best].argmax()]]),
        lowest_genuine=float(own[0]),
        highest_fake=float(other[-1]),
    )


def rates_row(
    genuine: Best, fakes: Best, limit: LabelThreshold, *, strength: str, library: int, questioned: Sequence[Described]
) -> LabelRatesRow:  # fmt: skip
    """Return the row of captures of labels 0, 1, 2 .. and of fakes; ``questioned`` is both as described."""
    right = genuine.right()
    own, other = questioned
    other_values = fakes.similarity[np.isfinite(fakes.similarity)]
    known_class = None if own.classes is None else rate(own.classes == own.glyphs)
    return LabelRatesRow(
        compared_by=limit.compared_by,
        strength=strength,
        classified=limit.classified,
        library=library,
        threshold=limit.threshold,
        real=rate(right & genuine.passing(limit.threshold)),
        fake=rate(~fakes.passing(limit.threshold)),
        first=rate(right),
        found=rate(own.found),
        fakes_found=rate(other.found),
        class_right=known_class,
        genuine=spread(genuine.similarity[right]) if right.any() else None,
        counterfeit=spread(other_values) if len(other_values) else None,
    )


def library_rows(
    known: Described, genuine: Described, fakes: Described, limit: LabelThreshold
) -> Iterator[LabelCurveRow]:  # fmt: skip
    """Yield the rates of genuine captures and of fakes in the first hundred labels, thousand, and so on.

    The threshold stays: the more labels are enrolled, the more alike is the one that comes first to a fake.
    """
    for size in LIBRARIES:
        if size < len(known):
            own, seen = known.first(size), genuine.first(size)
            library = int(own.found.sum())
            row = curve_row(
                best_matches(own, seen), seen.found, limit, parameter=LIBRARY, level=float(size), library=library
            )  # fmt: skip
            fake = rate(~best_matches(own, fakes).passing(limit.threshold))
            yield row.model_copy(update={"fake": fake})


def curve_row(
    genuine: Best, found: NDArray[np.bool_], limit: LabelThreshold, *, parameter: str, level: float, library: int
) -> LabelCurveRow:  # fmt: skip
    """Return the row of genuine captures at a level of what is varied."""
    right = genuine.right()
    return LabelCurveRow(
        compared_by=limit.compared_by,
        parameter=parameter,
        level=level,
        library=library,
        threshold=limit.threshold,
        real=rate(right & genuine.passing(limit.threshold)),
        first=rate(right),
        found=rate(found),
        genuine=spread(genuine.similarity[right]) if right.any() else None,
    )
