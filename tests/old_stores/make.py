"""Make the store that a schema leaves behind for its successors: ``python -m tests.old_stores.make``, once a schema.

Writes ``schema-N.zip`` (the folder as it lies on the disk) and ``schema-N.json`` (what the store must answer for ever).
Neither is ever made again: a store of an old schema cannot be made by a newer program.
"""

import json
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from engine.core.case import Actor, IssuedReport, Refusal, Role
from engine.core.records import new_id
from engine.store import Destruction, Store
from engine.store.kinds import SCHEMA
from tests.engine.store.samples import administrator, fill, take_in

HERE = Path(__file__).parent


def answers(store: Store) -> dict[str, Any]:
    """Return what the store answers, as plain JSON."""
    (case,) = store.cases()
    (finding,) = store.findings(case.id)
    items = store.items(case.id)
    captures = [capture for item in items for capture in store.captures(item.id)]
    destroyed = {event.payload["record"]["sha256"] for event in store.events() if event.kind == "evidence destroyed"}
    return {
        "laboratory": store.laboratory,
        "location": store.location,
        "head": [store.head.count, store.head.hash],
        "events": [event.to_json() for event in store.events()],
        "records": [
            record.to_json()
            for records in (
                store.actors(),
                store.cases(),
                items,
                captures,
                store.findings(case.id),
                store.opinions(case.id),
                store.reports(case.id),
                store.refusals(case.id),
            )
            for record in records
        ],
        "evidence": [store.evidence(each.sha256).read_text() for each in captures if each.sha256 not in destroyed],
        "rasters": {
            key: [list(raster.values.shape), raster.sha256, raster.values.ravel()[:3].tolist()]
            for key, raster in store.rasters(finding.id).items()
        },
        "draft": store.draft(f"opinion-{case.id}"),
    }


def main() -> int:
    """Make the store of the present schema, unless it is there."""
    target = HERE / f"schema-{SCHEMA}.zip"
    if target.exists():
        print(f"{target.name} is there already and stays as it is", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "old.touchstone"
        store = Store.create(path, laboratory="Label Laboratory", location="Harbour Street 1", administrator="Keeper")
        case, _ = fill(store)
        actor = administrator(store)
        store.commit(actor, "actor added", Actor(id=new_id("actor"), name="An examiner", role=Role.EXAMINER))
        store.commit(actor, "file refused", Refusal(file_name="Scan Ä.tif", reason="cut off"), case_id=case.id)
        spare = take_in(store, store.items(case.id)[0], b"to be destroyed", "spare.png")
        store.commit(actor, "evidence destroyed", Destruction(sha256=spare.sha256, order="Order 7"), case_id=case.id)
        pdf = store.add_evidence(b"%PDF-", ".pdf")
        report = IssuedReport(
            id=new_id("report"),
            case_id=case.id,
            number="2026-1",
            pdf_sha256=pdf,
            manifest_sha256="0" * 64,
            head_sequence=store.head.sequence,
            head_hash=store.head.hash,
        )
        store.commit(actor, "report issued", report)
        (path / "lock").unlink()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in sorted(path.rglob("*")):
                archive.write(file, file.relative_to(path))
        target.with_suffix(".json").write_text(json.dumps(answers(store), indent=1, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
