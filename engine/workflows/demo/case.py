"""The demonstration store: a small case on simulated captures.

It is the same on every machine but for its identifiers, and for the codes that say them.
"""

import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path

from engine.core.case import Actor, Case, Device, Item, Role, Standing
from engine.core.errors import InputError
from engine.jobs import JobContext, scratch_folder
from engine.store import Store
from engine.workflows.captures import intake
from engine.workflows.cases import add_actor, add_item, open_case
from engine.workflows.demo.codes import add_codes, write_tiff
from engine.workflows.demo.labels import add_labels
from engine.workflows.findings import compare

SEED = 20_261
PAYLOAD = "TOUCHSTONE-DEMONSTRATION-0001"
STEPS = 7  # of the progress
LABORATORY = "Demonstration laboratory"


@dataclass(frozen=True)
class _Exhibit:
    """An item of the demonstration and its one capture."""

    name: str
    standing: Standing
    condition: str
    file_name: str
    device: Device


REFERENCE = _Exhibit(
    "K1 reference print", Standing.KNOWN, "Simulated laser print of a code.", "K1-scanner.tif", Device.SCANNER
)
FIELD = _Exhibit(
    "Q1 fragment",
    Standing.QUESTIONED,
    "Simulated fragment under the microscope.",
    "Q1-microscope.tif",
    Device.MICROSCOPE,
)
REPRINT = _Exhibit(
    "Q2 label", Standing.QUESTIONED, "Simulated label found on a product.", "Q2-scanner.tif", Device.SCANNER
)


def demo_store(folder: Path, context: JobContext) -> Store:
    """Open the demonstration store in a folder; make it first where there is none. Another store is left alone."""
    if not folder.exists():
        return make_demo(folder, context)
    store = Store.open(folder)
    if store.laboratory != LABORATORY:
        store.close()
        raise InputError("This is not the demonstration store", where=str(folder), remedy="Name a new folder.")
    return store


def make_demo(folder: Path, context: JobContext) -> Store:
    """Create the demonstration store in a new folder and return it open; cancelled or failed work leaves none.

    One code is printed and scanned (K1). Q1 is a microscope view of that very print, Q2 the scan of a copy of it.
    Both are compared with K1. Q3 and Q4 are an authentic and a copied code of a series, checked by the operating point
    of its press. Q5 is a micro-pattern label of a small library, Q6 a counterfeit of it, K2 a field of the library.
    The opinion is left to the person.
    """
    if folder.exists():
        raise InputError("The folder exists already", where=str(folder), remedy="Name a new one, or open it.")
    partial = folder.absolute().with_name(f".{folder.name}-{uuid.uuid4().hex}.part")
    with scratch_folder() as scratch:
        _write_captures(Path(scratch), context)
        try:
            with Store.create(
                partial, laboratory=LABORATORY, location="This computer", administrator="Administrator"
            ) as store:
                _fill(store, Path(scratch), context)
            partial.rename(folder)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
    return Store.open(folder)


def _fill(store: Store, files: Path, context: JobContext) -> None:
    administrator = store.actors()[0]
    examiner = add_actor(store, administrator, "Examiner", Role.EXAMINER)
    add_actor(store, administrator, "Verifier", Role.VERIFIER)
    case = open_case(
        store,
        examiner,
        "Printed codes and micro-pattern labels",
        reference="DEMO-1",
        customer="Demonstration",
        note="All captures are simulated.",
    )
    captures = {}
    for number, exhibit in enumerate((REFERENCE, FIELD, REPRINT)):
        item = _item(store, examiner, case, exhibit)
        part = context.part(number, STEPS, f"Taking in {exhibit.file_name}")
        report = intake(
            store, examiner, case.id, item.id, [files / exhibit.file_name], device=exhibit.device, context=part
        )
        captures[exhibit.name] = report.captures[0].id
    for step, exhibit in enumerate((FIELD, REPRINT)):
        part = context.part(3 + step, STEPS, f"Comparing {exhibit.name} with {REFERENCE.name}")
        compare(store, examiner, case.id, captures[exhibit.name], captures[REFERENCE.name], context=part)
    add_codes(store, administrator, examiner, case, files, context.part(5, STEPS))
    add_labels(store, examiner, case, files, context.part(6, STEPS))
    context.progress(STEPS, STEPS, "")


def _item(store: Store, actor: Actor, case: Case, exhibit: _Exhibit) -> Item:
    return add_item(store, actor, case.id, exhibit.name, exhibit.standing, condition=exhibit.condition, simulated=True)


def _write_captures(folder: Path, context: JobContext) -> None:
    """Simulate the three captures and write them as TIFF files that state their scale."""
    from engine.simulation.channel import copied, scan
    from engine.simulation.codes import QrCode
    from engine.simulation.microscope import microscope
    from engine.simulation.printing import Print

    context.progress(0, STEPS, "Simulating the captures")
    design = QrCode(payload=PAYLOAD, version=3).design()
    piece = Print(design, seed=SEED)
    width, height = design.size_um
    views = {
        REFERENCE: scan(piece, seed=SEED + 1),
        FIELD: microscope(piece, (0.45 * width, 0.55 * height), seed=SEED + 2, rotation_deg=23.0),
        REPRINT: scan(copied(piece, 1, seed=SEED + 3), seed=SEED + 4),
    }
    for exhibit, view in views.items():
        context.check_cancelled()
        write_tiff(folder / exhibit.file_name, view.pixels, view.um_per_px)
