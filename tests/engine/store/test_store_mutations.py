"""Any change of any file of a store is harmless or told of: no answer changes in silence, no event gets lost."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.core.errors import StoreError
from engine.core.records import sha256_hex
from engine.core.seeds import generator
from engine.jobs import JobContext
from engine.store import Store, segments, verify
from tests.engine.store.samples import administrator, fill, fill_codes, make_case

Files = dict[str, bytes]
ACTIONS = ("flip", "truncate", "swap", "delete", "edit", "cut", "append", "zero", "line", "old")


def answers(store: Store) -> dict[str, Callable[[], Any]]:
    """Return everything that can be asked, by name."""
    asked: dict[str, Callable[[], Any]] = {"events": store.events, "actors": store.actors, "cases": store.cases}
    for case in store.cases():
        for ask in (store.items, store.findings, store.opinions, store.reports, store.refusals, store.case_events):
            asked[f"{ask.__name__} {case.id}"] = partial(ask, case.id)
        asked[f"draft {case.id}"] = partial(store.draft, f"opinion-{case.id}")
        for item in store.items(case.id):
            asked[f"captures {item.id}"] = partial(store.captures, item.id)
            for capture in store.captures(item.id):
                asked[f"evidence {capture.id}"] = partial(_bytes, store, capture.sha256)
        for finding in store.findings(case.id):
            asked[f"rasters {finding.id}"] = partial(store.rasters, finding.id)
    for ask in (store.code_series, store.id_batches, store.life_batches, store.voidings, store.code_checks):
        asked[ask.__name__] = ask
    for series in store.code_series():
        asked[f"secret {series.sealed_sha256}"] = partial(store.secret, series.sealed_sha256)
        asked[f"id_batches {series.id}"] = partial(store.id_batches, series.id)
    for kind, batches in (("ids issued", store.id_batches()), ("steps recorded", store.life_batches())):
        for batch in batches:
            asked[f"tables {kind}/{batch.id}"] = partial(_tables, store, kind, batch.id)
    return asked


def _tables(store: Store, kind: str, key: str) -> dict[str, tuple[str, bytes]]:
    tables = store.tables(kind, key)
    return {name: (segments.form(table), table.tobytes()) for name, table in tables.items()}


def _bytes(store: Store, sha256: str) -> str:
    return sha256_hex(store.evidence(sha256).read_bytes())


def read_all(folder: Path) -> Files:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def restore(folder: Path, files: Files) -> None:
    for name in set(read_all(folder)) - set(files):
        (folder / name).unlink()
    for name, data in files.items():
        path = folder / name
        if not path.exists() or path.read_bytes() != data:
            path.write_bytes(data)


def mutate(folder: Path, files: Files, earlier: Files, rng: np.random.Generator) -> tuple[str, str]:
    """Change one file (or swap two) and return what was done, and to which file."""
    names = [*sorted(files), "ledger.jsonl", "ledger.jsonl", "HEAD"]  # those matter most
    name = names[int(rng.integers(len(names)))]
    path, data = folder / name, bytearray(files[name])
    action = ACTIONS[int(rng.integers(len(ACTIONS)))]
    place = int(rng.integers(max(1, len(data))))
    length = int(rng.integers(1, 600))
    if action == "flip" and data:
        data[place] ^= 1 << int(rng.integers(8))
    elif action == "truncate":
        del data[place:]
    elif action == "swap":
        other = sorted(files)[int(rng.integers(len(files)))]
        (folder / other).write_bytes(data)
        data = bytearray(files[other])
    elif action == "delete":
        path.unlink()
        return action, name
    elif action == "edit" and data:
        digits = [at for at, byte in enumerate(data) if chr(byte).isalnum()] or [0]
        at = digits[int(rng.integers(len(digits)))]
        data[at] = ord("7") if data[at] != ord("7") else ord("3")
    elif action == "cut":
        del data[place : place + length]
    elif action == "append":
        data += data[place : place + length] if rng.random() < 0.5 else rng.bytes(length)
    elif action == "zero":
        data[place : place + length] = bytes(len(data[place : place + length]))
    elif action == "line":
        lines = bytes(data).splitlines(keepends=True) or [b""]
        at, to = (int(number) for number in rng.integers(len(lines), size=2))
        lines[at], lines[to] = (lines[to], lines[at]) if rng.random() < 0.5 else (b"", lines[to])
        data = bytearray(b"".join(lines))
    elif action == "old":
        data = bytearray(earlier.get(name, bytes(data)))
    path.write_bytes(data)
    return action, name


def ask_all(asked: dict[str, Callable[[], Any]], truth: dict[str, Any]) -> tuple[int, list[str]]:
    """Return how many questions were refused, and those answered otherwise than the truth."""
    refused, changed = 0, []
    for name, ask in asked.items():
        try:
            if ask() != truth[name]:
                changed.append(name)
        except StoreError:
            refused += 1
    return refused, changed


class Trial:
    """A store whose true answers are known, to be changed again and again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        store = Store.create(folder, laboratory="Lab", location="Town", administrator="Keeper")
        fill(store)
        fill_codes(store)
        self.earlier = read_all(folder)
        fill(store)
        fill_codes(store, "Autumn")
        store.pyramid_path("0" * 64, 0).write_bytes(bytes(range(256)) * 40)
        self.files = read_all(folder)
        self.truth = {name: ask() for name, ask in answers(store).items()}

    def change_once(self, seed: int) -> tuple[str, str]:
        """Change a file; return what was done and the outcome: harmless, told of, or silent."""
        rng = generator(seed, "mutation")
        restore(self.folder, self.files)
        live = Store.open(self.folder) if rng.random() < 0.3 else None
        action, name = mutate(self.folder, self.files, self.earlier, rng)
        what = f"{action} {name}"
        if read_all(self.folder) == self.files:
            return what, "nothing changed"
        if live is not None and ask_all(answers_of(live, self.truth), self.truth)[1]:
            return what, "silent"
        found = verify(self.folder, JobContext())
        told = not found.ok or bool(found.notes)
        try:
            store = live or Store.open(self.folder)
            refused, changed = ask_all(answers_of(store, self.truth), self.truth)
            if (changed and not store.notes) or ((changed or refused) and not told):
                return what, "silent"
            store.commit(administrator(store), "case opened", make_case())
            kept = {event.hash for event in Store.open(self.folder).events()}
        except StoreError:
            return what, "told" if told else "silent"
        lost = [event for event in self.truth["events"] if event.hash not in kept]
        if lost and not told:
            return what, "silent"
        return what, "told" if told or refused else "harmless"


