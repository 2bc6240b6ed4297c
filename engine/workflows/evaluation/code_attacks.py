"""Counterfeits of simulated codes, from the plain copy to the strongest attacker: what each makes of genuine codes."""

import hashlib
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache, cached_property
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from engine.core.codes import Scheme
from engine.core.errors import InputError, TouchstoneError
from engine.core.evaluations import CodeScore
from engine.core.operating import Rate
from engine.core.pixels import apply_matrix, resize_matrix
from engine.core.records import Record
from engine.core.seeds import generator
from engine.evaluation.rates import rate
from engine.methods.two_level_qr.generation import layout
from engine.methods.two_level_qr.keyed import keyed_pattern
from engine.methods.two_level_qr.rectification import read_codes, rectify
from engine.methods.two_level_qr.series import Series
from engine.simulation import attacks, laser
from engine.simulation.attacks import FINE, Bits, Indices, Restorer, Seen
from engine.simulation.channel import CopierSettings, copied, scan
from engine.simulation.noise import Floats
from engine.simulation.printing import Print
from engine.workflows.evaluation.code_protocol import SCANNERS, authentic_piece, bench_series, code_scores, indicators

GROUP = 5  # codes that one attacker holds
ROUNDS = 2  # of laying modules upon their class's mean
LESSONS = 8  # codes of his own that an attacker prints to learn from
LESSON_PATTERNS = 8  # different patterns in each of them, where he learns to restore means
PRINTERS = {"M126": laser.M126_PRINTER, "M377": laser.M377_PRINTER}
COPY_SCANNERS = {"M126": laser.M126_SCANNER, "M377": laser.M377_SCANNER}
TRIED = 0.1
READ_DPI = 600
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ID_LETTERS = 16


class Means(StrEnum):
    """How a counterfeit comes about.

    COPIED: scanned, black or white, printed. SHARPENED: unsharp masking before black or white. AVERAGED: modules of
    one class laid upon one another, their mean restored. RESTORED: every module restored by itself. OTHER_SERIES: a
    genuine code of another series that says the same.
    """

    COPIED = "copied"
    SHARPENED = "sharpened"
    AVERAGED = "averaged"
    RESTORED = "restored"
    OTHER_SERIES = "other series"


class AttackPlan(Record):
    """One attack: by which means, printed on which printer model (M126 is the producer's own), scanned how finely.

    ``codes`` genuine codes of the series are averaged over, ``scans`` of each; ``print_dpi`` dots per inch. Where
    ``weakened``, pixels are turned round at random until a finer printer's work looks no better than the producer's.
    """

    key: str
    title: str
    means: Means
    printer: Literal["M126", "M377"] = "M377"
    scan_dpi: int = 600
    print_dpi: int = 600
    codes: Annotated[int, Field(ge=1, le=GROUP)] = 1
    scans: Annotated[int, Field(ge=1)] = 1
    weakened: bool = False


def _both_printers(
    key: str, title: str, means: Means, *, scan_dpi: int = 600, codes: int = 1, scans: int = 1
) -> tuple[AttackPlan, AttackPlan]:
    finer = AttackPlan(
        key=key, title=f"{title}; finer printer", means=means, scan_dpi=scan_dpi, codes=codes, scans=scans
    )
    own = {"key": f"{key}-own", "title": f"{title}; producer's printer", "printer": "M126"}
    return finer, finer.model_copy(update=own)


PLANS: tuple[AttackPlan, ...] = (
    AttackPlan(key="copy-own", title="plain copy; producer's printer and scanner", means=Means.COPIED, printer="M126"),
    *_both_printers("sharpened", "sharpened and made black or white again", Means.SHARPENED),
    AttackPlan(
        key="twice", title="copied at twice the resolution", means=Means.COPIED, scan_dpi=1200, print_dpi=1200
    ),
    AttackPlan(
        key="twice-sharpened", title="sharpened at twice the resolution", means=Means.SHARPENED,
        scan_dpi=1200, print_dpi=1200,
    ),
    *_both_printers("averaged-1200", "modules of one code averaged, 1200 dpi", Means.AVERAGED, scan_dpi=1200),
    *_both_printers("averaged", "modules of one code averaged, 2400 dpi", Means.AVERAGED, scan_dpi=2400),
    *_both_printers("averaged-5", "modules of up to 5 codes averaged", Means.AVERAGED, scan_dpi=2400, codes=5),
    *_both_printers("restored-1200", "each module restored, 1 scan, 1200 dpi", Means.RESTORED, scan_dpi=1200),
    *_both_printers("restored", "each module restored, 1 scan, 2400 dpi", Means.RESTORED, scan_dpi=2400),
    *_both_printers("scans-5", "5 scans of one code averaged, 2400 dpi", Means.RESTORED, scan_dpi=2400, scans=5),
    AttackPlan(
        key="restored-weakened", title="each module restored, 2400 dpi, then weakened; finer printer",
        means=Means.RESTORED, scan_dpi=2400, weakened=True,
    ),
    AttackPlan(
        key="wrong-series", title="genuine code of another series", means=Means.OTHER_SERIES, printer="M126"
    ),
)  # fmt: skip


