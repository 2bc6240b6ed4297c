"""Codes are checked against register and operating point, examined in cases, and presses are qualified."""

import itertools
import json
import shutil

import cv2
import numpy as np
import pytest

from engine.core.case import Device, Role, Standing
from engine.core.codes import RegisterState, SealState, Stage
from engine.core.errors import ImagingError, InputError, SeriesLockedError
from engine.core.records import utc_now
from engine.methods.two_level_qr.examination import TwoLevelQrSettings
from engine.simulation.codes import QrCode
from engine.workflows.captures import intake
from engine.workflows.cases import add_actor, add_item, custody, open_case
from engine.workflows.codes.checker import CodeChecker
from engine.workflows.codes.checks import examine_codes, locked_series
from engine.workflows.codes.series import Keyring
from engine.workflows.codes.tracing import life_step, query, record_steps, void
from engine.workflows.findings import repeat
from engine.workflows.reports import make_report
from engine.workflows.stores import open_store
from engine.workflows.verification import verify_report
from tests.engine.methods.two_level_qr.samples import blurred
from tests.engine.workflows.codes.code_captures import CONTEXT, COPY, PASSPHRASE, Codes, make_codes

KEYS = {
    "id", "register", "indicator", "threshold", "operating_point", "passes", "modules", "pattern_of_loss", "history",
    "warnings", "elapsed_ms",
}  # fmt: skip


@pytest.fixture(scope="module")
def checker():
    with CodeChecker() as checker:
        yield checker


@pytest.fixture(scope="module")
def made(tmp_path_factory, checker):
    """A store whose press is qualified, to be copied for each test."""
    codes = make_codes(tmp_path_factory.mktemp("codes"), checker)
    codes.qualified()
    codes.store.close()
    return codes


@pytest.fixture
def codes(made, tmp_path):
    shutil.copytree(made.folder / "lab.touchstone", tmp_path / "lab.touchstone")
    with open_store(tmp_path / "lab.touchstone") as store:
        yield Codes(tmp_path, store, made.producer, made.examiner, made.series, made.keyring, made.ids, made.checker)


def test_a_place_that_is_no_text_is_refused_and_nothing_recorded(codes):
    before = codes.store.head.count
    with pytest.raises(InputError, match="place cannot be recorded"):
        codes.check(codes.picture(codes.ids[6]), place="Shop \udcff")
    assert codes.store.head.count == before


def ordinary(text: str) -> np.ndarray:
    return blurred(QrCode(payload=text, version=4).design().ink)


def taken_in(codes: Codes, *paths):
    """Open a case with one simulated item and take captures in."""
    case = open_case(codes.store, codes.examiner, "Case")
    item = add_item(codes.store, codes.examiner, case.id, "Q1", Standing.QUESTIONED, simulated=True)
    taken = intake(codes.store, codes.examiner, case.id, item.id, paths, device=Device.SCANNER, context=CONTEXT)
    return case.id, [capture.id for capture in taken.captures]


def examined(codes: Codes, case_id: str, capture_id: str, **options):
    given = {"checker": codes.checker, "context": CONTEXT} | options
    return examine_codes(codes.store, codes.examiner, case_id, capture_id, given.pop("keyring", codes.keyring), **given)


def test_an_original_passes_and_a_copy_of_it_fails(codes):
    (genuine,) = codes.check(codes.picture(codes.ids[8]), place="Shop")
    (copy,) = codes.check(codes.picture(codes.ids[8], sigma=COPY))
    assert (genuine.check.passes, copy.check.passes) == (True, False)
    for code in (genuine, copy):
        told = code.to_json()
        assert set(told) == KEYS
        assert json.loads(json.dumps(told)) == told
        assert told["id"] == codes.ids[8]
        assert told["register"]["state"] == "issued"
        assert told["operating_point"]["name"] == "Press"
        assert told["threshold"] == codes.store.operating_points()[0].threshold
        assert told["modules"] > 100
        assert told["pattern_of_loss"] == "uniform"
        assert any("simulated" in warning for warning in told["warnings"])
        assert told["elapsed_ms"] > 0
    assert genuine.to_json()["history"]["checks"] == []
    (earlier,) = copy.to_json()["history"]["checks"]
    assert (earlier["place"], earlier["outcome"]) == ("Shop", genuine.check.outcome)


