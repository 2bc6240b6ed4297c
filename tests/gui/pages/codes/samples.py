"""What the tests of the Codes page agree on."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QTableView

from engine.core.case import Device
from engine.core.codes import CodeSeries
from engine.core.operating import Domain, Interval, OperatingPoint, Rate, ScoreSet
from engine.core.records import new_id
from gui.widgets.table import RowsTable

PASSPHRASE = "horse battery"
PREFIX = "https://t.example/"
Scan = Callable[..., Path]


def rows_of(table: QTableView) -> list[tuple[str, ...]]:
    """Return the texts of every row."""
    assert isinstance(table, RowsTable)
    return [table.rows.row(number) for number in range(table.rows.rowCount())]


def sample_point(series: CodeSeries, name: str = "Press 2", threshold: float = 0.26) -> OperatingPoint:
    """Return an operating point of a series with plain numbers."""
    low = Interval(low=0.0, high=0.0881, level=0.95, method="Clopper-Pearson")
    some = Interval(low=0.0006, high=0.1316, level=0.95, method="Clopper-Pearson")
    genuine, copies = (0.3, 0.32, 0.31, 0.33), (0.2, 0.21, 0.19, 0.22)
    return OperatingPoint(
        id=new_id("point"),
        name=name,
        method="two_level_qr",
        method_version="1",
        settings={},
        series_id=series.id,
        series_sha256=series.facts.sha256,
        score="indicator",
        threshold=threshold,
        rule="middle of the means",
        domain=Domain(
            simulated=False,
            capture_device=Device.SCANNER,
            scanner="Flatbed B",
            printer="Laser A",
            material="coated paper",
            dpi_low=570,
            dpi_high=630,
        ),
        tuning=ScoreSet(genuine=genuine, counterfeit=copies, data_sha256="1" * 64),
        test=ScoreSet(genuine=genuine[:3], counterfeit=copies, data_sha256="2" * 64),
        far=Rate(events=0, trials=40, interval=low),
        frr=Rate(events=1, trials=40, interval=some),
    )
