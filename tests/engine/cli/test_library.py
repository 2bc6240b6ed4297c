"""``library``: the same work as in the window, one JSON object a line, and exit codes as everywhere."""

import numpy as np
import pytest

from engine.cli.main import main
from engine.store import Store
from tests.engine.workflows.labels.label_samples import (
    FakeEmbedder,
    InThisProcess,
    field_of,
    make_point,
    save,
    single,
)

LABEL = 5


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    folder = tmp_path_factory.mktemp("images")
    piece = field_of(1)
    return {
        "field": save(piece.pixels, folder / "field.png"),
        "label": save(single(piece, LABEL, rotation_deg=100.0, seed=5), folder / "label.png"),
        "stranger": save(single(field_of(9), LABEL, rotation_deg=7.0, seed=5), folder / "stranger.png"),
        "empty": save(np.full((400, 400, 3), 90, dtype=np.uint8), folder / "empty.png"),
    }


@pytest.fixture(autouse=True)
def _network(monkeypatch):
    monkeypatch.setattr("engine.workflows.labels.recogniser.Child", lambda *_: InThisProcess(FakeEmbedder()))


@pytest.fixture
def filled(run, store, images):
    run("library", "make", store, "--name", "Film 7", "--simulated", "--actor", "Head")
    code, lines, _ = run("library", "enrol", store, images["field"], "--actor", "Head")
    assert code == 0
    assert (lines[0]["found"], lines[0]["first_number"]) == (12, 1)
    assert lines[1] == {"labels": 12, "files": 1, "of": 1, "recorded": True}
    with Store.open(store) as opened:
        head = opened.actors()[0]
        opened.commit(head.id, "operating point set", make_point(FakeEmbedder(), 0.8))
    return store


@pytest.mark.parametrize("number", ["0", "-5"])
def test_a_self_test_of_no_label_is_refused(run, filled, number):
    code, lines, error = run("library", "index", filled, "--self-test", number)
    assert (code, lines) == (2, [])
    assert f"1 label or more, not {number}" in error


def test_a_library_is_listed_and_told(run, filled):
    (listed,) = run("library", "list", filled)[1]
    (told,) = run("library", "info", filled, "--library", "film 7")[1]
    assert listed == told
    assert (told["labels"], told["withdrawn"], told["index"]["state"]) == (12, 0, "every label is compared")
    assert told["embedder_keys"] == [FakeEmbedder().key]


def test_labels_are_identified(run, filled, images):
    code, (found, other), _ = run(
        "library", "identify", filled, images["label"], images["stranger"], "--simulated", "--hits", 3
    )
    assert code == 0
    assert found["hits"][0]["number"] == LABEL + 1 and len(found["hits"]) == 3
    assert (found["classification"]["passes"], other["classification"]["passes"]) == (True, False)
    assert found["simulated"] and found["row"] is None
    asked = ("library", "identify", filled, images["stranger"], "--simulated", "--fail-on-negative")
    assert run(*asked)[0] == 3
    assert run("library", "identify", filled, images["label"], "--simulated", "--fail-on-negative")[0] == 0


def test_one_label_of_a_field_is_named_by_row_and_column_from_1(run, filled, images):
    code, (found,), _ = run("library", "identify", filled, images["field"], "--simulated", "--place", 2, 2)
    assert code == 0
    assert (found["row"], found["column"], found["hits"][0]["number"]) == (2, 2, 6)
    assert len(run("library", "identify", filled, images["field"], "--hits", 1)[1]) == 12


def test_an_image_that_cannot_be_used_is_named_and_the_others_are_searched(run, filled, images):
    code, lines, errors = run("library", "identify", filled, images["empty"], images["label"])
    assert code == 2
    assert len(lines) == 1
    assert "empty.png" in errors


def test_a_finding_is_recorded_in_a_case(run, filled, images):
    by = ("--case", "C-1", "--actor", "Examiner")
    assert run("item", "add", filled, "--name", "Q1", "--standing", "questioned", "--simulated", *by)[0] == 0
    assert run("intake", filled, images["label"], "--item", "Q1", "--device", "microscope", *by)[0] == 0
    asked = ("library", "identify", filled, "label.png", "--case", "C-1", "--actor", "Examiner")
    code, (told,), errors = run(*asked)
    assert code == 0, errors
    assert told["finding"]["outcome"] == "found"
    assert told["finding"]["matches"][0]["reference"] == "No. 000006"
    assert run(*asked, "--simulated")[0] == 2
    with Store.open(filled) as opened:
        assert [finding.method for finding in opened.findings(opened.cases()[0].id)] == ["micro-pattern"]


def test_what_is_enrolled_already_is_refused(run, filled, images):
    code, (refused, total), _ = run("library", "enrol", filled, images["field"], "--actor", "Head")
    assert code == 2
    assert "enrolled before" in refused["reason"]
    assert total["labels"] == 0
    code, lines, _ = run("library", "enrol", filled, images["label"], "--single", "--dry-run", "--actor", "Head")
    assert code == 0
    assert lines[0]["found"] == 1 and "already enrolled?" in lines[0]["cautions"][0]
    assert lines[1]["recorded"] is False
    assert run("library", "info", filled)[1][0]["labels"] == 12
    assert run("library", "enrol", filled, images["empty"], images["label"], "--single", "--fail-on-negative",
               "--actor", "Head")[0] == 3  # fmt: skip


def test_labels_are_withdrawn_with_a_reason(run, filled, images):
    code, (done,), _ = run("library", "withdraw", filled, 6, 2, "--reason", "scratched", "--actor", "Head")
    assert (code, done["numbers"]) == (0, [2, 6])
    found = run("library", "identify", filled, images["label"], "--simulated", "--hits", 100)[1][0]
    assert found["searched"] == 10 == len(found["hits"])
    assert run("library", "withdraw", filled, 6, "--reason", "again", "--actor", "Head")[0] == 2


def test_an_index_is_built_and_tested(run, filled):
    code, (built, tested), _ = run("library", "index", filled, "--self-test", 8)
    assert code == 0
    assert (built["count"], built["kind"]) == (12, "flat")
    assert tested["recall"]["events"] == tested["recall"]["trials"] == 8


def test_a_library_is_embedded_anew_for_other_weights(run, filled, images, monkeypatch):
    monkeypatch.setattr("engine.workflows.labels.recogniser.Child", lambda *_: InThisProcess(FakeEmbedder(seed=1)))
    code, _, errors = run("library", "identify", filled, images["label"])
    assert code == 2
    assert "Embed the library again" in errors
    assert run("library", "embed", filled, "--actor", "Head")[1][0]["embedded"] == 12
    assert run("library", "identify", filled, images["label"])[0] == 0


def test_a_library_must_be_named_where_there_are_several(run, filled, images):
    run("library", "make", filled, "--name", "Film 8", "--actor", "Head")
    code, _, errors = run("library", "info", filled)
    assert code == 2
    assert "Film 7, Film 8" in errors
    assert run("library", "info", filled, "--library", "Film 8")[1][0]["labels"] == 0
    assert run("library", "info", filled, "--library", "Film 9")[0] == 2


def test_people_can_read_it(filled, images, capsys):
    assert main(["library", "identify", str(filled), str(images["label"]), "--simulated", "--hits", "2"]) == 0
    said = capsys.readouterr().out
    assert "Found as No. 000006" in said and "[simulated]" in said
    assert main(["library", "info", str(filled)]) == 0
    assert "No. 000001 to No. 000012" in capsys.readouterr().out
