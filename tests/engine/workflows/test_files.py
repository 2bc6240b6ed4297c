"""A folder that a person names is made, or refused before anything is worked on."""

import errno
import tempfile

import pytest

from engine.core.errors import InputError
from engine.workflows.files import made_folder


def test_a_folder_is_made_and_stays_as_it_is(tmp_path):
    made = made_folder(tmp_path / "a" / "b")
    assert made == (tmp_path / "a" / "b").resolve()
    (made / "kept").write_bytes(b"kept")
    assert made_folder(made) == made
    assert [path.name for path in made.iterdir()] == ["kept"]


def test_what_is_no_folder_or_takes_no_file_is_refused(tmp_path, monkeypatch):
    (tmp_path / "file").write_bytes(b"kept")
    for path in (tmp_path / "file", tmp_path / "file" / "in"):
        with pytest.raises(InputError, match="Nothing can be written") as caught:
            made_folder(path)
        assert caught.value.where == str(path)

    def read_only(**_):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(tempfile, "TemporaryFile", read_only)
    with pytest.raises(InputError, match="Read-only file system"):
        made_folder(tmp_path)
