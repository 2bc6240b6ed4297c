"""Stores of every schema that was ever in use keep opening, and keep answering as they did."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from engine.jobs import JobContext
from engine.store import Store, backup, export_store, import_store, verify
from engine.store.kinds import SCHEMA
from tests.engine.store.samples import administrator, make_case
from tests.old_stores.make import answers

STORES = sorted(Path(__file__).parent.glob("schema-*.zip"))


def holds(found: Any, expected: Any) -> None:
    """Assert that what was answered then is answered now; fields that records have gained since may stand beside it."""
    if isinstance(expected, dict):
        for key, value in expected.items():
            holds(found[key], value)
    elif isinstance(expected, list):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            holds(one, other)
    else:
        assert found == expected


def test_every_schema_left_a_store() -> None:
    assert [path.stem for path in STORES] == [f"schema-{number}" for number in range(1, SCHEMA + 1)]


@pytest.mark.parametrize("kept", STORES, ids=lambda path: path.stem)
def test_an_old_store_answers_as_it_did(kept: Path, tmp_path: Path) -> None:
    path = tmp_path / "old.touchstone"
    with zipfile.ZipFile(kept) as archive:
        archive.extractall(path)
    expected = json.loads(kept.with_suffix(".json").read_text())
    holds(answers(Store.open(path, read_only=True)), expected)
    found = verify(path, JobContext())
    assert found.ok and not found.notes
    export_store(path, tmp_path / "out.zip")
    imported = import_store(tmp_path / "out.zip", tmp_path / "imported.touchstone")
    copied = Store.open(backup(path, tmp_path))
    for store in (Store.open(path), imported, copied):
        assert [event.to_json() for event in store.events()] == expected["events"]
        store.commit(administrator(store), "case opened", make_case())
        assert verify(store.path, JobContext()).ok
