"""Tables from CSV files: bounded, and every entry is text."""

import pytest

from engine.core.errors import InputError
from engine.workflows import tables
from engine.workflows.tables import read_table


@pytest.fixture
def read(tmp_path):
    def _read(data: bytes):
        path = tmp_path / "table.csv"
        path.write_bytes(data)
        return read_table(path)

    return _read


@pytest.mark.parametrize("delimiter", [b",", b";", b"\t"])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_tables_of_every_habit_are_read(read, delimiter, start, end):
    lines = [b"lot|article", b'"A|1"|"say ""a"""', b"", b"=cmd()|\xc3\xbc", b"@x|"]
    table = read(start + end.join(lines).replace(b"|", delimiter) + end)
    assert table.columns == ("lot", "article")
    assert table.rows == ((f"A{delimiter.decode()}1", 'say "a"'), ("=cmd()", "\u00fc"), ("@x", ""))
    assert table.row(1) == {"lot": "=cmd()", "article": "\u00fc"}
    assert len(table) == 3


def test_an_entry_may_run_over_lines(read):
    assert read(b'a,b\n"x\ny",z\n').rows == (("x\ny", "z"),)


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (b"", "name every column"),
        (b"\n\n", "name every column"),
        (b"a,,b\n1,2,3\n", "name every column"),
        (b"a,A \n1,2\n", "same name"),
        (b"a,b\n", "no rows"),
        (b"a,b\n1,2\n3\n", "row 3.*1 entries"),
        (b"a,b\n1,2,3\n", "row 2.*3 entries"),
        (b"a\nx\0y\n", "zero character"),
        (b"a\n" + b"x" * 10_001 + b"\n", "over 10000 letters"),
        (b"a\n" + b"x" * 200_000 + b"\n", "no CSV"),
        (b",".join(b"%d" % at for at in range(70)) + b"\n", "over 64 entries"),
        (b'a\n"open', "no CSV"),
        (b'a\n"x"y\n', "no CSV"),
        (b"a\n1\nb\xff\n", "line 3.*no UTF-8"),
        ("a\n1\n".encode("utf-16"), "no UTF-8"),
    ],
)
def test_what_is_no_table_is_refused_by_row(read, data, match):
    with pytest.raises(InputError, match=match):
        read(data)


def test_tables_have_limits(read, tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "ROWS_LIMIT", 3)
    assert len(read(b"a\n1\n2\n3\n")) == 3
    with pytest.raises(InputError, match="more than 3 rows"):
        read(b"a\n1\n2\n3\n4\n")
    monkeypatch.setattr(tables, "BYTES_LIMIT", 1 << 20)
    with pytest.raises(InputError, match="more than 1 MiB"):
        read(b"a\n" + b"1\n" * (1 << 19))
    with pytest.raises(InputError, match="cannot be read"):
        read_table(tmp_path / "absent.csv")
    with pytest.raises(InputError, match="cannot be read"):
        read_table(tmp_path)
