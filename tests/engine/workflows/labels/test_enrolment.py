"""Labels are cut from fields and enrolled as they are; what cannot be enrolled is named, and nothing is invented."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from engine.core.errors import Cancelled, InputError
from engine.jobs import JobContext
from engine.methods.micro_pattern.segmentation import crop
from engine.simulation.glyphs import GLYPHS
from engine.store import Store, verify
from engine.workflows.labels import enrolment, library
from engine.workflows.labels.enrolment import EnrolReport, enrol_fields, enrol_labels, reembed
from engine.workflows.labels.library_index import searched_library
from tests.engine.workflows.labels.label_samples import (
    FakeEmbedder,
    InThisProcess,
    field_of,
    make_point,
    recogniser,
    save,
    single,
)


@pytest.fixture(scope="module")
def fields(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("fields")
    return [save(field_of(seed).pixels, folder / f"field {seed}.png") for seed in (1, 2)]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.create(tmp_path / "lab.touchstone", laboratory="Lab", location="Town", administrator="Keeper")


def made(store: Store) -> str:
    return library.make_library(store, store.actors()[0], "Film 7", simulated=True).id


def enrol(store: Store, library_id: str, paths: list[Path], **more: object) -> EnrolReport:
    return enrol_fields(
        store, store.actors()[0], library_id, paths, **{"recogniser": recogniser(), "context": JobContext(), **more}
    )


def test_every_label_of_a_field_is_enrolled_with_its_image_place_and_embedding(
    store: Store, fields: list[Path]
) -> None:
    library_id = made(store)
    report = enrol(store, library_id, fields)
    assert [(field.found, field.reason, field.first_number) for field in report.fields] == [(12, "", 1), (12, "", 13)]
    (batch,) = report.batches
    assert (batch.count, report.labels, batch.simulated) == (24, 24, True)
    assert batch.classes == GLYPHS
    assert [used.file_name for used in batch.fields] == ["field 1.png", "field 2.png"]
    assert store.evidence(batch.fields[1].sha256).read_bytes() == fields[1].read_bytes()
    table = library.label_table(store, library_id)
    assert table.field.tolist() == [0] * 12 + [1] * 12
    assert [(row, column) for row, column in zip(table.row, table.column, strict=True)][:5] == [
        (0, 0), (0, 1), (0, 2), (0, 3), (1, 0),
    ]  # fmt: skip
    details = library.label_details(store, library_id, 18)
    grey = cv2.imread(str(fields[1]), cv2.IMREAD_GRAYSCALE)
    own = crop(grey, np.array(details.corners))
    stored = library.label_images(store, library_id, [18])[0]
    assert np.abs(own.astype(int) - stored).mean() < 1.5
    vectors = store.tables("labels enrolled", batch.id)["vectors"]
    assert np.allclose(FakeEmbedder().describe(stored[None])[0][0, 0], vectors[17], atol=1e-6)
    assert verify(store.path, JobContext()).ok and not verify(store.path, JobContext()).notes


def test_a_field_enrolled_before_is_refused_and_the_numbers_named(
    store: Store, fields: list[Path], tmp_path: Path
) -> None:
    library_id = made(store)
    enrol(store, library_id, fields)
    copy = tmp_path / "another name.png"
    copy.write_bytes(fields[1].read_bytes())
    report = enrol(store, library_id, [copy])
    assert report.batches == ()
    assert "enrolled before: No. 000013 to No. 000024" in report.fields[0].reason
    other = library.make_library(store, store.actors()[0], "Film 8").id
    assert enrol(store, other, [copy, fields[1]]).fields[1].reason.startswith("It holds the same bytes as another name")


def test_what_is_no_field_is_refused_and_the_others_go_on(store: Store, fields: list[Path], tmp_path: Path) -> None:
    library_id = made(store)
    empty = save(np.full((1440, 1920, 3), 90, dtype=np.uint8), tmp_path / "empty.png")
    broken = tmp_path / "broken.png"
    broken.write_bytes(fields[0].read_bytes()[:5000])
    pages = tmp_path / "pages.tif"
    cv2.imwritemulti(str(pages), [cv2.imread(str(fields[0]))] * 2)
    report = enrol(store, library_id, [empty, broken, tmp_path / "gone.png", pages, fields[0]])
    assert [bool(field.reason) for field in report.fields] == [True, True, True, True, False]
    assert "No array of etched frames" in report.fields[0].reason
    assert "holds 2 pages" in report.fields[3].reason
    assert report.batches[0].numbers == range(1, 13)
    assert [field.file_name for field in report.batches[0].fields] == ["field 1.png"]
    assert not verify(store.path, JobContext()).notes


def test_places_without_a_label_are_named(store: Store, fields: list[Path], tmp_path: Path) -> None:
    pixels = cv2.cvtColor(cv2.imread(str(fields[0])), cv2.COLOR_BGR2RGB)
    pixels[:480, :600] = np.median(pixels)
    report = enrol(store, made(store), [save(pixels, tmp_path / "eleven.png")])
    (field,) = report.fields
    assert field.found == len(library.label_table(store, report.batches[0].library_id)) < 12
    missing = field.to_json()["missing"]
    assert {"row": 1, "column": 1, "state": "missing"} in missing
    assert "row 1, column 1: missing" in report.batches[0].fields[0].reason


def test_batches_are_cut_between_fields(store: Store, fields: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enrolment, "BATCH_LABELS", 20)
    library_id = made(store)
    report = enrol(store, library_id, fields)
    assert [batch.numbers for batch in report.batches] == [range(1, 13), range(13, 25)]
    assert [field.first_number for field in report.fields] == [1, 13]


def test_nothing_is_recorded_on_a_look_beforehand(store: Store, fields: list[Path]) -> None:
    library_id = made(store)
    before = store.head
    report = enrol(store, library_id, fields, record=False)
    assert [(field.found, field.reason, field.first_number) for field in report.fields] == [(12, "", None)] * 2
    assert report.batches == () and store.head == before
    assert not list((store.path / "evidence").iterdir())


def test_labels_that_are_in_the_library_already_are_told(store: Store, fields: list[Path], tmp_path: Path) -> None:
    library_id, embedder = made(store), FakeEmbedder()
    store.commit(store.actors()[0].id, "operating point set", make_point(embedder, 0.6))
    assert enrol(store, library_id, fields[:1]).fields[0].cautions == ()
    again = save(field_of(1, capture_seed=77).pixels, tmp_path / "again.png")
    more = save(field_of(1, capture_seed=78).pixels, tmp_path / "more.png")
    report = enrol(store, library_id, [again, more])
    assert len(report.fields[0].cautions) == 12
    assert report.fields[0].cautions[4].startswith("row 2, column 1: already enrolled? Similarity ")
    assert "No. 000005" in report.fields[0].cautions[4]
    assert len(report.fields[1].cautions) == 12


def test_single_labels_are_enrolled_from_images_of_their_own(store: Store, tmp_path: Path) -> None:
    piece = field_of(3)
    paths = [
        save(single(piece, label, rotation_deg=angle, seed=label), tmp_path / f"{label}.png")
        for label, angle in ((0, 4.0), (5, 100.0))
    ]
    library_id = made(store)
    report = enrol_labels(store, store.actors()[0], library_id, paths, recogniser=recogniser(), context=JobContext())
    assert [field.first_number for field in report.fields] == [1, 2]
    assert len(library.label_table(store, library_id)) == 2


def test_labels_under_other_weights_are_never_mixed(store: Store, fields: list[Path]) -> None:
    library_id, other = made(store), recogniser(FakeEmbedder(seed=1))
    enrol(store, library_id, fields[:1])
    with pytest.raises(InputError, match="embedded with other weights") as caught:
        enrol(store, library_id, fields[1:], recogniser=other)
    assert "Embed the library again" in caught.value.remedy
    actor = store.actors()[0]
    assert reembed(store, actor, library_id, recogniser=other, context=JobContext()) == 12
    assert reembed(store, actor, library_id, recogniser=other, context=JobContext()) == 0
    assert enrol(store, library_id, fields[1:], recogniser=other).labels == 12
    seen = library.library_overview(store, library_id)
    assert seen.embedder_keys == (FakeEmbedder(seed=1).key,)
    with pytest.raises(InputError, match="other weights"):
        searched_library(store, library_id, FakeEmbedder().key, context=JobContext())
    assert reembed(store, actor, library_id, recogniser=recogniser(), context=JobContext()) == 12
    assert set(library.library_overview(store, library_id).embedder_keys) == {
        FakeEmbedder().key, FakeEmbedder(seed=1).key,
    }  # fmt: skip


def test_a_cancelled_enrolment_keeps_whole_batches(
    store: Store, fields: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(enrolment, "BATCH_LABELS", 12)
    library_id, context = made(store), JobContext()
    child = InThisProcess(FakeEmbedder())
    real = child.request

    def request(values: dict, own: JobContext | None = None) -> dict:
        if child.asked.count("cut") == 2:
            context.cancel()
        return real(values, own)

    monkeypatch.setattr(child, "request", request)
    paths = [*fields, fields[0].with_name("third.png")]
    with pytest.raises(Cancelled):
        enrol(store, library_id, paths, recogniser=enrolment.Recogniser(child=child), context=context)
    assert [batch.count for batch in store.label_batches(library_id)] == [12]
    assert not verify(store.path, JobContext()).notes


def test_a_file_that_changes_meanwhile_is_refused(store: Store, fields: list[Path], tmp_path: Path) -> None:
    changing = tmp_path / "changing.png"
    changing.write_bytes(fields[0].read_bytes())
    child = InThisProcess(FakeEmbedder())
    real = child.request

    def request(values: dict, own: JobContext | None = None) -> dict:
        reply = real(values, own)
        if values.get("path") == str(changing):
            changing.write_bytes(fields[1].read_bytes())
        return reply

    child.request = request  # type: ignore[method-assign]
    report = enrol(store, made(store), [changing], recogniser=enrolment.Recogniser(child=child))
    assert report.batches == ()
    assert "changed while it was read" in report.fields[0].reason


def test_no_file_and_an_actor_who_may_not(store: Store) -> None:
    with pytest.raises(InputError, match="No file is named"):
        enrol(store, made(store), [])
