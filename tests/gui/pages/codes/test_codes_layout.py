"""The filled Codes page as it is seen: nothing clipped, enough contrast, everything reached by Tab."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.core.codes import CodeSeries
from engine.workflows.codes.tracing import IssuedIds, life_step, record_steps
from gui.pages.codes.page import LOOK_UP, PRESS, PRINT, PRINTED, SERIES, CodesPage
from gui.session import Session
from gui.shell import theme
from gui.shell.theme import Scheme
from gui.shell.window import MainWindow
from tests.gui.layout import clipped, faint_texts, unnamed, unreached_by_tab
from tests.gui.pages.codes.samples import sample_point


@pytest.fixture
def filled(
    unlocked: CodesPage,
    issued: IssuedIds,
    series: CodeSeries,
    open_window: MainWindow,
    session: Session,
    tmp_path: Path,
    settle: Callable[[], None],
) -> CodesPage:
    """Return the page with a product that looks odd in two ways, an operating point and a preview."""
    store, actor = session.store, session.actor
    assert store is not None and actor is not None
    product_id = issued.product_ids[0]
    steps = [
        life_step(product_id, stage, f"2099-01-0{day}T08:00:00Z", "Lyon", note="a rather long note on what was seen")
        for day, stage in enumerate(("production", "disposal", "retail"), start=1)
    ]
    record_steps(store, actor, steps, "steps.csv")
    store.commit(actor.id, "operating point set", sample_point(series))
    session.records_changed.emit()
    unlocked.lookup.line.setText(product_id)
    unlocked.lookup.look_up()
    table = tmp_path / "a table of products with a long name.csv"
    table.write_text("lot,article\nL1,bag\n", encoding="utf-8")
    unlocked.printing.use_table(table)
    settle()
    open_window.commands.run("codes.preview")
    settle()
    return unlocked


def states(page: CodesPage, window: MainWindow) -> Iterator[str]:
    """Bring up every tab in turn; yield its name."""
    for place in (LOOK_UP, SERIES, PRESS, PRINT, PRINTED):
        page.tabs.setCurrentIndex(place)
        window.resize(window.minimumSizeHint().expandedTo(window.size()))
        QApplication.processEvents()
        yield page.tabs.tabText(place)


@pytest.mark.parametrize("text_size", [100, 150, 200], indirect=True)
def test_no_text_is_clipped(text_size: int, filled: CodesPage, open_window: MainWindow) -> None:
    found = {state: clipped(open_window) for state in states(filled, open_window)}
    assert not {state: texts for state, texts in found.items() if texts}
    assert filled.lookup.anomalies.text().count("Anomaly") == 2
    limit = {100: (1366, 768), 150: (1920, 1080), 200: (1920, 1080)}[text_size]
    need = open_window.minimumSizeHint()
    assert need.width() <= limit[0] and need.height() <= limit[1]


@pytest.mark.parametrize("scheme", [Scheme.LIGHT, Scheme.DARK])
def test_every_text_stands_out(qapp: QApplication, scheme: Scheme, filled: CodesPage, open_window: MainWindow) -> None:
    theme.apply(qapp, scheme)
    found = {state: faint_texts(open_window) for state in states(filled, open_window)}
    assert not {state: texts for state, texts in found.items() if texts}


def test_tab_reaches_everything(qtbot: QtBot, filled: CodesPage, open_window: MainWindow) -> None:
    found = {state: unreached_by_tab(open_window) + unnamed(open_window) for state in states(filled, open_window)}
    assert not {state: names for state, names in found.items() if names}
