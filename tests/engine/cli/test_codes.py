"""Series and register on the command line."""

import json

import pytest

from engine.cli.main import main
from engine.jobs import JobContext
from engine.workflows.codes.series import Keyring
from engine.workflows.codes.tracing import issue_ids
from engine.workflows.stores import open_store

PASSPHRASE = "horse battery staple"


@pytest.fixture
def series(run, store, tmp_path, monkeypatch):
    monkeypatch.delenv("TOUCHSTONE_PASSPHRASE", raising=False)
    (tmp_path / "pass.txt").write_text(PASSPHRASE + "\n")
    code, lines, _ = run(
        "qr", "series", "make", store, "--name", "Spring", "--prefix", "T:", "--actor", "Head",
        "--passphrase-file", tmp_path / "pass.txt",
    )  # fmt: skip
    assert code == 0
    return lines[0]


@pytest.fixture
def ids(store, series):
    keyring = Keyring()
    with open_store(store) as opened:
        keyring.unlock(opened, series["id"], PASSPHRASE)
        issued = issue_ids(opened, opened.actors()[0], series["id"], keyring, count=3, context=JobContext())
    return list(issued.product_ids)


def test_a_series_is_made_listed_and_shown_without_its_secrets(run, store, series):
    assert series["facts"]["scheme"] == "unique"
    code, lines, _ = run("qr", "series", "list", store)
    assert (code, lines[0]["series"], lines[0]["issued"]) == (0, series, 0)
    assert run("qr", "series", "show", store, "--series", "spring")[1] == lines
    assert set(lines[0]["series"]) == {"id", "facts", "prefix", "sealed_sha256"}


def test_the_passphrase_may_stand_in_the_environment_and_never_among_the_arguments(run, store, monkeypatch):
    monkeypatch.setenv("TOUCHSTONE_PASSPHRASE", PASSPHRASE)
    make = ("qr", "series", "make", store, "--name", "Autumn", "--actor", "Head")
    assert run(*make)[0] == 0
    monkeypatch.delenv("TOUCHSTONE_PASSPHRASE")
    code, _, error = run("qr", "series", "make", store, "--name", "Winter", "--actor", "Head")
    assert (code, json.loads(error.splitlines()[-1])["error"]["what"]) == (2, "The passphrase of Winter is needed")
    with pytest.raises(SystemExit):
        run(*make, "--passphrase", "x")


def test_a_prompt_asks_for_a_new_passphrase_twice(run, store, monkeypatch):
    monkeypatch.delenv("TOUCHSTONE_PASSPHRASE", raising=False)
    answers = iter([PASSPHRASE, PASSPHRASE, PASSPHRASE, "another one"])
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(answers))
    assert run("qr", "series", "make", store, "--name", "Typed", "--actor", "Head")[0] == 0
    code, _, error = run("qr", "series", "make", store, "--name", "Mistyped", "--actor", "Head")
    assert (code, "differ" in error) == (2, True)


def test_a_passphrase_is_changed_from_files_or_the_keyboard(run, store, series, tmp_path, monkeypatch):
    (tmp_path / "new.txt").write_text("another horse altogether\n")
    former, new = ("--passphrase-file", tmp_path / "pass.txt"), ("--new-passphrase-file", tmp_path / "new.txt")
    change = ("qr", "series", "passphrase", store, "--series", "spring", "--actor", "Head")
    assert "new passphrase of Spring is needed" in run(*change, *former)[2]
    assert "may not change" in run(*change[:-1], "Examiner", *former, *new)[2]
    assert "takes one passphrase" in run(*change, *former, *former, *new)[2]
    code, (changed,), _ = run(*change, *former, *new)
    assert (code, changed["series_id"], changed["replaced_sha256"]) == (0, series["id"], series["sealed_sha256"])
    code, _, error = run(*change, *former, *new)
    assert (code, "does not open this series" in error) == (2, True)
    answers = iter(["another horse altogether", PASSPHRASE, PASSPHRASE])
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(answers))
    assert run(*change)[0] == 0
    assert run("qr", "sheet", store, "--series", "Spring", "--count", "1", "--out", tmp_path / "s.png",
               "--actor", "Head", *former)[0] == 0  # fmt: skip


