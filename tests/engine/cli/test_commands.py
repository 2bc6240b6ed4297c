"""A small case from end to end on the command line, and the exit codes that scripts rely on."""

import json
import signal
import subprocess
import sys

import cv2
import numpy as np
import pytest
import tifffile

from engine.core.errors import Cancelled
from engine.core.records import sha256_hex
from engine.jobs import JobContext


def test_a_case_from_intake_to_a_verified_report(run, store, pictures, tmp_path):
    genuine, turned, _ = pictures
    by = ("--case", "C-1", "--actor", "Examiner")
    for name, standing, file in (("Q", "questioned", turned), ("K", "known", genuine)):
        code, lines, _ = run(
            "intake", store, file, "--item", name, "--standing", standing, "--device", "scanner", "--dpi", 600, *by
        )
        assert code == 0
        assert lines[0]["capture"]["scale"]["source"] == "actor"
        assert lines[0]["capture"]["scale"]["um_per_px_x"] == pytest.approx(42.333, abs=1e-3)
    code, lines, _ = run("compare", "turned.png", "pattern-1.png", "--store", store, "--out", tmp_path / "out", *by)
    assert code == 0
    finding = lines[0]["finding"]
    assert finding["outcome"] == "registered"
    assert (tmp_path / "out" / f"{finding['id']}-correlation.npy").is_file()
    assert run("case", "opinion", store, "--text", "One pattern.", "--finding", finding["id"], *by)[0] == 0
    pdf = tmp_path / "report.pdf"
    code, lines, _ = run("report", "make", store, "--out", pdf, *by)
    assert code == 0
    assert pdf.read_bytes().startswith(b"%PDF-")
    code, lines, _ = run("report", "verify", pdf, "--store", store)
    assert code == 0
    assert lines[-1]["ok"] is True
    assert lines[-1]["findings_repeated"] == 1
    code, lines, _ = run("case", "show", store, "--case", "C-1")
    kinds = [entry["event"]["kind"] for entry in lines[0]["custody"]]
    assert kinds[0] == "case opened"
    assert kinds[-1] == "report issued"
    code, lines, _ = run("store", "verify", store)
    assert (code, lines[-1]["problems"]) == (0, 0)


def test_comparing_other_patterns_fails_only_on_request(run, pictures):
    genuine, _, other = pictures
    code, lines, _ = run("compare", genuine, other)
    assert code == 0
    assert lines[0]["finding"]["outcome"] != "registered"
    assert run("compare", genuine, other, "--fail-on-negative")[0] == 3


def test_a_bad_file_is_refused_by_name_and_the_others_are_taken_in(run, store, pictures, tmp_path):
    broken = tmp_path / "broken.png"
    broken.write_bytes(pictures[0].read_bytes()[:200])
    code, lines, _ = run(
        "intake", store, broken, pictures[0], "--case", "C-1", "--item", "K", "--standing", "known",
        "--device", "scanner", "--actor", "Examiner",
    )  # fmt: skip
    assert code == 0
    assert [line["capture"]["file_name"] for line in lines if "capture" in line] == ["pattern-1.png"]
    assert [line["refusal"]["file_name"] for line in lines if "refusal" in line] == ["broken.png"]


def test_a_damaged_store_is_exit_code_four(run, store):
    ledger = store / "ledger.jsonl"
    ledger.write_bytes(ledger.read_bytes().replace(b"Examiner", b"Exsminer", 1))
    code, lines, _ = run("store", "verify", store)
    assert code == 4
    assert lines[0]["problem"]["where"]


def test_a_command_on_a_damaged_store_is_exit_code_four_and_changes_nothing(run, store):
    ledger = store / "ledger.jsonl"
    ledger.write_bytes(ledger.read_bytes().replace(b"Examiner", b"Exsminer", 1))
    before = ledger.read_bytes()
    code, lines, error = run("case", "new", store, "--title", "Second", "--actor", "Head")
    assert (code, lines) == (4, [])
    assert "damaged" in json.loads(error.splitlines()[-1])["error"]["what"]
    assert ledger.read_bytes() == before


def test_cancelled_work_is_exit_code_130(run, store, monkeypatch):
    def cancelled(*_: object) -> None:
        raise Cancelled

    monkeypatch.setattr("engine.workflows.stores.verify_store", cancelled)
    assert run("store", "verify", store)[0] == 130


def test_a_second_ctrl_c_stops_work_that_does_not_look_at_the_first(run, store, monkeypatch):
    def deaf(folder: object, context: JobContext) -> None:
        signal.raise_signal(signal.SIGINT)
        assert context.cancelled
        signal.raise_signal(signal.SIGINT)
        raise AssertionError("still here")

    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr("engine.workflows.stores.verify_store", deaf)
    assert run("store", "verify", store)[0] == 130
    assert signal.getsignal(signal.SIGINT) is before


def test_a_reader_that_goes_away_causes_no_traceback(store):
    command = [sys.executable, "app.py", "case", "show", str(store), "--case", "C-1"]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stderr is not None
    child.stdout.close()
    error = child.stderr.read()
    child.stderr.close()
    assert (child.wait(), error) == (1, b"")


