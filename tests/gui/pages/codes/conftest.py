"""The Codes page on a store with one series, and scans of simulated prints of its codes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.core.codes import CodeSeries, Scheme
from engine.jobs import JobContext
from engine.workflows.codes.series import make_series
from engine.workflows.codes.tracing import IssuedIds, issue_ids
from gui.pages.codes.page import CodesPage
from gui.session import Session
from gui.shell.window import MainWindow
from tests.gui.pages.codes.samples import PASSPHRASE, PREFIX, Scan


@pytest.fixture
def empty_page(open_window: MainWindow, settle: Callable[[], None]) -> CodesPage:
    """Return the page on a store without series."""
    open_window.show_page("codes")
    settle()
    page = open_window.page("codes")
    assert isinstance(page, CodesPage)
    return page


@pytest.fixture
def series(empty_page: CodesPage, session: Session) -> CodeSeries:
    """Return a series, made through the workflow and locked."""
    assert session.store is not None and session.actor is not None
    return make_series(
        session.store, session.actor, "Autumn", scheme=Scheme.UNIQUE, passphrase=PASSPHRASE, prefix=PREFIX,
        context=JobContext(),
    )  # fmt: skip


@pytest.fixture
def page(empty_page: CodesPage, series: CodeSeries, session: Session, settle: Callable[[], None]) -> CodesPage:
    """Return the page with the series chosen."""
    session.records_changed.emit()
    settle()
    return empty_page


@pytest.fixture
def unlocked(page: CodesPage, series: CodeSeries, session: Session) -> CodesPage:
    """Return the page with the series unlocked."""
    assert session.store is not None and session.keyring is not None
    session.keyring.unlock(session.store, series.id, PASSPHRASE)
    session.keyring_changed.emit()
    return page


@pytest.fixture
def issued(unlocked: CodesPage, series: CodeSeries, session: Session, settle: Callable[[], None]) -> IssuedIds:
    """Return five IDs of the series."""
    assert session.store is not None and session.actor is not None and session.keyring is not None
    made = issue_ids(session.store, session.actor, series.id, session.keyring, count=5, context=JobContext())
    session.records_changed.emit()
    settle()
    return made


@pytest.fixture
def scan(tmp_path: Path, unlocked: CodesPage, series: CodeSeries, session: Session) -> Scan:
    """Return a function that prints the code of an ID, copies it on demand, and writes its scan."""
    import tifffile

    from engine.methods.two_level_qr.generation import generate
    from engine.simulation import laser
    from engine.simulation.channel import copied
    from engine.simulation.channel import scan as scanned
    from engine.simulation.printing import Print

    def _scan(product_id: str, seed: int = 1, *, copy: bool = False) -> Path:
        assert session.keyring is not None
        code = generate(session.keyring.series(series.id), f"{PREFIX}{product_id}")
        piece = Print(code.design, seed, settings=laser.M126_PRINTER)
        if copy:
            piece = copied(piece, settings=laser.M377_COPIER, seed=seed)
        path = tmp_path / f"{'copy' if copy else 'genuine'}-{product_id}-{seed}.tif"
        tifffile.imwrite(path, scanned(piece, laser.M126_SCANNER, seed=seed).pixels, photometric="minisblack")
        return path

    return _scan
