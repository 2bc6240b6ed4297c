"""Drafts are kept twice: no damage to one file loses one."""

from pathlib import Path

import pytest

from engine.core.errors import InputError, StoreError
from engine.core.records import canonical_json, sha256_hex
from engine.store.disk import Disk
from engine.store.drafts import FILES, Drafts


@pytest.fixture
def drafts(tmp_path: Path) -> Drafts:
    return Drafts(tmp_path, Disk())


def test_the_last_save_counts_until_the_draft_is_discarded(drafts: Drafts) -> None:
    assert drafts.read("a") is None
    drafts.discard("a")
    drafts.save("a", {"text": "one"})
    drafts.save("b", {"text": "two", "list": [1, None]})
    drafts.save("a", {"text": "three"})
    assert drafts.read("a") == {"text": "three"} and drafts.read("b") == {"text": "two", "list": [1, None]}
    drafts.discard("a")
    assert drafts.read("a") is None and drafts.read("b") is not None


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("spoilt", [b"", b"{}", b"[]", b"\xff", b'{"check":"x","drafts":{},"number":9}', None])
def test_one_damaged_file_changes_nothing_and_is_written_anew(
    drafts: Drafts, tmp_path: Path, name: str, spoilt: bytes | None
) -> None:
    drafts.save("a", {"text": "one"})
    path = tmp_path / name
    path.unlink() if spoilt is None else path.write_bytes(spoilt)
    assert drafts.damaged() == (name,)
    assert drafts.read("a") == {"text": "one"}
    drafts.save("b", {"text": "two"})
    assert drafts.damaged() == () and drafts.read("a") == {"text": "one"}


def test_an_older_file_does_not_count(drafts: Drafts, tmp_path: Path) -> None:
    drafts.save("a", {"text": "one"})
    before = (tmp_path / FILES[0]).read_bytes()
    drafts.save("a", {"text": "two"})
    for name in FILES:
        now = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(before)
        assert drafts.read("a") == {"text": "two"}
        (tmp_path / name).write_bytes(now)


def test_two_damaged_files_are_told_of_until_a_draft_is_discarded(drafts: Drafts, tmp_path: Path) -> None:
    drafts.save("a", {"text": "one"})
    for name in FILES:
        (tmp_path / name).write_bytes(b"x")
    with pytest.raises(StoreError, match="Both copies"):
        drafts.read("a")
    with pytest.raises(StoreError, match="Both copies"):
        drafts.save("a", {})
    drafts.discard("a")
    assert drafts.read("a") is None and drafts.damaged() == ()


def test_only_json_is_a_draft(drafts: Drafts) -> None:
    with pytest.raises(InputError, match="no JSON"):
        drafts.save("a", {"x": float("nan")})


@pytest.mark.parametrize(("number", "foreign"), [("9", {}), (9, []), (9, {"a": "text"}), (True, {}), (None, {})])
def test_drafts_of_another_shape_are_damage_whatever_their_check_says(
    drafts: Drafts, tmp_path: Path, number: object, foreign: object
) -> None:
    values = {"drafts": foreign, "number": number}
    data = canonical_json({**values, "check": sha256_hex(canonical_json(values))})
    for name in FILES:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(StoreError, match="damaged"):
        drafts.read("a")