def test_every_check_is_recorded_unless_it_shall_not_be(codes):
    path = codes.picture(codes.ids[8])
    codes.check(path, record=False)
    assert codes.store.code_checks() == ()
    (code,) = codes.check(path, package=SealState.DISTURBED)
    assert codes.store.code_checks() == (code.check,)
    assert code.check.image_sha256 == code.capture.sha256
    assert any("the package was found disturbed" in warning for warning in code.warnings)


def test_several_codes_in_one_image_are_checked_one_by_one_from_the_top(codes):
    image = codes.picture(*codes.ids[6:12], across=2)
    found = codes.check(image)
    assert {code.check.product_id for code in found} == set(codes.ids[6:12])
    assert [code.check.passes for code in found] == [True] * 6
    tops = [code.finding.overlays[0].grid_to_capture.array()[1, 2] for code in found]
    assert all(below > above - 30 for above, below in itertools.pairwise(tops))
    assert max(tops) - min(tops) > 600
    assert len({code.elapsed_ms for code in found}) == 1


def test_the_same_code_twice_in_an_image_is_an_anomaly_and_both_are_measured(codes):
    image = codes.folder / "twice.png"
    both = [cv2.imread(str(codes.picture(codes.ids[8], sigma=sigma)), 0) for sigma in (0.8, COPY)]
    cv2.imwrite(str(image), np.vstack(both))
    found = codes.check(image)
    assert [code.check.passes for code in found] == [True, False]
    assert all("shows 2 codes that say the same" in " ".join(code.warnings) for code in found)


@pytest.mark.parametrize("text", ["0123456789ABCDEF", "https://example.org/?q=<b>&x=\u202e", "=cmd|' /C calc'!A0"])
def test_a_code_that_the_register_does_not_know_is_not_measured(codes, text):
    image = codes.folder / "other.png"
    cv2.imwrite(str(image), ordinary(text))
    (code,) = codes.check(image)
    assert code.answer.state is RegisterState.NO_RECORD
    assert code.check.code_text == text
    assert (code.check.passes, code.check.indicator, code.finding) == (None, None, None)
    assert code.check.outcome.startswith("No record of this code in the register of Laboratory on 20")
    assert "Register: no record." in code.warnings


def test_an_ordinary_print_of_an_issued_id_fails(codes):
    image = codes.folder / "forged.png"
    cv2.imwrite(str(image), blurred(QrCode(payload=codes.ids[8], version=2).design().ink))
    (code,) = codes.check(image)
    assert code.answer.state is RegisterState.ISSUED
    assert code.check.passes is False


@pytest.mark.parametrize("part", [slice(0, 0), slice(0, 200)])
def test_a_blank_page_and_half_a_code_hold_nothing_to_check(codes, part):
    image = codes.folder / "part.png"
    page = np.full((700, 700), 235, dtype=np.uint8)
    ink = cv2.imread(str(codes.picture(codes.ids[8])), 0)[part]
    page[: len(ink), : ink.shape[1]] = ink
    cv2.imwrite(str(image), page)
    assert codes.check(image) == ()
    assert codes.store.code_checks() == ()


def test_a_locked_series_is_told_and_the_register_still_answers(codes):
    image = codes.picture(codes.ids[8])
    locked = Keyring()
    needed = locked_series(codes.store, locked, image, checker=codes.checker, context=CONTEXT)
    assert [series.id for series in needed] == [codes.series.id]
    (code,) = codes.check(image, keyring=locked)
    assert (code.answer.state, code.finding, code.check.passes) == (RegisterState.ISSUED, None, None)
    assert "The series is locked: its patterns were not compared." in code.warnings