def plans(keys: Sequence[str] | None) -> tuple[AttackPlan, ...]:
    """Return the attacks of these keys, all where None is given; raises InputError naming an unknown one."""
    known = {plan.key: plan for plan in PLANS}
    for key in keys or ():
        if key not in known:
            raise InputError("There is no such attack", where=key, remedy=f"Choose among {', '.join(known)}.")
    return tuple(plan for plan in PLANS if keys is None or plan.key in keys)


@dataclass(frozen=True, eq=False)
class Victim:
    """A genuine code in an attacker's hands."""

    series: Series = field(repr=False)
    seed: int
    code: int

    @property
    def text(self) -> str:
        """What it says."""
        return f"A{self.seed}-{self.code:06d}"

    @cached_property
    def piece(self) -> Print:
        """The printed code."""
        return authentic_piece(self.series, self.text, self.number("piece"))

    @cached_property
    def truth(self) -> Bits:
        """The patterns of its modules, (N, p, p): only to tell afterwards how many pixels an attacker got right."""
        return true_patterns(self.series, self.text)

    def number(self, *names: str | int) -> int:
        """Return a seed for what is done with this code."""
        return int(generator(self.seed, "victim", self.code, *names).integers(2**31))

    def modules(self, dpi: int, scans: int) -> tuple[Seen, Floats, Floats]:
        """Return the code as the attacker sees it, the offsets of its modules, and the modules (mean of the scans)."""
        kept = self._kept.get((dpi, scans))
        if kept is None:
            looks = [look(self.piece, self.text, self.series, dpi, self.number("look", dpi, k)) for k in range(scans)]
            offsets = [attacks.structure_offsets(seen) for seen in looks]
            cut = [attacks.cut_modules(seen, moved) for seen, moved in zip(looks, offsets, strict=True)]
            kept = looks[0], offsets[0], attacks.standardised(np.mean(cut, axis=0))
            self._kept[dpi, scans] = kept
        return kept

    @cached_property
    def _kept(self) -> dict[tuple[int, int], tuple[Seen, Floats, Floats]]:
        return {}


@dataclass(frozen=True, eq=False)
class Counterfeit:
    """A counterfeit of a victim, the attacker whose estimates it shares, and the share of pixels that he got right."""

    victim: Victim
    piece: Print
    attacker: str
    recovered: float | None = None


def attack_scores(series: Series, plan: AttackPlan, group: Sequence[Victim]) -> Iterator[CodeScore]:
    """Yield what both scanners see of the counterfeits that one attacker makes of his codes."""
    for made in counterfeits(series, plan, group):
        for experiment, scanner in SCANNERS.items():
            pixels = scan(made.piece, scanner, seed=made.victim.number("seen", plan.key, experiment)).pixels
            text = made.victim.text
            yield from code_scores(
                indicators(pixels, series, text), seed=made.victim.seed, scheme=series.scheme, kind=plan.key,
                piece=text, attacker=made.attacker, experiment=experiment, recovered=made.recovered,
            )  # fmt: skip


