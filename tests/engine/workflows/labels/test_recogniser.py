"""The process that knows labels, with the network that came with the program; nonsense from it does no harm."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from engine.core.errors import ImagingError, InputError, JobError
from engine.core.records import file_sha256
from engine.imaging.decode import decode
from engine.imaging.quality import measure_quality
from engine.jobs import JobContext
from engine.simulation.glyphs import GLYPHS
from engine.store import Store
from engine.workflows.labels import library
from engine.workflows.labels.enrolment import enrol_fields
from engine.workflows.labels.identification import identify
from engine.workflows.labels.recogniser import Recogniser
from engine.workflows.labels.recogniser_worker import AROUND_PX
from tests.engine.workflows.labels.label_samples import FakeEmbedder, InThisProcess, field_of, save, single

LABEL = 5


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder, piece = tmp_path_factory.mktemp("images"), field_of(1)
    broken = folder / "broken.png"
    found = {
        "field": save(piece.pixels, folder / "field.png"),
        "label": save(single(piece, LABEL, rotation_deg=190.0, seed=5), folder / "label.png"),
    }
    broken.write_bytes(found["label"].read_bytes()[:3000])
    return {**found, "broken": broken}


@pytest.fixture(scope="module")
def own() -> Iterator[Recogniser]:
    with Recogniser() as recogniser:
        yield recogniser


def test_a_label_is_enrolled_and_found_with_the_network_of_the_program(
    own: Recogniser, images: dict[str, Path], tmp_path: Path
) -> None:
    store = Store.create(tmp_path / "lab.touchstone", laboratory="Lab", location="Town", administrator="Keeper")
    made = library.make_library(store, store.actors()[0], "Film 7", simulated=True)
    report = enrol_fields(
        store, store.actors()[0], made.id, [images["field"], images["broken"]], recogniser=own, context=JobContext()
    )
    assert [field.found for field in report.fields] == [12, 0]
    assert report.fields[1].reason
    found = identify(store, made.id, images["label"], simulated=True, recogniser=own, context=JobContext())
    assert found.hits[0].number == LABEL + 1
    assert found.hits[0].turn == 2
    assert found.hits[0].similarity > found.hits[1].similarity + 0.2
    assert found.hits[0].matched.score > 0.8
    model = own.model(JobContext())
    assert found.model == model
    assert model.classes == GLYPHS and model.simulated
    stored = store.tables("labels enrolled", report.batches[0].id)["vectors"]
    again = own.embed(library.label_images(store, made.id, range(1, 13)), JobContext())
    assert np.abs((again.vectors * stored).sum(axis=1) - 1).max() <= model.tolerance


def test_an_image_that_cannot_be_read_is_named_and_the_process_goes_on(
    own: Recogniser, images: dict[str, Path], tmp_path: Path
) -> None:
    gone = tmp_path / "gone.png"
    for path in (images["broken"], gone):
        with pytest.raises(ImagingError, match=path.name):
            own.cut(path, 0, array=(4, 3), single=True, context=JobContext())
    with pytest.raises(ImagingError, match="no page 2"):
        own.cut(images["label"], 1, array=None, single=True, context=JobContext())
    cut = own.cut(images["label"], 0, array=None, single=True, context=JobContext())
    assert cut.crops.shape == (1, 256, 256) and cut.vectors.shape == (1, 4, 256)


def test_what_a_page_shows_is_measured_as_elsewhere(own: Recogniser, images: dict[str, Path]) -> None:
    cut = own.cut(images["label"], 0, array=None, single=True, context=JobContext())
    pixels = decode(images["label"])
    assert max(pixels.shape[:2]) < AROUND_PX
    assert cut.facts.facts.quality == measure_quality(pixels)
    assert cut.facts.sha256 == file_sha256(images["label"])
    assert cut.focus.tolist() == [np.float32(measure_quality(crop).focus) for crop in cut.crops]


def test_sixteen_bits_and_grey_show_the_same_label(images: dict[str, Path], tmp_path: Path) -> None:
    own = Recogniser(child=InThisProcess(FakeEmbedder()))
    pixels = cv2.imread(str(images["label"]))
    grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    deep, plain = tmp_path / "deep.png", tmp_path / "grey.png"
    cv2.imwrite(str(deep), pixels.astype(np.uint16) * 257)
    cv2.imwrite(str(plain), grey)
    crops = [
        own.cut(path, 0, array=None, single=True, context=JobContext()).crops[0].astype(int)
        for path in (images["label"], deep, plain)
    ]
    assert np.array_equal(crops[0], crops[1])
    assert np.abs(crops[0] - crops[2]).max() <= 2


class _Spoilt(InThisProcess):
    """Answers, and then spoils the reply or an array of it."""

    def __init__(self, change: Any) -> None:
        super().__init__(FakeEmbedder())
        self._change = change

    def request(self, values: dict[str, Any], context: JobContext | None = None) -> dict[str, Any]:
        reply = super().request(values, context)
        self._change(reply)
        return reply


def _no_facts(reply: dict[str, Any]) -> None:
    del reply["facts"]


def _more_places(reply: dict[str, Any]) -> None:
    reply["places"] *= 2


def _other_state(reply: dict[str, Any]) -> None:
    reply["places"][0]["state"] = "splendid"


def _short_corners(reply: dict[str, Any]) -> None:
    reply["places"][0]["corners"] = [[1, 2]]


def _no_number(reply: dict[str, Any]) -> None:
    reply["vectors"][0, 0, 0] = np.nan


def _wide(reply: dict[str, Any]) -> None:
    reply["crops"] = np.zeros((1, 300, 300), dtype=np.uint8)


def _doubles(reply: dict[str, Any]) -> None:
    reply["focus"] = reply["focus"].astype(np.float64)


def _objects(reply: dict[str, Any]) -> None:
    reply["probabilities"] = [[{}]]


def _gone(reply: dict[str, Any]) -> None:
    del reply["crops"]


@pytest.mark.parametrize(
    "change",
    [_no_facts, _more_places, _other_state, _short_corners, _no_number, _wide, _doubles, _objects, _gone],
)
def test_nonsense_from_the_process_is_named_as_such(images: dict[str, Path], change: Any) -> None:
    own = Recogniser(child=_Spoilt(change))
    with pytest.raises(JobError, match=r"label\.png: The recogniser answered nonsense"):
        own.cut(images["label"], 0, array=None, single=True, context=JobContext())


def test_what_it_does_not_know_is_refused() -> None:
    with pytest.raises(InputError, match="does not know 'dance'"):
        InThisProcess(FakeEmbedder()).request({"do": "dance"})