def test_outside_the_domain_a_code_is_measured_and_not_classified(codes):
    (code,) = codes.check(codes.picture(codes.ids[8]), simulated=False)
    assert code.check.indicator > 0.5
    assert (code.check.passes, code.check.threshold, code.to_json()["operating_point"]) == (None, None, None)
    assert "it holds for simulated captures, and this one is real" in " ".join(code.warnings)


def test_a_voided_code_and_one_disposed_of_are_told_apart_from_the_measurement(codes):
    void(codes.store, codes.producer, codes.series.id, [codes.ids[8]], "lost")
    step = life_step(codes.ids[9], Stage.DISPOSAL.value, utc_now())
    record_steps(codes.store, codes.producer, [step])
    (voided,) = codes.check(codes.picture(codes.ids[8]))
    (disposed,) = codes.check(codes.picture(codes.ids[9]))
    assert (voided.answer.state, voided.check.passes) == (RegisterState.VOIDED, True)
    assert "Register: voided." in voided.warnings
    assert "after the disposal" in " ".join(disposed.warnings)


def test_a_file_that_is_gone_or_no_image_is_named(codes):
    with pytest.raises(ImagingError, match=r"nothing\.png"):
        codes.check(codes.folder / "nothing.png")
    broken = codes.folder / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    with pytest.raises(ImagingError, match=r"broken\.png"):
        codes.check(broken)
    assert len(codes.check(codes.picture(codes.ids[8]))) == 1


def test_an_image_that_changed_since_it_was_read_is_read_again(codes):
    image = codes.picture(codes.ids[8], name="image.png")
    assert codes.check(image)[0].check.product_id == codes.ids[8]
    codes.picture(codes.ids[9], name="image.png")
    assert codes.check(image)[0].check.product_id == codes.ids[9]


def test_codes_of_a_case_are_found_recorded_and_classified(codes):
    case_id, (capture_id,) = taken_in(codes, codes.picture(*codes.ids[8:11]))
    findings = examined(codes, case_id, capture_id)
    assert {finding.provenance.settings["code_text"] for finding in findings} == set(codes.ids[8:11])
    for finding in findings:
        assert finding.classification.passes is True
        keys = {caution.key for caution in finding.cautions}
        assert "register" in keys
        assert "investigative only" not in keys
    assert [finding.id for finding in codes.store.findings(case_id)] == [finding.id for finding in findings]
    assert codes.store.finding(findings[1].id, with_rasters=True).overlays == findings[1].overlays
    checks = codes.store.code_checks()
    assert [check.finding_id for check in checks] == [finding.id for finding in findings]
    assert sum(entry.text.startswith("Code checked") for entry in custody(codes.store, case_id)) == 3
    chosen = examined(codes, case_id, capture_id, settings=TwoLevelQrSettings(code_text=codes.ids[9]))
    assert [finding.provenance.settings["code_text"] for finding in chosen] == [codes.ids[9]]


def test_a_locked_series_stops_an_examination_before_anything_is_recorded(codes):
    case_id, (capture_id,) = taken_in(codes, codes.picture(codes.ids[8]))
    before = codes.store.head.count
    with pytest.raises(SeriesLockedError) as refused:
        examined(codes, case_id, capture_id, keyring=Keyring())
    assert refused.value.series_id == codes.series.id
    assert codes.store.head.count == before


def test_an_unknown_code_and_a_blank_capture_give_findings_that_say_so(codes):
    other, blank = codes.folder / "other.png", codes.folder / "blank.png"
    cv2.imwrite(str(other), ordinary("ELSEWHERE"))
    cv2.imwrite(str(blank), np.full((300, 300), 235, dtype=np.uint8))
    case_id, captures = taken_in(codes, other, blank)
    (unknown,), (nothing,) = (examined(codes, case_id, capture_id) for capture_id in captures)
    assert unknown.outcome == "code read, no series known"
    assert "No record of this code in the register" in " ".join(caution.text for caution in unknown.cautions)
    assert nothing.outcome == "no code read"
    for finding in (unknown, nothing):
        assert finding.classification is None
        again = repeat(codes.store, finding, CONTEXT)
        assert {caution.key for caution in again.cautions} == {caution.key for caution in finding.cautions}


