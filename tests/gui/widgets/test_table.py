"""Tables whose long texts take several lines, and one as high as all of its rows."""

import pytest
from pytestqt.qtbot import QtBot

from gui.widgets.table import RowsTable, WholeTable

LONG = "many words that do not fit on one line of a narrow table and so must stand on several"


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_long_text_takes_more_lines_only_where_that_is_wanted(qtbot: QtBot, wrapped: bool) -> None:
    table = RowsTable("Facts", ("", ""), headers_shown=False, wrapped=wrapped)
    qtbot.addWidget(table)
    table.resize(240, 300)
    table.show()
    table.rows.show([("Note", "short"), ("Note", LONG)])
    assert (table.rowHeight(1) > 1.5 * table.rowHeight(0)) is wrapped


def test_a_whole_table_shows_every_row_at_every_width(qtbot: QtBot) -> None:
    table = WholeTable("Facts")
    qtbot.addWidget(table)
    table.show()
    heights = []
    for width in (600, 220):
        table.setFixedWidth(width)
        table.rows.show([("Note", LONG)] * 3)
        qtbot.waitUntil(lambda: table.viewport().height() == sum(table.rowHeight(row) for row in range(3)))
        heights.append(table.height())
    assert heights[1] > heights[0]
    table.rows.show([])
    qtbot.waitUntil(lambda: table.height() < 10)
