"""The label that a capture shows is found again whatever way it lies, told with its doubts, and found again later."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from engine.core.case import Device, Standing
from engine.core.errors import ImagingError, InputError, StoreError
from engine.core.library import label_name
from engine.jobs import JobContext
from engine.methods.micro_pattern.correspondence import in_capture
from engine.report.differences import compare_findings
from engine.store import Store, verify
from engine.workflows.captures import intake
from engine.workflows.cases import add_item, open_case
from engine.workflows.labels import library
from engine.workflows.labels.enrolment import enrol_fields, reembed
from engine.workflows.labels.findings import finding_of, identify_capture, repeat_identification
from engine.workflows.labels.identification import Identification, identify, identify_field
from engine.workflows.labels.library_index import searched_library
from engine.workflows.labels.points import threshold_of
from engine.workflows.labels.recogniser import Recogniser
from tests.engine.store.samples import make_labels
from tests.engine.workflows.labels.label_samples import (
    FakeEmbedder,
    InThisProcess,
    field_of,
    make_point,
    recogniser,
    save,
    single,
)

LABEL = 5  # the sixth label of the first field


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("images")
    piece, other = field_of(1), field_of(2)
    stranger = single(field_of(9), LABEL, rotation_deg=7.0, seed=5)
    return {
        "field": save(piece.pixels, folder / "field.png"),
        "more": save(other.pixels, folder / "more.png"),
        "again": save(field_of(1, capture_seed=50).pixels, folder / "again.png"),
        "label": save(single(piece, LABEL, rotation_deg=100.0, seed=5), folder / "label.png"),
        "straight": save(single(piece, LABEL, rotation_deg=-3.0, seed=6), folder / "straight.png"),
        "stranger": save(stranger, folder / "stranger.png"),
    }


@pytest.fixture
def store(tmp_path: Path, images: dict[str, Path]) -> Store:
    store = Store.create(tmp_path / "lab.touchstone", laboratory="Lab", location="Town", administrator="Keeper")
    made = library.make_library(store, store.actors()[0], "Film 7", simulated=True)
    enrol(store, images["field"])
    assert store.libraries() == (made,)
    return store


def enrol(store: Store, path: Path) -> None:
    enrol_fields(
        store, store.actors()[0], store.libraries()[0].id, [path], recogniser=recogniser(), context=JobContext()
    )


def look(store: Store, path: Path, **more: object) -> Identification:
    given = {"simulated": True, "recogniser": recogniser(), "context": JobContext(), **more}
    return identify(store, store.libraries()[0].id, path, **given)


def set_point(store: Store, threshold: float, **more: bool) -> None:
    store.commit(store.actors()[0].id, "operating point set", make_point(FakeEmbedder(), threshold, **more))


def test_a_label_is_found_whatever_way_it_lies(store: Store, images: dict[str, Path]) -> None:
    for name, turn in (("straight", 0), ("label", 3)):
        found = look(store, images[name])
        assert found.hits[0].number == LABEL + 1
        assert found.hits[0].similarity > 0.9 > found.hits[1].similarity
        assert found.hits[0].turn == turn
        assert (found.row, found.column) == (None, None)
        assert found.hits[0].matched.score > 0.8
        assert max(hit.matched.score for hit in found.hits[1:]) < 0.25
        assert [hit.similarity for hit in found.hits] == sorted((hit.similarity for hit in found.hits), reverse=True)
        assert len({hit.number for hit in found.hits}) == len(found.hits) == 10
        assert set(found.milliseconds) == {"decode", "find", "embed", "search", "match"}
    known = library.label_images(store, store.libraries()[0].id, [LABEL + 1])[0]
    turned = np.rot90(found.label, found.hits[0].turn)
    assert np.corrcoef(turned.ravel(), known.ravel())[0, 1] > 0.9


def test_matched_points_are_the_same_grains_in_capture_and_label(store: Store, images: dict[str, Path]) -> None:
    """The patches around a point of the capture and around its counterpart show the same film."""
    found = look(store, images["straight"])
    matched = found.hits[0].matched
    grey = cv2.imread(str(images["straight"]), cv2.IMREAD_GRAYSCALE).astype(np.float32)
    known = library.label_images(store, store.libraries()[0].id, [LABEL + 1])[0].astype(np.float32)
    scale = np.linalg.norm(found.corners[1] - found.corners[0]) / 256
    alike = []
    points = in_capture(matched.questioned, found.corners, 256)
    for (x, y), (u, v) in zip(points[:20], matched.known[:20], strict=True):
        grid = np.arange(-8, 9)
        one, other = _around(grey, x + scale * grid, y + scale * grid), _around(known, u + grid, v + grid)
        alike.append(np.corrcoef(one.ravel(), other.ravel())[0, 1])
    assert np.median(alike) > 0.8


def _around(image: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return cv2.remap(image, *(axis.astype(np.float32) for axis in np.meshgrid(x, y)), cv2.INTER_LINEAR)


def test_a_field_is_identified_label_by_label_or_at_one_place(store: Store, images: dict[str, Path]) -> None:
    given = {"simulated": True, "recogniser": recogniser(), "context": JobContext(), "k": 3}
    every = identify_field(store, store.libraries()[0].id, images["again"], **given)
    assert [found.hits[0].number for found in every] == list(range(1, 13))
    assert (every[LABEL].row, every[LABEL].column) == (1, 1)
    assert look(store, images["again"], place=(1, 1)).hits[0].number == LABEL + 1
    with pytest.raises(InputError, match="shows 12 labels") as caught:
        look(store, images["again"])
    assert "row and the column" in caught.value.remedy
    with pytest.raises(InputError, match=r"row 4, column 1: .* no such place"):
        look(store, images["again"], place=(3, 0))


def test_captures_without_a_label_are_named(store: Store, images: dict[str, Path], tmp_path: Path) -> None:
    empty = save(np.full((500, 500, 3), 80, dtype=np.uint8), tmp_path / "empty.png")
    with pytest.raises(InputError, match=r"empty\.png: No etched frame"):
        look(store, empty)
    with pytest.raises(ImagingError, match="no such file"):
        look(store, tmp_path / "gone.png")
    for k in (0, 101):
        with pytest.raises(ValueError, match="k"):
            look(store, images["label"], k=k)


def test_an_operating_point_answers_within_its_domain_alone(store: Store, images: dict[str, Path]) -> None:
    assert look(store, images["label"]).classification is None
    set_point(store, 0.8)
    found, strange = look(store, images["label"]), look(store, images["stranger"])
    assert found.classification is not None and strange.classification is not None
    assert found.classification.passes is True
    assert found.classification.reason.startswith("Found as No. 000006: similarity ")
    assert strange.classification.passes is False
    assert "Not found among 12 labels" in strange.classification.reason
    assert found.cautions == ()
    for given, why in (
        ({"simulated": False}, "this one is real"),
        ({"device": Device.PHONE}, "this one is by phone"),
        ({"classified": True}, "holds for searches of all labels"),
        ({"recogniser": recogniser(FakeEmbedder(seed=3))}, ""),
    ):
        if not why:
            reembed(
                store, store.actors()[0], store.libraries()[0].id, recogniser=given["recogniser"], context=JobContext()
            )
        other = look(store, images["label"], **given)
        assert "investigative only" in {caution.key for caution in other.cautions}
        if why:
            assert other.classification is not None
            assert (other.classification.passes, other.classification.within_domain) == (None, False)
            assert why in other.classification.reason


def test_similarity_without_film_and_film_without_similarity_are_inconclusive(
    store: Store, images: dict[str, Path]
) -> None:
    set_point(store, 0.99999)
    below = look(store, images["label"]).classification
    assert below is not None
    assert below.passes is None
    assert "Inconclusive: similarity 0.9" in below.reason and "< threshold 1.0000" in below.reason
    set_point(store, 0.05)
    above = look(store, images["stranger"]).classification
    assert above is not None
    assert (above.passes, above.within_domain) == (None, True)


def test_real_captures_beside_simulated_labels_are_told(store: Store, images: dict[str, Path]) -> None:
    set_point(store, 0.8)
    found = look(store, images["label"], simulated=False)
    keys = {caution.key for caution in found.cautions}
    assert {"investigative only", "simulated beside real", "trained on simulation"} <= keys
    assert found.simulated


def test_within_likely_classes_only_their_labels_are_searched(store: Store, images: dict[str, Path]) -> None:
    embedder = FakeEmbedder(classes=[7])
    found = look(store, images["label"], classified=True, recogniser=recogniser(embedder))
    assert found.hits == () and found.class_name == "house"
    assert "empty class" in {caution.key for caution in found.cautions}
    assert found.classification is None
    assert look(store, images["label"], classified=True).hits[0].number == LABEL + 1


def test_withdrawn_labels_are_left_out(store: Store, images: dict[str, Path]) -> None:
    own = recogniser()
    assert look(store, images["label"], recogniser=own).searched == 12
    library.withdraw(store, store.actors()[0], store.libraries()[0].id, [LABEL + 1, 2], "scratched")
    found = look(store, images["label"], recogniser=own, k=100)
    assert found.searched == 10 == len(found.hits)
    assert not {LABEL + 1, 2} & {hit.number for hit in found.hits}


def test_a_library_under_other_weights_or_without_labels_is_not_searched(store: Store, images: dict[str, Path]) -> None:
    other = recogniser(FakeEmbedder(seed=1))
    with pytest.raises(InputError, match="other weights") as caught:
        look(store, images["label"], recogniser=other)
    assert "Embed the library again" in caught.value.remedy
    empty = library.make_library(store, store.actors()[0], "Film 8")
    with pytest.raises(InputError, match="no labels to search"):
        identify(store, empty.id, images["label"], recogniser=recogniser(), context=JobContext())


def test_embeddings_that_are_not_of_unit_length_are_refused(store: Store, images: dict[str, Path]) -> None:
    library_id = store.libraries()[0].id
    batch, tables = make_labels(store, store.libraries()[0], 13)
    tables["vectors"][1] *= 1.1
    own = batch.model_copy(update={"embedder_key": FakeEmbedder().key})
    store.commit(store.actors()[0].id, "labels enrolled", own, tables=tables)
    with pytest.raises(StoreError, match="not of unit length"):
        searched_library(store, library_id, FakeEmbedder().key, context=JobContext())


def test_spoilt_vectors_of_the_cache_are_made_again(store: Store, images: dict[str, Path]) -> None:
    expected = [hit.number for hit in look(store, images["label"]).hits]
    folder = store.path / "cache" / "libraries" / store.libraries()[0].id
    (path,) = folder.glob("vectors-*")
    whole = path.read_bytes()
    for spoilt in (b"", whole[:-1], whole[:5000] + b"\1" + whole[5001:], whole.replace(b'"count":12', b'"count":11')):
        path.write_bytes(spoilt)
        assert [hit.number for hit in look(store, images["label"]).hits] == expected
        assert path.read_bytes() == whole


@pytest.fixture
def capture_id(store: Store, images: dict[str, Path]) -> str:
    actor = store.actors()[0]
    case = open_case(store, actor, "Label dispute")
    item = add_item(store, actor, case.id, "Q1", Standing.QUESTIONED, simulated=True)
    report = intake(
        store, actor, case.id, item.id, [images["label"], images["again"]], device=Device.MICROSCOPE,
        context=JobContext(),
    )  # fmt: skip
    assert len(report.captures) == 2
    return report.captures[0].id


def test_a_finding_is_recorded_and_made_again_among_the_labels_that_counted_then(
    store: Store, images: dict[str, Path], capture_id: str
) -> None:
    set_point(store, 0.8)
    actor, own, library_id = store.actors()[0], recogniser(), store.libraries()[0].id
    case = store.cases()[0]
    finding = identify_capture(store, actor, case.id, capture_id, library_id, recogniser=own, context=JobContext())
    assert store.findings(case.id) == (finding,)
    assert (finding.method, finding.outcome) == ("micro-pattern", "found")
    assert finding.classification is not None and finding.classification.passes is True
    assert finding.matches[0].reference == label_name(LABEL + 1) == "No. 000006"
    best = finding.score("similarity").value
    assert best is not None and best > 0.9
    assert finding.score("matched_points").value == sum(
        point.reference == "No. 000006" for point in finding.correspondences
    )
    assert finding.provenance.settings["library_id"] == library_id
    assert finding.simulated
    assert verify(store.path, JobContext()).ok
    enrol(store, images["more"])
    library.withdraw(store, actor, library_id, [1, LABEL + 1], "scratched")
    again = repeat_identification(store, store.finding(finding.id), JobContext(), own)
    assert compare_findings(finding, again.model_copy(update={"case_id": case.id})) == ()
    later = identify_capture(store, actor, case.id, capture_id, library_id, recogniser=own, context=JobContext())
    assert later.matches[0].reference != "No. 000006"
    assert later.outcome == "not found"


def test_matched_points_of_a_finding_lie_in_the_capture(store: Store, capture_id: str) -> None:
    finding = identify_capture(
        store, store.actors()[0], store.cases()[0].id, capture_id, store.libraries()[0].id, recogniser=recogniser(),
        context=JobContext(),
    )  # fmt: skip
    corners = np.array(finding.regions[0].polygon)
    own = np.array([point.questioned for point in finding.correspondences if point.reference == "No. 000006"])
    assert (own.min(axis=0) > corners.min(axis=0)).all() and (own.max(axis=0) < corners.max(axis=0)).all()
    assert (np.ptp(own, axis=0) > 0.6 * np.ptp(corners, axis=0)).all()


def test_a_label_that_was_changed_afterwards_would_be_noticed(store: Store, capture_id: str) -> None:
    own, case = recogniser(), store.cases()[0]
    finding = identify_capture(
        store, store.actors()[0], case.id, capture_id, store.libraries()[0].id, recogniser=own, context=JobContext()
    )
    worse = finding.model_copy(update={"matches": tuple(reversed(finding.matches))})
    again = repeat_identification(store, worse, JobContext(), own)
    assert any("match 1" in difference.where for difference in compare_findings(worse, again))


def test_a_field_of_a_case_needs_a_place(store: Store, capture_id: str) -> None:
    case = store.cases()[0]
    (item,) = store.items(case.id)
    field = store.captures(item.id)[1]
    own, library_id = recogniser(), store.libraries()[0].id
    with pytest.raises(InputError, match="shows 12 labels"):
        identify_capture(store, store.actors()[0], case.id, field.id, library_id, recogniser=own, context=JobContext())
    finding = identify_capture(
        store, store.actors()[0], case.id, field.id, library_id, place=(2, 3), k=2, recogniser=own, context=JobContext()
    )
    assert [match.rank for match in finding.matches] == [1, 2]
    assert finding.matches[0].reference == "No. 000012"
    assert finding.outcome == "ranked"
    corners = np.array(finding.regions[0].polygon)
    assert (corners.mean(axis=0) > (1300, 900)).all()
    assert finding == Store.open(store.path).finding(finding.id)
    again = repeat_identification(store, finding, JobContext(), own)
    assert compare_findings(finding, again) == ()


def test_the_point_that_came_with_the_program_is_recorded_with_its_first_finding(
    store: Store, capture_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = make_point(FakeEmbedder(), 0.8)
    monkeypatch.setattr("engine.workflows.labels.points._shipped", lambda: [shipped])
    own, case, library_id = recogniser(), store.cases()[0], store.libraries()[0].id
    for _ in range(2):
        finding = identify_capture(
            store, store.actors()[0], case.id, capture_id, library_id, recogniser=own, context=JobContext()
        )
    assert store.operating_points() == (shipped,)
    assert finding.classification is not None
    monkeypatch.setattr("engine.workflows.labels.points._shipped", list)
    again = repeat_identification(store, finding, JobContext(), own)
    assert again.classification == finding.classification


@pytest.mark.parametrize("classified", [False, True])
def test_the_point_for_what_is_searched_answers(
    store: Store, images: dict[str, Path], monkeypatch: pytest.MonkeyPatch, *, classified: bool
) -> None:
    points = [make_point(FakeEmbedder(), 0.8 + each / 100, classified=each) for each in (True, False)]
    for order in (points, points[::-1]):
        monkeypatch.setattr("engine.workflows.labels.points._shipped", order.copy)
        said = look(store, images["label"], classified=classified).classification
        assert said is not None and said.within_domain
        assert said.threshold == 0.8 + classified / 100
        assert threshold_of(store, FakeEmbedder().key) == 0.8


def test_captures_of_other_cases_are_refused(store: Store, capture_id: str) -> None:
    other = open_case(store, store.actors()[0], "Another")
    with pytest.raises(InputError, match="belongs to another case"):
        identify_capture(
            store, store.actors()[0], other.id, capture_id, store.libraries()[0].id, recogniser=recogniser(),
            context=JobContext(),
        )  # fmt: skip


def test_the_last_image_and_library_stay_open(store: Store, images: dict[str, Path]) -> None:
    child = InThisProcess(FakeEmbedder())
    own = Recogniser(child=child)
    first, second = (look(store, images["label"], recogniser=own) for _ in range(2))
    assert first.milliseconds["decode"] > 0 == second.milliseconds["decode"]
    assert finding_of(first).matches == finding_of(second).matches
