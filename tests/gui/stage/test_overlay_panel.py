"""The list of overlays: each tick box has room in its row."""

import numpy as np
import pytest
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem
from pytestqt.qtbot import QtBot

from engine.core.finding import Overlay, Raster
from engine.core.pixels import Transform
from gui.shell import theme
from gui.stage.colouring import OverlayStyle
from gui.stage.overlay_panel import OverlayPanel


@pytest.mark.parametrize("dressed", [False, True])
def test_a_tick_box_does_not_touch_the_rows_beside_it(qtbot: QtBot, dressed: bool) -> None:
    panel = OverlayPanel()
    qtbot.addWidget(panel)
    if dressed:
        theme.dress(panel)
    keys = ("correlation", "displacement")
    overlays = tuple(
        Overlay(
            key=key,
            title=key,
            capture_id=f"capture-{1:016x}",
            grid_to_capture=Transform.identity(),
            low=0,
            high=1,
            raster=Raster(np.zeros((2, 2))),
        )
        for key in keys
    )
    style = OverlayStyle(visible=False, opacity=0.5, low=0, high=1, colour_map="viridis")
    panel.show_overlays(overlays, dict.fromkeys(keys, style), points=True)
    panel.show()
    option = QStyleOptionViewItem()
    option.initFrom(panel.list)
    height = panel.list.style().pixelMetric(QStyle.PixelMetric.PM_IndicatorHeight, option, panel.list)
    rows = [panel.list.visualItemRect(panel.list.item(number)).height() for number in range(len(keys))]
    assert min(rows) >= height + theme.GRID // 2, (rows, height)


def test_fields_with_units_fit_into_a_narrow_panel_and_one_capture_has_no_second_pane(qtbot: QtBot) -> None:
    panel = OverlayPanel()
    qtbot.addWidget(panel)
    overlay = Overlay(
        key="displacement", title="Displacement of the modules", capture_id=f"capture-{1:016x}", unit="px",
        grid_to_capture=Transform.identity(), low=0, high=2.02, raster=Raster(np.zeros((2, 2, 2))),
    )  # fmt: skip
    style = OverlayStyle(visible=True, opacity=0.5, low=0, high=2.02, colour_map="viridis")
    panel.show_overlays((overlay,), {overlay.key: style}, points=True, alone=True)
    panel.show()
    assert panel.high.text() == "2.020 px"
    assert panel.minimumSizeHint().width() <= 30 * theme.GRID
    needed = panel.high.fontMetrics().horizontalAdvance(panel.high.text())
    assert panel.high.minimumWidth() >= needed, "the number itself is not cut"
    assert panel.both.isHidden() and panel.points.isHidden()
    panel.show_overlays((overlay,), {overlay.key: style}, points=True)
    assert not panel.both.isHidden() and not panel.points.isHidden()
