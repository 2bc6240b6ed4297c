"""The micro-pattern labels of the demonstration: a small library, a field of it, a genuine label and a counterfeit."""

from pathlib import Path

from engine.core.case import Actor, Capture, Case, Device, Role, Standing
from engine.core.method import Pixels
from engine.jobs import JobContext
from engine.store import Store
from engine.workflows.captures import intake
from engine.workflows.cases import add_item
from engine.workflows.demo.codes import write_tiff
from engine.workflows.labels.enrolment import enrol_fields
from engine.workflows.labels.findings import identify_capture
from engine.workflows.labels.library import make_library
from engine.workflows.labels.recogniser import Recogniser

LIBRARY = "Demonstration labels"
NOTE = "Three simulated fields of twelve labels each."
FIELDS = 3
SEED = 40_000_000  # films that no network was trained, tuned or tested on
LABEL = 6  # of the first field, from 0: the questioned one
SINGLE_PX = 560
GENUINE_ROTATION_DEG, COUNTERFEIT_ROTATION_DEG = 114.0, 51.0
MARGIN_UM = 58.0  # of film around a single label: the corners of its capture show film as well
FIELD = ("K2 field", "Simulated microscope field of twelve labels, as it was enrolled.", "K2-field.tif")
GENUINE = ("Q5 label", "Simulated label taken off a product.", "Q5-microscope.tif")
COUNTERFEIT = ("Q6 label", "Simulated counterfeit: the same glyph etched into another film.", "Q6-microscope.tif")
STEPS = 5  # of the progress


def add_labels(store: Store, examiner: Actor, case: Case, files: Path, context: JobContext) -> None:
    """Add a library of labels to a store, and to its case a field of it and two questioned labels, identified."""
    producer = next(actor for actor in store.actors() if actor.role is Role.PRODUCER)
    context.progress(0, STEPS, "Simulating micro-pattern labels")
    fields = _write_captures(files, context.part(0, STEPS))
    library = make_library(store, producer, LIBRARY, note=NOTE, simulated=True)
    with Recogniser() as recogniser:
        part = context.part(1, STEPS, "Enrolling labels")
        enrol_fields(store, producer, library.id, fields, recogniser=recogniser, context=part)
        _take_in(store, examiner, case, FIELD, Standing.KNOWN, files, context.part(2, STEPS))
        for number, exhibit in enumerate((GENUINE, COUNTERFEIT)):
            part = context.part(3 + number, STEPS, f"Identifying {exhibit[0]}")
            capture = _take_in(store, examiner, case, exhibit, Standing.QUESTIONED, files, part.part(0, 2))
            identify_capture(
                store, examiner, case.id, capture.id, library.id, recogniser=recogniser, context=part.part(1, 2)
            )


def _take_in(
    store: Store,
    examiner: Actor,
    case: Case,
    exhibit: tuple[str, str, str],
    standing: Standing,
    files: Path,
    context: JobContext,
) -> Capture:
    name, condition, file_name = exhibit
    item = add_item(store, examiner, case.id, name, standing, condition=condition, simulated=True)
    return intake(
        store, examiner, case.id, item.id, [files / file_name], device=Device.MICROSCOPE, context=context
    ).captures[0]  # fmt: skip


def _write_captures(folder: Path, context: JobContext) -> list[Path]:
    """Simulate the fields, of which the first one is also the case's, and both questioned labels; return the fields."""
    from engine.simulation.film import UM_PER_PX, label_film
    from engine.simulation.fluorescence import MIDDLE, fluorescence, placing
    from engine.simulation.label_fields import COLUMNS, PITCH_UM, ROWS, label_field

    def write(name: str, pixels: Pixels) -> Path:
        write_tiff(folder / name, pixels, UM_PER_PX)
        return folder / name

    paths = []
    for number in range(FIELDS):
        context.check_cancelled()
        context.progress(number, FIELDS + 1)
        field = label_field(SEED + number, MIDDLE)
        paths.append(write(f"field-{number + 1}.tif" if number else FIELD[2], field.pixels))
        if number:
            continue
        row, column = divmod(LABEL, COLUMNS)
        away = ((column - (COLUMNS - 1) / 2) * PITCH_UM, (row - (ROWS - 1) / 2) * PITCH_UM)
        view = placing(
            field.film, width=SINGLE_PX, height=SINGLE_PX, rotation_deg=GENUINE_ROTATION_DEG, shift_um=away
        )  # fmt: skip
        write(GENUINE[2], fluorescence(field.film, view, MIDDLE, seed=SEED + 10))
        other = label_film(SEED + 20, field.film.labels[LABEL][0], margin_um=MARGIN_UM)
        view = placing(other, width=SINGLE_PX, height=SINGLE_PX, rotation_deg=COUNTERFEIT_ROTATION_DEG)
        write(COUNTERFEIT[2], fluorescence(other, view, MIDDLE, seed=SEED + 21))
    return paths
