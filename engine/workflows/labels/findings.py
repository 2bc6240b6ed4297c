"""Identifications as recorded findings of a case: made, and made again from what the finding says of itself."""

from collections.abc import Iterator
from dataclasses import replace

from engine.core.case import Actor
from engine.core.errors import InputError
from engine.core.finding import (
    Correspondence,
    Direction,
    Finding,
    Match,
    Provenance,
    Region,
    ScaleUsed,
    Score,
)
from engine.core.library import LABEL_PX, METHOD, SIMILARITY, label_name
from engine.core.records import new_id
from engine.core.versions import versions
from engine.jobs import JobContext
from engine.methods.micro_pattern import TITLE, VERSION
from engine.store import Store
from engine.workflows.cases import EXAMINING, require_role
from engine.workflows.findings import stored_file
from engine.workflows.labels.identification import HITS, Wanted, cut_capture, identified
from engine.workflows.labels.identified import Identification, LabelHit, cautions_of, facts_of
from engine.workflows.labels.library_state import library_state
from engine.workflows.labels.recogniser import Recogniser, opened

FOUND, NOT_FOUND, INCONCLUSIVE, RANKED = "found", "not found", "inconclusive", "ranked"
NO_LABEL = "no label of its class"
PROBABILITY_TOLERANCE = 0.02
POINTS_TOLERANCE = 2  # patches whose correlation lies at the limit may be found or not on another machine


def identify_capture(
    store: Store,
    actor: Actor,
    case_id: str,
    capture_id: str,
    library_id: str,
    *,
    place: tuple[int, int] | None = None,
    k: int = HITS,
    classified: bool = False,
    recogniser: Recogniser | None = None,
    context: JobContext,
) -> Finding:
    """Identify the label that a capture of a case shows, comparing every label of a library, and record the finding.

    Parameters
    ----------
    place : tuple[int, int], optional
        Row and column, from 0, of the label in a field; without it the capture must show one label.

    Raises
    ------
    InputError
        The capture shows no label, or several and no place was named; or the library cannot be searched.
    """
    require_role(actor, EXAMINING, "identify labels")
    store.refresh()
    wanted = Wanted(library_id=library_id, place=place, k=k, classified=classified, sequence=store.head.sequence)
    if store.item(store.capture(capture_id).item_id).case_id != case_id:
        raise InputError("The capture belongs to another case", where=store.capture(capture_id).file_name)
    with opened(recogniser) as own:
        found = _one(store, capture_id, wanted, own, context)
    return record_identification(store, actor, case_id, found)


def record_identification(store: Store, actor: Actor, case_id: str, found: Identification) -> Finding:
    """Record an identification of a capture of the case as a finding."""
    _keep_point(store, actor, found)
    finding = finding_of(found).model_copy(update={"case_id": case_id})
    store.commit(actor.id, "finding made", finding, case_id=case_id)
    return finding


def repeat_identification(
    store: Store, finding: Finding, context: JobContext, recogniser: Recogniser | None = None
) -> Finding:
    """Identify again as a finding says, among the labels that counted then; nothing is recorded."""
    from engine.methods.micro_pattern.decision import classify

    wanted = Wanted.from_json(finding.provenance.settings)
    with opened(recogniser) as own:
        found = _one(store, finding.capture_ids[0], wanted, own, context, finding.scales)
    said, facts = finding.classification, facts_of(found)
    again = None if said is None or facts is None else classify(facts, store.operating_point(said.operating_point_id))
    found = replace(found, classification=again)
    return finding_of(replace(found, cautions=tuple(cautions_of(found))))


def finding_of(found: Identification) -> Finding:
    """Return an identification as a finding that belongs to no case yet."""
    model, capture = found.model, found.capture
    place = None if found.row is None or found.column is None else (found.row, found.column)
    wanted = Wanted(
        library_id=found.library.id,
        place=place,
        k=found.k,
        classified=found.classified,
        sequence=found.sequence,
    )
    return Finding(
        id=new_id("finding"),
        method=METHOD,
        title=TITLE,
        capture_ids=(capture.id,),
        scales=(ScaleUsed(capture_id=capture.id, scale=capture.scale),),
        outcome=_outcome(found),
        classification=found.classification,
        scores=_scores(found),
        regions=(_region(found),),
        matches=tuple(_match(rank, hit, model.tolerance) for rank, hit in enumerate(found.hits, start=1)),
        correspondences=tuple(point for hit in found.hits for point in _points(found, hit)),
        cautions=found.cautions,
        simulated=found.simulated,
        provenance=Provenance(
            method=METHOD,
            method_version=VERSION,
            settings=wanted.to_json(),
            input_sha256=(capture.sha256,),
            weights_sha256=model.weights_sha256,
            precision=model.precision,
            seed=wanted.seed,
            versions=versions("openvino"),
            threads=model.threads,
        ),
    )