def answers_of(store: Store, truth: dict[str, Any]) -> dict[str, Callable[[], Any]]:
    """Ask a store by the identifiers known to be true, whatever it believes to hold."""
    asked: dict[str, Callable[[], Any]] = {}
    for name in truth:
        kind, _, key = name.partition(" ")
        if kind == "draft":
            asked[name] = partial(store.draft, f"opinion-{key}")
        elif kind == "evidence":
            asked[name] = partial(_capture_bytes, store, key)
        elif kind == "tables":
            asked[name] = partial(_tables, store, *key.split("/"))
        else:
            asked[name] = partial(getattr(store, kind), *([key] if key else []))
    return asked


def _capture_bytes(store: Store, capture_id: str) -> str:
    return _bytes(store, store.capture(capture_id).sha256)


def run(folder: Path, count: int) -> Counter[str]:
    trial = Trial(folder)
    outcomes: Counter[str] = Counter()
    by_file: Counter[str] = Counter()
    silent = []
    seed = -1
    while sum(outcomes.values()) < count:
        seed += 1
        what, outcome = trial.change_once(seed)
        if outcome == "nothing changed":
            continue
        outcomes[outcome] += 1
        top = what.split()[1].split("/")[0]
        by_file[f"{top}: {outcome}"] += 1
        if outcome == "silent":
            silent.append(f"{seed}: {what}")
    print(f"{count} changes: {dict(outcomes)}")
    print("\n".join(f"  {name} {number}" for name, number in sorted(by_file.items())))
    assert not silent, silent[:20]
    return outcomes


def test_some_changes_of_any_file_are_harmless_or_told_of(tmp_path: Path) -> None:
    outcomes = run(tmp_path / "lab", 200)
    assert outcomes["told"] > 100


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_five_thousand_changes_of_any_file_are_harmless_or_told_of(tmp_path: Path) -> None:
    outcomes = run(tmp_path / "lab", 5000)
    assert outcomes["told"] > 2500


def test_deleting_the_cache_changes_no_answer(tmp_path: Path) -> None:
    trial = Trial(tmp_path / "lab")
    for path in sorted((tmp_path / "lab" / "cache").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    (tmp_path / "lab" / "cache").rmdir()
    store = Store.open(tmp_path / "lab")
    assert ask_all(answers_of(store, trial.truth), trial.truth) == (0, [])
    assert not store.notes and verify(tmp_path / "lab", JobContext()).ok
