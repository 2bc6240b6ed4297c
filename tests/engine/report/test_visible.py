import pytest

from engine.report.visible import BREAK, collapsed, lines, moment, number, short, unit, visible


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "not measured"),
        (0.0, "0"),
        (0.91342, "0.9134"),
        (-0.21354, "\u22120.2135"),
        (1.0, "1.000"),
        (20, "20"),
        (17.466, "17.47"),
        (12345.678, "12346"),
        (123456.0, "123456"),
        (0.00012345, "0.0001234"),
        (1.5e-9, "1.500e\u221209"),
        (2.5e9, "2.500e+09"),
    ],
)
def test_numbers_have_four_significant_digits(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (1e-6, "0.000001"),
        (0.5, "0.5"),
        (-0.25, "\u22120.25"),
        (2.0, "2"),
        (100, "100"),
        (1234, "1234"),
        (51.13, "51.1"),
        (3e7, "3e+07"),
    ],
)
def test_labels_have_no_more_digits_than_they_need(value, text):
    assert short(value) == text


def test_hidden_characters_are_shown_by_their_code_points():
    shown = visible("a\x00b \u202ec \u200bd \ue000 \u2028")
    assert shown == "a[U+0000]b [U+202E]c [U+200B]d [U+E000] [U+2028]"
    assert visible("\U0001f600", frozenset("\U0001f600")) == "[U+1F600]"
    assert visible("one\r\ntwo\tthree\rfour") == "one\ntwo three[U+000D]four"


def test_long_runs_may_break_and_short_ones_stay_whole():
    assert visible("finding-0000000000000001") == "finding-0000000000000001"
    assert visible("x" * 33) == "x" * 16 + BREAK + "x" * 16 + BREAK + "x"
    assert visible("x" * 33 + " y").endswith("x y")


def test_the_micrometre_is_printed_with_its_sign():
    assert unit("um") == "\u00b5m"
    assert unit("1/um") == "1/\u00b5m"
    assert unit("number") == "number"


def test_moments_are_printed_to_the_second_and_other_text_stays():
    assert moment("2026-03-01T09:30:00.123456Z") == "2026-03-01 09:30:00 UTC"
    assert moment("2026-03-01T09:30:00Z") == "2026-03-01 09:30:00 UTC"
    assert moment("last week") == "last week"


def test_collapsed_text_has_neither_blanks_nor_breaks():
    assert collapsed("a b\u00a0c\n" + BREAK + "\ufb01") == "abcfi"


def test_only_line_feeds_end_lines():
    assert lines("a\r\nb\n\nc\u2028d\x0be") == ["a", "b", "", "c\u2028d\x0be"]