def _one(
    store: Store,
    capture_id: str,
    wanted: Wanted,
    recogniser: Recogniser,
    context: JobContext,
    scales: tuple[ScaleUsed, ...] = (),
) -> Identification:
    """Return the one label that is wanted of a capture, searched exactly; ``scales`` as an earlier finding has them."""
    file = stored_file(store, capture_id, context)
    used = {entry.capture_id: entry.scale for entry in scales}
    capture = file.capture.model_copy(update={"scale": used.get(capture_id, file.capture.scale)})
    library = library_state(store, wanted.library_id).library
    cut = cut_capture(recogniser, file, library, context.part(0, 2))
    first, *others = identified(store, cut, capture, wanted, recogniser, context.part(1, 2))
    if others:
        what = f"The capture shows {1 + len(others)} labels"
        raise InputError(what, where=file.capture.file_name, remedy="Name the row and the column of one.")
    return first


def _keep_point(store: Store, actor: Actor, found: Identification) -> None:
    """Record the point that classified, where it came with the program: reports and re-runs find it in the store."""
    point = found.point
    if point is not None and all(other.id != point.id for other in store.operating_points()):
        store.commit(actor.id, "operating point set", point)


def _outcome(found: Identification) -> str:
    said = found.classification
    if not found.hits:
        return NO_LABEL
    if said is None or not said.within_domain:
        return RANKED
    return {True: FOUND, False: NOT_FOUND, None: INCONCLUSIVE}[said.passes]


def _scores(found: Identification) -> tuple[Score, ...]:
    best = found.hits[0] if found.hits else None
    tolerance = found.model.tolerance
    alike = [] if best is None else [_similarity(best, tolerance), *_second_stage(best)]
    return (
        *alike,
        Score(
            key="margin",
            title="Margin to the second label",
            value=found.margin,
            direction=Direction.DESCRIPTIVE,
            tolerance=2 * tolerance,
        ),
        Score(
            key="class_probability",
            title=f"Softmax of the class {found.class_name}",
            value=found.probability,
            tolerance=PROBABILITY_TOLERANCE,
        ),
        Score(key="searched", title="Labels searched", value=found.searched, tolerance=0),
    )


def _similarity(hit: LabelHit, tolerance: float) -> Score:
    return Score(
        key=SIMILARITY,
        title="Similarity of embeddings",
        value=hit.similarity,
        unit="cosine",
        direction=Direction.HIGHER_SAME,
        tolerance=tolerance,
    )


def _second_stage(hit: LabelHit) -> tuple[Score, Score]:
    matched = hit.matched
    return (
        Score(
            key="matched_points",
            title="Patches of film found again",
            value=matched.agreeing,
            unit="patches",
            direction=Direction.HIGHER_SAME,
            tolerance=POINTS_TOLERANCE,
        ),
        Score(
            key="agreement",
            title="Share of the film's patches found again",
            value=matched.score,
            direction=Direction.HIGHER_SAME,
            tolerance=POINTS_TOLERANCE / max(matched.tried, 1),
        ),
    )


def _match(rank: int, hit: LabelHit, tolerance: float) -> Match:
    scores = (_similarity(hit, tolerance), *_second_stage(hit))
    return Match(rank=rank, reference=label_name(hit.number), scores=scores)


def _region(found: Identification) -> Region:
    polygon = tuple((float(x), float(y)) for x, y in found.corners)
    return Region(key="label", capture_id=found.capture.id, polygon=polygon)


def _points(found: Identification, hit: LabelHit) -> Iterator[Correspondence]:
    """Yield the matched points of a hit: in the capture, and in the known label's image as it was enrolled."""
    from engine.methods.micro_pattern.correspondence import in_capture

    matched = hit.matched
    if not matched.agreeing:
        return
    questioned = in_capture(matched.questioned, found.corners, LABEL_PX)
    for own, known, residual in zip(questioned.tolist(), matched.known.tolist(), matched.residual, strict=True):
        yield Correspondence(
            questioned=(round(own[0], 3), round(own[1], 3)),
            known=(round(known[0], 3), round(known[1], 3)),
            residual_px=round(float(residual), 4),
            reference=label_name(hit.number),
        )