def test_only_examiners_examine_and_only_captures_of_the_case(codes):
    case_id, (capture_id,) = taken_in(codes, codes.picture(codes.ids[8]))
    with pytest.raises(InputError, match="may not examine codes"):
        examine_codes(codes.store, codes.producer, case_id, capture_id, codes.keyring, context=CONTEXT)
    other = open_case(codes.store, codes.examiner, "Other")
    with pytest.raises(InputError, match="another case"):
        examined(codes, other.id, capture_id)


def test_a_report_on_codes_verifies_and_is_run_again_where_the_series_is_unlocked(codes):
    case_id, captures = taken_in(codes, codes.picture(codes.ids[8]), codes.picture(codes.ids[9], sigma=COPY))
    findings = [examined(codes, case_id, capture_id)[0] for capture_id in captures]
    out = codes.folder / "report.pdf"
    make_report(codes.store, codes.examiner, case_id, out, context=CONTEXT)
    locked = verify_report(out, codes.store.path, CONTEXT)
    assert (locked.ok, locked.repeated) == (True, 0)
    assert {each.finding_id for each in locked.not_repeated} == {finding.id for finding in findings}
    assert {each.why for each in locked.not_repeated} == {"not re-run: series locked"}
    opened = verify_report(out, codes.store.path, CONTEXT, keyring=codes.keyring)
    assert (opened.differences, opened.repeated, opened.not_repeated) == ((), 2, ())


def test_a_recorded_classification_that_does_not_come_out_again_is_named(codes):
    case_id, (capture_id,) = taken_in(codes, codes.picture(codes.ids[9], sigma=COPY))
    (finding,) = examined(codes, case_id, capture_id)
    better = finding.classification.model_copy(update={"passes": True})
    invented = finding.model_copy(update={"id": "finding-00000000000000ff", "classification": better})
    rasters = {overlay.key: overlay.raster for overlay in finding.overlays}
    codes.store.commit(codes.examiner.id, "finding made", invented, case_id=case_id, rasters=rasters)
    out = codes.folder / "report.pdf"
    make_report(codes.store, codes.examiner, case_id, out, context=CONTEXT)
    found = verify_report(out, codes.store.path, CONTEXT, keyring=codes.keyring)
    assert [each.where for each in found.differences] == [f"finding {invented.id}, classification"]


def test_no_passphrase_no_key_and_no_pattern_stands_in_what_a_check_leaves(codes):
    case_id, (capture_id,) = taken_in(codes, codes.picture(codes.ids[8]))
    (finding,) = examined(codes, case_id, capture_id)
    (code,) = codes.check(codes.picture(codes.ids[9]))
    series = codes.keyring.series(codes.series.id)
    secrets = [series.key, series.key.hex().encode(), PASSPHRASE.encode(), np.packbits(series.patterns).tobytes().hex()]
    secrets += [np.packbits(pattern).tobytes() for pattern in series.patterns]
    texts = json.dumps([finding.to_json(), code.to_json(), code.check.to_json()]).encode() + repr(code).encode()
    files = [path.read_bytes() for path in codes.store.path.rglob("*") if path.is_file() and path.suffix != ".sealed"]
    for secret, text in itertools.product(secrets, [texts, *files]):
        assert (secret if isinstance(secret, bytes) else secret.encode()) not in text


def test_the_answer_of_the_register_is_that_of_its_own_query(codes):
    (code,) = codes.check(codes.picture(codes.ids[8]))
    answer = query(codes.store, codes.ids[8])
    assert code.answer.batch == answer.batch
    assert [each.check for each in answer.checks] == [code.check]


def test_validators_qualify_and_examiners_do_not(codes):
    validator = add_actor(codes.store, codes.store.actors()[0], "Validator", Role.VALIDATOR)
    assert codes.qualified(actor=validator, name="Second").name == "Second"
    with pytest.raises(InputError, match="may not qualify presses"):
        codes.qualified(actor=codes.examiner)
