"""The filled Library page as it is seen: nothing clipped, enough contrast, everything reached by Tab and named."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from gui.pages.library.page import GALLERY, IDENTIFY, MAP, LibraryPage
from gui.shell import theme
from gui.shell.theme import Scheme
from gui.shell.window import MainWindow
from tests.gui.layout import clipped, faint_texts, unnamed, unreached_by_tab


@pytest.fixture
def filled(
    enrolled: LibraryPage, captures: Path, monkeypatch: pytest.MonkeyPatch, settle: Callable[[], None]
) -> LibraryPage:
    """Return the page with a field identified, a map, a lasso and a label chosen."""
    monkeypatch.setattr(
        "engine.workflows.labels.similarity_map._laid_out", lambda vectors, seed, context: vectors[:, :2]
    )
    enrolled.identify.identify(captures / "field.png")
    settle()
    enrolled.commands.run("library.map")
    settle()
    enrolled.map._lasso(enrolled.map.plot._xy[:, 0] < 1)
    enrolled.gallery.view.setCurrentIndex(enrolled.gallery.model.index(0, 0))
    settle()
    return enrolled


def states(page: LibraryPage, window: MainWindow) -> Iterator[str]:
    """Bring up every tab in turn; yield its name."""
    for tab in (GALLERY, IDENTIFY, MAP):
        page.tabs.setCurrentIndex(tab)
        window.resize(window.minimumSizeHint().expandedTo(window.size()))
        QApplication.processEvents()
        yield page.tabs.tabText(tab)


@pytest.mark.parametrize("text_size", [100, 150, 200], indirect=True)
def test_no_text_is_clipped(text_size: int, filled: LibraryPage, open_window: MainWindow) -> None:
    found = {state: clipped(open_window) for state in states(filled, open_window)}
    assert not {state: texts for state, texts in found.items() if texts}
    need = filled.minimumSizeHint().width() + open_window.rail.minimumSizeHint().width()
    assert need <= (1366 if text_size == 100 else 1920)


@pytest.mark.parametrize("scheme", [Scheme.LIGHT, Scheme.DARK])
def test_every_text_stands_out_in_both_themes(
    qapp: QApplication, scheme: Scheme, filled: LibraryPage, open_window: MainWindow
) -> None:
    theme.apply(qapp, scheme)
    found = {state: faint_texts(open_window) for state in states(filled, open_window)}
    assert not {state: texts for state, texts in found.items() if texts}


def test_tab_reaches_everything_and_everything_is_named(filled: LibraryPage, open_window: MainWindow) -> None:
    found = {state: unreached_by_tab(open_window) + unnamed(open_window) for state in states(filled, open_window)}
    assert not {state: names for state, names in found.items() if names}
