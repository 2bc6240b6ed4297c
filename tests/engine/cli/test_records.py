"""Reports out of the store, opinions from files, and destruction by order, on the command line."""

import json

import pytest

from engine.core.records import sha256_hex

BY = ("--case", "C-1", "--actor", "Examiner")


def what(error: str) -> str:
    return json.loads(error.splitlines()[-1])["error"]["what"]


@pytest.fixture
def filled(run, store, pictures):
    for standing, path in zip(("questioned", "known"), pictures[:2], strict=True):
        added = ("--item", standing, "--standing", standing, "--device", "scanner")
        assert run("intake", store, path, *added, *BY)[0] == 0
    return store


def test_an_issued_report_is_listed_and_saved_out_of_the_store(run, filled, tmp_path):
    first, second, saved = (tmp_path / f"{name}.pdf" for name in ("first", "second", "saved"))
    number = run("report", "make", filled, "--out", first, *BY)[1][0]["number"]
    amended = run("report", "make", filled, "--out", second, "--amends", number, "--reason", "typing error", *BY)
    code, lines, _ = run("report", "list", filled, "--case", "C-1")
    assert code == 0
    assert [(line["number"], line["amended_by"]) for line in lines] == [
        (number, amended[1][0]["number"]),
        (amended[1][0]["number"], None),
    ]
    first.unlink()
    code, lines, _ = run("report", "save", filled, number, "--out", saved)
    assert (code, lines[0]["pdf_sha256"]) == (0, sha256_hex(saved.read_bytes()))
    assert run("report", "verify", saved, "--store", filled)[1][-1]["ok"] is True
    assert what(run("report", "save", filled, "TS-0", "--out", saved)[2]) == "There is no such report"
    kept = filled / "evidence" / f"{lines[0]['pdf_sha256']}.pdf"
    kept.write_bytes(kept.read_bytes() + b" ")
    code, _, error = run("report", "save", filled, number, "--out", tmp_path / "damaged.pdf")
    assert code == 4
    assert "damaged" in what(error)
    assert not (tmp_path / "damaged.pdf").exists()


def test_an_opinion_is_read_from_a_file(run, filled, tmp_path):
    text = tmp_path / "opinion.txt"
    text.write_bytes("\ufeffBoth show one pattern.\nMeasured at 600 dpi: 3 \u00b5m.\n".encode())
    code, lines, _ = run("case", "opinion", filled, "--file", text, *BY)
    assert (code, lines[0]["text"]) == (0, "Both show one pattern.\nMeasured at 600 dpi: 3 \u00b5m.")
    for data, said in ((b"\xff\xfe", "no UTF-8 text"), (b" " * 400_001, "too long"), (b" ", "empty")):
        text.write_bytes(data)
        code, lines, error = run("case", "opinion", filled, "--file", text, *BY)
        assert (code, lines) == (2, [])
        assert said in what(error)
    assert "cannot be read" in what(run("case", "opinion", filled, "--file", tmp_path, *BY)[2])


def test_bytes_are_destroyed_by_order_of_an_administrator(run, filled, pictures, tmp_path):
    order = ("--order", "Order 9", "--reason", "returned")
    sha256 = sha256_hex(pictures[0].read_bytes())
    assert "may not destroy" in what(run("case", "destroy", filled, sha256, *order, "--actor", "Examiner")[2])
    assert what(run("case", "destroy", filled, "no.png", *order, "--actor", "Head")[2]) == "There is no such capture"
    code, lines, _ = run("case", "destroy", filled, pictures[0].name, *order, "--actor", "Head")
    assert (code, lines) == (0, [{"sha256": sha256, "order": "Order 9", "reason": "returned"}])
    assert run("store", "verify", filled)[0] == 0
    code, lines, _ = run("case", "show", filled, "--case", "C-1")
    assert lines[0]["destroyed"][sha256]["order"] == "Order 9"
    assert lines[0]["custody"][-1]["text"].endswith("destroyed by order Order 9: returned")
    code, _, error = run("compare", *(path.name for path in pictures[:2]), "--store", filled, *BY)
    assert code == 4
    assert what(error) == "The original bytes were destroyed by order Order 9"
    code, lines, _ = run("intake", filled, pictures[0], "--item", "known", "--device", "scanner", *BY)
    assert code == 2
    assert "destroyed by order" in lines[0]["refusal"]["reason"]
