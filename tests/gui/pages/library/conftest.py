"""The Library page on a store with one library, and simulated captures of labels with a stand-in for the network."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine.core.library import Library
from engine.jobs import JobContext
from engine.workflows.labels.enrolment import enrol_fields
from engine.workflows.labels.library import make_library
from gui.pages.library.page import LibraryPage
from gui.session import Session
from gui.shell.window import MainWindow
from tests.engine.workflows.labels.label_samples import FakeEmbedder, field_of, make_point, recogniser, save, single
from tests.gui.labels import filled_library

THRESHOLD = 0.6


@pytest.fixture(scope="session")
def captures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a field, one that lacks a label, captures of a label of it, of another one, and of none."""
    folder = tmp_path_factory.mktemp("captures")
    piece, other = field_of(1), field_of(2)
    save(piece.pixels, folder / "field.png")
    lacking = other.pixels.copy()
    low, high = other.corners[6].min(axis=0).astype(int) - 8, other.corners[6].max(axis=0).astype(int) + 8
    lacking[low[1] : high[1], low[0] : high[0]] = np.median(lacking, axis=(0, 1)).astype(np.uint8)
    save(lacking, folder / "lacking.png")
    save(single(piece, 4, rotation_deg=100, seed=9), folder / "questioned.png")
    save(single(other, 2, rotation_deg=30, seed=8), folder / "unknown.png")
    ramp = np.linspace(40, 200, 300 * 400, dtype=np.uint8).reshape(300, 400)
    save(np.dstack([ramp, ramp, ramp]), folder / "something else.png")
    return folder


@pytest.fixture
def empty_page(open_window: MainWindow, session: Session, settle: Callable[[], None]) -> LibraryPage:
    """Return the page on a store without libraries; the stand-in answers for the network."""
    session.recogniser._make = lambda: recogniser(FakeEmbedder())
    open_window.show_page("library")
    settle()
    page = open_window.page("library")
    assert isinstance(page, LibraryPage)
    return page


@pytest.fixture
def page(empty_page: LibraryPage, session: Session, settle: Callable[[], None]) -> LibraryPage:
    """Return the page on a library of 48 labels with made-up images and embeddings."""
    assert session.store is not None and session.actor is not None
    filled_library(session.store, session.actor)
    session.records_changed.emit()
    settle()
    return empty_page


@pytest.fixture
def library(empty_page: LibraryPage, session: Session, settle: Callable[[], None]) -> Library:
    """Return an empty library of simulated labels, chosen on the page."""
    assert session.store is not None and session.actor is not None
    made = make_library(session.store, session.actor, "Films", simulated=True)
    session.records_changed.emit()
    settle()
    return made


@pytest.fixture
def enrolled(
    empty_page: LibraryPage, library: Library, captures: Path, session: Session, settle: Callable[[], None]
) -> LibraryPage:
    """Return the page on a library with the twelve labels of the field, and an operating point."""
    store, actor = session.store, session.actor
    assert store is not None and actor is not None
    enrol_fields(
        store, actor, library.id, [captures / "field.png"], recogniser=recogniser(FakeEmbedder()), context=JobContext()
    )
    store.commit(actor.id, "operating point set", make_point(FakeEmbedder(), THRESHOLD))
    session.records_changed.emit()
    settle()
    return empty_page
