import numpy as np
import pytest

from engine.core.finding import Caution, Match, Raster, Region, Score
from engine.core.pixels import Transform, TransformKind
from engine.report.differences import RASTER_TOLERANCE, compare_findings


def changed(finding, **values):
    return finding.model_copy(update=values)


def scored(finding, key, **values):
    scores = tuple(s.model_copy(update=values) if s.key == key else s for s in finding.scores)
    return changed(finding, scores=scores)


def moved(transform, dx):
    matrix = transform.array()
    matrix[0, 2] += dx
    return Transform.from_array(transform.kind, matrix)


def overlaid(finding, values, **more):
    first, *rest = finding.overlays
    raster = Raster(values)
    return changed(
        finding, overlays=(first.model_copy(update={"raster": raster, "raster_sha256": raster.sha256} | more), *rest)
    )


def wheres(recorded, rerun):
    return [difference.where for difference in compare_findings(recorded, rerun)]


def test_a_finding_agrees_with_itself_under_another_identifier_and_version(made):
    versions = made.finding.provenance.model_copy(update={"versions": {"numpy": "9"}, "threads": 8})
    assert (
        compare_findings(made.finding, changed(made.finding, id="finding-ffffffffffffffff", provenance=versions)) == ()
    )


def test_scores_agree_within_their_tolerance_only(made):
    assert wheres(made.finding, scored(made.finding, "mean_correlation", value=0.9134 + 0.0009)) == []
    (difference,) = compare_findings(made.finding, scored(made.finding, "mean_correlation", value=0.9134 + 0.0011))
    assert difference.where == "score mean_correlation"
    assert (difference.recorded, difference.found) == ("0.9134", "0.9145")


@pytest.mark.parametrize(
    ("values", "found"), [({"value": None}, "not measured"), ({"unit": "m"}, "m, lower = more alike")]
)
def test_a_score_that_is_missing_or_of_another_unit_differs(made, values, found):
    (difference,) = compare_findings(made.finding, scored(made.finding, "residual_px", **values))
    assert difference.found == found


def test_scores_that_come_or_go_differ(made):
    fewer = changed(made.finding, scores=made.finding.scores[1:])
    assert wheres(made.finding, fewer) == ["score residual_px"]
    assert wheres(fewer, made.finding) == ["score residual_px"]


@pytest.mark.parametrize(
    ("where", "values"),
    [
        ("outcome", {"outcome": "not registrable"}),
        ("simulated", {"simulated": False}),
        ("cautions", {"cautions": (Caution(key="other", text="x"),)}),
        ("corresponding points", {"correspondences": ()}),
        ("scales", {"scales": ()}),
    ],
)
def test_what_must_be_equal_to_the_letter_differs(made, where, values):
    assert wheres(made.finding, changed(made.finding, **values)) == [where]


@pytest.mark.parametrize(
    ("where", "values"),
    [
        ("method version", {"method_version": "2"}),
        ("settings", {"settings": {"window_px": 32}}),
        ("inputs", {"input_sha256": ()}),
        ("weights", {"weights_sha256": "0" * 64}),
        ("seed", {"seed": 1}),
    ],
)
def test_other_conditions_differ(made, where, values):
    provenance = made.finding.provenance.model_copy(update=values)
    assert wheres(made.finding, changed(made.finding, provenance=provenance)) == [where]


def test_transforms_agree_within_a_twentieth_of_a_pixel(made):
    transform = made.finding.questioned_to_known
    assert wheres(made.finding, changed(made.finding, questioned_to_known=moved(transform, 0.04))) == []
    assert wheres(made.finding, changed(made.finding, questioned_to_known=moved(transform, 0.06))) == [
        "questioned to known"
    ]
    affine = Transform(kind=TransformKind.AFFINE, matrix=transform.matrix)
    for other in (None, affine):
        assert wheres(made.finding, changed(made.finding, questioned_to_known=other)) == ["questioned to known"]


