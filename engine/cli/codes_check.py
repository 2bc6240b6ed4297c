"""``qr check``, ``qr examine`` and ``qr qualify``: check codes, examine those of a case, set an operating point."""

import argparse
from pathlib import Path
from typing import Any

from engine.cli.compare import describe
from engine.cli.lookup import find_actor, find_capture, find_case, find_series
from engine.cli.opening import writable
from engine.cli.output import Output
from engine.cli.passphrases import add_passphrase, unlock, unlocked
from engine.core.case import Actor, Device
from engine.core.codes import RegisterState, SealState
from engine.core.errors import ImagingError, InputError, JobError, SeriesLockedError, TouchstoneError
from engine.core.finding import Finding
from engine.jobs import JobContext
from engine.workflows.codes import checks, qualification
from engine.workflows.codes.checked import CheckedCode, nothing_read
from engine.workflows.codes.checker import CodeChecker
from engine.workflows.codes.series import Keyring
from engine.workflows.stores import Store

NOT_CHECKED, NEGATIVE = 2, 3
DEVICES = [Device.SCANNER.value, Device.MICROSCOPE.value, Device.PHONE.value]


def add_actions(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the commands that measure codes."""
    check = commands.add_parser(
        "check",
        parents=[common],
        help="check every code that images show against register and operating point",
        description="A line for each code, from the top down, and one for an image in which no code can be read. "
        "An image that cannot be checked is named on standard error, the others are checked, and the exit code is 2.",
    )
    check.add_argument("images", type=Path, nargs="+", metavar="IMAGE")
    check.add_argument("--store", type=Path, required=True, metavar="DIR")
    check.add_argument("--page", type=int, default=1, help="page of each image, from 1")
    check.add_argument("--device", choices=DEVICES, default=Device.SCANNER.value, help="what made the images")
    check.add_argument("--simulated", action="store_true", help="the images are simulated")
    check.add_argument("--place", default="", help="where the check is made")
    for name in ("package", "sticker"):
        states = [state.value for state in SealState]
        check.add_argument(f"--{name}", choices=states, default=SealState.NOT_RECORDED.value, help="as it was found")
    check.add_argument("--no-record", action="store_true", help="leave the history of the products as it is")
    check.add_argument(
        "--fail-on-negative", action="store_true", help="exit 3 where a code fails, is voided or has no record"
    )
    check.set_defaults(run=_check)
    examine = commands.add_parser(
        "examine", parents=[common], help="examine the codes of captures of a case and record the findings"
    )
    examine.add_argument("folder", type=Path, metavar="DIR")
    examine.add_argument("captures", nargs="+", metavar="CAPTURE", help="identifier or file name")
    examine.add_argument("--case", required=True)
    examine.set_defaults(run=_examine)
    qualify = commands.add_parser(
        "qualify", parents=[common], help="set an operating point from scans of genuine codes and of copies"
    )
    qualify.add_argument("folder", type=Path, metavar="DIR")
    qualify.add_argument("--series", required=True, help="name or identifier")
    qualify.add_argument("--name", required=True, help="of the operating point")
    qualify.add_argument("--genuine", type=Path, nargs="+", required=True, metavar="IMAGE")
    qualify.add_argument("--copies", type=Path, nargs="+", required=True, metavar="IMAGE")
    qualify.add_argument("--scanner", required=True, help="the device that made the scans")
    qualify.add_argument("--printer", required=True, help="the press or printer of the genuine codes")
    qualify.add_argument("--material", default="")
    qualify.add_argument("--device", choices=DEVICES, default=Device.SCANNER.value, help="its kind")
    qualify.add_argument("--simulated", action="store_true", help="the scans are simulated")
    qualify.set_defaults(run=_qualify)
    for command in (check, examine, qualify):
        command.add_argument("--actor", help="who is working")
        add_passphrase(command)


def _check(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    negative, refused = False, 0
    with writable(options.store, output) as store, CodeChecker() as checker:
        actor, keyring = find_actor(store, options.actor), Keyring()
        for image in options.images:
            context.check_cancelled()
            try:
                checked = _checked(options, store, actor, keyring, image, checker, context)
            # Whoever copies codes may have made an image to break its reader, or put a code of a series beside whose
            # passphrase is another: the other images are checked all the same.
            except (ImagingError, InputError, JobError) as error:
                output.error(TouchstoneError(error.what, where=str(image), remedy=error.remedy))
                refused += 1
                continue
            for code in checked:
                negative |= code.check.passes is False or code.answer.state is not RegisterState.ISSUED
                output.result(code.to_json(), *_lines(image, code))
            if not checked:
                negative = True
                text = "No QR code can be read: there is none, or too little of it, or it is too coarse."
                output.result(nothing_read(text), f"{image.name}: {text}")
    if refused:
        if len(options.images) > 1:
            output.note(f"{refused} of {len(options.images)} images could not be checked")
        return NOT_CHECKED
    return NEGATIVE if negative and options.fail_on_negative else 0


def _checked(
    options: argparse.Namespace,
    store: Store,
    actor: Actor,
    keyring: Keyring,
    image: Path,
    checker: CodeChecker,
    context: JobContext,
) -> tuple[CheckedCode, ...]:
    """Check the codes of one image; asks for the passphrases of their series."""
    page = options.page - 1
    for series in checks.locked_series(store, keyring, image, page=page, checker=checker, context=context):
        unlock(keyring, store, series, options)
    return checks.check_image(
        store,
        actor,
        keyring,
        image,
        page=page,
        device=Device(options.device),
        simulated=options.simulated,
        place=options.place,
        package=SealState(options.package),
        sticker=SealState(options.sticker),
        record=not options.no_record,
        checker=checker,
        context=context,
    )


def _lines(image: Path, code: CheckedCode) -> list[str]:
    check = code.check
    told = code.to_json()
    lines = [f"{image.name}: {told['id']}: {check.register_state}", f"  {check.outcome}"]
    if check.indicator is not None:
        lines.append(f"  indicator {check.indicator:.4f} of {told['modules']} modules, {check.pattern_of_loss} loss")
    lines += [f"  {each['time']}  {each['stage']}  {each['place']}".rstrip() for each in told["history"]["steps"]]
    lines += [f"  {each['time']}  checked: {each['outcome']}" for each in told["history"]["checks"]]
    return [*lines, *(f"  warning: {warning}" for warning in code.warnings)]


def _examine(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    with writable(options.folder, output) as store, CodeChecker() as checker:
        actor, case, keyring = find_actor(store, options.actor), find_case(store, options.case), Keyring()
        for name in options.captures:
            capture_id = find_capture(store, case, name).id
            found: tuple[Finding, ...] | None = None
            while found is None:
                try:
                    found = checks.examine_codes(
                        store, actor, case.id, capture_id, keyring, checker=checker, context=context
                    )
                except SeriesLockedError as error:
                    unlock(keyring, store, store.code_series_one(error.series_id), options)
            for finding in found:
                said = finding.classification
                reason = [] if said is None else [f"  {said.reason}"]
                output.result({"finding": finding.to_json()}, *describe(finding), *reason)
    return 0


def _qualify(options: argparse.Namespace, output: Output, context: JobContext) -> int:
    with writable(options.folder, output) as store:
        actor, series = find_actor(store, options.actor), find_series(store, options.series)
        point = qualification.qualify(
            store,
            actor,
            series.id,
            unlocked(store, series, options),
            options.genuine,
            options.copies,
            name=options.name,
            scanner=options.scanner,
            printer=options.printer,
            material=options.material,
            device=Device(options.device),
            simulated=options.simulated,
            context=context,
        )
    rates = "; ".join(
        f"{name} {rate.events} of {rate.trials} (95 % interval {rate.interval.low:.2%} to {rate.interval.high:.2%})"
        for name, rate in (("false accepts", point.far), ("false rejects", point.frr))
    )
    output.result(point.to_json(), f"{point.id}: indicator >= {point.threshold:.4f} passes; {rates}")
    return 0
