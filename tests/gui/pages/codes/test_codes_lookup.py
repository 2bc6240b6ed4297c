"""The register on the Codes page: look up, steps, anomalies, voiding."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from engine.core.case import Role
from engine.workflows.cases import add_actor
from engine.workflows.codes.tracing import IssuedIds, life_step, record_steps
from gui.pages.codes.dialogs import StepDialog, VoidDialog
from gui.pages.codes.lookup import WARNINGS_SHOWN
from gui.pages.codes.page import CodesPage
from gui.pages.codes.timeline import MARK, Entry, Kind, Timeline
from gui.session import Session
from gui.shell.window import MainWindow
from gui.widgets.forms import FormDialog
from tests.gui.driving import dialog, drop
from tests.gui.pages.codes.samples import PREFIX, rows_of


@pytest.fixture
def product_id(issued: IssuedIds) -> str:
    return issued.product_ids[0]


@pytest.fixture
def look_up(qtbot: QtBot, page: CodesPage, settle: Callable[[], None]) -> Callable[[str], None]:
    def _look_up(text: str) -> None:
        page.lookup.line.setText(text)
        qtbot.keyClick(page.lookup.line, Qt.Key.Key_Return)
        settle()

    return _look_up


@pytest.fixture
def record(qtbot: QtBot, open_window: MainWindow, settle: Callable[[], None]) -> Callable[[str, str, str], None]:
    """Return a function that records a step of the ID looked up: stage, ISO time, place."""
    from PySide6.QtCore import QDateTime, QTimeZone

    def _record(stage: str, time: str, place: str) -> None:
        open_window.commands.run("codes.step")
        form = dialog(StepDialog)
        form.stage.setCurrentText(stage)
        when = QDateTime.fromString(time, Qt.DateFormat.ISODate)
        when.setTimeZone(QTimeZone(QTimeZone.Initialization.UTC))
        form.time.setDateTime(when)
        form.place.setText(place)
        qtbot.mouseClick(form.accept_button, Qt.MouseButton.LeftButton)
        settle()

    return _record


def test_an_issued_id_is_found_as_people_type_it(
    page: CodesPage, product_id: str, look_up: Callable[[str], None]
) -> None:
    assert page.lookup.empty.isVisible()
    typed = f" {product_id[:4]}-{product_id[4:8]}-{product_id[8:].lower()} "
    look_up(typed)
    assert page.lookup.state.text() == "Issued"
    facts = dict(rows_of(page.lookup.facts))
    assert facts["Product ID"] == product_id
    assert facts["The code says"] == PREFIX + product_id
    assert facts["Series"] == "Autumn"
    assert [row[2] for row in rows_of(page.lookup.timeline)] == ["Issued: in series Autumn"]
    assert not page.lookup.anomalies.isVisible()


@pytest.mark.parametrize("text", ["0123456789ABCDEF", "no ID at all <b>x</b>"])
def test_what_was_never_issued_has_no_record(page: CodesPage, look_up: Callable[[str], None], text: str) -> None:
    look_up(text)
    assert page.lookup.state.text() == "No record in this register"
    assert not rows_of(page.lookup.timeline)


def test_steps_and_what_is_odd_about_them_are_shown(
    page: CodesPage,
    product_id: str,
    look_up: Callable[[str], None],
    record: Callable[[str, str, str], None],
) -> None:
    look_up(product_id)
    record("retail", "2099-02-01T10:00:00", "Genoa")
    record("production", "2099-01-01T08:00:00", "<b>Lyon</b>")
    rows = rows_of(page.lookup.timeline)
    assert [(row[1], row[3]) for row in rows[1:]] == [
        ("2099-01-01 08:00:00 UTC", "<b>Lyon</b>"),
        ("2099-02-01 10:00:00 UTC", "Genoa"),
    ]
    assert rows[1][2] == "Step: production (entered by hand)"
    assert page.lookup.anomalies.text().startswith("Anomaly: 2 steps in the future when recorded")
    record("disposal", "2099-01-20T08:00:00", "Turin")
    assert page.lookup.anomalies.isVisible()
    assert "\nAnomaly: 1 step after the disposal" in page.lookup.anomalies.text()


def test_of_very_many_oddities_the_first_are_shown_and_the_others_counted(
    page: CodesPage, issued: IssuedIds, session: Session, look_up: Callable[[str], None]
) -> None:
    assert session.store is not None and session.actor is not None
    steps = [
        life_step(issued.product_ids[0], stage, f"2099-01-{day:02}T{hour:02}:00:00Z")
        for day in range(1, 12)
        for hour, stage in enumerate(("retail", "packing"))
    ]
    record_steps(session.store, session.actor, steps)
    look_up(issued.product_ids[0])
    lines = page.lookup.anomalies.text().splitlines()
    assert len(lines) == WARNINGS_SHOWN + 1
    assert (
        lines[-1] == "And 4 more; the timeline holds what they rest on."
    )  # 11 times packing follows retail; all in the future
    assert len(rows_of(page.lookup.timeline)) == 23


def test_a_table_of_steps_is_dropped_and_recorded_as_a_whole(
    qtbot: QtBot,
    page: CodesPage,
    issued: IssuedIds,
    look_up: Callable[[str], None],
    tmp_path: Path,
    settle: Callable[[], None],
) -> None:
    table = tmp_path / "steps.csv"
    first, second = issued.product_ids[0], issued.product_ids[1]
    table.write_text(
        f"id,stage,time,place\n{first},packing,2099-01-01T08:00Z,Lyon\n{second},packing,2099-01-01T08:01Z,Lyon\n"
    )
    drop(page, [table])
    settle()
    form = dialog(FormDialog)
    qtbot.mouseClick(form.accept_button, Qt.MouseButton.LeftButton)
    settle()
    for product_id in (first, second):
        look_up(product_id)
        assert rows_of(page.lookup.timeline)[-1][2:4] == ("Step: packing (from steps.csv)", "Lyon")


def test_a_table_with_a_fault_names_the_file_the_row_and_the_remedy(
    page: CodesPage, open_window: MainWindow, tmp_path: Path, settle: Callable[[], None]
) -> None:
    table = tmp_path / "steps.csv"
    table.write_text("id,stage,time\n0123456789ABCDEF,lost,2099-01-01T08:00Z\n")
    drop(page, [table])
    settle()
    errors = open_window.errors
    shown = " ".join(label.text() for label in (errors.what, errors.where, errors.remedy))
    assert "steps.csv, row 2" in shown
    assert "no stage" in shown
    assert "production, packing" in shown


def test_an_id_is_voided_with_a_reason(
    qtbot: QtBot,
    page: CodesPage,
    product_id: str,
    open_window: MainWindow,
    look_up: Callable[[str], None],
    settle: Callable[[], None],
) -> None:
    void = open_window.commands.action("codes.void")
    assert not void.isEnabled()
    look_up(product_id)
    assert void.isEnabled()
    void.trigger()
    form = dialog(VoidDialog)
    qtbot.keyClicks(form.reason, "misprinted")
    qtbot.mouseClick(form.accept_button, Qt.MouseButton.LeftButton)
    settle()
    assert page.lookup.state.text() == "Voided"
    assert rows_of(page.lookup.timeline)[-1][2] == "Voided: this ID (misprinted)"
    assert dict(rows_of(page.facts.table))["IDs voided"] == "1"


def test_examiners_record_steps_but_void_nothing(
    page: CodesPage, product_id: str, open_window: MainWindow, session: Session, look_up: Callable[[str], None]
) -> None:
    assert session.store is not None and session.actor is not None
    session.actor = add_actor(session.store, session.actor, "Examiner", Role.EXAMINER)
    look_up(product_id)
    assert open_window.commands.action("codes.step").isEnabled()
    assert not open_window.commands.action("codes.void").isEnabled()


def test_the_timeline_is_in_order_and_marks_each_kind_apart(qtbot: QtBot) -> None:
    timeline = Timeline()
    qtbot.addWidget(timeline)
    timeline.resize(800, 300)
    timeline.show_entries(
        [
            Entry(Kind.VOIDED, "2026-03-01T00:00:00.5+00:00", "x"),
            Entry(Kind.CHECK, "2026-03-01T00:00:00Z", "x"),
            Entry(Kind.ISSUED, "2026-01-01T00:00:00Z", "x"),
            Entry(Kind.STEP, "2026-02-01T00:30:00+01:00", "x"),
        ]
    )
    kinds = [timeline.rows.key(row) for row in range(4)]
    assert kinds == [Kind.ISSUED, Kind.STEP, Kind.CHECK, Kind.VOIDED]
    with qtbot.waitExposed(timeline):
        timeline.show()
    timeline.clearSelection()
    marks = []
    for row in range(4):
        place = timeline.visualRect(timeline.rows.index(row, MARK))
        # The innermost pixels: the line through all rows is thinner than any mark.
        marks.append(timeline.viewport().grab(place.adjusted(9, 5, -9, -5)).toImage())
    assert all(marks[a] != marks[b] for a in range(4) for b in range(a))
