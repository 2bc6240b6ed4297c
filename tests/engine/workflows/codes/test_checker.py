"""The child process that reads and measures codes: what a broken one answers, dies of or is asked does no harm."""

import cv2
import numpy as np
import pytest

from engine.core.errors import ImagingError, InputError, JobError
from engine.jobs import Child, JobContext
from engine.methods.two_level_qr.examination import TwoLevelQrSettings
from engine.simulation.codes import QrCode
from engine.workflows.codes.checker import CodeChecker, Wanted
from tests.engine.methods.two_level_qr.samples import Held, blurred, series

CONTEXT = JobContext()


@pytest.fixture
def image(tmp_path):
    path = tmp_path / "code.png"
    cv2.imwrite(str(path), blurred(QrCode(payload="TEXT", version=2).design().ink))
    return path


SHORT = {"sha256": "0" * 64, "codes": [{"text": "x", "number": 1}]}


@pytest.mark.parametrize("reply", [{}, {"page": None}, {"page": SHORT}, {"page": {**SHORT, "more": 1}}])
def test_nonsense_instead_of_a_page_is_an_error_in_words(image, monkeypatch, reply):
    monkeypatch.setattr(Child, "request", lambda *_: reply)
    with CodeChecker() as checker, pytest.raises(JobError, match=r"code\.png: The code checker answered nonsense"):
        checker.read(image, 0, CONTEXT)


@pytest.mark.parametrize("reply", [{}, {"findings": []}, {"findings": [{}]}, {"findings": 3}])
def test_nonsense_instead_of_findings_is_an_error_in_words(image, monkeypatch, reply):
    capture = Held(np.zeros((9, 9), dtype=np.uint8)).capture
    monkeypatch.setattr(Child, "request", lambda *_: reply)
    with CodeChecker() as checker, pytest.raises(JobError, match="answered nonsense"):
        checker.measure(image, capture, [Wanted(TwoLevelQrSettings(), series())], CONTEXT)


def test_after_its_process_died_the_checker_starts_another(image):
    with CodeChecker() as checker:
        assert [code.text for code in checker.read(image, 0, CONTEXT).codes] == ["TEXT"]
        process = checker._child._process
        process.kill()
        process.wait()
        assert [code.text for code in checker.read(image, 0, CONTEXT).codes] == ["TEXT"]


def test_a_page_is_decoded_once_for_as_long_as_its_file_stays(image):
    with CodeChecker() as checker:
        first, again = checker.read(image, 0, CONTEXT), checker.read(image, 0, CONTEXT)
        assert first.held_ms == 0
        assert again.held_ms > 0
        assert again.codes == first.codes
        capture = Held(np.zeros((9, 9), dtype=np.uint8)).capture
        with pytest.raises(ImagingError, match="The file is not the one that was read"):
            checker.measure(image, capture, [Wanted(TwoLevelQrSettings(), None)], CONTEXT)


def test_a_request_that_it_does_not_know_is_refused(image):
    with CodeChecker() as checker, pytest.raises(InputError, match="does not know"):
        checker._request({"do": "eval"}, image, 0, CONTEXT)