def test_an_input_error_is_exit_code_two_and_says_what_to_do(run, store):
    code, lines, error = run("case", "show", store, "--case", "C-9")
    assert (code, lines) == (2, [])
    assert json.loads(error)["error"] == {"what": "There is no such case", "where": "C-9", "remedy": "There are: Case."}


def test_an_examiner_may_not_add_actors(run, store):
    code, _, error = run("actor", "add", store, "--name", "Other", "--role", "verifier", "--actor", "Examiner")
    assert code == 2
    assert "may not add actors" in error


def test_who_is_working_must_be_said_where_several_could_be(run, store):
    code, _, error = run("case", "new", store, "--title", "Second")
    assert code == 2
    assert "Who is working?" in error


def test_a_damaged_store_shows_what_is_undamaged_and_says_so(run, store):
    ledger = store / "ledger.jsonl"
    ledger.write_bytes(ledger.read_bytes().replace(b"Examiner", b"Exsminer", 1))
    code, lines, error = run("actor", "list", store)
    assert (code, [line["name"] for line in lines]) == (4, ["Head"])
    first, last = (json.loads(line)["error"]["what"] for line in error.splitlines())
    assert "damaged" in first
    assert last == "The store is damaged, so only what is undamaged could be shown"


def test_what_damage_hides_is_no_input_error(run, store):
    ledger = store / "ledger.jsonl"
    ledger.write_bytes(ledger.read_bytes().replace(b"C-1", b"C-2", 1))
    assert run("case", "show", store, "--case", "C-1")[:2] == (4, [])


def test_what_is_remarkable_in_a_store_is_told_on_standard_error(run, store):
    with (store / "ledger.jsonl").open("ab") as file:
        file.write(b"cut off")
    code, lines, error = run("actor", "list", store)
    assert (code, len(lines)) == (0, 2)
    assert "never acknowledged" in json.loads(error)["note"]


def test_a_scale_is_stated_or_measured_on_a_target(run, store, tmp_path):
    by = ("--case", "C-1", "--actor", "Examiner")
    board = np.kron(np.indices((12, 12)).sum(axis=0) % 2, np.ones((40, 40))).astype(np.uint8) * 200 + 20
    cv2.imwrite(str(tmp_path / "target.png"), cv2.GaussianBlur(board, (0, 0), 1.0))
    assert run("item", "add", store, "--name", "Target", "--standing", "known", "--condition", "new", *by)[0] == 0
    assert run("intake", store, tmp_path / "target.png", "--item", "Target", "--device", "scanner", *by)[0] == 0
    to = ("--capture", "target.png", *by)
    code, lines, _ = run("scale", "set", store, "--dpi", 600, "--uncertainty", 0.02, *to)
    assert (code, lines[0]["scale"]["source"], lines[0]["scale"]["relative_uncertainty"]) == (0, "actor", 0.02)
    code, lines, _ = run("scale", "measure", store, "--pitch-um", 1000, *to)
    assert (code, lines[0]["scale"]["source"]) == (0, "calibration target")
    assert lines[0]["scale"]["um_per_px_x"] == pytest.approx(25.0, rel=0.01)


def test_findings_before_an_error_are_shown(run, store, pictures):
    genuine, turned, other = pictures
    by = ("--case", "C-1", "--actor", "Examiner")
    run("intake", store, *pictures, "--item", "Q", "--standing", "questioned", "--device", "scanner", *by)
    sha256 = sha256_hex(other.read_bytes())
    (store / "evidence" / f"{sha256}.png").write_bytes(b"other")
    names = [path.name for path in (turned, genuine, other)]
    code, lines, error = run("compare", *names, "--store", store, *by)
    assert (code, len(lines)) == (4, 1)
    assert "damaged" in json.loads(error.splitlines()[-1])["error"]["what"]


def test_of_a_file_with_several_pages_one_is_chosen_never_the_first_by_itself(run, pictures, tmp_path):
    genuine, turned, other = (cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) for path in pictures)
    assert genuine is not None
    several, single = tmp_path / "several.tif", tmp_path / "single.tif"
    with tifffile.TiffWriter(several) as file:
        for pixels in (other, turned):
            file.write(pixels, photometric="minisblack")
    with tifffile.TiffWriter(single) as file:
        file.write(genuine[::4, ::4], subfiletype=1, photometric="minisblack")
        file.write(genuine, photometric="minisblack")
    code, lines, error = run("compare", several, single)
    assert (code, lines) == (2, [])
    assert json.loads(error.splitlines()[-1])["error"]["remedy"] == "Name the page: 1, 2."
    code, lines, _ = run("compare", several, single, "--page", 2)
    assert (code, lines[0]["finding"]["outcome"]) == (0, "registered")
    assert run("compare", several, pictures[0], "--page", 2, "--page", 1)[1][0]["finding"]["outcome"] == "registered"
    assert "no page 3" in run("compare", several, single, "--page", 3)[2]
    assert run("compare", several, single, "--page", 1, "--page", 2, "--page", 3)[0] == 2