def test_of_several_passphrase_files_the_one_that_opens_is_taken(run, store, series, tmp_path):
    sheet = ("qr", "sheet", store, "--series", "Spring", "--count", "1", "--actor", "Head")
    given = []
    for name, words in (("first", "of another series"), ("second", "of yet another"), ("own", PASSPHRASE)):
        (tmp_path / name).write_text(words)
        given += ["--passphrase-file", tmp_path / name]
    assert "does not open this series" in run(*sheet, *given[:4], "--out", tmp_path / "s.png")[2]
    assert run(*sheet, *given, "--out", tmp_path / "s.png")[0] == 0


@pytest.mark.parametrize("content", [b"", b"\n", b"two\nlines\n", b"\xff\xfe bytes", b"x" * 5000])
def test_a_passphrase_file_holds_one_line(run, store, tmp_path, content):
    (tmp_path / "bad.txt").write_bytes(content)
    code, _, error = run(
        "qr", "series", "make", store, "--name", "S", "--actor", "Head", "--passphrase-file", tmp_path / "bad.txt"
    )
    assert code == 2
    assert "passphrase file" in error
    assert "xxxx" not in error


def test_an_examiner_makes_no_series_and_voids_nothing(run, store, series, ids, tmp_path):
    by = ("--actor", "Examiner")
    make = ("--name", "S", "--passphrase-file", tmp_path / "pass.txt")
    assert "may not make series" in run("qr", "series", "make", store, *make, *by)[2]
    assert "may not void IDs" in run("qr", "trace", store, ids[0], "--void", "lost", *by)[2]


def test_the_life_of_an_id_is_recorded_and_told(run, store, ids, tmp_path):
    by = ("--actor", "Examiner")
    step = ("--record", "retail", "--time", "2026-03-01T10:00:00+01:00", "--place", "Shop")
    assert run("qr", "trace", store, ids[0].lower(), *step, *by)[0] == 0
    (tmp_path / "steps.csv").write_text(f"id,stage,time,place\nT:{ids[0]},production,2026-03-02T10:00Z,Works\n")
    code, _, error = run("qr", "trace", store, "--csv", tmp_path / "steps.csv", *by)
    assert (code, "row 2" in error) == (2, True)
    (tmp_path / "steps.csv").write_text(f"id,stage,time,place\n{ids[0]},production,2026-03-02T10:00Z,Works\n")
    assert run("qr", "trace", store, "--csv", tmp_path / "steps.csv", *by)[0] == 0
    code, (answer,), _ = run("qr", "trace", store, f"T:{ids[0]}")
    assert (code, answer["state"], answer["product_id"]) == (0, "issued", ids[0])
    assert [each["step"]["time"] for each in answer["steps"]] == ["2026-03-01T09:00:00Z", "2026-03-02T10:00:00Z"]
    assert [each["source"] for each in answer["steps"]] == ["entered", "steps.csv"]
    assert "out of order" in [anomaly["key"] for anomaly in answer["anomalies"]]


def test_ids_and_series_are_voided(run, store, series, ids):
    by = ("--actor", "Head")
    assert run("qr", "trace", store, ids[0], ids[1], "--void", "stolen", *by)[1][0]["product_ids"] == ids[:2]
    answers = run("qr", "trace", store, *ids)[1]
    assert [answer["state"] for answer in answers] == ["voided", "voided", "issued"]
    assert run("qr", "trace", store, "--series", "Spring", "--void", "key lost", *by)[0] == 0
    assert run("qr", "trace", store, ids[2])[1][0]["state"] == "series voided"
    assert run("qr", "series", "show", store, "--series", "Spring")[1][0]["series_voided"] is True


@pytest.mark.parametrize(
    "arguments",
    [(), ("--void", "r"), ("A", "--series", "S"), ("A", "--csv", "f"), ("0" * 16, "--record", "retail")],
)
def test_what_was_not_said_is_asked_for(run, store, arguments):
    assert run("qr", "trace", store, *arguments, "--actor", "Head")[0] == 2


def test_an_unknown_id_has_no_record(run, store, series):
    code, (answer,), _ = run("qr", "trace", store, "0123456789ABCDEF")
    assert (code, answer["state"], answer["series"]) == (0, "no record", None)


def test_people_read_lines(store, series, ids, capsys):
    assert main(["qr", "series", "list", str(store)]) == 0
    assert main(["qr", "series", "show", str(store), "--series", "Spring"]) == 0
    assert main(["qr", "trace", str(store), ids[0]]) == 0
    out = capsys.readouterr().out
    assert f"{ids[0]}: issued" in out
    assert "a pattern of its own for every module" in out
