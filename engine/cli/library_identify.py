"""``library identify``: which label of a library images show, or with ``--case`` a capture of a case."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.cli.compare import describe
from engine.cli.lookup import find_actor, find_capture, find_case, find_library
from engine.cli.opening import readable, writable
from engine.cli.output import Output
from engine.core.case import Device
from engine.core.errors import ImagingError, InputError, JobError, TouchstoneError
from engine.core.library import label_name
from engine.jobs import JobContext
from engine.workflows.labels import findings, identification
from engine.workflows.labels.identification import HITS, Identification
from engine.workflows.labels.recogniser import Recogniser
from engine.workflows.stores import Store

NOT_IDENTIFIED, NEGATIVE = 2, 3
DEVICES = [device.value for device in Device]


def add_action(actions: Any, common: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Add and return the command."""
    identify = actions.add_parser(
        "identify",
        parents=[common],
        help="find the labels of a library that images show",
        description="A line for each label. An image that cannot be used is named on standard error, the others are "
        "searched, and the exit code is 2. With --case the files are captures of the case, by identifier or file name, "
        "and every finding is recorded.",
    )
    identify.add_argument("--place", type=int, nargs=2, metavar=("ROW", "COLUMN"), help="one label of a field, from 1")
    identify.add_argument("--hits", type=int, default=HITS, help="labels to find (default: %(default)s)")
    identify.add_argument("--classified", action="store_true", help="search only labels of the likely classes")
    identify.add_argument("--page", type=int, default=1, help="page of each image, from 1")
    identify.add_argument("--device", choices=DEVICES, default=Device.MICROSCOPE.value, help="what made the images")
    identify.add_argument("--simulated", action="store_true", help="the images are simulated")
    identify.add_argument("--case", help="record findings in this case")
    identify.add_argument("--fail-on-negative", action="store_true", help="exit 3 where a label is not found")
    return identify


def identify(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    """Run the command."""
    negative, refused = False, 0
    opening = writable if options.case else readable
    with opening(options.folder, output) as store, Recogniser() as recogniser:
        for file in options.files:
            context.check_cancelled()
            work = _recorded if options.case else _searched
            try:
                for values, lines, found in work(options, store, file, recogniser, context):
                    output.result(values, *lines)
                    negative |= not found
            # Whoever sells fakes may have made an image to break its reader: the others are searched all the same.
            except (ImagingError, InputError, JobError) as error:
                output.error(TouchstoneError(error.what, where=error.where or str(file), remedy=error.remedy))
                refused += 1
    if refused:
        return NOT_IDENTIFIED
    return NEGATIVE if negative and options.fail_on_negative else 0


Told = Iterator[tuple[dict[str, Any], list[str], bool]]


def _searched(
    options: argparse.Namespace, store: Store, file: Path, recogniser: Recogniser, context: JobContext
) -> Told:
    """Yield what each label of an image came to; nothing is recorded."""
    given: dict[str, Any] = {
        "page": options.page - 1,
        "k": options.hits,
        "classified": options.classified,
        "device": Device(options.device),
        "simulated": options.simulated,
        "recogniser": recogniser,
        "context": context,
    }
    own = find_library(store, options.library).id
    if options.place:
        every = (identification.identify(store, own, file, place=_place(options), **given),)
    else:
        every = identification.identify_field(store, own, file, **given)
    for found in every:
        said = found.classification
        yield told(found), _lines(found), said is None or said.passes is not False


def _recorded(
    options: argparse.Namespace, store: Store, file: Path, recogniser: Recogniser, context: JobContext
) -> Told:
    """Yield the recorded finding about a capture of the case."""
    if options.simulated or options.page != 1 or options.device != Device.MICROSCOPE.value:
        what = "Captures in a case have their page, device and origin already"
        raise InputError(what, remedy="Leave --page, --device and --simulated out.")
    case = find_case(store, options.case)
    finding = findings.identify_capture(
        store,
        find_actor(store, options.actor),
        case.id,
        find_capture(store, case, str(file)).id,
        find_library(store, options.library).id,
        place=_place(options),
        k=options.hits,
        classified=options.classified,
        recogniser=recogniser,
        context=context,
    )
    said = finding.classification
    reason = [] if said is None else [f"  {said.reason}"]
    hits = [f"  {match.rank}. {match.reference}: {match.scores[0].value:.4f}" for match in finding.matches]
    lines = [*describe(finding), *reason, *hits]
    yield {"finding": finding.to_json()}, lines, said is None or said.passes is not False


def _place(options: argparse.Namespace) -> tuple[int, int] | None:
    return None if options.place is None else (options.place[0] - 1, options.place[1] - 1)


def told(found: Identification) -> dict[str, Any]:
    """Return an identification as plain JSON values; rows and columns count from 1."""
    said = found.classification
    return {
        "file": found.capture.file_name,
        "sha256": found.capture.sha256,
        "row": None if found.row is None else found.row + 1,
        "column": None if found.column is None else found.column + 1,
        "corners": found.corners.round(2).tolist(),
        "library": found.library.name,
        "searched": found.searched,
        "search": found.kind,
        "class": found.class_name,
        "class_probability": found.probability,
        "simulated": found.simulated,
        "hits": [
            {
                "number": hit.number,
                "similarity": hit.similarity,
                "turn": hit.turn,
                "matched_points": hit.matched.agreeing,
                "tried_points": hit.matched.tried,
                "agreement": hit.matched.score,
            }
            for hit in found.hits
        ],
        "margin": found.margin,
        "classification": None if said is None else said.to_json(),
        "cautions": [caution.to_json() for caution in found.cautions],
        "weights_sha256": found.model.weights_sha256,
        "milliseconds": found.milliseconds,
    }


def _lines(found: Identification) -> list[str]:
    where = "" if found.row is None else f", row {found.row + 1}, column {(found.column or 0) + 1}"
    mark = "  [simulated]" if found.simulated else ""
    said = found.classification
    return [
        f"{found.capture.file_name}{where}: class {found.class_name} ({found.probability:.2f}){mark}",
        *([] if said is None else [f"  {said.reason}"]),
        *(
            f"  {rank}. {label_name(hit.number)}: similarity {hit.similarity:.4f}, "
            f"{hit.matched.agreeing} of {hit.matched.tried} points"
            for rank, hit in enumerate(found.hits, start=1)
        ),
        *(f"  caution: {caution.text}" for caution in found.cautions),
    ]
