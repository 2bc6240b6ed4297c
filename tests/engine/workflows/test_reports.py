"""A report is recorded and written, or neither; no two have one number."""

from pathlib import Path

import pytest

from engine.core.case import Device, IssuedReport, Standing
from engine.core.errors import InputError, ReportError, StoreError
from engine.jobs import JobContext
from engine.store import Store
from engine.workflows.captures import intake
from engine.workflows.cases import add_item, open_case
from engine.workflows.opinions import give_opinion
from engine.workflows.reports import ReportOptions, make_report, report_content
from engine.workflows.stores import open_store


@pytest.fixture
def issue(store, examiner, case, item, write_png, tmp_path):
    """Issue a report of a case with one capture."""
    intake(store, examiner, case.id, item.id, [write_png(1)], device=Device.SCANNER, context=JobContext())

    def run(out: Path = tmp_path / "report.pdf", *, by: Store = store, **options: str) -> IssuedReport:
        wish = ReportOptions(**options)
        return make_report(by, examiner, case.id, out, options=wish, context=JobContext())

    return run


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.suffix in (".pdf", ".part")}


def test_a_report_that_cannot_be_recorded_leaves_no_file(store, case, issue, tmp_path, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise StoreError("The disk is full")

    monkeypatch.setattr(store, "commit", full)
    with pytest.raises(StoreError):
        issue()
    assert files(tmp_path) == set()
    assert store.reports(case.id) == ()


@pytest.mark.parametrize("out", ["/", ".", "", "capture-001.png/report.pdf", "nowhere/report.pdf", "lab.touchstone"])
def test_a_report_that_cannot_be_written_is_not_recorded(store, case, issue, tmp_path, monkeypatch, out):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ReportError, match="could not be written"):
        issue(Path(out))
    assert store.reports(case.id) == ()
    assert files(tmp_path) == set()


def test_two_windows_give_no_number_twice(store, case, issue, tmp_path, monkeypatch):
    with open_store(store.path) as other:
        first = issue()
        assert issue(by=other).number == first.number[:-2] + "02"
        # The other one issues while this one draws its pages.
        monkeypatch.setattr("engine.workflows.reports.report_figures", _once_issued(monkeypatch, issue, other))
        with pytest.raises(InputError, match="used already"):
            issue(tmp_path / "late.pdf")
    store.refresh()
    numbers = [report.number for report in store.reports(case.id)]
    assert len(numbers) == len(set(numbers)) == 3
    assert not (tmp_path / "late.pdf").exists()


def _once_issued(monkeypatch, issue, other):
    from engine.workflows.figures import report_figures

    def figures(*arguments):
        monkeypatch.setattr("engine.workflows.reports.report_figures", report_figures)
        issue(by=other)
        return report_figures(*arguments)

    return figures


def test_a_case_whose_identifier_begins_alike_gets_numbers_of_its_own(store, examiner, case, issue, monkeypatch):
    number = issue().number
    alike = case.id[:-1] + ("0" if case.id[-1] != "0" else "1")
    monkeypatch.setattr("engine.workflows.cases.new_id", lambda kind: alike)
    second = open_case(store, examiner, "Second")
    monkeypatch.undo()
    item = add_item(store, examiner, second.id, "Q1", Standing.QUESTIONED)
    file = next((store.path / "evidence").glob("*.png"))
    intake(store, examiner, second.id, item.id, [file], device=Device.SCANNER, context=JobContext())
    assert report_content(store, examiner, second.id, ReportOptions()).number == number[:-2] + "02"


def test_only_the_report_in_force_is_amended(issue):
    first = issue()
    second = issue(amends=first.id, reason="A name was wrong")
    with pytest.raises(InputError, match="amended already"):
        issue(amends=first.id, reason="Another name was wrong")
    third = issue(amends=second.id, reason="Another name was wrong")
    assert [report.number for report in (second, third)] == [f"{first.number}/A1", f"{first.number}/A2"]


def test_an_opinion_corrects_what_another_window_gave_meanwhile(store, examiner, case):
    with open_store(store.path) as other:
        first = give_opinion(other, examiner, case.id, "First", ())
    assert give_opinion(store, examiner, case.id, "Second", ()).corrects == first.id
