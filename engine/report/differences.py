"""Differences between what a report records and what is found when it is checked or run again."""

from collections.abc import Sequence
from itertools import zip_longest

import numpy as np

from engine.core.case import Text
from engine.core.finding import Finding, Overlay, Point, Score
from engine.core.pixels import Transform
from engine.core.records import Record, canonical_json
from engine.report.visible import number

# Largest distance, in known pixels, between where the recorded and the repeated transform take one point: far below
# what a scale uncertainty of 0.1 % makes over a field of 1,000 px.
TRANSFORM_TOLERANCE_PX = 0.05
# Largest distance, in pixels, between a recorded point or corner and the repeated one, for the same reason.
POINT_TOLERANCE_PX = 0.05
# Largest difference of a cell of an overlay, as a share of the overlay's value range.
RASTER_TOLERANCE = 1e-3
ABSENT = "absent"


class Difference(Record):
    """One thing that is not as recorded: where, what was recorded, what was found."""

    where: Text
    recorded: Text
    found: Text


def compare_findings(recorded: Finding, rerun: Finding) -> tuple[Difference, ...]:
    """Return where a repeated finding differs from the recorded one; empty where they agree.

    Scores agree within the tolerance they were recorded with, transforms within ``TRANSFORM_TOLERANCE_PX``, points and
    corners within ``POINT_TOLERANCE_PX``, overlays within ``RASTER_TOLERANCE`` of their range. Identifiers, versions
    and threads may differ.
    """
    found = [
        *_plain(recorded, rerun),
        *_classifications(recorded, rerun),
        *_scores("score", recorded.scores, rerun.scores),
        *_transforms(recorded, rerun),
        *_overlays(recorded, rerun),
    ]
    for rank, (before, after) in enumerate(zip_longest(recorded.matches, rerun.matches), start=1):
        if before is not None and after is not None and before.reference == after.reference:
            found += _scores(f"match {rank}, score", before.scores, after.scores)
        else:
            found += _unequal(f"match {rank}", *(match.reference if match else ABSENT for match in (before, after)))
    return (*found, *_regions(recorded, rerun), *_correspondences(recorded, rerun))


def _plain(recorded: Finding, rerun: Finding) -> list[Difference]:
    """Compare what must be equal to the letter."""
    found = []
    before, after = recorded.provenance, rerun.provenance
    pairs = {
        "method": (recorded.method, rerun.method),
        "method version": (before.method_version, after.method_version),
        "outcome": (recorded.outcome, rerun.outcome),
        "simulated": (str(recorded.simulated), str(rerun.simulated)),
        "settings": (_json(before.settings), _json(after.settings)),
        "inputs": (" ".join(before.input_sha256), " ".join(after.input_sha256)),
        "weights": (before.weights_sha256 or ABSENT, after.weights_sha256 or ABSENT),
        "precision": (before.precision, after.precision),
        "seed": (str(before.seed), str(after.seed)),
        "scales": tuple(_json([used.to_json()["scale"] for used in f.scales]) for f in (recorded, rerun)),
        "cautions": tuple(" ".join(sorted(c.key for c in f.cautions)) or ABSENT for f in (recorded, rerun)),
        "corresponding points": (str(len(recorded.correspondences)), str(len(rerun.correspondences))),
    }
    for where, (one, other) in pairs.items():
        found += _unequal(where, one, other)
    return found


def _classifications(recorded: Finding, rerun: Finding) -> list[Difference]:
    """Compare what an operating point says; its reason quotes scores, which may differ within their tolerance."""
    said = [
        ABSENT
        if f.classification is None
        else _json({key: value for key, value in f.classification.to_json().items() if key != "reason"})
        for f in (recorded, rerun)
    ]
    return _unequal("classification", *said)


def _json(value: object) -> str:
    return canonical_json(value).decode()


def _unequal(where: str, recorded: str, found: str) -> list[Difference]:
    return [] if recorded == found else [Difference(where=where, recorded=recorded, found=found)]


def _scores(what: str, recorded: tuple[Score, ...], rerun: tuple[Score, ...]) -> list[Difference]:
    after = {score.key: score for score in rerun}
    found = []
    for score in recorded:
        other = after.pop(score.key, None)
        where = f"{what} {score.key}"
        if other is None:
            found.append(Difference(where=where, recorded=number(score.value), found=ABSENT))
        elif (score.unit, score.direction) != (other.unit, other.direction):
            texts = (f"{s.unit or 'no unit'}, {s.direction.value}" for s in (score, other))
            found += _unequal(where, *texts)
        elif not _agree(score, other):
            found.append(Difference(where=where, recorded=_exact(score.value), found=_exact(other.value)))
    found += [Difference(where=f"{what} {key}", recorded=ABSENT, found=number(s.value)) for key, s in after.items()]
    return found


def _agree(recorded: Score, rerun: Score) -> bool:
    if recorded.value is None or rerun.value is None:
        return recorded.value is rerun.value
    return abs(recorded.value - rerun.value) <= recorded.tolerance


