"""Qualify a press: genuine codes and copies of the producer's own devices give an operating point with its rates."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING

from engine.core.case import Actor, Device, Name, Role, Text
from engine.core.codes import CodeSeries
from engine.core.errors import InputError
from engine.core.finding import Finding
from engine.core.operating import Domain, OperatingPoint, ScoreSet
from engine.core.records import Record, entered, hash_of, new_id
from engine.core.seeds import generator
from engine.jobs import JobContext
from engine.store import Store
from engine.workflows.cases import require_role
from engine.workflows.codes.checker import CodeChecker, Wanted, opened, read_file
from engine.workflows.codes.series import Keyring
from engine.workflows.codes.tracing import query

if TYPE_CHECKING:
    from engine.evaluation.rates import ErrorRates
    from engine.methods.two_level_qr.series import Series

QUALIFYING = frozenset({Role.VALIDATOR, Role.PRODUCER, Role.ADMINISTRATOR})
LEAST_CODES = 4  # of each kind: two to tune with and two to test with; intervals then say how little that is
RULE = "middle of the mean genuine and the mean copied indicator (Xie and Tan 2021, equation 5)"
DPI_MARGIN = 0.05  # either way of the resolutions that were measured
# Largest resolution over the smallest; measured on the codes, and copiers that fit to the page change their size.
ALIKE = 1.25


class _Press(Record):
    """What a person says of a press: it can be recorded before anything is measured."""

    name: Name
    scanner: Name
    printer: Name
    material: Text
    capture_device: Device
    simulated: bool


@dataclass(frozen=True)
class _Scored:
    """The indicator of one printed code: one physical object."""

    product_id: str
    indicator: float
    dpi: float
    path: Path
    image_sha256: str


def qualify(
    store: Store,
    actor: Actor,
    series_id: str,
    keyring: Keyring,
    genuine: Sequence[Path],
    copies: Sequence[Path],
    *,
    name: str,
    scanner: str,
    printer: str,
    material: str = "",
    device: Device = Device.SCANNER,
    simulated: bool = False,
    checker: CodeChecker | None = None,
    context: JobContext,
) -> OperatingPoint:
    """Measure genuine codes and copies of the producer's own devices and record the operating point they give.

    Every code is one physical object. One half of them, drawn at random, gives the threshold by equation (5) of Xie and
    Tan 2021; the other half, which shares no product ID with it, gives the rates with their intervals. The domain is
    these devices at the resolutions measured on the codes, 5 % either way.

    Parameters
    ----------
    genuine, copies : Sequence[Path]
        Scans, each of one or several codes of the series; each printed code is shown once.

    Raises
    ------
    InputError
        The role may not do this, the series is locked, a code is none of the series or shown twice, there are fewer
        than ``LEAST_CODES`` of a kind, the kinds share a scan, scans differ in resolution, or copies score no lower.
    """
    require_role(actor, QUALIFYING, "qualify presses")
    store.refresh()
    recorded, series = store.code_series_one(series_id), keyring.series(series_id)
    press = entered(
        _Press, name=name, scanner=scanner, printer=printer, material=material, capture_device=device,
        simulated=simulated,
    )  # fmt: skip
    with opened(checker) as own:
        scored = [
            _scored(store, own, recorded, series, paths, press=press, kind=kind, context=context.part(number, 2))
            for number, (kind, paths) in enumerate((("genuine codes", genuine), ("copies", copies)))
        ]
    point = _point(press, recorded, *scored)
    context.check_cancelled()
    store.commit(actor.id, "operating point set", point)
    return point


def _point(
    press: _Press, recorded: CodeSeries, genuine: dict[str, _Scored], copies: dict[str, _Scored]
) -> OperatingPoint:
    """Return the operating point that the codes of both kinds give."""
    from engine.methods.two_level_qr.decision import SCORE
    from engine.methods.two_level_qr.examination import TwoLevelQr, TwoLevelQrSettings

    _refuse_unlike(genuine, copies, press.name)
    tuning, test = _halves(genuine, copies)
    threshold, rates = _rates(tuning, test, press.name)
    dpi = [each.dpi for kind in (genuine, copies) for each in kind.values()]
    return OperatingPoint(
        id=new_id("point"),
        name=press.name,
        method=TwoLevelQr.key,
        method_version=TwoLevelQr.version,
        settings=TwoLevelQrSettings().to_json(),
        series_id=recorded.id,
        series_sha256=recorded.facts.sha256,
        score=SCORE,
        threshold=threshold,
        rule=RULE,
        domain=Domain(
            simulated=press.simulated,
            capture_device=press.capture_device,
            scanner=press.scanner,
            printer=press.printer,
            material=press.material,
            dpi_low=(1 - DPI_MARGIN) * min(dpi),
            dpi_high=(1 + DPI_MARGIN) * max(dpi),
        ),
        tuning=tuning,
        test=test,
        far=rates.far,
        frr=rates.frr,
    )


def _refuse_unlike(genuine: dict[str, _Scored], copies: dict[str, _Scored], name: str) -> None:
    """Raise InputError where the scans differ in more than their origin, or not even in that."""
    images = [{each.image_sha256 for each in kind.values()} for kind in (genuine, copies)]
    if images[0] & images[1]:
        what = "The same scan was given for genuine codes and for copies"
        raise InputError(what, where=name, remedy="Give each scan once.")
    by_dpi = sorted((*genuine.values(), *copies.values()), key=lambda each: each.dpi)
    low, high = by_dpi[0], by_dpi[-1]
    # A coarse scan lowers the indicator by itself: between the kinds the rates would be those of the resolution, not
    # of copying. And within a kind the domain would hold resolutions in between at which nothing was measured.
    if high.dpi > ALIKE * low.dpi:
        what = f"The scans differ in resolution: {low.path.name} measures {low.dpi:.0f} dpi, "
        what += f"{high.path.name} {high.dpi:.0f} dpi"
        remedy = "Scan everything at one resolution, and qualify the press for another by itself."
        raise InputError(what, where=f"{low.path} and {high.path}", remedy=remedy)


def _rates(tuning: ScoreSet, test: ScoreSet, name: str) -> tuple[float, "ErrorRates"]:
    """Return the threshold that one half gives, and the rates at it of the other."""
    from engine.evaluation.curves import threshold_between_means
    from engine.evaluation.rates import error_rates

    if mean(tuning.genuine) <= mean(tuning.counterfeit):
        what = "The copies keep as much of the patterns as the genuine codes: no threshold parts them"
        raise InputError(what, where=name, remedy="Were the two kinds of scans exchanged?")
    threshold = threshold_between_means(tuning.genuine, tuning.counterfeit)
    return threshold, error_rates(
        test.genuine,
        test.counterfeit,
        threshold,
        genuine_objects=range(len(test.genuine)),
        counterfeit_objects=range(len(test.counterfeit)),
    )


def _scored(
    store: Store,
    checker: CodeChecker,
    recorded: CodeSeries,
    series: "Series",
    paths: Sequence[Path],
    *,
    press: _Press,
    kind: str,
    context: JobContext,
) -> dict[str, _Scored]:
    """Return what every code of one kind scored, by product ID; none may be left out."""
    from engine.methods.two_level_qr.examination import TwoLevelQrSettings

    found: dict[str, _Scored] = {}
    for number, path in enumerate(paths):
        part = context.part(number, len(paths), f"Measuring the {kind}: {path.name}")
        capture, read = read_file(checker, path, 0, press.capture_device, press.simulated, part.part(0, 2))
        if not read.codes:
            raise InputError("No code can be read", where=str(path), remedy="Scan the sheet again, or leave it out.")
        wanted = [Wanted(TwoLevelQrSettings(code_text=c.text, code_number=c.number), series) for c in read.codes]
        findings = checker.measure(path, capture, wanted, part.part(1, 2))
        for code, finding in zip(read.codes, findings, strict=True):
            one = _one(store, recorded, path, code.text, finding)
            if one.product_id in found:
                what = f"The code {one.product_id} is shown twice among the {kind}"
                raise InputError(what, where=str(path), remedy="Show each printed code once.")
            found[one.product_id] = one
    if len(found) < LEAST_CODES:
        what = f"There are {len(found)} {kind}, and at least {LEAST_CODES} are needed"
        raise InputError(what, where=recorded.facts.name, remedy="Print and scan more; a hundred of each say more.")
    return found


def _one(store: Store, recorded: CodeSeries, path: Path, text: str, finding: Finding) -> _Scored:
    """Return what one code scored; raises InputError where it is none of the series or was not measured."""
    from engine.methods.two_level_qr.decision import SCORE
    from engine.methods.two_level_qr.examination import Outcome

    answer = query(store, text)
    if answer.product_id is None or answer.series is None or answer.series.id != recorded.id:
        what = f"A code is none of the series {recorded.facts.name}: it says {text[:60]!r}"
        raise InputError(what, where=str(path), remedy="Qualify with issued codes of the series only.")
    if finding.outcome != Outcome.MEASURED:
        what = f"The code {answer.product_id} cannot be measured ({finding.outcome})"
        raise InputError(what, where=str(path), remedy="Scan it again, flat and whole.")
    indicator, dpi = (finding.score(key).value for key in (SCORE, "resolution_dpi"))
    assert indicator is not None  # a measured finding has all its scores
    assert dpi is not None
    return _Scored(answer.product_id, indicator, dpi, path, finding.provenance.input_sha256[0])


def _halves(genuine: dict[str, _Scored], copies: dict[str, _Scored]) -> tuple[ScoreSet, ScoreSet]:
    """Part the codes at random: no product ID, and so no code with its own copy, stands on both sides."""
    random = generator(0, "qualify a press")
    halves: tuple[list[str], list[str]] = [], []
    both = genuine.keys() & copies.keys()
    # Kind by kind, so that each half has its share of both kinds.
    for ids in (both, genuine.keys() - both, copies.keys() - both):
        drawn = [sorted(ids)[place] for place in random.permutation(len(ids))]
        shift = len(halves[0]) > len(halves[1])  # an odd one goes to the smaller half
        halves[shift].extend(drawn[::2])
        halves[not shift].extend(drawn[1::2])
    tuning, test = (_score_set(half, genuine, copies) for half in halves)
    return tuning, test


def _score_set(ids: Sequence[str], genuine: dict[str, _Scored], copies: dict[str, _Scored]) -> ScoreSet:
    kinds = [[kind[each] for each in sorted(ids) if each in kind] for kind in (genuine, copies)]
    data = [[[each.image_sha256, each.product_id] for each in kind] for kind in kinds]
    scores = [tuple(each.indicator for each in kind) for kind in kinds]
    return ScoreSet(genuine=scores[0], counterfeit=scores[1], data_sha256=hash_of(data))
