"""What an operating point says of an identified label: found, not found, inconclusive, or it does not hold.

He et al. 2024 call a label genuine where its distance to the best match passes a threshold. Here the second stage has
a say, too: where similarity and matched points disagree, nothing is concluded.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.core.case import Device
from engine.core.library import METHOD, SIMILARITY, label_name
from engine.core.operating import Classification, OperatingPoint

# Least share of patches of film that must be found again. No fake of the same glyph and strength came near it, and
# genuine labels fall below it only where little film is left: tests/benchmarks/bench_correspondence.py.
AGREES = 0.25
COARSE_PX = 160  # a label with shorter sides in its capture shows too little of its grains


@dataclass(frozen=True)
class Identified:
    """What an identification came to, as far as a classification rests on it.

    Parameters
    ----------
    number : int
        Of the label most like the questioned one.
    similarity : float
        Of their embeddings, -1..1.
    agreeing, tried : int
        Patches of film that the second stage found again, of those it looked for.
    agreement : float
        Its score, 0..1.
    searched : int
        Labels that were compared.
    classified : bool
        Whether only labels of its likely classes were.
    embedder_key : str
        Of the weights.
    simulated, library_simulated : bool
        Whether the capture is, and whether the library's labels are.
    device : Device
        That made the capture.
    side_px : float
        Of the label's frame in the capture.
    dpi : float or None
        Of the capture, where its scale is known better than by a tag of the file.
    """

    number: int
    similarity: float
    agreeing: int
    tried: int
    agreement: float
    searched: int
    classified: bool
    embedder_key: str
    simulated: bool
    library_simulated: bool
    device: Device
    side_px: float
    dpi: float | None


def decided(found: Identified, points: Sequence[OperatingPoint]) -> Classification | None:
    """Return what the last point that holds says; where none does, what the last one says; None without any."""
    said = [classify(found, point) for point in points]
    return next((each for each in reversed(said) if each.within_domain), said[-1] if said else None)


def classify(found: Identified, point: OperatingPoint) -> Classification:
    """Return what an operating point says of an identification."""
    outside = "; ".join(_outside(found, point))
    if outside:
        within, passes = False, None
        reason = f"Outside the domain of operating point {point.name}: {outside}."
    else:
        within = True
        passes, reason = answer(found, point.threshold, point.name)
    return Classification(
        operating_point_id=point.id,
        operating_point=point.name,
        score=point.score,
        threshold=point.threshold,
        within_domain=within,
        passes=passes,
        reason=reason,
    )


def answer(found: Identified, threshold: float, name: str) -> tuple[bool | None, str]:
    """Return whether the label was found, None where that is inconclusive, and the sentence that says so."""
    above, agrees = found.similarity >= threshold, found.agreement >= AGREES
    sign = ">=" if above else "<"
    similarity = f"similarity {found.similarity:.4f} {sign} threshold {threshold:.4f} of operating point {name}"
    points = f"{found.agreeing} of {found.tried} patches of film were found again"
    if above and agrees:
        return True, f"Found as {label_name(found.number)}: {similarity}, and {points}."
    if above or agrees:
        return None, f"Inconclusive: {similarity}, but {points}."
    if found.side_px < COARSE_PX:
        return None, f"Inconclusive: {similarity}, but the label is only {found.side_px:.0f} px wide in the capture."
    among = f"{found.searched} labels" + (" of its likely classes" if found.classified else "")
    return False, f"Not found among {among}: {similarity}; {points} in the best match."


def _outside(found: Identified, point: OperatingPoint) -> Iterator[str]:
    """Yield each respect in which an identification lies outside the domain of a point."""
    if (point.method, point.score) != (METHOD, SIMILARITY):
        yield f"it is a point of method {point.method} and score {point.score}"
    if point.settings.get("embedder_key") != found.embedder_key:
        yield "it holds for other weights"
    if bool(point.settings.get("classified", False)) != found.classified:
        yield "it holds for searches " + ("of all labels" if found.classified else "within its likely classes alone")
    if point.domain.simulated != found.simulated:
        kinds = {True: "simulated", False: "real"}
        yield f"it holds for {kinds[point.domain.simulated]} captures, and this one is {kinds[found.simulated]}"
    if found.library_simulated != found.simulated:
        yield "of capture and library one is simulated and the other is not"
    if point.domain.capture_device != found.device:
        yield f"it holds for captures by {point.domain.capture_device.value}, and this one is by {found.device.value}"
    if found.dpi is not None and not point.domain.dpi_low <= found.dpi <= point.domain.dpi_high:
        low, high = point.domain.dpi_low, point.domain.dpi_high
        yield f"it holds for {low:.0f} to {high:.0f} dpi, and this capture has {found.dpi:.0f} dpi"
