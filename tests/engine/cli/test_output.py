"""Results go to standard output, progress and errors to standard error, and foreign text steers nothing."""

import json

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
    assert printable("a\x1b[31mb\tc\n") == "a\N{REPLACEMENT CHARACTER}[31mb\tc\n"
