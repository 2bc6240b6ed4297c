"""The window as it is seen: no clipped text, enough contrast, everything reached by Tab, everything named."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QTabWidget, QWidget
from pytestqt.qtbot import QtBot

from engine.core.case import Capture, Device, Quality
from engine.core.errors import StoreError
from engine.core.library import Library
from gui.pages.case.destroying import DestroyDialog
from gui.pages.case.dialogs import AddItemDialog, CalibrateDialog, IntakeDialog, NewCaseDialog, ScaleDialog
from gui.pages.codes.checking import CheckDialog, PagesDialog
from gui.pages.codes.dialogs import MakeSeriesDialog, StepDialog, VoidDialog
from gui.pages.codes.issue import SheetsDialog
from gui.pages.codes.qualify import QualifyDialog
from gui.pages.library.dialogs import CheckedDialog, EnrolDialog, MakeLibraryDialog, WithdrawDialog
from gui.pages.report.issue import IssueDialog
from gui.shell import theme
from gui.shell.actors import AddActorDialog
from gui.shell.stores import CreateStoreDialog
from gui.shell.theme import Scheme
from gui.shell.window import MainWindow
from gui.widgets.forms import FormDialog
from tests.gui.layout import clipped, faint_texts, unnamed, unreached_by_tab

ROOT = Path(__file__).resolve().parents[2]
CAPTURE = Capture(
    id="capture-0123456789abcdef", item_id="item-0123456789abcdef", sha256="0" * 64, page=0,
    file_name="a rather long name of a file from a microscope.tif", media_type="image/tiff", byte_size=1,
    width=10, height=10, channels=1, bit_depth=8, device=Device.SCANNER,
    quality=Quality(focus=0.1, clipped_low=0, clipped_high=0, noise=0),
)  # fmt: skip
LIBRARY = Library(id="library-0123456789abcdef", name="Films of a maker with a rather long name")
DIALOGS: dict[str, Callable[[QWidget], FormDialog]] = {
    "new case": lambda parent: NewCaseDialog(lambda *_: None, parent),
    "add item": lambda parent: AddItemDialog(lambda *_: None, parent),
    "intake": lambda parent: IntakeDialog((Path("a.tif"), Path("b.tif")), (), "", lambda *_: None, parent),
    "scale": lambda parent: ScaleDialog(CAPTURE, lambda *_: None, parent),
    "calibrate": lambda parent: CalibrateDialog(CAPTURE, lambda *_: None, parent),
    "destroy": lambda parent: DestroyDialog(CAPTURE, 2, lambda *_: None, parent),
    "issue": lambda parent: IssueDialog(Path("report.pdf"), (), "A warning.", lambda *_: None, parent),
    "make a series": lambda parent: MakeSeriesDialog(lambda _: None, parent),
    "void": lambda parent: VoidDialog("Series", "Autumn", lambda _: None, parent),
    "step": lambda parent: StepDialog("0123456789ABCDEF", lambda *_: None, parent),
    "qualify": lambda parent: QualifyDialog("Autumn", lambda _: None, parent),
    "check codes": lambda parent: CheckDialog(
        ((Path("a.tif"), 0),), ["Autumn"], lambda _: None, parent, can_record=True
    ),
    "pages": lambda parent: PagesDialog([Path("a.tif")] * 2, [1, 3], lambda _: None, parent),
    "issue ids": lambda parent: SheetsDialog(
        "24 new IDs", Path("a.pdf"), lambda _: None, parent, columns=("lot",), issue=True
    ),
    "make a library": lambda parent: MakeLibraryDialog(lambda _: None, parent),
    "enrol labels": lambda parent: EnrolDialog(LIBRARY, [Path("a.tif")], lambda _: None, parent),
    "checked images": lambda parent: CheckedDialog(
        LIBRARY, [("a field.tif", "11 of 12", "row 2, column 3: missing")], 11, lambda: None, parent
    ),
    "withdraw labels": lambda parent: WithdrawDialog(tuple(range(1, 20)), lambda _: None, parent),
    "create store": lambda parent: CreateStoreDialog(lambda *_: None, parent),
    "add actor": lambda parent: AddActorDialog(lambda *_: None, parent),
}


def states(window: MainWindow, settle: Callable[[], None]) -> Iterator[str]:
    """Bring up every page and tab in turn; yield its name."""
    for key in ("case", "report", "codes", "library"):
        window.show_page(key)
        settle()
        QApplication.processEvents()
        page = window.page(key)
        yield key
        for tabs in page.findChildren(QTabWidget):
            for place in range(tabs.count()):
                tabs.setCurrentIndex(place)
                QApplication.processEvents()
                yield f"{key}, {tabs.tabText(place)}"


def fit(window: MainWindow) -> None:
    """Make the window at least 1280 x 800, or as large as its contents ask for at this text size."""
    window.resize(window.minimumSizeHint().expandedTo(window.size()))
    QApplication.processEvents()


@pytest.mark.parametrize("text_size", [100, 150, 200], indirect=True)
def test_no_text_is_clipped_on_the_start_screen(text_size: int, window: MainWindow) -> None:
    window.dock.show()
    fit(window)
    assert not clipped(window)


@pytest.mark.parametrize("text_size", [100, 150, 200], indirect=True)
def test_no_text_is_clipped_on_any_page(text_size: int, case_window: MainWindow, settle: Callable[[], None]) -> None:
    found = {}
    for state in states(case_window, settle):
        fit(case_window)
        found[state] = clipped(case_window)
    assert not {state: texts for state, texts in found.items() if texts}


@pytest.mark.parametrize("text_size", [100, 200], indirect=True)
def test_the_window_does_not_grow_beyond_a_small_screen(text_size: int, case_window: MainWindow) -> None:
    need = case_window.minimumSizeHint()
    # At 100 % a 1366 x 768 notebook; at 200 % of text a full-HD screen.
    limit = (1366, 768) if text_size == 100 else (1920, 1080)
    assert (need.width(), need.height()) <= limit
    assert need.height() <= limit[1]


@pytest.mark.parametrize("name", DIALOGS)
@pytest.mark.parametrize("text_size", [100, 200], indirect=True)
def test_no_text_is_clipped_in_a_dialog(qtbot: QtBot, text_size: int, window: MainWindow, name: str) -> None:
    dialog = DIALOGS[name](window)
    dialog.open()
    QApplication.processEvents()
    assert not clipped(dialog)
    assert not unnamed(dialog)
    assert not unreached_by_tab(dialog)
    dialog.close()


@pytest.mark.parametrize("scheme", [Scheme.LIGHT, Scheme.DARK])
def test_every_text_stands_out_in_both_themes(
    qapp: QApplication, scheme: Scheme, case_window: MainWindow, settle: Callable[[], None]
) -> None:
    theme.apply(qapp, scheme)
    found = {state: faint_texts(case_window) for state in states(case_window, settle)}
    assert not {state: texts for state, texts in found.items() if texts}


@pytest.mark.parametrize("scheme", [Scheme.LIGHT, Scheme.DARK])
def test_texts_outside_the_pages_stand_out_in_both_themes(
    qapp: QApplication, scheme: Scheme, window: MainWindow
) -> None:
    theme.apply(qapp, scheme)
    window.dock.show()
    window.report_error("Open", StoreError("Something", where="somewhere", remedy="Do this."))
    window.palette_dialog.open_fresh()
    window.help_sheet.open_fresh()
    qapp.processEvents()
    for root in (window, window.errors, window.palette_dialog, window.help_sheet):
        assert not faint_texts(root)
        assert not clipped(root)
        assert not unnamed(root)


def test_tab_reaches_everything_on_the_start_screen(window: MainWindow, store_folder: Path) -> None:
    window.settings.remember_store(store_folder)
    window.start.show_recent(window.settings.recent_stores)
    window.dock.show()
    assert not unreached_by_tab(window)
    assert not unnamed(window)


def test_tab_reaches_everything_on_every_page(case_window: MainWindow, settle: Callable[[], None]) -> None:
    found = {}
    for state in states(case_window, settle):
        found[state] = unreached_by_tab(case_window) + unnamed(case_window)
    assert not {state: names for state, names in found.items() if names}


SCALED = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from gui.session import Session
from gui.shell import theme
from gui.shell.application import application
from gui.shell.settings import WindowSettings
from gui.shell.window import MainWindow
from tests.gui.layout import clipped

app = application()
settings = WindowSettings(Path(sys.argv[1]) / "w.ini")
theme.apply(app, theme.Scheme.LIGHT)
session = Session()
window = MainWindow(session, settings)
window.resize(1280, 720)
window.show()
from engine.workflows.stores import open_store
session.store = open_store(Path(sys.argv[2]))
session.actor = session.store.actors()[0]
for key in ("case", "report", "codes", "library"):
    window.show_page(key)
    while not session.settled:
        app.processEvents()
    app.processEvents()
    for text in clipped(window):
        print(key, text)
print("ratio", window.devicePixelRatioF())
window.close()
"""


@pytest.mark.parametrize("factor", ["1", "1.5", "2"])
def test_no_text_is_clipped_when_the_screen_is_scaled(factor: str, tmp_path: Path, store_folder: Path) -> None:
    import os

    environment = dict(os.environ, QT_SCALE_FACTOR=factor, QT_QPA_PLATFORM="offscreen")
    run = subprocess.run(
        [sys.executable, "-c", SCALED, str(tmp_path), str(store_folder)],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert run.stdout.splitlines() == [f"ratio {float(factor)}"]
