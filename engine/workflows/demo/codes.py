"""The codes of the demonstration: a series, its qualified press, and in the case an authentic code and a copied one."""

from collections.abc import Sequence
from pathlib import Path

from engine.core.case import Actor, Case, Device, Role, Standing
from engine.core.codes import Scheme, Stage
from engine.core.method import Pixels
from engine.core.records import sha256_hex, utc_now
from engine.jobs import JobContext
from engine.store import Store
from engine.workflows.captures import intake
from engine.workflows.cases import add_actor, add_item
from engine.workflows.codes.checker import CodeChecker
from engine.workflows.codes.checks import examine_codes
from engine.workflows.codes.qualification import qualify
from engine.workflows.codes.series import Keyring, make_series
from engine.workflows.codes.tracing import issue_ids, life_step, record_steps

SERIES = "Demonstration"
PASSPHRASE = "demonstration"  # noqa: S105 - told to everybody: these codes protect nothing
KEY = bytes.fromhex(sha256_hex(b"Touchstone demonstration"))  # no secret either, so that every machine has one series
VERSION = 2  # the smallest that holds an ID and still has some 250 patterns
QUALIFIED = 10  # codes of each kind behind the operating point
SEED = 20_262
AUTHENTIC = ("Q3 code", "Simulated code as its producer printed it.", "Q3-scanner.tif")
COPIED = ("Q4 code", "Simulated copy of a code, made on another copier.", "Q4-scanner.tif")
UM_PER_CM = 10_000.0
STEPS = 6  # of the progress


def add_codes(
    store: Store, administrator: Actor, examiner: Actor, case: Case, files: Path, context: JobContext
) -> None:
    """Add series, IDs, operating point and history to a store, and two examined codes to its case.

    The press is qualified on simulated codes, so its operating point holds for simulated captures only. The product of
    the copied code was recorded as disposed of: its check is an anomaly as well.
    """
    producer = add_actor(store, administrator, "Producer", Role.PRODUCER)
    validator = add_actor(store, administrator, "Validator", Role.VALIDATOR)
    keyring = Keyring()
    series = make_series(
        store, producer, SERIES, scheme=Scheme.RANDOM, passphrase=PASSPHRASE, version=VERSION, key=KEY,
        context=context.part(0, STEPS, "Making a series of codes"),
    )  # fmt: skip
    keyring.unlock(store, series.id, PASSPHRASE)
    count = QUALIFIED + 2
    ids = issue_ids(
        store, producer, series.id, keyring, count=count, note="Demonstration",
        context=context.part(1, STEPS, "Issuing IDs"),
    ).product_ids  # fmt: skip
    drawing = context.part(2, STEPS, "Simulating printed and copied codes")
    pairs = [_pair(keyring, series.id, ids[n], n, files, drawing.part(n, count)) for n in range(count)]
    authentic, copied = pairs[-2][0], pairs[-1][1]
    with CodeChecker() as checker:
        qualify(
            store, validator, series.id, keyring, [pair[0] for pair in pairs[:-2]], [pair[1] for pair in pairs[:-2]],
            name="Demonstration press", scanner="M126 scanner (simulated)", printer="M126 printer (simulated)",
            material="simulated paper", simulated=True, checker=checker,
            context=context.part(3, STEPS, "Qualifying the press"),
        )  # fmt: skip
        _record_lives(store, producer, ids[-2], ids[-1])
        for number, (exhibit, path) in enumerate(((AUTHENTIC, authentic), (COPIED, copied))):
            part = context.part(4 + number, STEPS, f"Examining {exhibit[0]}")
            _examine(store, examiner, case, keyring, exhibit, path, checker, part)


def _pair(
    keyring: Keyring, series_id: str, product_id: str, number: int, files: Path, context: JobContext
) -> tuple[Path, Path]:
    """Simulate a printed code and a copy of it, and write the scan of each."""
    from engine.methods.two_level_qr.generation import generate
    from engine.simulation import laser
    from engine.simulation.channel import copied, scan
    from engine.simulation.printing import Print

    context.check_cancelled()
    context.progress(0, 1)
    seed = SEED + 10 * number
    piece = Print(generate(keyring.series(series_id), product_id).design, seed, settings=laser.M126_PRINTER)
    copy = copied(piece, settings=laser.M377_COPIER, seed=seed + 1)
    paths = files / f"authentic-{number:02d}.tif", files / f"copied-{number:02d}.tif"
    for place, (each, path) in enumerate(zip((piece, copy), paths, strict=True)):
        view = scan(each, laser.M126_SCANNER, seed=seed + 2 + place)
        write_tiff(path, view.pixels, view.um_per_px)
    return paths


def _record_lives(store: Store, producer: Actor, sold: str, disposed: str) -> None:
    """Record the life of two products: one on sale, one disposed of."""
    now = utc_now()
    lives: dict[str, Sequence[Stage]] = {
        sold: (Stage.PRODUCTION, Stage.PACKING, Stage.RETAIL),
        disposed: (Stage.PRODUCTION, Stage.PACKING, Stage.DISPOSAL),
    }
    steps = [life_step(key, stage.value, now, party="Producer") for key, stages in lives.items() for stage in stages]
    record_steps(store, producer, steps, "demonstration")


def _examine(
    store: Store,
    examiner: Actor,
    case: Case,
    keyring: Keyring,
    exhibit: tuple[str, str, str],
    scan: Path,
    checker: CodeChecker,
    context: JobContext,
) -> None:
    """Take a scan of a code in as an item of its own, and examine it."""
    name, condition, file_name = exhibit
    path = scan.rename(scan.with_name(file_name))
    item = add_item(store, examiner, case.id, name, Standing.QUESTIONED, condition=condition, simulated=True)
    part = context.part(0, 2)
    taken = intake(store, examiner, case.id, item.id, [path], device=Device.SCANNER, context=part)
    examine_codes(
        store, examiner, case.id, taken.captures[0].id, keyring, checker=checker, context=context.part(1, 2)
    )  # fmt: skip


def write_tiff(path: Path, pixels: Pixels, um_per_px: float) -> None:
    """Write pixels as a TIFF file that states their scale."""
    import tifffile

    resolution = (UM_PER_CM / um_per_px, UM_PER_CM / um_per_px)
    photometric = "rgb" if pixels.ndim == 3 else "minisblack"
    tifffile.imwrite(
        path, pixels, photometric=photometric, compression="zlib", resolution=resolution, resolutionunit="CENTIMETER"
    )
