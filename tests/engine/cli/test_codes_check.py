"""``qr check``, ``qr examine`` and ``qr qualify`` say what the workflows found, one JSON object a line."""

import json

import cv2
import numpy as np
import pytest

from engine.workflows.codes.checker import CodeChecker
from tests.engine.workflows.codes.code_captures import COPY, PASSPHRASE, make_codes

KEYS = {
    "id", "register", "indicator", "threshold", "operating_point", "passes", "modules", "pattern_of_loss", "history",
    "warnings", "elapsed_ms",
}  # fmt: skip


@pytest.fixture(scope="module")
def codes(tmp_path_factory):
    with CodeChecker() as checker:
        codes = make_codes(tmp_path_factory.mktemp("cli"), checker)
    codes.store.close()
    (codes.folder / "passphrase").write_text(f"{PASSPHRASE}\n")
    return codes


@pytest.fixture
def qr(run, codes, monkeypatch):
    monkeypatch.delenv("TOUCHSTONE_PASSPHRASE", raising=False)
    return lambda action, *arguments: run("qr", action, *arguments, "--actor", "Head")


def test_a_press_is_qualified_and_codes_are_checked(qr, codes):
    folder, given = codes.folder / "lab.touchstone", ("--passphrase-file", codes.folder / "passphrase")
    genuine, copies = codes.picture(*codes.ids[:6]), codes.picture(*codes.ids[:6], sigma=COPY)
    devices = ("--scanner", "S", "--printer", "P", "--simulated")
    code, (point,), _ = qr(
        "qualify", folder, "--series", "Tests", "--name", "Press", "--genuine", genuine, "--copies", copies, *devices,
        *given,
    )  # fmt: skip
    assert (code, point["name"], point["domain"]["simulated"]) == (0, "Press", True)
    images = codes.picture(*codes.ids[6:8]), codes.picture(codes.ids[8], sigma=COPY)
    code, lines, _ = qr("check", *images, "--store", folder, "--simulated", "--place", "Shop", *given)
    assert code == 0
    assert [set(line) for line in lines] == [KEYS] * 3
    assert [line["passes"] for line in lines] == [True, True, False]
    code, (line,), _ = qr("check", images[1], "--store", folder, "--no-record", "--fail-on-negative", *given)
    assert (code, line["passes"]) == (0, None)  # without --simulated it lies outside the domain: not negative
    code, (line,), _ = qr("check", images[1], "--store", folder, "--simulated", "--fail-on-negative", *given)
    assert (code, [each["place"] for each in line["history"]["checks"]]) == (3, ["Shop"])


def test_an_image_without_a_code_gets_its_line(qr, codes, tmp_path):
    blank = tmp_path / "blank.png"
    cv2.imwrite(str(blank), np.full((300, 300), 235, np.uint8))
    code, (line,), _ = qr("check", blank, "--store", codes.folder / "lab.touchstone")
    assert code == 0
    assert set(line) == KEYS
    assert (line["id"], line["passes"]) == (None, None)
    assert "No QR code can be read" in line["warnings"][0]


def test_a_voided_id_is_negative_whatever_is_measured(qr, run, codes):
    folder, image = codes.folder / "lab.touchstone", codes.picture(codes.ids[11])
    assert run("qr", "trace", folder, codes.ids[11], "--void", "stolen", "--actor", "Head")[0] == 0
    given = ("--no-record", "--fail-on-negative", "--passphrase-file", codes.folder / "passphrase")
    code, (line,), _ = qr("check", image, "--store", folder, *given)
    assert (code, line["register"]["state"], line["passes"]) == (3, "voided", None)


