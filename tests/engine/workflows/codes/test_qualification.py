"""A press is qualified on codes that are parted by object, and nothing is left out of its rates."""

import cv2
import numpy as np
import pytest

from engine.core.errors import InputError, SeriesLockedError
from engine.evaluation.curves import threshold_between_means
from engine.methods.two_level_qr.decision import SCORE
from engine.simulation.codes import QrCode
from engine.workflows.codes.checker import CodeChecker
from engine.workflows.codes.series import Keyring
from tests.engine.methods.two_level_qr.samples import blurred
from tests.engine.workflows.codes.code_captures import COPY, make_codes


@pytest.fixture(scope="module")
def codes(tmp_path_factory):
    with CodeChecker() as checker:
        codes = make_codes(tmp_path_factory.mktemp("press"), checker)
        with codes.store:
            yield codes


def indicators(codes, path) -> dict[str, float]:
    found = codes.check(path, record=False)
    return {code.check.product_id: code.check.indicator for code in found}


def test_threshold_and_rates_come_from_two_halves_without_a_common_code(codes):
    pages = codes.picture(*codes.ids[:7]), codes.picture(*codes.ids[:7], sigma=COPY)
    point = codes.qualify([pages[0]], [pages[1]])
    genuine, copied = (indicators(codes, page) for page in pages)
    by_score = {score: key for kind in (genuine, copied) for key, score in kind.items()}
    tuning, test = (
        {by_score[score] for score in (*half.genuine, *half.counterfeit)} for half in (point.tuning, point.test)
    )
    assert tuning | test == set(codes.ids[:7])
    assert not tuning & test
    assert sorted((*point.tuning.genuine, *point.test.genuine)) == sorted(genuine.values())
    assert abs(len(point.tuning.genuine) - len(point.test.genuine)) <= 1
    assert point.threshold == threshold_between_means(point.tuning.genuine, point.tuning.counterfeit)
    assert (point.far.events, point.frr.events) == (0, 0)
    assert point.far.trials == point.far.objects == len(point.test.counterfeit)
    assert point.far.interval.high > 0.3
    assert point.tuning.data_sha256 != point.test.data_sha256
    assert (point.score, point.series_sha256) == (SCORE, codes.series.facts.sha256)
    assert point.domain.dpi_low < 600 < point.domain.dpi_high
    assert point.domain.dpi_high - point.domain.dpi_low < 70
    assert codes.store.operating_points(codes.series.id)[-1] == point


def test_kinds_of_different_codes_are_halved_each(codes):
    point = codes.qualify([codes.picture(*codes.ids[:4])], [codes.picture(*codes.ids[4:8], sigma=COPY)])
    for half in (point.tuning, point.test):
        assert (len(half.genuine), len(half.counterfeit)) == (2, 2)


def test_copies_may_be_of_somewhat_another_size(codes):
    copies = codes.picture(*codes.ids[:6], sigma=COPY)
    shrunk = resized(codes, "shrunk.png", copies, 0.94)
    domain = codes.qualify([codes.picture(*codes.ids[:6])], [shrunk]).domain
    assert domain.dpi_low < 0.94 * 600 < 600 < domain.dpi_high


def test_the_same_scans_give_the_same_point(codes):
    first, again = codes.qualified(), codes.qualified()
    assert (first.threshold, first.tuning, first.test) == (again.threshold, again.tuning, again.test)


def page(codes, name: str, image: np.ndarray):
    path = codes.folder / name
    cv2.imwrite(str(path), image)
    return path


def resized(codes, name: str, picture, scale: float):
    """Write a picture as a scan of ``scale`` times the resolution shows it."""
    image = cv2.imread(str(picture), cv2.IMREAD_GRAYSCALE)
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return page(codes, name, cv2.resize(image, None, fx=scale, fy=scale, interpolation=way))


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("exchanged", "no threshold parts them"),
        ("few", "There are 3 copies, and at least 4 are needed"),
        ("twice", "is shown twice among the genuine codes"),
        ("blank", "No code can be read"),
        ("foreign", "is none of the series Tests"),
        ("other version", "cannot be measured"),
        ("same scan", "The same scan was given"),
        ("finer copies", r"-0.8.png measures [56].. dpi, finer.png 8.. dpi"),
        ("some finer", "finer.png 8.. dpi"),
        ("two resolutions of both", "coarser.png measures 4.. dpi, finer-codes.png 6.. dpi"),
    ],
)
def test_what_would_make_the_rates_wrong_is_refused_and_nothing_recorded(codes, what, said):
    genuine, copies = codes.picture(*codes.ids[:6]), codes.picture(*codes.ids[:6], sigma=COPY)
    other, copied = codes.picture(*codes.ids[6:9]), codes.picture(*codes.ids[6:9], sigma=COPY)
    wrong = {
        "exchanged": lambda: ([copies], [genuine]),
        "few": lambda: ([genuine], [codes.picture(*codes.ids[:3], sigma=COPY)]),
        "twice": lambda: ([genuine, codes.picture(codes.ids[0])], [copies]),
        "blank": lambda: ([genuine, page(codes, "blank.png", np.full((400, 400), 235, np.uint8))], [copies]),
        "foreign": lambda: ([genuine], [copies, page(codes, "foreign.png", blurred(QrCode(payload="X").design().ink))]),
        "other version": lambda: (
            [genuine, page(codes, "v5.png", blurred(QrCode(payload=codes.ids[9], version=5).design().ink))],
            [copies],
        ),
    }  # fmt: skip
    finer = resized(codes, "finer.png", copies, 1.4)
    wrong |= {
        "same scan": lambda: ([genuine], [codes.picture(*codes.ids[6:10], sigma=COPY), genuine]),
        "finer copies": lambda: ([genuine], [finer]),
        "some finer": lambda: ([genuine], [finer, codes.picture(*codes.ids[6:8], sigma=COPY)]),
        # Neither kind is finer than the other, and the middle of the range was measured in neither.
        "two resolutions of both": lambda: (
            [resized(codes, "finer-codes.png", genuine, 1.15), resized(codes, "coarser.png", other, 0.8)],
            [resized(codes, "finer-copies.png", copies, 1.14), resized(codes, "coarser-copies.png", copied, 0.81)],
        ),
    }
    before = codes.store.head.count
    with pytest.raises(InputError, match=said):
        codes.qualify(*wrong[what]())
    assert codes.store.head.count == before


def test_a_locked_series_is_not_qualified(codes):
    with pytest.raises(SeriesLockedError):
        codes.qualified(keyring=Keyring())
