"""An attacker's tools on codes whose patterns and displacements are known."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.codes import Scheme
from engine.core.seeds import generator
from engine.methods.two_level_qr.generation import generate
from engine.simulation import attacks
from engine.simulation.attacks import AROUND_PX, FINE, Restorer, Seen
from engine.simulation.channel import ScannerSettings, scan
from engine.simulation.codes import Design
from engine.simulation.printing import Print
from engine.workflows.evaluation.code_attacks import true_patterns
from tests.engine.methods.two_level_qr.samples import series

TEXT = "TS-0001-7F3A"
SIDE = 12


def seen_of(ink, modules, textured, *, blur=1.0, noise=0.0, moved=None):
    """Return a code as a camera sees it on the attacker's grid; ``moved``: smooth displacement in samples."""
    kept = ink[3 * SIDE : -3 * SIDE, 3 * SIDE : -3 * SIDE]
    fine = np.kron(np.where(kept, 30.0, 220.0), np.ones((FINE, FINE))).astype(np.float32)
    fine = cv2.GaussianBlur(fine, (0, 0), blur * FINE)
    fine += noise * generator(1, "noise").standard_normal(fine.shape, dtype=np.float32)
    if moved is not None:
        y, x = np.mgrid[: fine.shape[0], : fine.shape[1]].astype(np.float32)
        fine = cv2.remap(fine, x - moved[0], y - moved[1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return Seen(fine, modules, textured, SIDE, FINE * SIDE)


@pytest.fixture(scope="module")
def unique():
    own = series(Scheme.UNIQUE)
    return generate(own, TEXT), true_patterns(own, TEXT)


@pytest.fixture(scope="module")
def ordered():
    own = series(Scheme.ORDERED)
    return generate(own, TEXT), true_patterns(own, TEXT)


@pytest.mark.parametrize("scheme", [Scheme.ORDERED, Scheme.UNIQUE])
def test_a_forgery_with_the_true_patterns_is_the_producers_own_ink(scheme):
    code = generate(series(scheme), TEXT)
    made = attacks.forged(
        code.layout.modules, code.layout.textured, true_patterns(series(scheme), TEXT), code.design.um_per_px
    )
    assert (made.ink == code.ink).all()
    assert made.um_per_px == code.design.um_per_px


def test_structure_alone_tells_how_far_modules_were_moved(unique):
    code, _ = unique
    side = FINE * SIDE * (len(code.layout.modules) + 2)
    wave = np.linspace(-1, 1, side, dtype=np.float32)
    moved = np.broadcast_to(7 * wave, (side, side)), np.broadcast_to(-5 * wave[:, None], (side, side))
    seen = seen_of(code.ink, code.layout.modules, code.layout.textured, moved=moved)
    offsets = attacks.structure_offsets(seen)
    middles = FINE * SIDE * (np.arange(len(code.layout.modules)) + 1.5)
    inner = slice(5, -5)
    assert offsets[inner, inner, 0] == pytest.approx(
        np.broadcast_to(np.interp(middles, np.arange(side), 7 * wave), offsets.shape[:2])[inner, inner], abs=1.5
    )
    assert offsets[inner, inner, 1] == pytest.approx(
        np.broadcast_to(np.interp(middles, np.arange(side), -5 * wave)[:, None], offsets.shape[:2])[inner, inner],
        abs=1.5,
    )


def test_modules_are_cut_at_their_places(unique):
    code, patterns = unique
    seen = seen_of(code.ink, code.layout.modules, code.layout.textured, blur=0.01)
    cut = attacks.cut_modules(seen, np.zeros((*code.layout.modules.shape, 2), dtype=np.float32))
    core = slice(FINE * AROUND_PX, -FINE * AROUND_PX)
    cells = cut[:, core, core].reshape(len(cut), SIDE, FINE, SIDE, FINE).mean(axis=(2, 4))
    assert ((cells < 0) == patterns).mean() > 0.999
    assert cut.mean(axis=(1, 2)) == pytest.approx(0, abs=1e-4)
    assert cut.std(axis=(1, 2)) == pytest.approx(1, abs=1e-4)


def test_what_was_learnt_on_own_codes_restores_others_better_than_a_threshold(unique, ordered):
    """Learnt on one key's patterns, used on those of another."""
    still = np.zeros((*unique[0].layout.modules.shape, 2), dtype=np.float32)
    theirs = attacks.cut_modules(
        seen_of(unique[0].ink, unique[0].layout.modules, unique[0].layout.textured, blur=0.8, noise=8.0), still
    )
    other = generate(series(Scheme.UNIQUE, key=bytes(range(32))), TEXT)
    own = attacks.cut_modules(
        seen_of(other.ink, other.layout.modules, other.layout.textured, blur=0.8, noise=8.0), still
    )
    restorer = Restorer.learnt(own, true_patterns(series(Scheme.UNIQUE, key=bytes(range(32))), TEXT))
    restored = restorer.patterns(theirs, SIDE, 72)
    assert (restored.sum(axis=(1, 2)) == 72).all()
    core = slice(FINE * AROUND_PX, -FINE * AROUND_PX)
    cells = (
        theirs[:, core, core].reshape(len(theirs), SIDE, FINE, SIDE, FINE).mean(axis=(2, 4)).reshape(len(theirs), -1)
    )
    plain = (cells <= np.median(cells, axis=1, keepdims=True)).reshape(restored.shape)
    assert (restored == unique[1]).mean() > (plain == unique[1]).mean() + 0.05
    assert (restored == unique[1]).mean() > 0.9


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(2, 5), noise=st.floats(0.0, 1.0))
def test_classes_are_found_by_their_looks(seed, count, noise):
    random = generator(seed, "clusters of a test")
    width = FINE * (8 + 2 * AROUND_PX)
    kinds = np.kron(random.choice([-1.0, 1.0], size=(count, width // FINE, width // FINE)), np.ones((FINE, FINE)))
    truth = np.arange(40) % count
    modules = (kinds[truth] + noise * random.standard_normal((40, width, width))).astype(np.float32)
    found = attacks.clustered(modules, count, seed=seed)
    pairs = set(zip(truth.tolist(), found.tolist(), strict=True))
    assert len(pairs) == count == len(set(found.tolist()))


def test_modules_are_laid_upon_one_another(ordered):
    code, patterns = ordered
    places = len(patterns)
    seen = seen_of(code.ink, code.layout.modules, code.layout.textured)
    jitter = np.zeros((*code.layout.modules.shape, 2), dtype=np.float32)
    drawn = generator(3, "jitter").uniform(-4, 4, (places, 2)).astype(np.float32)
    jitter[code.layout.textured] = drawn - drawn.mean(axis=0)
    classes = np.arange(places) % 3
    offsets, modules = jitter, attacks.cut_modules(seen, jitter)
    for _ in range(3):
        offsets = attacks.aligned(seen, offsets, modules, classes)
        modules = attacks.cut_modules(seen, offsets)
    left = offsets[code.layout.textured]
    # Each class may drift as a whole; within it the jitter is gone.
    spread = np.sqrt(np.mean([(left[classes == k] - left[classes == k].mean(axis=0)) ** 2 for k in range(3)]))
    assert spread < 0.15 * jitter[code.layout.textured].std()


def test_sharpening_brings_back_dots_that_copying_alone_loses(unique):
    """Of isolated dots a plain black-or-white copy keeps fewer."""
    code, _ = unique
    piece = Print(Design(code.ink, code.design.um_per_px), 5)
    view = scan(piece, ScannerSettings(margin_um=0, skew_deg=0, blur_um=30), seed=2)
    threshold, _ = cv2.threshold(view.pixels, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    clear = attacks.sharpened(view)
    assert clear.um_per_px == view.um_per_px
    fine = [np.count_nonzero(ink[:, 1:] != ink[:, :-1]) for ink in (view.pixels <= threshold, clear.ink)]
    assert fine[1] > 1.2 * fine[0]
