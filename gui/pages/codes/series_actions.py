"""What a person can do with whole series: make, unlock, lock, qualify, void."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from engine.core.codes import CodeSeries, Voiding
from engine.core.operating import OperatingPoint
from engine.jobs import JobContext
from engine.workflows.codes.qualification import QUALIFYING
from engine.workflows.codes.series import PRODUCING, SeriesOverview
from gui.pages.codes.dialogs import MakeSeriesDialog, SeriesWish, VoidDialog
from gui.pages.codes.qualify import QualifyDialog, QualifyWish
from gui.pages.codes.working import may_record, with_secrets, working
from gui.session import Session
from gui.shell.commands import Command, CommandRegistry
from gui.widgets.passphrase import PassphraseDialog


class SeriesActions(QObject):
    """Starts the work; ``made`` and ``qualified`` carry the identifier of a new series or operating point.

    Parameters
    ----------
    series, listed : callable
        The chosen series, and all.
    """

    made = Signal(str)
    qualified = Signal(str)

    def __init__(
        self,
        session: Session,
        page: QWidget,
        series: Callable[[], SeriesOverview | None],
        listed: Callable[[], tuple[SeriesOverview, ...]],
    ) -> None:
        super().__init__(page)
        self._session = session
        self._page = page
        self._series = series
        self._listed = listed
        self._unqualified: dict[str, QualifyWish] = {}  # what was asked for a series and has come to no point

    def add_commands(self, commands: CommandRegistry) -> None:
        """Register the commands of the Codes menu that are about series."""
        session = self._session

        def may_make() -> bool:
            return may_record(session, PRODUCING)

        def may_void() -> bool:
            series = self._series()
            return may_make() and series is not None and not series.series_voided

        for command in (
            Command("codes.make", "Make a series…", "Codes", self.make, "Ctrl+Shift+M",
                    "Make a series of codes; for producers and administrators", may_make),
            Command("codes.unlock", "Unlock the series…", "Codes", self.unlock, "Ctrl+U",
                    "Give the passphrase of the chosen series, so that its codes can be printed and checked",
                    lambda: self._locked() is not None),
            Command("codes.lock", "Lock all series", "Codes", self.lock, "Ctrl+Shift+L",
                    "Forget every passphrase now", self._any_unlocked),
            Command("codes.qualify", "Qualify a press…", "Codes", self.qualify, "Ctrl+Shift+E",
                    "Measure genuine codes and copies of your own devices: they give the threshold and its error rates",
                    lambda: may_record(session, QUALIFYING) and self._series() is not None),
            Command("codes.void_series", "Void the series…", "Codes", self.void,
                    tip="Declare that the series and all of its IDs count no longer", enabled=may_void),
        ):  # fmt: skip
            commands.add(command)

    def make(self) -> None:
        """Ask for a new series and make it."""
        MakeSeriesDialog(self._make, self._page.window()).open()

    def unlock(self) -> None:
        """Ask for the passphrase of the chosen series."""
        series = self._locked()
        if series is not None:
            PassphraseDialog(self._session, series.id, series.name, lambda: None, self._page.window()).open()

    def lock(self) -> None:
        """Forget every opened series."""
        if self._session.keyring is not None:
            self._session.keyring.lock()
            self._session.checker.let_go()
            self._session.keyring_changed.emit()

    def qualify(self) -> None:
        """Ask for scans of genuine codes and of copies and measure them."""
        overview = self._series()
        if overview is None:
            return
        series = overview.series

        def ask() -> None:
            before = self._unqualified.get(series.id)
            QualifyDialog(series.name, partial(self._qualify, series), self._page.window(), before).open()

        with_secrets(self._session, series, ask, self._page.window())

    def void(self) -> None:
        """Ask why the chosen series shall count no longer."""
        overview = self._series()
        if overview is not None:
            series = overview.series
            VoidDialog("Series", series.name, partial(self._void, series), self._page.window()).open()

    def _make(self, wish: SeriesWish) -> None:
        with_ = working(self._session)
        if with_ is None:
            return

        def work(context: JobContext) -> CodeSeries:
            from engine.workflows.codes.series import make_series

            series = make_series(
                with_.store, with_.actor, wish.name, scheme=wish.scheme, passphrase=wish.passphrase,
                pattern_count=wish.pattern_count, print_dpi=wish.print_dpi, version=wish.version,
                error_level=wish.error_level, prefix=wish.prefix, context=context,
            )  # fmt: skip
            with_.keyring.unlock(with_.store, series.id, wish.passphrase)
            return series

        def done(series: CodeSeries) -> None:
            self.made.emit(series.id)
            self._session.keyring_changed.emit()

        self._session.run(f"Make series {wish.name}", work, done=done, ended=self._session.records_changed.emit)

    def _qualify(self, series: CodeSeries, wish: QualifyWish) -> None:
        with_ = working(self._session)
        if with_ is None:
            return

        def work(context: JobContext) -> OperatingPoint:
            from engine.workflows.codes.qualification import qualify

            return qualify(
                with_.store, with_.actor, series.id, with_.keyring, wish.genuine, wish.copies,
                name=wish.name, scanner=wish.scanner, printer=wish.printer, material=wish.material,
                device=wish.device, simulated=wish.simulated, context=context,
            )  # fmt: skip

        def done(point: OperatingPoint) -> None:
            self._unqualified.pop(series.id, None)
            self.qualified.emit(point.id)
            self._session.records_changed.emit()

        self._unqualified[series.id] = wish
        self._session.run(f"Qualify {wish.name}", work, done=done)

    def _void(self, series: CodeSeries, reason: str) -> None:
        with_ = working(self._session)
        if with_ is None:
            return

        def work(context: JobContext) -> Voiding:
            from engine.workflows.codes.tracing import void

            return void(with_.store, with_.actor, series.id, (), reason)

        def done(_voiding: Voiding) -> None:
            self._session.records_changed.emit()

        self._session.run(f"Void series {series.name}", work, done=done)

    def _locked(self) -> CodeSeries | None:
        """Return the chosen series if it is locked."""
        overview, keyring = self._series(), self._session.keyring
        if overview is None or keyring is None or keyring.is_unlocked(overview.series.id):
            return None
        return overview.series

    def _any_unlocked(self) -> bool:
        keyring = self._session.keyring
        return keyring is not None and any(keyring.is_unlocked(each.series.id) for each in self._listed())
