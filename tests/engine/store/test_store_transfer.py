"""Verify, rebuild, export, import and backup; foreign exports are hostile."""

import json
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.core.errors import Cancelled, InputError, StoreError
from engine.core.records import canonical_json, sha256_hex
from engine.jobs import JobContext
from engine.store import Destruction, Store, backup, export_store, import_store, rebuild, verify
from tests.engine.store.samples import administrator, fill, make_case

Files = dict[str, bytes]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store.create(tmp_path / "lab.touchstone", laboratory="Lab", location="Town", administrator="Keeper")
    fill(store)
    return store


def changed_export(store: Store, tmp_path: Path, change: Callable[[Files], None], *, manifest: bool = True) -> Path:
    """Export, let ``change`` edit the members, and write the zip again with a manifest that fits them."""
    export_store(store.path, tmp_path / "whole.zip")
    with zipfile.ZipFile(tmp_path / "whole.zip") as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    if manifest:
        values = json.loads(files.pop("manifest.json"))
        values["members"] = [
            {"name": name, "byte_size": len(data), "sha256": sha256_hex(data)} for name, data in files.items()
        ]
        files["manifest.json"] = canonical_json(values)
    with zipfile.ZipFile(tmp_path / "changed.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return tmp_path / "changed.zip"


def test_a_sound_store_verifies(store: Store) -> None:
    seen: list[str] = []
    found = verify(store.path, JobContext(lambda done, total, text: seen.append(text)))
    assert found.ok and not found.notes and not found.problems
    assert found.events == store.head.count and found.head == store.head
    assert len(seen) == found.events + 2


def test_verifying_can_be_cancelled(store: Store) -> None:
    context = JobContext()
    context.cancel()
    with pytest.raises(Cancelled):
        verify(store.path, context)


def test_verify_names_what_is_damaged(store: Store) -> None:
    evidence = sorted((store.path / "evidence").iterdir())
    (segment,) = (store.path / "segments").iterdir()
    evidence[0].write_bytes(b"other bytes")
    evidence[1].unlink()
    segment.write_bytes(segment.read_bytes()[:-1])
    (store.path / "drafts" / "drafts.json").unlink()
    (store.path / "notes.txt").write_text("mine")
    found = verify(store.path, JobContext())
    assert not found.ok
    text = "\n".join(f"{where}: {what}" for where, what, _ in found.problems)
    assert f"evidence/{evidence[0].name}: The original bytes are damaged (event" in text
    assert f"evidence/{evidence[1].stem}: The original bytes that event" in text
    assert "(finding made), segments/" in text and "A segment is damaged" in text
    assert [note.split(":")[0] for note in found.notes] == ["drafts/drafts.json", "notes.txt"]


def test_a_destroyed_file_that_is_still_there_is_found_and_rebuild_finishes_it(store: Store) -> None:
    path = sorted((store.path / "evidence").iterdir())[0]
    data = path.read_bytes()
    order = Destruction(sha256=path.stem, order="Order 1")
    store.commit(administrator(store), "evidence destroyed", order)
    assert verify(store.path, JobContext()).ok
    path.write_bytes(data)
    assert "destroyed by order" in verify(store.path, JobContext()).problems[0].what
    rebuild(store.path)
    assert verify(store.path, JobContext()).ok and not path.exists()


def test_rebuild_empties_the_cache_and_changes_no_answer(store: Store) -> None:
    before = store.events()
    store.pyramid_path("0" * 64, 0).write_bytes(b"tiles")
    part = store.path / "evidence" / f".{'0' * 32}.part"
    part.write_bytes(b"never finished")
    os.utime(part, (0, 0))
    done = rebuild(store.path)
    assert not (store.path / "cache").exists() and not part.exists() and len(done) == 2
    again = Store.open(store.path)
    assert again.events() == before
    assert rebuild(store.path) == ()


def test_rebuild_writes_a_lost_head_from_the_ledger_and_records_it(store: Store) -> None:
    before = store.events()
    (store.path / "HEAD").unlink()
    with pytest.raises(StoreError, match="HEAD is missing"):
        Store.open(store.path)
    assert "HEAD is missing" in verify(store.path, JobContext()).problems[0].what
    rebuild(store.path)
    again = Store.open(store.path)
    assert again.events()[:-1] == before and again.events()[-1].kind == "head restored"
    assert verify(store.path, JobContext()).ok


def test_rebuild_never_cuts_off_a_damaged_ledger(store: Store) -> None:
    ledger = store.path / "ledger.jsonl"
    lines = ledger.read_bytes().splitlines(keepends=True)
    for damaged in ([*lines[:-1], lines[-1].replace(b"1", b"2", 1)], [*lines[:3], *lines[4:]]):
        ledger.write_bytes(b"".join(damaged))
        (store.path / "HEAD").unlink(missing_ok=True)
        before = ledger.read_bytes()
        with pytest.raises(StoreError, match=r"damaged|not where it belongs"):
            rebuild(store.path)
        assert ledger.read_bytes() == before


def test_an_export_carries_everything_and_is_imported_elsewhere(store: Store, tmp_path: Path) -> None:
    manifest = export_store(store.path, tmp_path / "out.zip")
    assert manifest.head_hash == store.head.hash and len(manifest.members) == 5
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert archive.testzip() is None
        for member in manifest.members:
            assert sha256_hex(archive.read(member.name)) == member.sha256
    again = import_store(tmp_path / "out.zip", tmp_path / "copy.touchstone")
    assert again.events() == store.events()
    finding = store.findings(store.cases()[0].id)[0]
    assert again.rasters(finding.id) == store.rasters(finding.id)
    again.commit(administrator(again), "case opened", make_case())
    assert verify(again.path, JobContext()).ok


def test_equal_stores_give_equal_exports(store: Store, tmp_path: Path) -> None:
    for name in ("1.zip", "2.zip"):
        export_store(store.path, tmp_path / name)
    assert (tmp_path / "1.zip").read_bytes() == (tmp_path / "2.zip").read_bytes()


def test_a_damaged_store_is_not_exported_and_leaves_no_zip(store: Store, tmp_path: Path) -> None:
    path = sorted((store.path / "evidence").iterdir())[0]
    path.write_bytes(b"other")
    with pytest.raises(StoreError, match="damaged"):
        export_store(store.path, tmp_path / "out.zip")
    with pytest.raises(StoreError, match="damaged"):
        backup(store.path, tmp_path)
    path.unlink()
    with pytest.raises(StoreError, match="missing"):
        export_store(store.path, tmp_path / "out.zip")
    assert sorted(item.name for item in tmp_path.iterdir()) == ["lab.touchstone"]


def test_a_backup_is_a_whole_store_with_its_drafts(store: Store, tmp_path: Path) -> None:
    copy = Store.open(backup(store.path, tmp_path))
    assert copy.events() == store.events()
    case = store.cases()[0]
    assert copy.draft(f"opinion-{case.id}") == store.draft(f"opinion-{case.id}") is not None
    assert verify(copy.path, JobContext()).ok
    with pytest.raises(InputError, match="does not exist"):
        backup(store.path, tmp_path / "nowhere")


def test_exports_do_not_overwrite(store: Store, tmp_path: Path) -> None:
    (tmp_path / "out.zip").write_bytes(b"mine")
    with pytest.raises(InputError, match="something already"):
        export_store(store.path, tmp_path / "out.zip")
    export_store(store.path, tmp_path / "whole.zip")
    with pytest.raises(InputError, match="something already"):
        import_store(tmp_path / "whole.zip", store.path)


def _escape(files: Files) -> None:
    files["../evil.txt"] = b"out"


def _absolute(files: Files) -> None:
    files["/tmp/evil.txt"] = b"out"


def _stranger(files: Files) -> None:
    files["evidence/run.sh"] = b"#!"


def _draft(files: Files) -> None:
    files["drafts/drafts.json"] = b"{}"


def _lost_evidence(files: Files) -> None:
    del files[next(name for name in files if name.startswith("evidence/"))]


def _other_evidence(files: Files) -> None:
    files[next(name for name in files if name.startswith("evidence/"))] += b"x"


def _other_segment(files: Files) -> None:
    files[next(name for name in files if name.startswith("segments/"))] += b"x"


def _cut_ledger(files: Files) -> None:
    files["ledger.jsonl"] = files["ledger.jsonl"][:-300]


def _longer_ledger(files: Files) -> None:
    files["ledger.jsonl"] += b'{"beyond":1}\n'


def _no_head(files: Files) -> None:
    del files["HEAD"]


def _spoilt_head(files: Files) -> None:
    files["HEAD"] = b"0" * 4096 + files["HEAD"][4096:]


@pytest.mark.parametrize(
    "change",
    [
        _escape, _absolute, _stranger, _draft, _lost_evidence, _other_evidence, _other_segment, _cut_ledger,
        _longer_ledger, _no_head, _spoilt_head,
    ],
)  # fmt: skip
def test_a_foreign_export_that_is_not_whole_is_refused(
    store: Store, tmp_path: Path, change: Callable[[Files], None]
) -> None:
    source = changed_export(store, tmp_path, change)
    before = sorted(tmp_path.iterdir())
    with pytest.raises((InputError, StoreError)):
        import_store(source, tmp_path / "copy.touchstone")
    assert sorted(tmp_path.iterdir()) == before
    assert not Path("/tmp/evil.txt").exists()


def test_a_manifest_must_fit_its_zip(store: Store, tmp_path: Path) -> None:
    source = changed_export(store, tmp_path, _other_evidence, manifest=False)
    with pytest.raises(InputError, match="not what its manifest lists"):
        import_store(source, tmp_path / "copy.touchstone")
    shutil.copy(tmp_path / "whole.zip", tmp_path / "twice.zip")
    with zipfile.ZipFile(tmp_path / "twice.zip", "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("HEAD", archive.read("HEAD"))
    with pytest.raises(InputError, match="not what its manifest lists"):
        import_store(tmp_path / "twice.zip", tmp_path / "copy.touchstone")


def test_what_is_no_zip_or_claims_too_much_is_refused(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "text.zip").write_bytes(b"no zip")
    with pytest.raises(InputError, match="no export"):
        import_store(tmp_path / "text.zip", tmp_path / "copy.touchstone")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("a", b"b")
    with pytest.raises(InputError, match="no manifest"):
        import_store(tmp_path / "other.zip", tmp_path / "copy.touchstone")
    export_store(store.path, tmp_path / "whole.zip")
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=100))
    with pytest.raises(InputError, match="more than there is room for"):
        import_store(tmp_path / "whole.zip", tmp_path / "copy.touchstone")


