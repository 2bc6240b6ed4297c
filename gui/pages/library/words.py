"""Labels and libraries in words."""

from typing import TYPE_CHECKING

from engine.core.library import Library, label_name
from engine.workflows.labels.library import LibraryOverview
from engine.workflows.labels.library_index import IndexInfo, IndexState, IndexTest
from engine.workflows.labels.recogniser import ModelFacts
from engine.workflows.labels.shelf import Shelf
from gui.widgets.histogram import Scores
from gui.widgets.operating import rate_text
from gui.widgets.text import Meaning
from gui.widgets.units import TIMES, byte_size, count, time_text

if TYPE_CHECKING:
    from engine.workflows.labels.enrolment import EnrolReport, FieldEnrolled
    from engine.workflows.labels.identification import Identification, LabelHit

FOUND = "found"
STEPS = ("decode", "find", "embed", "search", "match")  # of an identification, as they follow one another


def labels_text(number: int) -> str:
    """Return how many labels there are, in words."""
    return f"{number:,} label{'' if number == 1 else 's'}"


def told(shelf: Shelf, row: int) -> str:
    """Return what stands below a label's number in the gallery."""
    name = shelf.class_name(int(shelf.table.classes[row]))
    return f"{name}, withdrawn" if shelf.table.withdrawn[row] else name


def label_rows(shelf: Shelf, row: int) -> tuple[tuple[str, str], ...]:
    """Return all that is told of one label, as rows of title and value."""
    table, number = shelf.table, int(shelf.table.numbers[row])
    batch = shelf.batches[table.batch[row]]
    time, actor = shelf.enrolled[batch.id]
    return (
        ("Label", label_name(number)),
        ("Pattern class", shelf.class_name(int(table.classes[row]))),
        ("State", f"withdrawn: {shelf.reasons[number]}" if number in shelf.reasons else "enrolled"),
        ("Field", shelf.file_name(row)),
        ("Place", f"row {table.row[row] + 1}, column {table.column[row] + 1}"),
        ("Enrolled", time_text(time)),
        ("By", actor),
        ("Focus", f"{table.quality[row]:.4g} (higher = sharper)"),
    )


def library_rows(overview: LibraryOverview, model: ModelFacts | None) -> tuple[tuple[str, str], ...]:
    """Return what may be told of a library, as rows of title and value."""
    library = overview.library
    rows = [
        ("Labels", f"{overview.labels:,}"),
        ("Withdrawn", f"{overview.withdrawn:,}"),
        ("Batches", f"{len(overview.batches):,}"),
        ("Field", f"{library.columns} {TIMES} {library.rows} labels"),
        ("Data", "simulated" if library.simulated else "a laboratory's own"),
        ("Embedded with", ", ".join(key[:12] for key in overview.embedder_keys) or "different weights"),
    ]
    if model is not None:
        rows.append(("This program's", f"{model.key[:12]} ({model.profile})"))
    if library.note:
        rows.append(("Note", library.note))
    return tuple(rows)


def index_text(overview: LibraryOverview, model: ModelFacts | None) -> tuple[str, str]:
    """Return how a library is searched in a word or two, and what is wrong with that."""
    if not overview.labels:
        return "no labels", ""
    if not overview.embedder_keys or (model is not None and model.key not in overview.embedder_keys):
        return "other weights", (
            "The labels are embedded with other weights than those of this program, and are never compared with them. "
            "Embed them again."
        )
    status = overview.index
    if status.state is IndexState.EXACT:
        return "not needed", ""
    if status.state is IndexState.READY:
        return "ready", ""
    return status.state.value, "Until an index is built every label is compared, which takes longer."


def index_lines(info: IndexInfo) -> tuple[str, ...]:
    """Return what an index came to."""
    return (
        f"{info.count:,} labels, {info.kind}",
        *((f"{info.lists:,} lists, {info.first} to {info.probes} looked into for a label",) if info.lists else ()),
        f"In memory {byte_size(info.resident_bytes)}, codes {byte_size(info.code_bytes)}; vectors mapped from the disk "
        f"{byte_size(info.mapped_bytes)}",
        f"Built in {info.seconds:.1f} s",
    )


def test_lines(found: IndexTest) -> tuple[str, ...]:
    """Return how an index compares with an exact search."""
    lines = [f"The same label first: {rate_text(found.recall)}"]
    if found.decisions is not None:
        lines.append(f"The same answer at the threshold: {rate_text(found.decisions)}")
    lines.append(f"Compared with an exact search, {count(found.k, 'hit')} for each label")
    return tuple(lines)