def test_an_image_that_cannot_be_checked_is_named_and_stops_no_other(qr, codes, tmp_path):
    broken, missing = tmp_path / "broken.png", tmp_path / "missing.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    images = codes.picture(codes.ids[6]), broken, missing, codes.picture(codes.ids[7])
    given = ("--no-record", "--fail-on-negative", "--passphrase-file", codes.folder / "passphrase")
    code, lines, errors = qr("check", *images, "--store", codes.folder / "lab.touchstone", *given)
    assert (code, [line["id"] for line in lines]) == (2, [codes.ids[6], codes.ids[7]])
    told = [json.loads(line) for line in errors.splitlines() if line.startswith("{")]
    assert [each["error"]["where"] for each in told if "error" in each] == [str(broken), str(missing)]
    assert told[-1] == {"note": "2 of 4 images could not be checked"}


def test_without_a_passphrase_a_code_of_a_series_is_not_checked_in_silence(qr, codes):
    code, lines, errors = qr("check", codes.picture(codes.ids[9]), "--store", codes.folder / "lab.touchstone")
    assert (code, lines) == (2, [])
    assert "The passphrase of Tests is needed" in json.loads(errors.splitlines()[-1])["error"]["what"]


def test_a_series_with_another_passphrase_stops_no_other(qr, run, codes, tmp_path):
    folder = codes.folder / "lab.touchstone"
    (tmp_path / "other").write_text("another passphrase\n")
    (tmp_path / "own").write_text(f"{PASSPHRASE}\n")
    other, sheet = ("--passphrase-file", tmp_path / "other"), tmp_path / "sheet.png"
    assert qr("series", "make", folder, "--name", "Other", *other)[0] == 0
    assert qr("sheet", folder, "--series", "Other", "--count", 1, "--out", sheet, *other)[0] == 0
    images = sheet, codes.picture(codes.ids[6])
    code, lines, errors = qr("check", *images, "--store", folder, "--no-record", "--passphrase-file", tmp_path / "own")
    assert (code, [line["id"] for line in lines]) == (2, [codes.ids[6]])
    told = [json.loads(line)["error"] for line in errors.splitlines() if '"error"' in line]
    assert [(each["where"], each["what"]) for each in told] == [
        (str(sheet), "The passphrase does not open this series")
    ]


def test_the_codes_of_a_case_are_examined(qr, run, codes):
    folder, image = codes.folder / "lab.touchstone", codes.picture(*codes.ids[10:12])
    assert run("case", "new", folder, "--title", "Case", "--actor", "Head")[0] == 0
    taken = ("--case", "Case", "--item", "Q1", "--standing", "questioned", "--device", "scanner", "--actor", "Head")
    assert run("intake", folder, image, *taken)[0] == 0
    given = ("--passphrase-file", codes.folder / "passphrase")
    code, lines, _ = qr("examine", folder, image.name, "--case", "Case", *given)
    assert code == 0
    assert {line["finding"]["provenance"]["settings"]["code_text"] for line in lines} == set(codes.ids[10:12])


def test_a_report_is_verified_against_an_import_whose_secrets_were_left_out(qr, run, codes, tmp_path):
    folder, image = codes.folder / "lab.touchstone", codes.picture(codes.ids[10], name="q2.png")
    given = ("--passphrase-file", codes.folder / "passphrase")
    assert run("case", "new", folder, "--title", "Sent", "--actor", "Head")[0] == 0
    taken = ("--case", "Sent", "--item", "Q1", "--standing", "questioned", "--device", "scanner", "--actor", "Head")
    assert run("intake", folder, image, *taken)[0] == 0
    assert qr("examine", folder, image.name, "--case", "Sent", *given)[0] == 0
    pdf, packed, there = tmp_path / "r.pdf", tmp_path / "s.zip", tmp_path / "there.touchstone"
    assert run("report", "make", folder, "--case", "Sent", "--out", pdf, "--actor", "Head")[0] == 0
    assert run("store", "export", folder, packed)[0] == 0
    assert run("store", "import", there, packed)[0] == 0
    code, lines, _ = run("report", "verify", pdf, "--store", there, *given)
    assert (code, lines[-1]["ok"], lines[-1]["findings_not_repeated"]) == (0, True, 1)