def test_a_cut_or_flipped_zip_is_refused(store: Store, tmp_path: Path) -> None:
    export_store(store.path, tmp_path / "whole.zip")
    data = (tmp_path / "whole.zip").read_bytes()
    source = tmp_path / "changed.zip"
    for place in range(0, len(data), len(data) // 40):
        for spoilt in (data[:place], data[:place] + bytes([data[place] ^ 8]) + data[place + 1 :]):
            source.write_bytes(spoilt)
            try:
                again = import_store(source, tmp_path / "copy.touchstone")
            except (InputError, StoreError):
                assert not (tmp_path / "copy.touchstone").exists()
            else:  # a date or an attribute of the zip's directory: nothing of the store
                assert again.events() == store.events() and verify(again.path, JobContext()).ok
                shutil.rmtree(again.path)


@pytest.mark.parametrize("look", [Store.open, rebuild, lambda path: verify(path, JobContext())])
def test_a_folder_that_is_no_store_is_told_and_left_as_it_was(tmp_path: Path, look: Callable[[Path], object]) -> None:
    (tmp_path / "letters").mkdir()
    for path in (tmp_path / "letters", tmp_path / "nothing", tmp_path / ("long" * 100)):
        with pytest.raises(StoreError):
            look(path)
    assert [path.name for path in tmp_path.rglob("*")] == ["letters"]


def test_rebuild_says_that_the_ledger_is_missing(store: Store) -> None:
    (store.path / "ledger.jsonl").unlink()
    with pytest.raises(StoreError, match="missing"):
        rebuild(store.path)


def test_verify_names_evidence_that_cannot_be_read_and_goes_on(store: Store) -> None:
    first, second = sorted((store.path / "evidence").iterdir())[:2]
    second.write_bytes(b"other")
    first.unlink()
    first.mkdir()
    assert [problem.where for problem in verify(store.path, JobContext()).problems] == [
        f"evidence/{first.name}",
        f"evidence/{second.name}",
    ]