def _exact(value: float | None) -> str:
    return number(None) if value is None else repr(value)


def _regions(recorded: Finding, rerun: Finding) -> list[Difference]:
    after = {region.key: region for region in rerun.regions}
    found = []
    for region in recorded.regions:
        other = after.pop(region.key, None)
        where = f"region {region.key}"
        if other is None:
            found.append(Difference(where=where, recorded="present", found=ABSENT))
            continue
        found += _unequal(f"{where}, capture", region.capture_id, other.capture_id)
        found += _unequal(f"{where}, corners", str(len(region.polygon)), str(len(other.polygon)))
        found += _moved(where, region.polygon, other.polygon)
        found += _scores(f"{where}, score", region.scores, other.scores)
    return found + [Difference(where=f"region {key}", recorded=ABSENT, found="present") for key in after]


def _correspondences(recorded: Finding, rerun: Finding) -> list[Difference]:
    """Compare the corresponding points one by one; that their number differs is told elsewhere."""
    before, after = recorded.correspondences, rerun.correspondences
    where = "corresponding points"
    found = _moved(f"{where}, questioned", *([point.questioned for point in points] for points in (before, after)))
    found += _moved(f"{where}, known", *([point.known for point in points] for points in (before, after)))
    for what in ("held_out", "reference"):
        changed = sum(getattr(one, what) != getattr(other, what) for one, other in zip(before, after, strict=False))
        told = f"{changed} changed" if changed else "as recorded"
        found += _unequal(f"{where}, {what.replace('_', ' ')}", "as recorded", told)
    return found


def _moved(where: str, recorded: Sequence[Point], rerun: Sequence[Point]) -> list[Difference]:
    """Say how far points lie from where they were, where there are as many."""
    if len(recorded) != len(rerun) or not recorded:
        return []
    apart = float(np.linalg.norm(np.array(recorded) - np.array(rerun), axis=1).max())
    if apart <= POINT_TOLERANCE_PX:
        return []
    return [Difference(where=where, recorded=f"within {number(POINT_TOLERANCE_PX)} px", found=f"{number(apart)} px")]


def _transforms(recorded: Finding, rerun: Finding) -> list[Difference]:
    before, after = recorded.questioned_to_known, rerun.questioned_to_known
    where = "questioned to known"
    if before is None or after is None:
        return _unequal(where, before.kind.value if before else ABSENT, after.kind.value if after else ABSENT)
    if before.kind != after.kind:
        return _unequal(where, before.kind.value, after.kind.value)
    points = np.array([c.questioned for c in recorded.correspondences] or [(0, 0), (1000, 0), (0, 1000), (1000, 1000)])
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = float(np.linalg.norm(before.apply(points) - after.apply(points), axis=1).max())
    if apart <= TRANSFORM_TOLERANCE_PX:
        return []
    return [Difference(where=where, recorded=_rows(before), found=f"{_rows(after)}: {number(apart)} px apart")]


def _rows(transform: Transform) -> str:
    return "; ".join(" ".join(number(value) for value in row) for row in transform.matrix)


def _overlays(recorded: Finding, rerun: Finding) -> list[Difference]:
    after = {overlay.key: overlay for overlay in rerun.overlays}
    found = []
    for overlay in recorded.overlays:
        other = after.pop(overlay.key, None)
        where = f"overlay {overlay.key}"
        if other is None:
            found.append(Difference(where=where, recorded="present", found=ABSENT))
        else:
            found += _unequal(where, *(_reading(o) for o in (overlay, other))) or _values(where, overlay, other)
    return found + [Difference(where=f"overlay {key}", recorded=ABSENT, found="present") for key in after]


def _reading(overlay: Overlay) -> str:
    """Return how an overlay's colours and cells are to be read."""
    limits = f"{overlay.low:g} to {overlay.high:g} {overlay.unit}"
    return f"{limits}, {overlay.colour_map}, grid {_rows(overlay.grid_to_capture)}"


def _values(where: str, recorded: Overlay, rerun: Overlay) -> list[Difference]:
    if recorded.raster_sha256 == rerun.raster_sha256:
        return []
    if recorded.raster is None or rerun.raster is None:
        return _unequal(where, recorded.raster_sha256 or ABSENT, rerun.raster_sha256 or ABSENT)
    before, after = recorded.raster.values, rerun.raster.values
    if before.shape != after.shape:
        return _unequal(f"{where}, grid", str(before.shape), str(after.shape))
    measured = np.isfinite(before)
    changed = int((measured != np.isfinite(after)).sum())
    if changed:
        return [
            Difference(where=f"{where}, measured cells", recorded=str(int(measured.sum())), found=f"{changed} changed")
        ]
    worst = float(np.abs(before - after)[measured].max(initial=0.0))
    allowed = RASTER_TOLERANCE * (recorded.high - recorded.low)
    if worst <= allowed:
        return []
    return [Difference(where=where, recorded=f"within {number(allowed)}", found=f"{number(worst)} apart")]
