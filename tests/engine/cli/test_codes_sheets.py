"""Sheets and single codes on the command line."""

import json

import cv2
import pytest

from engine.methods.two_level_qr.rectification import read_codes
from engine.workflows.stores import open_store

PASSPHRASE = "horse battery staple"


@pytest.fixture
def series(run, store, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_PASSPHRASE", PASSPHRASE)
    monkeypatch.setenv("TOUCHSTONE_ACTOR", "Head")
    return run("qr", "series", "make", store, "--name", "Spring")[1][0]


def test_ids_are_issued_and_their_sheet_written_from_a_table(run, store, series, tmp_path):
    (tmp_path / "lots.csv").write_text("lot,article\nL1,bag\nL2,belt\n")
    code, lines, _ = run(
        "qr", "sheet", store, "--series", "Spring", "--csv", tmp_path / "lots.csv", "--caption", "lot",
        "--out", tmp_path / "sheet.pdf",
    )  # fmt: skip
    assert (code, lines[0]["codes"], lines[0]["pages"], lines[0]["secret"]) == (0, 2, 1, True)
    assert lines[0]["files"] == [str(tmp_path / "sheet.pdf")]
    assert (tmp_path / "sheet.pdf").read_bytes().startswith(b"%PDF")


def test_a_batch_is_printed_again_and_one_code_alone(run, store, series, tmp_path):
    issued = run("qr", "sheet", store, "--series", "Spring", "--count", 2, "--out", tmp_path / "a.png")[1][0]
    again = run("qr", "sheet", store, "--series", "Spring", "--batch", issued["batch"], "--out", tmp_path / "b.png")
    assert again[0] == 0
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    product_id = read_codes(cv2.imread(str(tmp_path / "a.png"), 0))[0].text
    code, lines, _ = run("qr", "make", store, product_id.lower(), "--out", tmp_path / "one.png")
    assert (code, lines[0]["id"]) == (0, product_id)
    assert read_codes(cv2.imread(str(tmp_path / "one.png"), 0))[0].text == product_id
    assert [each.count for each in open_store(store, read_only=True).printings()] == [2, 2, 1]


def test_who_may_not_issue_prints_nothing_again_either(run, store, series, tmp_path):
    issued = run("qr", "sheet", store, "--series", "Spring", "--count", 1, "--out", tmp_path / "a.png")[1][0]
    product_id = read_codes(cv2.imread(str(tmp_path / "a.png"), 0))[0].text
    sheet = ("qr", "sheet", store, "--series", "Spring", "--batch", issued["batch"])
    for command in (sheet, ("qr", "make", store, product_id)):
        code, _, error = run(*command, "--out", tmp_path / "b.png", "--actor", "Examiner")
        assert code == 2
        assert "may not print codes" in error
    assert not (tmp_path / "b.png").exists()


def test_wrong_usage_is_named_and_issues_nothing(run, store, series, tmp_path):
    sheet = ("qr", "sheet", store, "--series", "Spring")
    wrong = (
        ((*sheet, "--count", 1, "--out", tmp_path / "a.doc"), "PDF or PNG"),
        ((*sheet, "--count", 1, "--caption", "lot", "--out", tmp_path / "a.pdf"), "--caption"),
        ((*sheet, "--count", 0, "--out", tmp_path / "a.pdf"), "IDs"),
        ((*sheet, "--batch", "batch-0000000000000000", "--out", tmp_path / "a.pdf"), "no such batch"),
        (("qr", "make", store, "0" * 16, "--out", tmp_path / "a.png"), "no such ID"),
        (("qr", "make", store, "0" * 16, "--out", tmp_path / "a.pdf"), "PNG"),
    )
    for arguments, what in wrong:
        code, _, error = run(*arguments)
        assert code == 2
        assert what in json.loads(error.splitlines()[-1])["error"]["what"]
    assert run("qr", "series", "list", store)[1][0]["issued"] == 0
