"""Whatever a stranger types is answered with what is wrong and an exit code, never with a traceback."""

import json

import pytest

NO_TEXT = "\udcff"  # how Python hands on a byte of an argument that is no UTF-8


def refused(answer: tuple[int, list[dict], str]) -> str:
    """Return what a command said it cannot do."""
    code, lines, error = answer
    assert (code, lines) == (2, [])
    return json.loads(error.splitlines()[-1])["error"]["what"]


@pytest.mark.parametrize("title", ["", " ", "x" * 201, NO_TEXT])
def test_a_title_that_cannot_be_recorded_is_refused_by_its_field(run, store, title):
    assert "The title cannot be recorded" in refused(run("case", "new", store, "--title", title, "--actor", "Examiner"))


@pytest.mark.parametrize("wrong", ["--laboratory", "--administrator"])
def test_a_store_needs_names(run, tmp_path, wrong):
    names = {"--laboratory": "L", "--administrator": "A", wrong: ""}
    answer = run("store", "init", tmp_path / "new", *(part for pair in names.items() for part in pair))
    assert "cannot be recorded" in refused(answer)
    assert not (tmp_path / "new").exists()


def test_an_opinion_that_is_no_text_is_refused(run, store):
    by = ("--case", "C-1", "--actor", "Examiner")
    assert "The text cannot be recorded" in refused(run("case", "opinion", store, "--text", NO_TEXT, *by))
    out = ("--out", "report.pdf", "--deviations", NO_TEXT)
    assert "The deviations cannot be recorded" in refused(run("report", "make", store, *out, *by))


@pytest.mark.parametrize("scale", [("--dpi", "0"), ("--dpi", "nan"), ("--um-per-px", "0"), ("--um-per-px", "-1")])
def test_a_scale_that_is_none_is_refused_before_anything_is_recorded(run, store, pictures, scale):
    by = ("--case", "C-1", "--actor", "Examiner", "--item", "New", "--standing", "known", "--device", "scanner")
    refused(run("intake", store, pictures[0], *by, *scale))
    assert run("case", "show", store, "--case", "C-1")[1][0]["items"] == []
    refused(run("compare", *pictures, *scale))


def test_an_intake_that_takes_nothing_in_is_no_success(run, store, tmp_path):
    by = ("--case", "C-1", "--actor", "Examiner", "--item", "New", "--standing", "known", "--device", "scanner")
    code, lines, _ = run("intake", store, tmp_path / "gone.png", *by)
    assert (code, [line["refusal"]["file_name"] for line in lines]) == (2, ["gone.png"])


@pytest.mark.parametrize("pitch", ["0", "-1", "nan"])
def test_a_target_has_a_pitch(run, store, pictures, pitch):
    by = ("--case", "C-1", "--actor", "Examiner")
    run("intake", store, pictures[0], *by, "--item", "T", "--standing", "known", "--device", "scanner")
    refused(run("scale", "measure", store, "--capture", pictures[0].name, "--pitch-um", pitch, *by))


@pytest.mark.parametrize(
    "command",
    [
        ("bench", "search", "--count", 300, "--variants", 3, "--queries", 20, "--folder"),
        ("train", "micro-pattern", "--steps", 2, "--labels", 2, "--out"),
        ("train", "contour-judge", "--out"),
        ("evaluate", "micro-pattern", "--out"),
        ("evaluate", "micro-pattern", "--cache"),
        ("evaluate", "two-level-qr", "--out"),
    ],
)
def test_hours_of_work_begin_with_a_folder_that_can_be_written(run, tmp_path, command):
    (tmp_path / "file").write_bytes(b"kept")
    assert "Nothing can be written" in refused(run(*command, tmp_path / "file"))
