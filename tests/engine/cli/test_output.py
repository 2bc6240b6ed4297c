"""Results go to standard output, progress and errors to standard error, and foreign text steers nothing."""

import io
import json

import pytest

from engine.cli.output import Output, printable
from engine.core.errors import InputError


def test_json_is_one_object_a_line(capsys):
    output = Output(as_json=True)
    output.result({"name": "a\nb"}, "text")
    output.result({"name": "c"}, "text")
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["name"] for line in lines] == ["a\nb", "c"]


def test_text_is_printed_without_json(capsys):
    Output(as_json=False).result({"name": "a"}, "the text")
    assert capsys.readouterr().out == "the text\n"


def test_progress_never_reaches_standard_output_and_does_not_repeat(capsys):
    output = Output(as_json=True)
    for done in range(101):
        output.progress(done, 100, "Working")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 11


def test_an_error_names_what_where_and_remedy(capsys):
    Output(as_json=True).error(InputError("Too small", where="a.png", remedy="Scan again."))
    assert json.loads(capsys.readouterr().err) == {
        "error": {"what": "Too small", "where": "a.png", "remedy": "Scan again."}
    }


def test_control_characters_of_a_file_name_do_not_reach_the_terminal():
    assert printable("a\x1b[31mb") == "a\N{REPLACEMENT CHARACTER}[31mb"


def test_a_file_name_cannot_pass_for_a_line_of_its_own(capsys):
    Output(as_json=False).result({}, "refused a.png\nreport TS-1 issued", "second")
    assert capsys.readouterr().out.splitlines() == [
        "refused a.png\N{REPLACEMENT CHARACTER}report TS-1 issued",
        "second",
    ]


@pytest.mark.parametrize("as_json", [True, False])
def test_letters_that_the_terminal_lacks_are_shown_by_their_code_points(monkeypatch, as_json):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr("sys.stdout", stream)
    monkeypatch.setattr("sys.stderr", stream)
    output = Output(as_json=as_json)
    output.result({"name": "5 \N{MICRO SIGN}m \udcff"}, "5 \N{MICRO SIGN}m \udcff")
    output.error(InputError("Too small", where="\udcff\N{MICRO SIGN}.png"))
    result, error = stream.buffer.getvalue().decode("ascii").splitlines()
    if as_json:
        assert json.loads(result) == {"name": "5 \N{MICRO SIGN}m \udcff"}
        assert json.loads(error)["error"]["where"] == "\udcff\N{MICRO SIGN}.png"
    else:
        assert result == "5 \\xb5m \\ufffd"
        assert "\\ufffd\\xb5.png" in error


def test_no_letter_of_a_record_ends_a_line_of_json(capsys):
    Output(as_json=True).result({"name": "a\u2028b\x85c"}, "")
    assert len(capsys.readouterr().out.splitlines()) == 1