def test_overlays_agree_in_shape_and_within_their_tolerance(made):
    values = made.finding.overlays[0].raster.values
    assert wheres(made.finding, overlaid(made.finding, values + 0.5 * RASTER_TOLERANCE)) == []
    assert wheres(made.finding, overlaid(made.finding, values + 2 * RASTER_TOLERANCE)) == ["overlay correlation"]
    assert wheres(made.finding, overlaid(made.finding, values[1:])) == ["overlay correlation, grid"]
    assert wheres(made.finding, overlaid(made.finding, np.nan_to_num(values))) == [
        "overlay correlation, measured cells"
    ]
    assert wheres(made.finding, overlaid(made.finding, values, high=2.0)) == ["overlay correlation"]


def test_overlays_without_arrays_are_compared_by_their_hashes(made):
    def bare(finding):
        return changed(finding, overlays=tuple(o.model_copy(update={"raster": None}) for o in finding.overlays))

    other = overlaid(made.finding, made.finding.overlays[0].raster.values + 1e-5)
    assert wheres(bare(made.finding), bare(made.finding)) == []
    assert wheres(bare(made.finding), bare(other)) == ["overlay correlation"]
    assert wheres(made.finding, changed(made.finding, overlays=made.finding.overlays[1:])) == ["overlay correlation"]


def test_matches_and_regions_are_compared(made):
    score = Score(key="s", title="S", value=0.5, tolerance=0.01)
    far = score.model_copy(update={"value": 0.6})
    capture = made.finding.capture_ids[0]
    with_both = changed(
        made.finding,
        matches=(Match(rank=1, reference="a", scores=(score,)),),
        regions=(Region(key="r", capture_id=capture, polygon=(), scores=(score,)),),
    )
    other = changed(
        made.finding,
        matches=(Match(rank=1, reference="b", scores=(score,)),),
        regions=(Region(key="r", capture_id=capture, polygon=(), scores=(far,)),),
    )
    assert wheres(with_both, with_both) == []
    assert wheres(with_both, other) == ["match 1", "region r, score s"]
    assert wheres(with_both, made.finding) == ["match 1", "region r"]
    assert wheres(made.finding, with_both) == ["match 1", "region r"]


def test_a_region_that_is_lost_moved_or_on_another_capture_differs_even_without_scores(made):
    first, second = made.finding.capture_ids
    region = Region(key="r", capture_id=first, polygon=((0.0, 0.0), (9.0, 0.0), (0.0, 9.0)))
    with_region = changed(made.finding, regions=(region,))
    assert wheres(with_region, with_region) == []
    assert wheres(with_region, made.finding) == ["region r"]
    for values, where in (
        ({"polygon": ((0.0, 0.04), (9.0, 0.0), (0.0, 9.0))}, []),
        ({"polygon": ((0.0, 0.06), (9.0, 0.0), (0.0, 9.0))}, ["region r"]),
        ({"polygon": ((0.0, 0.0), (9.0, 0.0))}, ["region r, corners"]),
        ({"capture_id": second}, ["region r, capture"]),
    ):
        assert wheres(with_region, changed(made.finding, regions=(region.model_copy(update=values),))) == where


@pytest.mark.parametrize("side", ["questioned", "known"])
def test_corresponding_points_that_moved_differ(made, side):
    def with_last_moved(dx, **values):
        *others, last = made.finding.correspondences
        x, y = getattr(last, side)
        values[side] = (x + dx, y)
        return changed(made.finding, correspondences=(*others, last.model_copy(update=values)))

    assert wheres(made.finding, with_last_moved(0.04)) == []
    (difference,) = compare_findings(made.finding, with_last_moved(0.25))
    assert difference.where == f"corresponding points, {side}"
    assert (difference.recorded, difference.found) == ("within 0.05000 px", "0.2500 px")
    held_out = not made.finding.correspondences[-1].held_out
    assert wheres(made.finding, with_last_moved(0, held_out=held_out)) == ["corresponding points, held out"]