def counterfeits(series: Series, plan: AttackPlan, group: Sequence[Victim]) -> Iterator[Counterfeit]:
    """Yield one counterfeit of each code of the group."""
    shared = _averaged(series, plan, group) if plan.means is Means.AVERAGED and plan.codes > 1 else None
    for index, victim in enumerate(group):
        if plan.means in (Means.AVERAGED, Means.RESTORED):
            if shared is not None:
                patterns = shared[index]
            elif plan.means is Means.AVERAGED:
                (patterns,) = _averaged(series, plan, [victim])
            else:
                modules = victim.modules(plan.scan_dpi, plan.scans)[2]
                patterns = learnt(plan.scan_dpi, averaged=False).patterns(modules, series.module_px, series.black_px)
            if plan.weakened:
                patterns = _flipped(patterns, weakening(plan.scan_dpi), victim.number("flipped"))
            attacker = group[0].text if shared is not None else victim.text
            right = float((patterns == victim.truth).mean())
            yield Counterfeit(victim, _reprinted(victim, patterns, plan), attacker, right)
        elif plan.means is Means.OTHER_SERIES:
            other = _other_series(victim.seed, series.scheme)
            piece = authentic_piece(other, victim.text, victim.number("other series"))
            yield Counterfeit(victim, piece, victim.text)
        else:
            yield Counterfeit(victim, _copied(victim, plan), victim.text)


def look(piece: Print, text: str, series: Series, dpi: int, seed: int) -> Seen:
    """Return a code on the attacker's grid: a fine scan, brought there by its module structure alone."""
    import cv2

    pixels = scan(piece, attacks.FINE_SCANNER.model_copy(update={"dpi": dpi}), seed=seed).pixels
    factor = dpi // READ_DPI  # readers are made for scans that do not show the patterns
    small = cv2.resize(pixels, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA).astype(np.uint8)
    reading = next((each for each in read_codes(small) if each.text == text), None)
    if reading is None:
        raise TouchstoneError("A simulated code was not read", where=text)
    back = np.linalg.inv(resize_matrix(small.shape[1] / pixels.shape[1], small.shape[0] / pixels.shape[0]))
    reading = replace(reading, corners=apply_matrix(back, reading.corners))
    placed, margin = layout(text, series), FINE * series.module_px
    rectified = rectify(pixels, reading, placed, module_px=FINE * series.module_px, margin=margin)
    return Seen(rectified.lightness, placed.modules, placed.textured, series.module_px, margin)


def true_patterns(series: Series, text: str) -> Bits:
    """Return the pattern of every textured module of a code, (N, p, p)."""
    patterns, classes = series.textures(text, len(layout(text, series).places))
    return patterns[classes]


@cache
def weakening(dpi: int) -> float:
    """Return the share of restored pixels that an attacker turns round before he prints them on the finer printer.

    He finds it on codes of his own, whose patterns he knows: where restored ones come down to authentic ones, on a
    straight line between none and ``TRIED`` turned round.
    """
    restorer, found = learnt(dpi, averaged=False), np.zeros(3)
    for lesson in range(LESSONS, LESSONS + 2):
        own, text = _own_series(lesson, averaged=False), f"OWN-{lesson:06d}"
        piece = authentic_piece(own, text, 7_000 + lesson)
        code = look(piece, text, own, dpi, 8_000 + lesson)
        modules = attacks.cut_modules(code, attacks.structure_offsets(code))
        patterns = restorer.patterns(modules, own.module_px, own.black_px)
        pieces = [piece]
        for share in (0.0, TRIED):
            bits = _flipped(patterns, share, lesson)
            design = attacks.forged(code.modules, code.textured, bits, piece.design.um_per_px)
            pieces.append(Print(design, 9_000 + lesson, 1, PRINTERS["M377"]))
        for k, each in enumerate(pieces):
            values = indicators(scan(each, SCANNERS[1], seed=9_100 + lesson).pixels, own, text)
            found[k] += values[-1] if values else 0.0
    authentic, restored, weaker = found
    return float(np.clip(TRIED * (restored - authentic) / (restored - weaker), 0.0, 0.3))


@cache
def learnt(dpi: int, *, averaged: bool) -> Restorer:
    """Return what an attacker learns from codes of his own, printed on the producer's printer model.

    To restore single modules he gives every module a pattern of its own; to restore means he repeats a few.
    """
    seen: list[Floats] = []
    known: list[Bits] = []
    for lesson in range(LESSONS):
        own, text = _own_series(lesson, averaged=averaged), f"OWN-{lesson:06d}"
        piece = authentic_piece(own, text, 7_000 + lesson)
        code = look(piece, text, own, dpi, 8_000 + lesson)
        offsets = attacks.structure_offsets(code)
        modules = attacks.cut_modules(code, offsets)
        if averaged:
            patterns, classes = own.textures(text, len(code.places))
            modules = _means([code], [offsets], [modules], [classes], len(patterns))
            known.append(patterns)
        else:
            known.append(true_patterns(own, text))
        seen.append(modules)
    return Restorer.learnt(np.concatenate(seen), np.concatenate(known))