def field_row(field: "FieldEnrolled", single: bool) -> tuple[str, str, str]:
    """Return file, labels, and what is missing or wrong of an image that was checked."""
    if field.reason:
        return field.file_name, "0", field.reason
    places = len(field.places)
    found = f"{field.found}" if single else f"{field.found} of {places}"
    return field.file_name, found, "; ".join([*missing(field), *field.cautions])


def missing(field: "FieldEnrolled") -> tuple[str, ...]:
    """Return the places of a field without a label that could be enrolled, each with what is wrong there."""
    return tuple(
        f"row {place.row + 1}, column {place.column + 1}: {place.state.value}"
        for place in field.places
        if place.state.value != FOUND
    )


def report_lines(report: "EnrolReport", library: Library) -> tuple[str, ...]:
    """Return what an enrolment came to, line by line."""
    if not report.batches:
        lines = [f"No label was enrolled in {library.name}."]
    else:
        first, last = report.batches[0].first_number, report.batches[-1].numbers[-1]
        lines = [f"{labels_text(report.labels)} enrolled in {library.name}: {label_name(first)} to {last:06d}."]
    for field in report.fields:
        said = [field.reason] if field.reason else [*missing(field), *field.cautions]
        lines += [f"{field.file_name}: {text}" for text in said if text]
    return tuple(lines)


def place_text(found: "Identification") -> str:
    """Return which label of a field was questioned, and what was found."""
    where = "The label" if found.row is None else f"Row {found.row + 1}, column {(found.column or 0) + 1}"
    best = f"{label_name(found.hits[0].number)}, {found.hits[0].similarity:.3f}" if found.hits else "nothing"
    return f"{where}: {best}"


def answer(found: "Identification") -> tuple[str, Meaning]:
    """Return what an identification comes to, and the colour of its words."""
    if not found.hits:
        return "No label of its likely classes in the library", "caution"
    said = found.classification
    if said is None or not said.within_domain:
        return "Investigative only", "caution"
    best = label_name(found.hits[0].number)
    answers: dict[bool | None, tuple[str, Meaning]] = {
        True: (f"Found: {best}", "done"),
        False: ("Not found in the library", "fault"),
        None: ("Inconclusive", "caution"),
    }
    return answers[said.passes]


def answer_rows(found: "Identification") -> tuple[tuple[str, str], ...]:
    """Return what was found, as rows of title and value."""
    rows = [("File", found.capture.file_name)]
    rows.append(("Pattern class", f"{found.class_name} (softmax {found.probability:.2f})"))
    if found.hits:
        best = found.hits[0]
        rows += [
            ("Most alike", label_name(best.number)),
            ("Similarity", f"{best.similarity:.4f} (cosine)"),
            ("Margin", "no second" if found.margin is None else f"{found.margin:.4f} to the second"),
            ("Film found again", f"{best.matched.agreeing} of {best.matched.tried} patches"),
            ("Turned by", f"{90 * best.turn}\N{DEGREE SIGN}"),
        ]
    if found.classification is not None:
        rows.append(("Operating point", found.classification.operating_point))
    among = f"{found.searched:,} labels{' of its likely classes' if found.classified else ''}"
    rows += [
        ("Searched", f"{among}, {'every one compared' if found.kind == 'exact' else 'through the index'}"),
        ("Data", "simulated" if found.simulated else "real"),
        ("Time", f"{sum(found.milliseconds.values()):.1f} ms"),
        *((f"    {step}", f"{found.milliseconds[step]:.1f} ms") for step in STEPS if step in found.milliseconds),
    ]
    return tuple(rows)


def hit_caption(hit: "LabelHit") -> str:
    """Return what stands below the number of a candidate."""
    return f"{hit.similarity:.3f}, {hit.matched.agreeing}/{hit.matched.tried}"


def pair_caption(hit: "LabelHit") -> str:
    """Return the caption of a candidate beside the questioned label."""
    return f"{label_name(hit.number)}, {count(hit.matched.agreeing, 'matched point')}"


def histogram_scores(found: "Identification") -> Scores | None:
    """Return the scores that the operating point rests on, with this label's; None where there is no point."""
    point = found.point
    if point is None:
        return None
    title = f"{point.score.capitalize()}{', simulated labels' if point.domain.simulated else ''}"
    value = found.hits[0].similarity if found.hits else None
    return Scores(
        title, point.tuning.genuine + point.test.genuine, point.tuning.counterfeit + point.test.counterfeit,
        point.threshold, value, "This label", "labels", "fakes",
    )  # fmt: skip