def made_up_ids(count: int, seed: int) -> list[str]:
    """Return IDs of the right form that an attacker makes up: ``ID_LETTERS`` of Crockford's base 32."""
    drawn = generator(seed, "made-up IDs").integers(len(LETTERS), size=(count, ID_LETTERS))
    return ["".join(LETTERS[k] for k in row) for row in drawn]


def forged_ids_found(issued: Container[str], count: int, seed: int) -> Rate:
    """Return how many of ``count`` made-up IDs the register knows: a forged ID passes only where it was issued."""
    return rate([made_up in issued for made_up in made_up_ids(count, seed)])


def _averaged(series: Series, plan: AttackPlan, group: Sequence[Victim]) -> list[Bits]:
    """Return the patterns, (N, p, p), of each code's modules as averaging over all the codes' modules shows them.

    The attacker knows how many patterns there are, and for ``ordered`` which module carries which; for the others he
    sorts modules by their looks. Where every module has its own pattern, he sorts what has no classes.
    """
    known = [victim.modules(plan.scan_dpi, plan.scans) for victim in group]
    codes, offsets, modules = [each[0] for each in known], [each[1] for each in known], [each[2] for each in known]
    count = max(len(series.patterns), 3)
    ends = np.cumsum([len(each) for each in modules])[:-1]
    if series.scheme is Scheme.ORDERED:
        classes = [np.arange(len(each)) % count for each in modules]
    else:
        classes = np.split(attacks.clustered(np.concatenate(modules), count, seed=group[0].seed), ends)
    means = _means(codes, offsets, modules, classes, count)
    patterns = learnt(plan.scan_dpi, averaged=True).patterns(means, series.module_px, series.black_px)
    return [patterns[own] for own in classes]


def _means(
    codes: Sequence[Seen], offsets: Sequence[Floats], modules: Sequence[Floats], classes: Sequence[Indices], count: int
) -> Floats:
    """Return the mean module of each class, (count, w, w), its members laid upon one another."""
    moved, laid = list(offsets), list(modules)
    for _ in range(ROUNDS):
        moved = [attacks.aligned(*each) for each in zip(codes, moved, laid, classes, strict=True)]
        laid = [attacks.cut_modules(code, own) for code, own in zip(codes, moved, strict=True)]
    every, which = np.concatenate(laid), np.concatenate(classes)
    means = [every[which == k].mean(axis=0) if (which == k).any() else every.mean(axis=0) for k in range(count)]
    return attacks.standardised(np.stack(means))


def _flipped(patterns: Bits, share: float, seed: int) -> Bits:
    return patterns ^ (generator(seed, "flipped").random(patterns.shape) < share)


def _reprinted(victim: Victim, patterns: Bits, plan: AttackPlan) -> Print:
    placed = layout(victim.text, victim.series)
    design = attacks.forged(placed.modules, placed.textured, patterns, victim.piece.design.um_per_px)
    return Print(design, victim.number("forged", plan.key), 1, PRINTERS[plan.printer])


def _copied(victim: Victim, plan: AttackPlan) -> Print:
    scanner = COPY_SCANNERS[plan.printer].model_copy(update={"margin_um": 0.0, "dpi": plan.scan_dpi})
    printer = PRINTERS[plan.printer].model_copy(update={"dpi": plan.print_dpi})
    seed = victim.number("copied", plan.key)
    if plan.means is Means.COPIED:
        return copied(victim.piece, settings=CopierSettings(scanner=scanner, printer=printer), seed=seed)
    design = attacks.sharpened(scan(victim.piece, scanner, seed=victim.number("sharpened", plan.key)))
    return Print(design, seed, 1, printer)


@cache
def _other_series(seed: int, scheme: Scheme) -> Series:
    return bench_series(seed + 1_000_000, scheme)


def _own_series(lesson: int, *, averaged: bool) -> Series:
    key = hashlib.sha256(f"attacker {lesson}".encode()).digest()
    count, side, black = (LESSON_PATTERNS if averaged else 0), 12, 72
    drawn = [keyed_pattern(key, "own", k, side=side, black=black) for k in range(count)]
    patterns: NDArray[np.bool_] = np.array(drawn, dtype=np.bool_).reshape(count, side, side)
    scheme = Scheme.ORDERED if averaged else Scheme.UNIQUE
    return Series(name=f"Own {lesson}", scheme=scheme, key=key, patterns=patterns, black_px=black)
